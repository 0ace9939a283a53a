//! "Did you mean …?": the nearest of some names, by CPython's measure.

/// Cost of an insertion, deletion or replacement; a change of case costs half.
const MOVE: usize = 2;
const CASE: usize = 1;
const MAX_CANDIDATES: usize = 750;
const MAX_LENGTH: usize = 40;

/// The distance of two names, or more than `limit` if it is more than that.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    if a == b {
        return 0;
    }
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let ([x, a2 @ ..], [y, b2 @ ..]) = (a, b)
        && x == y
    {
        (a, b) = (a2, b2);
    }
    while let ([a2 @ .., x], [b2 @ .., y]) = (a, b)
        && x == y
    {
        (a, b) = (a2, b2);
    }
    if a.is_empty() || b.is_empty() {
        return (a.len() + b.len()) * MOVE;
    }
    if a.len() > MAX_LENGTH || b.len() > MAX_LENGTH || a.len().abs_diff(b.len()) * MOVE > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (0..=a.len()).map(|i| i * MOVE).collect();
    for (j, y) in b.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (j + 1) * MOVE;
        let mut least = usize::MAX;
        for (i, x) in a.iter().enumerate() {
            let change = match x {
                x if x == y => 0,
                x if x.eq_ignore_ascii_case(y) => CASE,
                _ => MOVE,
            };
            let cost = (diagonal + change).min(row[i].min(row[i + 1]) + MOVE);
            diagonal = std::mem::replace(&mut row[i + 1], cost);
            least = least.min(cost);
        }
        if least > limit {
            return limit + 1;
        }
    }
    row[a.len()]
}

/// The candidate nearest to `name`, if one is near enough.
pub fn nearest<'a>(name: &str, candidates: impl ExactSizeIterator<Item = &'a str>) -> Option<&'a str> {
    if candidates.len() >= MAX_CANDIDATES {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for c in candidates.filter(|c| *c != name) {
        let mut limit = (name.len() + c.len() + 3) * MOVE / 6;
        if let Some((d, _)) = best {
            // `d` is 1 at least: only equal names have none.
            limit = limit.min(d.saturating_sub(1));
        }
        let d = distance(name, c, limit);
        if d <= limit {
            best = Some((d, c));
        }
    }
    best.map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names() {
        for (name, want) in
            [("sepp", Some("sep")), ("End", Some("end")), ("zz", None), ("flsh", Some("flush"))]
        {
            assert_eq!(nearest(name, ["sep", "end", "file", "flush"].into_iter()), want, "{name}");
        }
    }
}
