//! The engine `rust-novec`: the plain Rust programs, built without auto-vectorisation, in a process of their own.

use super::{int, kernel_of};
use crate::engine::{Answer, Engine, Ready};
use crate::subject::Subject;
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The variable that holds the path of the other build of `nda-bench-native`; `cargo xtask bench` sets it.
const PATH: &str = "NDA_BENCH_NOVEC";

/// rustc's code without auto-vectorisation.
pub struct RustNovec(RefCell<Worker>);

struct Worker {
    child: Child,
    ask: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl RustNovec {
    /// The engine, where `cargo xtask bench` has built it.
    ///
    /// # Errors
    /// Where that program does not start.
    pub fn found() -> Result<Option<RustNovec>, String> {
        let Some(path) = std::env::var_os(PATH) else { return Ok(None) };
        let fails = |e: std::io::Error| format!("cannot start {}: {e}", path.to_string_lossy());
        let mut command = Command::new(&path);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(fails)?;
        let (ask, answers) = (child.stdin.take(), child.stdout.take().ok_or("a child without output")?);
        Ok(Some(RustNovec(RefCell::new(Worker { child, ask, answers: BufReader::new(answers) }))))
    }
}

impl Worker {
    /// The time of `count` runs and the result of the last.
    fn run(&mut self, name: &str, args: [i64; 2], count: u32) -> Result<(Duration, i64), String> {
        let fails = |e: std::io::Error| format!("the other process: {e}");
        let ask = self.ask.as_mut().ok_or("the other process has no input")?;
        writeln!(ask, "{name} {} {} {count}", args[0], args[1]).map_err(fails)?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(fails)?;
        let mut words = line.split_whitespace();
        let time = words.next().and_then(|word| word.parse().ok());
        let result = words.next().and_then(|word| word.parse().ok());
        let (time, result) = time.zip(result).ok_or_else(|| format!("the other process said {line:?}"))?;
        Ok((Duration::from_nanos(time), result))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It ends with its input.
        self.ask = None;
        drop(self.child.wait());
    }
}

impl Engine for RustNovec {
    fn name(&self) -> &str {
        "rust-novec"
    }

    fn timed(&self) -> &str {
        "as rust, built with -C no-vectorize-loops -C no-vectorize-slp, timed in its own process"
    }

    fn load<'a>(&'a self, subject: &'a Subject) -> Result<Box<dyn Ready + 'a>, String> {
        let (_, args) = kernel_of(subject).ok_or("not among the plain Rust programs")?;
        Ok(Box::new(ReadyElsewhere { worker: &self.0, name: &subject.name, args }))
    }
}

struct ReadyElsewhere<'a> {
    worker: &'a RefCell<Worker>,
    name: &'a str,
    args: [i64; 2],
}

impl Ready for ReadyElsewhere<'_> {
    fn answer(&mut self, _: usize) -> Result<Answer, String> {
        self.worker.borrow_mut().run(self.name, self.args, 1).map(|(_, result)| int(result))
    }

    fn run_all(&mut self) {
        self.batch(1);
    }

    /// # Panics
    /// Where the other process has ended: nothing could be measured any more.
    fn batch(&mut self, count: u32) -> Duration {
        match self.worker.borrow_mut().run(self.name, self.args, count) {
            Ok((time, _)) => time,
            Err(why) => panic!("{}: {why}", self.name),
        }
    }
}
