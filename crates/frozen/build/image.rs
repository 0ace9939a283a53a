//! Writes the image. Its layout, all numbers little-endian `u32`, offsets from the start of the file:
//!
//! ```text
//! 0   magic "TPLIB001"
//! 8   number of modules, number of data files
//! 16  one row of 9 words a module, sorted by name:
//!         name offset, name length, path offset, path length, flags (1: package),
//!         code offset (a multiple of 8), code length, source offset, source packed length
//!     one row of 4 words a data file, sorted by path:
//!         path offset, path length, data offset, data packed length
//! …   the bytes themselves
//! ```
//!
//! Packed bytes are the length before packing (`u32`) and a raw deflate stream.

pub struct Packed(Vec<u8>);

impl Packed {
    pub fn new(bytes: &[u8]) -> Self {
        let mut packed = word(bytes.len()).to_vec();
        packed.extend(miniz_oxide::deflate::compress_to_vec(bytes, 7));
        Self(packed)
    }
}

pub struct Entry {
    pub name: String,
    pub path: String,
    pub is_package: bool,
    pub code: Vec<u8>,
    pub source: Packed,
}

const MODULE_ROW: usize = 9 * 4;
const DATA_ROW: usize = 4 * 4;

/// What every start reads, in the order of reading: it lies together, so that few pages are touched.
const START: &[&str] = &[
    "importlib._bootstrap",
    "importlib._bootstrap_external",
    "_library_importer",
    "zipimport",
    "codecs",
    "encodings",
    "encodings.aliases",
    "site",
    "abc",
    "stat",
    "_collections_abc",
    "genericpath",
    "posixpath",
    "os",
    "_sitebuiltins",
    "linecache",
];

fn word(number: usize) -> [u8; 4] {
    u32::try_from(number).expect("the image is below 4 GiB").to_le_bytes()
}

/// The bytes behind the tables.
struct Heap {
    start: usize,
    bytes: Vec<u8>,
}

impl Heap {
    fn add(&mut self, bytes: &[u8]) -> usize {
        let at = self.start + self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        at
    }

    fn align(&mut self) {
        while !(self.start + self.bytes.len()).is_multiple_of(8) {
            self.bytes.push(0);
        }
    }
}

pub fn build(entries: &[Entry], data: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut image = b"TPLIB001".to_vec();
    image.extend(word(entries.len()));
    image.extend(word(data.len()));
    let mut heap = Heap { start: 16 + entries.len() * MODULE_ROW + data.len() * DATA_ROW, bytes: Vec::new() };
    // What every import reads lies together; the sources come last.
    let mut rows: Vec<Vec<usize>> = entries
        .iter()
        .map(|entry| {
            let name = heap.add(entry.name.as_bytes());
            let path = heap.add(entry.path.as_bytes());
            vec![name, entry.name.len(), path, entry.path.len(), usize::from(entry.is_package)]
        })
        .collect();
    let place = |name: &str| START.iter().position(|known| *known == name).unwrap_or(START.len());
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|i| place(&entries[*i].name));
    for i in order {
        heap.align();
        let code = &entries[i].code;
        rows[i].extend([heap.add(code), code.len()]);
    }
    for (row, entry) in rows.iter_mut().zip(entries) {
        row.extend([heap.add(&entry.source.0), entry.source.0.len()]);
    }
    for (path, bytes) in data {
        let packed = Packed::new(bytes);
        let at = heap.add(path.as_bytes());
        rows.push(vec![at, path.len(), heap.add(&packed.0), packed.0.len()]);
    }
    for number in rows.into_iter().flatten() {
        image.extend(word(number));
    }
    image.extend(heap.bytes);
    image
}
