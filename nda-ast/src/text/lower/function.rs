//! One function: slots, bindings, blocks and flow.

use super::value::Val;
use super::{Global, Lowering};
use crate::builder::FunctionBuilder;
use crate::text::diag::Diag;
use crate::text::fixes::nearest;
use crate::text::lex::Span;
use crate::text::syntax::{FnNode, NO_SYM, Stmt, StmtKind, Sym};
use crate::{ErrorCode, LimitKind, Mode, Node, Op, Param, SlotId, Type};

pub(super) const NO_BINDING: u32 = u32::MAX;

/// Who may write a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    In,
    Inout,
    /// `let`, with or without `mut`.
    Let {
        mutable: bool,
    },
    Index,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct SlotInfo {
    pub ty: Option<Type>,
    pub access: Access,
    /// Where it is declared.
    pub span: Span,
}

struct Binding {
    sym: Sym,
    slot: SlotId,
    /// The binding of the same name that it hides.
    hidden: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Body,
    Then,
    Else,
    Loop,
    Scope,
}

pub(super) struct Open {
    pub kind: BlockKind,
    pub label: Sym,
    bindings: usize,
    /// Whether the last statement leaves; `None` where that is unknown.
    pub leaves: bool,
    then_leaves: bool,
}

pub(super) struct FnLower<'x, 'a, 's> {
    pub cx: &'x mut Lowering<'a, 's>,
    pub node: &'a FnNode,
    pub out: FunctionBuilder,
    pub slots: Vec<SlotInfo>,
    bindings: Vec<Binding>,
    pub vals: Vec<Val>,
    pub open: Vec<Open>,
    pub results: Vec<Option<Type>>,
    pub reaches_host: bool,
    /// Start of the statement under way.
    pub stmt_start: u32,
    /// Its place in [`Ast::stmts`](crate::text::syntax::Ast).
    pub stmt_at: u32,
    /// Whether the last statement is an expression that could be the result.
    pub could_return: bool,
    /// Slots that an integer literal was the first value of, and that literal; in the order of the slots.
    pub int_lets: Vec<(SlotId, Span)>,
    /// The slot that the assignment under way stores.
    pub storing: Option<SlotId>,
    /// Elements of the type that the `let` under way declares.
    pub wanted_count: Option<u32>,
    /// The last statement of the body that was no end, for errors.
    pub last: Option<Stmt>,
    too_large: bool,
    /// Whether too deep an expression has been reported.
    pub too_deep: bool,
}

pub(super) fn lower_function(cx: &mut Lowering<'_, '_>, index: u32) {
    let ast = cx.ast;
    let node = &ast.functions[index as usize];
    let results = cx.callables[index as usize].results.clone();
    let types = results.iter().map(|ty| ty.unwrap_or(Type::Int));
    let first_error = cx.diags.list.len();
    let mut f = FnLower {
        out: FunctionBuilder::new(cx.ast.name(node.signature.name), types),
        node,
        slots: Vec::new(),
        bindings: Vec::new(),
        vals: Vec::new(),
        open: Vec::new(),
        results,
        reaches_host: false,
        stmt_start: 0,
        stmt_at: 0,
        could_return: false,
        int_lets: Vec::new(),
        storing: None,
        wanted_count: None,
        last: None,
        too_large: false,
        too_deep: false,
        cx,
    };
    let name_span = node.signature.name_span;
    f.out.own_span = name_span.start..name_span.end;
    f.params();
    f.open(BlockKind::Body, NO_SYM);
    for at in node.first..node.end {
        let stmt = ast.stmts[at as usize];
        f.stmt_at = at;
        f.statement(stmt);
        if f.cx.diags.full() || f.too_large || f.too_deep {
            break;
        }
    }
    // A broken body may lack ends.
    while !f.open.is_empty() {
        f.close();
    }
    let FnLower { out, reaches_host, .. } = f;
    let callable = &mut cx.callables[index as usize];
    callable.reaches_host = reaches_host;
    if cx.diags.is_empty() {
        match cx.builder.add(out) {
            Ok(built) => callable.built = Some(built),
            Err(e) => cx.diags.push(Diag::new(e.code, name_span, e.message)),
        }
    }
    let name = cx.ast.name(node.signature.name);
    for diag in &mut cx.diags.list[first_error..] {
        diag.function.get_or_insert_with(|| name.to_owned());
    }
}

impl<'a, 's> FnLower<'_, 'a, 's> {
    pub fn report(&mut self, diag: Diag) {
        self.cx.diags.push(diag);
    }

    fn params(&mut self) {
        for p in &self.node.signature.params {
            let ty = p.ty.ty;
            let aggregate = ty.is_some_and(Type::is_aggregate);
            let inout = p.ty.reference == Some(Mode::Inout) && aggregate;
            let (mode, access) = if inout { (Mode::Inout, Access::Inout) } else { (Mode::In, Access::In) };
            let twice = self.find(p.name).is_some();
            self.slots.push(SlotInfo { ty, access, span: p.span });
            self.out.add_param(self.cx.ast.name(p.name), Param { ty: ty.unwrap_or(Type::Int), mode });
            if twice {
                self.duplicate(p.name, p.span);
            }
            self.check_binding(p.name, p.span);
            self.bind(p.name, self.slots.len() as SlotId - 1);
        }
    }

    #[cold]
    pub fn duplicate(&mut self, name: Sym, span: Span) {
        let name = self.cx.ast.name(name);
        let diag = Diag::new(ErrorCode::DuplicateName, span, format!("`{name}` is declared twice."));
        self.report(diag.fix(format!("write `{name}_2`"), span, format!("{name}_2")));
    }

    /// A slot hides no constant: in Rust that would be a pattern.
    pub fn check_binding(&mut self, name: Sym, span: Span) {
        let text = self.cx.sym_name(name);
        let constant = matches!(self.cx.global(name), Some(Global::Scalar(_) | Global::Object(_)));
        if constant || super::super::words::CONSTANTS.contains(&text) {
            let message = format!("`{text}` is a constant; a slot needs another name.");
            let diag = Diag::new(ErrorCode::DuplicateName, span, message);
            self.report(diag.fix(format!("write `{text}_2`"), span, format!("{text}_2")));
        }
    }

    /// Appends a node.
    pub fn emit(&mut self, op: Op, imm: u64, a: u32, n: u16, span: Span) {
        self.raw(Node::new(op, imm, a, n), span);
    }

    pub fn raw(&mut self, node: Node, span: Span) {
        if self.out.spans.len() as u64 >= self.cx.limits.nodes.into() {
            if !self.too_large {
                self.too_large = true;
                let what = "split the function";
                self.report(Diag::limit(LimitKind::Nodes, self.cx.limits.nodes.into(), span, what));
            }
            return;
        }
        self.out.raw(node, span.start..span.end);
    }

    /// Takes the next slot.
    pub fn declare(&mut self, name: Sym, info: SlotInfo) -> SlotId {
        let slot = self.slots.len() as SlotId;
        if self.slots.len() as u64 >= self.cx.limits.slots.into() {
            if !self.too_large {
                self.too_large = true;
                let what = "split the function";
                self.report(Diag::limit(LimitKind::Slots, self.cx.limits.slots.into(), info.span, what));
            }
            return 0;
        }
        self.slots.push(info);
        let text = (name != NO_SYM).then(|| self.cx.ast.name(name));
        self.out.declare(text, info.ty.unwrap_or(Type::Int));
        slot
    }

    pub fn bind(&mut self, sym: Sym, slot: SlotId) {
        if sym == NO_SYM {
            return;
        }
        let head = &mut self.cx.heads[sym as usize];
        let hidden = std::mem::replace(head, self.bindings.len() as u32);
        self.bindings.push(Binding { sym, slot, hidden });
    }

    /// The innermost visible slot of this name.
    pub fn find(&self, sym: Sym) -> Option<SlotId> {
        let head = *self.cx.heads.get(sym as usize)?;
        (head != NO_BINDING).then(|| self.bindings[head as usize].slot)
    }

    pub fn open(&mut self, kind: BlockKind, label: Sym) {
        let bindings = if kind == BlockKind::Body { 0 } else { self.bindings.len() };
        self.open.push(Open { kind, label, bindings, leaves: false, then_leaves: false });
    }

    fn unbind(&mut self, down_to: usize) {
        while self.bindings.len() > down_to {
            if let Some(binding) = self.bindings.pop() {
                self.cx.heads[binding.sym as usize] = binding.hidden;
            }
        }
    }

    /// The then-arm ends and the else-arm begins.
    pub fn else_(&mut self) {
        self.out.end();
        if let Some(open) = self.open.last_mut() {
            let bindings = open.bindings;
            *open = Open { kind: BlockKind::Else, then_leaves: open.leaves, leaves: false, ..*open };
            self.unbind(bindings);
        }
    }

    /// The innermost block ends.
    pub fn close(&mut self) {
        let Some(closed) = self.open.pop() else { return };
        self.unbind(closed.bindings);
        let leaves = match closed.kind {
            BlockKind::Body => return,
            BlockKind::Then => {
                self.out.end();
                false
            }
            BlockKind::Else => closed.leaves && closed.then_leaves,
            BlockKind::Scope => closed.leaves,
            BlockKind::Loop => false,
        };
        self.out.end();
        if let Some(open) = self.open.last_mut() {
            open.leaves = leaves;
        }
    }

    /// How many loops out a `break` or `continue` goes.
    pub fn loop_depth(&self, label: Sym) -> Option<u32> {
        let mut loops = self.open.iter().rev().filter(|o| o.kind == BlockKind::Loop);
        if label == NO_SYM {
            return loops.next().map(|_| 0);
        }
        loops.position(|o| o.label == label).map(|n| n as u32)
    }

    /// Labels of the loops around.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        let named = self.open.iter().filter(|o| o.kind == BlockKind::Loop && o.label != NO_SYM);
        named.map(|o| self.cx.ast.name(o.label))
    }

    /// The end of the body: every path of a function with results must have left.
    pub fn end_body(&mut self, close: Span) {
        let leaves = self.open.last().is_none_or(|open| open.leaves);
        let span = self.node.signature.name_span;
        if !self.results.is_empty() && !leaves && !self.node.broken {
            let message = "Not every path through this function returns or fails.";
            let expected = "`return` or `fail` at the end of every path";
            let mut diag = Diag::new(ErrorCode::MissingReturn, span, message).expected(expected);
            diag = match self.last.map(|s| (s.kind, s.span)) {
                Some((StmtKind::Expr(_), span)) if self.could_return => {
                    let text = format!("return {}", self.cx.text(span));
                    diag.fix("return the last expression", span, text)
                }
                Some((StmtKind::While { .. } | StmtKind::Forever { .. } | StmtKind::For { .. }, _)) => {
                    let message = "A loop may end, as far as the checker knows.";
                    diag.0.message.push(' ');
                    diag.0.message.push_str(message);
                    diag.fix("fail where the loop ends", close.before(), "fail(0);\n")
                }
                _ => {
                    let zero =
                        |ty: &Option<Type>| ty.filter(|ty| ty.is_scalar()).and_then(super::super::zero_of);
                    match self.results.iter().map(zero).collect::<Option<Vec<String>>>() {
                        Some(zeros) if zeros.len() == 1 => {
                            diag.fix("return a value", close.before(), format!("return {};\n", zeros[0]))
                        }
                        Some(zeros) => {
                            let text = format!("return ({});\n", zeros.join(", "));
                            diag.fix("return values", close.before(), text)
                        }
                        None => diag.fix("fail at the end", close.before(), "fail(0);\n"),
                    }
                }
            };
            self.report(diag);
        }
        self.close();
    }

    /// The visible name nearest to one that is unknown.
    pub fn nearest_value(&self, name: &str) -> Option<String> {
        let slots = self.bindings.iter().map(|b| self.cx.ast.name(b.sym));
        let constants = self.cx.ast.consts.iter().map(|c| self.cx.ast.name(c.name));
        let prelude = super::super::words::CONSTANTS.iter().copied().filter(|n| !n.ends_with("RY"));
        nearest(name, slots.chain(constants).chain(prelude)).map(str::to_owned)
    }

    pub fn nearest_function(&self, name: &str) -> Option<String> {
        let functions = self.cx.ast.functions.iter().map(|f| self.cx.ast.name(f.signature.name));
        let imports = self.cx.ast.imports.iter().map(|i| self.cx.ast.name(i.signature.name));
        let prelude = super::overloads::Overloads::get().function_names().map(|name| -> &'s str { name });
        let forms = ["print", "fail"].into_iter().map(|name| -> &'s str { name });
        nearest(name, functions.chain(imports).chain(prelude).chain(forms)).map(str::to_owned)
    }

    pub fn ast(&self) -> &'a crate::text::syntax::Ast<'s> {
        self.cx.ast
    }
}
