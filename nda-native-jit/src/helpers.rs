//! The one table of what machine code calls: Rust functions with the C calling convention that return a status.
//!
//! A panic, of a host function or a defect, never unwinds into machine code: it is kept in the [`Context`], the function
//! ends, and whoever has entered it goes on panicking.

use crate::context::{Context, status};
use crate::types::decode;
use nda_ast::{NodeId, Op, Type};
use nda_runtime::jit::{At, JitControlFlow};
use nda_runtime::scalar::{self, Checked};
use nda_runtime::{JitState, Stop, TrapCode, TrapKind, Value, VectorUnit};
use std::panic::{AssertUnwindSafe, catch_unwind};

macro_rules! helpers {
    ($($(#[$doc:meta])* $name:ident ($($arg:ident: $ty:tt),*) -> $ret:tt;)+) => {
        /// The table. Machine code finds a function at the place of its field.
        #[repr(C)]
        pub(crate) struct Helpers {
            $($(#[$doc])* $name: helpers!(@pointer ($($ty),*) $ret),)+
        }

        pub(crate) static HELPERS: Helpers = Helpers { $($name,)+ };

        /// A function of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(non_camel_case_types, reason = "each is a field and a function of that name")]
        pub(crate) enum Helper { $($name,)+ }

        impl Helper {
            /// Where it lies in the table, in bytes.
            pub(crate) fn offset(self) -> i32 {
                match self { $(Helper::$name => std::mem::offset_of!(Helpers, $name) as i32,)+ }
            }

            /// What it takes besides a context, and what it gives: `true` for a float. A pure one takes no context.
            pub(crate) fn signature(self) -> Signature {
                match self { $(Helper::$name => helpers!(@signature ($($ty),*) $ret),)+ }
            }
        }
    };
    (@pointer (float $(, $more:tt)*) $ret:tt) => { extern "C" fn(f64 $(, helpers!(@type $more))*) -> helpers!(@type $ret) };
    (@pointer ($($ty:tt),*) $ret:tt) => {
        for<'s, 'a> extern "C" fn(&mut Context<'s, 'a> $(, helpers!(@type $ty))*) -> helpers!(@type $ret)
    };
    (@type int) => { i64 };
    (@type float) => { f64 };
    (@signature ($($ty:tt),*) $ret:tt) => {
        Signature { params: &[$(helpers!(@is_float $ty)),*], float: helpers!(@is_float $ret) }
    };
    (@is_float int) => { false };
    (@is_float float) => { true };
}

/// See [`Helper::signature`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    pub params: &'static [bool],
    pub float: bool,
}

impl Signature {
    /// Whether it is a function of floats alone.
    pub(crate) fn is_pure(self) -> bool {
        self.params.first() == Some(&true)
    }
}

helpers! {
    /// The next slice, of at least so many units, where the function begins. Gives the fuel, or how the function has ended.
    begin(fuel: int, need: int) -> int;
    /// The same at the head of a loop, given by its ordinal, that belongs to a node.
    head(fuel: int, need: int, ordinal: int, node: int) -> int;
    /// Charges a block that the slice does not cover; the node owns it. Gives the fuel.
    block(fuel: int, cost: int, node: int) -> int;
    /// Ends the run at a node: a trap's code and its operands.
    trap(fuel: int, node: int, code: int, first: int, second: int) -> int;
    /// The same in a callee that is part of the code: what an entry of the table names, called at a node.
    trap_inlined(fuel: int, node: int, code: int, first: int, second: int, entry: int, call: int) -> int;
    /// Calls what an entry of the table names: callee's frame and aggregates lie so far above. Gives the fuel.
    call(fuel: int, node: int, entry: int, words: int, aggregates: int) -> int;
    /// Calls the host: arguments lie in the frame from a word on, so many; results go to the words after them. Gives the fuel.
    host(fuel: int, node: int, entry: int, first: int, count: int) -> int;
    /// Prints the value of a word.
    print(fuel: int, node: int, ty: int, word: int) -> int;
    /// Copies an aggregate to a word of the arena.
    copy(fuel: int, node: int, ty: int, from: int, to: int) -> int;
    /// An operation on vectors, matrices or buffers: see [`operate`].
    vector(fuel: int, node: int, at: int, a: int, b: int, n: int, m: int) -> int;
    exp(x: float) -> float;
    exp_m1(x: float) -> float;
    ln(x: float) -> float;
    ln_1p(x: float) -> float;
    sin(x: float) -> float;
    cos(x: float) -> float;
    tanh(x: float) -> float;
    sigmoid(x: float) -> float;
    pow(x: float, y: float) -> float;
    atan2(y: float, x: float) -> float;
    floor(x: float) -> float;
    ceil(x: float) -> float;
    trunc(x: float) -> float;
    nearest(x: float) -> float;
}

/// Runs the body of a helper; a panic is kept and ends the function.
fn contained(cx: &mut Context<'_, '_>, body: impl FnOnce(&mut Context<'_, '_>) -> i64) -> i64 {
    match catch_unwind(AssertUnwindSafe(|| body(cx))) {
        Ok(status) => status,
        Err(panic) => {
            cx.panic = Some(panic);
            status::TRAPPED
        }
    }
}

/// Ends the run at a node of the function under way.
fn stop_at(cx: &mut Context<'_, '_>, fuel: i64, node: i64, kind: TrapKind) -> i64 {
    cx.state.trap(fuel, JitState::LOCATED, kind);
    cx.state.locate(node as NodeId);
    status::TRAPPED
}

/// The status of an operation that gives nothing else.
fn done(cx: &mut Context<'_, '_>, fuel: i64, node: i64, result: Checked<()>) -> i64 {
    match result {
        Ok(()) => 0,
        Err(kind) => stop_at(cx, fuel, node, kind),
    }
}

/// How the function has ended in another tier.
fn ended(flow: JitControlFlow) -> i64 {
    if flow == JitControlFlow::RETURN { status::RETURNED } else { status::TRAPPED }
}

extern "C" fn begin(cx: &mut Context<'_, '_>, fuel: i64, need: i64) -> i64 {
    contained(cx, |cx| {
        let at = if cx.state.is_entry() { At::Block } else { At::Call };
        match cx.state.grant(fuel, need as u64, at) {
            Ok(Some(fuel)) => fuel,
            // Nothing has happened yet: the other tier runs the function.
            Ok(None) => ended((cx.native.call)(cx.state)),
            // It strikes at the call, before this function is entered.
            Err(kind) => {
                cx.state.stop(fuel, Stop::Trap(kind));
                cx.state.site = JitState::LOCATED;
                status::TRAPPED
            }
        }
    })
}

extern "C" fn head(cx: &mut Context<'_, '_>, fuel: i64, need: i64, ordinal: i64, node: i64) -> i64 {
    contained(cx, |cx| match cx.state.grant(fuel, need as u64, At::Loop(ordinal as u32)) {
        Ok(Some(fuel)) => fuel,
        Ok(None) => ended((cx.native.resume)(cx.state, ordinal as u32)),
        Err(kind) => stop_at(cx, fuel, node, kind),
    })
}

extern "C" fn block(cx: &mut Context<'_, '_>, fuel: i64, cost: i64, node: i64) -> i64 {
    contained(cx, |cx| match cx.state.refill(fuel, cost as u64, At::Block) {
        Ok(fuel) => fuel,
        Err(kind) => stop_at(cx, fuel, node, kind),
    })
}

/// The trap of a code and its operands.
fn trap_kind(code: i64, first: i64, second: i64) -> TrapKind {
    match TrapCode::from_number(code as u32) {
        Some(TrapCode::LoopLimit) => TrapKind::LoopLimit { max: first as u64 },
        Some(TrapCode::IntegerOverflow) => TrapKind::IntegerOverflow { operand: first as u64 },
        // Of a float that no int is: a NaN or one out of range.
        Some(TrapCode::InvalidConversion) => match f64::from_bits(first as u64).is_nan() {
            true => TrapKind::InvalidConversion { bits: first as u64 },
            false => TrapKind::IntegerOverflow { operand: first as u64 },
        },
        Some(TrapCode::IndexOutOfBounds) => TrapKind::IndexOutOfBounds { index: first, len: second as u64 },
        Some(TrapCode::CapacityExceeded) => TrapKind::CapacityExceeded { capacity: first as u64 },
        Some(TrapCode::Failed) => TrapKind::Failed { code: first },
        Some(TrapCode::DivideByZero) => TrapKind::DivideByZero,
        other => unreachable!("machine code does not trap by {other:?}"),
    }
}

extern "C" fn trap(
    cx: &mut Context<'_, '_>,
    fuel: i64,
    node: i64,
    code: i64,
    first: i64,
    second: i64,
) -> i64 {
    contained(cx, |cx| stop_at(cx, fuel, node, trap_kind(code, first, second)))
}

extern "C" fn trap_inlined(
    cx: &mut Context<'_, '_>,
    fuel: i64,
    node: i64,
    code: i64,
    first: i64,
    second: i64,
    entry: i64,
    call: i64,
) -> i64 {
    contained(cx, |cx| {
        let callee = cx.state.targets()[entry as usize] as u32;
        cx.state.locate_in(callee, node as NodeId);
        stop_at(cx, fuel, call, trap_kind(code, first, second))
    })
}

extern "C" fn call(
    cx: &mut Context<'_, '_>,
    fuel: i64,
    node: i64,
    entry: i64,
    words: i64,
    aggregates: i64,
) -> i64 {
    contained(cx, |cx| {
        let object = cx.state.targets()[entry as usize] as u32;
        cx.state.fuel = fuel;
        if cx.state.call(object, words as usize, aggregates as usize) == JitControlFlow::RETURN {
            return cx.state.fuel;
        }
        cx.state.locate(node as NodeId);
        cx.state.site = JitState::LOCATED;
        status::TRAPPED
    })
}

extern "C" fn host(
    cx: &mut Context<'_, '_>,
    fuel: i64,
    node: i64,
    entry: i64,
    first: i64,
    count: i64,
) -> i64 {
    contained(cx, |cx| {
        let host = cx.state.targets()[entry as usize] as u32;
        let words = &cx.state.words[cx.state.frame + first as usize..];
        let (args, results) = words.split_at(count as usize);
        let args: Vec<u64> = args.iter().map(std::cell::Cell::get).collect();
        let asked =
            cx.state.call_host(fuel, host, &args, |unit: &mut VectorUnit<'_>, i, value: &Value| match value
                .ty()
                .is_aggregate()
            {
                true => unit.memory.place(value, results[i].get() as usize),
                false => results[i].set(value.word()),
            });
        asked.unwrap_or_else(|_| {
            cx.state.locate(node as NodeId);
            cx.state.site = JitState::LOCATED;
            status::TRAPPED
        })
    })
}

extern "C" fn print(cx: &mut Context<'_, '_>, fuel: i64, node: i64, ty: i64, word: i64) -> i64 {
    contained(cx, |cx| {
        let printed = cx.state.print(decode(ty as u64), word as u64);
        done(cx, fuel, node, printed)
    })
}

extern "C" fn copy(cx: &mut Context<'_, '_>, fuel: i64, node: i64, ty: i64, from: i64, to: i64) -> i64 {
    contained(cx, |cx| {
        let copied = cx.state.unit.copy(decode(ty as u64), from as u64, to as usize);
        done(cx, fuel, node, copied)
    })
}

/// The operation is in the upper half of `node`. Operands are words as they lie in a frame; `at` is the word of the arena to be
/// written. The value of a reduction goes to [`Context::value`].
extern "C" fn vector(
    cx: &mut Context<'_, '_>,
    fuel: i64,
    node: i64,
    at: i64,
    a: i64,
    b: i64,
    n: i64,
    m: i64,
) -> i64 {
    contained(cx, |cx| {
        let Some(op) = Op::from_byte((node >> 32) as u8) else {
            unreachable!("{node:#x} names no operation")
        };
        let operands = Operands { at: at as usize, a: a as u64, b: b as u64, n: n as usize, m: m as u64 };
        let result = operate(cx, op, operands);
        done(cx, fuel, node & i64::from(u32::MAX), result)
    })
}

/// What an operation has.
struct Operands {
    at: usize,
    a: u64,
    b: u64,
    n: usize,
    m: u64,
}

/// `n` is the length of the first vector, or of the result where none is an operand; `m` of a slice the length taken, of a
/// concatenation that of the second vector, of `Norm` the bits of eps, of `Fill` and `Recap` the result's type.
fn operate(cx: &mut Context<'_, '_>, op: Op, o: Operands) -> Checked<()> {
    let unit = &mut cx.state.unit;
    let Operands { at, a, b, n, m } = o;
    let buf = || match decode(m) {
        Type::Buf { elem, cap } => (elem, cap as usize),
        other => unreachable!("{other} is no buffer"),
    };
    match op {
        Op::NegVec | Op::AbsVec | Op::SqrtVec | Op::ReluVec | Op::ExpVec | Op::TanhVec | Op::SigmoidVec => {
            unit.vec1(op, at, a, n)
        }
        Op::SiluVec | Op::GeluVec | Op::Softmax => unit.vec1(op, at, a, n),
        Op::AddVec | Op::SubVec | Op::MulVec | Op::MinVec | Op::MaxVec | Op::DivVec => {
            unit.vec2(op, at, (a, b), n)
        }
        Op::AddVecFloat
        | Op::SubVecFloat
        | Op::MulVecFloat
        | Op::MinVecFloat
        | Op::MaxVecFloat
        | Op::DivVecFloat => unit.vec_float(op, at, a, f64::from_bits(b), n),
        Op::Dot | Op::Sum | Op::Mean | Op::MaxOf | Op::MinOf | Op::ArgMax | Op::ArgMin => {
            cx.value = unit.reduce(op, a, b, n)?;
            Ok(())
        }
        Op::Gemv => unit.gemv(at, a, b),
        Op::Norm => unit.norm(at, a, b, f64::from_bits(m)),
        Op::Row => unit.row(at, a, b as i64),
        Op::Slice => unit.slice(at, a, b as i64, n, m as usize),
        Op::Concat => unit.concat(at, (a, b), n, m as usize),
        Op::Splat => unit.splat(at, f64::from_bits(a), n),
        Op::ToVec => unit.vec_of_buf(at, a, n),
        Op::ToBuf => unit.buf_of_vec(at, a, n),
        Op::Fill => {
            let (elem, cap) = buf();
            unit.fill(at, a, elem, cap)
        }
        Op::Recap => {
            let (elem, cap) = buf();
            unit.recap(at, a, elem, cap)
        }
        other => unreachable!("{other:?} is done by machine code"),
    }
}

macro_rules! pure {
    ($($name:ident($($arg:ident),+);)+) => {$(
        extern "C" fn $name($($arg: f64),+) -> f64 {
            scalar::$name($($arg),+)
        }
    )+};
}

pure! {
    exp(x);
    exp_m1(x);
    ln(x);
    ln_1p(x);
    sin(x);
    cos(x);
    tanh(x);
    sigmoid(x);
    pow(x, y);
    atan2(y, x);
    floor(x);
    ceil(x);
    trunc(x);
    nearest(x);
}
