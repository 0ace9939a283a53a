//! UTF-8.

use super::{Ask, Decoded, Encoding, ErrorInfo, Replacement, encode};
use crate::wtf8::{self, Wtf8, Wtf8Buf};

/// Decodes UTF-8; surrogates are errors, as they are for std.
pub fn decode_utf_8<E>(
    bytes: &[u8],
    is_final: bool,
    mut on_error: impl FnMut(&ErrorInfo) -> Result<(Wtf8Buf, usize), E>,
) -> Result<Decoded, E> {
    let mut text = Wtf8Buf::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let error = match std::str::from_utf8(rest) {
            Ok(good) => {
                text.push_str(good);
                at = bytes.len();
                break;
            }
            Err(error) => error,
        };
        let (good, bad) = rest.split_at(error.valid_up_to());
        if let Ok(good) = std::str::from_utf8(good) {
            text.push_str(good);
        }
        at += good.len();
        // The first two bytes of an encoded surrogate may yet become one, for an error handler to see whole.
        let half_surrogate = matches!(bad, [0xED, 0xA0..=0xBF]);
        if !is_final && (error.error_len().is_none() || half_surrogate) {
            break;
        }
        let (len, reason) = match error.error_len() {
            None => (bad.len(), "unexpected end of data"),
            Some(len) if matches!(bad[0], 0xC2..=0xF4) => (len, "invalid continuation byte"),
            Some(len) => (len, "invalid start byte"),
        };
        let (replacement, resume) = on_error(&ErrorInfo { start: at, end: at + len, reason })?;
        text.push_wtf8(&replacement);
        at = resume;
    }
    Ok(Decoded { text, consumed: at.min(bytes.len()) })
}

struct Utf8;

impl Encoding for Utf8 {
    const RUNS: bool = true;
    const REASON: &'static str = "surrogates not allowed";

    fn fits(cp: u32) -> bool {
        !wtf8::is_surrogate(cp)
    }

    fn put(&self, cp: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(wtf8::encode(cp, &mut [0; 4]));
    }
}

/// Encodes UTF-8; only surrogates are errors.
pub fn encode_utf_8<E>(
    text: &Wtf8,
    on_error: impl FnMut(&ErrorInfo, Ask) -> Result<(Replacement, usize), E>,
) -> Result<Vec<u8>, E> {
    match text.find_surrogate() {
        None => Ok(text.as_bytes().to_vec()),
        Some(_) => encode(&Utf8, text, Vec::with_capacity(text.len()), on_error),
    }
}
