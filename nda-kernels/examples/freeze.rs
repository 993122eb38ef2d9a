//! Prints the frozen vectors of the transcendental functions, as they are today: `cargo run -p nda-kernels
//! --example freeze -- 64 > nda-kernels/tests/vectors/math64.txt`, and with 32 for `math32.txt`. Their change
//! is a change of the language's meaning.

use nda_kernels::{canon32, math32, math64};

const SPECIAL: [f32; 14] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    -f32::NAN,
    f32::MIN_POSITIVE,
    -f32::MIN_POSITIVE,
    f32::from_bits(1),
    f32::from_bits(0x8000_0001),
    f32::MAX,
    f32::MIN,
];

/// SplitMix64.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in -1 .. 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

type Unary64 = fn(f64) -> f64;
type Binary64 = fn(f64, f64) -> f64;
type Unary32 = fn(f32) -> f32;

const UNARY64: [(&str, Unary64); 8] = [
    ("exp", math64::exp),
    ("exp_m1", math64::exp_m1),
    ("ln", math64::ln),
    ("ln_1p", math64::ln_1p),
    ("sin", math64::sin),
    ("cos", math64::cos),
    ("tanh", math64::tanh),
    ("sigmoid", math64::sigmoid),
];

const BINARY64: [(&str, Binary64); 2] = [("pow", math64::pow), ("atan2", math64::atan2)];

const UNARY32: [(&str, Unary32); 7] = [
    ("exp32", math32::exp32),
    ("tanh32", math32::tanh32),
    ("sigmoid32", math32::sigmoid32),
    ("silu32", math32::silu32),
    ("gelu32", math32::gelu32),
    ("relu32", math32::relu32),
    ("sqrt32", math32::sqrt32),
];

/// Special values, edges of the functions' ranges, then numbers of every size and of every bit pattern.
fn inputs64() -> Vec<f64> {
    let mut all: Vec<f64> = SPECIAL.iter().map(|&x| f64::from(x)).collect();
    let edges = [
        5e-324,
        2.2250738585072014e-308,
        f64::MAX,
        0.5,
        2.0,
        3.0,
        0.1,
        1e-5,
        22.0,
        19.06,
        36.8,
        88.7,
        104.0,
        709.78,
        709.7827128933841,
        710.0,
        745.1,
        745.2,
        1e5,
        1e22,
        std::f64::consts::FRAC_PI_2,
        std::f64::consts::PI,
        std::f64::consts::FRAC_PI_4,
        0.9999999999999999,
        1.0000000000000002,
        1.8014398509481984e16,
    ];
    all.extend(edges.iter().flat_map(|&x| [x, -x]));
    let mut rng = Rng(64);
    all.extend((0..200).map(|i| rng.unit() * [1.0, 10.0, 100.0, 1000.0, 1e-3][i % 5]));
    all.extend((0..100).map(|_| f64::from_bits(rng.next())));
    all
}

fn inputs32() -> Vec<f32> {
    let mut all: Vec<f32> = inputs64().iter().map(|&x| x as f32).collect();
    let mut rng = Rng(32);
    all.extend((0..200).map(|_| f32::from_bits(rng.next() as u32)));
    all
}

fn math64() {
    println!("# function, bits of the operands, bits of the result; NaN canonical");
    let inputs = inputs64();
    for (name, f) in UNARY64 {
        for &x in &inputs {
            println!("{name} {:016x} {:016x}", x.to_bits(), f(x).to_bits());
        }
    }
    for (name, f) in BINARY64 {
        let special = &inputs[..14];
        let pairs = special.iter().flat_map(|&x| special.iter().map(move |&y| (x, y)));
        let mut mixed = inputs.clone();
        mixed.rotate_left(101);
        for (x, y) in pairs.chain(inputs.iter().copied().zip(mixed)) {
            println!("{name} {:016x} {:016x} {:016x}", x.to_bits(), y.to_bits(), f(x, y).to_bits());
        }
    }
}

fn math32() {
    println!("# function, bits of the operand, bits of the result; NaN canonical");
    for (name, f) in UNARY32 {
        for x in inputs32() {
            println!("{name} {:08x} {:08x}", x.to_bits(), canon32(f(x)).to_bits());
        }
    }
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("64") => math64(),
        Some("32") => math32(),
        _ => {
            eprintln!("usage: freeze 64|32");
            std::process::exit(2);
        }
    }
}
