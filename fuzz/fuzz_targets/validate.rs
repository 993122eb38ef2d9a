//! Bytes that are nearly programs: any bytes, or a generated program with a byte changed. Both decoders and validators
//! must agree on accept, reject and meaning.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nda_testkit::generate::{Config, Entropy, generate};
use nda_testkit::second::agree::agree;

fuzz_target!(|data: &[u8]| {
    let bytes = match data {
        [1, value, at_low, at_high, rest @ ..] => {
            let mut entropy = Entropy::from_bytes(rest);
            let config = Config::drawn(&mut entropy);
            let mut bytes = generate(&mut entropy, &config).bytes;
            let at = usize::from(u16::from_le_bytes([*at_low, *at_high])) % bytes.len();
            bytes[at] ^= *value;
            bytes
        }
        _ => data.to_vec(),
    };
    if let Err(disagreement) = agree(&bytes) {
        panic!("{disagreement}");
    }
});
