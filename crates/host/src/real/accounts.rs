//! `pwd` and `grp`.

use std::ptr;

use super::{RealHost, bytes_at, c_string, static_storage, zeroed};
use crate::{Accounts, Group, HostError, HostResult, User};

/// # Safety
/// The record's members are C strings.
unsafe fn user_of(raw: &libc::passwd) -> User {
    // SAFETY: the caller's promise, six times.
    unsafe {
        User {
            name: bytes_at(raw.pw_name),
            password: bytes_at(raw.pw_passwd),
            uid: raw.pw_uid,
            gid: raw.pw_gid,
            gecos: bytes_at(raw.pw_gecos),
            directory: bytes_at(raw.pw_dir),
            shell: bytes_at(raw.pw_shell),
        }
    }
}

/// # Safety
/// The record's members are C strings and a null-ended array of them.
unsafe fn group_of(raw: &libc::group) -> Group {
    let mut members = Vec::new();
    let mut next = raw.gr_mem;
    // SAFETY: the caller's promise.
    while !next.is_null() && !unsafe { *next }.is_null() {
        // SAFETY: the caller's promise.
        members.push(unsafe { bytes_at(*next) });
        // SAFETY: the array goes on until its null.
        next = unsafe { next.add(1) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        Group { name: bytes_at(raw.gr_name), password: bytes_at(raw.gr_passwd), gid: raw.gr_gid, members }
    }
}

/// Calls a `get…_r` with growing buffers. `call` gets the buffer and answers the error and whether there is a result,
/// which `take` then reads while the buffer still lives.
fn look_up<R, T>(
    mut call: impl FnMut(&mut R, &mut [u8]) -> (i32, bool),
    take: impl Fn(&R) -> T,
) -> HostResult<Option<T>> {
    let mut size = 1024;
    loop {
        // SAFETY: `R` is a plain C record (I2).
        let mut record = unsafe { zeroed::<R>() };
        let mut buffer = vec![0_u8; size];
        match call(&mut record, &mut buffer) {
            (0, true) => return Ok(Some(take(&record))),
            // Some systems answer "no such entry" by one of these errors.
            (0 | libc::ENOENT | libc::ESRCH | libc::EBADF | libc::EPERM, _) => return Ok(None),
            (libc::ERANGE, _) if size < 1 << 24 => size *= 4,
            (error, _) => return Err(HostError(error)),
        }
    }
}

impl Accounts for RealHost {
    fn user_by_name(&self, name: &[u8]) -> HostResult<Option<User>> {
        let name = c_string(name)?;
        look_up(
            |record: &mut libc::passwd, buffer| {
                let mut found = ptr::null_mut();
                // SAFETY: I1.
                let error = unsafe {
                    libc::getpwnam_r(
                        name.as_ptr(),
                        record,
                        buffer.as_mut_ptr().cast(),
                        buffer.len(),
                        &raw mut found,
                    )
                };
                (error, !found.is_null())
            },
            // SAFETY: filled by the call.
            |record| unsafe { user_of(record) },
        )
    }

    fn user_by_id(&self, uid: u32) -> HostResult<Option<User>> {
        look_up(
            |record: &mut libc::passwd, buffer| {
                let mut found = ptr::null_mut();
                // SAFETY: I1.
                let error = unsafe {
                    libc::getpwuid_r(uid, record, buffer.as_mut_ptr().cast(), buffer.len(), &raw mut found)
                };
                (error, !found.is_null())
            },
            // SAFETY: filled by the call.
            |record| unsafe { user_of(record) },
        )
    }

    fn users(&self) -> HostResult<Vec<User>> {
        let _guard = static_storage();
        let mut users = Vec::new();
        // SAFETY: I3.
        unsafe { libc::setpwent() };
        // SAFETY: I3; a record is valid until the next call.
        while let Some(record) = unsafe { libc::getpwent().as_ref() } {
            // SAFETY: filled by the call.
            users.push(unsafe { user_of(record) });
        }
        // SAFETY: I3.
        unsafe { libc::endpwent() };
        Ok(users)
    }

    fn group_by_name(&self, name: &[u8]) -> HostResult<Option<Group>> {
        let name = c_string(name)?;
        look_up(
            |record: &mut libc::group, buffer| {
                let mut found = ptr::null_mut();
                // SAFETY: I1.
                let error = unsafe {
                    libc::getgrnam_r(
                        name.as_ptr(),
                        record,
                        buffer.as_mut_ptr().cast(),
                        buffer.len(),
                        &raw mut found,
                    )
                };
                (error, !found.is_null())
            },
            // SAFETY: filled by the call.
            |record| unsafe { group_of(record) },
        )
    }

    fn group_by_id(&self, gid: u32) -> HostResult<Option<Group>> {
        look_up(
            |record: &mut libc::group, buffer| {
                let mut found = ptr::null_mut();
                // SAFETY: I1.
                let error = unsafe {
                    libc::getgrgid_r(gid, record, buffer.as_mut_ptr().cast(), buffer.len(), &raw mut found)
                };
                (error, !found.is_null())
            },
            // SAFETY: filled by the call.
            |record| unsafe { group_of(record) },
        )
    }

    fn groups(&self) -> HostResult<Vec<Group>> {
        let _guard = static_storage();
        let mut groups = Vec::new();
        // SAFETY: I3.
        unsafe { libc::setgrent() };
        // SAFETY: I3; a record is valid until the next call.
        while let Some(record) = unsafe { libc::getgrent().as_ref() } {
            // SAFETY: filled by the call.
            groups.push(unsafe { group_of(record) });
        }
        // SAFETY: I3.
        unsafe { libc::endgrent() };
        Ok(groups)
    }
}
