//! Programs from files and standard input, text or bytes.

use crate::stop::Stop;
use nda_ast::{Diagnostic, ErrorCode, Limits};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A program as it came in.
#[derive(Debug)]
pub struct Source {
    /// File name, or `<stdin>`.
    pub name: String,
    /// What was read.
    pub data: Vec<u8>,
    /// Where files that it loads are looked for.
    pub directory: PathBuf,
}

impl Source {
    /// Whether it is in bytes rather than in the text form.
    pub fn is_binary(&self) -> bool {
        self.data.starts_with(&nda_ast::MAGIC) || self.text().is_none()
    }

    /// The text, if it is one. No text holds a NUL.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.data).ok().filter(|s| !s.contains('\0'))
    }

    pub fn rejected(self, diagnostics: Vec<Diagnostic>) -> Stop {
        Stop::Rejected(Box::new(self), diagnostics)
    }
}

/// Reads a file, `-` being standard input, to one byte beyond `max`.
pub fn read(path: &Path, max: u64) -> Result<Vec<u8>, Stop> {
    let mut data = Vec::new();
    let most = max.saturating_add(1);
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut data)
    } else {
        File::open(path).and_then(|file| file.take(most).read_to_end(&mut data))
    };
    read.map_err(|e| Stop::file("read", path, &e))?;
    Ok(data)
}

/// Reads a program.
pub fn source(path: &Path, limits: &Limits) -> Result<Source, Stop> {
    let stdin = path == Path::new("-");
    let name = if stdin { "<stdin>".to_owned() } else { path.display().to_string() };
    let directory = path.parent().filter(|_| !stdin).unwrap_or(Path::new("")).to_owned();
    let source = Source { name, data: read(path, limits.bytes)?, directory };
    if source.data.len() as u64 > limits.bytes {
        let diagnostic = Diagnostic {
            code: ErrorCode::Limit,
            message: "The program is too large.".to_owned(),
            function: None,
            node: None,
            span: None,
            expected: Some(format!("bytes <= {}", limits.bytes)),
            found: Some("more".to_owned()),
            fixes: Vec::new(),
        };
        return Err(source.rejected(vec![diagnostic]));
    }
    Ok(source)
}
