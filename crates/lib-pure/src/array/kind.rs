//! Type codes: how an item lies in memory, and conversions with CPython's error texts.

use taipan_vm::prelude::*;
use taipan_vm::types::numbers::{IntValue, int_value};

/// A type code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    I8,
    U8,
    /// `u`.
    Wide,
    /// `w`.
    Char,
    I16,
    U16,
    I32,
    U32,
    Long,
    ULong,
    I64,
    U64,
    F32,
    F64,
}

/// All of them, in the order of `array.typecodes`.
pub const ALL: [(Kind, char, usize); 14] = [
    (Kind::I8, 'b', 1),
    (Kind::U8, 'B', 1),
    (Kind::Wide, 'u', 4),
    (Kind::Char, 'w', 4),
    (Kind::I16, 'h', 2),
    (Kind::U16, 'H', 2),
    (Kind::I32, 'i', 4),
    (Kind::U32, 'I', 4),
    (Kind::Long, 'l', 8),
    (Kind::ULong, 'L', 8),
    (Kind::I64, 'q', 8),
    (Kind::U64, 'Q', 8),
    (Kind::F32, 'f', 4),
    (Kind::F64, 'd', 8),
];

/// The bytes of one item; those beyond its size are 0.
pub type Item = [u8; 8];

fn widen(bytes: &[u8]) -> Item {
    let mut out = [0; 8];
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = *from;
    }
    out
}

/// The bytes in the order of this machine's numbers, which is little-endian on all that we run on.
#[inline(always)]
fn unsigned(bytes: &[u8]) -> u64 {
    // Sizes as constants: a copy of variable length would be a call.
    match *bytes {
        [a] => a as u64,
        [a, b] => u16::from_le_bytes([a, b]) as u64,
        [a, b, c, d] => u32::from_le_bytes([a, b, c, d]) as u64,
        [a, b, c, d, e, f, g, h] => u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        _ => u64::from_le_bytes(widen(bytes)),
    }
}

impl Kind {
    pub fn from_code(code: char) -> Option<Kind> {
        ALL.iter().find(|(_, c, _)| *c == code).map(|(k, ..)| *k)
    }

    fn row(self) -> (Kind, char, usize) {
        ALL[self as usize % ALL.len()]
    }

    pub fn code(self) -> char {
        self.row().1
    }

    pub fn size(self) -> usize {
        self.row().2
    }

    pub fn is_text(self) -> bool {
        matches!(self, Kind::Wide | Kind::Char)
    }

    /// The item as a Python value.
    #[inline]
    pub fn load(self, vm: &Vm, bytes: &[u8]) -> PyResult<Value> {
        let n = unsigned(bytes);
        Ok(match self {
            Kind::I8 => vm.new_int(n as i8 as i64),
            Kind::I16 => vm.new_int(n as i16 as i64),
            Kind::I32 => vm.new_int(n as i32 as i64),
            Kind::Long | Kind::I64 => vm.new_int(n as i64),
            Kind::U8 | Kind::U16 | Kind::U32 | Kind::ULong | Kind::U64 => vm.new_uint(n),
            Kind::F32 => vm.new_float(f32::from_bits(n as u32) as f64),
            Kind::F64 => vm.new_float(f64::from_bits(n)),
            Kind::Wide | Kind::Char => {
                if n > 0x10ffff {
                    return Err(
                        vm.value_error(format_args!("character U+{n:x} is not in range [U+0000; U+10ffff]"))
                    );
                }
                vm.char_str(n as u32).into_value()
            }
        })
    }

    /// A Python value as an item; may run Python code.
    pub fn store(self, vm: &Vm, v: &Value) -> PyResult<Item> {
        let ranged = |low: i64, high: i64, name: &str| -> PyResult<Item> {
            let n = vm.index_i64(v, "Python int too large to convert to C long")?;
            let how = if n < low {
                "less than minimum"
            } else if n > high {
                "greater than maximum"
            } else {
                return Ok(n.to_le_bytes());
            };
            Err(vm.overflow_error(format_args!("{name} is {how}")))
        };
        match self {
            Kind::I8 => ranged(-128, 127, "signed char"),
            Kind::U8 => ranged(0, 255, "unsigned byte integer"),
            Kind::I16 => ranged(-32768, 32767, "signed short integer"),
            Kind::U16 => ranged(0, 65535, "unsigned short"),
            Kind::I32 => ranged(i32::MIN as i64, i32::MAX as i64, "signed integer"),
            Kind::Long => Ok(vm.index_i64(v, "Python int too large to convert to C long")?.to_le_bytes()),
            Kind::I64 => Ok(vm.index_i64(v, "int too big to convert")?.to_le_bytes()),
            Kind::U32 | Kind::ULong | Kind::U64 => self.store_unsigned(vm, v),
            Kind::F32 => Ok(widen(&(vm.to_f64(v)? as f32).to_le_bytes())),
            Kind::F64 => Ok(vm.to_f64(v)?.to_le_bytes()),
            Kind::Wide | Kind::Char => store_char(vm, v),
        }
    }

    /// `store` of numbers that are what the array holds and in range; runs nothing.
    #[inline]
    pub fn store_plain(self, v: &Value) -> Option<Item> {
        if self == Kind::F64 {
            return v.as_small_float().map(f64::to_le_bytes);
        }
        let n = v.as_int()?;
        let fits = match self {
            Kind::I8 => i8::try_from(n).is_ok(),
            Kind::U8 => u8::try_from(n).is_ok(),
            Kind::I16 => i16::try_from(n).is_ok(),
            Kind::U16 => u16::try_from(n).is_ok(),
            Kind::I32 => i32::try_from(n).is_ok(),
            Kind::U32 => u32::try_from(n).is_ok(),
            Kind::Long | Kind::I64 => true,
            Kind::ULong | Kind::U64 => n >= 0,
            Kind::F32 | Kind::F64 | Kind::Wide | Kind::Char => false,
        };
        fits.then(|| n.to_le_bytes())
    }

    fn store_unsigned(self, vm: &Vm, v: &Value) -> PyResult<Item> {
        let (below, above) = match self {
            Kind::U64 => ("can't convert negative int to unsigned", "int too big to convert"),
            _ => (
                "can't convert negative value to unsigned int",
                "Python int too large to convert to C unsigned long",
            ),
        };
        let i = vm.index(v)?;
        let n = match int_value(&i) {
            Some(IntValue::Small(n)) => u64::try_from(n).map_err(|_| below),
            Some(IntValue::Big(b)) if b.sign() == dashu_int::Sign::Negative => Err(below),
            Some(IntValue::Big(b)) => u64::try_from(b).map_err(|_| above),
            None => Err(above),
        };
        match n {
            Ok(n) if self == Kind::U32 && n > u32::MAX as u64 => {
                Err(vm.overflow_error("unsigned int is greater than maximum"))
            }
            Ok(n) => Ok(n.to_le_bytes()),
            Err(text) => Err(vm.overflow_error(text)),
        }
    }

    /// The number of this layout in pickles (`array._array_reconstructor`).
    pub fn machine_format(self) -> i64 {
        match self {
            Kind::U8 => 0,
            Kind::I8 => 1,
            Kind::U16 => 2,
            Kind::I16 => 4,
            Kind::U32 => 6,
            Kind::I32 => 8,
            Kind::U64 | Kind::ULong => 10,
            Kind::I64 | Kind::Long => 12,
            Kind::F32 => 14,
            Kind::F64 => 16,
            Kind::Wide | Kind::Char => 20,
        }
    }
}

fn store_char(vm: &Vm, v: &Value) -> PyResult<Item> {
    let Some(s) = v.downcast::<Str>() else {
        return Err(vm.type_error(format_args!(
            "array item must be a unicode character, not {}",
            vm.type_of(v).name()
        )));
    };
    let mut chars = s.as_wtf8().code_points();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(widen(&c.to_le_bytes())),
        _ => Err(vm.type_error(format_args!(
            "array item must be a unicode character, not a string of length {}",
            s.char_len()
        ))),
    }
}

/// An item in the layout of a machine format: (kind, big-endian). The UTF-16 formats are not among them.
pub fn of_machine_format(n: i64) -> Option<(Kind, bool)> {
    let base = if n > 1 { n & !1 } else { n };
    let kind = match base {
        0 => Kind::U8,
        1 => Kind::I8,
        2 => Kind::U16,
        4 => Kind::I16,
        6 => Kind::U32,
        8 => Kind::I32,
        10 => Kind::U64,
        12 => Kind::I64,
        14 => Kind::F32,
        16 => Kind::F64,
        20 => Kind::Char,
        _ => return None,
    };
    Some((kind, n > 1 && n & 1 == 1))
}
