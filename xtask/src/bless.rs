//! `cargo xtask bless`: regenerates every generated file. The test that checks a file also writes it, under
//! `NDA_BLESS=1`, so that there is one piece of code for both. Frozen vectors are only ever added to.

use crate::process::{cargo, output, run};
use crate::root;
use crate::tree;
use std::collections::BTreeSet;
use std::process::Command;

/// The variable that turns a check of a generated file into its writer.
const BLESS: &str = "NDA_BLESS";

/// Runs the tests of the packages that own generated files, then says which files changed.
pub fn main(args: &[String]) -> Result<(), String> {
    if let Some(arg) = args.first() {
        return Err(format!("bless takes no arguments, got `{arg}`"));
    }
    let packages = packages()?;
    let test = || {
        let mut command = cargo();
        command.arg("test");
        for package in &packages {
            command.args(["--package", package]);
        }
        command
    };
    run(test().arg("--no-fail-fast").env(BLESS, "1"))?;
    // A second run, without the variable, is the proof that what was written is what the tests want.
    run(&mut test())?;
    match output(Command::new("git").current_dir(root()).args(["status", "--short"])) {
        Ok(changes) if changes.is_empty() => println!("bless: nothing changed"),
        Ok(changes) => println!("bless: the work tree now differs from the last commit in\n{changes}"),
        Err(_) => println!("bless: done"),
    }
    Ok(())
}

/// The packages of the workspace with a test that reads the variable.
fn packages() -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    for file in tree::files()? {
        let Some((package, _)) = file.path.split_once('/') else { continue };
        if package != "xtask"
            && file.path.ends_with(".rs")
            && file.text().is_some_and(|text| text.contains(BLESS))
        {
            found.insert(package.to_owned());
        }
    }
    if found.is_empty() { Err(format!("no test reads {BLESS}")) } else { Ok(found) }
}
