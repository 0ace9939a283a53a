//! Modules `pwd` and `grp`: users and groups.

use crate::posix::args;
use crate::util;
use taipan_host::{Group, HostResult, User};
use taipan_vm::prelude::*;
use taipan_vm::structseq;
use taipan_vm::types::structseq::{class, make};

structseq! {
    /// pwd.struct_passwd: Results from getpw*() routines.
    ///
    /// This object may be accessed either as a tuple of
    ///   (pw_name,pw_passwd,pw_uid,pw_gid,pw_gecos,pw_dir,pw_shell)
    /// or via the object attributes as named in the above tuple.
    pub PASSWD = "struct_passwd" in "pwd", 7, [
        ("pw_name", "user name"), ("pw_passwd", "password"), ("pw_uid", "user id"), ("pw_gid", "group id"),
        ("pw_gecos", "real name"), ("pw_dir", "home directory"), ("pw_shell", "shell program")];
    /// grp.struct_group: Results from getgr*() routines.
    ///
    /// This object may be accessed either as a tuple of
    ///   (gr_name,gr_passwd,gr_gid,gr_mem)
    /// or via the object attributes as named in the above tuple.
    pub GROUP = "struct_group" in "grp", 4, [
        ("gr_name", "group name"), ("gr_passwd", "password"), ("gr_gid", "group id"), ("gr_mem", "group members")];
}

fn user(vm: &Vm, u: &User) -> PyResult<Value> {
    let text = |b: &[u8]| util::fs_decode(vm, b);
    let values = vec![
        text(&u.name),
        text(&u.password),
        vm.new_int(i64::from(u.uid)),
        vm.new_int(i64::from(u.gid)),
        text(&u.gecos),
        text(&u.directory),
        text(&u.shell),
    ];
    make(vm, &PASSWD, values)
}

fn group(vm: &Vm, g: &Group) -> PyResult<Value> {
    let text = |b: &[u8]| util::fs_decode(vm, b);
    let members = g.members.iter().map(|m| text(m)).collect();
    let values = vec![
        text(&g.name),
        text(&g.password),
        vm.new_int(i64::from(g.gid)),
        vm.new_list(members).into_value(),
    ];
    make(vm, &GROUP, values)
}

/// The entry, or `KeyError` with the text.
fn found<T>(vm: &Vm, r: HostResult<Option<T>>, missing: &str) -> PyResult<T> {
    match r {
        Ok(Some(x)) => Ok(x),
        Ok(None) => Err(vm.key_error(vm.new_str(missing).as_value())),
        Err(e) => Err(vm.os_error(e, None)),
    }
}

/// This module provides access to the Unix password database.
/// It is available on all Unix versions.
#[pymodule(name = "pwd")]
pub mod pwd {
    use super::*;

    /// Return the password database entry for the given numeric user ID.
    #[pyfn("getpwuid(uidobj, /)")]
    fn getpwuid(vm: &Vm, uidobj: &Value) -> PyResult<Value> {
        let missing = format!("getpwuid(): uid not found: {}", vm.str(uidobj)?.to_string_lossy());
        let id = match args::id(vm, "uid", uidobj) {
            Ok(id) => id,
            Err(Raised) if vm.raised_is(&taipan_vm::errors::exc::OverflowError) => {
                drop(vm.take_raised());
                return Err(vm.key_error(vm.new_str(&missing).as_value()));
            }
            Err(raised) => return Err(raised),
        };
        let r = vm.allow_threads(|| vm.host().user_by_id(id));
        user(vm, &found(vm, r, &missing)?)
    }

    /// Return the password database entry for the given user name.
    #[pyfn("getpwnam(name, /)")]
    fn getpwnam(vm: &Vm, name: &Gc<Str>) -> PyResult<Value> {
        let bytes = util::fs_convert(vm, name.as_value())?;
        let r = vm.allow_threads(|| vm.host().user_by_name(&bytes));
        let shown = vm.repr_text(name.as_value())?;
        user(vm, &found(vm, r, &format!("getpwnam(): name not found: {shown}"))?)
    }

    /// Return a list of all available password database entries, in arbitrary order.
    #[pyfn("getpwall()")]
    fn getpwall(vm: &Vm) -> PyResult<Vec<Value>> {
        util::os(vm, vm.host().users())?.iter().map(|u| user(vm, u)).collect()
    }

    #[pyconst("struct_passwd")]
    fn struct_passwd(vm: &Vm) -> Value {
        class(vm, &PASSWD).into_value()
    }
}

/// Access to the Unix group database.
#[pymodule(name = "grp")]
pub mod grp {
    use super::*;

    /// Return the group database entry for the given numeric group ID.
    #[pyfn("getgrgid(id)")]
    fn getgrgid(vm: &Vm, id: &Value) -> PyResult<Value> {
        let missing = format!("getgrgid(): gid not found: {}", vm.str(id)?.to_string_lossy());
        let id = match args::id(vm, "gid", id) {
            Ok(id) => id,
            Err(Raised) if vm.raised_is(&taipan_vm::errors::exc::OverflowError) => {
                drop(vm.take_raised());
                return Err(vm.key_error(vm.new_str(&missing).as_value()));
            }
            Err(raised) => return Err(raised),
        };
        let r = vm.allow_threads(|| vm.host().group_by_id(id));
        group(vm, &found(vm, r, &missing)?)
    }

    /// Return the group database entry for the given group name.
    #[pyfn("getgrnam(name)")]
    fn getgrnam(vm: &Vm, name: &Gc<Str>) -> PyResult<Value> {
        let bytes = util::fs_convert(vm, name.as_value())?;
        let r = vm.allow_threads(|| vm.host().group_by_name(&bytes));
        let shown = vm.repr_text(name.as_value())?;
        group(vm, &found(vm, r, &format!("getgrnam(): name not found: {shown}"))?)
    }

    /// Return a list of all available group entries, in arbitrary order.
    #[pyfn("getgrall()")]
    fn getgrall(vm: &Vm) -> PyResult<Vec<Value>> {
        util::os(vm, vm.host().groups())?.iter().map(|g| group(vm, g)).collect()
    }

    #[pyconst("struct_group")]
    fn struct_group(vm: &Vm) -> Value {
        class(vm, &GROUP).into_value()
    }
}
