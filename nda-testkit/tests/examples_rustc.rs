//! The examples: each gives what its cases say, in tier 0 and compiled by rustc, and its text is a fixed point.

#[path = "examples/cases.rs"]
mod cases;
#[path = "examples/native.rs"]
mod native;

use cases::EXAMPLES;

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
