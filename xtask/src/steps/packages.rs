//! What users get: packages that can be published, and few dependencies.

use super::Done;
use crate::process::{cargo, logged, output};
use std::collections::BTreeSet;
use std::path::Path;

/// The most packages that `nda-sandbox` may stand on without default features, its own crates included.
const MOST: usize = 15;

/// Crates whose text belongs to a machine-code compiler: never there without default features.
const NATIVE: &str = "cranelift";

pub fn tree(log: &Path) -> Result<Done, String> {
    let args = [
        "tree",
        "--package",
        "nda-sandbox",
        "--no-default-features",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ];
    let text = output(cargo().args(args))?;
    std::fs::create_dir_all(log.parent().unwrap_or(log))
        .and_then(|()| std::fs::write(log, &text))
        .map_err(|e| e.to_string())?;
    // The first line is nda-sandbox itself; a star marks a repetition.
    let packages: BTreeSet<&str> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    let list = packages.iter().copied().collect::<Vec<_>>().join(" ");
    if packages.iter().any(|name| name.contains(NATIVE)) {
        return Err(format!("{NATIVE} is in the tree: {list}"));
    }
    if packages.len() > MOST {
        return Err(format!("{} dependencies, {MOST} at most: {list}", packages.len()));
    }
    Ok(Done::Passed(format!("{} dependencies (at most {MOST}): {list}", packages.len())))
}

/// Words by which cargo says that the registry is out of reach, which is no fault of the packages.
const OFFLINE: [&str; 5] = [
    "failed to download",
    "Could not resolve host",
    "failed to fetch",
    "network failure",
    "Could not connect",
];

pub fn publish(log: &Path) -> Result<Done, String> {
    let done = logged(cargo().args(["publish", "--workspace", "--dry-run", "--allow-dirty"]), log);
    let text = String::from_utf8_lossy(&std::fs::read(log).unwrap_or_default()).into_owned();
    if let Err(why) = done {
        return match text.lines().find(|line| OFFLINE.iter().any(|word| line.contains(word))) {
            Some(line) => Ok(Done::Skipped(format!("the registry cannot be reached ({})", line.trim()))),
            None => Err(why),
        };
    }
    let uploads: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Uploading "))
        .filter_map(|l| l.split(' ').next())
        .collect();
    if uploads.is_empty() {
        return Err("no package would be published".into());
    }
    for package in &uploads {
        has_licence_and_readme(package)?;
    }
    Ok(Done::Passed(format!(
        "{} packages, each with README and both licences: {}",
        uploads.len(),
        uploads.join(" ")
    )))
}

fn has_licence_and_readme(package: &str) -> Result<(), String> {
    let list = output(cargo().args(["package", "--list", "--allow-dirty", "--package", package]))?;
    match ["README.md", "LICENSE-MIT", "LICENSE-APACHE"]
        .iter()
        .find(|file| !list.lines().any(|line| line == **file))
    {
        Some(file) => Err(format!("the package {package} lacks {file}")),
        None => Ok(()),
    }
}
