//! Native modules that show the machine itself.

pub mod codecs;
pub mod gc;
