//! `_hmac`: keyed hashes.

use super::core::{Kind, Mac};
use super::{data, hex};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

taipan_vm::native_exception!(pub UNKNOWN_HASH = "_hmac", "UnknownHashError"(&exc::ValueError) "");

const KINDS: &[(&str, Kind)] = &[
    ("md5", Kind::Md5),
    ("sha1", Kind::Sha1),
    ("sha224", Kind::Sha224),
    ("sha256", Kind::Sha256),
    ("sha384", Kind::Sha384),
    ("sha512", Kind::Sha512),
    ("sha3_224", Kind::Sha3_224),
    ("sha3_256", Kind::Sha3_256),
    ("sha3_384", Kind::Sha3_384),
    ("sha3_512", Kind::Sha3_512),
    ("blake2s", Kind::Blake2s),
    ("blake2s_32", Kind::Blake2s),
    ("blake2b", Kind::Blake2b),
    ("blake2b_32", Kind::Blake2b),
];

/// The hash of a name; all lower or all upper case.
fn kind(vm: &Vm, v: &Value) -> PyResult<Kind> {
    let found = v
        .downcast::<Str>()
        .and_then(|s| s.as_str())
        .and_then(|name| KINDS.iter().find(|(n, _)| *n == name || n.to_uppercase() == name).map(|(_, k)| *k));
    match found {
        Some(k) => Ok(k),
        None => {
            let text = format!("unsupported hash type: {}", vm.repr_text(v)?);
            Err(vm.raise_new(&UNKNOWN_HASH, text))
        }
    }
}

fn compute(vm: &Vm, kind: Kind, key: &Value, msg: &Value) -> PyResult<Gc<Bytes>> {
    let key = data(vm, key)?;
    let msg = data(vm, msg)?;
    let mut mac = Mac::new(kind, &key);
    mac.update(&msg);
    Ok(vm.new_bytes(&mac.finish()))
}

#[pytype(name = "HMAC", module = "_hmac", flags(NO_NEW))]
#[derive(Trace)]
pub struct Hmac {
    #[notrace]
    mac: Guarded<Mac>,
}

impl Slots for Hmac {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), ..SlotDefs::NONE };
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(h) = v.downcast::<Hmac>() else { return Err(vm.type_error("not an HMAC")) };
    let at = v.as_ptr().map_or(0, |p| p.as_ptr() as usize);
    let name = h.mac.with(|m| m.kind.name());
    Ok(vm.new_str(&format!("<{name} HMAC object @ {at:#x}>")).into_value())
}

#[pymethods]
impl Hmac {
    /// Return a copy ("clone") of the HMAC object.
    #[pymethod("copy($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<Hmac>) -> Value {
        vm.alloc(Hmac { mac: Guarded::new(zelf.mac.get()) }).into_value()
    }

    /// Update the HMAC object with the given message.
    #[pymethod("update($self, /, msg)")]
    fn update(vm: &Vm, zelf: &Gc<Hmac>, msg: &Value) -> PyResult<()> {
        let msg = data(vm, msg)?;
        zelf.mac.with_mut(|m| m.update(&msg));
        Ok(())
    }

    /// Return the digest of the bytes passed to the update() method so far.
    ///
    /// This method may raise a MemoryError.
    #[pymethod("digest($self, /)")]
    fn digest(vm: &Vm, zelf: &Gc<Hmac>) -> Gc<Bytes> {
        vm.new_bytes(&zelf.mac.get().finish())
    }

    /// Return hexadecimal digest of the bytes passed to the update() method so far.
    ///
    /// This may be used to exchange the value safely in email or other non-binary
    /// environments.
    ///
    /// This method may raise a MemoryError.
    #[pymethod("hexdigest($self, /)")]
    fn hexdigest(_vm: &Vm, zelf: &Gc<Hmac>) -> String {
        hex(&zelf.mac.get().finish())
    }

    #[pygetter("name")]
    fn name(_vm: &Vm, zelf: &Gc<Hmac>) -> String {
        format!("hmac-{}", zelf.mac.with(|m| m.kind.name()))
    }

    #[pygetter("block_size")]
    fn block_size(_vm: &Vm, zelf: &Gc<Hmac>) -> usize {
        zelf.mac.with(|m| m.kind.block_size())
    }

    #[pygetter("digest_size")]
    fn digest_size(_vm: &Vm, zelf: &Gc<Hmac>) -> usize {
        zelf.mac.with(|m| m.kind.digest_size())
    }
}

#[pymodule(name = "_hmac")]
pub mod _hmac {
    use super::*;

    /// Return a new HMAC object.
    #[pyfn("new(key, msg=None, digestmod=None)")]
    fn new(vm: &Vm, key: &Value, msg: Option<&Value>, #[raw] digestmod: Option<&Value>) -> PyResult<Value> {
        let Some(digestmod) = digestmod else {
            return Err(vm.type_error("new() missing 1 required argument 'digestmod'"));
        };
        let kind = super::kind(vm, digestmod)?;
        let mut mac = Mac::new(kind, &data(vm, key)?);
        if let Some(msg) = msg {
            mac.update(&data(vm, msg)?);
        }
        Ok(vm.alloc(Hmac { mac: Guarded::new(mac) }).into_value())
    }

    #[pyfn("compute_digest(key, msg, digest)")]
    fn compute_digest(vm: &Vm, key: &Value, msg: &Value, digest: &Value) -> PyResult<Gc<Bytes>> {
        compute(vm, super::kind(vm, digest)?, key, msg)
    }

    #[pyfn("compute_md5(key, msg, /)")]
    fn compute_md5(vm: &Vm, key: &Value, msg: &Value) -> PyResult<Gc<Bytes>> {
        compute(vm, Kind::Md5, key, msg)
    }

    #[pyfn("compute_sha1(key, msg, /)")]
    fn compute_sha1(vm: &Vm, key: &Value, msg: &Value) -> PyResult<Gc<Bytes>> {
        compute(vm, Kind::Sha1, key, msg)
    }

    #[pyfn("compute_sha224(key, msg, /)")]
    fn compute_sha224(vm: &Vm, key: &Value, msg: &Value) -> PyResult<Gc<Bytes>> {
        compute(vm, Kind::Sha224, key, msg)
    }

    #[pyfn("compute_sha256(key, msg, /)")]
    fn compute_sha256(vm: &Vm, key: &Value, msg: &Value) -> PyResult<Gc<Bytes>> {
        compute(vm, Kind::Sha256, key, msg)
    }

    #[pyfn("compute_sha384(key, msg, /)")]
    fn compute_sha384(vm: &Vm, key: &Value, msg: &Value) -> PyResult<Gc<Bytes>> {
        compute(vm, Kind::Sha384, key, msg)
    }

    #[pyfn("compute_sha512(key, msg, /)")]
    fn compute_sha512(vm: &Vm, key: &Value, msg: &Value) -> PyResult<Gc<Bytes>> {
        compute(vm, Kind::Sha512, key, msg)
    }

    #[pyfn("compute_sha3_224(key, msg, /)")]
    fn compute_sha3_224(vm: &Vm, key: &Value, msg: &Value) -> PyResult<Gc<Bytes>> {
        compute(vm, Kind::Sha3_224, key, msg)
    }

    #[pyfn("compute_sha3_256(key, msg, /)")]
    fn compute_sha3_256(vm: &Vm, key: &Value, msg: &Value) -> PyResult<Gc<Bytes>> {
        compute(vm, Kind::Sha3_256, key, msg)
    }

    #[pyfn("compute_sha3_384(key, msg, /)")]
    fn compute_sha3_384(vm: &Vm, key: &Value, msg: &Value) -> PyResult<Gc<Bytes>> {
        compute(vm, Kind::Sha3_384, key, msg)
    }

    #[pyfn("compute_sha3_512(key, msg, /)")]
    fn compute_sha3_512(vm: &Vm, key: &Value, msg: &Value) -> PyResult<Gc<Bytes>> {
        compute(vm, Kind::Sha3_512, key, msg)
    }

    #[pyfn("compute_blake2b_32(key, msg, /)")]
    fn compute_blake2b_32(vm: &Vm, key: &Value, msg: &Value) -> PyResult<Gc<Bytes>> {
        compute(vm, Kind::Blake2b, key, msg)
    }

    #[pyfn("compute_blake2s_32(key, msg, /)")]
    fn compute_blake2s_32(vm: &Vm, key: &Value, msg: &Value) -> PyResult<Gc<Bytes>> {
        compute(vm, Kind::Blake2s, key, msg)
    }

    #[pyconst("UnknownHashError")]
    fn unknown(vm: &Vm) -> Value {
        vm.type_for(&UNKNOWN_HASH).into_value()
    }

    #[pyconst("_GIL_MINSIZE")]
    const MINSIZE: i64 = super::super::GIL_MINSIZE;

    pytypes!(Hmac);
}
