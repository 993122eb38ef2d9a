//! From a function to executable memory.

use crate::budget::CodeBudget;
use crate::code::{CodeMemory, Native, NoMemory};
use crate::emit::{self, Plan};
use crate::{Compiled, Host, Refusal, Source, Texts, Unlinked};
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{AbiParam, Signature, types as clif};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use nda_runtime::JitFn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Bytes of the machine stack that one activation may take.
const MOST_STACK: u32 = 3 << 10;

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
    let reach = (source.homes.words, source.homes.aggregates);
    Ok(Compiled { code: compiled.code_buffer().to_vec(), reach, texts })
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
        let native = Native::new(memory.clone(), at, f.compiled.reach, f.call, f.resume);
        let f: JitFn = Arc::new(move |state: &mut nda_runtime::JitState<'_>| native.enter(state));
        f
    });
    Ok(linked.collect())
}
