//! Native modules that show the machine itself.

pub mod gc;
