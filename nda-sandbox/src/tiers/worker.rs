//! The thread that compiles: one per engine, started by the first job, ended with the engine. Blocking modes use it, too, and wait:
//! so compiling needs no stack of a run's thread.

use super::report::{Event, Events};
use super::{Tenant, Waiting};
use nda_ast::ValidProgram;
use nda_closure_jit::{Continuation, continuation};
use nda_native_jit::{Compiled, Host, Refusal, Source, Unlinked, compile, link};
use nda_runtime::Loaded;
use nda_runtime::jit::{JitCode, JitEntry};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// A function to be compiled.
pub(super) struct Job {
    program: Arc<ValidProgram>,
    object: u32,
    imports: Vec<u32>,
    /// Where the code goes, if it is still there then.
    code: Weak<JitCode>,
    entry: JitEntry,
    tenant: Tenant,
}

impl Job {
    pub(super) fn new(
        program: &Loaded,
        object: u32,
        code: &Arc<JitCode>,
        entry: JitEntry,
        tenant: &Tenant,
    ) -> Job {
        let links = program.program().program().links(object).iter().zip(0..);
        Job {
            program: program.program().clone(),
            object,
            imports: links.filter(|(t, _)| program.import(**t).is_some()).map(|(_, i)| i).collect(),
            code: Arc::downgrade(code),
            entry,
            tenant: tenant.clone(),
        }
    }
}

/// Jobs that are compiled together; whoever waits for them, and the place that they have among those that wait.
struct Batch {
    jobs: Vec<Job>,
    done: Option<Sender<()>>,
    _waiting: Option<Waiting>,
}

/// Stack of the thread. Cranelift's recursion is bounded by the size of a function, which is, too.
const STACK: usize = 8 << 20;

#[derive(Debug)]
pub(super) struct Worker {
    events: Arc<Events>,
    /// Dropped with the engine, which ends the thread.
    queue: Mutex<Option<Sender<Batch>>>,
}

impl Worker {
    pub(super) fn new(events: Arc<Events>) -> Worker {
        Worker { events, queue: Mutex::new(None) }
    }

    /// Lets a function be compiled some time.
    pub(super) fn compile(&self, job: Job, waiting: Waiting) {
        self.send(Batch { jobs: vec![job], done: None, _waiting: Some(waiting) });
    }

    /// Lets functions be compiled now.
    pub(super) fn compile_and_wait(&self, jobs: Vec<Job>) {
        let (done, wait) = channel();
        if !jobs.is_empty() && self.send(Batch { jobs, done: Some(done), _waiting: None }) {
            // An error says that the thread has ended: then nothing is compiled any more.
            let _ = wait.recv();
        }
    }

    /// Starts the thread where there is none. Where the system has none to give, functions stay in tier 1.
    fn send(&self, batch: Batch) -> bool {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.is_none() {
            let (sender, receiver) = channel();
            let events = self.events.clone();
            let thread = thread::Builder::new().name("nda-compile".to_owned()).stack_size(STACK);
            if thread.spawn(move || work(&receiver, &events)).is_err() {
                return false;
            }
            *queue = Some(sender);
        }
        queue.as_ref().is_some_and(|queue| queue.send(batch).is_ok())
    }
}

fn work(queue: &Receiver<Batch>, events: &Events) {
    let host = Host::new();
    while let Ok(batch) = queue.recv() {
        for job in &batch.jobs {
            let Some(code) = job.code.upgrade() else { continue };
            let start = Instant::now();
            let done = catch_unwind(AssertUnwindSafe(|| promote(host.as_ref(), job, &code)));
            let done = done.unwrap_or_else(|_| Err(Refusal::Defect("a panic".to_owned())));
            events.note(&code, job.entry, event(done, start.elapsed()));
        }
        if let Some(done) = batch.done {
            // Whoever has waited may be gone.
            let _ = done.send(());
        }
    }
}

fn event(done: Result<usize, Refusal>, time: Duration) -> Event {
    match done {
        Ok(bytes) => Event { compile_time: time, code_bytes: bytes, refused: None },
        Err(refusal) => Event { compile_time: time, code_bytes: 0, refused: Some(refusal.to_string()) },
    }
}

/// Compiles and publishes; gives the bytes of code.
fn promote(host: Option<&Host>, job: &Job, code: &JitCode) -> Result<usize, Refusal> {
    let host = host.ok_or(Refusal::Host)?;
    let Some(valid) = job.program.function(job.object) else { return Err(Refusal::Layout) };
    let Continuation { homes, resume } = continuation(&job.program, job.object);
    if homes.words != code.words || homes.aggregates != code.aggregates {
        return Err(Refusal::Layout);
    }
    let links = job.program.program().links(job.object);
    let callees: Vec<_> = links.iter().map(|target| job.program.function(*target).cloned()).collect();
    let source = Source { valid, imports: &job.imports, callees: &callees, homes: &homes, entry: job.entry };
    let compiled: Compiled = compile(host, &source, false)?;
    let bytes = compiled.bytes();
    let one = Unlinked { compiled, call: code.call.clone(), resume };
    for machine in link(vec![one], &job.tenant.budget)? {
        code.publish(job.entry, machine);
    }
    Ok(bytes)
}
