//! Cold: programs seen once, from their bytes to their answers.

use super::Context;
use crate::engine::{Answer, Engine};
use crate::report::{Phase, Row};
use crate::rounds::{Contestant, measure};
use crate::stats::{ratio, summary};
use crate::table;
use nda_runtime::Value;
use nda_testkit::generate::small_programs;

/// Different programs in rotation, more than any cache of programs would be built for.
const PROGRAMS: u32 = 1000;

/// Measures and prints.
///
/// # Errors
/// Where engines disagree.
pub fn run(cx: &mut Context) -> Result<(), String> {
    let name = "20 nodes";
    if !cx.wants(name) {
        return Ok(());
    }
    println!(
        "Timed: decode, hash, validate, make ready, run, drop; nothing is kept from program to program."
    );
    println!(
        "{PROGRAMS} different functions of 20 nodes with a loop of 3, in rotation; the figures are for one."
    );
    let programs = small_programs(PROGRAMS);
    let args = [Value::Int(7)];
    let Takers { engines, absent } = takers(&cx.engines, &programs, &args)?;
    let run_all = |engine: &dyn Engine| programs.iter().filter(|p| engine.cold(p, &args).is_ok()).count();
    let mut contestants: Vec<Contestant<'_>> =
        engines.iter().map(|engine| Contestant::new(engine.name(), || run_all(*engine))).collect();
    let samples = measure(&mut contestants, cx.plan);
    let mut rows = table::table(&["engine", "one program", "spread", "times as fast as the first [95 %]"], 1);
    for (contestant, sample) in contestants.iter().zip(&samples) {
        let (s, against) = (summary(sample), ratio(&samples[0], sample));
        rows.add_row([
            contestant.name.clone(),
            table::time(s.median / f64::from(PROGRAMS)),
            table::spread(s.spread),
            table::ratio(&against),
        ]);
        cx.rows.push(Row::new("cold", name, &contestant.name, Phase::Cold, s, None));
    }
    for (engine, why) in absent {
        rows.add_row([engine, "-".into(), why]);
    }
    println!("{rows}\n");
    Ok(())
}

struct Takers<'a> {
    engines: Vec<&'a dyn Engine>,
    /// Names of the others, with the reason.
    absent: Vec<(String, String)>,
}

/// The engines that have a cold path, all with the same answers.
fn takers<'a>(
    engines: &'a [Box<dyn Engine>],
    programs: &[Vec<u8>],
    args: &[Value],
) -> Result<Takers<'a>, String> {
    let mut takers = Takers { engines: Vec::new(), absent: Vec::new() };
    let mut first: Option<Vec<Answer>> = None;
    for engine in engines {
        match programs.iter().map(|bytes| engine.cold(bytes, args)).collect::<Result<Vec<_>, _>>() {
            Err(why) => takers.absent.push((engine.name().to_owned(), why)),
            Ok(answers) => {
                let first = first.get_or_insert_with(|| answers.clone());
                let mut pairs = answers.iter().zip(first.iter()).enumerate();
                if let Some((i, what)) = pairs.find_map(|(i, (a, b))| Some((i, a.differs(b)?))) {
                    return Err(format!("cold program {i}, {}: another answer: {what}", engine.name()));
                }
                takers.engines.push(&**engine);
            }
        }
    }
    Ok(takers)
}
