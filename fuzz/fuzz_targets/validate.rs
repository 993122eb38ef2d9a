//! Any bytes that decode: a diagnostic with a code, or a program with a certificate that validating again repeats.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nda_ast::{Limits, decode, validate};

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    let Ok(program) = decode(data.to_vec(), &limits) else { return };
    let Ok(first) = validate(program, &limits) else { return };
    let second = validate(first.program().clone(), &limits).expect("a verdict does not change");
    for ((_, a), (_, b)) in first.entries().zip(second.entries()) {
        assert_eq!(a.certificate(), b.certificate());
    }
});
