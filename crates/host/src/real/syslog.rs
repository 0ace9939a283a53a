//! The system's log.

use std::ffi::CString;
use std::sync::Mutex;

use super::RealHost;
use crate::SystemLog;

/// The C library keeps the pointer that `openlog` got: the text lives here until the next one.
static IDENT: Mutex<Option<CString>> = Mutex::new(None);

impl SystemLog for RealHost {
    fn openlog(&self, ident: Option<&[u8]>, option: i32, facility: i32) {
        let mut kept = IDENT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let text = ident.and_then(|i| CString::new(i).ok());
        let pointer = text.as_ref().map_or(std::ptr::null(), |t| t.as_ptr());
        // SAFETY: the text is kept until another one, or none, takes its place.
        unsafe { libc::openlog(pointer, option, facility) };
        *kept = text;
    }

    fn syslog(&self, priority: i32, message: &[u8]) {
        let text: Vec<u8> = message.iter().copied().take_while(|b| *b != 0).collect();
        if let Ok(text) = CString::new(text) {
            // SAFETY: the format takes one string.
            unsafe { libc::syslog(priority, c"%s".as_ptr(), text.as_ptr()) };
        }
    }

    fn closelog(&self) {
        // SAFETY: no pointers.
        unsafe { libc::closelog() };
    }

    fn setlogmask(&self, mask: i32) -> i32 {
        // SAFETY: no pointers.
        unsafe { libc::setlogmask(mask) }
    }
}
