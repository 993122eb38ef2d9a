//! The bytes of a function, made a tree.

use super::limit;
use super::read::{Reader, bad, over};
use super::table::{self, Field, Gives, Row, Takes};
use super::types::{Expr, Raw, Stmt, Tree};
use super::{Elem, Imm, Param, Refusal, Type};
use std::collections::{HashMap, HashSet};

pub(crate) fn function(
    r: &mut Reader<'_>,
    known: &HashMap<[u8; 32], usize>,
    objects: &[Raw],
) -> Result<Tree, Refusal> {
    debug_assert_eq!(known.len(), objects.len());
    let table = hashes(r, known)?;
    let params = params(r)?;
    let results = results(r)?;
    let slots = u32::try_from(params.len()).unwrap_or(u32::MAX);
    let tree = Tree { params, results, table, body: Vec::new(), nodes: Vec::new(), slots };
    let mut maker = Maker { r, tree, stack: Vec::new(), used: 0 };
    let body = maker.block(1)?;
    if maker.used != maker.tree.table.len() {
        return Err(bad(maker.r.at, format!("hash {} of the table is not used", maker.used)));
    }
    Ok(Tree { body, ..maker.tree })
}

fn hashes(r: &mut Reader<'_>, known: &HashMap<[u8; 32], usize>) -> Result<Vec<usize>, Refusal> {
    let count = r.u32()?;
    let mut table = Vec::new();
    let mut seen = HashSet::new();
    for _ in 0..count {
        let at = r.at;
        let hash: &[u8] = r.take(32)?;
        let index = *known.get(hash).ok_or_else(|| bad(at, "a hash names no object before this one"))?;
        if !seen.insert(index) {
            return Err(bad(at, "a hash comes twice in a table"));
        }
        table.push(index);
    }
    Ok(table)
}

fn params(r: &mut Reader<'_>) -> Result<Vec<Param>, Refusal> {
    let at = r.at;
    let count = r.u32()?;
    if u64::from(count) > limit::PARAMS {
        return Err(over(at, "arity"));
    }
    let mut params = Vec::new();
    for _ in 0..count {
        let tag = r.byte()?;
        let ty = r.type_of(tag & 0x7f)?;
        params.push(Param { ty, inout: tag & 0x80 != 0 });
    }
    Ok(params)
}

fn results(r: &mut Reader<'_>) -> Result<Vec<Type>, Refusal> {
    let at = r.at;
    let count = r.u32()?;
    if u64::from(count) > limit::RESULTS {
        return Err(over(at, "arity"));
    }
    let mut results = Vec::new();
    for _ in 0..count {
        results.push(r.any_type()?);
    }
    Ok(results)
}

struct Maker<'r, 'a> {
    r: &'r mut Reader<'a>,
    tree: Tree,
    /// Operands that no node took yet.
    stack: Vec<Expr>,
    /// How many of the table were used.
    used: usize,
}

impl Maker<'_, '_> {
    /// Items up to an end. `depth` counts open blocks, so that hostile bytes cannot exhaust the stack.
    fn block(&mut self, depth: u32) -> Result<Vec<Stmt>, Refusal> {
        if depth > limit::NESTING {
            return Err(over(self.r.at, "nesting"));
        }
        let mut statements = Vec::new();
        while let Some(mut statement) = self.statement()? {
            let blocks = match statement.row.name {
                "if" => 2,
                "scope" | "loop" | "while" => 1,
                _ => 0,
            };
            for _ in 0..blocks {
                statement.blocks.push(self.block(depth + 1)?);
            }
            statements.push(statement);
        }
        Ok(statements)
    }

    /// The next statement, without its blocks; `None` at an end.
    fn statement(&mut self) -> Result<Option<Stmt>, Refusal> {
        loop {
            let at = self.r.at;
            let byte = self.r.byte()?;
            if byte == 0 {
                return if self.stack.is_empty() {
                    Ok(None)
                } else {
                    Err(bad(at, "an operand is left over"))
                };
            }
            let row = table::find(byte).ok_or_else(|| bad(at, format!("{byte:#04x} is no operation")))?;
            let imm = self.immediate(row.field)?;
            if self.tree.nodes.len() == limit::NODES {
                return Err(over(at, "nodes"));
            }
            self.tree.nodes.push((byte, imm));
            let number = u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX);
            let args = self.operands(row, imm, at)?;
            if row.gives == Gives::None {
                if !self.stack.is_empty() {
                    return Err(bad(at, "an operand is left over"));
                }
                self.declare(row, imm, at)?;
                return Ok(Some(Stmt { number, row, imm, args, blocks: Vec::new() }));
            }
            let nesting = 1 + args.iter().map(|e| e.nesting).max().unwrap_or(0);
            if nesting > limit::NESTING {
                return Err(over(at, "nesting"));
            }
            self.stack.push(Expr { number, row, imm, args, nesting });
        }
    }

    fn operands(&mut self, row: &Row, imm: Imm, at: usize) -> Result<Vec<Expr>, Refusal> {
        let count = match (row.takes, imm) {
            (Takes::These(wants), _) => wants.len(),
            (Takes::Results, _) => self.tree.results.len(),
            (Takes::Arguments, Imm::Call(_, n) | Imm::CallStmt(_, n, _)) => n as usize,
            (Takes::Arguments, _) => unreachable!("only calls take arguments"),
        };
        match self.stack.len().checked_sub(count) {
            Some(first) => Ok(self.stack.split_off(first)),
            None => Err(bad(at, format!("`{}` lacks operands", row.name))),
        }
    }

    fn declare(&mut self, row: &Row, imm: Imm, at: usize) -> Result<(), Refusal> {
        self.tree.slots += match (row.name, imm) {
            ("let" | "loop", _) => 1,
            (_, Imm::CallStmt(_, _, results)) => results,
            _ => 0,
        };
        if self.tree.slots > limit::SLOTS { Err(over(at, "slots")) } else { Ok(()) }
    }

    fn immediate(&mut self, field: Field) -> Result<Imm, Refusal> {
        let at = self.r.at;
        Ok(match field {
            Field::None => Imm::None,
            Field::Slot => Imm::Slot(self.r.u32()?),
            Field::Depth => Imm::Depth(self.r.u32()?),
            Field::Max => match self.r.u64()? {
                0 => Imm::Max(None),
                more if more > 1 << 63 => return Err(bad(at, "a loop's bound is not below 2^63")),
                more => Imm::Max(Some(more - 1)),
            },
            Field::Int => Imm::Int(self.r.s64()?),
            Field::Float => Imm::Float(self.r.eight()?),
            Field::Bool => match self.r.byte()? {
                0 => Imm::Bool(false),
                1 => Imm::Bool(true),
                _ => return Err(bad(at, "a bool is 0 or 1")),
            },
            Field::Table => Imm::Table(self.name()?),
            Field::Call => Imm::Call(self.name()?, self.arity(limit::PARAMS)?),
            Field::CallStmt => {
                Imm::CallStmt(self.name()?, self.arity(limit::PARAMS)?, self.arity(limit::RESULTS)?)
            }
            Field::Count => Imm::Count(self.r.within(1, 1 << 20, "a count")?),
            Field::Fill => {
                let elem =
                    [Elem::U8, Elem::Int, Elem::Float][self.r.within(0, 2, "an element type")? as usize];
                Imm::Fill(elem, self.r.within(1, 1 << 20, "a capacity")?)
            }
        })
    }

    /// A number of arguments or results, within the limit `arity`.
    fn arity(&mut self, most: u64) -> Result<u32, Refusal> {
        let at = self.r.at;
        let count = self.r.u32()?;
        if u64::from(count) > most { Err(over(at, "arity")) } else { Ok(count) }
    }

    /// An index into the table, which the nodes use in order.
    fn name(&mut self) -> Result<u32, Refusal> {
        let at = self.r.at;
        let index = self.r.u32()?;
        let place = index as usize;
        if place >= self.tree.table.len() || place > self.used {
            return Err(bad(at, format!("hash {index} is not in the table, or used before its turn")));
        }
        self.used = self.used.max(place + 1);
        Ok(index)
    }
}
