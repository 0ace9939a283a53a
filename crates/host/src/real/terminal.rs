//! Terminals.

use std::ptr;

use super::{RealHost, bytes_at, check, direct, done, zeroed};
use crate::{Fd, HostResult, Terminal, Termios};

unsafe extern "C" {
    fn ctermid(to: *mut libc::c_char) -> *mut libc::c_char;
}

impl Terminal for RealHost {
    fn tcgetattr(&self, fd: Fd) -> HostResult<Termios> {
        // SAFETY: I2.
        let mut raw = unsafe { zeroed::<libc::termios>() };
        // SAFETY: I1, I2.
        done(unsafe { libc::tcgetattr(fd, &raw mut raw) })?;
        Ok(Termios {
            iflag: raw.c_iflag,
            oflag: raw.c_oflag,
            cflag: raw.c_cflag,
            lflag: raw.c_lflag,
            // SAFETY: I1.
            ispeed: unsafe { libc::cfgetispeed(&raw const raw) },
            // SAFETY: I1.
            ospeed: unsafe { libc::cfgetospeed(&raw const raw) },
            cc: raw.c_cc,
        })
    }

    fn tcsetattr(&self, fd: Fd, when: i32, attributes: &Termios) -> HostResult<()> {
        // SAFETY: I2. What the structure does not name (the line discipline) is read first, as CPython does.
        let mut raw = unsafe { zeroed::<libc::termios>() };
        // SAFETY: I1, I2.
        done(unsafe { libc::tcgetattr(fd, &raw mut raw) })?;
        raw.c_iflag = attributes.iflag;
        raw.c_oflag = attributes.oflag;
        raw.c_cflag = attributes.cflag;
        raw.c_lflag = attributes.lflag;
        raw.c_cc = attributes.cc;
        // SAFETY: I1.
        done(unsafe { libc::cfsetispeed(&raw mut raw, attributes.ispeed) })?;
        // SAFETY: I1.
        done(unsafe { libc::cfsetospeed(&raw mut raw, attributes.ospeed) })?;
        // SAFETY: I1.
        done(unsafe { libc::tcsetattr(fd, when, &raw const raw) })
    }

    fn tcsendbreak(&self, fd: Fd, duration: i32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::tcsendbreak(fd, duration) })
    }

    fn tcdrain(&self, fd: Fd) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::tcdrain(fd) })
    }

    fn tcflush(&self, fd: Fd, queue: i32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::tcflush(fd, queue) })
    }

    fn tcflow(&self, fd: Fd, action: i32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::tcflow(fd, action) })
    }

    fn tcgetpgrp(&self, fd: Fd) -> HostResult<i32> {
        // SAFETY: no pointers.
        check(unsafe { libc::tcgetpgrp(fd) })
    }

    fn tcsetpgrp(&self, fd: Fd, group: i32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::tcsetpgrp(fd, group) })
    }

    fn terminal_size(&self, fd: Fd) -> HostResult<(u16, u16)> {
        // SAFETY: I2.
        let mut size = unsafe { zeroed::<libc::winsize>() };
        // SAFETY: I1, I2.
        done(unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &raw mut size) })?;
        Ok((size.ws_col, size.ws_row))
    }

    fn set_terminal_size(&self, fd: Fd, columns: u16, lines: u16) -> HostResult<()> {
        // SAFETY: I2. The pixel sizes, if any, are kept.
        let mut size = unsafe { zeroed::<libc::winsize>() };
        // SAFETY: I1, I2.
        done(unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &raw mut size) })?;
        size.ws_col = columns;
        size.ws_row = lines;
        // SAFETY: I1.
        done(unsafe { libc::ioctl(fd, libc::TIOCSWINSZ, &raw const size) })
    }

    fn ttyname(&self, fd: Fd) -> HostResult<Vec<u8>> {
        let mut buffer = [0_u8; 256];
        // SAFETY: writable for its length; success ends it with a NUL.
        direct(unsafe { libc::ttyname_r(fd, buffer.as_mut_ptr().cast(), buffer.len()) })?;
        // SAFETY: as above.
        Ok(unsafe { bytes_at(buffer.as_ptr().cast()) })
    }

    fn ctermid(&self) -> HostResult<Vec<u8>> {
        let mut buffer = [0_u8; 256];
        // SAFETY: `L_ctermid` is 9; the buffer is larger.
        unsafe { ctermid(buffer.as_mut_ptr().cast()) };
        // SAFETY: it ends with a NUL.
        Ok(unsafe { bytes_at(buffer.as_ptr().cast()) })
    }

    fn openpty(&self) -> HostResult<(Fd, Fd)> {
        let (mut master, mut slave) = (-1, -1);
        // SAFETY: I1; null name, attributes and size are allowed.
        done(unsafe {
            libc::openpty(&raw mut master, &raw mut slave, ptr::null_mut(), ptr::null_mut(), ptr::null_mut())
        })?;
        for fd in [master, slave] {
            // SAFETY: no pointers; the descriptor is ours.
            unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
        Ok((master, slave))
    }

    fn login_tty(&self, fd: Fd) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::login_tty(fd) })
    }
}
