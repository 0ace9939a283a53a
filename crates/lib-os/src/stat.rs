//! Module `_stat`: what the bits of `st_mode` mean.

use taipan_vm::prelude::*;
use taipan_vm::types::numbers::{IntValue, int_value};

const NUMBERS: &[(&str, i64)] = &[
    ("SF_APPEND", 262144),
    ("SF_ARCHIVED", 65536),
    ("SF_DATALESS", 1073741824),
    ("SF_FIRMLINK", 8388608),
    ("SF_IMMUTABLE", 131072),
    ("SF_NOUNLINK", 1048576),
    ("SF_SETTABLE", -65536),
    ("SF_SNAPSHOT", 2097152),
    ("ST_ATIME", 7),
    ("ST_CTIME", 9),
    ("ST_DEV", 2),
    ("ST_GID", 5),
    ("ST_INO", 1),
    ("ST_MODE", 0),
    ("ST_MTIME", 8),
    ("ST_NLINK", 3),
    ("ST_SIZE", 6),
    ("ST_UID", 4),
    ("S_ENFMT", 1024),
    ("S_IEXEC", 64),
    ("S_IFBLK", 24576),
    ("S_IFCHR", 8192),
    ("S_IFDIR", 16384),
    ("S_IFDOOR", 0),
    ("S_IFIFO", 4096),
    ("S_IFLNK", 40960),
    ("S_IFPORT", 0),
    ("S_IFREG", 32768),
    ("S_IFSOCK", 49152),
    ("S_IFWHT", 0),
    ("S_IREAD", 256),
    ("S_IRGRP", 32),
    ("S_IROTH", 4),
    ("S_IRUSR", 256),
    ("S_IRWXG", 56),
    ("S_IRWXO", 7),
    ("S_IRWXU", 448),
    ("S_ISGID", 1024),
    ("S_ISUID", 2048),
    ("S_ISVTX", 512),
    ("S_IWGRP", 16),
    ("S_IWOTH", 2),
    ("S_IWRITE", 128),
    ("S_IWUSR", 128),
    ("S_IXGRP", 8),
    ("S_IXOTH", 1),
    ("S_IXUSR", 64),
    ("UF_APPEND", 4),
    ("UF_COMPRESSED", 32),
    ("UF_DATAVAULT", 128),
    ("UF_HIDDEN", 32768),
    ("UF_IMMUTABLE", 2),
    ("UF_NODUMP", 1),
    ("UF_NOUNLINK", 16),
    ("UF_OPAQUE", 8),
    ("UF_SETTABLE", 65535),
    ("UF_TRACKED", 64),
];

/// A `mode_t`.
fn mode(vm: &Vm, v: &Value) -> PyResult<u32> {
    let n = vm.index(v)?;
    match int_value(&n) {
        Some(IntValue::Small(n)) if n < 0 => {
            Err(vm.overflow_error("can't convert negative value to unsigned int"))
        }
        Some(IntValue::Small(n)) => u32::try_from(n).map_err(|_| vm.overflow_error("mode out of range")),
        _ => Err(vm.overflow_error("Python int too large to convert to C unsigned long")),
    }
}

const KIND: u32 = 0o170_000;

/// The letter of a file's kind.
fn letter(mode: u32) -> char {
    match mode & KIND {
        0o100_000 => '-',
        0o040_000 => 'd',
        0o120_000 => 'l',
        0o060_000 => 'b',
        0o020_000 => 'c',
        0o010_000 => 'p',
        0o140_000 => 's',
        _ => '?',
    }
}

/// `rwx` of one of the three groups; `special` is the letter of a bit that shares the place of `x`.
fn triple(out: &mut String, bits: u32, special: Option<char>) {
    out.push(if bits & 4 != 0 { 'r' } else { '-' });
    out.push(if bits & 2 != 0 { 'w' } else { '-' });
    out.push(match (special, bits & 1 != 0) {
        (Some(c), true) => c,
        (Some(c), false) => c.to_ascii_uppercase(),
        (None, true) => 'x',
        (None, false) => '-',
    });
}

/// S_IFMT_: file type bits
#[pymodule(name = "_stat")]
pub mod _stat {
    use super::*;

    /// Return the portion of the file's mode that can be set by os.chmod().
    #[pyfn("S_IMODE(object, /)")]
    fn s_imode(vm: &Vm, object: &Value) -> PyResult<u32> {
        Ok(mode(vm, object)? & 0o7777)
    }

    /// Return the portion of the file's mode that describes the file type.
    #[pyfn("S_IFMT(object, /)")]
    fn s_ifmt(vm: &Vm, object: &Value) -> PyResult<u32> {
        Ok(mode(vm, object)? & KIND)
    }

    /// Convert a file's mode to a string of the form '-rwxrwxrwx'
    #[pyfn("filemode(object, /)")]
    fn filemode(vm: &Vm, object: &Value) -> PyResult<String> {
        let m = mode(vm, object)?;
        let mut out = String::from(letter(m));
        triple(&mut out, m >> 6, (m & 0o4000 != 0).then_some('s'));
        triple(&mut out, m >> 3, (m & 0o2000 != 0).then_some('s'));
        triple(&mut out, m, (m & 0o1000 != 0).then_some('t'));
        Ok(out)
    }

    /// S_ISDIR(mode) -> bool
    ///
    /// Return True if mode is from a directory.
    #[pyfn("S_ISDIR(object, /)")]
    fn s_isdir(vm: &Vm, object: &Value) -> PyResult<bool> {
        Ok(mode(vm, object)? & KIND == 0o040_000)
    }

    /// S_ISCHR(mode) -> bool
    ///
    /// Return True if mode is from a character special device file.
    #[pyfn("S_ISCHR(object, /)")]
    fn s_ischr(vm: &Vm, object: &Value) -> PyResult<bool> {
        Ok(mode(vm, object)? & KIND == 0o020_000)
    }

    /// S_ISBLK(mode) -> bool
    ///
    /// Return True if mode is from a block special device file.
    #[pyfn("S_ISBLK(object, /)")]
    fn s_isblk(vm: &Vm, object: &Value) -> PyResult<bool> {
        Ok(mode(vm, object)? & KIND == 0o060_000)
    }

    /// S_ISREG(mode) -> bool
    ///
    /// Return True if mode is from a regular file.
    #[pyfn("S_ISREG(object, /)")]
    fn s_isreg(vm: &Vm, object: &Value) -> PyResult<bool> {
        Ok(mode(vm, object)? & KIND == 0o100_000)
    }

    /// S_ISFIFO(mode) -> bool
    ///
    /// Return True if mode is from a FIFO (named pipe).
    #[pyfn("S_ISFIFO(object, /)")]
    fn s_isfifo(vm: &Vm, object: &Value) -> PyResult<bool> {
        Ok(mode(vm, object)? & KIND == 0o010_000)
    }

    /// S_ISLNK(mode) -> bool
    ///
    /// Return True if mode is from a symbolic link.
    #[pyfn("S_ISLNK(object, /)")]
    fn s_islnk(vm: &Vm, object: &Value) -> PyResult<bool> {
        Ok(mode(vm, object)? & KIND == 0o120_000)
    }

    /// S_ISSOCK(mode) -> bool
    ///
    /// Return True if mode is from a socket.
    #[pyfn("S_ISSOCK(object, /)")]
    fn s_issock(vm: &Vm, object: &Value) -> PyResult<bool> {
        Ok(mode(vm, object)? & KIND == 0o140_000)
    }

    /// S_ISDOOR(mode) -> bool
    ///
    /// Return True if mode is from a door.
    #[pyfn("S_ISDOOR(object, /)")]
    fn s_isdoor(vm: &Vm, object: &Value) -> PyResult<bool> {
        mode(vm, object).map(|_| false)
    }

    /// S_ISPORT(mode) -> bool
    ///
    /// Return True if mode is from a event port.
    #[pyfn("S_ISPORT(object, /)")]
    fn s_isport(vm: &Vm, object: &Value) -> PyResult<bool> {
        mode(vm, object).map(|_| false)
    }

    /// S_ISWHT(mode) -> bool
    ///
    /// Return True if mode is from a whiteout.
    #[pyfn("S_ISWHT(object, /)")]
    fn s_iswht(vm: &Vm, object: &Value) -> PyResult<bool> {
        mode(vm, object).map(|_| false)
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        for (name, n) in NUMBERS {
            vm.set_attr_str(module, name, &vm.new_int(*n))?;
        }
        Ok(())
    }
}
