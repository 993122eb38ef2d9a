//! The cost table: the weight of one node. `docs/spec.md` prints the same table.

use crate::{Op, Type, Work};

/// What the weight of a node depends on besides its operation.
#[derive(Clone, Copy, Debug, Default)]
pub struct CostInput {
    /// Type of the first operand.
    pub first: Option<Type>,
    /// Type of the result.
    pub result: Option<Type>,
    /// Bytes of the aggregates that the node copies, or passes to and gets from the host.
    pub bytes: u64,
    /// Declared work, where the callee is an import.
    pub host_work: Option<u32>,
}

/// Elements of an aggregate; a scalar has none that are charged.
fn elements(ty: Option<Type>) -> u64 {
    match ty {
        Some(Type::Vec { n }) => u64::from(n),
        Some(Type::Buf { cap, .. }) => u64::from(cap),
        _ => 0,
    }
}

/// The weight of a node: 1 + ceil(work / 64). Work is summed in eighths, since bytes count as eighths of an element.
///
/// ```
/// use nda_ast::{CostInput, Op, Type, weight};
/// assert_eq!(weight(Op::AddInt, CostInput::default()), 1);
/// let vec = CostInput { result: Some(Type::Vec { n: 65 }), ..CostInput::default() };
/// assert_eq!(weight(Op::AddVec, vec), 1 + 2);
/// let mat = CostInput { first: Some(Type::Mat { rows: 128, cols: 896 }), ..CostInput::default() };
/// assert_eq!(weight(Op::Gemv, mat), 1 + (128 * 896 + 896) / 64);
/// ```
#[must_use]
pub fn weight(op: Op, input: CostInput) -> u64 {
    let eighths = match op.info().work {
        Work::None => return 1,
        Work::Result => 8 * elements(input.result),
        Work::Operand => 8 * elements(input.first),
        Work::Copy => input.bytes,
        Work::ResultBytes => input.result.map_or(0, Type::copy_bytes),
        Work::Gemv => match input.first {
            Some(Type::Mat { rows, cols }) => 8 * (u64::from(rows) * u64::from(cols) + u64::from(cols)),
            _ => 0,
        },
        Work::Norm => 8 * 4 * elements(input.result),
        Work::Heavy => 8 * 16 * elements(input.result),
        Work::Call => match input.host_work {
            Some(work) => 8 * u64::from(work) + input.bytes,
            None => 0,
        },
    };
    1 + eighths.div_ceil(512)
}
