//! Child processes: `cargo` and `rustup` with their output kept.

use crate::root;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The `cargo` that runs this program.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Where cargo builds the workspace.
pub fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Runs with the terminal's own output.
///
/// # Errors
/// Where it cannot start, or ends with anything but success.
pub fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|e| cannot_start(command, &e))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", show(command))) }
}

/// Runs and gives what it wrote to standard output.
///
/// # Errors
/// Where it cannot start, or ends with anything but success: what it wrote to standard error.
pub fn output(command: &mut Command) -> Result<String, String> {
    let out = command.output().map_err(|e| cannot_start(command, &e))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if out.status.success() { Ok(text(&out.stdout)) } else { Err(text(&out.stderr)) }
}

/// Runs with all output in the file `log`, printing a sign of life each minute.
///
/// # Errors
/// Where it cannot start, or ends with anything but success.
pub fn logged(command: &mut Command, log: &Path) -> Result<String, String> {
    if let Some(dir) = log.parent() {
        fs::create_dir_all(dir).map_err(|e| format!("cannot create {}: {e}", dir.display()))?;
    }
    let file = append(log, &format!("$ {}\n", show(command)))
        .and_then(|file| Ok((file.try_clone()?, file)))
        .map_err(|e| format!("cannot write {}: {e}", log.display()))?;
    command.stdout(file.0).stderr(file.1);
    let start = Instant::now();
    let mut child = command.spawn().map_err(|e| cannot_start(command, &e))?;
    let mut told = 0;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => std::thread::sleep(Duration::from_millis(50)),
            Err(e) => return Err(format!("cannot wait for {}: {e}", show(command))),
        }
        let minutes = start.elapsed().as_secs() / 60;
        if minutes > told {
            told = minutes;
            println!("   ... {minutes} min");
        }
    };
    let text = String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned();
    if status.success() { Ok(text) } else { Err(format!("{} ended with {status}", show(command))) }
}

fn append(path: &Path, line: &str) -> io::Result<File> {
    let mut file = File::options().create(true).append(true).open(path)?;
    file.write_all(line.as_bytes())?;
    Ok(file)
}

/// The command as one would type it.
pub fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut line = program.file_stem().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&arg.to_string_lossy());
    }
    line
}

fn cannot_start(command: &Command, error: &io::Error) -> String {
    format!("cannot start {}: {error}", show(command))
}
