//! Times the programs for another process, which is how a build with other compiler flags takes part in its rounds. A line
//! `NAME N M COUNT` on standard input is answered by a line `NANOSECONDS RESULT`: the time of COUNT runs, and what the
//! last one gave. Ends with its input.
#![forbid(unsafe_code)]

use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::Instant;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        match answer(&line?) {
            Some((time, result)) => writeln!(out, "{time} {result}")?,
            None => writeln!(out, "unknown")?,
        }
        out.flush()?;
    }
    Ok(())
}

fn answer(line: &str) -> Option<(u128, i64)> {
    let mut words = line.split_whitespace();
    let kernel = nda_bench_native::kernel(words.next()?)?;
    let mut number = || words.next()?.parse::<i64>().ok();
    let (n, m, count) = (number()?, number()?, number()?);
    let mut result = 0;
    let start = Instant::now();
    for _ in 0..count {
        result = black_box(kernel(black_box(n), black_box(m)));
    }
    Some((start.elapsed().as_nanos(), result))
}
