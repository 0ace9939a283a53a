//! What an interpreter costs in a process that has one already: `cargo run --release -p taipan --example interpreters`.

use std::time::Instant;
use taipan::Interpreter;

fn main() {
    let mut times: Vec<f64> = (0..40)
        .map(|_| {
            let start = Instant::now();
            let python = Interpreter::new().expect("it starts");
            let made = start.elapsed().as_secs_f64() * 1e3;
            drop(python);
            made
        })
        .collect();
    println!("the first: {:.2} ms", times[0]);
    times.sort_by(f64::total_cmp);
    println!("then: {:.2} ms at best, {:.2} in the middle", times[0], times[times.len() / 2]);
}
