//! Runs both decoders and validators over the same bytes and compares all that they say.
//!
//! What has to agree: whether the bytes are a program; at which stage they are refused; and of a program every node
//! with its immediates and type, slots, blocks with owner, kind and cost, certificates, hashes, entry points, names,
//! spans, and that encoding an object gives its bytes again.
//!
//! What may differ: the words of a refusal and its byte, since one fault can show at several; and the stage where one
//! side names a limit, since a limit may be seen to be passed before or after another fault is.

use super::{BlockKind, Body, Checked, Elem, Function, Imm, Named, Refusal, Spans, Stage, Type, check};
use nda_ast::{ErrorCode, Limits, Op, Program, ValidFunction, ValidProgram};

/// What both sides say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It is a valid program.
    Accepted,
    /// It is refused.
    Refused {
        /// Where; a limit if one side names one.
        stage: Stage,
        /// Whether both name the same byte, or none.
        same_byte: bool,
    },
}

/// What only one side says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement(
    /// What it is about, with both opinions.
    pub String,
);

impl std::fmt::Display for Disagreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl std::error::Error for Disagreement {}

type Same = Result<(), Disagreement>;

fn same<T: PartialEq + std::fmt::Debug>(what: impl Fn() -> String, first: &T, second: &T) -> Same {
    if first == second {
        return Ok(());
    }
    Err(Disagreement(format!("{}: nda-ast says {first:?}, the second {second:?}", what())))
}

/// Compares both sides over these bytes, at the default limits.
///
/// # Errors
/// The first thing that they do not agree on.
///
/// # Examples
/// ```
/// use nda_testkit::second::agree::{Verdict, agree};
/// assert!(matches!(agree(b"NDA"), Ok(Verdict::Refused { .. })));
/// ```
pub fn agree(bytes: &[u8]) -> Result<Verdict, Disagreement> {
    match (first(bytes), check(bytes)) {
        (Ok(first), Ok(second)) => accepted(&first, &second).map(|()| Verdict::Accepted),
        (Err((stage, offset, _)), Err(refusal)) if stage == refusal.stage || is_limit(stage, &refusal) => {
            let stage = if is_limit(stage, &refusal) { Stage::Limit } else { stage };
            Ok(Verdict::Refused { stage, same_byte: offset == refusal.offset })
        }
        (first, second) => {
            let first = first.map(|_| "valid").map_err(|(stage, _, words)| format!("{stage:?}: {words}"));
            let second = second.map(|_| "valid").map_err(|refusal| refusal.to_string());
            Err(Disagreement(format!("nda-ast says {first:?}, the second {second:?}")))
        }
    }
}

fn is_limit(stage: Stage, refusal: &Refusal) -> bool {
    stage == Stage::Limit || refusal.stage == Stage::Limit
}

/// Stage, byte and words of a refusal by `nda-ast`.
type Refused = (Stage, Option<usize>, String);

fn first(bytes: &[u8]) -> Result<ValidProgram, Refused> {
    let limits = Limits::default();
    let stage = |code, other| if code == ErrorCode::Limit { Stage::Limit } else { other };
    let program = nda_ast::decode(bytes.to_vec(), &limits)
        .map_err(|e| (stage(e.code, Stage::Decode), Some(e.offset), e.to_string()))?;
    nda_ast::validate(program, &limits).map_err(|e| (stage(e.code, Stage::Validate), None, e.to_string()))
}

fn accepted(first: &ValidProgram, second: &Checked) -> Same {
    let program = first.program();
    same(|| "number of objects".into(), &program.objects().len(), &second.objects.len())?;
    let entries: Vec<usize> = program.entries().iter().map(|e| *e as usize).collect();
    same(|| "entry points".into(), &entries, &second.entries)?;
    for (i, theirs) in second.objects.iter().enumerate() {
        let index = u32::try_from(i).unwrap_or(u32::MAX);
        let ours = &program.objects()[i];
        let about = |what: &str| format!("object {i}, {what}");
        same(|| about("kind"), &(ours.body().kind() as u8), &theirs.kind)?;
        same(|| about("hash"), ours.hash().as_bytes(), &theirs.hash)?;
        let bytes = &program.bytes()[theirs.bytes.clone()];
        same(|| about("bytes"), &program.object_bytes(index).as_ref(), &bytes)?;
        same(|| about("encoding"), &encoded(ours.body()).as_slice(), &bytes)?;
        match (ours.body(), &theirs.body) {
            (nda_ast::Body::Function(_), Body::Function(f)) => {
                let links: Vec<usize> = program.links(index).iter().map(|l| *l as usize).collect();
                same(|| about("table"), &links, &f.table)?;
                let valid =
                    first.function(index).ok_or_else(|| Disagreement(about("is no valid function")))?;
                function(i, valid, f)?;
            }
            (nda_ast::Body::Constant(c), Body::Constant(ty)) => same(|| about("type"), &type_of(c.ty()), ty)?,
            (nda_ast::Body::Import(ours), Body::Import { name, params, results, work }) => {
                same(|| about("name"), &ours.name, name)?;
                let inout = ours.params.iter().any(|p| p.is_inout());
                same(|| about("inout parameters"), &inout, &false)?;
                same(|| about("parameters"), &ours.params.iter().map(|p| type_of(p.ty)).collect(), params)?;
                same(|| about("results"), &types_of(&ours.results), results)?;
                same(|| about("work"), &ours.work, work)?;
            }
            _ => return Err(Disagreement(about("body"))),
        }
    }
    names(program, &second.names)?;
    spans(program, second)
}

fn encoded(body: &nda_ast::Body) -> Vec<u8> {
    match body {
        nda_ast::Body::Function(f) => nda_ast::encode_function(f),
        nda_ast::Body::Constant(c) => nda_ast::encode_constant(c),
        nda_ast::Body::Import(i) => nda_ast::encode_import(i),
    }
}

fn function(i: usize, ours: &ValidFunction, theirs: &Function) -> Same {
    let f = ours.function();
    let params = f.params().iter().map(|p| super::Param { ty: type_of(p.ty), inout: p.is_inout() });
    same(|| format!("object {i}, parameters"), &params.collect(), &theirs.params)?;
    same(|| format!("object {i}, results"), &types_of(f.results()), &theirs.results)?;
    same(|| format!("object {i}, number of nodes"), &f.node_count(), &theirs.nodes.len())?;
    for (n, theirs_node) in theirs.nodes.iter().enumerate() {
        let id = u32::try_from(n + 1).unwrap_or(u32::MAX);
        let ty = ours.type_of(id).map(type_of);
        same(|| format!("object {i}, node {id}"), &node(f, id, ty), theirs_node)?;
        same(|| format!("object {i}, type of node {id}"), &ty, &theirs.types[n])?;
    }
    let slots: Vec<Type> = ours.slots().iter().map(|s| type_of(s.ty)).collect();
    same(|| format!("object {i}, slots"), &slots, &theirs.slots)?;
    same(|| format!("object {i}, number of slots"), &f.slot_count(), &theirs.slots.len())?;
    same(|| format!("object {i}, blocks"), &blocks(ours), &theirs.blocks)?;
    let c = ours.certificate();
    let certificate = super::Certificate {
        levels: c.levels,
        nesting: c.nesting,
        frame: c.frame,
        max: c.max.get(),
        exact: c.exact,
        reaches_host: c.reaches_host,
    };
    same(|| format!("object {i}, certificate"), &certificate, &theirs.certificate)
}

/// Blocks that are charged: `nda-ast` keeps scopes and empty arms in its list too.
fn blocks(f: &ValidFunction) -> Vec<super::Block> {
    let mut all = Vec::new();
    for (id, block) in (0..).zip(f.function().blocks()) {
        let kind = match block.kind {
            nda_ast::BlockKind::Body => BlockKind::Function,
            nda_ast::BlockKind::Then if !block.is_empty() => BlockKind::Then,
            nda_ast::BlockKind::Else if !block.is_empty() => BlockKind::Else,
            nda_ast::BlockKind::Then | nda_ast::BlockKind::Else | nda_ast::BlockKind::Scope => continue,
            nda_ast::BlockKind::Loop => BlockKind::Loop,
            nda_ast::BlockKind::Cond => BlockKind::Condition,
            nda_ast::BlockKind::While => BlockKind::While,
        };
        all.push(super::Block { owner: block.owner, kind, cost: f.block_cost(id) });
    }
    all.sort_unstable();
    all
}

fn node(f: &nda_ast::Function, id: u32, ty: Option<Type>) -> (u8, Imm) {
    let node = f.node(id);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let table = count(node.table());
    let imm = match node.op() {
        Op::Store | Op::StoreElem | Op::Push | Op::Truncate | Op::Load => Imm::Slot(node.slot()),
        Op::Loop | Op::While => Imm::Max(node.max()),
        Op::Break | Op::Continue => Imm::Depth(node.depth()),
        Op::CallStmt => Imm::CallStmt(table, count(node.operands()), count(node.results())),
        Op::Call => Imm::Call(table, count(node.operands())),
        Op::Int => Imm::Int(node.int()),
        Op::Float | Op::Norm => Imm::Float(node.float().to_bits()),
        Op::Bool => Imm::Bool(node.bool()),
        Op::BufConst | Op::VecConst | Op::Matrix => Imm::Table(table),
        Op::Slice | Op::Splat | Op::ToVec | Op::Recap => Imm::Count(node.count()),
        // A node does not show the element; its type does.
        Op::Fill => match ty {
            Some(Type::Buf(elem, _)) => Imm::Fill(elem, node.count()),
            _ => Imm::None,
        },
        _ => Imm::None,
    };
    (node.op() as u8, imm)
}

fn types_of(types: &[nda_ast::Type]) -> Vec<Type> {
    types.iter().map(|t| type_of(*t)).collect()
}

fn type_of(ty: nda_ast::Type) -> Type {
    match ty {
        nda_ast::Type::Int => Type::Int,
        nda_ast::Type::Float => Type::Float,
        nda_ast::Type::Bool => Type::Bool,
        nda_ast::Type::Buf { elem, cap } => Type::Buf(elem_of(elem), cap),
        nda_ast::Type::Vec { n } => Type::Vec(n),
        nda_ast::Type::Mat { rows, cols } => Type::Mat(rows.into(), cols.into()),
    }
}

fn elem_of(elem: nda_ast::Elem) -> Elem {
    match elem {
        nda_ast::Elem::U8 => Elem::U8,
        nda_ast::Elem::Int => Elem::Int,
        nda_ast::Elem::Float => Elem::Float,
    }
}

fn names(program: &Program, second: &[Named]) -> Same {
    let mut ours = Vec::new();
    for (object, index) in (0..program.objects().len()).zip(0..) {
        if let Some(named) = program.names().get(index) {
            let name = named.name.as_deref().unwrap_or_default().to_owned();
            let slots = named.slots.iter().map(|(slot, name)| (*slot, name.to_string())).collect();
            ours.push(Named { object, name, slots });
        }
    }
    same(|| "names".into(), &ours.as_slice(), &second)
}

fn spans(program: &Program, second: &Checked) -> Same {
    let mut ours = Vec::new();
    for ((object, index), body) in (0..).zip(0..).zip(&second.objects) {
        let at = |node| {
            let span = program.spans().node(index, node)?;
            Some((u32::try_from(span.start).ok()?, u32::try_from(span.end).ok()?))
        };
        let nodes = if let Body::Function(f) = &body.body { f.nodes.len() } else { 0 };
        if at(0).is_some() {
            ours.push(Spans { object, spans: (0..).map_while(at).take(nodes + 2).collect() });
        }
    }
    same(|| "spans".into(), &ours, &second.spans)
}
