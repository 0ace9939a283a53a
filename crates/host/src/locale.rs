//! The C library's locale.

use crate::{HostResult, denied};

/// `localeconv`; a grouping is C's own string of sizes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocaleConv {
    pub decimal_point: Vec<u8>,
    pub thousands_sep: Vec<u8>,
    pub grouping: Vec<u8>,
    pub int_curr_symbol: Vec<u8>,
    pub currency_symbol: Vec<u8>,
    pub mon_decimal_point: Vec<u8>,
    pub mon_thousands_sep: Vec<u8>,
    pub mon_grouping: Vec<u8>,
    pub positive_sign: Vec<u8>,
    pub negative_sign: Vec<u8>,
    pub int_frac_digits: i8,
    pub frac_digits: i8,
    pub p_cs_precedes: i8,
    pub p_sep_by_space: i8,
    pub n_cs_precedes: i8,
    pub n_sep_by_space: i8,
    pub p_sign_posn: i8,
    pub n_sign_posn: i8,
}

#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait Locale {
    /// Sets (or with `None` asks for) a category's locale; `None` when there is no such locale.
    fn setlocale(&self, category: i32, name: Option<&[u8]>) -> Option<Vec<u8>> {
        match name {
            None | Some(b"" | b"C" | b"POSIX") => Some(b"C".to_vec()),
            Some(_) => None,
        }
    }
    fn localeconv(&self) -> LocaleConv {
        const NONE: i8 = i8::MAX;
        LocaleConv {
            decimal_point: b".".to_vec(),
            int_frac_digits: NONE,
            frac_digits: NONE,
            p_cs_precedes: NONE,
            p_sep_by_space: NONE,
            n_cs_precedes: NONE,
            n_sep_by_space: NONE,
            p_sign_posn: NONE,
            n_sign_posn: NONE,
            ..LocaleConv::default()
        }
    }
    fn nl_langinfo(&self, item: i32) -> HostResult<Vec<u8>> {
        denied()
    }
    fn strcoll(&self, left: &[u8], right: &[u8]) -> std::cmp::Ordering {
        left.cmp(right)
    }
    fn strxfrm(&self, text: &[u8]) -> Vec<u8> {
        text.to_vec()
    }
}
