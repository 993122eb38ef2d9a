//! Traps as panics, and runs that catch them.

use crate::Value;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};

/// What stops a program, as far as rustc's code can meet it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// Integer division or remainder by zero.
    DivideByZero,
    /// `i64::MIN / -1`, an overflow where overflow checks are on, or a float out of range of an integer.
    IntegerOverflow,
    /// A NaN made an integer.
    InvalidConversion,
    /// An index, start or length asked for, and the length there is.
    IndexOutOfBounds {
        /// What was asked for.
        index: i64,
        /// What there is.
        len: i64,
    },
    /// A buffer is full.
    CapacityExceeded {
        /// Its capacity.
        capacity: i64,
    },
    /// `gemv` met a NaN or an infinity.
    NonFinite {
        /// The first such element.
        index: i64,
    },
    /// `fail(code)`, or `assert!` with code 0.
    Failed(i64),
    /// A host function failed with a code.
    Host(i64),
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trap::DivideByZero => f.write_str("DivideByZero: an integer was divided by zero"),
            Trap::IntegerOverflow => f.write_str("IntegerOverflow: the result is no 64-bit integer"),
            Trap::InvalidConversion => f.write_str("InvalidConversion: a NaN is no integer"),
            Trap::IndexOutOfBounds { index, len } => {
                write!(f, "IndexOutOfBounds: {index} of a length of {len}")
            }
            Trap::CapacityExceeded { capacity } => {
                write!(f, "CapacityExceeded: the buffer holds at most {capacity} elements")
            }
            Trap::NonFinite { index } => write!(f, "NonFinite: element {index} is a NaN or an infinity"),
            Trap::Failed(code) => write!(f, "Failed: the program gave up with code {code}"),
            Trap::Host(code) => write!(f, "Host: a host function failed with code {code}"),
        }
    }
}

impl std::error::Error for Trap {}

thread_local! {
    static LOG: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
    static RUNS: Cell<u32> = const { Cell::new(0) };
}

pub(crate) fn log(value: Value) {
    LOG.with_borrow_mut(|log| log.push(value));
}

/// Panics with `trap`. Inside [`run`] nothing is written to standard error.
#[track_caller]
#[cold]
pub(crate) fn raise(trap: Trap) -> ! {
    if RUNS.get() > 0 {
        resume_unwind(Box::new(trap));
    }
    panic_any(trap.to_string())
}

/// What a run gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Run<R> {
    /// The result, or why there is none.
    pub result: Result<R, Trap>,
    /// What `print` wrote, in order, also before a trap.
    pub log: Vec<Value>,
}

/// Calls `f` and catches its trap.
///
/// # Panics
/// Where `f` panics for a reason that is no trap.
///
/// ```
/// use nda_prelude::{Run, Trap, Value, prelude::*, run};
/// let out = run(|| {
///     print(1);
///     fail(7)
/// });
/// assert_eq!(out, Run::<()> { result: Err(Trap::Failed(7)), log: vec![Value::Int(1)] });
/// ```
pub fn run<R>(f: impl FnOnce() -> R) -> Run<R> {
    let outer = LOG.take();
    RUNS.set(RUNS.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(f));
    RUNS.set(RUNS.get() - 1);
    let log = LOG.replace(outer);
    let result = result.map_err(|payload| match payload.downcast::<Trap>() {
        Ok(trap) => *trap,
        Err(payload) => match payload.downcast_ref::<&str>().and_then(|text| native(text)) {
            Some(trap) => trap,
            None => resume_unwind(payload),
        },
    });
    Run { result, log }
}

/// The trap behind a panic of rustc's own arithmetic.
fn native(message: &str) -> Option<Trap> {
    match message {
        "attempt to divide by zero" | "attempt to calculate the remainder with a divisor of zero" => {
            Some(Trap::DivideByZero)
        }
        "attempt to divide with overflow" => Some(Trap::IntegerOverflow),
        _ => None,
    }
}

/// `fail(code)`.
///
/// # Panics
/// Always: it is a trap.
#[track_caller]
pub fn fail(code: i64) -> ! {
    raise(Trap::Failed(code))
}

/// `assert!(condition)`.
///
/// # Panics
/// Where it does not hold, as `fail(0)` does.
#[track_caller]
pub fn check(condition: bool) {
    if !condition {
        raise(Trap::Failed(0));
    }
}

/// What a host function calls to fail with a code.
///
/// # Panics
/// Always: it is a trap.
#[track_caller]
pub fn host_error(code: i64) -> ! {
    raise(Trap::Host(code))
}
