//! Sites: places in the code that own an inline cache. The static half is here; the machine keeps the dynamic half in
//! an array with the same index.

use crate::blob::Blob;

/// What a site's cache is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SiteKind {
    Attr,
    Method,
    StoreAttr,
    Global,
    StoreGlobal,
    Name,
    StoreName,
    SuperAttr,
    SuperMethod,
    Call,
    CallKw,
}

impl SiteKind {
    pub const fn from_u8(n: u8) -> Option<SiteKind> {
        Some(match n {
            0 => SiteKind::Attr,
            1 => SiteKind::Method,
            2 => SiteKind::StoreAttr,
            3 => SiteKind::Global,
            4 => SiteKind::StoreGlobal,
            5 => SiteKind::Name,
            6 => SiteKind::StoreName,
            7 => SiteKind::SuperAttr,
            8 => SiteKind::SuperMethod,
            9 => SiteKind::Call,
            10 => SiteKind::CallKw,
            _ => return None,
        })
    }

    /// Does `index` mean a name?
    pub const fn has_name(self) -> bool {
        !matches!(self, SiteKind::Call | SiteKind::CallKw)
    }
}

/// The static half of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    pub kind: SiteKind,
    /// Number of arguments (calls).
    pub nargs: u16,
    /// Index of the name, or of the constant tuple of keyword names (`CallKw`); 0 otherwise.
    pub index: u32,
}

/// A code object's sites, 8 bytes each: kind, 0, nargs, index.
#[derive(Clone, Default, Debug)]
pub struct Sites(pub(crate) Blob);

impl Sites {
    pub fn encode(sites: &[Site]) -> Sites {
        let mut out = Vec::with_capacity(sites.len() * 8);
        for site in sites {
            out.extend([site.kind as u8, 0]);
            out.extend(site.nargs.to_le_bytes());
            out.extend(site.index.to_le_bytes());
        }
        Sites(Blob::from(out))
    }

    pub fn len(&self) -> usize {
        self.0.len() / 8
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, index: usize) -> Option<Site> {
        Site::read(self.0.get(index.checked_mul(8)?..)?.first_chunk()?)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<Site>> + '_ {
        let (rows, _) = self.0.as_chunks();
        rows.iter().map(Site::read)
    }
}

impl Site {
    fn read(raw: &[u8; 8]) -> Option<Site> {
        Some(Site {
            kind: SiteKind::from_u8(raw[0])?,
            nargs: u16::from_le_bytes([raw[2], raw[3]]),
            index: u32::from_le_bytes([raw[4], raw[5], raw[6], raw[7]]),
        })
    }
}
