//! Users and groups (`pwd`, `grp`).

use crate::{HostResult, denied};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    pub name: Vec<u8>,
    pub password: Vec<u8>,
    pub uid: u32,
    pub gid: u32,
    pub gecos: Vec<u8>,
    pub directory: Vec<u8>,
    pub shell: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub name: Vec<u8>,
    pub password: Vec<u8>,
    pub gid: u32,
    pub members: Vec<Vec<u8>>,
}

/// `Ok(None)`: there is no such entry.
#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait Accounts {
    fn user_by_name(&self, name: &[u8]) -> HostResult<Option<User>> {
        denied()
    }
    fn user_by_id(&self, uid: u32) -> HostResult<Option<User>> {
        denied()
    }
    fn users(&self) -> HostResult<Vec<User>> {
        denied()
    }
    fn group_by_name(&self, name: &[u8]) -> HostResult<Option<Group>> {
        denied()
    }
    fn group_by_id(&self, gid: u32) -> HostResult<Option<Group>> {
        denied()
    }
    fn groups(&self) -> HostResult<Vec<Group>> {
        denied()
    }
}
