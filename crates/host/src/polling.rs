//! Waiting for descriptors: `select`, `poll`, `epoll`.

use crate::{Fd, HostResult, denied};

/// Laid out as the system's own, so that a slice goes through as it is.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PollFd {
    pub fd: Fd,
    pub events: i16,
    pub revents: i16,
}

/// What `select` found ready.
#[derive(Clone, Debug, Default)]
pub struct Ready {
    pub read: Vec<Fd>,
    pub write: Vec<Fd>,
    pub except: Vec<Fd>,
}

#[derive(Clone, Copy, Debug)]
pub struct EpollEvent {
    pub fd: Fd,
    pub events: u32,
}

/// Time-outs are nanoseconds; `None` waits for ever.
#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait Polling {
    /// How many have something in `revents`.
    fn poll(&self, fds: &mut [PollFd], timeout: Option<i64>) -> HostResult<usize> {
        denied()
    }
    /// Descriptors must be below 1024 (`EINVAL`).
    fn select(&self, read: &[Fd], write: &[Fd], except: &[Fd], timeout: Option<i64>) -> HostResult<Ready> {
        denied()
    }
    fn epoll_create(&self, flags: i32) -> HostResult<Fd> {
        denied()
    }
    fn epoll_ctl(&self, epoll: Fd, operation: i32, event: EpollEvent) -> HostResult<()> {
        denied()
    }
    fn epoll_wait(&self, epoll: Fd, max: usize, timeout: Option<i64>) -> HostResult<Vec<EpollEvent>> {
        denied()
    }
}
