//! `select`, `poll`, `epoll`.

use std::ptr;

use super::{RealHost, check, done, timespec, zeroed};
use crate::{EpollEvent, Fd, HostError, HostResult, PollFd, Polling, Ready};

const _: () = assert!(size_of::<PollFd>() == size_of::<libc::pollfd>());
const _: () = assert!(align_of::<PollFd>() == align_of::<libc::pollfd>());

/// Milliseconds for `epoll_wait`, rounded up so that a wait is never too short.
fn milliseconds(timeout: Option<i64>) -> i32 {
    match timeout {
        None => -1,
        Some(ns) if ns <= 0 => 0,
        Some(ns) => i32::try_from(ns / 1_000_000 + i64::from(ns % 1_000_000 != 0)).unwrap_or(i32::MAX),
    }
}

fn set_of(fds: &[Fd], highest: &mut Fd) -> HostResult<libc::fd_set> {
    // SAFETY: all zeroes is the empty set.
    let mut set = unsafe { zeroed::<libc::fd_set>() };
    for &fd in fds {
        if !(0..libc::FD_SETSIZE as Fd).contains(&fd) {
            return Err(HostError::EINVAL);
        }
        *highest = (*highest).max(fd);
        // SAFETY: within the set's range.
        unsafe { libc::FD_SET(fd, &raw mut set) };
    }
    Ok(set)
}

fn members(fds: &[Fd], set: &libc::fd_set) -> Vec<Fd> {
    // SAFETY: `set_of` checked the range.
    fds.iter().copied().filter(|&fd| unsafe { libc::FD_ISSET(fd, set) }).collect()
}

impl Polling for RealHost {
    fn poll(&self, fds: &mut [PollFd], timeout: Option<i64>) -> HostResult<usize> {
        let (first, n) = (fds.as_mut_ptr().cast(), fds.len() as libc::nfds_t);
        let time = timespec(timeout.unwrap_or(0).max(0));
        // SAFETY: `PollFd` is laid out as `pollfd` (asserted above); a null mask leaves signals alone.
        let ready = check(unsafe {
            match timeout {
                // Where no part of a millisecond counts, the call that has no time to copy.
                None => libc::poll(first, n, -1),
                Some(0) => libc::poll(first, n, 0),
                Some(_) => libc::ppoll(first, n, &raw const time, ptr::null()),
            }
        })?;
        Ok(usize::try_from(ready).unwrap_or(0))
    }

    fn select(&self, read: &[Fd], write: &[Fd], except: &[Fd], timeout: Option<i64>) -> HostResult<Ready> {
        let mut highest = -1;
        let mut reading = set_of(read, &mut highest)?;
        let mut writing = set_of(write, &mut highest)?;
        let mut excepting = set_of(except, &mut highest)?;
        let time = timespec(timeout.unwrap_or(0).max(0));
        let time = if timeout.is_some() { &raw const time } else { ptr::null() };
        // SAFETY: I1; a null mask leaves signals alone.
        done(unsafe {
            libc::pselect(
                highest + 1,
                &raw mut reading,
                &raw mut writing,
                &raw mut excepting,
                time,
                ptr::null(),
            )
        })?;
        Ok(Ready {
            read: members(read, &reading),
            write: members(write, &writing),
            except: members(except, &excepting),
        })
    }

    fn epoll_create(&self, flags: i32) -> HostResult<Fd> {
        // SAFETY: no pointers.
        check(unsafe { libc::epoll_create1(flags | libc::EPOLL_CLOEXEC) })
    }

    fn epoll_ctl(&self, epoll: Fd, operation: i32, event: EpollEvent) -> HostResult<()> {
        let mut raw = libc::epoll_event { events: event.events, u64: u64::from(event.fd.cast_unsigned()) };
        // SAFETY: I1.
        done(unsafe { libc::epoll_ctl(epoll, operation, event.fd, &raw mut raw) })
    }

    fn epoll_wait(&self, epoll: Fd, max: usize, timeout: Option<i64>) -> HostResult<Vec<EpollEvent>> {
        let max = max.clamp(1, 1 << 16);
        let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; max];
        // SAFETY: writable for `max` events.
        let ready = check(unsafe {
            libc::epoll_wait(epoll, events.as_mut_ptr(), max as i32, milliseconds(timeout))
        })?;
        events.truncate(usize::try_from(ready).unwrap_or(0));
        Ok(events
            .iter()
            .map(|event| {
                let data = event.u64;
                EpollEvent { fd: data as u32 as Fd, events: event.events }
            })
            .collect())
    }
}
