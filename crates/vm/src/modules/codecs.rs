//! `_codecs`: the registry of codecs and error handlers, and the built-in codecs.
//!
//! Text codecs that are known by name (UTF-8, UTF-16, UTF-32, ASCII, Latin-1) never ask the registry, so they work before
//! `encodings` can be imported. What needs objects is here; the algorithms are `taipan_text::codecs`.

mod charmap;
mod handlers;
mod registry;
mod text;

pub use charmap::EncodingMap;
pub use registry::{CodecState, lookup, lookup_error, register_error};
pub use text::{Codec, decode_bytes, decode_object, decode_with, encode_text, encode_with};
