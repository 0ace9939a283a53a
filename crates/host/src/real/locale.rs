//! The C library's locale.

use std::ptr;

use super::{RealHost, bytes_at, c_string, static_storage};
use crate::{HostResult, Locale, LocaleConv};

unsafe extern "C" {
    fn strxfrm(to: *mut libc::c_char, from: *const libc::c_char, size: usize) -> usize;
}

impl Locale for RealHost {
    fn setlocale(&self, category: i32, name: Option<&[u8]>) -> Option<Vec<u8>> {
        let name = match name {
            Some(name) => Some(c_string(name).ok()?),
            None => None,
        };
        let _guard = static_storage();
        // SAFETY: I1, I3; null asks.
        let answer =
            unsafe { libc::setlocale(category, name.as_ref().map_or(ptr::null(), |name| name.as_ptr())) };
        // SAFETY: I3.
        (!answer.is_null()).then(|| unsafe { bytes_at(answer) })
    }

    fn localeconv(&self) -> LocaleConv {
        let _guard = static_storage();
        // SAFETY: I3; the structure is static and complete.
        let raw = unsafe { &*libc::localeconv() };
        // SAFETY: I3; every member is a C string.
        let text = |member| unsafe { bytes_at(member) };
        #[allow(clippy::unnecessary_cast, reason = "c_char is unsigned on some targets")]
        LocaleConv {
            decimal_point: text(raw.decimal_point),
            thousands_sep: text(raw.thousands_sep),
            grouping: text(raw.grouping),
            int_curr_symbol: text(raw.int_curr_symbol),
            currency_symbol: text(raw.currency_symbol),
            mon_decimal_point: text(raw.mon_decimal_point),
            mon_thousands_sep: text(raw.mon_thousands_sep),
            mon_grouping: text(raw.mon_grouping),
            positive_sign: text(raw.positive_sign),
            negative_sign: text(raw.negative_sign),
            int_frac_digits: raw.int_frac_digits as i8,
            frac_digits: raw.frac_digits as i8,
            p_cs_precedes: raw.p_cs_precedes as i8,
            p_sep_by_space: raw.p_sep_by_space as i8,
            n_cs_precedes: raw.n_cs_precedes as i8,
            n_sep_by_space: raw.n_sep_by_space as i8,
            p_sign_posn: raw.p_sign_posn as i8,
            n_sign_posn: raw.n_sign_posn as i8,
        }
    }

    fn nl_langinfo(&self, item: i32) -> HostResult<Vec<u8>> {
        let _guard = static_storage();
        // SAFETY: I3; an unknown item gives an empty string.
        Ok(unsafe { bytes_at(libc::nl_langinfo(item)) })
    }

    fn strcoll(&self, left: &[u8], right: &[u8]) -> std::cmp::Ordering {
        match (c_string(left), c_string(right)) {
            // SAFETY: I1.
            (Ok(left), Ok(right)) => unsafe { libc::strcoll(left.as_ptr(), right.as_ptr()) }.cmp(&0),
            _ => left.cmp(right),
        }
    }

    fn strxfrm(&self, text: &[u8]) -> Vec<u8> {
        let Ok(source) = c_string(text) else { return text.to_vec() };
        let mut buffer = vec![0_u8; text.len() + 1];
        loop {
            // SAFETY: I1; writes at most the length given and answers how much it wanted.
            let wanted = unsafe { strxfrm(buffer.as_mut_ptr().cast(), source.as_ptr(), buffer.len()) };
            if wanted < buffer.len() {
                buffer.truncate(wanted);
                return buffer;
            }
            buffer.resize(wanted + 1, 0);
        }
    }
}
