//! The examples: each gives what its cases say, in tier 0 and compiled by rustc, and its text is a fixed point.

#[path = "examples/cases.rs"]
mod cases;
#[path = "examples/native.rs"]
mod native;
#[path = "examples/tier0.rs"]
mod tier0;

use cases::EXAMPLES;
use nda_ast::text::{format_source, print};
use nda_prelude::Vec32;

/// The host of `host.nda`, for both sides.
mod sensors {
    pub const NOW: i64 = 1000;
    pub const FAN_WAS_ON: bool = false;

    /// What a sensor saw; 404 for one that is not there.
    pub fn readings(sensor: i64, since: i64) -> Result<&'static [f64], i64> {
        assert_eq!(since, NOW - 60, "the cases ask for a minute");
        match sensor {
            0 => Ok(&[20.0, 21.0]),
            1 => Ok(&[30.5, 31.5]),
            2 => Ok(&[]),
            _ => Err(404),
        }
    }
}

#[test]
fn rustc_gives_what_the_cases_say() {
    for (example, path) in EXAMPLES {
        let (cases, tolerance) = cases::cases(path);
        assert!(cases.len() >= 3, "{example}: too few cases");
        for case in cases.iter().filter(|case| case.for_rustc()) {
            case.check(&native::call(example, case), tolerance, example);
        }
    }
}

#[test]
fn tier_0_gives_what_the_cases_say_and_what_rustc_gives() {
    for (example, path) in EXAMPLES {
        let program = tier0::Example::load(path);
        let (cases, tolerance) = cases::cases(path);
        for case in &cases {
            let ran = program.call(case);
            case.check(&ran, tolerance, example);
            if case.for_rustc() {
                let native = native::call(example, case);
                assert!(ran.same(&native), "{example}: tier 0 gives {ran:?}, rustc {native:?}");
            }
        }
    }
}

#[test]
fn digits_agree_on_all_test_images() {
    let bytes = std::fs::read(cases::examples().join("digits/test.safetensors")).expect("test images");
    let file = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
    let floats = |name: &str| -> Vec<f32> {
        let data = file.tensor(name).expect(name).data().to_vec();
        data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    };
    let (images, logits) = (floats("images"), floats("logits"));
    let labels = file.tensor("labels").expect("labels").data().to_vec();
    let program = tier0::Example::load("digits/digits");
    let mut right = 0;
    for (i, (image, expected)) in images.chunks_exact(64).zip(logits.chunks_exact(10)).enumerate() {
        let native = native::digits::logits(&Vec32::try_from(image).expect("64"));
        let bits = |v: &[f32]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(native.as_slice()), bits(expected), "image {i} under rustc");
        assert_eq!(bits(&program.logits(image)), bits(expected), "image {i} in tier 0");
        let digit = native::digits::classify(&Vec32::try_from(image).expect("64"));
        assert_eq!(program.classify(image), digit, "image {i}");
        right += usize::from(digit == i64::from(labels[i]));
    }
    assert_eq!((right, labels.len()), (490, 500));
}

#[test]
fn printing_is_a_fixed_point_and_formatting_changes_no_program() {
    for (example, path) in EXAMPLES {
        let source = tier0::source(path);
        let program = tier0::compile(path, &source);
        let printed = print(&program);
        let again = tier0::compile(path, &printed);
        assert_eq!(tier0::hashes(&program), tier0::hashes(&again), "{example}: {printed}");
        assert_eq!(print(&again), printed, "{example}");

        let formatted = format_source(&source).expect("formats");
        assert_eq!(formatted, source, "{example}: the example is formatted");
        let squeezed: String = source.lines().map(|line| format!("{}\n", line.trim_start())).collect();
        assert_eq!(format_source(&squeezed).expect("formats"), source, "{example}: indentation comes back");
        assert_eq!(
            format_source(&printed).expect("formats"),
            printed,
            "{example}: the printer's layout is the formatter's"
        );
    }
}

#[test]
fn every_example_is_listed() {
    fn collect(dir: &std::path::Path, prefix: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).expect("examples") {
            let path = entry.expect("entry").path();
            let name = path.file_stem().expect("name").to_string_lossy().into_owned();
            if path.is_dir() {
                collect(&path, &format!("{prefix}{name}/"), found);
            } else if path.extension().is_some_and(|e| e == "nda") {
                found.push(format!("{prefix}{name}"));
            }
        }
    }
    let mut found = Vec::new();
    collect(&cases::examples(), "", &mut found);
    found.sort();
    assert_eq!(found, EXAMPLES.iter().map(|(_, path)| (*path).to_owned()).collect::<Vec<_>>());
}
