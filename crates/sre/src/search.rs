//! From a request to a match: where to try, and the candidates' order.

use memchr::{memchr, memchr2, memchr3};

use crate::analysis::Scan;
use crate::exec::{Limits, Run, State, Stop, Stopped};
use crate::program::Program;
use crate::subject::{ByteText, Subject, Text, WideText};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A match that begins at `pos`.
    Match,
    /// A match that begins at `pos` and ends at `endpos`.
    Fullmatch,
    /// The first match that begins at `pos` or later.
    Search,
}

/// One question to a program. Positions are byte offsets on character boundaries.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub mode: Mode,
    pub pos: usize,
    /// Acts as the end of the subject; what lies behind is not seen.
    pub endpos: usize,
    /// No empty match at `pos` itself: set by `finditer`, `sub` and `split` after an empty match.
    pub must_advance: bool,
}

impl Program {
    /// Asks whether there is a match; its spans are in `state` then.
    ///
    /// `breaker` is called now and then in long matches; its error ends the match.
    pub fn run<E>(
        &self,
        state: &mut State,
        subject: Subject<'_>,
        request: Request,
        breaker: &mut dyn FnMut() -> Result<(), E>,
    ) -> Result<bool, Stop<E>> {
        let mut error = None;
        let mut stop = || match breaker() {
            Ok(()) => false,
            Err(e) => {
                error = Some(e);
                true
            }
        };
        let mut limits = Limits::new(&mut stop);
        let found = match subject {
            Subject::Bytes(s) => self.find(state, ByteText(clip(s, request.endpos)), request, &mut limits),
            Subject::Wtf8(s) => self.find(state, WideText(clip(s, request.endpos)), request, &mut limits),
        };
        match (found, error) {
            (_, Some(e)) => Err(Stop::Breaker(e)),
            (Err(Stopped), None) => Err(Stop::Memory),
            (Ok(found), None) => Ok(found),
        }
    }

    fn find<T: Text>(
        &self,
        state: &mut State,
        text: T,
        request: Request,
        limits: &mut Limits<'_>,
    ) -> Result<bool, Stopped> {
        let (pos, end) = (request.pos, text.bytes().len());
        state.prepare(self);
        if pos > end || end - pos < self.min_width {
            return Ok(false);
        }
        let mut run = Run {
            program: self,
            text,
            full: request.mode == Mode::Fullmatch,
            not_empty_at: if request.must_advance { pos } else { usize::MAX },
        };
        if request.mode != Mode::Search {
            return run.attempt(state, pos, limits);
        }
        let filter = &self.prefilter;
        if filter.anchored {
            return if pos == 0 { run.attempt(state, 0, limits) } else { Ok(false) };
        }
        let scan = if T::SINGLE { &filter.bytes } else { &filter.wtf8 };
        let last = end - self.min_width;
        if filter.whole {
            let Scan::Find(needle) = scan else { return Ok(false) };
            let Some(i) = text.bytes().get(pos..).and_then(|rest| needle.find(rest)) else {
                return Ok(false);
            };
            state.set_match(pos + i, pos + i + needle.len());
            return Ok(true);
        }
        let inner = if end - pos >= WORTHWHILE { self.inner(!T::SINGLE) } else { None };
        let many = if end - pos >= WORTHWHILE * 8 { self.many(!T::SINGLE) } else { None };
        // The last candidate that may have the inner literal where it was found.
        let mut bound = if inner.is_some() { None } else { Some(usize::MAX) };
        let mut at = pos;
        loop {
            if let Some(inner) = inner.filter(|_| Some(at) > bound) {
                let needle = if T::SINGLE { inner.bytes.as_ref() } else { Some(&inner.wtf8) };
                let from = at + inner.least;
                let found = needle.and_then(|n| text.bytes().get(from..).and_then(|rest| n.find(rest)));
                let Some(i) = found else { return Ok(false) };
                bound = Some(at + i);
                if let Some(most) = inner.most {
                    let most = if T::SINGLE { most } else { most * 4 };
                    at = text.boundary(at.max((from + i).saturating_sub(most)));
                }
            }
            let next = if at == 0 && filter.zero {
                Some(0)
            } else {
                let fast = many.and_then(|m| text.bytes().get(at..).and_then(|rest| m.find(rest).ok()));
                match fast {
                    Some(found) => found.map(|i| at + i),
                    None => next_candidate(scan, text, at),
                }
            };
            match next {
                Some(candidate) if candidate <= last => at = candidate,
                _ if filter.end && last == end && at <= end => at = end,
                _ => return Ok(false),
            }
            if Some(at) > bound {
                continue;
            }
            if run.attempt(state, at, limits)? {
                return Ok(true);
            }
            run.not_empty_at = usize::MAX;
            match text.step_any(at) {
                Some(next) => at = next,
                None => return Ok(false),
            }
        }
    }
}

/// Bytes from which on a subject is worth more than a look at each.
const WORTHWHILE: usize = 16;

fn clip(s: &[u8], end: usize) -> &[u8] {
    s.get(..end).unwrap_or(s)
}

/// The first position from `at` on where a match may begin.
#[inline]
fn next_candidate<T: Text>(scan: &Scan, text: T, at: usize) -> Option<usize> {
    let bytes = text.bytes();
    let rest = bytes.get(at..)?;
    let found = match scan {
        Scan::All => return Some(at),
        Scan::Nothing => None,
        Scan::Byte(a) => memchr(*a, rest),
        Scan::Two(a, b) => memchr2(*a, *b, rest),
        Scan::Three(a, b, c) => memchr3(*a, *b, *c, rest),
        Scan::Find(needle) => needle.find(rest),
        Scan::Table(table) => {
            if T::SINGLE {
                rest.iter().position(|&b| table[b as usize])
            } else {
                // A continuation byte is no beginning.
                rest.iter().position(|&b| table[b as usize] && b & 0xc0 != 0x80)
            }
        }
    };
    found.map(|i| at + i)
}
