//! What users get: packages that can be published, and few dependencies.

use super::Done;
use crate::process::{cargo, logged, output, target_dir};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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

/// A published version never changes, so cargo takes what it once unpacked (in its home) and built (in `target`) of a
/// package for up to date. Ours change under one version, so what an earlier run left behind goes.
fn forget_earlier(target: &Path) -> Result<(), String> {
    if target.is_dir() {
        std::fs::remove_dir_all(target).map_err(|e| format!("cannot remove {}: {e}", target.display()))?;
    }
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|dir| dir.join(".cargo"))).unwrap_or_default();
    let list = |dir: &Path| {
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect::<Vec<_>>()
    };
    let named = |path: &Path, start: &str| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start))
    };
    // The folder of a registry on disk has no host before the dash.
    for registry in list(&home.join("registry").join("src")).iter().filter(|path| named(path, "-")) {
        for package in list(registry).iter().filter(|path| named(path, "nda-")) {
            std::fs::remove_dir_all(package)
                .map_err(|e| format!("cannot remove {}: {e}", package.display()))?;
        }
    }
    Ok(())
}

pub fn publish(log: &Path) -> Result<Done, String> {
    let target = target_dir().join("ci").join("publish");
    forget_earlier(&target)?;
    let mut publish = cargo();
    publish.args(["publish", "--workspace", "--dry-run", "--allow-dirty", "--target-dir"]).arg(&target);
    let done = logged(&mut publish, log);
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
