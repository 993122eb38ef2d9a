//! The examples compiled by rustc, and their entry points by name.

use crate::cases::{Case, Ran};
use nda_prelude::{Trap, Value, run};

mod black_scholes {
    nda_prelude::nda_file!("../../../examples/black_scholes.nda");
}

pub mod digits {
    nda_prelude::nda_file!("../../../examples/digits/digits.nda");
}

mod life {
    nda_prelude::nda_file!("../../../examples/life.nda");
}

mod path {
    nda_prelude::nda_file!("../../../examples/path.nda");
}

mod scoring {
    nda_prelude::nda_file!("../../../examples/scoring.nda");
}

mod tokenizer {
    nda_prelude::nda_file!("../../../examples/tokenizer.nda");
}

mod host_example {
    mod host {
        use crate::sensors;
        use nda_prelude::{Buf, host_error};

        pub fn now() -> i64 {
            sensors::NOW
        }

        pub fn read(sensor: i64, since: i64) -> Buf<f64, 16> {
            match sensors::readings(sensor, since) {
                Ok(readings) => Buf::try_from(readings).expect("capacity"),
                Err(code) => host_error(code),
            }
        }

        pub fn set_fan(_on: bool) -> bool {
            sensors::FAN_WAS_ON
        }
    }

    nda_prelude::nda_file!("../../../examples/host.nda");
}

/// `scoring::score` has an argument for each of the numbers.
macro_rules! score {
    ($case:ident: $($i:literal)+) => {
        scoring::score($($case.arg($i)),+)
    };
}

/// Runs a case of an example as rustc compiled it.
pub fn call(example: &str, case: &Case) -> Ran {
    let out = run(|| values(example, case));
    Ran { result: out.result.map_err(trap), log: out.log }
}

fn values(example: &str, case: &Case) -> Vec<Value> {
    match (example, case.function()) {
        ("black_scholes", "call") => {
            let (price, delta) =
                black_scholes::call(case.arg(0), case.arg(1), case.arg(2), case.arg(3), case.arg(4));
            vec![price.into(), delta.into()]
        }
        ("black_scholes", "put") => {
            vec![black_scholes::put(case.arg(0), case.arg(1), case.arg(2), case.arg(3), case.arg(4)).into()]
        }
        ("black_scholes", "grid") => {
            vec![black_scholes::grid(case.arg(0), case.arg(1), case.arg(2), case.arg(3), case.arg(4)).into()]
        }
        ("digits", "logits") => vec![digits::logits(&case.arg(0)).into()],
        ("digits", "classify") => vec![digits::classify(&case.arg(0)).into()],
        ("host", "control") => {
            let (hottest, changed) = host_example::control(case.arg(0), case.arg(1), case.arg(2));
            vec![hottest.into(), changed.into()]
        }
        ("life", "step") => {
            let mut world = case.arg(0);
            life::step(&mut world, case.arg(1));
            vec![world.into()]
        }
        ("life", "run") => {
            let mut world = case.arg(0);
            let living = life::run(&mut world, case.arg(1), case.arg(2));
            vec![living.into(), world.into()]
        }
        ("path", "find") => {
            let (cost, way) = path::find(&case.arg(0), case.arg(1), case.arg(2), case.arg(3));
            vec![cost.into(), way.into()]
        }
        ("scoring", "score") => {
            let (score, decision, reasons) = score!(case: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25
                26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49);
            vec![score.into(), decision.into(), reasons.into()]
        }
        ("tokenizer", "tokenize") => {
            let (kinds, starts, error, at) = tokenizer::tokenize(&case.arg(0));
            vec![kinds.into(), starts.into(), error.into(), at.into()]
        }
        (example, function) => panic!("no entry point {function} of {example}: add it here"),
    }
}

/// Code and operands as `docs/spec.md` has them.
fn trap(trap: Trap) -> (String, Vec<i128>) {
    let (code, operands) = match trap {
        Trap::DivideByZero => ("DivideByZero", vec![]),
        Trap::IntegerOverflow => ("IntegerOverflow", vec![]),
        Trap::InvalidConversion => ("InvalidConversion", vec![]),
        Trap::IndexOutOfBounds { index, len } => ("IndexOutOfBounds", vec![index, len]),
        Trap::CapacityExceeded { capacity } => ("CapacityExceeded", vec![capacity]),
        Trap::NonFinite { index } => ("NonFinite", vec![index]),
        Trap::Failed(code) => ("Failed", vec![code]),
        Trap::Host(code) => ("Host", vec![code]),
    };
    (code.to_owned(), operands.into_iter().map(i128::from).collect())
}
