//! The exception table: which handler covers which instructions.

use crate::blob::Blob;

/// Instructions `[start, end)` are covered by the handler at `target`; on the way there temporaries at `depth` and
/// above are dropped and the exception is put in temporary `depth`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    pub depth: u32,
}

/// Entries in ascending, disjoint ranges: 16 bytes each.
#[derive(Clone, Default, Debug)]
pub struct ExceptionTable(pub(crate) Blob);

impl ExceptionTable {
    pub fn encode(handlers: &[Handler]) -> ExceptionTable {
        let mut out = Vec::with_capacity(handlers.len() * 16);
        for h in handlers {
            for n in [h.start, h.end, h.target, h.depth] {
                out.extend(n.to_le_bytes());
            }
        }
        ExceptionTable(Blob::from(out))
    }

    pub fn len(&self) -> usize {
        self.0.len() / 16
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, index: usize) -> Option<Handler> {
        let raw = self.0.get(index.checked_mul(16)?..)?.first_chunk::<16>()?;
        let n = |i: usize| u32::from_le_bytes([raw[i], raw[i + 1], raw[i + 2], raw[i + 3]]);
        Some(Handler { start: n(0), end: n(4), target: n(8), depth: n(12) })
    }

    pub fn iter(&self) -> impl Iterator<Item = Handler> + '_ {
        (0..self.len()).filter_map(|i| self.get(i))
    }

    /// The handler that covers instruction `pc`.
    pub fn find(&self, pc: u32) -> Option<Handler> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let mid = (low + high) / 2;
            let h = self.get(mid)?;
            if pc < h.start {
                high = mid;
            } else if pc >= h.end {
                low = mid + 1;
            } else {
                return Some(h);
            }
        }
        None
    }
}
