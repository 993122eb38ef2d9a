//! Rounds: every contestant once a round, in an order that moves on by one each round, so that neither the place in
//! the order nor a slow stretch of the machine favours one.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Rounds.
    pub rounds: usize,
    /// Least time of one batch: long against the clock's own cost (about 25 ns) and resolution.
    pub batch: Duration,
}

impl Plan {
    /// The default.
    pub const NORMAL: Plan = Plan { rounds: 21, batch: Duration::from_millis(10) };
    /// `--quick`.
    pub const QUICK: Plan = Plan { rounds: 7, batch: Duration::from_millis(3) };
}

/// Something to time.
pub struct Contestant<'a> {
    /// The engine's name.
    pub name: String,
    /// How long that many runs take.
    pub batch: Box<dyn FnMut(u32) -> Duration + 'a>,
}

impl<'a> Contestant<'a> {
    /// A contestant; what `run` gives is kept from the optimiser.
    pub fn new<T>(name: impl Into<String>, mut run: impl FnMut() -> T + 'a) -> Contestant<'a> {
        let batch = move |count| {
            let start = Instant::now();
            for _ in 0..count {
                black_box(run());
            }
            start.elapsed()
        };
        Contestant { name: name.into(), batch: Box::new(batch) }
    }

    /// A contestant that times itself: only part of what it does is to be timed, or it is not in this process.
    pub fn timing_itself(name: impl Into<String>, batch: impl FnMut(u32) -> Duration + 'a) -> Contestant<'a> {
        Contestant { name: name.into(), batch: Box::new(batch) }
    }
}

/// Nanoseconds of one run, a sample per round, for each contestant in the order given.
pub fn measure(contestants: &mut [Contestant<'_>], plan: Plan) -> Vec<Vec<f64>> {
    let counts: Vec<u32> = contestants.iter_mut().map(|c| calibrate(c, plan.batch)).collect();
    let mut samples = vec![Vec::with_capacity(plan.rounds); contestants.len()];
    for round in 0..plan.rounds {
        for place in 0..contestants.len() {
            let i = (round + place) % contestants.len();
            samples[i].push((contestants[i].batch)(counts[i]).as_nanos() as f64 / f64::from(counts[i]));
        }
    }
    samples
}

/// Runs it warm and finds how many runs fill a batch.
fn calibrate(contestant: &mut Contestant<'_>, batch: Duration) -> u32 {
    let mut count = 1_u32;
    loop {
        let took = (contestant.batch)(count);
        if took >= batch || count == u32::MAX {
            return count;
        }
        // Straight to the goal where the measured time can be trusted, else doubling.
        let factor = batch.as_secs_f64() / took.as_secs_f64().max(1e-9);
        count = if took > batch / 10 {
            (f64::from(count) * factor * 1.05).ceil().min(f64::from(u32::MAX)) as u32
        } else {
            count.saturating_mul(4)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn the_order_rotates_and_each_round_has_everyone() {
        let seen = RefCell::new(String::new());
        let mut contestants: Vec<Contestant<'_>> =
            ["a", "b", "c"].map(|n| Contestant::new(n, || seen.borrow_mut().push_str(n))).into();
        // Every batch is long enough, so each call is one batch: one to calibrate, one a round.
        let samples = measure(&mut contestants, Plan { rounds: 3, batch: Duration::ZERO });
        drop(contestants);
        assert_eq!(seen.into_inner(), "abcabcbcacab");
        assert!(samples.iter().all(|s| s.len() == 3));
    }
}
