//! Operations on scalars: their meaning is that of `nda_runtime::scalar`, to the bit.

use super::{Emitter, Operand};
use crate::helpers::Helper;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use nda_ast::{Arg, Node, NodeId, Op, Res};
use nda_runtime::TrapCode;

/// Whether an operation works on scalars alone, and gives one.
pub(crate) fn is_scalar(op: Op) -> bool {
    let info = op.info();
    let scalar = |arg: &Arg| matches!(arg, Arg::Int | Arg::Float | Arg::Bool);
    !info.args.is_empty()
        && info.args.iter().all(scalar)
        && matches!(info.res, Res::Int | Res::Float | Res::Bool)
}

/// Whether it is a few instructions that cannot trap.
pub(crate) fn is_cheap(op: Op) -> bool {
    is_scalar(op)
        && op.info().effects == nda_ast::Effects::NONE
        && function(op).is_none()
        && !matches!(op, Op::DivFloat | Op::Sqrt | Op::FloatToUintSat | Op::UintToFloat)
}

/// The helper that computes it.
fn function(op: Op) -> Option<Helper> {
    Some(match op {
        Op::Exp => Helper::exp,
        Op::ExpM1 => Helper::exp_m1,
        Op::Ln => Helper::ln,
        Op::Ln1p => Helper::ln_1p,
        Op::Sin => Helper::sin,
        Op::Cos => Helper::cos,
        Op::Tanh => Helper::tanh,
        Op::Sigmoid => Helper::sigmoid,
        Op::Pow => Helper::pow,
        Op::Atan2 => Helper::atan2,
        _ => return None,
    })
}

/// The helper that rounds, where the CPU has no instruction for it.
fn rounding(op: Op) -> Option<Helper> {
    Some(match op {
        Op::Floor => Helper::floor,
        Op::Ceil => Helper::ceil,
        Op::Trunc => Helper::trunc,
        Op::Nearest => Helper::nearest,
        _ => return None,
    })
}

/// How ints are compared.
fn int_condition(op: Op) -> Option<IntCC> {
    Some(match op {
        Op::EqInt | Op::EqBool => IntCC::Equal,
        Op::NeInt | Op::NeBool => IntCC::NotEqual,
        Op::LtS => IntCC::SignedLessThan,
        Op::LeS => IntCC::SignedLessThanOrEqual,
        Op::GtS => IntCC::SignedGreaterThan,
        Op::GeS => IntCC::SignedGreaterThanOrEqual,
        Op::LtU => IntCC::UnsignedLessThan,
        Op::LeU => IntCC::UnsignedLessThanOrEqual,
        Op::GtU => IntCC::UnsignedGreaterThan,
        Op::GeU => IntCC::UnsignedGreaterThanOrEqual,
        _ => return None,
    })
}

fn float_condition(op: Op) -> Option<FloatCC> {
    Some(match op {
        Op::EqFloat => FloatCC::Equal,
        Op::NeFloat => FloatCC::NotEqual,
        Op::LtFloat => FloatCC::LessThan,
        Op::LeFloat => FloatCC::LessThanOrEqual,
        Op::GtFloat => FloatCC::GreaterThan,
        Op::GeFloat => FloatCC::GreaterThanOrEqual,
        _ => return None,
    })
}

/// Whether a NaN that it gives is yet to be made canonical.
fn is_late(op: Op) -> bool {
    matches!(
        op,
        Op::AddFloat
            | Op::SubFloat
            | Op::MulFloat
            | Op::MinFloat
            | Op::MaxFloat
            | Op::DivFloat
            | Op::Sqrt
            | Op::Floor
            | Op::Ceil
            | Op::Trunc
            | Op::Nearest
    )
}

impl Emitter<'_, '_> {
    /// An operation on scalars, the last operands.
    pub(crate) fn scalar(&mut self, id: NodeId, op: Op) {
        let value = match op.info().args.len() {
            1 => self.unary(id, op),
            _ => self.binary(id, op),
        };
        self.push(Operand::Scalar { value, late: is_late(op) });
    }

    fn unary(&mut self, id: NodeId, op: Op) -> Value {
        // What keeps the bits of a NaN observes them.
        let observes =
            matches!(op, Op::NegFloat | Op::AbsFloat | Op::FloatBits | Op::FloatToInt | Op::FloatToUint);
        if matches!(op, Op::FloatToInt | Op::FloatToUint) {
            return self.checked_cast(id, op == Op::FloatToUint);
        }
        let x = if observes { self.pop_exact() } else { self.pop_raw() };
        if let Some(helper) = function(op) {
            return self.help(helper, &[x]);
        }
        if let Some(helper) = rounding(op)
            && !self.rounds
        {
            return self.help(helper, &[x]);
        }
        match op {
            Op::NegInt => self.b.ins().ineg(x),
            Op::AbsInt => self.b.ins().iabs(x),
            Op::NotInt => self.b.ins().bnot(x),
            Op::Clz => self.b.ins().clz(x),
            Op::Ctz => self.b.ins().ctz(x),
            Op::Popcnt => self.b.ins().popcnt(x),
            Op::NotBool => self.b.ins().bxor_imm_u(x, 1),
            Op::NegFloat => self.b.ins().fneg(x),
            Op::AbsFloat => self.b.ins().fabs(x),
            Op::Sqrt => self.b.ins().sqrt(x),
            Op::Floor => self.b.ins().floor(x),
            Op::Ceil => self.b.ins().ceil(x),
            Op::Trunc => self.b.ins().trunc(x),
            Op::Nearest => self.b.ins().nearest(x),
            Op::IntToFloat => self.b.ins().fcvt_from_sint(types::F64, x),
            Op::UintToFloat => self.b.ins().fcvt_from_uint(types::F64, x),
            Op::FloatToIntSat => self.b.ins().fcvt_to_sint_sat(types::I64, x),
            Op::FloatToUintSat => self.b.ins().fcvt_to_uint_sat(types::I64, x),
            Op::BoolToInt => self.b.ins().uextend(types::I64, x),
            Op::FloatBits => self.b.ins().bitcast(types::I64, MemFlagsData::new(), x),
            Op::FloatFromBits => self.b.ins().bitcast(types::F64, MemFlagsData::new(), x),
            other => unreachable!("{other:?} has not one scalar operand"),
        }
    }

    fn binary(&mut self, id: NodeId, op: Op) -> Value {
        let observes = op == Op::CopySign;
        let (b, a) = (self.pop(), self.pop());
        let [x, y] = [a, b].map(|operand| match operand {
            Operand::Scalar { value, late } if !(observes && late) => value,
            operand => self.exact(operand),
        });
        if let Some(condition) = int_condition(op) {
            return self.b.ins().icmp(condition, x, y);
        }
        if let Some(condition) = float_condition(op) {
            return self.b.ins().fcmp(condition, x, y);
        }
        if let Some(helper) = function(op) {
            return self.help(helper, &[x, y]);
        }
        match op {
            Op::AddInt => self.b.ins().iadd(x, y),
            Op::SubInt => self.b.ins().isub(x, y),
            Op::MulInt => self.b.ins().imul(x, y),
            Op::MinInt => self.b.ins().smin(x, y),
            Op::MaxInt => self.b.ins().smax(x, y),
            Op::DivS | Op::DivU | Op::RemS | Op::RemU => self.divide(id, op, x, y),
            Op::AndInt | Op::AndBool => self.b.ins().band(x, y),
            Op::OrInt | Op::OrBool => self.b.ins().bor(x, y),
            Op::XorInt | Op::XorBool => self.b.ins().bxor(x, y),
            Op::Shl => self.b.ins().ishl(x, y),
            Op::ShrS => self.b.ins().sshr(x, y),
            Op::ShrU => self.b.ins().ushr(x, y),
            Op::Rotl => self.b.ins().rotl(x, y),
            Op::Rotr => self.b.ins().rotr(x, y),
            Op::AddFloat => self.b.ins().fadd(x, y),
            Op::SubFloat => self.b.ins().fsub(x, y),
            Op::MulFloat => self.b.ins().fmul(x, y),
            Op::DivFloat => self.b.ins().fdiv(x, y),
            Op::MinFloat => self.b.ins().fmin(x, y),
            Op::MaxFloat => self.b.ins().fmax(x, y),
            Op::CopySign => self.b.ins().fcopysign(x, y),
            other => unreachable!("{other:?} has not two scalar operands"),
        }
    }

    /// A quotient or remainder, with the checks that a constant divisor does not answer.
    fn divide(&mut self, id: NodeId, op: Op, x: Value, y: Value) -> Value {
        let divisor = self.f.node(id - 1);
        let constant = (divisor.op() == Op::Int).then(|| divisor.int());
        if constant.is_none_or(|c| c == 0) {
            let zero = self.int(0);
            let is_zero = self.b.ins().icmp(IntCC::Equal, y, zero);
            self.trap_if(is_zero, id, TrapCode::DivideByZero, [None, None]);
        }
        if op == Op::DivS && constant.is_none_or(|c| c == -1) {
            let (least, minus) = (self.int(i64::MIN), self.int(-1));
            let (a, b) =
                (self.b.ins().icmp(IntCC::Equal, x, least), self.b.ins().icmp(IntCC::Equal, y, minus));
            let overflows = self.b.ins().band(a, b);
            self.trap_if(overflows, id, TrapCode::IntegerOverflow, [Some(x), None]);
        }
        match op {
            Op::DivS => self.b.ins().sdiv(x, y),
            Op::DivU => self.b.ins().udiv(x, y),
            Op::RemS => self.b.ins().srem(x, y),
            _ => self.b.ins().urem(x, y),
        }
    }

    /// A float to an int that it is; else a trap with its bits.
    fn checked_cast(&mut self, id: NodeId, unsigned: bool) -> Value {
        let operand = self.pop();
        let Operand::Scalar { value: x, .. } = operand else {
            unreachable!("the validator has seen a float")
        };
        let (low, high) = match unsigned {
            true => (-1.0, 18_446_744_073_709_551_616.0),
            false => (-9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0),
        };
        let (low, high) = (self.b.ins().f64const(low), self.b.ins().f64const(high));
        let above = if unsigned { FloatCC::GreaterThan } else { FloatCC::GreaterThanOrEqual };
        let above = self.b.ins().fcmp(above, x, low);
        let below = self.b.ins().fcmp(FloatCC::LessThan, x, high);
        let fits = self.b.ins().band(above, below);
        let (trap, go) = (self.cold_block(), self.b.create_block());
        self.b.ins().brif(fits, go, &[], trap, &[]);
        self.go_on(trap);
        let bits = self.word_of(operand, nda_ast::Type::Float);
        self.trap(id, TrapCode::InvalidConversion, [Some(bits), None]);
        self.go_on(go);
        match unsigned {
            true => self.b.ins().fcvt_to_uint_sat(types::I64, x),
            false => self.b.ins().fcvt_to_sint_sat(types::I64, x),
        }
    }

    /// The value of a scalar slot.
    pub(crate) fn scalar_of(&mut self, slot: u32) -> Value {
        match self.slots[slot as usize].value {
            Some(var) => self.b.use_var(var),
            None => unreachable!("slot {slot} holds no scalar"),
        }
    }

    pub(crate) fn set_scalar(&mut self, slot: u32, value: Value) {
        if let Some(var) = self.slots[slot as usize].value {
            self.b.def_var(var, value);
        }
    }

    /// `Load`.
    pub(crate) fn load(&mut self, slot: u32) {
        let Slotted { is_scalar, late } = self.slotted(slot);
        let operand = match is_scalar {
            true => Operand::Scalar { value: self.scalar_of(slot), late },
            false => Operand::Place(super::Place::Slot(slot)),
        };
        self.push(operand);
    }

    fn slotted(&self, slot: u32) -> Slotted {
        let slot = &self.slots[slot as usize];
        Slotted { is_scalar: slot.ty.is_scalar(), late: slot.late }
    }

    /// What a node is, for operations with an immediate.
    pub(crate) fn node_at(&self, id: NodeId) -> Node {
        *self.f.node(id)
    }
}

struct Slotted {
    is_scalar: bool,
    late: bool,
}
