//! The groups of programs that are run on every engine: `scalar`, `memory`, `network`, `programs`, `generated`.

use super::means::Means;
use super::{Context, compare, compare_table};
use crate::subject::Subject;
use crate::suite::{Kernel, MEMORY, SCALAR};
use crate::{examples, generated, network};

/// The group `scalar`.
///
/// # Errors
/// Where a program does not load, or engines disagree.
pub fn scalar(cx: &mut Context) -> Result<(), String> {
    all(cx, "scalar", kernels("scalar", SCALAR)?)
}

/// The group `memory`.
///
/// # Errors
/// Where a program does not load, or engines disagree.
pub fn memory(cx: &mut Context) -> Result<(), String> {
    all(cx, "memory", kernels("memory", MEMORY)?)
}

/// The group `network`.
///
/// # Errors
/// Where a program does not load, or engines disagree.
pub fn network(cx: &mut Context) -> Result<(), String> {
    all(cx, "network", network::subjects()?)
}

/// The group `programs`.
///
/// # Errors
/// Where an example does not load, or engines disagree.
pub fn programs(cx: &mut Context) -> Result<(), String> {
    all(cx, "programs", examples::subjects()?)
}

/// The group `generated`.
///
/// # Errors
/// Where a generated program does not load, or engines disagree.
pub fn generated(cx: &mut Context) -> Result<(), String> {
    all(cx, "generated", generated::subjects(cx.generated)?)
}

fn kernels(group: &str, kernels: &[Kernel]) -> Result<Vec<Subject>, String> {
    kernels.iter().map(|kernel| kernel.subject(group, kernel.args)).collect()
}

fn all(cx: &mut Context, group: &str, mut subjects: Vec<Subject>) -> Result<(), String> {
    subjects.retain(|subject| cx.wants(&subject.name));
    let mut rows = compare_table();
    let mut means = Means::default();
    for subject in &subjects {
        compare(cx, group, subject, &mut rows, &mut means)?;
    }
    if !subjects.is_empty() {
        println!("{rows}\n");
        means.print();
    }
    Ok(())
}
