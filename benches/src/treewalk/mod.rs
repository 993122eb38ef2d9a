//! The engine `hashmap-treewalk`: what NDA replaces. A program is a tree of boxes, walked recursively; a call's variables are
//! a hash map from their number to a value that carries its type. It counts nothing and bounds nothing: fuel, deadline and
//! the depth of the machine's stack are left out, in its favour.
//!
//! It serves programs of scalars, buffers and calls: no vectors, no host, no log.

mod ast;
mod scalar;
mod value;

use crate::engine::{Answer, Cold, Compile, Engine, Ready};
use crate::subject::{ColdProgram, Subject};
use ast::{Arg, Call, Expr, Func, Stmt};
use nda_ast::{Limits, ValidProgram};
use nda_runtime::{TrapKind, Value};
use std::collections::HashMap;
use std::hint::black_box;
use std::rc::Rc;
use value::{Elements, Val};

/// The engine.
pub struct TreeWalk;

/// The trees of a program, and which one is entered.
struct Tree {
    functions: Vec<Option<Func>>,
    entry: usize,
}

impl Tree {
    fn new(program: &ValidProgram, entry: u32) -> Result<Tree, String> {
        Ok(Tree { functions: ast::functions(program)?, entry: entry as usize })
    }

    fn run(&self, args: &[Value]) -> Result<Answer, String> {
        let args: Vec<Val> = args.iter().map(Val::of).collect::<Result<_, _>>()?;
        let result = match self.enter(self.entry, args) {
            Ok((results, inout)) => Ok(results.iter().chain(&inout).map(Val::value).collect()),
            Err(trap) => Err(trap.to_string()),
        };
        Ok(Answer { result, log: Vec::new(), executed_nodes: None })
    }
}

impl Engine for TreeWalk {
    fn name(&self) -> &str {
        "hashmap-treewalk"
    }

    fn timed(&self) -> &str {
        "the walk over the tree, with arguments copied in and results copied out; no fuel, no counts"
    }

    fn load<'a>(&'a self, subject: &'a Subject) -> Result<Box<dyn Ready + 'a>, String> {
        let tree = Tree::new(&subject.program, subject.entry)?;
        Ok(Box::new(ReadyTree { tree, subject }))
    }

    fn cold<'a>(&'a self, programs: &'a [ColdProgram]) -> Result<Box<dyn Cold + 'a>, String> {
        Ok(Box::new(ColdTree(programs)))
    }

    fn compile<'a>(&'a self, subject: &'a Subject) -> Result<Compile<'a>, String> {
        let all = || {
            black_box(Tree::new(&subject.program, subject.entry).is_ok());
        };
        Ok(Compile { all: Box::new(all), off: None })
    }
}

struct ReadyTree<'a> {
    tree: Tree,
    subject: &'a Subject,
}

impl Ready for ReadyTree<'_> {
    fn answer(&mut self, input: usize) -> Result<Answer, String> {
        self.tree.run(&self.subject.inputs[input])
    }

    fn run_all(&mut self) {
        for args in &self.subject.inputs {
            black_box(self.tree.run(args).is_ok());
        }
    }
}

struct ColdTree<'a>(&'a [ColdProgram]);

impl Cold for ColdTree<'_> {
    fn answer(&mut self, program: usize) -> Result<Answer, String> {
        let program = &self.0[program];
        let valid = nda_ast::load(program.bytes.clone(), &Limits::default()).map_err(|e| e.to_string())?;
        Tree::new(&valid, valid.program().entries()[0])?.run(&program.args)
    }
}

type Env = HashMap<u64, Val>;

/// How a statement ended.
enum Flow {
    Next,
    Break(u32),
    Continue(u32),
    Return(Vec<Val>),
}

impl Tree {
    /// Results, and the final values of `inout` parameters.
    fn enter(&self, function: usize, args: Vec<Val>) -> Result<(Vec<Val>, Vec<Val>), TrapKind> {
        let Some(f) = &self.functions[function] else { return Ok((Vec::new(), Vec::new())) };
        let mut env: Env = (0..).zip(args).collect();
        let results = match self.block(&f.body, &mut env)? {
            Flow::Return(results) => results,
            _ => Vec::new(),
        };
        let inout = (0..).zip(&f.params).filter(|(_, p)| p.is_inout());
        let inout = inout.filter_map(|(slot, _)| env.remove(&slot)).collect();
        Ok((results, inout))
    }

    /// A call; its results, after the `inout` arguments have their new values.
    fn call(&self, call: &Call, env: &mut Env) -> Result<Vec<Val>, TrapKind> {
        let mut args = Vec::new();
        for arg in &call.args {
            args.push(match arg {
                Arg::In(expr) => self.expr(expr, env)?,
                // Taken out, so that the callee may write without a copy.
                Arg::Inout(slot) => env.remove(slot).unwrap_or(Val::Bool(false)),
            });
        }
        let (results, inout) = self.enter(call.callee, args)?;
        let slots = call.args.iter().filter_map(|arg| match arg {
            Arg::Inout(slot) => Some(*slot),
            Arg::In(_) => None,
        });
        env.extend(slots.zip(inout));
        Ok(results)
    }

    fn expr(&self, expr: &Expr, env: &mut Env) -> Result<Val, TrapKind> {
        Ok(match expr {
            Expr::Constant(value) => value.clone(),
            Expr::Load(slot) => env[slot].clone(),
            Expr::One(op, a) => scalar::one(*op, &self.expr(a, env)?)?,
            Expr::Two(op, a, b) => {
                let a = self.expr(a, env)?;
                let b = self.expr(b, env)?;
                scalar::two(*op, &a, &b)?
            }
            Expr::Select(cond, yes, no) => {
                let taken = if self.expr(cond, env)?.bool() { yes } else { no };
                self.expr(taken, env)?
            }
            Expr::Call(call) => self.call(call, env)?.swap_remove(0),
            Expr::Len(of) => match self.expr(of, env)? {
                Val::Buf(b) => Val::Int(b.data.len() as i64),
                other => other,
            },
            Expr::Index(of, index) => {
                let of = self.expr(of, env)?;
                let index = self.expr(index, env)?.int();
                match of {
                    Val::Buf(b) => b.get(index)?,
                    other => other,
                }
            }
            Expr::Fill(elem, cap, value) => {
                Val::Buf(Rc::new(Elements::full(*elem, *cap, &self.expr(value, env)?)))
            }
            Expr::Recap(cap, of) => match self.expr(of, env)? {
                Val::Buf(b) if b.data.len() > *cap as usize => {
                    return Err(TrapKind::CapacityExceeded { capacity: (*cap).into() });
                }
                Val::Buf(b) => Val::Buf(Rc::new(Elements { data: b.data.clone(), cap: *cap })),
                other => other,
            },
        })
    }

    fn block(&self, statements: &[Stmt], env: &mut Env) -> Result<Flow, TrapKind> {
        for stmt in statements {
            match self.stmt(stmt, env)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn stmt(&self, stmt: &Stmt, env: &mut Env) -> Result<Flow, TrapKind> {
        match stmt {
            Stmt::Store(slot, value) => {
                let value = self.expr(value, env)?;
                env.insert(*slot, value);
            }
            Stmt::StoreElem(slot, value, index) => {
                let value = self.expr(value, env)?;
                let index = self.expr(index, env)?.int();
                elements(env, *slot, |b| b.set(index, &value))?;
            }
            Stmt::Push(slot, value) => {
                let value = self.expr(value, env)?;
                elements(env, *slot, |b| b.push(&value))?;
            }
            Stmt::Truncate(slot, len) => {
                let len = self.expr(len, env)?.int();
                elements(env, *slot, |b| b.truncate(len))?;
            }
            Stmt::Scope(body) => return self.block(body, env),
            Stmt::If(cond, yes, no) => {
                let taken = if self.expr(cond, env)?.bool() { yes } else { no };
                return self.block(taken, env);
            }
            Stmt::Loop { index, count, max, body } => {
                let count = self.expr(count, env)?.int();
                for i in 0..count {
                    within(i as u64, *max)?;
                    env.insert(*index, Val::Int(i));
                    if let Some(flow) = leaves(self.block(body, env)?) {
                        return Ok(flow.unwrap_or(Flow::Next));
                    }
                }
            }
            Stmt::While { cond, max, body } => {
                let mut i = 0;
                while self.expr(cond, env)?.bool() {
                    within(i, *max)?;
                    i += 1;
                    if let Some(flow) = leaves(self.block(body, env)?) {
                        return Ok(flow.unwrap_or(Flow::Next));
                    }
                }
            }
            Stmt::Break(depth) => return Ok(Flow::Break(*depth)),
            Stmt::Continue(depth) => return Ok(Flow::Continue(*depth)),
            Stmt::Return(values) => {
                let values = values.iter().map(|value| self.expr(value, env)).collect::<Result<_, _>>()?;
                return Ok(Flow::Return(values));
            }
            Stmt::Call { call, first } => {
                let results = self.call(call, env)?;
                env.extend((*first..).zip(results));
            }
            Stmt::Fail(code) => return Err(TrapKind::Failed { code: self.expr(code, env)?.int() }),
        }
        Ok(Flow::Next)
    }
}

/// Changes the buffer in a slot; a shared one is copied first.
fn elements(
    env: &mut Env,
    slot: u64,
    change: impl FnOnce(&mut Elements) -> Result<(), TrapKind>,
) -> Result<(), TrapKind> {
    match env.get_mut(&slot) {
        Some(Val::Buf(buf)) => change(Rc::make_mut(buf)),
        _ => Ok(()),
    }
}

/// Whether iteration `i`, from 0, may begin.
fn within(i: u64, max: Option<u64>) -> Result<(), TrapKind> {
    match max {
        Some(max) if i >= max => Err(TrapKind::LoopLimit { max }),
        _ => Ok(()),
    }
}

/// What a loop does after its body: `None` goes on, `Some(None)` ends here, `Some(flow)` passes outwards.
fn leaves(flow: Flow) -> Option<Option<Flow>> {
    match flow {
        Flow::Next | Flow::Continue(0) => None,
        Flow::Break(0) => Some(None),
        Flow::Break(depth) => Some(Some(Flow::Break(depth - 1))),
        Flow::Continue(depth) => Some(Some(Flow::Continue(depth - 1))),
        done @ Flow::Return(_) => Some(Some(done)),
    }
}
