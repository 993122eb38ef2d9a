//! [`Ast`] to program: names, types, and nodes through the builder, callees first.

mod assign;
mod call;
mod expr;
mod function;
mod method;
mod overloads;
mod prelude;
mod stmt;
mod value;

use super::diag::{Diag, Diags};
use super::lex::Span;
use super::load::{Loader, constant_of};
use super::syntax::{Ast, ConstInit, ConstNode, ImportNode, NO_SYM, Scalar, Signature, Sym};
use super::words::is_prelude;
use crate::builder::{FunctionRef, ObjectRef, ProgramBuilder};
use crate::{ErrorCode, Hash, Import, Limits, MAX_PARAMS, MAX_RESULTS, Mode, Param, Type};
use std::collections::HashMap;

/// What a name outside of functions stands for.
#[derive(Clone, Debug)]
enum Global {
    Scalar(Scalar),
    Object(ObjectRef),
    /// Index into [`Lowering::callables`].
    Callable(u32),
    /// Something whose error is reported.
    Unknown,
}

/// A function or import as its callers see it.
#[derive(Clone, Debug)]
struct Callable {
    /// `None` where a type of it is wrong.
    params: Option<Vec<Param>>,
    results: Vec<Option<Type>>,
    reaches_host: bool,
    built: Option<FunctionRef>,
}

impl Callable {
    fn of(signature: &Signature, reaches_host: bool) -> Callable {
        let param = |p: &super::syntax::ParamNode| {
            let mode = p.ty.reference.filter(|_| p.ty.ty.is_some_and(Type::is_aggregate)).unwrap_or(Mode::In);
            Some(Param { ty: p.ty.ty?, mode })
        };
        Callable {
            params: signature.params.iter().map(param).collect(),
            results: signature.results.iter().map(|r| r.ty).collect(),
            reaches_host,
            built: None,
        }
    }

    /// Whether a `call` may name it; otherwise a `call_stmt` must.
    fn is_expression(&self) -> bool {
        let inout = self.params.iter().flatten().any(|p| p.is_inout());
        self.results.len() == 1 && !self.reaches_host && !inout
    }
}

pub(super) struct Lowering<'a, 's> {
    source: &'s str,
    ast: &'a Ast<'s>,
    pub diags: Diags,
    limits: Limits,
    builder: ProgramBuilder,
    /// By name.
    globals: Vec<Option<Global>>,
    /// Functions in the order of the text, then imports.
    callables: Vec<Callable>,
    /// Innermost visible binding by name, an index into the function's bindings.
    heads: Vec<u32>,
}

/// Builds the program of a text without syntax errors (with some, it only reports more).
pub(super) fn lower<'a, 's>(
    source: &'s str,
    ast: &'a Ast<'s>,
    diags: Diags,
    loader: &mut dyn Loader,
    limits: &Limits,
) -> Lowering<'a, 's> {
    let names = ast.names.len();
    let mut lowering = Lowering {
        source,
        ast,
        diags,
        limits: *limits,
        builder: ProgramBuilder::new(),
        globals: vec![None; names],
        callables: Vec::new(),
        heads: vec![function::NO_BINDING; names],
    };
    lowering.builder.keep_spans(true);
    lowering.functions_by_name();
    lowering.imports();
    for node in &ast.uses {
        let name = ast.name(node.name);
        let message = format!("No site is at hand, so `{name}` cannot be found in it.");
        lowering.diags.push(Diag::new(ErrorCode::UnknownSite, node.span, message));
        lowering.declare(node.name, node.span, Global::Unknown);
    }
    for node in &ast.consts {
        lowering.constant(node, loader);
    }
    for index in lowering.order() {
        if lowering.diags.full() {
            break;
        }
        function::lower_function(&mut lowering, index);
    }
    lowering
}

impl<'s> Lowering<'_, 's> {
    fn text(&self, span: Span) -> &'s str {
        span.text(self.source)
    }

    fn global(&self, sym: Sym) -> Option<&Global> {
        self.globals.get(sym as usize)?.as_ref()
    }

    fn declare(&mut self, sym: Sym, span: Span, global: Global) {
        let name = self.ast.name(sym);
        if is_prelude(name) {
            let diag = Diag::new(
                ErrorCode::DuplicateName,
                span,
                format!("`{name}` is a name of the prelude; choose another."),
            )
            .fix(format!("write `{name}_2`"), span, format!("{name}_2"));
            self.diags.push(diag);
        }
        let slot = &mut self.globals[sym as usize];
        if slot.is_some() {
            let message = format!("`{name}` is declared twice.");
            let diag = Diag::new(ErrorCode::DuplicateName, span, message);
            self.diags.push(diag.fix(format!("write `{name}_2`"), span, format!("{name}_2")));
            return;
        }
        *slot = Some(global);
    }

    fn functions_by_name(&mut self) {
        for (i, f) in self.ast.functions.iter().enumerate() {
            self.callables.push(Callable::of(&f.signature, false));
            self.declare(f.signature.name, f.signature.name_span, Global::Callable(i as u32));
            self.check_arity(&f.signature);
        }
    }

    fn check_arity(&mut self, signature: &Signature) {
        if signature.params.len() > MAX_PARAMS || signature.results.len() > MAX_RESULTS {
            let what = format!("at most {MAX_PARAMS} parameters and {MAX_RESULTS} results");
            let diag = Diag::limit(crate::LimitKind::Arity, MAX_PARAMS as u64, signature.name_span, &what);
            self.diags.push(diag);
        }
    }

    fn imports(&mut self) {
        for node in &self.ast.imports {
            let index = self.callables.len() as u32;
            let mut callable = Callable::of(&node.signature, true);
            self.check_arity(&node.signature);
            callable.built = self.import(node, &callable);
            self.callables.push(callable);
            self.declare(node.signature.name, node.signature.name_span, Global::Callable(index));
        }
    }

    fn import(&mut self, node: &ImportNode, callable: &Callable) -> Option<FunctionRef> {
        let params = callable.params.clone()?;
        let results = callable.results.iter().copied().collect::<Option<Vec<Type>>>()?;
        let name = node.host.clone().unwrap_or_else(|| self.ast.name(node.signature.name).to_owned());
        match self.builder.import(Import { name, params, results, work: node.work }) {
            Ok(built) => Some(built),
            Err(e) => {
                self.diags.push(Diag::new(e.code, node.signature.name_span, e.message));
                None
            }
        }
    }

    fn constant(&mut self, node: &ConstNode, loader: &mut dyn Loader) {
        let global = match &node.init {
            ConstInit::Scalar(value) => Global::Scalar(*value),
            ConstInit::Poison => Global::Unknown,
            ConstInit::Object(constant) => self.object(node, constant.clone()),
            ConstInit::Load { file, tensor, span } => self.loaded(node, loader, (file, tensor), *span),
        };
        self.declare(node.name, node.name_span, global);
    }

    fn object(&mut self, node: &ConstNode, constant: crate::Constant) -> Global {
        match self.builder.constant(Some(self.ast.name(node.name)), constant) {
            Ok(object) => Global::Object(object),
            Err(e) => {
                self.diags.push(Diag::new(e.code, node.name_span, e.message));
                Global::Unknown
            }
        }
    }

    fn loaded(
        &mut self,
        node: &ConstNode,
        loader: &mut dyn Loader,
        (file, tensor): (&str, &str),
        span: Span,
    ) -> Global {
        let Some(ty) = node.ty.ty else { return Global::Unknown };
        let diag = match loader.load(file, tensor) {
            Ok(data) => match constant_of(ty, data) {
                Ok(constant) => return self.object(node, constant),
                Err(misfit) => Diag::new(ErrorCode::LoadFile, span, misfit.message)
                    .expected(misfit.expected)
                    .found(misfit.found),
            },
            Err(message) => Diag::new(ErrorCode::LoadFile, span, message),
        };
        self.diags.push(diag);
        Global::Unknown
    }

    /// Functions, callees before callers. Calls in a circle are reported.
    fn order(&mut self) -> Vec<u32> {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let functions = &self.ast.functions;
        let mut state = vec![State::New; functions.len()];
        let mut order = Vec::with_capacity(functions.len());
        for root in 0..functions.len() as u32 {
            if state[root as usize] != State::New {
                continue;
            }
            state[root as usize] = State::Open;
            let mut path = vec![(root, functions[root as usize].first_call)];
            while let Some((index, next)) = path.last_mut() {
                let index = *index;
                if *next == functions[index as usize].end_call {
                    state[index as usize] = State::Done;
                    order.push(index);
                    path.pop();
                    continue;
                }
                let call = &self.ast.calls[*next as usize];
                *next += 1;
                let Some(Global::Callable(target)) = self.global(call.name).cloned() else { continue };
                if call.method || target as usize >= functions.len() {
                    continue;
                }
                match state[target as usize] {
                    State::Done => {}
                    State::New => {
                        state[target as usize] = State::Open;
                        path.push((target, functions[target as usize].first_call));
                    }
                    State::Open => {
                        let name = self.ast.name(call.name);
                        let message = match target == index {
                            true => format!("`{name}` calls itself."),
                            false => format!("`{name}` is called by what it calls itself."),
                        };
                        let message = format!(
                            "{message} There is no recursion: write a loop, with a `Buf` as the stack where one is needed."
                        );
                        let diag = Diag::new(ErrorCode::Recursion, call.name_span, message);
                        self.diags.push(diag.expected("a function that does not lead back here").found(name));
                    }
                }
            }
        }
        order
    }

    /// The program file with names and spans: of the entry points, or of all functions. `None` where something of it
    /// was not built.
    pub fn finish(&mut self, all: bool) -> Option<Vec<u8>> {
        let functions = &self.ast.functions;
        let any_public = functions.iter().any(|f| f.public);
        let mut builder = self.builder.clone();
        for (f, callable) in functions.iter().zip(&self.callables) {
            if f.public || all || !any_public {
                let built = callable.built.as_ref()?;
                builder.entry(built);
                // Equal functions are one object; its entry point is found by the name that the text gives it.
                builder.rename(built, self.ast.name(f.signature.name));
            }
        }
        builder.finish().ok()
    }

    /// Reports entry points that are equal: a program has each once, so the second name would be lost.
    pub fn check_entries(&mut self) {
        let functions = &self.ast.functions;
        let any_public = functions.iter().any(|f| f.public);
        let mut seen: HashMap<Hash, &str> = HashMap::new();
        for (f, callable) in functions.iter().zip(&self.callables) {
            let Some(built) = callable.built.as_ref().filter(|_| f.public || !any_public) else { continue };
            let name = self.ast.name(f.signature.name);
            if let Some(first) = seen.insert(self.builder.hash(built), name) {
                let message = format!(
                    "`{name}` is the same function as `{first}`, and a program holds equal functions once: keep one of the two as an entry point."
                );
                let diag = Diag::new(ErrorCode::DuplicateName, f.signature.name_span, message);
                self.diags.push(diag.expected("entry points that differ").found(name));
            }
        }
    }

    /// Whether there is a function that no entry point is sure to reach.
    pub fn any_private(&self) -> bool {
        let public = self.ast.functions.iter().filter(|f| f.public).count();
        public != 0 && public != self.ast.functions.len()
    }

    pub fn keep_spans(&mut self, keep: bool) {
        self.builder.keep_spans(keep);
    }

    fn sym_name(&self, sym: Sym) -> &'s str {
        if sym == NO_SYM { "_" } else { self.ast.name(sym) }
    }
}
