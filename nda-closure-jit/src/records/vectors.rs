//! Operations on whole vectors, matrices and buffers: each is a call of the run's [`VectorUnit`].
//!
//! `a` and `b` are the words of operands. A destination lies `skip` words into the function's aggregates; `d` is the word
//! that gets the reference to it, or the scalar that comes of it.

use super::flow::type_of;
use crate::rec::{Flow, Frame, Rec, RecFn, go, record, trap};
use nda_ast::{Elem, Op, Type};
use nda_runtime::scalar::Checked;
use nda_runtime::{JitState, VectorUnit};

/// What an operation has: its record, the words of its operands, the place of its result.
pub(crate) struct Operands<'r> {
    rec: &'r crate::rec::Rec,
    a: u64,
    b: u64,
    at: usize,
}

/// An operation that gives an aggregate.
pub(crate) trait Give {
    fn give(unit: &mut VectorUnit<'_>, o: &Operands<'_>) -> Checked<()>;
}

/// In a function of its own, as the next: what lies in memory of the record's own would keep its call in tail position a call.
#[inline(never)]
fn give_to<G: Give>(
    code: &[Rec],
    rec: &Rec,
    frame: &Frame,
    fuel: i64,
    st: &mut JitState<'_>,
) -> Result<(), Flow> {
    let at = st.base + rec.skip as usize;
    let word = |word: u8| frame[usize::from(word)].get();
    let operands = Operands { rec, a: word(rec.a), b: word(rec.b), at };
    G::give(&mut st.unit, &operands).map_err(|kind| trap(code, fuel, st, kind))?;
    frame[usize::from(rec.d)].set(at as u64);
    Ok(())
}

record! {
    give [G: Give] (code, rec, rest, acc, frame, fuel, st, facc) {
        match give_to::<G>(code, rec, frame, fuel, st) {
            Ok(()) => go!(rest, acc, frame, fuel, st, facc),
            Err(flow) => flow,
        }
    }
}

#[inline(never)]
fn reduce_to(code: &[Rec], rec: &Rec, frame: &Frame, fuel: i64, st: &mut JitState<'_>) -> Result<(), Flow> {
    let word = |word: u8| frame[usize::from(word)].get();
    let Some(op) = Op::from_byte(rec.c) else { return Err(Flow::TRAP) };
    let value = st.unit.reduce(op, word(rec.a), word(rec.b), rec.yes as usize);
    frame[usize::from(rec.d)].set(value.map_err(|kind| trap(code, fuel, st, kind))?);
    Ok(())
}

record! {
    /// A reduction of `a`, or the dot product of `a` and `b`, of `yes` elements, into `d`; the operation is `c`.
    reduce [] (code, rec, rest, acc, frame, fuel, st, facc) {
        match reduce_to(code, rec, frame, fuel, st) {
            Ok(()) => go!(rest, acc, frame, fuel, st, facc),
            Err(flow) => flow,
        }
    }
}

record! {
    /// Copies the aggregate `a` into the place `skip`; `d` gets the reference.
    copy_new [] (code, rec, rest, acc, frame, fuel, st, facc) {
        let at = st.base + rec.skip as usize;
        // Read first: both may be the same word.
        let from = frame[usize::from(rec.a)].get();
        frame[usize::from(rec.d)].set(at as u64);
        match st.unit.copy(type_of(rec), from, at) {
            Ok(()) => go!(rest, acc, frame, fuel, st, facc),
            Err(kind) => trap(code, fuel, st, kind),
        }
    }
}

record! {
    /// Copies the aggregate `a` to where `d` refers.
    copy_over [] (code, rec, rest, acc, frame, fuel, st, facc) {
        let at = frame[usize::from(rec.d)].get() as usize;
        match st.unit.copy(type_of(rec), frame[usize::from(rec.a)].get(), at) {
            Ok(()) => go!(rest, acc, frame, fuel, st, facc),
            Err(kind) => trap(code, fuel, st, kind),
        }
    }
}

macro_rules! gives {
    ($($(#[$doc:meta])* $name:ident($unit:ident, $o:ident) $body:expr;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;
        impl Give for $name {
            #[inline]
            fn give($unit: &mut VectorUnit<'_>, $o: &Operands<'_>) -> Checked<()> { $body }
        }
    )+};
}

impl Operands<'_> {
    /// The operation.
    fn op(&self) -> Op {
        match Op::from_byte(self.rec.c) {
            Some(op) => op,
            None => unreachable!("byte {} is no operation", self.rec.c),
        }
    }

    fn n(&self) -> usize {
        self.rec.yes as usize
    }

    fn m(&self) -> usize {
        self.rec.no as usize
    }

    /// Element type and capacity of a buffer.
    fn buf(&self) -> (Elem, usize) {
        match type_of(self.rec) {
            Type::Buf { elem, cap } => (elem, cap as usize),
            other => unreachable!("{other} is no buffer"),
        }
    }
}

gives! {
    Vec1(unit, o) unit.vec1(o.op(), o.at, o.a, o.n());
    Vec2(unit, o) unit.vec2(o.op(), o.at, (o.a, o.b), o.n());
    VecFloat(unit, o) unit.vec_float(o.op(), o.at, o.a, f64::from_bits(o.b), o.n());
    Gemv(unit, o) unit.gemv(o.at, o.a, o.b);
    Norm(unit, o) unit.norm(o.at, o.a, o.b, f64::from_bits(o.rec.imm));
    Row(unit, o) unit.row(o.at, o.a, o.b as i64);
    /// `no` elements of `yes`.
    Slice(unit, o) unit.slice(o.at, o.a, o.b as i64, o.n(), o.m());
    /// `yes` elements, then `no`.
    Concat(unit, o) unit.concat(o.at, (o.a, o.b), o.n(), o.m());
    Splat(unit, o) unit.splat(o.at, f64::from_bits(o.a), o.n());
    ToVec(unit, o) unit.vec_of_buf(o.at, o.a, o.n());
    ToBuf(unit, o) unit.buf_of_vec(o.at, o.a, o.n());
    Fill(unit, o) { let (elem, cap) = o.buf(); unit.fill(o.at, o.a, elem, cap) };
    Recap(unit, o) { let (elem, cap) = o.buf(); unit.recap(o.at, o.a, elem, cap) };
}

/// The function of an operation that gives an aggregate.
pub(crate) fn give_fn(op: Op) -> RecFn {
    match op {
        Op::NegVec | Op::AbsVec | Op::SqrtVec | Op::ReluVec | Op::ExpVec | Op::TanhVec | Op::SigmoidVec => {
            give::<Vec1>
        }
        Op::SiluVec | Op::GeluVec | Op::Softmax => give::<Vec1>,
        Op::AddVec | Op::SubVec | Op::MulVec | Op::MinVec | Op::MaxVec | Op::DivVec => give::<Vec2>,
        Op::AddVecFloat
        | Op::SubVecFloat
        | Op::MulVecFloat
        | Op::MinVecFloat
        | Op::MaxVecFloat
        | Op::DivVecFloat => give::<VecFloat>,
        Op::Gemv => give::<Gemv>,
        Op::Norm => give::<Norm>,
        Op::Row => give::<Row>,
        Op::Slice => give::<Slice>,
        Op::Concat => give::<Concat>,
        Op::Splat => give::<Splat>,
        Op::ToVec => give::<ToVec>,
        Op::ToBuf => give::<ToBuf>,
        Op::Fill => give::<Fill>,
        Op::Recap => give::<Recap>,
        other => unreachable!("{other:?} gives no aggregate"),
    }
}
