//! The programs of `examples/` on their own inputs.

use super::{Context, compare, compare_table};
use crate::examples::subjects;

/// Measures and prints.
///
/// # Errors
/// Where an example does not load, or engines disagree.
pub fn run(cx: &mut Context) -> Result<(), String> {
    let mut subjects = subjects()?;
    subjects.retain(|subject| cx.wants(&subject.name));
    for engine in &cx.engines {
        println!("Timed, {}: {}.", engine.name(), engine.timed());
    }
    let mut rows = compare_table(cx.engines[0].name());
    for subject in &subjects {
        compare(cx, "programs", subject, &mut rows)?;
    }
    println!("{rows}\n");
    Ok(())
}
