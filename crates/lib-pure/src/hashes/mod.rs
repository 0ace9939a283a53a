//! `_md5`, `_sha1`, `_sha2`, `_sha3`, `_blake2`, `_hmac`: hash objects. The hashes are in `core.rs` and `blake2.rs`.

mod blake2;
mod blake2_type;
mod core;
mod mac;
mod shake;

pub use blake2_type::_blake2;
pub use mac::_hmac;

use self::core::{Core, Kind};
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::BytesLike;
use taipan_vm::types::numbers::{IntValue, int_value};

/// Data to be hashed: what has a buffer of one dimension, but no text.
fn data(vm: &Vm, v: &Value) -> PyResult<BytesLike> {
    if v.is_instance_of::<Str>() {
        return Err(vm.type_error("Strings must be encoded before hashing"));
    }
    if !vm.has_buffer(v) {
        return Err(vm.type_error("object supporting the buffer API required"));
    }
    vm.bytes_like(v)
}

/// The data of a constructor, which has two names for it.
fn initial<'a>(vm: &Vm, data: Option<&'a Value>, string: Option<&'a Value>) -> PyResult<Option<&'a Value>> {
    match (data, string) {
        (Some(_), Some(_)) => Err(vm.type_error(
            "'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for removal in a future version.",
        )),
        (None, s) => Ok(s),
        (d, None) => Ok(d),
    }
}

/// A fresh hash that has seen the constructor's data.
fn started(vm: &Vm, mut core: Core, d: Option<&Value>, string: Option<&Value>) -> PyResult<Core> {
    if let Some(v) = initial(vm, d, string)? {
        core.update(&data(vm, v)?);
    }
    Ok(core)
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        for n in [b >> 4, b & 15] {
            out.push(char::from_digit(u32::from(n), 16).unwrap_or('0'));
        }
    }
    out
}

/// The length of a digest whose caller chooses it.
fn shake_length(vm: &Vm, v: &Value) -> PyResult<usize> {
    let n = vm.index(v)?;
    match int_value(&n) {
        Some(IntValue::Small(n)) if n < 0 => Err(vm.value_error("Cannot convert negative int")),
        Some(IntValue::Small(n)) if n < 1 << 29 => Ok(n as usize),
        Some(IntValue::Small(_)) => Err(vm.value_error("length is too large")),
        _ => Err(vm.overflow_error("Python int too large for C unsigned long")),
    }
}

macro_rules! hash_type {
    ($ty:ident, $kind:ident, $name:tt, $module:tt) => {
        #[pytype(name = $name, module = $module, flags(NO_NEW), no_slots)]
        #[derive(Trace)]
        pub struct $ty {
            #[notrace]
            core: Guarded<Core>,
        }

        #[pymethods]
        impl $ty {
            /// Return a copy of the hash object.
            #[pymethod("copy($self, /)")]
            fn copy(vm: &Vm, zelf: &Gc<$ty>) -> Value {
                vm.alloc($ty { core: Guarded::new(zelf.core.get()) }).into_value()
            }

            /// Return the digest value as a bytes object.
            #[pymethod("digest($self, /)")]
            fn digest(vm: &Vm, zelf: &Gc<$ty>) -> Gc<Bytes> {
                vm.new_bytes(&zelf.core.get().finish(0))
            }

            /// Return the digest value as a string of hexadecimal digits.
            #[pymethod("hexdigest($self, /)")]
            fn hexdigest(_vm: &Vm, zelf: &Gc<$ty>) -> String {
                hex(&zelf.core.get().finish(0))
            }

            /// Update this hash object's state with the provided string.
            #[pymethod("update($self, obj, /)")]
            fn update(vm: &Vm, zelf: &Gc<$ty>, obj: &Value) -> PyResult<()> {
                let data = data(vm, obj)?;
                zelf.core.with_mut(|c| c.update(&data));
                Ok(())
            }

            #[pygetter("block_size")]
            fn block_size(_vm: &Vm, _zelf: &Gc<$ty>) -> usize {
                Kind::$kind.block_size()
            }

            #[pygetter("name")]
            fn name(_vm: &Vm, _zelf: &Gc<$ty>) -> &'static str {
                Kind::$kind.name()
            }

            #[pygetter("digest_size")]
            fn digest_size(_vm: &Vm, _zelf: &Gc<$ty>) -> usize {
                Kind::$kind.digest_size()
            }
        }

        impl $ty {
            fn make(vm: &Vm, data: Option<&Value>, string: Option<&Value>) -> PyResult<Value> {
                let core = started(vm, Kind::$kind.start(), data, string)?;
                Ok(vm.alloc($ty { core: Guarded::new(core) }).into_value())
            }
        }
    };
}

hash_type!(Md5, Md5, "md5", "_md5");
hash_type!(Sha1, Sha1, "sha1", "_sha1");
hash_type!(Sha224, Sha224, "SHA224Type", "_sha2");
hash_type!(Sha256, Sha256, "SHA256Type", "_sha2");
hash_type!(Sha384, Sha384, "SHA384Type", "_sha2");
hash_type!(Sha512, Sha512, "SHA512Type", "_sha2");

macro_rules! sha3_type {
    ($ty:ident, $kind:ident, $name:tt, $signature:tt, $suffix:literal, $doc:tt) => {
        #[doc = $doc]
        #[pytype(name = $name, module = "_sha3", no_slots)]
        #[derive(Trace)]
        pub struct $ty {
            #[notrace]
            core: Guarded<Core>,
        }

        #[pymethods]
        impl $ty {
            #[pynew($signature)]
            fn new(
                vm: &Vm,
                cls: &Gc<Type>,
                #[raw] data: Option<&Value>,
                _usedforsecurity: bool,
                #[raw] string: Option<&Value>,
            ) -> PyResult<Value> {
                let core = started(vm, Kind::$kind.start(), data, string)?;
                Ok(vm.alloc_in(cls, $ty { core: Guarded::new(core) })?.into_value())
            }

            /// Return a copy of the hash object.
            #[pymethod("copy($self, /)")]
            fn copy(vm: &Vm, zelf: &Gc<$ty>) -> Value {
                vm.alloc($ty { core: Guarded::new(zelf.core.get()) }).into_value()
            }

            /// Return the digest value as a bytes object.
            #[pymethod("digest($self, /)")]
            fn digest(vm: &Vm, zelf: &Gc<$ty>) -> Gc<Bytes> {
                vm.new_bytes(&zelf.core.get().finish(0))
            }

            /// Return the digest value as a string of hexadecimal digits.
            #[pymethod("hexdigest($self, /)")]
            fn hexdigest(_vm: &Vm, zelf: &Gc<$ty>) -> String {
                hex(&zelf.core.get().finish(0))
            }

            /// Update this hash object's state with the provided bytes-like object.
            #[pymethod("update($self, data, /)")]
            fn update(vm: &Vm, zelf: &Gc<$ty>, obj: &Value) -> PyResult<()> {
                let data = data(vm, obj)?;
                zelf.core.with_mut(|c| c.update(&data));
                Ok(())
            }

            #[pygetter("block_size")]
            fn block_size(_vm: &Vm, _zelf: &Gc<$ty>) -> usize {
                Kind::$kind.block_size()
            }

            #[pygetter("name")]
            fn name(_vm: &Vm, _zelf: &Gc<$ty>) -> &'static str {
                Kind::$kind.name()
            }

            #[pygetter("digest_size")]
            fn digest_size(_vm: &Vm, _zelf: &Gc<$ty>) -> usize {
                Kind::$kind.digest_size()
            }

            #[pygetter("_capacity_bits")]
            fn capacity_bits(_vm: &Vm, _zelf: &Gc<$ty>) -> usize {
                1600 - 8 * Kind::$kind.block_size()
            }

            #[pygetter("_rate_bits")]
            fn rate_bits(_vm: &Vm, _zelf: &Gc<$ty>) -> usize {
                8 * Kind::$kind.block_size()
            }

            #[pygetter("_suffix")]
            fn suffix(vm: &Vm, _zelf: &Gc<$ty>) -> Gc<Bytes> {
                vm.new_bytes(&[$suffix])
            }
        }
    };
}

macro_rules! shake_type {
    ($ty:ident, $kind:ident, $name:tt, $signature:tt) => {
        /// shake_128([data], *, usedforsecurity=True) -> SHAKE object
        ///
        /// Return a new SHAKE hash object.
        #[pytype(name = $name, module = "_sha3", no_slots)]
        #[derive(Trace)]
        pub struct $ty {
            #[notrace]
            core: Guarded<Core>,
        }

        #[pymethods]
        impl $ty {
            #[pynew($signature)]
            fn new(
                vm: &Vm,
                cls: &Gc<Type>,
                #[raw] data: Option<&Value>,
                _usedforsecurity: bool,
                #[raw] string: Option<&Value>,
            ) -> PyResult<Value> {
                let core = started(vm, Kind::$kind.start(), data, string)?;
                Ok(vm.alloc_in(cls, $ty { core: Guarded::new(core) })?.into_value())
            }

            /// Return a copy of the hash object.
            #[pymethod("copy($self, /)")]
            fn copy(vm: &Vm, zelf: &Gc<$ty>) -> Value {
                vm.alloc($ty { core: Guarded::new(zelf.core.get()) }).into_value()
            }

            /// Return the digest value as a bytes object.
            #[pymethod("digest($self, /, length)")]
            fn digest(vm: &Vm, zelf: &Gc<$ty>, length: &Value) -> PyResult<Gc<Bytes>> {
                let n = shake_length(vm, length)?;
                Ok(vm.new_bytes(&zelf.core.get().finish(n)))
            }

            /// Return the digest value as a string of hexadecimal digits.
            #[pymethod("hexdigest($self, /, length)")]
            fn hexdigest(vm: &Vm, zelf: &Gc<$ty>, length: &Value) -> PyResult<String> {
                let n = shake_length(vm, length)?;
                Ok(hex(&zelf.core.get().finish(n)))
            }

            /// Update this hash object's state with the provided bytes-like object.
            #[pymethod("update($self, data, /)")]
            fn update(vm: &Vm, zelf: &Gc<$ty>, obj: &Value) -> PyResult<()> {
                let data = data(vm, obj)?;
                zelf.core.with_mut(|c| c.update(&data));
                Ok(())
            }

            #[pygetter("block_size")]
            fn block_size(_vm: &Vm, _zelf: &Gc<$ty>) -> usize {
                Kind::$kind.block_size()
            }

            #[pygetter("name")]
            fn name(_vm: &Vm, _zelf: &Gc<$ty>) -> &'static str {
                Kind::$kind.name()
            }

            #[pygetter("digest_size")]
            fn digest_size(_vm: &Vm, _zelf: &Gc<$ty>) -> usize {
                0
            }

            #[pygetter("_capacity_bits")]
            fn capacity_bits(_vm: &Vm, _zelf: &Gc<$ty>) -> usize {
                1600 - 8 * Kind::$kind.block_size()
            }

            #[pygetter("_rate_bits")]
            fn rate_bits(_vm: &Vm, _zelf: &Gc<$ty>) -> usize {
                8 * Kind::$kind.block_size()
            }

            #[pygetter("_suffix")]
            fn suffix(vm: &Vm, _zelf: &Gc<$ty>) -> Gc<Bytes> {
                vm.new_bytes(&[0x1f])
            }
        }
    };
}

sha3_type!(
    Sha3_224,
    Sha3_224,
    "sha3_224",
    "sha3_224(data=b'', *, usedforsecurity=True, string=None)",
    6,
    "sha3_224([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 28 bytes."
);
sha3_type!(
    Sha3_256,
    Sha3_256,
    "sha3_256",
    "sha3_256(data=b'', *, usedforsecurity=True, string=None)",
    6,
    "sha3_256([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 32 bytes."
);
sha3_type!(
    Sha3_384,
    Sha3_384,
    "sha3_384",
    "sha3_384(data=b'', *, usedforsecurity=True, string=None)",
    6,
    "sha3_384([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 48 bytes."
);
sha3_type!(
    Sha3_512,
    Sha3_512,
    "sha3_512",
    "sha3_512(data=b'', *, usedforsecurity=True, string=None)",
    6,
    "sha3_512([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 64 bytes."
);
shake_type!(Shake128, Shake128, "shake_128", "shake_128(data=b'', *, usedforsecurity=True, string=None)");
shake_type!(Shake256, Shake256, "shake_256", "shake_256(data=b'', *, usedforsecurity=True, string=None)");

/// From which size on other threads may run meanwhile; a number that tests ask for.
const GIL_MINSIZE: i64 = 2048;

#[pymodule(name = "_md5")]
pub mod _md5 {
    use super::*;

    /// Return a new MD5 hash object; optionally initialized with a string.
    #[pyfn("md5(data=b'', *, usedforsecurity=True, string=None)")]
    fn md5(
        vm: &Vm,
        #[raw] data: Option<&Value>,
        _usedforsecurity: bool,
        #[raw] string: Option<&Value>,
    ) -> PyResult<Value> {
        Md5::make(vm, data, string)
    }

    #[pyconst("MD5Type")]
    fn md5_type(vm: &Vm) -> Value {
        vm.native_type::<Md5>().into_value()
    }

    #[pyconst("_GIL_MINSIZE")]
    const MINSIZE: i64 = GIL_MINSIZE;
}

#[pymodule(name = "_sha1")]
pub mod _sha1 {
    use super::*;

    /// Return a new SHA1 hash object; optionally initialized with a string.
    #[pyfn("sha1(data=b'', *, usedforsecurity=True, string=None)")]
    fn sha1(
        vm: &Vm,
        #[raw] data: Option<&Value>,
        _usedforsecurity: bool,
        #[raw] string: Option<&Value>,
    ) -> PyResult<Value> {
        Sha1::make(vm, data, string)
    }

    #[pyconst("SHA1Type")]
    fn sha1_type(vm: &Vm) -> Value {
        vm.native_type::<Sha1>().into_value()
    }

    #[pyconst("_GIL_MINSIZE")]
    const MINSIZE: i64 = GIL_MINSIZE;
}

#[pymodule(name = "_sha2")]
pub mod _sha2 {
    use super::*;

    /// Return a new SHA-224 hash object; optionally initialized with a string.
    #[pyfn("sha224(data=b'', *, usedforsecurity=True, string=None)")]
    fn sha224(
        vm: &Vm,
        #[raw] data: Option<&Value>,
        _usedforsecurity: bool,
        #[raw] string: Option<&Value>,
    ) -> PyResult<Value> {
        Sha224::make(vm, data, string)
    }

    /// Return a new SHA-256 hash object; optionally initialized with a string.
    #[pyfn("sha256(data=b'', *, usedforsecurity=True, string=None)")]
    fn sha256(
        vm: &Vm,
        #[raw] data: Option<&Value>,
        _usedforsecurity: bool,
        #[raw] string: Option<&Value>,
    ) -> PyResult<Value> {
        Sha256::make(vm, data, string)
    }

    /// Return a new SHA-384 hash object; optionally initialized with a string.
    #[pyfn("sha384(data=b'', *, usedforsecurity=True, string=None)")]
    fn sha384(
        vm: &Vm,
        #[raw] data: Option<&Value>,
        _usedforsecurity: bool,
        #[raw] string: Option<&Value>,
    ) -> PyResult<Value> {
        Sha384::make(vm, data, string)
    }

    /// Return a new SHA-512 hash object; optionally initialized with a string.
    #[pyfn("sha512(data=b'', *, usedforsecurity=True, string=None)")]
    fn sha512(
        vm: &Vm,
        #[raw] data: Option<&Value>,
        _usedforsecurity: bool,
        #[raw] string: Option<&Value>,
    ) -> PyResult<Value> {
        Sha512::make(vm, data, string)
    }

    #[pyconst("_GIL_MINSIZE")]
    const MINSIZE: i64 = GIL_MINSIZE;

    pytypes!(Sha224, Sha256, Sha384, Sha512);
}

#[pymodule(name = "_sha3")]
pub mod _sha3 {
    use super::*;

    #[pyconst("implementation")]
    fn implementation(vm: &Vm) -> Value {
        vm.new_str("RustCrypto").into_value()
    }

    #[pyconst("_GIL_MINSIZE")]
    const MINSIZE: i64 = GIL_MINSIZE;

    pytypes!(Sha3_224, Sha3_256, Sha3_384, Sha3_512, Shake128, Shake256);
}
