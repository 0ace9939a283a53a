//! Terminals.

use crate::{Fd, HostResult, denied};

/// `tcgetattr`'s structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Termios {
    pub iflag: u32,
    pub oflag: u32,
    pub cflag: u32,
    pub lflag: u32,
    pub ispeed: u32,
    pub ospeed: u32,
    pub cc: [u8; 32],
}

#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait Terminal {
    fn tcgetattr(&self, fd: Fd) -> HostResult<Termios> {
        denied()
    }
    fn tcsetattr(&self, fd: Fd, when: i32, attributes: &Termios) -> HostResult<()> {
        denied()
    }
    fn tcsendbreak(&self, fd: Fd, duration: i32) -> HostResult<()> {
        denied()
    }
    fn tcdrain(&self, fd: Fd) -> HostResult<()> {
        denied()
    }
    fn tcflush(&self, fd: Fd, queue: i32) -> HostResult<()> {
        denied()
    }
    fn tcflow(&self, fd: Fd, action: i32) -> HostResult<()> {
        denied()
    }
    fn tcgetpgrp(&self, fd: Fd) -> HostResult<i32> {
        denied()
    }
    fn tcsetpgrp(&self, fd: Fd, group: i32) -> HostResult<()> {
        denied()
    }
    /// Columns and lines.
    fn terminal_size(&self, fd: Fd) -> HostResult<(u16, u16)> {
        denied()
    }
    fn set_terminal_size(&self, fd: Fd, columns: u16, lines: u16) -> HostResult<()> {
        denied()
    }
    fn ttyname(&self, fd: Fd) -> HostResult<Vec<u8>> {
        denied()
    }
    fn ctermid(&self) -> HostResult<Vec<u8>> {
        denied()
    }
    /// Master and slave.
    fn openpty(&self) -> HostResult<(Fd, Fd)> {
        denied()
    }
    fn login_tty(&self, fd: Fd) -> HostResult<()> {
        denied()
    }
}
