//! Frozen results of every transcendental function: a change of the pinned library, of a coefficient or of the
//! order of operations shows here. `cargo run -p nda-kernels --example freeze` wrote the files.

use nda_kernels::{canon32, math32, math64};

const MATH64: &str = include_str!("../vectors/math64.txt");
const MATH32: &str = include_str!("../vectors/math32.txt");

/// `name input.. result`, in hexadecimal.
fn fields(line: &str) -> (&str, Vec<u64>) {
    let mut words = line.split_whitespace();
    let name = words.next().expect("a line has a name");
    (name, words.map(|w| u64::from_str_radix(w, 16).expect("hexadecimal")).collect())
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|l| !l.starts_with('#'))
}

#[test]
fn f64_functions_are_frozen() {
    let mut seen = std::collections::BTreeMap::new();
    for line in lines(MATH64) {
        let (name, words) = fields(line);
        let at = |i: usize| f64::from_bits(words[i]);
        let (got, arity) = match name {
            "exp" => (math64::exp(at(0)), 1),
            "exp_m1" => (math64::exp_m1(at(0)), 1),
            "ln" => (math64::ln(at(0)), 1),
            "ln_1p" => (math64::ln_1p(at(0)), 1),
            "sin" => (math64::sin(at(0)), 1),
            "cos" => (math64::cos(at(0)), 1),
            "tanh" => (math64::tanh(at(0)), 1),
            "sigmoid" => (math64::sigmoid(at(0)), 1),
            "pow" => (math64::pow(at(0), at(1)), 2),
            "atan2" => (math64::atan2(at(0), at(1)), 2),
            other => panic!("unknown function {other}"),
        };
        assert_eq!(words.len(), arity + 1, "{line}");
        assert_eq!(got.to_bits(), words[arity], "{line}");
        *seen.entry(name).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 10);
    assert!(seen.values().all(|&n| n >= 200), "{seen:?}");
}

#[test]
fn f32_functions_are_frozen() {
    let mut seen = std::collections::BTreeMap::new();
    for line in lines(MATH32) {
        let (name, words) = fields(line);
        let x = f32::from_bits(words[0] as u32);
        let got = match name {
            "exp32" => math32::exp32(x),
            "tanh32" => math32::tanh32(x),
            "sigmoid32" => math32::sigmoid32(x),
            "silu32" => math32::silu32(x),
            "gelu32" => math32::gelu32(x),
            "relu32" => math32::relu32(x),
            "sqrt32" => math32::sqrt32(x),
            other => panic!("unknown function {other}"),
        };
        assert_eq!(u64::from(canon32(got).to_bits()), words[1], "{line}");
        *seen.entry(name).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.values().all(|&n| n >= 200), "{seen:?}");
}
