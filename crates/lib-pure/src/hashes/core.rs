//! One running hash of any kind, and HMAC over it.

use super::blake2::{Blake2b, Blake2s, Params};
use super::shake::Shake;
use digest::Digest;

macro_rules! cores {
    ($($kind:ident($ty:ty) $name:literal $size:literal $block:literal;)*) => {
        /// A hash in progress.
        #[derive(Clone)]
        pub enum Core {
            $($kind($ty),)*
            Shake128(Shake<168>),
            Shake256(Shake<136>),
            Blake2b(Blake2b),
            Blake2s(Blake2s),
        }

        /// Which hash.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Kind { $($kind,)* Shake128, Shake256, Blake2b, Blake2s }

        impl Kind {
            pub fn start(self) -> Core {
                match self {
                    $(Kind::$kind => Core::$kind(<$ty>::new()),)*
                    Kind::Shake128 => Core::Shake128(Default::default()),
                    Kind::Shake256 => Core::Shake256(Default::default()),
                    Kind::Blake2b => Core::Blake2b(Blake2b::new(&Params::plain(64))),
                    Kind::Blake2s => Core::Blake2s(Blake2s::new(&Params::plain(32))),
                }
            }

            pub fn name(self) -> &'static str {
                match self {
                    $(Kind::$kind => $name,)*
                    Kind::Shake128 => "shake_128",
                    Kind::Shake256 => "shake_256",
                    Kind::Blake2b => "blake2b",
                    Kind::Blake2s => "blake2s",
                }
            }

            /// 0: the caller of `digest` says.
            pub fn digest_size(self) -> usize {
                match self {
                    $(Kind::$kind => $size,)*
                    Kind::Shake128 | Kind::Shake256 => 0,
                    Kind::Blake2b => 64,
                    Kind::Blake2s => 32,
                }
            }

            pub fn block_size(self) -> usize {
                match self {
                    $(Kind::$kind => $block,)*
                    Kind::Shake128 => 168,
                    Kind::Shake256 => 136,
                    Kind::Blake2b => Blake2b::BLOCK,
                    Kind::Blake2s => Blake2s::BLOCK,
                }
            }
        }

        impl Core {
            pub fn update(&mut self, data: &[u8]) {
                match self {
                    $(Core::$kind(h) => Digest::update(h, data),)*
                    Core::Shake128(h) => h.update(data),
                    Core::Shake256(h) => h.update(data),
                    Core::Blake2b(h) => h.update(data),
                    Core::Blake2s(h) => h.update(data),
                }
            }

            /// The digest; of `length` bytes where the length is free.
            pub fn finish(self, length: usize) -> Vec<u8> {
                match self {
                    $(Core::$kind(h) => h.finalize().to_vec(),)*
                    Core::Shake128(h) => h.finish(length),
                    Core::Shake256(h) => h.finish(length),
                    Core::Blake2b(h) => h.finish(),
                    Core::Blake2s(h) => h.finish(),
                }
            }

            pub fn digest_size(&self) -> usize {
                match self {
                    $(Core::$kind(_) => $size,)*
                    Core::Shake128(_) | Core::Shake256(_) => 0,
                    Core::Blake2b(h) => h.size(),
                    Core::Blake2s(h) => h.size(),
                }
            }
        }
    };
}

cores! {
    Md5(md5::Md5) "md5" 16 64;
    Sha1(sha1::Sha1) "sha1" 20 64;
    Sha224(sha2::Sha224) "sha224" 28 64;
    Sha256(sha2::Sha256) "sha256" 32 64;
    Sha384(sha2::Sha384) "sha384" 48 128;
    Sha512(sha2::Sha512) "sha512" 64 128;
    Sha3_224(sha3::Sha3_224) "sha3_224" 28 144;
    Sha3_256(sha3::Sha3_256) "sha3_256" 32 136;
    Sha3_384(sha3::Sha3_384) "sha3_384" 48 104;
    Sha3_512(sha3::Sha3_512) "sha3_512" 64 72;
}

/// A keyed hash in progress (RFC 2104).
#[derive(Clone)]
pub struct Mac {
    pub kind: Kind,
    inner: Core,
    outer: Core,
}

impl Mac {
    pub fn new(kind: Kind, key: &[u8]) -> Mac {
        let mut block = if key.len() > kind.block_size() {
            let mut h = kind.start();
            h.update(key);
            h.finish(0)
        } else {
            key.to_vec()
        };
        block.resize(kind.block_size(), 0);
        let padded = |byte: u8| {
            let mut h = kind.start();
            h.update(&block.iter().map(|b| b ^ byte).collect::<Vec<u8>>());
            h
        };
        Mac { kind, inner: padded(0x36), outer: padded(0x5c) }
    }

    pub fn update(&mut self, data: &[u8]) {
        self.inner.update(data);
    }

    pub fn finish(self) -> Vec<u8> {
        let mut outer = self.outer;
        outer.update(&self.inner.finish(0));
        outer.finish(0)
    }
}
