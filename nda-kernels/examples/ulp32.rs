//! Measures the f32 functions on **all** 2^32 inputs against f64: `cargo run --release -p nda-kernels --example
//! ulp32 [NAME]..`. Exits with 1 if a stated bound does not hold. About a minute per function and core.

#[path = "../tests/kernels/ulp.rs"]
mod ulp;

use ulp::{CASES, Case, distance};

/// The greatest error in a range of inputs, and where.
#[derive(Clone, Copy, Default)]
struct Worst {
    ulp: f64,
    at: f32,
    /// The greatest absolute error where the exact value is below 16.
    absolute: f64,
    wrong: u64,
}

impl Worst {
    fn see(&mut self, x: f32, got: f32, exact: f64) {
        let d = distance(got, exact);
        self.wrong += u64::from(f64::from(got).to_bits() != f64::from(exact as f32).to_bits());
        if d > self.ulp {
            (self.ulp, self.at) = (d, x);
        }
        let absolute = (f64::from(got) - exact).abs();
        if absolute > self.absolute && exact.abs() < 16.0 {
            self.absolute = absolute;
        }
    }

    fn join(&mut self, other: Self) {
        if other.ulp > self.ulp {
            (self.ulp, self.at) = (other.ulp, other.at);
        }
        self.absolute = self.absolute.max(other.absolute);
        self.wrong += other.wrong;
    }
}

fn measure(case: &Case, inputs: std::ops::Range<u64>) -> [Worst; 2] {
    let mut worst = [Worst::default(); 2];
    for bits in inputs {
        let x = f32::from_bits(bits as u32);
        // NaN is counted in the main range.
        let tail = x < case.main_from;
        worst[usize::from(tail)].see(x, (case.function)(x), (case.reference)(f64::from(x)));
    }
    worst
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let mut ok = true;
    for case in CASES.iter().filter(|c| wanted.is_empty() || wanted.iter().any(|w| w == c.name)) {
        let mut worst = [Worst::default(); 2];
        std::thread::scope(|scope| {
            let parts: Vec<_> = (0..threads)
                .map(|t| {
                    let (start, end) = ((t << 32) / threads, ((t + 1) << 32) / threads);
                    scope.spawn(move || measure(case, start..end))
                })
                .collect();
            for part in parts {
                let part = part.join().expect("a measuring thread does not panic");
                for (all, part) in worst.iter_mut().zip(part) {
                    all.join(part);
                }
            }
        });
        for (range, bound, w) in [(">=", case.main, worst[0]), ("< ", case.tail, worst[1])] {
            if range == "< " && case.main_from == f32::NEG_INFINITY {
                continue;
            }
            println!(
                "{:10} x {range} {:6}: {:9.4} ulp at {:e} ({:#010x}), absolute {:.3e}, not nearest {:10}, bound {bound}",
                case.name,
                case.main_from,
                w.ulp,
                w.at,
                w.at.to_bits(),
                w.absolute,
                w.wrong,
            );
            ok &= w.ulp <= bound;
        }
    }
    if !ok {
        std::process::exit(1);
    }
}
