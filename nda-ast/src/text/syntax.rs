//! What the parser gives: flat lists. Statements in pre-order with explicit ends, the expressions of a statement in
//! post-order: the order of the program's bytes, so that lowering is one forward pass.

use super::lex::Span;
use crate::{Constant, Elem, Mode, Type};
use std::collections::HashMap;

/// Number of a name.
pub(crate) type Sym = u32;

/// No name: `_`, or no label.
pub(crate) const NO_SYM: Sym = u32::MAX;

/// A range of [`Ast::exprs`]; empty where the text of it was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Exprs {
    pub first: u32,
    pub end: u32,
}

impl Exprs {
    pub fn is_empty(self) -> bool {
        self.first == self.end
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl BinOp {
    pub const ALL: [&'static str; 16] =
        ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "==", "!=", "<", "<=", ">", ">="];

    pub fn spelling(self) -> &'static str {
        BinOp::ALL[self as usize]
    }

    /// Binding strength, as in Rust.
    pub fn precedence(self) -> u8 {
        match self {
            BinOp::Mul | BinOp::Div | BinOp::Rem => 10,
            BinOp::Add | BinOp::Sub => 9,
            BinOp::Shl | BinOp::Shr => 8,
            BinOp::And => 7,
            BinOp::Xor => 6,
            BinOp::Or => 5,
            _ => 4,
        }
    }
}

/// Target of `as`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CastTo {
    Int,
    Float,
    U8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExprKind {
    /// Index into [`Ast::numbers`].
    Int(u32),
    /// Index into [`Ast::numbers`].
    Float(u32),
    Bool(bool),
    Byte(u8),
    Name(Sym),
    /// `&` or `&mut`.
    Ref {
        mutable: bool,
    },
    Neg,
    Not,
    Bin(BinOp),
    /// Stands between the operands of `||`, where the `true` of its `select` goes.
    OrMark,
    And,
    Or,
    Cast(CastTo),
    /// `first`: the first expression of the index.
    Index {
        first: u32,
    },
    /// Index into [`Ast::calls`].
    Call(u32),
    /// Index into [`Ast::calls`]; the receiver is the first operand.
    Method(u32),
    If,
    /// `Buf::<T, N>::new()`.
    New {
        elem: Elem,
        cap: u32,
    },
    /// One operand of unknown type, after an error.
    Poison,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Expr {
    pub kind: ExprKind,
    /// All of it, with its operands and the brackets around it.
    pub span: Span,
    /// Whether it stands in brackets.
    pub bracketed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generic {
    Number(u32),
    Elem(Elem),
}

/// A call or method call.
#[derive(Clone, Debug)]
pub(crate) struct CallInfo {
    pub name: Sym,
    pub name_span: Span,
    /// Arguments, without a receiver.
    pub args: u32,
    /// First expression of the first argument.
    pub first: u32,
    pub turbofish: Option<(Vec<Generic>, Span)>,
    /// Just before the closing bracket.
    pub close: u32,
    pub method: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Pat {
    /// `NO_SYM` for `_`.
    pub name: Sym,
    pub span: Span,
    pub mutable: bool,
}

/// Index into [`Ast::types`], or `NO_TYPE`.
pub(crate) type TypeId = u32;
pub(crate) const NO_TYPE: TypeId = u32::MAX;

#[derive(Clone, Copy, Debug)]
pub(crate) enum StmtKind {
    /// `first` and `count` in [`Ast::pats`]; `tuple` for `let (a, b)`.
    Let {
        first: u32,
        count: u32,
        tuple: bool,
        ty: TypeId,
        init: Exprs,
    },
    Assign {
        target: Exprs,
        deref: bool,
        op: Option<BinOp>,
        value: Exprs,
    },
    /// An expression with its `;`.
    Expr(Exprs),
    /// An expression without `;` at the end of a block.
    Tail(Exprs),
    Assert(Exprs),
    If(Exprs),
    Else,
    /// Ends a body, an `If`, an `Else`'s `If`, a loop or a scope.
    End,
    Scope,
    While {
        cond: Exprs,
        max: Option<u64>,
        label: Sym,
    },
    /// `loop`.
    Forever {
        max: Option<u64>,
        label: Sym,
    },
    For {
        var: u32,
        count: Exprs,
        max: Option<u64>,
        label: Sym,
    },
    Break(Sym),
    Continue(Sym),
    Return {
        values: Exprs,
        count: u32,
    },
    /// Something that was wrong: says nothing about flow.
    Poison,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

/// A type as written; `ty` is `None` after an error, and for `u8`, which is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypeNode {
    pub ty: Option<Type>,
    pub reference: Option<Mode>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ParamNode {
    pub name: Sym,
    pub span: Span,
    pub ty: TypeNode,
}

/// What functions and imports share.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub name: Sym,
    pub name_span: Span,
    pub params: Vec<ParamNode>,
    pub results: Vec<TypeNode>,
}

#[derive(Clone, Debug)]
pub(crate) struct FnNode {
    pub signature: Signature,
    pub public: bool,
    /// Range of [`Ast::stmts`], its `End` included.
    pub first: u32,
    pub end: u32,
    /// Range of [`Ast::calls`].
    pub first_call: u32,
    pub end_call: u32,
    /// Whether the body had syntax errors, so that what is missing may just not have been read.
    pub broken: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ImportNode {
    pub signature: Signature,
    /// Name at the host, where `#[host("..")]` gives another.
    pub host: Option<String>,
    pub work: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Scalar {
    Int(i64),
    Float(f64),
    Bool(bool),
}

#[derive(Clone, Debug)]
pub(crate) enum ConstInit {
    Scalar(Scalar),
    Object(Constant),
    Load {
        file: String,
        tensor: String,
        span: Span,
    },
    /// After an error.
    Poison,
}

#[derive(Clone, Debug)]
pub(crate) struct ConstNode {
    pub name: Sym,
    pub name_span: Span,
    pub ty: TypeNode,
    pub init: ConstInit,
}

/// `use site::name;`
#[derive(Clone, Copy, Debug)]
pub(crate) struct UseNode {
    pub name: Sym,
    pub span: Span,
}

#[derive(Default)]
pub(crate) struct Ast<'s> {
    pub names: Vec<&'s str>,
    by_name: HashMap<&'s str, Sym>,
    pub numbers: Vec<u64>,
    pub exprs: Vec<Expr>,
    pub stmts: Vec<Stmt>,
    pub calls: Vec<CallInfo>,
    pub pats: Vec<Pat>,
    pub types: Vec<TypeNode>,
    pub functions: Vec<FnNode>,
    pub imports: Vec<ImportNode>,
    pub consts: Vec<ConstNode>,
    pub uses: Vec<UseNode>,
}

impl<'s> Ast<'s> {
    pub fn symbol(&mut self, name: &'s str) -> Sym {
        let next = self.names.len() as Sym;
        let names = &mut self.names;
        *self.by_name.entry(name).or_insert_with(|| {
            names.push(name);
            next
        })
    }

    pub fn find(&self, name: &str) -> Option<Sym> {
        self.by_name.get(name).copied()
    }

    pub fn name(&self, sym: Sym) -> &'s str {
        self.names.get(sym as usize).copied().unwrap_or("_")
    }
}
