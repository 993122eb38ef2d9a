//! Tier 2: functions as machine code, through Cranelift.
//!
//! [`compile`] makes the code of one function, entered at its beginning or at the head of one of its loops; [`link`] puts a batch of
//! them into executable memory and gives [`JitFn`]s, to be published on the function's `JitCode`. Code that cannot go on, for want of
//! fuel, leaves to another tier, which keeps everything in the same places of the frame ([`Homes`](nda_runtime::jit::Homes)).
#![deny(unsafe_code)]

#[expect(unsafe_code, reason = "machine code is entered here, and nowhere else")]
mod code;
mod context;
mod emit;
mod helpers;
mod host;
mod plan;
mod types;

pub use code::CodeBudget;
pub use emit::Source;
pub use host::Host;

use code::{CodeMemory, Native, NoMemory};
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{AbiParam, Signature, types as clif};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use emit::Plan;
use nda_runtime::JitFn;
use nda_runtime::jit::JitResume;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Why a function stays in the other tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Compiling it would take too long, as a guess from its nodes and loops.
    TooLarge {
        /// The guess.
        size: usize,
        /// What is accepted.
        most: usize,
    },
    /// A way through it costs more fuel than code looks at at a time.
    TooDear,
    /// Its code would need more of the machine stack than calls may.
    Stack {
        /// Bytes that it would need.
        bytes: u32,
        /// What is accepted.
        most: u32,
    },
    /// No machine code is made for this machine.
    Host,
    /// The other tier has laid out its frame otherwise than expected: a defect.
    Layout,
    /// The code generator has refused, or panicked: a defect.
    Defect(String),
    /// Executable memory would pass its budget.
    Budget {
        /// Bytes of the budget.
        most: usize,
    },
    /// The system gives no executable memory.
    Memory(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::TooLarge { size, most } => {
                write!(f, "too large: about {size} pieces, {most} are compiled")
            }
            Refusal::TooDear => f.write_str("a way through it costs more fuel than code looks at at a time"),
            Refusal::Stack { bytes, most } => write!(f, "needs {bytes} bytes of stack: {most} are granted"),
            Refusal::Host => f.write_str("no machine code is made for this machine"),
            Refusal::Layout => f.write_str("its frame is not as expected: please report this"),
            Refusal::Defect(what) => write!(f, "the code generator failed: {what}: please report this"),
            Refusal::Budget { most } => write!(f, "machine code would pass its budget of {most} bytes"),
            Refusal::Memory(why) => write!(f, "no executable memory: {why}"),
        }
    }
}

impl std::error::Error for Refusal {}

/// Bytes of the machine stack that one activation may take.
const MOST_STACK: u32 = 3 << 10;

/// A function in machine code, not yet in executable memory.
#[derive(Clone, Debug)]
pub struct Compiled {
    code: Vec<u8>,
    /// What was asked for: the code before register allocation, and after.
    texts: Option<Texts>,
}

/// Code for people.
#[derive(Clone, Debug)]
pub struct Texts {
    /// Before Cranelift optimises it.
    pub clif: String,
    /// After register allocation.
    pub asm: String,
}

impl Compiled {
    /// Bytes of machine code.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.code.len()
    }

    /// The code for people, if it was asked for.
    #[must_use]
    pub fn texts(&self) -> Option<&Texts> {
        self.texts.as_ref()
    }
}

/// Compiles a function.
///
/// # Errors
/// [`Refusal`], where it stays in the other tier. A panic of the code generator is one.
pub fn compile(host: &Host, source: &Source<'_>, texts: bool) -> Result<Compiled, Refusal> {
    let compiled = catch_unwind(AssertUnwindSafe(|| try_compile(host, source, texts)));
    compiled.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        Err(Refusal::Defect(text.to_owned()))
    })
}

fn try_compile(host: &Host, source: &Source<'_>, texts: bool) -> Result<Compiled, Refusal> {
    let plan = Plan::new(source)?;
    let isa = &*host.isa;
    let mut cx = Context::new();
    let mut signature = Signature::new(isa.default_call_conv());
    signature.params.push(AbiParam::new(clif::I64));
    signature.returns.push(AbiParam::new(clif::I64));
    cx.func.signature = signature;
    let mut lists = FunctionBuilderContext::new();
    emit::emit(FunctionBuilder::new(&mut cx.func, &mut lists), host, source, &plan)?;
    let clif = texts.then(|| cx.func.display().to_string());
    cx.set_disasm(texts);
    let compiled = match cx.compile(isa, &mut ControlPlane::default()) {
        Ok(compiled) => compiled,
        Err(error) => return Err(Refusal::Defect(format!("{:?}", error.inner))),
    };
    let bytes = compiled.buffer.frame_layout().map_or(0, |layout| layout.frame_to_fp_offset);
    if bytes > MOST_STACK {
        return Err(Refusal::Stack { bytes, most: MOST_STACK });
    }
    if !compiled.buffer.relocs().is_empty() {
        return Err(Refusal::Defect("code refers to symbols".to_owned()));
    }
    let texts = clif.map(|clif| Texts { clif, asm: compiled.vcode.clone().unwrap_or_default() });
    Ok(Compiled { code: compiled.code_buffer().to_vec(), texts })
}

/// A function to be linked: its code, and the same function in another tier, from its beginning and from the head of a loop.
pub struct Unlinked {
    /// The code.
    pub compiled: Compiled,
    /// From its beginning.
    pub call: JitFn,
    /// From the head of a loop.
    pub resume: JitResume,
}

impl fmt::Debug for Unlinked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unlinked").field("bytes", &self.compiled.bytes()).finish_non_exhaustive()
    }
}

/// Puts a batch of functions into executable memory, which lives until the last of them drops.
///
/// # Errors
/// Where the budget or the system has no memory for them.
pub fn link(batch: Vec<Unlinked>, budget: &Arc<CodeBudget>) -> Result<Vec<JitFn>, Refusal> {
    let codes: Vec<&[u8]> = batch.iter().map(|f| f.compiled.code.as_slice()).collect();
    let (memory, places) = CodeMemory::map(&codes, budget).map_err(|error| match error {
        NoMemory::Budget => Refusal::Budget { most: budget.most() },
        NoMemory::System(error) => Refusal::Memory(error.to_string()),
    })?;
    let linked = batch.into_iter().zip(places).map(|(f, at)| {
        let native = Native::new(memory.clone(), at, f.call, f.resume);
        let f: JitFn = Arc::new(move |state: &mut nda_runtime::JitState<'_>| native.enter(state));
        f
    });
    Ok(linked.collect())
}
