//! `_blake2`: the objects of BLAKE2b and BLAKE2s.

use super::blake2::{Blake2b, Blake2s, Params};
use super::core::{Core, Kind};
use super::{data, hex, started};
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::{IntValue, int_value};

/// What the arguments may be.
struct Limits {
    shown: &'static str,
    size: u8,
    salt: usize,
    offset: u64,
}

const B: Limits = Limits { shown: "Blake2b", size: 64, salt: 16, offset: u64::MAX };
const S: Limits = Limits { shown: "Blake2s", size: 32, salt: 8, offset: (1 << 48) - 1 };

/// The arguments as they came.
struct Given<'a> {
    digest_size: Option<i32>,
    key: Option<&'a Value>,
    salt: Option<&'a Value>,
    person: Option<&'a Value>,
    fanout: i32,
    depth: i32,
    leaf_size: &'a Value,
    node_offset: &'a Value,
    node_depth: i32,
    inner_size: i32,
    last_node: bool,
}

fn unsigned(vm: &Vm, v: &Value, max: u64, c_type: &str) -> PyResult<u64> {
    if v.is_none() {
        return Ok(0);
    }
    let n = vm.index(v)?;
    let wide = match int_value(&n) {
        Some(IntValue::Small(n)) if n < 0 => return Err(vm.value_error("Cannot convert negative int")),
        Some(IntValue::Small(n)) => u64::try_from(n).ok(),
        Some(IntValue::Big(b)) => u64::try_from(b).ok(),
        None => None,
    };
    wide.filter(|n| *n <= max)
        .ok_or_else(|| vm.overflow_error(format_args!("Python int too large for C {c_type}")))
}

fn params(vm: &Vm, l: &Limits, g: &Given<'_>) -> PyResult<Params> {
    let size = g.digest_size.unwrap_or(i32::from(l.size));
    if size < 1 || size > i32::from(l.size) {
        return Err(vm.value_error(format_args!(
            "digest_size for {} must be between 1 and {} bytes, here it is {size}",
            l.shown, l.size
        )));
    }
    let bytes = |v: Option<&Value>, what: &str, max: usize| -> PyResult<Vec<u8>> {
        let Some(v) = v else { return Ok(Vec::new()) };
        let b = vm.bytes_like(v)?;
        if b.len() > max {
            return Err(vm.value_error(format_args!("maximum {what} length is {max} bytes")));
        }
        Ok(b.to_vec())
    };
    let salt = bytes(g.salt, "salt", l.salt)?;
    let person = bytes(g.person, "person", l.salt)?;
    let within = |n: i32, low: i32, what: &str| -> PyResult<u8> {
        if n < low || n > 255 {
            return Err(vm.value_error(format_args!("{what} must be between {low} and 255")));
        }
        Ok(n as u8)
    };
    let fanout = within(g.fanout, 0, "fanout")?;
    let depth = within(g.depth, 1, "depth")?;
    let leaf_size = unsigned(vm, g.leaf_size, u64::from(u32::MAX), "unsigned long")? as u32;
    let node_offset = unsigned(vm, g.node_offset, u64::MAX, "unsigned long long")?;
    if node_offset > l.offset {
        return Err(vm.overflow_error("node_offset is too large"));
    }
    let node_depth = within(g.node_depth, 0, "node_depth")?;
    if g.inner_size < 0 || g.inner_size > i32::from(l.size) {
        return Err(vm.value_error(format_args!("inner_size must be between 0 and is {}", l.size)));
    }
    let key = bytes(g.key, "key", usize::from(l.size))?;
    Ok(Params {
        digest_size: size as u8,
        key,
        salt,
        person,
        fanout,
        depth,
        leaf_size,
        node_offset,
        node_depth,
        inner_size: g.inner_size as u8,
        last_node: g.last_node,
    })
}

macro_rules! blake2_type {
    ($ty:ident, $core:ident, $limits:ident, $name:tt, $signature:tt, $new:tt, $doc:tt) => {
        #[doc = $doc]
        #[pytype(name = $name, module = "_blake2", signature = $signature, no_slots)]
        #[derive(Trace)]
        pub struct $ty {
            #[notrace]
            core: Guarded<Core>,
        }

        #[pymethods]
        impl $ty {
            #[pynew($new)]
            #[allow(clippy::too_many_arguments)]
            fn new(
                vm: &Vm,
                cls: &Gc<Type>,
                #[raw] data: Option<&Value>,
                digest_size: Option<i32>,
                #[raw] key: Option<&Value>,
                #[raw] salt: Option<&Value>,
                #[raw] person: Option<&Value>,
                fanout: i32,
                depth: i32,
                leaf_size: &Value,
                node_offset: &Value,
                node_depth: i32,
                inner_size: i32,
                last_node: bool,
                _usedforsecurity: bool,
                #[raw] string: Option<&Value>,
            ) -> PyResult<Value> {
                let given = Given {
                    digest_size,
                    key,
                    salt,
                    person,
                    fanout,
                    depth,
                    leaf_size,
                    node_offset,
                    node_depth,
                    inner_size,
                    last_node,
                };
                let core = Core::$core($core::new(&params(vm, &$limits, &given)?));
                let core = started(vm, core, data, string)?;
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

            #[pygetter("name")]
            fn name(_vm: &Vm, _zelf: &Gc<$ty>) -> &'static str {
                Kind::$core.name()
            }

            #[pygetter("block_size")]
            fn block_size(_vm: &Vm, _zelf: &Gc<$ty>) -> usize {
                $core::BLOCK
            }

            #[pygetter("digest_size")]
            fn digest_size(_vm: &Vm, zelf: &Gc<$ty>) -> usize {
                zelf.core.with(Core::digest_size)
            }

            #[pyconst("SALT_SIZE")]
            fn salt_size(vm: &Vm) -> Value {
                vm.new_int($limits.salt as i64)
            }

            #[pyconst("PERSON_SIZE")]
            fn person_size(vm: &Vm) -> Value {
                vm.new_int($limits.salt as i64)
            }

            #[pyconst("MAX_KEY_SIZE")]
            fn max_key_size(vm: &Vm) -> Value {
                vm.new_int(i64::from($limits.size))
            }

            #[pyconst("MAX_DIGEST_SIZE")]
            fn max_digest_size(vm: &Vm) -> Value {
                vm.new_int(i64::from($limits.size))
            }
        }
    };
}

blake2_type!(
    Blake2bType,
    Blake2b,
    B,
    "blake2b",
    "(data=b'', *, digest_size=_blake2.blake2b.MAX_DIGEST_SIZE,\n        key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0,\n        node_offset=0, node_depth=0, inner_size=0, last_node=False,\n        usedforsecurity=True, string=None)",
    "blake2b(data=b'', *, digest_size=64, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=None, node_offset=None, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True, string=None)",
    "Return a new BLAKE2b hash object."
);
blake2_type!(
    Blake2sType,
    Blake2s,
    S,
    "blake2s",
    "(data=b'', *, digest_size=_blake2.blake2s.MAX_DIGEST_SIZE,\n        key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0,\n        node_offset=0, node_depth=0, inner_size=0, last_node=False,\n        usedforsecurity=True, string=None)",
    "blake2s(data=b'', *, digest_size=32, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=None, node_offset=None, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True, string=None)",
    "Return a new BLAKE2s hash object."
);

/// _blake2b provides BLAKE2b for hashlib
#[pymodule(name = "_blake2")]
pub mod _blake2 {
    use super::*;

    #[pyconst]
    const BLAKE2B_MAX_DIGEST_SIZE: i64 = 64;
    #[pyconst]
    const BLAKE2B_MAX_KEY_SIZE: i64 = 64;
    #[pyconst]
    const BLAKE2B_PERSON_SIZE: i64 = 16;
    #[pyconst]
    const BLAKE2B_SALT_SIZE: i64 = 16;
    #[pyconst]
    const BLAKE2S_MAX_DIGEST_SIZE: i64 = 32;
    #[pyconst]
    const BLAKE2S_MAX_KEY_SIZE: i64 = 32;
    #[pyconst]
    const BLAKE2S_PERSON_SIZE: i64 = 8;
    #[pyconst]
    const BLAKE2S_SALT_SIZE: i64 = 8;
    #[pyconst("_GIL_MINSIZE")]
    const MINSIZE: i64 = super::super::GIL_MINSIZE;

    pytypes!(Blake2bType, Blake2sType);
}
