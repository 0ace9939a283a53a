//! `CallArgs`: the arguments of a call as they lie in the caller's window.

use crate::Value;
use crate::types::tuple::Tuple;
use taipan_heap::Gc;

/// Positional arguments, then the values of keyword arguments, with the keywords' names (as CPython's vectorcall).
#[derive(Clone, Copy)]
pub struct CallArgs<'a> {
    pub all: &'a [Value],
    pub kwnames: Option<&'a Gc<Tuple>>,
}

impl<'a> CallArgs<'a> {
    pub const EMPTY: CallArgs<'static> = CallArgs { all: &[], kwnames: None };

    #[inline]
    pub fn positional(all: &'a [Value]) -> CallArgs<'a> {
        CallArgs { all, kwnames: None }
    }

    #[inline]
    pub fn kwcount(&self) -> usize {
        self.kwnames.map_or(0, |k| k.len())
    }

    /// The positional arguments.
    #[inline]
    pub fn pos(&self) -> &'a [Value] {
        &self.all[..self.all.len().saturating_sub(self.kwcount())]
    }

    /// Keyword arguments: (name, value).
    pub fn keywords(&self) -> impl Iterator<Item = (&'a Value, &'a Value)> + use<'a> {
        let npos = self.pos().len();
        let names: &'a [Value] = match self.kwnames {
            Some(k) => k.items(),
            None => &[],
        };
        names.iter().zip(&self.all[npos..])
    }

    #[inline]
    pub fn has_keywords(&self) -> bool {
        self.kwcount() != 0
    }

    /// The same call without its first `n` positional arguments.
    pub fn skip(&self, n: usize) -> CallArgs<'a> {
        CallArgs { all: &self.all[n.min(self.pos().len())..], kwnames: self.kwnames }
    }
}
