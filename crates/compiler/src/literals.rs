//! Values of literals: docstrings without their indentation, big integers.

/// A docstring as the compiler stores it: indentation common to all lines but the first is removed, tabs count to
/// multiples of 8, the first line loses its leading spaces.
pub(crate) fn clean_doc(doc: &[u8]) -> Vec<u8> {
    let expanded = expand_tabs(doc);
    let mut lines = expanded.split(|&b| b == b'\n');
    let first = lines.next().unwrap_or(b"");
    let indent = |line: &[u8]| line.iter().take_while(|&&b| b == b' ').count();
    let margin =
        lines.clone().filter(|line| indent(line) < line.len()).map(indent).min().unwrap_or(usize::MAX);
    let start = indent(first);
    if start == 0 && (margin == 0 || margin == usize::MAX) && !expanded.contains(&b'\n') {
        return expanded;
    }
    let mut out = first[start..].to_vec();
    for line in lines {
        out.push(b'\n');
        // Lines of nothing but spaces become shorter too, at most to nothing.
        let cut = if margin == usize::MAX { line.len() } else { margin.min(indent(line)) };
        out.extend(&line[cut.min(line.len())..]);
    }
    out
}

fn expand_tabs(doc: &[u8]) -> Vec<u8> {
    if !doc.contains(&b'\t') {
        return doc.to_vec();
    }
    let mut out = Vec::with_capacity(doc.len() + 16);
    let mut column = 0;
    for &b in doc {
        match b {
            b'\t' => {
                let n = 8 - column % 8;
                out.extend(std::iter::repeat_n(b' ', n));
                column += n;
            }
            b'\n' | b'\r' => {
                out.push(b);
                column = 0;
            }
            _ => {
                out.push(b);
                // Continuation bytes do not move the column.
                column += (b & 0xc0 != 0x80) as usize;
            }
        }
    }
    out
}
