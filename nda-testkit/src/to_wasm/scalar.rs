//! Operations on scalars that are one instruction, or a fixed few that need no locals.

use nda_ast::Op;
use wasm_encoder::InstructionSink;

/// Appends `op`, whose operands are on the stack; false where it takes more than that.
pub(super) fn simple(op: Op, code: &mut InstructionSink<'_>) -> bool {
    match op {
        Op::AddInt => code.i64_add(),
        Op::SubInt => code.i64_sub(),
        Op::MulInt => code.i64_mul(),
        Op::DivS => code.i64_div_s(),
        Op::DivU => code.i64_div_u(),
        Op::RemS => code.i64_rem_s(),
        Op::RemU => code.i64_rem_u(),
        Op::AddFloat => code.f64_add(),
        Op::SubFloat => code.f64_sub(),
        Op::MulFloat => code.f64_mul(),
        Op::DivFloat => code.f64_div(),
        Op::MinFloat => code.f64_min(),
        Op::MaxFloat => code.f64_max(),
        Op::CopySign => code.f64_copysign(),
        Op::NegFloat => code.f64_neg(),
        Op::AbsFloat => code.f64_abs(),
        Op::Sqrt => code.f64_sqrt(),
        Op::Floor => code.f64_floor(),
        Op::Ceil => code.f64_ceil(),
        Op::Trunc => code.f64_trunc(),
        Op::Nearest => code.f64_nearest(),
        Op::AndInt => code.i64_and(),
        Op::OrInt => code.i64_or(),
        Op::XorInt => code.i64_xor(),
        Op::NotInt => code.i64_const(-1).i64_xor(),
        Op::Shl => code.i64_shl(),
        Op::ShrS => code.i64_shr_s(),
        Op::ShrU => code.i64_shr_u(),
        Op::Rotl => code.i64_rotl(),
        Op::Rotr => code.i64_rotr(),
        Op::Clz => code.i64_clz(),
        Op::Ctz => code.i64_ctz(),
        Op::Popcnt => code.i64_popcnt(),
        Op::AndBool => code.i32_and(),
        Op::OrBool => code.i32_or(),
        Op::XorBool | Op::NeBool => code.i32_xor(),
        Op::NotBool => code.i32_eqz(),
        Op::EqBool => code.i32_eq(),
        Op::EqInt => code.i64_eq(),
        Op::NeInt => code.i64_ne(),
        Op::LtS => code.i64_lt_s(),
        Op::LeS => code.i64_le_s(),
        Op::GtS => code.i64_gt_s(),
        Op::GeS => code.i64_ge_s(),
        Op::LtU => code.i64_lt_u(),
        Op::LeU => code.i64_le_u(),
        Op::GtU => code.i64_gt_u(),
        Op::GeU => code.i64_ge_u(),
        Op::EqFloat => code.f64_eq(),
        Op::NeFloat => code.f64_ne(),
        Op::LtFloat => code.f64_lt(),
        Op::LeFloat => code.f64_le(),
        Op::GtFloat => code.f64_gt(),
        Op::GeFloat => code.f64_ge(),
        Op::IntToFloat => code.f64_convert_i64_s(),
        Op::UintToFloat => code.f64_convert_i64_u(),
        Op::FloatToInt => code.i64_trunc_f64_s(),
        Op::FloatToUint => code.i64_trunc_f64_u(),
        Op::FloatToIntSat => code.i64_trunc_sat_f64_s(),
        Op::FloatToUintSat => code.i64_trunc_sat_f64_u(),
        Op::BoolToInt => code.i64_extend_i32_u(),
        Op::FloatBits => code.i64_reinterpret_f64(),
        Op::FloatFromBits => code.f64_reinterpret_i64(),
        _ => return false,
    };
    true
}

/// The comparison that holds exactly where `op` does not, if there is one: floats have none but for equality.
pub(super) fn inverse(op: Op) -> Option<Op> {
    Some(match op {
        Op::EqInt => Op::NeInt,
        Op::NeInt => Op::EqInt,
        Op::LtS => Op::GeS,
        Op::LeS => Op::GtS,
        Op::GtS => Op::LeS,
        Op::GeS => Op::LtS,
        Op::LtU => Op::GeU,
        Op::LeU => Op::GtU,
        Op::GtU => Op::LeU,
        Op::GeU => Op::LtU,
        Op::EqFloat => Op::NeFloat,
        Op::NeFloat => Op::EqFloat,
        Op::EqBool => Op::NeBool,
        Op::NeBool => Op::EqBool,
        _ => return None,
    })
}

/// The name under which the host gives an operation that WebAssembly lacks.
pub(super) fn math_name(op: Op) -> Option<&'static str> {
    matches!(
        op,
        Op::Exp
            | Op::ExpM1
            | Op::Ln
            | Op::Ln1p
            | Op::Sin
            | Op::Cos
            | Op::Tanh
            | Op::Sigmoid
            | Op::Pow
            | Op::Atan2
    )
    .then(|| op.info().name)
}
