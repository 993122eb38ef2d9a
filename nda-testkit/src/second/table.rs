//! The table of operations of section 4, transcribed: this judge's own copy, so that a slip in the first list shows.

/// What one operand has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    Int,
    Float,
    Bool,
    Vec,
    SameVec,
    Buf,
    BufFloat,
    Seq,
    Mat,
    Value,
    Same,
}

/// The operands of an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Takes {
    These(&'static [Want]),
    /// As many as the function has results.
    Results,
    /// As many as the node says.
    Arguments,
}

/// The type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gives {
    /// A statement.
    None,
    Int,
    Float,
    Bool,
    First,
    Rule,
}

/// The immediates of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    None,
    Slot,
    Max,
    Depth,
    CallStmt,
    Int,
    Float,
    Bool,
    Table,
    Call,
    Count,
    Fill,
}

/// The column "work".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    None,
    Result,
    Operand,
    Copy,
    ResultBytes,
    Gemv,
    Norm,
    Heavy,
    Call,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    pub byte: u8,
    pub name: &'static str,
    pub takes: Takes,
    pub gives: Gives,
    pub field: Field,
    pub work: Work,
}

const fn row(byte: u8, name: &'static str, takes: Takes, gives: Gives, field: Field, work: Work) -> Row {
    Row { byte, name, takes, gives, field, work }
}

/// The row of an operation byte.
pub(crate) fn find(byte: u8) -> Option<&'static Row> {
    ROWS.get(usize::from(byte).checked_sub(1)?).filter(|row| row.byte == byte)
}

#[rustfmt::skip]
static ROWS: [Row; 143] = [
    row(0x01, "let", Takes::These(&[Want::Value]), Gives::None, Field::None, Work::Copy),
    row(0x02, "store", Takes::These(&[Want::Value]), Gives::None, Field::Slot, Work::Copy),
    row(0x03, "store_elem", Takes::These(&[Want::Value, Want::Int]), Gives::None, Field::Slot, Work::None),
    row(0x04, "push", Takes::These(&[Want::Value]), Gives::None, Field::Slot, Work::None),
    row(0x05, "truncate", Takes::These(&[Want::Int]), Gives::None, Field::Slot, Work::None),
    row(0x06, "scope", Takes::These(&[]), Gives::None, Field::None, Work::None),
    row(0x07, "if", Takes::These(&[Want::Bool]), Gives::None, Field::None, Work::None),
    row(0x08, "loop", Takes::These(&[Want::Int]), Gives::None, Field::Max, Work::None),
    row(0x09, "while", Takes::These(&[Want::Bool]), Gives::None, Field::Max, Work::None),
    row(0x0a, "break", Takes::These(&[]), Gives::None, Field::Depth, Work::None),
    row(0x0b, "continue", Takes::These(&[]), Gives::None, Field::Depth, Work::None),
    row(0x0c, "return", Takes::Results, Gives::None, Field::None, Work::Copy),
    row(0x0d, "call_stmt", Takes::Arguments, Gives::None, Field::CallStmt, Work::Call),
    row(0x0e, "print", Takes::These(&[Want::Value]), Gives::None, Field::None, Work::Operand),
    row(0x0f, "fail", Takes::These(&[Want::Int]), Gives::None, Field::None, Work::None),
    row(0x10, "int", Takes::These(&[]), Gives::Int, Field::Int, Work::None),
    row(0x11, "float", Takes::These(&[]), Gives::Float, Field::Float, Work::None),
    row(0x12, "bool", Takes::These(&[]), Gives::Bool, Field::Bool, Work::None),
    row(0x13, "buf_const", Takes::These(&[]), Gives::Rule, Field::Table, Work::None),
    row(0x14, "vec_const", Takes::These(&[]), Gives::Rule, Field::Table, Work::None),
    row(0x15, "matrix", Takes::These(&[]), Gives::Rule, Field::Table, Work::None),
    row(0x16, "load", Takes::These(&[]), Gives::Rule, Field::Slot, Work::None),
    row(0x17, "select", Takes::These(&[Want::Bool, Want::Value, Want::Same]), Gives::Rule, Field::None, Work::None),
    row(0x18, "call", Takes::Arguments, Gives::Rule, Field::Call, Work::None),
    row(0x19, "add_int", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x1a, "sub_int", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x1b, "mul_int", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x1c, "min_int", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x1d, "max_int", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x1e, "div_s", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x1f, "div_u", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x20, "rem_s", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x21, "rem_u", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x22, "add_float", Takes::These(&[Want::Float, Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x23, "sub_float", Takes::These(&[Want::Float, Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x24, "mul_float", Takes::These(&[Want::Float, Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x25, "min_float", Takes::These(&[Want::Float, Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x26, "max_float", Takes::These(&[Want::Float, Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x27, "div_float", Takes::These(&[Want::Float, Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x28, "copysign", Takes::These(&[Want::Float, Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x29, "pow", Takes::These(&[Want::Float, Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x2a, "atan2", Takes::These(&[Want::Float, Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x2b, "add_vec", Takes::These(&[Want::Vec, Want::SameVec]), Gives::First, Field::None, Work::Result),
    row(0x2c, "sub_vec", Takes::These(&[Want::Vec, Want::SameVec]), Gives::First, Field::None, Work::Result),
    row(0x2d, "mul_vec", Takes::These(&[Want::Vec, Want::SameVec]), Gives::First, Field::None, Work::Result),
    row(0x2e, "min_vec", Takes::These(&[Want::Vec, Want::SameVec]), Gives::First, Field::None, Work::Result),
    row(0x2f, "max_vec", Takes::These(&[Want::Vec, Want::SameVec]), Gives::First, Field::None, Work::Result),
    row(0x30, "div_vec", Takes::These(&[Want::Vec, Want::SameVec]), Gives::First, Field::None, Work::Result),
    row(0x31, "add_vec_float", Takes::These(&[Want::Vec, Want::Float]), Gives::First, Field::None, Work::Result),
    row(0x32, "sub_vec_float", Takes::These(&[Want::Vec, Want::Float]), Gives::First, Field::None, Work::Result),
    row(0x33, "mul_vec_float", Takes::These(&[Want::Vec, Want::Float]), Gives::First, Field::None, Work::Result),
    row(0x34, "min_vec_float", Takes::These(&[Want::Vec, Want::Float]), Gives::First, Field::None, Work::Result),
    row(0x35, "max_vec_float", Takes::These(&[Want::Vec, Want::Float]), Gives::First, Field::None, Work::Result),
    row(0x36, "div_vec_float", Takes::These(&[Want::Vec, Want::Float]), Gives::First, Field::None, Work::Result),
    row(0x37, "neg_int", Takes::These(&[Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x38, "abs_int", Takes::These(&[Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x39, "neg_float", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x3a, "abs_float", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x3b, "sqrt", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x3c, "floor", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x3d, "ceil", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x3e, "trunc", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x3f, "nearest", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x40, "exp", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x41, "exp_m1", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x42, "ln", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x43, "ln_1p", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x44, "sin", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x45, "cos", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x46, "tanh", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x47, "sigmoid", Takes::These(&[Want::Float]), Gives::Float, Field::None, Work::None),
    row(0x48, "neg_vec", Takes::These(&[Want::Vec]), Gives::First, Field::None, Work::Result),
    row(0x49, "abs_vec", Takes::These(&[Want::Vec]), Gives::First, Field::None, Work::Result),
    row(0x4a, "sqrt_vec", Takes::These(&[Want::Vec]), Gives::First, Field::None, Work::Result),
    row(0x4b, "relu_vec", Takes::These(&[Want::Vec]), Gives::First, Field::None, Work::Result),
    row(0x4c, "exp_vec", Takes::These(&[Want::Vec]), Gives::First, Field::None, Work::Heavy),
    row(0x4d, "tanh_vec", Takes::These(&[Want::Vec]), Gives::First, Field::None, Work::Heavy),
    row(0x4e, "sigmoid_vec", Takes::These(&[Want::Vec]), Gives::First, Field::None, Work::Heavy),
    row(0x4f, "silu_vec", Takes::These(&[Want::Vec]), Gives::First, Field::None, Work::Heavy),
    row(0x50, "gelu_vec", Takes::These(&[Want::Vec]), Gives::First, Field::None, Work::Heavy),
    row(0x51, "softmax", Takes::These(&[Want::Vec]), Gives::First, Field::None, Work::Heavy),
    row(0x52, "and_int", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x53, "or_int", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x54, "xor_int", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x55, "not_int", Takes::These(&[Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x56, "shl", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x57, "shr_s", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x58, "shr_u", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x59, "rotl", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x5a, "rotr", Takes::These(&[Want::Int, Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x5b, "clz", Takes::These(&[Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x5c, "ctz", Takes::These(&[Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x5d, "popcnt", Takes::These(&[Want::Int]), Gives::Int, Field::None, Work::None),
    row(0x5e, "and_bool", Takes::These(&[Want::Bool, Want::Bool]), Gives::Bool, Field::None, Work::None),
    row(0x5f, "or_bool", Takes::These(&[Want::Bool, Want::Bool]), Gives::Bool, Field::None, Work::None),
    row(0x60, "xor_bool", Takes::These(&[Want::Bool, Want::Bool]), Gives::Bool, Field::None, Work::None),
    row(0x61, "not_bool", Takes::These(&[Want::Bool]), Gives::Bool, Field::None, Work::None),
    row(0x62, "eq_int", Takes::These(&[Want::Int, Want::Int]), Gives::Bool, Field::None, Work::None),
    row(0x63, "ne_int", Takes::These(&[Want::Int, Want::Int]), Gives::Bool, Field::None, Work::None),
    row(0x64, "lt_s", Takes::These(&[Want::Int, Want::Int]), Gives::Bool, Field::None, Work::None),
    row(0x65, "le_s", Takes::These(&[Want::Int, Want::Int]), Gives::Bool, Field::None, Work::None),
    row(0x66, "gt_s", Takes::These(&[Want::Int, Want::Int]), Gives::Bool, Field::None, Work::None),
    row(0x67, "ge_s", Takes::These(&[Want::Int, Want::Int]), Gives::Bool, Field::None, Work::None),
    row(0x68, "lt_u", Takes::These(&[Want::Int, Want::Int]), Gives::Bool, Field::None, Work::None),
    row(0x69, "le_u", Takes::These(&[Want::Int, Want::Int]), Gives::Bool, Field::None, Work::None),
    row(0x6a, "gt_u", Takes::These(&[Want::Int, Want::Int]), Gives::Bool, Field::None, Work::None),
    row(0x6b, "ge_u", Takes::These(&[Want::Int, Want::Int]), Gives::Bool, Field::None, Work::None),
    row(0x6c, "eq_float", Takes::These(&[Want::Float, Want::Float]), Gives::Bool, Field::None, Work::None),
    row(0x6d, "ne_float", Takes::These(&[Want::Float, Want::Float]), Gives::Bool, Field::None, Work::None),
    row(0x6e, "lt_float", Takes::These(&[Want::Float, Want::Float]), Gives::Bool, Field::None, Work::None),
    row(0x6f, "le_float", Takes::These(&[Want::Float, Want::Float]), Gives::Bool, Field::None, Work::None),
    row(0x70, "gt_float", Takes::These(&[Want::Float, Want::Float]), Gives::Bool, Field::None, Work::None),
    row(0x71, "ge_float", Takes::These(&[Want::Float, Want::Float]), Gives::Bool, Field::None, Work::None),
    row(0x72, "eq_bool", Takes::These(&[Want::Bool, Want::Bool]), Gives::Bool, Field::None, Work::None),
    row(0x73, "ne_bool", Takes::These(&[Want::Bool, Want::Bool]), Gives::Bool, Field::None, Work::None),
    row(0x74, "int_to_float_s", Takes::These(&[Want::Int]), Gives::Float, Field::None, Work::None),
    row(0x75, "int_to_float_u", Takes::These(&[Want::Int]), Gives::Float, Field::None, Work::None),
    row(0x76, "float_to_int_s", Takes::These(&[Want::Float]), Gives::Int, Field::None, Work::None),
    row(0x77, "float_to_int_u", Takes::These(&[Want::Float]), Gives::Int, Field::None, Work::None),
    row(0x78, "float_to_int_sat_s", Takes::These(&[Want::Float]), Gives::Int, Field::None, Work::None),
    row(0x79, "float_to_int_sat_u", Takes::These(&[Want::Float]), Gives::Int, Field::None, Work::None),
    row(0x7a, "bool_to_int", Takes::These(&[Want::Bool]), Gives::Int, Field::None, Work::None),
    row(0x7b, "float_bits", Takes::These(&[Want::Float]), Gives::Int, Field::None, Work::None),
    row(0x7c, "float_from_bits", Takes::These(&[Want::Int]), Gives::Float, Field::None, Work::None),
    row(0x7d, "gemv", Takes::These(&[Want::Mat, Want::Vec]), Gives::Rule, Field::None, Work::Gemv),
    row(0x7e, "norm", Takes::These(&[Want::Mat, Want::Vec]), Gives::Rule, Field::Float, Work::Norm),
    row(0x7f, "dot", Takes::These(&[Want::Vec, Want::SameVec]), Gives::Float, Field::None, Work::Operand),
    row(0x80, "sum", Takes::These(&[Want::Vec]), Gives::Float, Field::None, Work::Operand),
    row(0x81, "mean", Takes::These(&[Want::Vec]), Gives::Float, Field::None, Work::Operand),
    row(0x82, "max_of", Takes::These(&[Want::Vec]), Gives::Float, Field::None, Work::Operand),
    row(0x83, "min_of", Takes::These(&[Want::Vec]), Gives::Float, Field::None, Work::Operand),
    row(0x84, "argmax", Takes::These(&[Want::Vec]), Gives::Int, Field::None, Work::Operand),
    row(0x85, "argmin", Takes::These(&[Want::Vec]), Gives::Int, Field::None, Work::Operand),
    row(0x86, "row", Takes::These(&[Want::Mat, Want::Int]), Gives::Rule, Field::None, Work::Result),
    row(0x87, "len", Takes::These(&[Want::Seq]), Gives::Int, Field::None, Work::None),
    row(0x88, "index", Takes::These(&[Want::Seq, Want::Int]), Gives::Rule, Field::None, Work::None),
    row(0x89, "slice", Takes::These(&[Want::Vec, Want::Int]), Gives::Rule, Field::Count, Work::Result),
    row(0x8a, "concat", Takes::These(&[Want::Vec, Want::Vec]), Gives::Rule, Field::None, Work::Result),
    row(0x8b, "splat", Takes::These(&[Want::Float]), Gives::Rule, Field::Count, Work::Result),
    row(0x8c, "to_vec", Takes::These(&[Want::BufFloat]), Gives::Rule, Field::Count, Work::Result),
    row(0x8d, "to_buf", Takes::These(&[Want::Vec]), Gives::Rule, Field::None, Work::Result),
    row(0x8e, "fill", Takes::These(&[Want::Value]), Gives::Rule, Field::Fill, Work::ResultBytes),
    row(0x8f, "recap", Takes::These(&[Want::Buf]), Gives::Rule, Field::Count, Work::ResultBytes),
];

#[cfg(test)]
mod tests {
    use super::ROWS;

    #[test]
    fn the_bytes_run_without_a_gap() {
        for (i, row) in ROWS.iter().enumerate() {
            assert_eq!(usize::from(row.byte), i + 1, "{}", row.name);
        }
    }
}
