//! Reading in one pass says what the two stages say one after the other: of valid programs, all that was found out; of
//! others, the same error.

use nda_ast::{Limits, LoadError, ValidProgram, decode, load, validate};
use nda_testkit::generate::{Config, Entropy, big_program, generate, small_programs};
use nda_testkit::second::check;
use nda_testkit::second::mutate::mutate;

fn in_two(bytes: &[u8], limits: &Limits) -> Result<ValidProgram, LoadError> {
    Ok(validate(decode(bytes.to_vec(), limits)?, limits)?)
}

/// All that is known of a program, findings included.
fn known(program: &ValidProgram) -> String {
    let objects = (0..program.program().objects().len() as u32).map(|i| program.object(i));
    format!("{program:?} {:?}", objects.collect::<Vec<_>>())
}

/// Whether the program is valid; panics where the two ways differ.
#[track_caller]
fn same(bytes: &[u8], limits: &Limits) -> bool {
    let (one, two) = (load(bytes.to_vec(), limits), in_two(bytes, limits));
    assert_eq!(one.as_ref().map(known), two.as_ref().map(known));
    one.is_ok()
}

fn programs() -> Vec<Vec<u8>> {
    let mut out = small_programs(20);
    out.push(big_program(3000, 30));
    out.push(big_program(6000, 1));
    for seed in 0..200 {
        let mut entropy = Entropy::new(seed);
        let config = Config::drawn(&mut entropy);
        out.push(generate(&mut entropy, &config).bytes);
    }
    out
}

#[test]
fn valid_programs() {
    for bytes in programs() {
        assert!(same(&bytes, &Limits::default()));
    }
}

#[test]
fn cut_and_changed_programs() {
    let (mut valid, mut refused) = (0, 0);
    for (seed, bytes) in (0..).zip(programs().into_iter().filter(|bytes| bytes.len() < 2000)) {
        let mut entropy = Entropy::new(seed);
        let checked = check(&bytes).expect("valid");
        for i in 0..40 {
            // Without its sections a program is still one.
            same(&bytes[..bytes.len() * i / 40], &Limits::default());
            let changed = mutate(&bytes, &checked, &mut entropy);
            if same(&changed, &Limits::default()) { valid += 1 } else { refused += 1 }
        }
    }
    assert!(valid > 500 && refused > 500, "{valid} changes leave a program valid, {refused} do not");
}

#[test]
fn narrow_limits() {
    let narrow = [
        Limits { nodes: 40, ..Limits::default() },
        Limits { objects: 2, ..Limits::default() },
        Limits { nesting: 4, ..Limits::default() },
        Limits { slots: 5, ..Limits::default() },
        Limits { frame_bytes: 100, ..Limits::default() },
        Limits { levels: 6, ..Limits::default() },
        Limits { max_cost: Some(100), ..Limits::default() },
        Limits { bytes: 200, ..Limits::default() },
    ];
    for limits in narrow {
        let programs = programs();
        let valid = programs.iter().filter(|bytes| same(bytes, &limits)).count();
        assert!(valid > 0 && valid < programs.len(), "{valid} under {limits:?}");
    }
}

#[test]
fn other_limits_later() {
    for bytes in programs() {
        let program = load(bytes.clone(), &Limits::default()).expect("valid");
        let again = validate(program.program().clone(), &Limits::default()).expect("valid");
        assert_eq!(known(&program), known(&again));
        let strict = Limits { max_cost: Some(0), ..Limits::default() };
        assert!(validate(again.program().clone(), &strict).is_err());
    }
}
