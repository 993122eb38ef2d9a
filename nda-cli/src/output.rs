//! Standard output and error, closed pipes included.

use crate::stop::Stop;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Writes bytes to standard output.
pub fn bytes(data: &[u8]) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    out.write_all(data).and_then(|()| out.flush()).map_err(|e| match e.kind() {
        ErrorKind::BrokenPipe => Stop::BrokenPipe,
        _ => Stop::file("write", Path::new("standard output"), &e),
    })
}

/// Writes text and a line end to standard output.
pub fn line(text: &str) -> Result<(), Stop> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes text to standard error.
pub fn error(text: &str) {
    // Where standard error is closed too, the exit code still tells.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes a file, or standard output for `-`.
pub fn file(path: &Path, data: &[u8]) -> Result<(), Stop> {
    if path == Path::new("-") {
        return bytes(data);
    }
    std::fs::write(path, data).map_err(|e| Stop::file("write", path, &e))
}

/// A table of text: columns as wide as their widest cell, the first aligned left, the others right.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (c, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[c] - cell.chars().count());
            line += &if c == 0 { format!("{cell}{pad}") } else { format!("  {pad}{cell}") };
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}
