//! From nodes to CLIF: one walk over a function's events, with the operands that wait on a stack, without recursion.
//!
//! Scalars of slots are variables, which Cranelift keeps in registers. Their homes in the frame are written only where code
//! leaves, or may, at the head of a loop: see [`heads`].

mod blocks;
mod bounds;
mod calls;
mod counted;
mod elements;
mod heads;
mod inline;
mod memory;
mod places;
mod scalar;
mod select;
mod stmt;
mod vectors;

use crate::context::status;
use crate::helpers::Helper;
use crate::plan::fuel::FuelPlan;
use crate::plan::inline::{Inline, inline};
use crate::plan::live::Live;
use crate::plan::loops::LoopInfo;
use crate::plan::nan::NanPlan;
use crate::plan::walk::Event;
use crate::plan::{fuel, live, loops, nan, walk};
use crate::{Host, Refusal, Source};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AbiParam, Block, InstBuilder, SigRef, Signature, Value, types};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, Variable};
use nda_ast::{Function, NodeId, Op, Type, ValidFunction};
use nda_runtime::TrapCode;
use nda_runtime::jit::{FrameMap, Homes, JitEntry};
use std::collections::HashMap;
use std::ops::Range;

use blocks::Open;
use memory::Slot;
use places::Places;
pub(crate) use scalar::is_scalar;

/// What is known of it before code is emitted.
pub(crate) struct Plan {
    events: Vec<Event>,
    loops: Vec<LoopInfo>,
    fuel: FuelPlan,
    live: Live,
    nan: NanPlan,
    /// Callees that may be part of the code, by entry of the table.
    callees: Vec<Option<Inline>>,
}

/// Fuel that a way without a look at it may cost: far below what a slice, a register's value, may be.
const MOST_WAY: u64 = 1 << 40;

/// Pieces of code, about, above which a function stays in the other tier.
const MOST_SIZE: usize = 30_000;

impl Plan {
    /// # Errors
    /// Where the function is too large.
    pub(crate) fn new(source: &Source<'_>) -> Result<Plan, Refusal> {
        let f = source.valid.function();
        if f.node_count() > MOST_SIZE {
            return Err(Refusal::TooLarge { size: f.node_count(), most: MOST_SIZE });
        }
        let events = walk::events(f);
        let loops = loops::loops(f, &events);
        let live = live::live(source.valid, &loops);
        // At the head of each loop what is live is written and read again.
        let kept: usize = loops.iter().map(|l| 2 * live.at(l).count()).sum();
        let size = f.node_count() + kept;
        if size > MOST_SIZE {
            return Err(Refusal::TooLarge { size, most: MOST_SIZE });
        }
        let callees: Vec<_> = source.callees.iter().map(|callee| inline(callee.as_ref()?)).collect();
        let way = |id: NodeId| Some(callees.get(f.node(id).table())?.as_ref()?.fuel.begin);
        let fuel = fuel::fuel_plan(source.valid, &events, &loops, &way);
        if fuel.heads.iter().chain([&fuel.begin]).any(|way| *way > MOST_WAY) {
            return Err(Refusal::TooDear);
        }
        let nan = nan::nan_plan(source.valid, &events);
        Ok(Plan { events, loops, fuel, live, nan, callees })
    }
}

/// The value of an expression.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operand {
    /// `late`: a float whose NaN is yet to be made canonical.
    Scalar {
        value: Value,
        late: bool,
    },
    Place(Place),
}

/// Where an aggregate or matrix is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// So many words into the function's own aggregates.
    Local(u32),
    Slot(u32),
    /// What an entry of the table names.
    Constant(u32),
    /// By its reference.
    Reference(Value),
}

pub(crate) struct Emitter<'e, 'f> {
    b: FunctionBuilder<'e>,
    isa: &'f dyn TargetIsa,
    /// Whether the CPU rounds floats by an instruction.
    rounds: bool,
    valid: &'f ValidFunction,
    f: &'f Function,
    imports: &'f [u32],
    homes: &'f Homes,
    map: FrameMap,
    plan: &'f Plan,
    /// Of the function under way, which may be a callee that is part of the code.
    events: &'f [Event],
    fuels: &'f FuelPlan,
    nans: &'f NanPlan,
    inlining: Option<inline::Inlined>,
    entry: JitEntry,
    /// The context.
    cx: Value,
    fuel: Variable,
    /// The first of the function's own aggregates.
    locals: Variable,
    slots: Vec<Slot>,
    /// Counters of loops, by ordinal.
    counters: Vec<Option<Variable>>,
    places: Places,
    stack: Vec<Operand>,
    opens: Vec<Open>,
    /// Loops that have opened so far.
    loops: u32,
    selects: Vec<select::Open>,
    /// The iterations that have been charged together, in a loop that does so.
    batch: Option<counted::Batch>,
    /// Accesses that need no check.
    answered: Option<bounds::Answered>,
    /// The event under way.
    at: usize,
    /// Nothing leads to where the walk stands: no code is emitted.
    dead: bool,
    /// Where code that is entered at a loop goes on.
    entered: Option<Block>,
    signatures: HashMap<Helper, SigRef>,
}

/// Emits a function.
///
/// # Errors
/// Where the other tier has laid it out otherwise than expected.
pub(crate) fn emit(
    b: FunctionBuilder<'_>,
    host: &Host,
    source: &Source<'_>,
    plan: &Plan,
) -> Result<(), Refusal> {
    Emitter::new(b, host, source, plan).run()
}

impl<'e, 'f> Emitter<'e, 'f> {
    fn new(
        mut b: FunctionBuilder<'e>,
        host: &'f Host,
        source: &Source<'f>,
        plan: &'f Plan,
    ) -> Emitter<'e, 'f> {
        let valid = source.valid;
        let f = valid.function();
        let start = b.create_block();
        b.append_block_params_for_function_params(start);
        b.switch_to_block(start);
        b.seal_block(start);
        let cx = b.block_params(start)[0];
        let (fuel, locals) = (b.declare_var(types::I64), b.declare_var(types::I64));
        let places = Places::new(valid);
        let slots = memory::slots(&mut b, source, plan, &places);
        let counters = plan.loops.iter().map(|l| heads::counter(&mut b, f.node(l.node))).collect();
        Emitter {
            b,
            isa: &*host.isa,
            rounds: host.rounds,
            valid,
            f,
            imports: source.imports,
            homes: source.homes,
            map: FrameMap::new(f.params().len(), f.results().len()),
            plan,
            events: &plan.events,
            fuels: &plan.fuel,
            nans: &plan.nan,
            inlining: None,
            entry: source.entry,
            cx,
            fuel,
            locals,
            slots,
            counters,
            places,
            stack: Vec::new(),
            opens: Vec::new(),
            loops: 0,
            selects: Vec::new(),
            batch: None,
            answered: None,
            at: 0,
            dead: false,
            entered: None,
            signatures: HashMap::new(),
        }
    }

    fn run(mut self) -> Result<(), Refusal> {
        self.begin();
        self.walk(0..self.plan.events.len());
        if self.places.used() > self.homes.aggregates {
            return Err(Refusal::Layout);
        }
        self.b.finalize(self.isa.frontend_config());
        Ok(())
    }

    /// Emits what these events say.
    pub(crate) fn walk(&mut self, events: Range<usize>) {
        for at in events {
            self.at = at;
            match self.events[at] {
                Event::Open(block) => self.open(block),
                Event::Close(block) => self.close(block),
                Event::Node(id) => self.node(id),
                Event::Condition(id) => self.condition(id),
                Event::FirstArm(id) => self.first_arm(id),
            }
        }
    }

    fn node(&mut self, id: NodeId) {
        let node = *self.f.node(id);
        if node.op().is_stmt() {
            self.statement(id, &node);
        } else if !self.dead {
            self.expression(id, &node);
        }
    }

    fn expression(&mut self, id: NodeId, node: &nda_ast::Node) {
        let value = match node.op() {
            Op::Int => self.int(node.int()),
            Op::Bool => self.b.ins().iconst(types::I8, i64::from(node.bool())),
            Op::Float => self.b.ins().f64const(node.float()),
            Op::Load => return self.load(node.slot()),
            Op::BufConst | Op::VecConst | Op::Matrix => {
                return self.push(Operand::Place(Place::Constant(node.table() as u32)));
            }
            Op::Select => return self.selected(id),
            Op::Call => return self.call(id, node),
            Op::Len => return self.length(id),
            Op::Index => return self.index(id),
            op if scalar::is_scalar(op) => return self.scalar(id, op),
            op => return self.vector(id, node, op),
        };
        self.push(Operand::Scalar { value, late: false });
    }

    pub(crate) fn push(&mut self, operand: Operand) {
        self.stack.push(operand);
    }

    pub(crate) fn push_value(&mut self, value: Value) {
        self.push(Operand::Scalar { value, late: false });
    }

    pub(crate) fn pop(&mut self) -> Operand {
        match self.stack.pop() {
            Some(operand) => operand,
            None => unreachable!("the validator has counted operands"),
        }
    }

    /// The last operand, a scalar, whatever the bits of a NaN.
    pub(crate) fn pop_raw(&mut self) -> Value {
        match self.pop() {
            Operand::Scalar { value, .. } => value,
            Operand::Place(_) => unreachable!("the validator has seen a scalar"),
        }
    }

    /// The last operand, a scalar, its bits as they are observed.
    pub(crate) fn pop_exact(&mut self) -> Value {
        let operand = self.pop();
        self.exact(operand)
    }

    pub(crate) fn pop_place(&mut self) -> Place {
        match self.pop() {
            Operand::Place(place) => place,
            Operand::Scalar { .. } => unreachable!("the validator has seen an aggregate"),
        }
    }

    pub(crate) fn exact(&mut self, operand: Operand) -> Value {
        match operand {
            Operand::Scalar { value, late: false } => value,
            Operand::Scalar { value, late: true } => self.canonical(value),
            Operand::Place(_) => unreachable!("the validator has seen a scalar"),
        }
    }

    /// The type of an expression.
    pub(crate) fn type_of(&self, id: NodeId) -> Type {
        self.valid.type_of(id).unwrap_or(Type::Int)
    }

    pub(crate) fn int(&mut self, value: i64) -> Value {
        self.b.ins().iconst(types::I64, value)
    }

    /// The fuel left: what was charged ahead of time is taken off.
    pub(crate) fn fuel(&mut self) -> Value {
        let fuel = self.b.use_var(self.fuel);
        match self.batch {
            Some(batch) => self.uncharged(batch, fuel),
            None => fuel,
        }
    }

    /// A block that is seldom run.
    pub(crate) fn cold_block(&mut self) -> Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        block
    }

    /// Goes on in a block that all that leads to it has been written of.
    pub(crate) fn go_on(&mut self, block: Block) {
        self.b.switch_to_block(block);
        self.b.seal_block(block);
    }

    /// Calls a helper.
    pub(crate) fn help(&mut self, helper: Helper, args: &[Value]) -> Value {
        let signature = helper.signature();
        let sig = match self.signatures.get(&helper) {
            Some(sig) => *sig,
            None => {
                let ty = |float: &bool| AbiParam::new(if *float { types::F64 } else { types::I64 });
                let mut sig = Signature::new(self.isa.default_call_conv());
                if !signature.is_pure() {
                    sig.params.push(AbiParam::new(types::I64));
                }
                sig.params.extend(signature.params.iter().map(ty));
                sig.returns.push(ty(&signature.float));
                let sig = self.b.import_signature(sig);
                self.signatures.insert(helper, sig);
                sig
            }
        };
        let table = self.context(crate::context::offset::HELPERS);
        let function = self.b.ins().load(types::I64, memory::fixed(), table, helper.offset());
        let mut all = Vec::with_capacity(args.len() + 1);
        if !signature.is_pure() {
            all.push(self.cx);
        }
        all.extend_from_slice(args);
        let call = self.b.ins().call_indirect(sig, function, &all);
        self.b.inst_results(call)[0]
    }

    /// Calls a helper that gives the fuel, or a status that ends the function.
    pub(crate) fn help_fuel(&mut self, helper: Helper, args: &[Value]) {
        let fuel = self.help_or_end(helper, args);
        self.b.def_var(self.fuel, fuel);
    }

    /// Calls a helper; a negative status ends the function.
    pub(crate) fn help_or_end(&mut self, helper: Helper, args: &[Value]) -> Value {
        let status = self.help(helper, args);
        let zero = self.int(0);
        let ends = self.b.ins().icmp(IntCC::SignedLessThan, status, zero);
        let (end, go) = (self.cold_block(), self.b.create_block());
        self.b.ins().brif(ends, end, &[], go, &[]);
        self.go_on(end);
        self.b.ins().return_(&[status]);
        self.go_on(go);
        status
    }

    /// Ends the run where a condition holds.
    pub(crate) fn trap_if(
        &mut self,
        holds: Value,
        node: NodeId,
        code: TrapCode,
        operands: [Option<Value>; 2],
    ) {
        let (trap, go) = (self.cold_block(), self.b.create_block());
        self.b.ins().brif(holds, trap, &[], go, &[]);
        self.go_on(trap);
        self.trap(node, code, operands);
        self.go_on(go);
    }

    /// Ends the run.
    pub(crate) fn trap(&mut self, node: NodeId, code: TrapCode, operands: [Option<Value>; 2]) {
        let fuel = self.fuel();
        let (node, code) = (self.int(node.into()), self.int(code.number().into()));
        let [first, second] =
            operands.map(|operand| operand.unwrap_or_else(|| self.b.ins().iconst(types::I64, 0)));
        match &self.inlining {
            None => self.help(Helper::trap, &[fuel, node, code, first, second]),
            Some(inner) => {
                let (entry, call) = (i64::from(inner.entry), i64::from(inner.call));
                let (entry, call) = (self.int(entry), self.int(call));
                self.help(Helper::trap_inlined, &[fuel, node, code, first, second, entry, call])
            }
        };
        let status = self.int(status::TRAPPED);
        self.b.ins().return_(&[status]);
    }
}
