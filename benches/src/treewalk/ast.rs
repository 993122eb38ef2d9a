//! The tree: every node in a box of its own, as a program grows when it is parsed into objects; and making it of a valid
//! program.

use super::value::{Elements, Val};
use nda_ast::{Block, Body, Constant, Elem, Function, Node, NodeId, Op, Param, ValidProgram};
use nda_runtime::BufData;
use std::rc::Rc;

/// An expression.
pub enum Expr {
    Constant(Val),
    Load(u64),
    One(Op, Box<Expr>),
    Two(Op, Box<Expr>, Box<Expr>),
    Select(Box<Expr>, Box<Expr>, Box<Expr>),
    Call(Call),
    Len(Box<Expr>),
    Index(Box<Expr>, Box<Expr>),
    Fill(Elem, u32, Box<Expr>),
    Recap(u32, Box<Expr>),
}

/// A call, with the slots of `inout` arguments.
pub struct Call {
    pub callee: usize,
    pub args: Vec<Arg>,
}

/// What is passed.
pub enum Arg {
    In(Expr),
    Inout(u64),
}

/// A statement.
pub enum Stmt {
    Store(u64, Expr),
    StoreElem(u64, Expr, Expr),
    Push(u64, Expr),
    Truncate(u64, Expr),
    Scope(Vec<Stmt>),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    Loop { index: u64, count: Expr, max: Option<u64>, body: Vec<Stmt> },
    While { cond: Expr, max: Option<u64>, body: Vec<Stmt> },
    Break(u32),
    Continue(u32),
    Return(Vec<Expr>),
    Call { call: Call, first: u64 },
    Fail(Expr),
}

/// A function.
pub struct Func {
    pub params: Vec<Param>,
    pub body: Vec<Stmt>,
}

/// Trees of all functions by object.
pub fn functions(program: &ValidProgram) -> Result<Vec<Option<Func>>, String> {
    let objects = 0..program.program().objects().len() as u32;
    objects
        .map(|object| {
            let Some(valid) = program.function(object) else { return Ok(None) };
            let f = valid.function();
            let build = Build { program, object, f };
            Ok(Some(Func { params: f.params().to_vec(), body: build.block(&f.blocks()[0])? }))
        })
        .collect()
}

struct Build<'a> {
    program: &'a ValidProgram,
    object: u32,
    f: &'a Function,
}

impl Build<'_> {
    fn block(&self, block: &Block) -> Result<Vec<Stmt>, String> {
        let mut statements = Vec::new();
        let mut id = block.first;
        while id < block.end {
            if self.f.node(id).op().info().res != nda_ast::Res::None {
                // Part of an expression: the statement comes after it.
                id += 1;
                continue;
            }
            statements.push(self.stmt(id)?);
            id = self.f.end_of(id);
        }
        Ok(statements)
    }

    /// Block `index` of the function.
    fn arm(&self, index: u32) -> Result<Vec<Stmt>, String> {
        self.block(&self.f.blocks()[index as usize])
    }

    fn stmt(&self, id: NodeId) -> Result<Stmt, String> {
        let node = self.f.node(id);
        let slot = u64::from(node.slot());
        let operands = self.f.operands(id);
        let operand = |i: usize| self.expr(operands[i]);
        Ok(match node.op() {
            Op::Let | Op::Store => Stmt::Store(slot, operand(0)?),
            Op::StoreElem => Stmt::StoreElem(slot, operand(0)?, operand(1)?),
            Op::Push => Stmt::Push(slot, operand(0)?),
            Op::Truncate => Stmt::Truncate(slot, operand(0)?),
            Op::Scope => Stmt::Scope(self.arm(node.block())?),
            Op::If => Stmt::If(operand(0)?, self.arm(node.block())?, self.arm(node.block() + 1)?),
            Op::Loop => Stmt::Loop {
                index: node.index_slot().into(),
                count: operand(0)?,
                max: node.max(),
                body: self.arm(node.block())?,
            },
            Op::While => {
                let cond = self.f.blocks()[node.block() as usize].end - 1;
                Stmt::While { cond: self.expr(cond)?, max: node.max(), body: self.arm(node.block() + 1)? }
            }
            Op::Break => Stmt::Break(node.depth()),
            Op::Continue => Stmt::Continue(node.depth()),
            Op::Return => Stmt::Return(operands.iter().map(|id| self.expr(*id)).collect::<Result<_, _>>()?),
            Op::CallStmt => {
                Stmt::Call { call: self.call(node, &operands)?, first: node.first_result().into() }
            }
            Op::Fail => Stmt::Fail(operand(0)?),
            other => return Err(format!("has no `{}`", other.info().name)),
        })
    }

    fn expr(&self, id: NodeId) -> Result<Expr, String> {
        let node = self.f.node(id);
        let operands = self.f.operands(id);
        let operand = |i: usize| self.expr(operands[i]).map(Box::new);
        Ok(match node.op() {
            Op::Int => Expr::Constant(Val::Int(node.int())),
            Op::Float => Expr::Constant(Val::Float(node.float())),
            Op::Bool => Expr::Constant(Val::Bool(node.bool())),
            Op::BufConst => Expr::Constant(self.constant(node)?),
            Op::Load => Expr::Load(node.slot().into()),
            Op::Select => Expr::Select(operand(0)?, operand(1)?, operand(2)?),
            Op::Call => Expr::Call(self.call(node, &operands)?),
            Op::Len => Expr::Len(operand(0)?),
            Op::Index => Expr::Index(operand(0)?, operand(1)?),
            Op::Fill => {
                let Some(nda_ast::Type::Buf { elem, cap }) = self.type_of(id) else {
                    return Err("a fill that is no buffer".into());
                };
                Expr::Fill(elem, cap, operand(0)?)
            }
            Op::Recap => Expr::Recap(node.count(), operand(0)?),
            op if !super::scalar::knows(op) => return Err(format!("has no `{}`", op.info().name)),
            op if operands.len() == 1 => Expr::One(op, operand(0)?),
            op => Expr::Two(op, operand(0)?, operand(1)?),
        })
    }

    fn type_of(&self, id: NodeId) -> Option<nda_ast::Type> {
        self.program.function(self.object)?.type_of(id)
    }

    fn target(&self, node: &Node) -> u32 {
        self.program.program().links(self.object)[node.table()]
    }

    fn call(&self, node: &Node, operands: &[NodeId]) -> Result<Call, String> {
        let callee = self.target(node);
        let f = self.program.function(callee).ok_or("calls the host")?.function();
        let arg = |(id, param): (&NodeId, &Param)| match param.is_inout() {
            true => Ok(Arg::Inout(self.f.node(*id).slot().into())),
            false => self.expr(*id).map(Arg::In),
        };
        let args = operands.iter().zip(f.params()).map(arg).collect::<Result<_, String>>()?;
        Ok(Call { callee: callee as usize, args })
    }

    fn constant(&self, node: &Node) -> Result<Val, String> {
        let object = &self.program.program().objects()[self.target(node) as usize];
        let Body::Constant(Constant::Buf { elem, cap, data }) = object.body() else {
            return Err("has buffers only".into());
        };
        let words = || data.chunks_exact(8).map(|b| b.try_into().map_or(0, u64::from_le_bytes));
        let data = match elem {
            Elem::U8 => BufData::U8(data.to_vec()),
            Elem::Int => BufData::Int(words().map(|w| w as i64).collect()),
            Elem::Float => BufData::Float(words().map(f64::from_bits).collect()),
        };
        Ok(Val::Buf(Rc::new(Elements { data, cap: *cap })))
    }
}
