//! The system's log.

#[expect(unused_variables, reason = "without a log nothing is written")]
pub trait SystemLog {
    fn openlog(&self, ident: Option<&[u8]>, option: i32, facility: i32) {}
    fn syslog(&self, priority: i32, message: &[u8]) {}
    fn closelog(&self) {}
    /// The mask before.
    fn setlogmask(&self, mask: i32) -> i32 {
        0xff
    }
}
