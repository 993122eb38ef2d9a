//! What led to a trap: the run replayed in the reference interpreter, its host calls answered from the transcript.

use crate::func::contain;
use crate::{CallError, Func, Outcome, Program};
use nda_ast::{Body, Hash, NodeId, Op, SlotId, Type};
use nda_runtime::{
    ActiveCall, Buf, BufData, HostCall, HostError, Link, Loaded, Location, Run, RunLimits, RunState, Tier0,
    Trap, TrapCode, Value,
};
use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// What led to a trap.
///
/// ```
/// use nda_sandbox::{Engine, Limits, Value};
///
/// let source = "fn inverse_sum(n: i64) -> i64 {
///     let mut sum = 0;
///     for i in 0..n {
///         sum = sum + 100 / (3 - i);
///     }
///     return sum;
/// }";
/// let program = Engine::new().load_text(source, &Limits::default())?;
/// let f = program.func_untyped("inverse_sum")?;
/// let outcome = f.run(&[Value::Int(10)])?;
/// let explanation = f.explain(&[Value::Int(10)], &outcome)?.expect("it trapped");
/// let frame = &explanation.frames[0];
/// assert_eq!(frame.place.as_ref().map(|p| p.line), Some(4));
/// assert_eq!(frame.loops[0].iterations, 3);
/// assert_eq!(frame.slot("sum").map(|v| v.to_string()), Some("183".to_owned()));
/// println!("{explanation}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The trap.
    pub trap: Trap,
    /// The active calls, from the entry point inwards. Never empty.
    pub frames: Vec<FrameAtTrap>,
    /// Blocks' costs up to the trap.
    pub executed_nodes: u64,
    /// Whether loops and slots are those of the trap's own moment. An interruption inside a long vector operation is
    /// shown as of the next block instead, or without them where no other block follows.
    pub exact: bool,
}

/// An active call.
#[derive(Clone, Debug)]
pub struct FrameAtTrap {
    /// Name of the function; the first digits of its hash where it has none.
    pub function: String,
    /// Hash of the function.
    pub hash: Hash,
    /// Node under way: the call of the next frame, or the trap's own node; 0 is the function itself.
    pub node: NodeId,
    /// The node's operation, as `docs/spec.md` names it; `None` for node 0.
    pub operation: Option<&'static str>,
    /// Where the node stands in the source, if the program has spans.
    pub place: Option<SourcePlace>,
    /// The loops around it, outermost first.
    pub loops: Vec<LoopAtTrap>,
    /// The slots visible there, in order of declaration.
    pub slots: Vec<SlotAtTrap>,
    /// How many visible slots were left out because all values together would pass 16 MiB.
    pub omitted: usize,
}

impl FrameAtTrap {
    /// The value of the slot called `name`; of several, the last declared.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<&Value> {
        self.slots.iter().rev().find(|s| s.name.as_deref() == Some(name)).map(|s| &s.value)
    }
}

/// A loop under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopAtTrap {
    /// Its node.
    pub node: NodeId,
    /// How many iterations were complete: the value of a `for` loop's index.
    pub iterations: u64,
    /// Name of the index of a `for` loop.
    pub index: Option<String>,
    /// Where it stands in the source, if the program has spans.
    pub place: Option<SourcePlace>,
}

/// A slot with its value.
#[derive(Clone, Debug)]
pub struct SlotAtTrap {
    /// Its number.
    pub slot: SlotId,
    /// Its name.
    pub name: Option<String>,
    /// Its value.
    pub value: Value,
}

/// A place in the source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePlace {
    /// Byte range.
    pub span: Range<usize>,
    /// Line, from 1; 0 where the text is not at hand.
    pub line: usize,
    /// Column in characters, from 1; 0 where the text is not at hand.
    pub column: usize,
    /// The line itself, without its end; empty where the text is not at hand.
    pub text: String,
}

impl SourcePlace {
    /// The place of `span` in `source`, or the bare span where there is no such text. Any span is fit: it is untrusted.
    #[must_use]
    pub fn new(source: Option<&str>, span: Range<usize>) -> SourcePlace {
        let before = source.and_then(|s| s.get(..span.start));
        let (Some(source), Some(before)) = (source, before) else {
            return SourcePlace { span, line: 0, column: 0, text: String::new() };
        };
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let text = source[start..].lines().next().unwrap_or("").to_owned();
        let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
        let column = source[start..span.start].chars().count() + 1;
        SourcePlace { span, line, column, text }
    }

    /// Spaces and carets to print under the line: the span, as far as it lies on it.
    #[must_use]
    pub fn carets(&self) -> String {
        let before = self.text.chars().take(self.column.saturating_sub(1));
        // A tab stays one, so that the carets stand under the text whatever its width.
        let pad: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let rest = self.text.char_indices().nth(self.column.saturating_sub(1));
        let rest = rest.map_or("", |(at, _)| &self.text[at..]);
        let length = self.span.end.saturating_sub(self.span.start);
        let marked = rest.char_indices().take_while(|(at, _)| *at < length).count();
        pad + &"^".repeat(marked.max(1))
    }
}

impl Func {
    /// Explains the trap of a run of this handle on these arguments; `None` where it did not trap. The run is replayed in
    /// the reference interpreter; host functions are not called again, the transcript answers for them.
    ///
    /// # Errors
    /// [`CallError`], where the arguments do not fit.
    ///
    /// # Panics
    /// Never: the replay's imports have the signatures that the program was loaded with.
    pub fn explain<R>(&self, args: &[Value], outcome: &Outcome<R>) -> Result<Option<Explanation>, CallError> {
        let Err(trap) = &outcome.result else { return Ok(None) };
        let loaded = replay_program(self.program(), &outcome.transcript);
        let limits = replay_limits(self, trap, outcome.executed_nodes, outcome.log_bytes);
        let entry = self.entry().object();
        let run = Run { program: &loaded, entry, args, limits: &limits };
        let mut state = RunState::new();
        let replay = |state: &mut RunState| Tier0.explain(run, state).map_err(CallError::from);
        let (again, calls) = contain(&mut state, replay)?;
        let struck = again.result.err();
        let exact = struck.as_ref().is_some_and(|t| t.locations == trap.locations);
        let frames = if struck.is_some() && (exact || trap.is_interruption()) {
            calls.into_iter().map(|call| frame(self.program(), call)).collect()
        } else {
            self.program().trap_frames(trap)
        };
        let executed_nodes = outcome.executed_nodes;
        Ok(Some(Explanation { trap: trap.clone(), frames, executed_nodes, exact }))
    }
}

impl Program {
    /// The active calls of a trap, from the entry point inwards: functions and source places, without the slots and
    /// loops that [`Func::explain`] finds.
    #[must_use]
    pub fn trap_frames(&self, trap: &Trap) -> Vec<FrameAtTrap> {
        trap.locations.iter().map(|at| bare_frame(self, at)).collect()
    }
}

/// Limits under which the replay stops where the run did, without looking at a clock.
fn replay_limits(func: &Func, trap: &Trap, executed_nodes: u64, log_bytes: u64) -> RunLimits {
    let interrupted = trap.is_interruption();
    let log_full = trap.code() == TrapCode::LogLimit;
    RunLimits {
        // The block at whose entry an interruption struck is the first that this does not cover.
        fuel: if interrupted { executed_nodes } else { func.limits().fuel },
        // What was charged, so that a reply too large to be kept is too large again, whatever stands for it.
        log_bytes: if log_full { log_bytes } else { func.limits().log_bytes },
        deadline: None,
        timeout: None,
        cancel: None,
    }
}

/// The program with imports that answer from a transcript.
fn replay_program(program: &Program, transcript: &[HostCall]) -> Loaded {
    let replies: VecDeque<_> = transcript.iter().map(|call| call.reply.clone()).collect();
    let replies = Arc::new(Mutex::new(replies));
    let mut link = Link::new();
    for import in program.imports() {
        let results = import.results.clone();
        let replies = replies.clone();
        let answer = move |_: &[Value]| {
            let mut queue = replies.lock().unwrap_or_else(PoisonError::into_inner);
            match queue.pop_front() {
                Some(Some(Ok(values))) => Ok(values),
                Some(Some(Err(code))) => Err(HostError { code }),
                Some(None) if results.is_empty() => Err(HostError { code: 0 }),
                Some(None) | None => Ok(results.iter().map(|ty| zero(*ty)).collect()),
            }
        };
        let params: Vec<Type> = import.params.iter().map(|p| p.ty).collect();
        link.grant(import.name.as_str(), params, import.results.clone(), answer);
    }
    let valid = program.loaded().program().clone();
    Loaded::new(valid, &link).expect("the program has been loaded with these signatures before")
}

/// Any value of a type that a result can have.
fn zero(ty: Type) -> Value {
    match ty {
        Type::Int => Value::Int(0),
        Type::Float => Value::Float(0.0),
        Type::Vec { n } => Value::Vec32(vec![0.0; n as usize]),
        Type::Buf { elem, cap } => {
            let data = match elem {
                nda_ast::Elem::U8 => BufData::U8(Vec::new()),
                nda_ast::Elem::Int => BufData::Int(Vec::new()),
                nda_ast::Elem::Float => BufData::Float(Vec::new()),
            };
            Buf::new(data, cap).map_or(Value::Bool(false), Value::Buf)
        }
        Type::Bool | Type::Mat { .. } => Value::Bool(false),
    }
}

fn frame(program: &Program, call: ActiveCall) -> FrameAtTrap {
    let at = Location { function: call.function, object: call.object, node: call.node };
    let names = program.valid().program().names();
    let name = |slot: SlotId| names.slot(call.object, slot).map(str::to_owned);
    let function = program.valid().function(call.object);
    let mut out = bare_frame(program, &at);
    out.omitted = call.omitted;
    for (node, iterations) in call.loops {
        let place = place(program, call.object, node);
        let index = function.and_then(|f| {
            let node = f.function().node(node);
            if node.op() == Op::Loop { name(node.index_slot()) } else { None }
        });
        out.loops.push(LoopAtTrap { node, iterations, index, place });
    }
    for (slot, value) in call.slots {
        out.slots.push(SlotAtTrap { slot, name: name(slot), value });
    }
    out
}

fn bare_frame(program: &Program, at: &Location) -> FrameAtTrap {
    let name = program.valid().program().name(at.object).map(str::to_owned);
    let operation = match program.valid().program().objects().get(at.object as usize).map(|o| o.body()) {
        Some(Body::Function(f)) => {
            // A trap of another program may name a node that this one has not.
            let node = (at.node as usize).checked_sub(1).and_then(|i| f.nodes().get(i));
            node.map(|n| n.op().info().name)
        }
        _ => None,
    };
    FrameAtTrap {
        function: name.unwrap_or_else(|| at.function.to_string()[..12].to_owned()),
        hash: at.function,
        node: at.node,
        operation,
        place: place(program, at.object, at.node),
        loops: Vec::new(),
        slots: Vec::new(),
        omitted: 0,
    }
}

fn place(program: &Program, object: u32, node: NodeId) -> Option<SourcePlace> {
    let span = program.valid().program().spans().node(object, node)?;
    Some(SourcePlace::new(program.source(), span))
}

/// Longest value that the text form of an explanation shows, in characters.
const MAX_SHOWN: usize = 100;

/// The trap, then each active call from the inside out: function, line, loops and named slots.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {} executed nodes", self.trap.kind, self.executed_nodes)?;
        for (i, frame) in self.frames.iter().rev().enumerate() {
            write!(f, "\n  {} {frame}", if i == 0 { "in" } else { "called from" })?;
        }
        if !self.exact {
            f.write_str("\n  (interrupted: loops and slots are as near as a replay comes)")?;
        }
        Ok(())
    }
}

impl fmt::Display for FrameAtTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.function)?;
        match &self.place {
            Some(p) if p.line > 0 => write!(f, ", line {}, column {}", p.line, p.column)?,
            _ => write!(f, ", node {}", self.node)?,
        }
        if let Some(operation) = self.operation {
            write!(f, ", at `{operation}`")?;
        }
        if let Some(p) = self.place.as_ref().filter(|p| p.line > 0) {
            write!(f, "\n    | {}\n    | {}", p.text, p.carets())?;
        }
        for l in &self.loops {
            match (&l.index, l.place.as_ref().filter(|p| p.line > 0)) {
                (Some(name), _) => write!(f, "\n    loop: {name} = {}", l.iterations)?,
                (None, Some(p)) => {
                    write!(f, "\n    loop of line {}: {} iterations complete", p.line, l.iterations)?;
                }
                (None, None) => write!(f, "\n    loop {}: {} iterations complete", l.node, l.iterations)?,
            }
        }
        let indices: Vec<&str> = self.loops.iter().filter_map(|l| l.index.as_deref()).collect();
        for slot in &self.slots {
            let Some(name) = slot.name.as_deref().filter(|name| !indices.contains(name)) else { continue };
            write!(f, "\n    {name} = {}", shown(&slot.value))?;
        }
        if self.omitted > 0 {
            write!(f, "\n    ({} large slots left out)", self.omitted)?;
        }
        Ok(())
    }
}

/// A value for people, cut where it is long.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_SHOWN) {
        Some((at, _)) => format!("{}.. ({})", &text[..at], value.ty()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::SourcePlace;
    use std::ops::Range;

    #[test]
    fn places_and_carets() {
        let source = "ab\n\tcé = x;\nend";
        let at = source.find('x').unwrap();
        let place = SourcePlace::new(Some(source), at..at + 1);
        assert_eq!((place.line, place.column, place.text.as_str()), (2, 7, "\tcé = x;"));
        assert_eq!(place.carets(), "\t     ^");
        let end = source.len();
        let place = SourcePlace::new(Some(source), end..end);
        assert_eq!((place.line, place.column, place.carets().as_str()), (3, 4, "   ^"));
        let over = SourcePlace::new(Some(source), 3..end);
        assert_eq!(over.carets().trim_start(), "^^^^^^^^");
    }

    #[test]
    fn any_span_is_fit() {
        let source = "é";
        for span in [0..99, 1..2, 50..60, Range { start: 2, end: 1 }] {
            let place = SourcePlace::new(Some(source), span);
            assert!(place.carets().contains('^'));
        }
    }
}
