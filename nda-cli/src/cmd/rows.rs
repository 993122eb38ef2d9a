//! `nda run` over many inputs: lines of JSON, or rows of a tensor.

use super::tier::Callee;
use crate::args::Run;
use crate::progress::Progress;
use crate::stop::{Exit, Stop};
use crate::{input, json, output, strict, values};
use nda_sandbox::tensors::{Tensor, TensorFile};
use nda_sandbox::{CallError, Func, Outcome, RunState, Value};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Longest line of NDJSON: 16 MiB.
const MAX_LINE: u64 = 1 << 24;

/// Longest tensor file that is read: 4 GiB, all of it in memory.
const MAX_FILE: u64 = 1 << 32;

/// Runs once per line.
pub fn from_lines(callee: &Callee, path: &Path, args: &Run) -> Result<Exit, Stop> {
    let mut reader: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path).map_err(|e| Stop::file("read", path, &e))?))
    };
    let mut runner = Runner::new(callee, args, None);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut line);
        if read.map_err(|e| Stop::file("read", path, &e))? == 0 {
            return Ok(runner.worst);
        }
        runner.next_line();
        if line.len() as u64 > MAX_LINE {
            // The rest of it belongs to no row.
            skip_line(&mut reader).map_err(|e| Stop::file("read", path, &e))?;
            runner.refuse(&format!("a line is at most {MAX_LINE} bytes long"))?;
        } else if !line.trim_ascii().is_empty() {
            match row_args(&callee.func, &line) {
                Ok(given) => runner.run(&given)?,
                Err(e) => runner.refuse(&e)?,
            }
        }
    }
}

fn skip_line(reader: &mut dyn BufRead) -> std::io::Result<()> {
    loop {
        let chunk = reader.fill_buf()?;
        if chunk.is_empty() {
            return Ok(());
        }
        let end = chunk.iter().position(|&b| b == b'\n');
        let used = end.map_or(chunk.len(), |at| at + 1);
        reader.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

fn row_args(func: &Func, line: &[u8]) -> Result<Vec<Value>, String> {
    let json = strict::parse(line)?;
    let entry = func.entry();
    values::args_from_json(&json, entry.params(), |i| entry.param_name(i))
}

/// Runs once per row of a tensor; the row is the first argument.
pub fn from_tensor(callee: &Callee, spec: &str, args: &Run) -> Result<Exit, Stop> {
    let spec = Spec::parse(spec)?;
    let data = input::read(&spec.file, MAX_FILE)?;
    let wrong = |e: &dyn std::fmt::Display| Stop::usage(format!("{}: {e}", spec.file.display()));
    if data.len() as u64 > MAX_FILE {
        return Err(wrong(&"longer than 4 GiB"));
    }
    let file = TensorFile::parse(data).map_err(|e| wrong(&e))?;
    let tensor = file.tensor(&spec.tensor).map_err(|e| wrong(&e))?;
    let func = &callee.func;
    let entry = func.entry();
    let Some(first) = entry.params().first() else {
        return Err(Stop::usage(format!(
            "--input gives the first argument, but {} takes none",
            entry.signature()
        )));
    };
    let mut given = vec![Value::Bool(false)];
    given.extend(super::run::words(func, &args.args, 1)?);
    let rows = spec.rows(tensor.rows().0)?;
    let mut runner = Runner::new(callee, args, Some(rows.len() as u64));
    let together = callee.rows_together();
    let mut waiting = Vec::new();
    for index in rows {
        let row: Option<Tensor<'_>> = tensor.row(index);
        let row = row.ok_or_else(|| wrong(&format_args!("no row {index}")))?;
        match row.to_value(first.ty) {
            Ok(value) => given[0] = value,
            // All rows have one shape and type, so that what one is they all are, but for single values.
            Err(e) => {
                runner.run_all(&waiting)?;
                return Err(wrong(&format_args!("row {index}: {e}")));
            }
        }
        waiting.push(given.clone());
        if waiting.len() == together {
            runner.run_all(&waiting)?;
            waiting.clear();
        }
    }
    runner.run_all(&waiting)?;
    Ok(runner.worst)
}

/// `FILE:TENSOR[:ROWS]`.
struct Spec {
    file: PathBuf,
    tensor: String,
    rows: Option<String>,
}

impl Spec {
    fn parse(text: &str) -> Result<Spec, Stop> {
        // A file name may hold a colon, so the extension is where it ends.
        let at = text.find(".safetensors:").map(|at| at + ".safetensors".len()).or_else(|| text.find(':'));
        let Some(at) = at else {
            return Err(Stop::usage(format!(
                "--input {text}: write FILE.safetensors:TENSOR or FILE.safetensors:TENSOR:ROWS"
            )));
        };
        let (file, rest) = (&text[..at], &text[at + 1..]);
        let (tensor, rows) = match rest.rsplit_once(':') {
            Some((tensor, rows)) => (tensor, Some(rows.to_owned())),
            None => (rest, None),
        };
        Ok(Spec { file: file.into(), tensor: tensor.to_owned(), rows })
    }

    /// The rows chosen of `count`.
    fn rows(&self, count: usize) -> Result<Range<usize>, Stop> {
        let Some(text) = &self.rows else { return Ok(0..count) };
        let number = |part: &str, default: usize| {
            if part.is_empty() { Some(default) } else { part.parse::<usize>().ok() }
        };
        let range = match text.split_once("..") {
            Some((from, to)) => number(from, 0).zip(number(to, count)).map(|(a, b)| a..b),
            None => text.parse::<usize>().ok().and_then(|a| Some(a..a.checked_add(1)?)),
        };
        match range {
            Some(r) if r.start <= r.end && r.end <= count => Ok(r),
            _ => Err(Stop::usage(format!(
                "rows `{text}`: write 7, 3..9, 3.. or ..9 within the {count} rows there are"
            ))),
        }
    }
}

/// Runs row after row in one state, printing one outcome a line.
struct Runner<'a> {
    callee: &'a Callee,
    args: &'a Run,
    state: RunState,
    progress: Progress,
    worst: Exit,
    /// Number of the line that the row is, from 1; none for rows of a tensor.
    line: Option<u64>,
}

impl<'a> Runner<'a> {
    fn new(callee: &'a Callee, args: &'a Run, total: Option<u64>) -> Runner<'a> {
        let progress = Progress::start_beside_output("running", total);
        Runner { callee, args, state: RunState::new(), progress, worst: Exit::Success, line: None }
    }

    fn next_line(&mut self) {
        self.line = Some(self.line.unwrap_or(0) + 1);
    }

    fn run(&mut self, given: &[Value]) -> Result<(), Stop> {
        let outcome = self.callee.run_in(&mut self.state, given);
        self.outcome(given, outcome)
    }

    /// Rows of a tensor, together.
    fn run_all(&mut self, rows: &[Vec<Value>]) -> Result<(), Stop> {
        let outcomes = self.callee.run_rows(&mut self.state, rows);
        rows.iter().zip(outcomes).try_for_each(|(given, outcome)| self.outcome(given, outcome))
    }

    fn outcome(&mut self, given: &[Value], outcome: Result<Outcome, CallError>) -> Result<(), Stop> {
        self.progress.step();
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(e) => return self.failed(&e),
        };
        self.worst = self.worst.max(super::run::exit_of(&outcome));
        // Lines of JSON in, lines of JSON out; rows of a tensor give people what a single run gives them.
        if !self.args.shared.json && self.args.rows.is_none() {
            return output::line(&for_people(&outcome));
        }
        let mut answer = json::outcome(self.callee.func.program(), &outcome);
        if self.args.explain
            && let Ok(Some(e)) = self.callee.func.explain(given, &outcome)
        {
            answer["explanation"] = json::explanation(&e);
        }
        self.answer(answer)
    }

    fn failed(&mut self, error: &CallError) -> Result<(), Stop> {
        self.worst = Exit::Usage;
        self.answer(json::failed_run(json::call_errors(error)))
    }

    /// A row that is no input.
    fn refuse(&mut self, message: &str) -> Result<(), Stop> {
        self.progress.step();
        self.worst = Exit::Usage;
        let message = self.line.map_or_else(|| message.to_owned(), |row| format!("row {row}: {message}"));
        self.answer(json::failed_run(json::usage_errors(&message)))
    }

    /// Prints what came of the row, with its number.
    fn answer(&self, mut answer: serde_json::Value) -> Result<(), Stop> {
        if let (Some(row), Some(fields)) = (self.line, answer.as_object_mut()) {
            fields.shift_insert(1, "row".to_owned(), row.into());
        }
        output::line(&answer.to_string())
    }
}

/// The results of one row, or its trap, in one line.
fn for_people(outcome: &Outcome) -> String {
    match &outcome.result {
        Ok(values) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join("  "),
        Err(trap) => format!("trap: {trap}"),
    }
}
