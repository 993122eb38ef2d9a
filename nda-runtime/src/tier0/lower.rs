//! From nodes to steps: one walk over each function in byte order.

use super::step::{Code, NO_DEST, Place, Step};
use crate::Loaded;
use crate::frame::FrameLayout;
use nda_ast::{BlockId, BlockKind, Elem, Function, Node, NodeId, Op, SlotId, SlotKind, Type, ValidFunction};

/// The code of all functions of a program, by object.
pub(crate) fn lower_all(program: &Loaded) -> Vec<Option<Code>> {
    let mut codes: Vec<Option<Code>> = Vec::new();
    for object in 0..program.object_count() {
        // Callees come first, so that their heights are known.
        let code = program.function(object).map(|f| {
            // Binding has looked at the size of frames.
            let Some(layout) = FrameLayout::of(f) else { unreachable!("a frame of 2^31 words") };
            Lowering::new(program, object, f, &layout, &codes).run(layout.clone())
        });
        codes.push(code);
    }
    codes
}

/// The end of a chain of jumps that wait for their target: each holds the step of the one before it.
const END: u32 = u32::MAX;

/// A block not yet ended.
struct Open {
    block: BlockId,
    kind: BlockKind,
    end: NodeId,
    /// Then: the step that jumps to the else-arm. Else: the one that jumps over it. Loops: the one that may skip it.
    patch: u32,
    /// Loops: where the next iteration begins.
    head: u32,
    /// Loops: number among the function's loops.
    counter: u32,
    /// Loops: chains of jumps of `Break` and `Continue`.
    breaks: u32,
    continues: u32,
}

/// What follows an operand of a `Select`.
#[derive(Clone, Copy)]
enum Mark {
    AfterCondition,
    AfterFirstArm,
}

struct Lowering<'a> {
    program: &'a Loaded,
    valid: &'a ValidFunction,
    f: &'a Function,
    layout: &'a FrameLayout,
    links: &'a [u32],
    targets: &'a [u64],
    codes: &'a [Option<Code>],
    steps: Vec<Step>,
    nodes: Vec<NodeId>,
    open: Vec<Open>,
    /// Places of open loops in `open`.
    loops: Vec<usize>,
    loops_seen: u32,
    /// Operands of selects, by ascending node, taken from the end.
    marks: Vec<(NodeId, Mark)>,
    /// Per select under way the jump to patch next.
    selects: Vec<u32>,
    /// `While` conditions, by ascending first node, taken from the end.
    conditions: Vec<BlockId>,
    /// First step of the condition under way; conditions do not nest.
    condition_head: u32,
    height: usize,
    max_height: usize,
    callee_height: usize,
    callee_words: u64,
    callee_calls: u32,
}

impl<'a> Lowering<'a> {
    fn new(
        program: &'a Loaded,
        object: u32,
        valid: &'a ValidFunction,
        layout: &'a FrameLayout,
        codes: &'a [Option<Code>],
    ) -> Lowering<'a> {
        let f = valid.function();
        let blocks = f.blocks().iter().enumerate().rev();
        Lowering {
            program,
            valid,
            f,
            layout,
            targets: program.targets(object),
            links: program.program().program().links(object),
            codes,
            steps: Vec::with_capacity(f.node_count() + 2 * f.blocks().len()),
            nodes: Vec::with_capacity(f.node_count() + 2 * f.blocks().len()),
            open: Vec::new(),
            loops: Vec::new(),
            loops_seen: 0,
            marks: select_marks(f),
            selects: Vec::new(),
            conditions: blocks.filter(|(_, b)| b.kind == BlockKind::Cond).map(|(i, _)| i as u32).collect(),
            condition_head: 0,
            height: 0,
            max_height: 0,
            callee_height: 0,
            callee_words: 0,
            callee_calls: 0,
        }
    }

    fn run(mut self, layout: FrameLayout) -> Code {
        self.open_block(0, END);
        for id in 1.. {
            while self.open.last().is_some_and(|open| open.end == id) {
                self.close();
            }
            if self.open.is_empty() {
                break;
            }
            self.begin_condition(id);
            let node = *self.f.node(id);
            if node.op().is_stmt() {
                self.height -= node.operands();
                self.statement(id, &node);
            } else {
                self.expression(id, &node);
                // Of a `Select` all three count, though only the arm taken is ever there: a bound, not the exact height.
                self.height = self.height - node.operands() + 1;
                self.max_height = self.max_height.max(self.height);
                self.after_operand(id);
            }
        }
        Code {
            steps: self.steps,
            nodes: self.nodes,
            height: self.max_height + self.callee_height,
            chain_words: self.callee_words + u64::from(layout.words()),
            chain_calls: self.callee_calls + 1,
            layout,
        }
    }

    fn emit(&mut self, node: NodeId, step: Step) -> u32 {
        self.steps.push(step);
        self.nodes.push(node);
        self.steps.len() as u32 - 1
    }

    fn here(&self) -> u32 {
        self.steps.len() as u32
    }

    /// Lets the jump at `step` lead here.
    fn patch(&mut self, step: u32) {
        let here = self.here();
        match &mut self.steps[step as usize] {
            Step::Jump(to) | Step::Unless(to) => *to = here,
            Step::LoopEnter { exit, .. } | Step::WhileTest { exit, .. } => *exit = here,
            other => unreachable!("{other:?} does not jump"),
        }
    }

    /// Lets a chain of jumps lead here.
    fn patch_chain(&mut self, mut step: u32) {
        while step != END {
            let Step::Jump(before) = self.steps[step as usize] else { unreachable!("a chain of jumps") };
            self.patch(step);
            step = before;
        }
    }

    fn open_block(&mut self, block: BlockId, patch: u32) -> &mut Open {
        let b = self.f.blocks()[block as usize];
        let cost = self.valid.block_cost(block);
        if cost > 0 {
            self.emit(b.owner, Step::Charge(cost));
        }
        let counter = self.loops_seen;
        if matches!(b.kind, BlockKind::Loop | BlockKind::While) {
            self.loops.push(self.open.len());
            self.loops_seen += 1;
        }
        let place = self.open.len();
        self.open.push(Open {
            block,
            kind: b.kind,
            end: b.end,
            patch,
            head: 0,
            counter,
            breaks: END,
            continues: END,
        });
        &mut self.open[place]
    }

    fn close(&mut self) {
        let Some(closed) = self.open.pop() else { return };
        let owner = self.f.blocks()[closed.block as usize].owner;
        match closed.kind {
            BlockKind::Body => {
                self.emit(0, Step::Return);
            }
            BlockKind::Scope | BlockKind::Cond => {}
            BlockKind::Then => self.close_then(&closed, owner),
            BlockKind::Else => {
                if closed.patch != END {
                    self.patch(closed.patch);
                }
            }
            BlockKind::Loop => {
                self.loops.pop();
                self.patch_chain(closed.continues);
                let node = *self.f.node(owner);
                let index = self.layout.slot(node.index_slot());
                let counter = self.layout.counter(closed.counter);
                let bounded = node.max().is_some();
                self.emit(owner, Step::LoopNext { counter, index, head: closed.head, bounded });
                self.patch(closed.patch);
                self.patch_chain(closed.breaks);
            }
            BlockKind::While => {
                self.loops.pop();
                self.patch_chain(closed.continues);
                self.emit(owner, Step::Jump(closed.head));
                self.patch(closed.patch);
                self.patch_chain(closed.breaks);
            }
        }
    }

    fn close_then(&mut self, closed: &Open, owner: NodeId) {
        let other = closed.block + 1;
        let over = match self.f.blocks()[other as usize].is_empty() {
            true => END,
            false => self.emit(owner, Step::Jump(END)),
        };
        self.patch(closed.patch);
        self.open_block(other, over);
    }

    /// A `While` begins where its condition does.
    fn begin_condition(&mut self, id: NodeId) {
        let Some(&block) = self.conditions.last() else { return };
        let b = self.f.blocks()[block as usize];
        if b.first == id {
            // Its number as a loop: conditions hold no loops, so that none comes between here and the body.
            self.emit(b.owner, Step::WhileEnter(self.layout.counter(self.loops_seen)));
            self.condition_head = self.emit(b.owner, Step::Poll);
            self.emit(b.owner, Step::Charge(self.valid.block_cost(block)));
            self.conditions.pop();
        }
    }

    fn statement(&mut self, id: NodeId, node: &Node) {
        match node.op() {
            Op::Let | Op::Store => self.set(id, node.slot()),
            Op::StoreElem => {
                let to = self.place(node.slot());
                let step = match self.valid.slot(node.slot()).ty {
                    Type::Buf { elem: Elem::U8, .. } => Step::SetByte(to),
                    Type::Vec { n } => Step::SetLane { to, n },
                    _ => Step::SetElement(to),
                };
                self.emit(id, step);
            }
            Op::Push => {
                let to = self.place(node.slot());
                let step = match self.valid.slot(node.slot()).ty {
                    Type::Buf { elem: Elem::U8, cap } => Step::PushByte { to, cap },
                    Type::Buf { cap, .. } => Step::PushElement { to, cap },
                    other => unreachable!("push to {other}"),
                };
                self.emit(id, step);
            }
            Op::Truncate => {
                let to = self.place(node.slot());
                self.emit(id, Step::Truncate(to));
            }
            Op::Scope => {
                self.open_block(node.block(), END);
            }
            Op::If => {
                let unless = self.emit(id, Step::Unless(END));
                self.open_block(node.block(), unless);
            }
            Op::Loop => self.begin_loop(id, node),
            Op::While => self.begin_while(id, node),
            Op::Break | Op::Continue => self.leave_loop(id, node),
            Op::Return => {
                self.emit(id, Step::Return);
            }
            Op::CallStmt => self.call_stmt(id, node),
            Op::Print => {
                let ty = self.operand_type(id);
                self.emit(id, Step::Print(ty));
            }
            Op::Fail => {
                self.emit(id, Step::Fail);
            }
            other => unreachable!("{other:?} is no statement"),
        }
    }

    fn begin_loop(&mut self, id: NodeId, node: &Node) {
        let counter = self.layout.counter(self.loops_seen);
        let index = self.layout.slot(node.index_slot());
        let bounded = node.max().is_some();
        let enter = self.emit(id, Step::LoopEnter { counter, index, exit: END, bounded });
        let head = self.emit(id, Step::Poll);
        self.open_block(node.block(), enter).head = head;
    }

    fn begin_while(&mut self, id: NodeId, node: &Node) {
        let counter = self.layout.counter(self.loops_seen);
        let head = self.condition_head;
        let bounded = node.max().is_some();
        let test = self.emit(id, Step::WhileTest { counter, exit: END, bounded });
        self.open_block(node.block() + 1, test).head = head;
    }

    fn leave_loop(&mut self, id: NodeId, node: &Node) {
        let place = self.loops[self.loops.len() - 1 - node.depth() as usize];
        let open = &mut self.open[place];
        let here = self.steps.len() as u32;
        let chain = if node.op() == Op::Break { &mut open.breaks } else { &mut open.continues };
        let before = std::mem::replace(chain, here);
        self.emit(id, Step::Jump(before));
    }

    fn set(&mut self, id: NodeId, slot: SlotId) {
        let ty = self.valid.slot(slot).ty;
        let step = match ty.is_aggregate() {
            true => Step::SetAggregate { ty, to: self.place(slot) },
            false => Step::SetWord(self.layout.slot(slot)),
        };
        self.emit(id, step);
    }

    fn call_stmt(&mut self, id: NodeId, node: &Node) {
        let target = self.links[node.table()];
        let args = node.operands() as u16;
        if self.program.import(target).is_some() {
            self.emit(id, Step::CallHost { import: self.targets[node.table()] as u32, args });
        } else {
            self.count_callee(target);
            self.emit(id, Step::CallStmt { callee: target, args });
        }
    }

    fn count_callee(&mut self, target: u32) {
        let Some(code) = self.codes[target as usize].as_ref() else { return };
        self.callee_height = self.callee_height.max(code.height);
        self.callee_words = self.callee_words.max(code.chain_words);
        self.callee_calls = self.callee_calls.max(code.chain_calls);
    }

    fn place(&self, slot: SlotId) -> Place {
        let indirect = self.valid.slot(slot).kind == SlotKind::Inout;
        Place::new(self.layout.slot(slot), indirect)
    }

    /// Type of the last operand.
    fn operand_type(&self, id: NodeId) -> Type {
        expression_type(self.valid, self.f.last_operand(id))
    }

    /// Type of the operand before the last.
    fn first_of_two(&self, id: NodeId) -> Type {
        expression_type(self.valid, self.f.operand_before(self.f.last_operand(id)))
    }

    fn after_operand(&mut self, id: NodeId) {
        let Some(&(at, mark)) = self.marks.last() else { return };
        if at != id {
            return;
        }
        self.marks.pop();
        match mark {
            Mark::AfterCondition => {
                let unless = self.emit(id, Step::Unless(END));
                self.selects.push(unless);
            }
            Mark::AfterFirstArm => {
                let over = self.emit(id, Step::Jump(END));
                let unless = self.selects.pop().unwrap_or(over);
                self.patch(unless);
                self.selects.push(over);
            }
        }
    }

    fn expression(&mut self, id: NodeId, node: &Node) {
        let step = match node.op() {
            Op::Int => Step::Word(node.int() as u64),
            Op::Float => Step::Word(node.float().to_bits()),
            Op::Bool => Step::Word(node.bool().into()),
            Op::BufConst | Op::VecConst | Op::Matrix => Step::Word(self.targets[node.table()]),
            Op::Load => self.load(node.slot()),
            Op::Select => {
                if let Some(over) = self.selects.pop() {
                    self.patch(over);
                }
                return;
            }
            Op::Call => {
                let callee = self.links[node.table()];
                self.count_callee(callee);
                let dest = self.layout.temp(id).unwrap_or(NO_DEST);
                Step::Call { callee, dest, args: node.operands() as u16 }
            }
            op => self.operation(id, node, op),
        };
        self.emit(id, step);
    }

    fn load(&self, slot: SlotId) -> Step {
        let place = self.valid.slot(slot);
        let word = self.layout.slot(slot);
        let by_word = matches!(place.kind, SlotKind::In | SlotKind::Inout) || !place.ty.is_aggregate();
        if by_word { Step::Slot(word) } else { Step::Local(word) }
    }

    fn operation(&self, id: NodeId, node: &Node, op: Op) -> Step {
        // 0 where the node computes no aggregate; it is then not used.
        let dest = self.layout.temp(id).unwrap_or(0);
        let n = length(expression_type(self.valid, id));
        match op {
            Op::AddVec | Op::SubVec | Op::MulVec | Op::MinVec | Op::MaxVec | Op::DivVec => {
                Step::Vec2 { op, dest, n }
            }
            Op::AddVecFloat
            | Op::SubVecFloat
            | Op::MulVecFloat
            | Op::MinVecFloat
            | Op::MaxVecFloat
            | Op::DivVecFloat => Step::VecFloat { op, dest, n },
            Op::NegVec
            | Op::AbsVec
            | Op::SqrtVec
            | Op::ReluVec
            | Op::ExpVec
            | Op::TanhVec
            | Op::SigmoidVec
            | Op::SiluVec
            | Op::GeluVec
            | Op::Softmax => Step::Vec1 { op, dest, n },
            Op::Dot | Op::Sum | Op::Mean | Op::MaxOf | Op::MinOf | Op::ArgMax | Op::ArgMin => {
                Step::Reduce { op, n: length(self.operand_type(id)) }
            }
            Op::Gemv => Step::Gemv { dest },
            Op::Norm => Step::Norm { dest },
            Op::Row => Step::Row { dest },
            Op::Len => match self.operand_type(id) {
                Type::Vec { n } => Step::LenVec(n),
                _ => Step::LenBuf,
            },
            Op::Index => match self.first_of_two(id) {
                Type::Buf { elem: Elem::U8, .. } => Step::IndexByte,
                Type::Vec { n } => Step::IndexLane(n),
                _ => Step::IndexElement,
            },
            Op::Slice => Step::Slice { dest, n: length(self.first_of_two(id)), count: node.count() },
            Op::Concat => {
                let (a, b) = (self.first_of_two(id), self.operand_type(id));
                Step::Concat { dest, a: length(a), b: length(b) }
            }
            Op::Splat => Step::Splat { dest, n },
            Op::ToVec => Step::ToVec { dest, n },
            Op::ToBuf => Step::ToBuf { dest, n },
            Op::Fill | Op::Recap => {
                let Type::Buf { elem, cap } = expression_type(self.valid, id) else {
                    unreachable!("{op:?} gives a buf")
                };
                if op == Op::Fill { Step::Fill { dest, elem, cap } } else { Step::Recap { dest, elem, cap } }
            }
            op => Step::Scalar(op),
        }
    }
}

fn select_marks(f: &Function) -> Vec<(NodeId, Mark)> {
    let mut marks = Vec::new();
    for (i, _) in f.nodes().iter().enumerate().filter(|(_, node)| node.op() == Op::Select) {
        let operands = f.operands(i as NodeId + 1);
        marks.push((operands[0], Mark::AfterCondition));
        marks.push((operands[1], Mark::AfterFirstArm));
    }
    marks.sort_unstable_by_key(|(id, _)| std::cmp::Reverse(*id));
    marks
}

fn expression_type(f: &ValidFunction, id: NodeId) -> Type {
    // A statement is never an operand; the validator has seen to it.
    f.type_of(id).unwrap_or(Type::Int)
}

/// Elements of a vector or capacity of a buffer.
fn length(ty: Type) -> u32 {
    match ty {
        Type::Vec { n } => n,
        Type::Buf { cap, .. } => cap,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Link;
    use nda_ast::{Expr, FunctionBuilder, Limits, ProgramBuilder, load};
    use std::sync::Arc;

    fn returning(expr: Expr) -> FunctionBuilder {
        let mut f = FunctionBuilder::new("f", [Type::Int]);
        f.return_([expr]);
        f
    }

    #[test]
    fn the_stack_is_as_high_as_operands_wait() {
        let mut p = ProgramBuilder::new();
        // To the left two operands wait, however long the sum; to the right all do.
        let terms = 100;
        let left = (0..terms).map(Expr::int).reduce(|sum, x| sum + x).unwrap();
        let right = (0..terms).map(Expr::int).reduce(|sum, x| x + sum).unwrap();
        let left = p.add(returning(left)).unwrap();
        let right = p.add(returning(right)).unwrap();
        let both = p.add(returning(Expr::call(&left, []) * Expr::call(&right, []))).unwrap();
        p.entry(&both);
        let program = load(p.finish().unwrap(), &Limits::default()).unwrap();
        let loaded = Loaded::new(Arc::new(program), &Link::new()).unwrap();
        let heights: Vec<usize> = loaded.tier0().iter().flatten().map(|code| code.height).collect();
        assert_eq!(heights, [2, 100, 102]);
    }
}
