//! The library's Python half, frozen into the binary: byte code that is used in place and sources for tracebacks and
//! `inspect`. Nothing is decoded, copied or allocated before it is asked for.
//!
//! The image is made by the build script (`build/main.rs`), its layout is drawn in `build/image.rs`.
//!
//! I1  Code starts at a multiple of 8 in memory, as the instruction words want.
//! I2  Rows are sorted by name.

/// Makes the bytes start at a multiple of 8 (I1).
#[repr(C, align(8))]
struct Aligned<T: ?Sized>(T);

static IMAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/library.image")));

const HEADER: usize = 16;
const MODULE_ROW: usize = 9;
const DATA_ROW: usize = 4;

/// One module of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrozenModule {
    pub name: &'static str,
    /// The serialised code object. Its file name is `<frozen NAME>`.
    pub code: &'static [u8],
    pub is_package: bool,
    /// Where the file lies in the library's folder: `json/decoder.py`.
    pub path: &'static str,
    row: usize,
}

fn word(offset: usize) -> usize {
    match IMAGE.0.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok()) {
        Some(bytes) => u32::from_le_bytes(bytes) as usize,
        None => 0,
    }
}

fn slice(offset: usize, length: usize) -> &'static [u8] {
    IMAGE.0.get(offset..offset + length).unwrap_or(&[])
}

/// The bytes that two neighbouring words of a row name.
fn part(row: usize, field: usize) -> &'static [u8] {
    slice(word(row + 4 * field), word(row + 4 * (field + 1)))
}

fn text(row: usize, field: usize) -> &'static str {
    std::str::from_utf8(part(row, field)).unwrap_or("")
}

fn count() -> usize {
    word(8)
}

fn module_row(index: usize) -> usize {
    HEADER + index * MODULE_ROW * 4
}

fn data_row(index: usize) -> usize {
    module_row(count()) + index * DATA_ROW * 4
}

/// Binary search for `wanted` among `number` rows.
fn find(wanted: &[u8], number: usize, row_at: fn(usize) -> usize) -> Option<usize> {
    let (mut low, mut high) = (0, number);
    while low < high {
        let middle = low + (high - low) / 2;
        let row = row_at(middle);
        match part(row, 0).cmp(wanted) {
            std::cmp::Ordering::Equal => return Some(row),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

fn module_at(row: usize) -> FrozenModule {
    FrozenModule {
        name: text(row, 0),
        code: part(row, 5),
        is_package: word(row + 4 * 4) & 1 != 0,
        path: text(row, 2),
        row,
    }
}

/// The module of that full name.
#[must_use]
pub fn lookup(name: &str) -> Option<FrozenModule> {
    find(name.as_bytes(), count(), module_row).map(module_at)
}

/// Every module, sorted by name.
pub fn modules() -> impl ExactSizeIterator<Item = FrozenModule> {
    (0..count()).map(|index| module_at(module_row(index)))
}

/// Every module's full name, sorted.
pub fn names() -> impl ExactSizeIterator<Item = &'static str> {
    (0..count()).map(|index| text(module_row(index), 0))
}

impl FrozenModule {
    /// The length of the source text in bytes.
    #[must_use]
    pub fn source_len(&self) -> usize {
        let head = part(self.row, 7).first_chunk().copied().unwrap_or_default();
        u32::from_le_bytes(head) as usize
    }

    /// The source text, unpacked anew at each call.
    #[must_use]
    pub fn source(&self) -> Option<String> {
        unpack(part(self.row, 7)).and_then(|bytes| String::from_utf8(bytes).ok())
    }
}

/// The source of the module of that full name.
#[must_use]
pub fn source(name: &str) -> Option<String> {
    lookup(name)?.source()
}

/// A file of the library that is not Python, by its path in the library's folder.
#[must_use]
pub fn data(path: &str) -> Option<Vec<u8>> {
    find(path.as_bytes(), word(12), data_row).and_then(|row| unpack(part(row, 2)))
}

/// The paths that [`data`] knows.
pub fn data_paths() -> impl ExactSizeIterator<Item = &'static str> {
    (0..word(12)).map(|index| text(data_row(index), 0))
}

fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let (length, stream) = packed.split_first_chunk()?;
    let length = u32::from_le_bytes(*length) as usize;
    miniz_oxide::inflate::decompress_to_vec_with_limit(stream, length).ok()
}

#[cfg(test)]
mod tests {
    use super::{data, data_paths, lookup, modules, names, source};

    #[test]
    fn modules_are_found_by_name() {
        assert!(names().len() > 400);
        assert!(names().is_sorted());
        let os = lookup("os").expect("os is there");
        assert_eq!((os.name, os.path, os.is_package), ("os", "os.py", false));
        let json = lookup("json").expect("json is there");
        assert_eq!((json.path, json.is_package), ("json/__init__.py", true));
        assert!(lookup("json.decoder").is_some());
        for absent in ["", "o", "test", "tkinter", "idlelib.idle", "json.nothing", "_pycodecs"] {
            assert_eq!(lookup(absent), None);
        }
        for module in modules() {
            assert_eq!(lookup(module.name), Some(module));
            assert_eq!(module.code.as_ptr().addr() % 8, 0);
        }
    }

    #[test]
    fn sources_are_there_without_foreign_marks() {
        for name in names() {
            let text = source(name).expect("every module has its source");
            assert!(!text.contains("RUSTPYTHON"), "{name}");
        }
        assert!(source("io").is_some_and(|text| text.contains("open_code, FileIO, BytesIO")));
    }

    #[test]
    fn data_files_are_there() {
        for path in data_paths() {
            assert!(data(path).is_some_and(|bytes| !bytes.is_empty()), "{path}");
        }
        assert!(data("venv/scripts/common/activate").is_some());
    }

    #[test]
    fn code_of_every_module_passes_the_verifier() {
        for module in modules() {
            let code = taipan_bytecode::load(taipan_bytecode::Blob::from_static(module.code));
            let code = code.unwrap_or_else(|error| panic!("{}: {error}", module.name));
            taipan_bytecode::verify(&code).unwrap_or_else(|error| panic!("{}: {error}", module.name));
        }
    }
}
