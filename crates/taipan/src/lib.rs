//! Taipan as a library.

pub mod frontend;
