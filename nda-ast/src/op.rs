//! The one list of operations. Encoder, decoder, validator, cost table, text form, interpreter and tests are views
//! of it: an operation is added by adding one row here and then following the compiler.

use crate::types::PackedType;

/// Type class of an operand, as far as it is fixed by the operation alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
    /// `int`.
    Int,
    /// `float`.
    Float,
    /// `bool`.
    Bool,
    /// Any `vec`.
    Vec,
    /// A `vec` of the same length as the first operand.
    SameVec,
    /// Any `buf`.
    Buf,
    /// A `buf[float, N]`.
    BufFloat,
    /// Any `buf` or `vec`.
    Seq,
    /// Any `mat`.
    Mat,
    /// Anything but a `mat`.
    Value,
    /// The same type as the operand before it.
    Same,
}

/// Result class of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Res {
    /// A statement: no result.
    None,
    /// `int`.
    Int,
    /// `float`.
    Float,
    /// `bool`.
    Bool,
    /// The type of the first operand.
    First,
    /// A rule of its own, in the validator.
    Rule,
}

/// What follows the operation byte in a node's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imm {
    /// Nothing.
    None,
    /// A signed LEB128 of 64 bits.
    Int,
    /// Eight bytes, the bits of an f64, least significant first.
    Float,
    /// One byte, 0 or 1.
    Bool,
    /// A slot number.
    Slot,
    /// An index into the function's table of hashes.
    Table,
    /// A table index and an argument count.
    Call,
    /// A table index, an argument count and a result count.
    CallStmt,
    /// A static length or capacity, 1 to 2^20.
    Count,
    /// An element type and a capacity.
    Fill,
    /// A loop bound: 0 for none, else K + 1.
    Max,
    /// A loop depth, 0 innermost.
    Depth,
}

/// The node's own work in the cost table (`cost.rs` holds the formulas).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// None: weight 1.
    None,
    /// Elements of the result.
    Result,
    /// Elements of the first operand.
    Operand,
    /// Bytes / 8 of each aggregate operand.
    Copy,
    /// Bytes / 8 of the result.
    ResultBytes,
    /// r*c + c of the matrix.
    Gemv,
    /// 4n.
    Norm,
    /// 16n.
    Heavy,
    /// A host call's declared work + bytes / 8 of its aggregates; nothing for another callee.
    Call,
}

/// What a node may do besides giving a value. Compilers ask this, never assume it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effects(u8);

impl Effects {
    /// None at all.
    pub const NONE: Effects = Effects(0);
    /// May trap by its own check.
    pub const TRAP: Effects = Effects(1);
    /// Writes a slot.
    pub const WRITE: Effects = Effects(2);
    /// Writes the log.
    pub const LOG: Effects = Effects(4);
    /// Enters another function, with all that may do.
    pub const CALL: Effects = Effects(8);
    /// Passes control elsewhere than to the next node.
    pub const FLOW: Effects = Effects(16);

    /// The union of both.
    #[must_use]
    pub const fn and(self, other: Effects) -> Effects {
        Effects(self.0 | other.0)
    }

    /// Whether all of `other` is in `self`.
    #[must_use]
    pub const fn has(self, other: Effects) -> bool {
        self.0 & other.0 == other.0
    }
}

/// How the text form writes an operation. Operations of one spelling are told apart by the types of their operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Between its two operands.
    Infix(&'static str),
    /// Before its operand.
    Prefix(&'static str),
    /// A prelude function on its operands.
    Function(&'static str),
    /// `x as` this type.
    Cast(&'static str),
    /// A form of its own in the grammar.
    Form,
}

/// What the list says of one operation.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    /// Mnemonic, as in `docs/spec.md`.
    pub name: &'static str,
    /// Operands in order; calls, `Return` and `Load` have none here (their counts and types lie elsewhere).
    pub args: &'static [Arg],
    /// Result class.
    pub res: Res,
    /// Immediates.
    pub imm: Imm,
    /// Work of the node itself.
    pub work: Work,
    /// Possible effects.
    pub effects: Effects,
    /// How the text form writes it.
    pub text: Spelling,
}

macro_rules! effects {
    () => { Effects::NONE };
    ($($e:ident)+) => { Effects::NONE$(.and(Effects::$e))+ };
}

macro_rules! ops {
    ($($(#[$doc:meta])* $name:ident = $code:literal $text:literal [$($arg:ident)*] -> $res:ident,
        $imm:ident, $work:ident, [$($eff:ident)*], $text_form:ident $(($spelling:literal))?;)+) => {
        /// An operation of the language; the number is its byte in the canonical encoding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])* $name = $code,)+ }

        impl Op {
            /// Every operation, in the order of the bytes.
            pub const ALL: &'static [Op] = &[$(Op::$name),+];

            /// The operation with this byte.
            #[must_use]
            #[inline]
            pub const fn from_byte(byte: u8) -> Option<Op> {
                match byte { $($code => Some(Op::$name),)+ _ => None }
            }

            /// What the list says of it.
            #[must_use]
            #[inline]
            pub const fn info(self) -> &'static OpInfo {
                &INFO[self as usize - 1]
            }
        }

        const INFO: &[OpInfo] = &[$(OpInfo {
            name: $text,
            args: &[$(Arg::$arg),*],
            res: Res::$res,
            imm: Imm::$imm,
            work: Work::$work,
            effects: effects!($($eff)*),
            text: Spelling::$text_form $(($spelling))?,
        }),+];
    };
}

ops! {
    // Statements.
    /// Declares a slot.
    Let = 1 "let" [Value] -> None, None, Copy, [WRITE], Form;
    /// Changes a slot.
    Store = 2 "store" [Value] -> None, Slot, Copy, [WRITE], Form;
    /// Changes one element: value, then index.
    StoreElem = 3 "store_elem" [Value Int] -> None, Slot, None, [WRITE TRAP], Form;
    /// Appends to a buffer.
    Push = 4 "push" [Value] -> None, Slot, None, [WRITE TRAP], Form;
    /// Shortens a buffer.
    Truncate = 5 "truncate" [Int] -> None, Slot, None, [WRITE TRAP], Form;
    /// Statements with a scope of their own; not a block.
    Scope = 6 "scope" [] -> None, None, None, [], Form;
    /// Two arms, each maybe empty.
    If = 7 "if" [Bool] -> None, None, None, [FLOW TRAP], Form;
    /// Counts an index from 0.
    Loop = 8 "loop" [Int] -> None, Max, None, [FLOW TRAP], Form;
    /// Repeats while a condition holds.
    While = 9 "while" [Bool] -> None, Max, None, [FLOW TRAP], Form;
    /// Leaves a loop.
    Break = 10 "break" [] -> None, Depth, None, [FLOW], Form;
    /// Goes on with a loop's next iteration.
    Continue = 11 "continue" [] -> None, Depth, None, [FLOW], Form;
    /// Leaves the function with its results.
    Return = 12 "return" [] -> None, None, Copy, [FLOW], Form;
    /// Calls what `Call` may not name; declares a slot per result.
    CallStmt = 13 "call_stmt" [] -> None, CallStmt, Call, [CALL TRAP WRITE LOG], Form;
    /// Appends a value to the log.
    Print = 14 "print" [Value] -> None, None, Operand, [LOG TRAP], Form;
    /// Traps with a code.
    Fail = 15 "fail" [Int] -> None, None, None, [TRAP FLOW], Form;

    // Leaves, choice, calls.
    /// A constant.
    Int = 16 "int" [] -> Int, Int, None, [], Form;
    /// A constant.
    Float = 17 "float" [] -> Float, Float, None, [], Form;
    /// A constant.
    Bool = 18 "bool" [] -> Bool, Bool, None, [], Form;
    /// A constant object.
    BufConst = 19 "buf_const" [] -> Rule, Table, None, [], Form;
    /// A constant object.
    VecConst = 20 "vec_const" [] -> Rule, Table, None, [], Form;
    /// A constant object.
    Matrix = 21 "matrix" [] -> Rule, Table, None, [], Form;
    /// The value of a slot.
    Load = 22 "load" [] -> Rule, Slot, None, [], Form;
    /// Lazy choice: condition, value if true, value if false.
    Select = 23 "select" [Bool Value Same] -> Rule, None, None, [FLOW], Form;
    /// A function with one result, no `inout` and no host call below it.
    Call = 24 "call" [] -> Rule, Call, None, [CALL TRAP LOG], Form;

    // Math on int.
    /// Wrapping.
    AddInt = 25 "add_int" [Int Int] -> Int, None, None, [], Infix("+");
    /// Wrapping.
    SubInt = 26 "sub_int" [Int Int] -> Int, None, None, [], Infix("-");
    /// Wrapping.
    MulInt = 27 "mul_int" [Int Int] -> Int, None, None, [], Infix("*");
    /// Signed.
    MinInt = 28 "min_int" [Int Int] -> Int, None, None, [], Function("min");
    /// Signed.
    MaxInt = 29 "max_int" [Int Int] -> Int, None, None, [], Function("max");
    /// Traps on zero, and on MIN by -1.
    DivS = 30 "div_s" [Int Int] -> Int, None, None, [TRAP], Infix("/");
    /// Traps on zero.
    DivU = 31 "div_u" [Int Int] -> Int, None, None, [TRAP], Function("div_u");
    /// Traps on zero; MIN rem -1 is 0.
    RemS = 32 "rem_s" [Int Int] -> Int, None, None, [TRAP], Infix("%");
    /// Traps on zero.
    RemU = 33 "rem_u" [Int Int] -> Int, None, None, [TRAP], Function("rem_u");

    // Math on float.
    /// IEEE-754.
    AddFloat = 34 "add_float" [Float Float] -> Float, None, None, [], Infix("+");
    /// IEEE-754.
    SubFloat = 35 "sub_float" [Float Float] -> Float, None, None, [], Infix("-");
    /// IEEE-754.
    MulFloat = 36 "mul_float" [Float Float] -> Float, None, None, [], Infix("*");
    /// NaN if either is; -0 below +0.
    MinFloat = 37 "min_float" [Float Float] -> Float, None, None, [], Function("min");
    /// NaN if either is; -0 below +0.
    MaxFloat = 38 "max_float" [Float Float] -> Float, None, None, [], Function("max");
    /// IEEE-754.
    DivFloat = 39 "div_float" [Float Float] -> Float, None, None, [], Infix("/");
    /// Magnitude of the first, sign of the second; keeps NaN bits.
    CopySign = 40 "copysign" [Float Float] -> Float, None, None, [], Function("copysign");
    /// First to the power of the second.
    Pow = 41 "pow" [Float Float] -> Float, None, None, [], Function("pow");
    /// Angle of the point (second, first).
    Atan2 = 42 "atan2" [Float Float] -> Float, None, None, [], Function("atan2");

    // Math on vec, elementwise.
    /// f32 sum.
    AddVec = 43 "add_vec" [Vec SameVec] -> First, None, Result, [], Infix("+");
    /// f32 difference.
    SubVec = 44 "sub_vec" [Vec SameVec] -> First, None, Result, [], Infix("-");
    /// f32 product.
    MulVec = 45 "mul_vec" [Vec SameVec] -> First, None, Result, [], Infix("*");
    /// NaN if either is; -0 below +0.
    MinVec = 46 "min_vec" [Vec SameVec] -> First, None, Result, [], Function("min");
    /// NaN if either is; -0 below +0.
    MaxVec = 47 "max_vec" [Vec SameVec] -> First, None, Result, [], Function("max");
    /// f32 quotient.
    DivVec = 48 "div_vec" [Vec SameVec] -> First, None, Result, [], Infix("/");
    /// f32 sum with the float rounded once to f32.
    AddVecFloat = 49 "add_vec_float" [Vec Float] -> First, None, Result, [], Infix("+");
    /// As `add_vec_float`, difference.
    SubVecFloat = 50 "sub_vec_float" [Vec Float] -> First, None, Result, [], Infix("-");
    /// As `add_vec_float`, product.
    MulVecFloat = 51 "mul_vec_float" [Vec Float] -> First, None, Result, [], Infix("*");
    /// As `add_vec_float`, lesser.
    MinVecFloat = 52 "min_vec_float" [Vec Float] -> First, None, Result, [], Function("min");
    /// As `add_vec_float`, greater.
    MaxVecFloat = 53 "max_vec_float" [Vec Float] -> First, None, Result, [], Function("max");
    /// As `add_vec_float`, quotient.
    DivVecFloat = 54 "div_vec_float" [Vec Float] -> First, None, Result, [], Infix("/");

    // Unary.
    /// Wrapping.
    NegInt = 55 "neg_int" [Int] -> Int, None, None, [], Prefix("-");
    /// Wrapping: of MIN it is MIN.
    AbsInt = 56 "abs_int" [Int] -> Int, None, None, [], Function("abs");
    /// Flips the sign bit; keeps NaN bits.
    NegFloat = 57 "neg_float" [Float] -> Float, None, None, [], Prefix("-");
    /// Clears the sign bit; keeps NaN bits.
    AbsFloat = 58 "abs_float" [Float] -> Float, None, None, [], Function("abs");
    /// Correctly rounded.
    Sqrt = 59 "sqrt" [Float] -> Float, None, None, [], Function("sqrt");
    /// Towards minus infinity.
    Floor = 60 "floor" [Float] -> Float, None, None, [], Function("floor");
    /// Towards plus infinity.
    Ceil = 61 "ceil" [Float] -> Float, None, None, [], Function("ceil");
    /// Towards zero.
    Trunc = 62 "trunc" [Float] -> Float, None, None, [], Function("trunc");
    /// To the nearest, ties to even.
    Nearest = 63 "nearest" [Float] -> Float, None, None, [], Function("nearest");
    /// e to the power.
    Exp = 64 "exp" [Float] -> Float, None, None, [], Function("exp");
    /// e to the power, minus 1.
    ExpM1 = 65 "exp_m1" [Float] -> Float, None, None, [], Function("exp_m1");
    /// Natural logarithm.
    Ln = 66 "ln" [Float] -> Float, None, None, [], Function("ln");
    /// Natural logarithm of 1 + x.
    Ln1p = 67 "ln_1p" [Float] -> Float, None, None, [], Function("ln_1p");
    /// Radians.
    Sin = 68 "sin" [Float] -> Float, None, None, [], Function("sin");
    /// Radians.
    Cos = 69 "cos" [Float] -> Float, None, None, [], Function("cos");
    /// Hyperbolic tangent.
    Tanh = 70 "tanh" [Float] -> Float, None, None, [], Function("tanh");
    /// 1 / (1 + exp(-x)).
    Sigmoid = 71 "sigmoid" [Float] -> Float, None, None, [], Function("sigmoid");
    /// Flips the sign of each element.
    NegVec = 72 "neg_vec" [Vec] -> First, None, Result, [], Prefix("-");
    /// Clears the sign of each element.
    AbsVec = 73 "abs_vec" [Vec] -> First, None, Result, [], Function("abs");
    /// Correctly rounded, each element.
    SqrtVec = 74 "sqrt_vec" [Vec] -> First, None, Result, [], Function("sqrt");
    /// max(x, +0), each element.
    ReluVec = 75 "relu_vec" [Vec] -> First, None, Result, [], Function("relu");
    /// exp32 of each element.
    ExpVec = 76 "exp_vec" [Vec] -> First, None, Heavy, [], Function("exp");
    /// tanh32 of each element.
    TanhVec = 77 "tanh_vec" [Vec] -> First, None, Heavy, [], Function("tanh");
    /// sigmoid32 of each element.
    SigmoidVec = 78 "sigmoid_vec" [Vec] -> First, None, Heavy, [], Function("sigmoid");
    /// x * sigmoid32(x) of each element.
    SiluVec = 79 "silu_vec" [Vec] -> First, None, Heavy, [], Function("silu");
    /// The tanh form, each element.
    GeluVec = 80 "gelu_vec" [Vec] -> First, None, Heavy, [], Function("gelu");
    /// exp32(x - max) over their sum.
    Softmax = 81 "softmax" [Vec] -> First, None, Heavy, [], Function("softmax");

    // Bits.
    /// Bitwise.
    AndInt = 82 "and_int" [Int Int] -> Int, None, None, [], Infix("&");
    /// Bitwise.
    OrInt = 83 "or_int" [Int Int] -> Int, None, None, [], Infix("|");
    /// Bitwise.
    XorInt = 84 "xor_int" [Int Int] -> Int, None, None, [], Infix("^");
    /// Bitwise.
    NotInt = 85 "not_int" [Int] -> Int, None, None, [], Prefix("!");
    /// Shift count modulo 64.
    Shl = 86 "shl" [Int Int] -> Int, None, None, [], Infix("<<");
    /// Arithmetic; shift count modulo 64.
    ShrS = 87 "shr_s" [Int Int] -> Int, None, None, [], Infix(">>");
    /// Logical; shift count modulo 64.
    ShrU = 88 "shr_u" [Int Int] -> Int, None, None, [], Function("shr_u");
    /// Count modulo 64.
    Rotl = 89 "rotl" [Int Int] -> Int, None, None, [], Function("rotl");
    /// Count modulo 64.
    Rotr = 90 "rotr" [Int Int] -> Int, None, None, [], Function("rotr");
    /// Leading zeros; 64 of zero.
    Clz = 91 "clz" [Int] -> Int, None, None, [], Function("clz");
    /// Trailing zeros; 64 of zero.
    Ctz = 92 "ctz" [Int] -> Int, None, None, [], Function("ctz");
    /// Bits set.
    Popcnt = 93 "popcnt" [Int] -> Int, None, None, [], Function("popcnt");
    /// Strict.
    AndBool = 94 "and_bool" [Bool Bool] -> Bool, None, None, [], Infix("&");
    /// Strict.
    OrBool = 95 "or_bool" [Bool Bool] -> Bool, None, None, [], Infix("|");
    /// Strict.
    XorBool = 96 "xor_bool" [Bool Bool] -> Bool, None, None, [], Infix("^");
    /// Negation.
    NotBool = 97 "not_bool" [Bool] -> Bool, None, None, [], Prefix("!");

    // Compare.
    /// Equal.
    EqInt = 98 "eq_int" [Int Int] -> Bool, None, None, [], Infix("==");
    /// Different.
    NeInt = 99 "ne_int" [Int Int] -> Bool, None, None, [], Infix("!=");
    /// Signed.
    LtS = 100 "lt_s" [Int Int] -> Bool, None, None, [], Infix("<");
    /// Signed.
    LeS = 101 "le_s" [Int Int] -> Bool, None, None, [], Infix("<=");
    /// Signed.
    GtS = 102 "gt_s" [Int Int] -> Bool, None, None, [], Infix(">");
    /// Signed.
    GeS = 103 "ge_s" [Int Int] -> Bool, None, None, [], Infix(">=");
    /// Unsigned.
    LtU = 104 "lt_u" [Int Int] -> Bool, None, None, [], Function("lt_u");
    /// Unsigned.
    LeU = 105 "le_u" [Int Int] -> Bool, None, None, [], Function("le_u");
    /// Unsigned.
    GtU = 106 "gt_u" [Int Int] -> Bool, None, None, [], Function("gt_u");
    /// Unsigned.
    GeU = 107 "ge_u" [Int Int] -> Bool, None, None, [], Function("ge_u");
    /// False with a NaN; -0 equals +0.
    EqFloat = 108 "eq_float" [Float Float] -> Bool, None, None, [], Infix("==");
    /// True with a NaN.
    NeFloat = 109 "ne_float" [Float Float] -> Bool, None, None, [], Infix("!=");
    /// False with a NaN.
    LtFloat = 110 "lt_float" [Float Float] -> Bool, None, None, [], Infix("<");
    /// False with a NaN.
    LeFloat = 111 "le_float" [Float Float] -> Bool, None, None, [], Infix("<=");
    /// False with a NaN.
    GtFloat = 112 "gt_float" [Float Float] -> Bool, None, None, [], Infix(">");
    /// False with a NaN.
    GeFloat = 113 "ge_float" [Float Float] -> Bool, None, None, [], Infix(">=");
    /// Equal.
    EqBool = 114 "eq_bool" [Bool Bool] -> Bool, None, None, [], Infix("==");
    /// Different.
    NeBool = 115 "ne_bool" [Bool Bool] -> Bool, None, None, [], Infix("!=");

    // Casts.
    /// Signed, round to nearest even.
    IntToFloat = 116 "int_to_float_s" [Int] -> Float, None, None, [], Cast("f64");
    /// Unsigned, round to nearest even.
    UintToFloat = 117 "int_to_float_u" [Int] -> Float, None, None, [], Function("to_float_u");
    /// Signed, trapping.
    FloatToInt = 118 "float_to_int_s" [Float] -> Int, None, None, [TRAP], Function("to_int");
    /// Unsigned, trapping.
    FloatToUint = 119 "float_to_int_u" [Float] -> Int, None, None, [TRAP], Function("to_uint");
    /// Signed, saturating; NaN gives 0.
    FloatToIntSat = 120 "float_to_int_sat_s" [Float] -> Int, None, None, [], Cast("i64");
    /// Unsigned, saturating; NaN gives 0.
    FloatToUintSat = 121 "float_to_int_sat_u" [Float] -> Int, None, None, [], Function("to_uint_sat");
    /// 0 or 1.
    BoolToInt = 122 "bool_to_int" [Bool] -> Int, None, None, [], Cast("i64");
    /// The same 64 bits.
    FloatBits = 123 "float_bits" [Float] -> Int, None, None, [], Function("float_bits");
    /// The same 64 bits.
    FloatFromBits = 124 "float_from_bits" [Int] -> Float, None, None, [], Function("float_from_bits");

    // Network.
    /// Matrix times vector, activations quantised to int8.
    Gemv = 125 "gemv" [Mat Vec] -> Rule, None, Gemv, [TRAP], Function("gemv");
    /// RMS norm with a gain of shape [1, n] and an epsilon.
    Norm = 126 "norm" [Mat Vec] -> Rule, Float, Norm, [], Form;
    /// Sum of products, in f64 over 8 lanes.
    Dot = 127 "dot" [Vec SameVec] -> Float, None, Operand, [], Function("dot");
    /// Sum, in f64 over 8 lanes.
    Sum = 128 "sum" [Vec] -> Float, None, Operand, [], Function("sum");
    /// Sum over n.
    Mean = 129 "mean" [Vec] -> Float, None, Operand, [], Function("mean");
    /// Greatest, NaN ignored.
    MaxOf = 130 "max_of" [Vec] -> Float, None, Operand, [], Function("max_of");
    /// Least, NaN ignored.
    MinOf = 131 "min_of" [Vec] -> Float, None, Operand, [], Function("min_of");
    /// Index of the greatest.
    ArgMax = 132 "argmax" [Vec] -> Int, None, Operand, [], Function("argmax");
    /// Index of the least.
    ArgMin = 133 "argmin" [Vec] -> Int, None, Operand, [], Function("argmin");
    /// One row of a matrix.
    Row = 134 "row" [Mat Int] -> Rule, None, Result, [TRAP], Function("row");

    // Sequences.
    /// Run-time length of a buffer, static length of a vector.
    Len = 135 "len" [Seq] -> Int, None, None, [], Form;
    /// One element.
    Index = 136 "index" [Seq Int] -> Rule, None, None, [TRAP], Form;
    /// `len` elements from a start.
    Slice = 137 "slice" [Vec Int] -> Rule, Count, Result, [TRAP], Form;
    /// One vector after another.
    Concat = 138 "concat" [Vec Vec] -> Rule, None, Result, [], Function("concat");
    /// `n` times the same, rounded once to f32.
    Splat = 139 "splat" [Float] -> Rule, Count, Result, [], Form;
    /// Each element rounded once to f32; traps unless the length is `n`.
    ToVec = 140 "to_vec" [BufFloat] -> Rule, Count, Result, [TRAP], Form;
    /// Each element as float.
    ToBuf = 141 "to_buf" [Vec] -> Rule, None, Result, [], Function("to_buf");
    /// A full buffer of one value.
    Fill = 142 "fill" [Value] -> Rule, Fill, ResultBytes, [], Form;
    /// The same elements under another capacity.
    Recap = 143 "recap" [Buf] -> Rule, Count, ResultBytes, [TRAP], Form;
}

/// Operations on scalars of fixed types without work of their own: what the validator's fast path asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Constant(PackedType),
    Unary(PackedType, PackedType),
    Binary(PackedType, PackedType),
    Other,
}

const fn scalar_arg(arg: Arg) -> Option<PackedType> {
    match arg {
        Arg::Int => Some(PackedType::INT),
        Arg::Float => Some(PackedType::FLOAT),
        Arg::Bool => Some(PackedType::BOOL),
        _ => None,
    }
}

const fn scalar_view(info: &OpInfo) -> Scalar {
    let res = match info.res {
        Res::Int => PackedType::INT,
        Res::Float => PackedType::FLOAT,
        Res::Bool => PackedType::BOOL,
        _ => return Scalar::Other,
    };
    if !matches!(info.work, Work::None) {
        return Scalar::Other;
    }
    match info.args {
        [] => Scalar::Constant(res),
        [a] => match scalar_arg(*a) {
            Some(a) => Scalar::Unary(a, res),
            None => Scalar::Other,
        },
        // No operation takes two scalars of different types; one that did would be `Other` and still be right.
        [a, b] => match (scalar_arg(*a), scalar_arg(*b)) {
            (Some(PackedType::INT), Some(PackedType::INT)) => Scalar::Binary(PackedType::INT, res),
            (Some(PackedType::FLOAT), Some(PackedType::FLOAT)) => Scalar::Binary(PackedType::FLOAT, res),
            (Some(PackedType::BOOL), Some(PackedType::BOOL)) => Scalar::Binary(PackedType::BOOL, res),
            _ => Scalar::Other,
        },
        _ => Scalar::Other,
    }
}

const SCALAR: [Scalar; INFO.len()] = {
    let mut out = [Scalar::Other; INFO.len()];
    let mut i = 0;
    while i < INFO.len() {
        out[i] = scalar_view(&INFO[i]);
        i += 1;
    }
    out
};

const ARITY: [u8; INFO.len()] = {
    let mut out = [0; INFO.len()];
    let mut i = 0;
    while i < INFO.len() {
        out[i] = INFO[i].args.len() as u8;
        i += 1;
    }
    out
};

impl Op {
    /// Number of operands, where the list fixes it.
    #[inline]
    pub(crate) const fn arity(self) -> u16 {
        ARITY[self as usize - 1] as u16
    }

    #[inline]
    pub(crate) const fn scalar(self) -> Scalar {
        SCALAR[self as usize - 1]
    }

    /// Whether it is a statement (gives no value).
    #[must_use]
    #[inline]
    pub const fn is_stmt(self) -> bool {
        (self as u8) <= Op::Fail as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_contiguous_from_one() {
        for (i, op) in Op::ALL.iter().enumerate() {
            assert_eq!(*op as usize, i + 1);
            assert_eq!(Op::from_byte(*op as u8), Some(*op));
            assert_eq!(op.is_stmt(), op.info().res == Res::None, "{}", op.info().name);
        }
        assert_eq!(Op::from_byte(0), None);
        assert_eq!(Op::from_byte(Op::ALL.len() as u8 + 1), None);
    }

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<_> = Op::ALL.iter().map(|op| op.info().name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Op::ALL.len());
    }
}
