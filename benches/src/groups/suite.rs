//! The groups of programs that are run on every engine: `programs`, `scalar`, `memory`, `network`, `generated`.

use super::means::Means;
use super::{Context, compare, compare_table};
use crate::subject::Subject;
use crate::suite::{Kernel, MEMORY, SCALAR};
use crate::{examples, generated, network};

/// The programs of a group, if it is one of these groups; `count` of generated ones.
///
/// # Errors
/// Where a program does not load.
pub fn subjects(group: &str, count: u32) -> Result<Option<Vec<Subject>>, String> {
    Ok(Some(match group {
        "programs" => examples::subjects()?,
        "scalar" => kernels(group, SCALAR)?,
        "memory" => kernels(group, MEMORY)?,
        "network" => network::subjects()?,
        "generated" => generated::subjects(count)?,
        _ => return Ok(None),
    }))
}

fn kernels(group: &str, kernels: &[Kernel]) -> Result<Vec<Subject>, String> {
    kernels.iter().map(|kernel| kernel.subject(group, kernel.args)).collect()
}

/// Measures and prints a group.
///
/// # Errors
/// Where a program does not load, or engines disagree.
pub fn run(cx: &mut Context, group: &str) -> Result<(), String> {
    let mut subjects = subjects(group, cx.generated)?.unwrap_or_default();
    subjects.retain(|subject| cx.wants(&subject.name));
    let mut rows = compare_table();
    let mut means = Means::default();
    for subject in &subjects {
        compare(cx, group, subject, &mut rows, &mut means)?;
    }
    if !subjects.is_empty() {
        println!("{rows}\n");
        means.print("time");
    }
    Ok(())
}
