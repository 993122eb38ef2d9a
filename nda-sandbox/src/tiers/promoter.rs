//! Who decides: one per engine, asked by code where a slice of its fuel ends.

use super::report::{BlockReport, BlockTier, Events};
use super::worker::{Job, Worker};
use super::{Tenant, TierMode, TierOptions, cost};
use nda_ast::{BlockKind, Function, NodeId};
use nda_runtime::jit::{JitCode, JitEntry, TierUp};
use nda_runtime::{JitProgram, Loaded};
use std::sync::Arc;

/// The decisions of an engine.
#[derive(Debug)]
pub(crate) struct Promoter {
    options: TierOptions,
    /// The share of programs that have no other.
    tenant: Tenant,
    worker: Worker,
    events: Arc<Events>,
}

impl Default for Promoter {
    fn default() -> Promoter {
        Promoter::new(TierOptions::default())
    }
}

impl Promoter {
    pub(crate) fn new(options: TierOptions) -> Promoter {
        let events = Arc::<Events>::default();
        let tenant = Tenant::new(options.code_bytes, options.pending);
        Promoter { options, tenant, worker: Worker::new(events.clone()), events }
    }

    /// Lets the functions of a program get machine code, at the expense of a tenant.
    pub(crate) fn admit(
        self: &Arc<Promoter>,
        program: &Loaded,
        jit: JitProgram,
        tenant: Option<&Tenant>,
    ) -> JitProgram {
        let tenant = tenant.unwrap_or(&self.tenant).clone();
        let jit = match self.options.slice {
            Some(units) => jit.with_slice(units),
            None => jit,
        };
        match self.options.mode {
            TierMode::Never => return jit,
            TierMode::Always => self.compile_all(program, &jit, &tenant),
            TierMode::Blocking | TierMode::Background => {}
        }
        jit.with_tier_up(Arc::new(Door { promoter: self.clone(), tenant }))
    }

    /// All functions from their beginnings, in one batch. What is refused, or entered in a way that runs tier 1, is as in
    /// the mode `Blocking`.
    fn compile_all(&self, program: &Loaded, jit: &JitProgram, tenant: &Tenant) {
        let functions = jit.functions().filter(|(_, f)| f.code.ask(JitEntry::Body));
        let jobs = functions.map(|(object, f)| Job::new(program, object, &f.code, JitEntry::Body, tenant));
        self.worker.compile_and_wait(jobs.collect());
    }

    /// What there is to tell of a program's functions.
    pub(crate) fn reports(&self, program: &Loaded) -> Vec<BlockReport> {
        // A program has been compiled where it was loaded.
        let jit = program.jit(nda_closure_jit::compile_program);
        let functions =
            jit.functions().filter_map(|(object, f)| Some((object, f, program.function(object)?)));
        let mut out = Vec::new();
        for (object, function, valid) in functions {
            let heads = loop_nodes(valid.function());
            let loops = heads.iter().zip(0..).map(|(node, i)| (JitEntry::Loop(i), Some((i, *node))));
            for (entry, loop_at) in [(JitEntry::Body, None)].into_iter().chain(loops) {
                out.push(self.report(program, object, &function.code, entry, loop_at));
            }
        }
        out
    }

    fn report(
        &self,
        program: &Loaded,
        object: u32,
        code: &Arc<JitCode>,
        entry: JitEntry,
        loop_at: Option<(u32, NodeId)>,
    ) -> BlockReport {
        let event = self.events.of(code, entry);
        let (units, machine_units) = code.units(entry);
        BlockReport {
            object,
            name: program.program().program().name(object).map(str::to_owned),
            loop_at,
            units,
            machine_units,
            tier: if code.machine(entry).is_some() { BlockTier::Machine } else { BlockTier::Closures },
            compile_time: event.as_ref().map(|event| event.compile_time),
            code_bytes: event.as_ref().map_or(0, |event| event.code_bytes),
            refused: event.and_then(|event| event.refused),
        }
    }

    /// Which part of a function in whose part `ordinal` a slice of tier 1 has ended is to be compiled now: the loop, and if it has been,
    /// the function, which has been entered again.
    fn due(&self, program: &Loaded, object: u32, code: &JitCode, ordinal: Option<u32>) -> Option<JitEntry> {
        let valid = program.function(object)?;
        let nodes = valid.function().node_count();
        let hot = self.options.threshold.unwrap_or_else(|| cost::units(nodes));
        if let Some(entry) = ordinal.map(JitEntry::Loop)
            && code.machine(entry).is_none()
        {
            return (code.units(entry).0 >= hot).then_some(entry);
        }
        let short = self.options.threshold.is_none() && cost::is_short(valid.certificate().max);
        if short || code.machine(JitEntry::Body).is_some() {
            return None;
        }
        let (body, loops) = code.heat();
        let all = loops.iter().sum::<u64>() + body;
        // What its loops have been compiled for was spent before: the rest says that the function is entered again.
        let compiled = (0..code.loop_count()).filter(|i| code.machine(JitEntry::Loop(*i)).is_some()).count();
        (all.saturating_sub(hot * compiled as u64) >= hot).then_some(JitEntry::Body)
    }
}

/// What a program asks.
#[derive(Debug)]
struct Door {
    promoter: Arc<Promoter>,
    tenant: Tenant,
}

impl TierUp for Door {
    fn spent(&self, program: &Loaded, object: u32, code: &Arc<JitCode>, ordinal: Option<u32>, _: u64) {
        let promoter = &self.promoter;
        let Some(entry) = promoter.due(program, object, code, ordinal) else { return };
        let job = || Job::new(program, object, code, entry, &self.tenant);
        if promoter.options.mode == TierMode::Background {
            // Asked for only where it can wait, so that it is asked for again.
            if let Some(waiting) = self.tenant.wait()
                && code.ask(entry)
            {
                promoter.worker.compile(job(), waiting);
            }
        } else if code.ask(entry) {
            promoter.worker.compile_and_wait(vec![job()]);
        }
    }
}

/// The loops of a function by ordinal: in the order in which their blocks open.
fn loop_nodes(f: &Function) -> Vec<NodeId> {
    let blocks = f.blocks().iter().filter(|b| matches!(b.kind, BlockKind::Loop | BlockKind::Cond));
    blocks.map(|b| b.owner).collect()
}
