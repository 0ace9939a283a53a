//! Native modules that only compute.

mod buffers;

pub mod array;
pub mod asyncio;
pub mod binascii;
pub mod bisect;
pub mod cjk;
pub mod cmath;
pub mod collections;
pub mod compress;
pub mod csv;
pub mod datetime;
pub mod decimal;
pub mod elementtree;
pub mod expat;
pub mod functools;
pub mod hashes;
pub mod heapq;
pub mod itertools;
pub mod json;
pub mod math;
pub mod operator;
pub mod pickle;
pub mod random;
pub mod sre;
pub mod statistics;
pub mod struct_;
pub mod testbuffer;
pub mod unicodedata;

use taipan_vm::native::ModuleDef;

/// The modules of this crate.
#[rustfmt::skip]
pub static MODULES: &[&ModuleDef] = &[
    &array::array::MODULE,
    &asyncio::asyncio::MODULE,
    &binascii::binascii::MODULE,
    &bisect::bisect::MODULE,
    &cjk::cn::MODULE,
    &cjk::hk::MODULE,
    &cjk::jp::MODULE,
    &cjk::kr::MODULE,
    &cjk::multi::MODULE,
    &cjk::tw::MODULE,
    &cmath::cmath::MODULE,
    &collections::collections::MODULE,
    &datetime::module::MODULE,
    &decimal::module::MODULE,
    &elementtree::module::MODULE,
    &compress::bz2::_bz2::MODULE,
    &compress::lzma::_lzma::MODULE,
    &compress::zlib::module::MODULE,
    &csv::_csv::MODULE,
    &expat::module::MODULE,
    &functools::functools::MODULE,
    &hashes::_blake2::MODULE,
    &hashes::_hmac::MODULE,
    &hashes::_md5::MODULE,
    &hashes::_sha1::MODULE,
    &hashes::_sha2::MODULE,
    &hashes::_sha3::MODULE,
    &heapq::heapq::MODULE,
    &itertools::itertools::MODULE,
    &json::json::MODULE,
    &math::math::MODULE,
    &operator::operator::MODULE,
    &pickle::pickle::MODULE,
    &random::random::MODULE,
    &sre::sre::MODULE,
    &statistics::statistics::MODULE,
    &struct_::module::MODULE,
    &testbuffer::module::MODULE,
    &unicodedata::module::MODULE,
];
