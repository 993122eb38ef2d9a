//! What a translated program's imports do, whatever the engine.

use nda_runtime::{DEFAULT_LOG_BYTES, HostCall, Loaded, Record, TrapKind, Value};
use nda_testkit::to_wasm::{Import, ImportKind, Word};
use std::fmt;
use std::sync::Arc;

/// The state of a run: log, transcript, and why the host ended it if it did.
#[derive(Debug)]
pub struct Host {
    record: Record,
    program: Option<Arc<Loaded>>,
    /// The host's own trap.
    pub stop: Option<TrapKind>,
}

/// The host ends the run; [`Host::stop`] says why.
#[derive(Debug)]
pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host ended the run")
    }
}

impl std::error::Error for Refused {}

impl From<TrapKind> for Refused {
    fn from(_: TrapKind) -> Refused {
        Refused
    }
}

impl Host {
    /// Of a program with these grants; none is needed for one without imports.
    #[must_use]
    pub fn new(program: Option<Arc<Loaded>>) -> Host {
        Host { record: Record::new(DEFAULT_LOG_BYTES), program, stop: None }
    }

    /// Log and transcript so far, given away.
    #[must_use]
    pub fn take(&mut self) -> (Vec<Value>, Vec<HostCall>) {
        self.stop = None;
        std::mem::replace(&mut self.record, Record::new(DEFAULT_LOG_BYTES)).into_parts()
    }

    /// Answers a call of an import that is no mathematical function.
    ///
    /// # Errors
    /// Where the run is to end.
    pub fn call(
        &mut self,
        kind: ImportKind,
        words: &[Word],
        memory: &mut [u8],
    ) -> Result<Vec<Word>, Refused> {
        let answer = match kind {
            ImportKind::Host(object) => self.host(object, words, memory),
            _ => self.print(Import::printed(kind, words, memory)).map(|()| Vec::new()),
        };
        answer.map_err(|kind| {
            self.stop = Some(kind);
            Refused
        })
    }

    fn print(&mut self, value: Value) -> Result<(), TrapKind> {
        self.record.charge([value.payload_bytes()])?;
        self.record.push(value);
        Ok(())
    }

    /// As the project's own tiers do it.
    fn host(&mut self, object: u32, words: &[Word], memory: &mut [u8]) -> Result<Vec<Word>, TrapKind> {
        let Some(program) = &self.program else { unreachable!("a program without imports calls one") };
        // Every import of a loaded program has a number.
        let numbers = (0..).map(|number| program.host(number));
        let Some((_, hash, import, host)) = numbers.into_iter().find(|(found, ..)| *found == object) else {
            unreachable!("object {object} is no import")
        };
        let args = Import::host_args(&import.params, words, memory);
        self.record.charge(std::iter::once(0).chain(args.iter().map(Value::payload_bytes)))?;
        self.record.begin_call(hash, object, args);
        let reply = host.call(self.record.call_args()).map_err(|error| error.code);
        let results = self.record.end_call(reply)?;
        Ok(Import::host_results(results, import.params.len(), words, memory))
    }
}
