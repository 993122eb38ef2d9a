//! Tier 0 against WebAssembly engines on generated programs.

use crate::wasm::{Backend, Host, Instance, Stop};
use nda_benches::engine::Answer;
use nda_runtime::{HostCall, Loaded, Outcome, Run, RunLimits, RunState, Tier, Tier0, TrapKind, Value};
use nda_testkit::case::Case;
use nda_testkit::generate::{Config, Entropy};
use nda_testkit::notation::write_all;
use nda_testkit::to_wasm::{Module, Unsupported, translate};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A tier 0 run beyond this is not judged: WebAssembly has no such count.
const FUEL: u64 = 1_000_000;

/// Argument lists for each program, on one instance after the other.
const RUNS: usize = 3;

/// What was judged.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Programs that were translated and run.
    pub programs: u64,
    /// Programs with `vec` or `mat`.
    pub network: u64,
    /// Nodes of the judged programs' functions.
    pub nodes: u64,
    /// Runs that were compared.
    pub runs: u64,
    /// Of those, how they ended: `returned`, or the name of the trap.
    pub ends: BTreeMap<String, u64>,
    /// Runs without an end within tier 0's fuel.
    pub endless: u64,
    /// Host calls and log entries that were compared.
    pub entries: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>10} programs judged, {} nodes; {} with vec or mat passed over",
            self.programs, self.nodes, self.network
        )?;
        writeln!(
            f,
            "{:>10} runs compared, with {} log entries and host calls; {} out of fuel",
            self.runs, self.entries, self.endless
        )?;
        for (end, count) in &self.ends {
            writeln!(f, "{count:>10} {end}")?;
        }
        Ok(())
    }
}

/// An engine under judgement.
pub trait Judged {
    /// Its name.
    fn name(&self) -> &'static str;

    /// The module, ready to run.
    ///
    /// # Errors
    /// Where the engine refuses it.
    fn ready(&self, module: &Module, program: Arc<Loaded>) -> Result<Box<dyn Instance>, String>;
}

/// A backend under a name.
pub struct Named<B>(pub &'static str, pub B);

impl<B: Backend> Judged for Named<B> {
    fn name(&self) -> &'static str {
        self.0
    }

    fn ready(&self, module: &Module, program: Arc<Loaded>) -> Result<Box<dyn Instance>, String> {
        let code = self.1.compile(&module.bytes)?;
        self.1.instantiate(&code, module, Host::new(Some(program)))
    }
}

/// The program of a seed: a third of drawn sizes, a third of the generator's default size, a third between.
fn case(seed: u64) -> (Case, Vec<Vec<Value>>) {
    let mut entropy = Entropy::new(seed);
    let drawn = Config::drawn(&mut entropy);
    let imports = drawn.imports.min(1);
    let config = match seed % 3 {
        0 => Config { imports, ..drawn },
        1 => Config { imports, guarded: drawn.guarded, ..Config::default() },
        _ => Config { imports, nodes: 80, functions: 2, ..drawn },
    };
    let case = Case::drawn(&mut entropy, &config, format!("seed {seed}"));
    let params = match case.subject.loaded.program().function(case.subject.entry) {
        Some(f) => f.function().params().to_vec(),
        None => Vec::new(),
    };
    let more = (1..RUNS).map(|_| entropy.arguments(&params));
    let inputs = std::iter::once(case.args.clone()).chain(more).collect();
    (case, inputs)
}

/// Judges the program of a seed.
///
/// # Errors
/// What differs, in words.
pub fn judge(seed: u64, engines: &[Box<dyn Judged>], tally: &mut Tally) -> Result<(), String> {
    let (case, inputs) = case(seed);
    let (entry, loaded) = (case.subject.entry, Arc::new(case.subject.loaded));
    let module = match translate(loaded.program(), entry) {
        Ok(module) => module,
        Err(Unsupported::Type { .. }) => {
            tally.network += 1;
            return Ok(());
        }
        Err(other) => return Err(format!("seed {seed}: {other}")),
    };
    tally.programs += 1;
    tally.nodes += nda_benches::subject::nodes(loaded.program());
    let mut ready = Vec::new();
    for engine in engines {
        let instance = engine.ready(&module, loaded.clone());
        ready
            .push((engine.name(), instance.map_err(|why| format!("seed {seed}, {}: {why}", engine.name()))?));
    }
    for args in &inputs {
        let limits = RunLimits { fuel: FUEL, ..RunLimits::default() };
        let run = Run { program: &loaded, entry, args, limits: &limits };
        let outcome = Tier0.run(run, &mut RunState::new()).map_err(|e| format!("seed {seed}: {e}"))?;
        if matches!(&outcome.result, Err(trap) if trap.kind == TrapKind::OutOfFuel) {
            tally.endless += 1;
            continue;
        }
        let expected = expected(outcome);
        tally.runs += 1;
        let end =
            expected.0.result.as_ref().err().map_or("returned", |e| e.split(' ').next().unwrap_or_default());
        *tally.ends.entry(end.to_owned()).or_default() += 1;
        tally.entries += (expected.0.log.len() + expected.1.len()) as u64;
        let mut wrong = Vec::new();
        for (name, instance) in &mut ready {
            let found = run_module(&module, &mut **instance, args);
            let what = found.map_or_else(Some, |found| differs(&found, &expected));
            wrong.extend(what.map(|what| format!("{name} and tier 0 differ: {what}")));
        }
        if !wrong.is_empty() {
            return Err(format!("seed {seed}, arguments {}: {}", write_all(args), wrong.join("; ")));
        }
    }
    Ok(())
}

/// An answer, and the transcript.
type Found = (Answer, Vec<HostCall>);

fn expected(outcome: Outcome) -> Found {
    let result = match outcome.result {
        Ok(returned) => Ok(returned.results.into_iter().chain(returned.inout).collect()),
        Err(trap) => Err(match trap.kind {
            TrapKind::Failed { code } | TrapKind::Host { code } => {
                format!("{} with {code}", trap.kind.code())
            }
            kind => kind.code().to_string(),
        }),
    };
    (Answer { result, log: outcome.log, executed_nodes: None }, outcome.transcript)
}

fn run_module(module: &Module, instance: &mut dyn Instance, args: &[Value]) -> Result<Found, String> {
    module.write(args, instance.memory());
    let mut words = Vec::new();
    let result = match instance.call(&module.words(args), &mut words) {
        Ok(()) => {
            let memory = instance.memory();
            Ok(module.results(&words, memory).into_iter().chain(module.inout(memory)).collect())
        }
        Err(Stop::Trap(trap, Some(code))) => Err(format!("{trap} with {code}")),
        Err(Stop::Trap(trap, None)) => Err(trap.to_string()),
        Err(Stop::Other(why)) => return Err(why),
    };
    let (log, transcript) = instance.host().take();
    Ok((Answer { result, log, executed_nodes: None }, transcript))
}

/// Host functions see the bits of NaNs, so the transcripts are to be the same to the bit.
fn differs(found: &Found, expected: &Found) -> Option<String> {
    let same =
        found.1.len() == expected.1.len() && found.1.iter().zip(&expected.1).all(|(a, b)| a.same_bits(b));
    let transcripts = || format!("transcripts {:?} and {:?}", found.1, expected.1);
    found.0.differs(&expected.0, 0.0).or_else(|| (!same).then(transcripts))
}
