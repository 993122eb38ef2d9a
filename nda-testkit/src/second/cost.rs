//! Section 6: weights and the costs of blocks.

use super::table::Work;
use super::types::{Expr, Stmt};
use super::{Block, BlockKind, Body, Imm, Object, Type};

/// What a walk over a valid function looks things up in.
pub(crate) struct View<'a> {
    pub table: &'a [usize],
    pub done: &'a [Object],
    pub types: &'a [Option<Type>],
    pub slots: &'a [Type],
}

impl View<'_> {
    /// The type of an expression.
    pub fn ty(&self, e: &Expr) -> Type {
        self.types[e.number as usize - 1].expect("every expression was given a type")
    }

    /// The object that a call names.
    pub fn callee(&self, imm: Imm) -> Option<&Body> {
        match imm {
            Imm::Call(index, _) | Imm::CallStmt(index, ..) => {
                Some(&self.done[self.table[index as usize]].body)
            }
            _ => None,
        }
    }

    /// 1 + ceil(8 * work / 512).
    fn weight(&self, work: Work, imm: Imm, args: &[Expr], result: Option<Type>) -> u64 {
        let types = || args.iter().map(|e| self.ty(e));
        let bytes = || types().map(Type::aggregate_bytes).sum::<u64>();
        let first = || types().next().unwrap_or(Type::Int);
        let elements = || result.map_or(0, Type::elements);
        let eighths = match work {
            Work::None => 0,
            Work::Result => 8 * elements(),
            Work::Operand => 8 * first().elements(),
            Work::Copy => bytes(),
            Work::ResultBytes => result.map_or(0, Type::aggregate_bytes),
            Work::Gemv => match first() {
                Type::Mat(r, c) => 8 * (u64::from(r) * u64::from(c) + u64::from(c)),
                _ => unreachable!("`gemv` takes a mat"),
            },
            Work::Norm => 8 * 4 * elements(),
            Work::Heavy => 8 * 16 * elements(),
            Work::Call => match self.callee(imm) {
                Some(Body::Import { results, work, .. }) => {
                    8 * u64::from(*work) + bytes() + results.iter().map(|t| t.aggregate_bytes()).sum::<u64>()
                }
                _ => 0,
            },
        };
        1 + eighths.div_ceil(512)
    }

    fn expr(&self, e: &Expr) -> u64 {
        self.weight(e.row.work, e.imm, &e.args, Some(self.ty(e))) + self.exprs(&e.args)
    }

    fn exprs(&self, exprs: &[Expr]) -> u64 {
        exprs.iter().map(|e| self.expr(e)).sum()
    }

    /// The weights that these statements add to the block around; the blocks below them go to `all`.
    fn statements(&self, statements: &[Stmt], all: &mut Vec<Block>) -> u64 {
        statements.iter().map(|s| self.statement(s, all)).sum()
    }

    fn statement(&self, s: &Stmt, all: &mut Vec<Block>) -> u64 {
        let own = self.weight(s.row.work, s.imm, &s.args, None);
        let operands = self.exprs(&s.args);
        let mut block = |kind, statements: &[Stmt]| {
            let cost = 1 + self.statements(statements, all);
            all.push(Block { owner: s.number, kind, cost });
        };
        match s.row.name {
            "if" => {
                for (kind, arm) in [BlockKind::Then, BlockKind::Else].into_iter().zip(&s.blocks) {
                    if !arm.is_empty() {
                        block(kind, arm);
                    }
                }
            }
            "loop" => block(BlockKind::Loop, &s.blocks[0]),
            "while" => {
                block(BlockKind::While, &s.blocks[0]);
                all.push(Block { owner: s.number, kind: BlockKind::Condition, cost: 1 + operands });
                return own;
            }
            "scope" => return own + self.statements(&s.blocks[0], all),
            _ => {}
        }
        own + operands
    }
}

/// All blocks of a function, sorted.
pub(crate) fn blocks(body: &[Stmt], view: &View<'_>) -> Vec<Block> {
    let mut all = Vec::new();
    let cost = 1 + view.statements(body, &mut all);
    all.push(Block { owner: 0, kind: BlockKind::Function, cost });
    all.sort_unstable();
    all
}
