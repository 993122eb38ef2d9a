//! Prints how the reference interpreter fares in the official WebAssembly suite.
//!
//! `cargo run -p nda-testkit --example wasm_suite`

use nda_runtime::Tier0;

fn main() {
    let report = nda_testkit::wasm::run(&Tier0);
    for (name, file) in &report.files {
        println!("{name}.wast: {} passed, {} failed", file.passed, file.failed.len());
        for failure in &file.failed {
            println!("    FAILED {failure}");
        }
        for (reason, count) in &file.skipped {
            println!("    {count:>4} skipped: {reason}");
        }
    }
    println!("{} assertions passed, {} skipped", report.passed(), report.skipped());
}
