//! `cargo xtask bench`: builds the measuring program, alone or with other people's runtimes, once or in several layouts, and
//! runs it.

use crate::process::{cargo, run, target_dir};
use crate::root;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable by which the measuring program finds the plain Rust programs built without auto-vectorisation.
const NOVEC: &str = "NDA_BENCH_NOVEC";

/// What `cargo xtask bench` takes off the command line for itself; the rest is the measuring program's.
struct Options {
    peers: Option<Peers>,
    layouts: Option<u32>,
    rest: Vec<String>,
}

/// Which of the other runtimes: features of `benches/peers`; all where none are named.
struct Peers {
    features: Option<String>,
}

impl Options {
    fn parse(args: &[String]) -> Result<Options, String> {
        let mut options = Options { peers: None, layouts: None, rest: Vec::new() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let (name, value) = match arg.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (arg.as_str(), None),
            };
            match name {
                "--peers" => options.peers = Some(Peers { features: value }),
                "--layouts" => {
                    let count = value.or_else(|| args.next().cloned()).unwrap_or_default();
                    let count = count.parse().ok().filter(|n| *n > 0);
                    options.layouts = Some(count.ok_or("--layouts takes a number of builds")?);
                }
                _ => options.rest.push(arg.clone()),
            }
        }
        Ok(options)
    }
}

/// `cargo xtask bench --help` is the measuring program's own help.
pub fn main(args: &[String]) -> Result<(), String> {
    let options = Options::parse(args)?;
    if options.layouts.is_some() && options.rest.iter().any(|arg| arg.starts_with("--json")) {
        return Err("--layouts writes a report for each build itself: leave out --json".into());
    }
    let novec = build_novec()?;
    let program = Program::new(options.peers.as_ref(), options.layouts.is_some());
    let Some(layouts) = options.layouts else {
        run(program.cargo("build").arg("--quiet"))?;
        return run(Command::new(program.path()).args(&options.rest).env(NOVEC, novec));
    };
    let folder = target_dir().join("layouts");
    fs::create_dir_all(&folder).map_err(|e| format!("cannot create {}: {e}", folder.display()))?;
    let mut reports = Vec::new();
    for layout in 0..layouts {
        println!("\n==== build {} of {layouts}", layout + 1);
        run(program.cargo("rustc").arg("--quiet").arg("--").args(layout_flags(layout)))?;
        let (exe, report) = (folder.join(format!("bench{layout}")), folder.join(format!("{layout}.json")));
        fs::copy(program.path(), &exe).map_err(|e| format!("cannot copy to {}: {e}", exe.display()))?;
        run(Command::new(&exe).args(&options.rest).arg("--json").arg(&report).env(NOVEC, &novec))?;
        reports.push(report);
    }
    println!("\n==== over {layouts} builds");
    run(Command::new(program.path()).arg("--over-builds").args(reports))
}

/// Builds the plain Rust programs a second time, where LLVM may not vectorise them.
fn build_novec() -> Result<PathBuf, String> {
    let folder = target_dir().join("novec");
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    run(cargo()
        .args(["build", "--release", "--quiet", "--package", "nda-bench-native", "--target-dir"])
        .arg(&folder)
        .env("RUSTFLAGS", format!("{flags} -C no-vectorize-loops -C no-vectorize-slp")))?;
    Ok(folder.join("release").join(exe("nda-bench-native")))
}

fn exe(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// A measuring program: the workspace's own, or that of `benches/peers`.
struct Program {
    /// Options of cargo that choose it.
    choose: Vec<String>,
    target: PathBuf,
    name: &'static str,
}

impl Program {
    /// Builds in several layouts need the engine to beat alone, unless others are named.
    fn new(peers: Option<&Peers>, in_layouts: bool) -> Program {
        let Some(peers) = peers else {
            let choose = ["--package", "nda-benches", "--bin", "nda-bench"].map(String::from).to_vec();
            return Program { choose, target: target_dir(), name: "nda-bench" };
        };
        let folder = root().join("benches").join("peers");
        let manifest = folder.join("Cargo.toml").to_string_lossy().into_owned();
        let mut choose = ["--manifest-path", &manifest, "--bin", "nda-peers"].map(String::from).to_vec();
        let few = in_layouts.then_some("wasmi");
        if let Some(features) = peers.features.as_deref().or(few) {
            choose.extend(["--no-default-features", "--features", features].map(String::from));
        }
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.join("target"), PathBuf::from);
        Program { choose, target, name: "nda-peers" }
    }

    fn cargo(&self, command: &str) -> Command {
        let mut cargo = cargo();
        cargo.args([command, "--release"]).args(&self.choose);
        cargo
    }

    fn path(&self) -> PathBuf {
        Path::new(&self.target).join("release").join(exe(self.name))
    }
}

/// Flags for the last crate and the link: the same program with its code elsewhere. The first build is the plain one. The
/// others align functions to 16, 32 or 64 bytes, every second one also the blocks that are jumped to, and lay the functions
/// in an order of their own where the linker is LLVM's, which is rustc's default on Linux.
fn layout_flags(layout: u32) -> Vec<String> {
    if layout == 0 {
        return Vec::new();
    }
    let mut flags = vec![format!("-Cllvm-args=-align-all-functions={}", 4 + layout % 3)];
    if layout.is_multiple_of(2) {
        flags.push("-Cllvm-args=-align-all-nofallthru-blocks=5".into());
    }
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        flags.push(format!("-Clink-arg=-Wl,--shuffle-sections=.text*={layout}"));
    }
    flags
}
