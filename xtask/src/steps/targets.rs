//! `cargo check` for processors and systems other than this one. What needs no linker can be checked anywhere, if
//! the target's standard library is installed.

use super::Done;
use crate::process::{cargo, logged, output};
use std::path::Path;
use std::process::Command;

/// What docs/compatibility.md promises to compile for: 64-bit ARM, 32 bits, the other two systems, the web.
const TARGETS: [&str; 5] = [
    "aarch64-unknown-linux-gnu",
    "i686-unknown-linux-gnu",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "wasm32-unknown-unknown",
];

/// The crates that users build into their programs.
const PACKAGES: [&str; 7] = [
    "nda-ast",
    "nda-kernels",
    "nda-runtime",
    "nda-closure-jit",
    "nda-native-jit",
    "nda-sandbox",
    "nda-prelude",
];

/// Tells the build script of blake3 that there is no C compiler for the target; its code in Rust is checked instead.
const PURE: (&str, &str) = ("CARGO_FEATURE_PURE", "1");

pub fn run(log: &Path) -> Result<Done, String> {
    let mut installed = installed()?;
    let missing: Vec<&str> = TARGETS.into_iter().filter(|t| !installed.iter().any(|i| i == t)).collect();
    // A developer's toolchain is left alone; a throw-away one may be added to.
    if !missing.is_empty() && std::env::var_os("CI").is_some() {
        let mut rustup = Command::new("rustup");
        rustup.args(["target", "add"]).args(&missing);
        // That it cannot be had here is said below, not an error.
        let _ = logged(&mut rustup, log);
        installed = self::installed()?;
    }
    let (there, missing): (Vec<&str>, Vec<&str>) =
        TARGETS.into_iter().partition(|t| installed.iter().any(|i| i == t));
    for target in &there {
        let mut check = cargo();
        check.args(["check", "--target", target]).env(PURE.0, PURE.1);
        for package in PACKAGES {
            check.args(["--package", package]);
        }
        logged(&mut check, log).map_err(|e| format!("{target}: {e}"))?;
    }
    let lacks = match missing.as_slice() {
        [] => String::new(),
        list => format!("not installed: {0} (`rustup target add {0}`)", list.join(" ")),
    };
    Ok(if there.is_empty() {
        Done::Skipped(lacks)
    } else {
        Done::Passed(format!("{} targets: {} {lacks}", there.len(), there.join(" ")))
    })
}

/// The targets with a standard library beside the compiler.
pub fn installed() -> Result<Vec<String>, String> {
    let mut sysroot = Command::new("rustc");
    let path = output(sysroot.args(["--print", "sysroot"]))?;
    let dir = Path::new(path.trim()).join("lib").join("rustlib");
    let entries = std::fs::read_dir(&dir).map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    Ok(entries
        .flatten()
        .filter(|e| e.path().join("lib").is_dir())
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect())
}
