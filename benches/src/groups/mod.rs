//! Groups of measurements.

pub mod call;
pub mod cold;
pub mod compile;
pub mod levels;
pub mod load;
pub mod means;
pub mod suite;
pub mod warmup;

use crate::engine::{Engine, Ready};
use crate::report::{Phase, Row};
use crate::rounds::{Contestant, Plan, measure};
use crate::stats::{ratio, summary};
use crate::subject::Subject;
use crate::table;
use comfy_table::Table;
use means::Means;

/// What every group works with.
pub struct Context {
    /// How long to measure.
    pub plan: Plan,
    /// Only programs whose name contains this.
    pub filter: Option<String>,
    /// Who takes part. The first one's answers are the measure of the others'.
    pub engines: Vec<Box<dyn Engine>>,
    /// How many programs the group `generated` takes.
    pub generated: u32,
    /// Whether tables say of an engine that takes no part why.
    pub verbose: bool,
    /// The figures so far.
    pub rows: Vec<Row>,
}

impl Context {
    /// Whether `--filter` lets this program pass.
    #[must_use]
    pub fn wants(&self, program: &str) -> bool {
        self.filter.as_deref().is_none_or(|part| program.contains(part))
    }
}

/// A group: its name, what it shows, and what measures and prints it.
pub struct Group {
    /// The name on the command line and in JSON.
    pub name: &'static str,
    /// One line.
    pub what: &'static str,
    /// Measures and prints; gets the group's name.
    pub run: fn(&mut Context, &str) -> Result<(), String>,
}

/// All of them, in the order of a run without arguments.
pub const GROUPS: &[Group] = &[
    Group { name: "programs", what: "the programs of examples/ on every engine", run: suite::run },
    Group { name: "scalar", what: "programs that live in registers", run: suite::run },
    Group { name: "memory", what: "programs that work on buffers", run: suite::run },
    Group { name: "network", what: "2-bit matrices", run: suite::run },
    Group {
        name: "levels",
        what: "the networks at every level of kernels, alone, in batches and cold",
        run: |cx, _| levels::run(cx),
    },
    Group { name: "generated", what: "random programs of loops that nobody tuned for", run: suite::run },
    Group { name: "load", what: "decode, hash and validate", run: |cx, _| load::run(cx) },
    Group { name: "compile", what: "from a valid program to code that runs", run: |cx, _| compile::run(cx) },
    Group {
        name: "cold",
        what: "1000 different 20-node programs, each from its bytes",
        run: |cx, _| cold::run(cx),
    },
    Group {
        name: "call",
        what: "one call of a loaded function that does next to nothing",
        run: |cx, _| call::run(cx),
    },
    Group {
        name: "warmup",
        what: "a first call by iterations of its loop, in each mode of tiers",
        run: |cx, _| warmup::run(cx),
    },
    Group {
        name: "tiers",
        what: "what the cost model of tiers assumes: time of compiling, and of a unit of fuel",
        run: |cx, _| warmup::costs(cx),
    },
];

/// The groups that print tables of their own, and add no row to the report.
pub const WITHOUT_ROWS: [&str; 2] = ["warmup", "tiers"];

/// Who is compared with, the first of these that takes part: the engine to beat, then the speed of the machine.
const BASES: [&str; 3] = ["wasmi-fuel", "rust-novec", "rust"];

/// The place of the base of all ratios among the engines that take part; `wasmi-fuel`, else
/// `rust-novec`, else `rust`, else the first.
#[must_use]
pub fn base_of(engines: &[&str]) -> usize {
    BASES.iter().find_map(|base| engines.iter().position(|name| name == base)).unwrap_or(0)
}

/// Checks that all engines agree on every input of `subject`, times them, adds a line each to `table`, a row each to the
/// report, and their ratios to `means`.
///
/// # Errors
/// Where two engines disagree, or one fails on a program that it has loaded.
pub fn compare(
    cx: &mut Context,
    group: &str,
    subject: &Subject,
    table: &mut Table,
    means: &mut Means,
) -> Result<(), String> {
    let mut ready: Vec<(&dyn Engine, Box<dyn Ready + '_>)> = Vec::new();
    let mut absent = Vec::new();
    for engine in &cx.engines {
        match engine.load(subject) {
            Ok(loaded) => ready.push((&**engine, loaded)),
            Err(why) => absent.push((engine.name().to_owned(), why)),
        }
    }
    let counts = agree(subject, &mut ready)?;
    let names: Vec<&str> = ready.iter().map(|(engine, _)| engine.name()).collect();
    let mut contestants: Vec<Contestant<'_>> = ready
        .iter_mut()
        .map(|(engine, ready)| Contestant::timing_itself(engine.name(), |n| ready.batch(n)))
        .collect();
    let samples = measure(&mut contestants, cx.plan);
    drop(contestants);
    let (base, unit) = (base_of(&names), subject.inputs.len().max(1) as f64);
    let mut ratios = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let (s, against) = (summary(&samples[i]), ratio(&samples[i], &samples[base]));
        table.add_row([
            if i == 0 { subject.name.clone() } else { String::new() },
            (*name).to_owned(),
            table::time(s.median / unit),
            table::spread(s.spread),
            if i == base { "base".into() } else { table::ratio(&against) },
            counts[i].map_or_else(|| "-".into(), |n| table::digits(s.median / n.max(1) as f64) + " ns"),
            if i == 0 { table::count(counts[i].unwrap_or(0) / unit as u64) } else { String::new() },
        ]);
        ratios.push(((*name).to_owned(), against.median));
        let row = Row::new(group, &subject.name, name, Phase::Run, s, counts[i]);
        cx.rows.push(row.against(names[base], &against).of(subject.inputs.len()));
    }
    means.add(names[base], subject.uses_memory(), &ratios);
    for (name, why) in absent.iter().filter(|_| cx.verbose) {
        table.add_row([String::new(), name.clone(), "-".into(), why.clone()]);
    }
    Ok(())
}

/// The columns of [`compare`].
#[must_use]
pub fn compare_table() -> Table {
    let head = ["program", "engine", "one run", "spread", "time / base [95 %]", "a node", "executed_nodes"];
    table::table(&head, 2)
}

/// Compares each engine's answers with the first one's; gives each one's count of a whole timed run.
fn agree(
    subject: &Subject,
    ready: &mut [(&dyn Engine, Box<dyn Ready + '_>)],
) -> Result<Vec<Option<u64>>, String> {
    let mut counts: Vec<Option<u64>> = vec![Some(0); ready.len()];
    for input in 0..subject.inputs.len() {
        let mut first = None;
        for (i, (engine, ready)) in ready.iter_mut().enumerate() {
            let failed = |why| format!("{}, input {input}, {}: {why}", subject.name, engine.name());
            let answer = ready.answer(input).map_err(failed)?;
            counts[i] = counts[i].zip(answer.executed_nodes).map(|(a, b)| a + b);
            match &first {
                None => first = Some(answer),
                Some(first) => match answer.differs(first, engine.tolerance()) {
                    Some(what) => return Err(failed(format!("another answer: {what}"))),
                    None => continue,
                },
            }
        }
    }
    Ok(counts)
}
