//! What was measured on, and with what.

use serde::{Deserialize, Serialize};
use std::process::Command;

/// The machine and the build, as they stand in every report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's own name, where the system tells it.
    pub cpu: String,
    /// Threads that may run at once.
    pub threads: usize,
    /// The SIMD features that matter to the kernels.
    pub features: Vec<String>,
    /// Operating system and architecture.
    pub system: String,
    /// The compiler.
    pub rustc: String,
    /// The commit, with `+` where the work tree differs; empty outside a repository.
    pub commit: String,
    /// How busy the machine was when the measurement began: load average over a minute, where the system tells it.
    pub load: String,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn here() -> Machine {
        Machine {
            cpu: cpu(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            features: features(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            rustc: said(Command::new("rustc").arg("--version")),
            commit: commit(),
            load: file("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
        }
    }
}

impl Machine {
    /// Whether so much else ran on it that the figures will be noisy.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        // One unit of load is most likely the build before the measurement.
        self.load.parse().is_ok_and(|load: f64| load > 1.5)
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} threads; {})", self.cpu, self.threads, self.features.join(" "))?;
        write!(f, "\n{}, {}, commit {}, load {}", self.system, self.rustc, self.commit, self.load)
    }
}

fn file(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn cpu() -> String {
    let info = file("/proc/cpuinfo");
    let line = info.lines().find(|line| line.starts_with("model name"));
    match line.and_then(|line| line.split(": ").nth(1)) {
        Some(name) => name.to_owned(),
        None => match said(Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"])) {
            name if name.is_empty() => "unknown processor".into(),
            name => name,
        },
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
fn features() -> Vec<String> {
    let all = [
        ("ssse3", std::arch::is_x86_feature_detected!("ssse3")),
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("avx512bw", std::arch::is_x86_feature_detected!("avx512bw")),
        ("avx512vnni", std::arch::is_x86_feature_detected!("avx512vnni")),
    ];
    all.iter().filter(|(_, there)| *there).map(|(name, _)| (*name).to_owned()).collect()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
fn features() -> Vec<String> {
    Vec::new()
}

fn commit() -> String {
    let hash = said(Command::new("git").args(["rev-parse", "--short", "HEAD"]));
    let changed =
        !said(Command::new("git").args(["status", "--porcelain", "--untracked-files=no"])).is_empty();
    if changed { hash + "+" } else { hash }
}

/// First line of what a program says, or nothing.
fn said(command: &mut Command) -> String {
    let out = command.output().ok().filter(|out| out.status.success());
    let text = out.map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or_default().trim().to_owned()
}
