//! Sections 2 to 4: types, slots, flow and calls. Certificates and limits follow from what is valid.

use super::decode::File;
use super::table::{Gives, Takes, Want};
use super::types::{Expr, RawBody, Stmt, Tree};
use super::{Body, Checked, Elem, Function, Imm, Object, Refusal, Stage, Type, cert, cost};

/// Validates all objects, in the order of the file: what a function names lies before it.
pub(crate) fn program(file: File) -> Result<Checked, Refusal> {
    let mut objects: Vec<Object> = Vec::new();
    for raw in file.objects {
        let (kind, body) = match raw.body {
            RawBody::Function(tree) => (0, Body::Function(Box::new(function(tree, &objects)?))),
            RawBody::Constant(ty) => (1, Body::Constant(ty)),
            RawBody::Import { name, params, results, work } => {
                (2, Body::Import { name, params, results, work })
            }
        };
        objects.push(Object { kind, hash: raw.hash, bytes: raw.bytes, body });
    }
    Ok(Checked { objects, entries: file.entries, names: file.names, spans: file.spans })
}

fn function(tree: Tree, done: &[Object]) -> Result<Function, Refusal> {
    if tree.params.iter().any(|p| p.inout && !p.ty.is_aggregate()) {
        return Err(wrong(0, "only a buf or vec may be `inout`"));
    }
    if !tree.results.iter().all(|t| t.is_value()) {
        return Err(wrong(0, "a result is no mat"));
    }
    let types = vec![None; tree.nodes.len()];
    let mut checker = Checker { tree: &tree, done, types, slots: Vec::new() };
    for param in &tree.params {
        checker.declare(param.ty, param.inout);
    }
    let leaves = checker.block(&tree.body, 0)?;
    if !leaves && !tree.results.is_empty() {
        return Err(wrong(0, "the body of a function with results has to leave"));
    }
    let types = checker.types;
    let slots: Vec<Type> = checker.slots.iter().map(|s| s.ty).collect();
    debug_assert_eq!(slots.len(), tree.slots as usize);
    let view = cost::View { table: &tree.table, done, types: &types, slots: &slots };
    let blocks = cost::blocks(&tree.body, &view);
    let certificate = cert::certificate(&tree.body, &view, &blocks)?;
    Ok(Function {
        params: tree.params,
        results: tree.results,
        table: tree.table,
        nodes: tree.nodes,
        types,
        slots,
        blocks,
        certificate,
    })
}

fn wrong(number: u32, reason: impl std::fmt::Display) -> Refusal {
    Refusal { offset: None, stage: Stage::Validate, reason: format!("node {number}: {reason}") }
}

struct Slot {
    ty: Type,
    /// Whether it may be stored to.
    writable: bool,
    visible: bool,
}

struct Checker<'a> {
    tree: &'a Tree,
    done: &'a [Object],
    types: Vec<Option<Type>>,
    slots: Vec<Slot>,
}

impl Checker<'_> {
    fn declare(&mut self, ty: Type, writable: bool) {
        self.slots.push(Slot { ty, writable, visible: true });
    }

    /// Checks the statements of a block, a scope or the body; whether it leaves.
    fn block(&mut self, statements: &[Stmt], loops: u32) -> Result<bool, Refusal> {
        let outer = self.slots.len();
        let mut leaves = false;
        for statement in statements {
            if leaves {
                return Err(wrong(statement.number, "a statement follows one that leaves"));
            }
            self.statement(statement)?;
            leaves = self.inner(statement, loops)?;
        }
        self.hide(outer);
        Ok(leaves)
    }

    /// Ends the visibility of all slots from this one.
    fn hide(&mut self, from: usize) {
        for slot in &mut self.slots[from..] {
            slot.visible = false;
        }
    }

    /// The blocks of a statement, and flow; whether it leaves.
    fn inner(&mut self, s: &Stmt, loops: u32) -> Result<bool, Refusal> {
        match s.row.name {
            "scope" => self.block(&s.blocks[0], loops),
            "if" => {
                let then = self.block(&s.blocks[0], loops)?;
                let otherwise = self.block(&s.blocks[1], loops)?;
                Ok(then && otherwise)
            }
            "loop" => {
                let index = self.slots.len();
                self.declare(Type::Int, false);
                self.block(&s.blocks[0], loops + 1)?;
                self.hide(index);
                Ok(false)
            }
            "while" => {
                self.block(&s.blocks[0], loops + 1)?;
                Ok(false)
            }
            "break" | "continue" => match s.imm {
                Imm::Depth(depth) if depth < loops => Ok(true),
                _ => Err(wrong(s.number, format!("it leaves a loop that is not around it; {loops} are"))),
            },
            "return" | "fail" => Ok(true),
            _ => Ok(false),
        }
    }

    /// The operands and the slot of a statement.
    fn statement(&mut self, s: &Stmt) -> Result<(), Refusal> {
        let mut types = Vec::new();
        for arg in &s.args {
            types.push(self.expr(arg)?);
        }
        self.operands(s.number, s.row.takes, &types)?;
        match (s.row.name, s.imm) {
            ("let", _) => self.declare(types[0], true),
            ("store" | "store_elem" | "push" | "truncate", Imm::Slot(slot)) => {
                self.write(s, slot, types[0])?
            }
            ("call_stmt", Imm::CallStmt(index, _, results)) => self.call_stmt(s, index, results, &types)?,
            _ => {}
        }
        Ok(())
    }

    /// A visible slot.
    fn slot(&self, number: u32, slot: u32) -> Result<&Slot, Refusal> {
        match self.slots.get(slot as usize) {
            Some(found) if found.visible => Ok(found),
            _ => Err(wrong(number, format!("slot {slot} is not visible"))),
        }
    }

    fn write(&self, s: &Stmt, slot: u32, value: Type) -> Result<(), Refusal> {
        let target = self.slot(s.number, slot)?;
        if !target.writable {
            return Err(wrong(s.number, format!("slot {slot} is read-only")));
        }
        let element = match target.ty {
            Type::Buf(elem, _) => Some(elem.scalar()),
            Type::Vec(_) => Some(Type::Float),
            _ => None,
        };
        let growable = matches!(target.ty, Type::Buf(..));
        let fits = match s.row.name {
            "store" => value == target.ty,
            "store_elem" => Some(value) == element,
            "push" => growable && Some(value) == element,
            _ => growable,
        };
        if fits { Ok(()) } else { Err(wrong(s.number, format!("{value:?} does not fit slot {slot}"))) }
    }

    fn expr(&mut self, e: &Expr) -> Result<Type, Refusal> {
        let mut types = Vec::new();
        for arg in &e.args {
            types.push(self.expr(arg)?);
        }
        self.operands(e.number, e.row.takes, &types)?;
        let ty = match e.row.gives {
            Gives::Int => Type::Int,
            Gives::Float => Type::Float,
            Gives::Bool => Type::Bool,
            Gives::First => types[0],
            Gives::Rule | Gives::None => self.rule(e, &types)?,
        };
        self.types[e.number as usize - 1] = Some(ty);
        Ok(ty)
    }

    /// The column "operands".
    fn operands(&self, number: u32, takes: Takes, types: &[Type]) -> Result<(), Refusal> {
        match takes {
            Takes::These(wants) => {
                for (i, want) in wants.iter().enumerate() {
                    if !suits(*want, types, i) {
                        let found = types[i];
                        return Err(wrong(
                            number,
                            format!("operand {i} is {found:?} where {want:?} is wanted"),
                        ));
                    }
                }
                Ok(())
            }
            Takes::Results if types != self.tree.results => {
                Err(wrong(number, "the operands are not of the results' types"))
            }
            Takes::Results | Takes::Arguments => Ok(()),
        }
    }

    /// The result types that the table calls *rule*.
    fn rule(&self, e: &Expr, types: &[Type]) -> Result<Type, Refusal> {
        let no = |reason: &str| Err(wrong(e.number, reason));
        match (e.row.name, e.imm, types) {
            ("buf_const" | "vec_const" | "matrix", Imm::Table(index), _) => self.constant(e, index),
            ("load", Imm::Slot(slot), _) => Ok(self.slot(e.number, slot)?.ty),
            ("call", Imm::Call(index, _), _) => self.call(e, index, types),
            ("select", _, [_, second, _]) => Ok(*second),
            ("gemv", _, [Type::Mat(r, c), Type::Vec(n)]) if c == n => Ok(Type::Vec(*r)),
            ("norm", _, [Type::Mat(1, c), Type::Vec(n)]) if c == n => Ok(Type::Vec(*n)),
            ("gemv" | "norm", ..) => no("the shapes do not fit"),
            ("row", _, [Type::Mat(_, c), _]) => Ok(Type::Vec(*c)),
            ("index", _, [Type::Buf(elem, _), _]) => Ok(elem.scalar()),
            ("index", _, [Type::Vec(_), _]) => Ok(Type::Float),
            ("slice", Imm::Count(count), [Type::Vec(n), _]) if count <= *n => Ok(Type::Vec(count)),
            ("slice", ..) => no("it takes more than the vec has"),
            ("concat", _, [Type::Vec(n), Type::Vec(m)]) if n + m <= 1 << 20 => Ok(Type::Vec(n + m)),
            ("concat", ..) => no("the vec has more than 2^20 elements"),
            ("splat" | "to_vec", Imm::Count(count), _) => Ok(Type::Vec(count)),
            ("to_buf", _, [Type::Vec(n)]) => Ok(Type::Buf(Elem::Float, *n)),
            ("fill", Imm::Fill(elem, count), [value]) if *value == elem.scalar() => {
                Ok(Type::Buf(elem, count))
            }
            ("fill", ..) => no("the operand is not of the element's type"),
            ("recap", Imm::Count(count), [Type::Buf(elem, _)]) => Ok(Type::Buf(*elem, count)),
            (name, ..) => unreachable!("the table gives `{name}` no such rule"),
        }
    }

    /// The object that an index into the table names.
    fn object(&self, index: u32) -> &Object {
        &self.done[self.tree.table[index as usize]]
    }

    fn constant(&self, e: &Expr, index: u32) -> Result<Type, Refusal> {
        match (e.row.name, &self.object(index).body) {
            ("buf_const", Body::Constant(ty @ Type::Buf(..)))
            | ("vec_const", Body::Constant(ty @ Type::Vec(_)))
            | ("matrix", Body::Constant(ty @ Type::Mat(..))) => Ok(*ty),
            _ => Err(wrong(e.number, "the object is no constant of this kind")),
        }
    }

    fn call(&self, e: &Expr, index: u32, types: &[Type]) -> Result<Type, Refusal> {
        let Body::Function(callee) = &self.object(index).body else {
            return Err(wrong(e.number, "`call` names a function"));
        };
        if !is_pure(callee) {
            return Err(wrong(e.number, "the callee is one for `call_stmt`"));
        }
        if !callee.params.iter().map(|p| &p.ty).eq(types) {
            return Err(wrong(e.number, "the arguments are not of the parameters' types"));
        }
        Ok(callee.results[0])
    }

    fn call_stmt(&mut self, s: &Stmt, index: u32, results: u32, types: &[Type]) -> Result<(), Refusal> {
        let (params, declared) = match &self.object(index).body {
            Body::Function(callee) if is_pure(callee) => {
                return Err(wrong(s.number, "the callee is one for `call`"));
            }
            Body::Function(callee) => {
                (callee.params.iter().map(|p| (p.ty, p.inout)).collect::<Vec<_>>(), callee.results.clone())
            }
            Body::Import { params, results, .. } => {
                (params.iter().map(|t| (*t, false)).collect(), results.clone())
            }
            Body::Constant(_) => return Err(wrong(s.number, "a constant cannot be called")),
        };
        if !params.iter().map(|(ty, _)| ty).eq(types) {
            return Err(wrong(s.number, "the arguments are not of the parameters' types"));
        }
        if declared.len() != results as usize {
            return Err(wrong(s.number, format!("the callee has {} results", declared.len())));
        }
        for (arg, (_, inout)) in s.args.iter().zip(&params) {
            if *inout {
                self.inout(s, arg)?;
            }
        }
        for ty in declared {
            self.declare(ty, true);
        }
        Ok(())
    }

    fn inout(&self, s: &Stmt, arg: &Expr) -> Result<(), Refusal> {
        let ("load", Imm::Slot(slot)) = (arg.row.name, arg.imm) else {
            return Err(wrong(arg.number, "an `inout` argument is a whole slot"));
        };
        if !self.slot(arg.number, slot)?.writable {
            return Err(wrong(arg.number, format!("slot {slot} is read-only")));
        }
        if loads(&s.args, slot) != 1 {
            return Err(wrong(arg.number, format!("slot {slot} stands elsewhere in the call")));
        }
        Ok(())
    }
}

/// How many loads of a slot stand anywhere in these expressions.
fn loads(exprs: &[Expr], slot: u32) -> usize {
    let own = |e: &Expr| usize::from(e.row.name == "load" && e.imm == Imm::Slot(slot));
    exprs.iter().map(|e| own(e) + loads(&e.args, slot)).sum()
}

/// Whether `call` may name it.
fn is_pure(callee: &Function) -> bool {
    callee.results.len() == 1 && !callee.params.iter().any(|p| p.inout) && !callee.certificate.reaches_host
}

/// The operand classes.
fn suits(want: Want, types: &[Type], i: usize) -> bool {
    let ty = types[i];
    match want {
        Want::Int => ty == Type::Int,
        Want::Float => ty == Type::Float,
        Want::Bool => ty == Type::Bool,
        Want::Vec => matches!(ty, Type::Vec(_)),
        Want::SameVec => ty == types[0],
        Want::Buf => matches!(ty, Type::Buf(..)),
        Want::BufFloat => matches!(ty, Type::Buf(Elem::Float, _)),
        Want::Seq => ty.is_aggregate(),
        Want::Mat => matches!(ty, Type::Mat(..)),
        Want::Value => ty.is_value(),
        Want::Same => ty == types[i - 1],
    }
}
