//! Programs from files and standard input, text or bytes.

use crate::stop::Stop;
use nda_ast::{Diagnostic, ErrorCode, Limits};
use std::borrow::Cow;
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

/// What a program is written in.
#[derive(Clone, Copy, Debug)]
pub enum Form<'a> {
    /// The text form.
    Text(&'a str),
    /// The binary form, or what was meant to be.
    Bytes,
}

impl Source {
    /// The form it is in. What begins like the magic is bytes unless it can be text, so that the decoder tells what is
    /// wrong with them; anything else is text, which is UTF-8 and holds no NUL.
    pub fn form(&self) -> Result<Form<'_>, Box<Diagnostic>> {
        let text = std::str::from_utf8(&self.data);
        let nul = || self.data.iter().position(|&b| b == 0);
        let fault = match text {
            Ok(text) => match nul() {
                None => return Ok(Form::Text(text)),
                Some(at) => Fault { at, len: 1, what: "a NUL" },
            },
            Err(e) => Fault { at: e.valid_up_to(), len: e.error_len().unwrap_or(1), what: "not UTF-8" },
        };
        if self.data.starts_with(&nda_ast::MAGIC[..3]) {
            return Ok(Form::Bytes);
        }
        Err(Box::new(fault.diagnostic(&self.data)))
    }

    /// The text that spans count in; where it is no text, what of it can be shown, equal up to the first fault.
    pub fn shown(&self) -> Option<Cow<'_, str>> {
        match self.form() {
            Ok(Form::Bytes) => None,
            Ok(Form::Text(text)) => Some(Cow::Borrowed(text)),
            Err(_) => Some(String::from_utf8_lossy(&self.data)),
        }
    }

    pub fn rejected(self, diagnostics: Vec<Diagnostic>) -> Stop {
        Stop::Rejected(Box::new(self), diagnostics)
    }
}

/// Why a file is no text.
struct Fault {
    at: usize,
    len: usize,
    what: &'static str,
}

impl Fault {
    fn diagnostic(&self, data: &[u8]) -> Diagnostic {
        let Fault { at, len, what } = *self;
        let found = data.get(at..at + len).unwrap_or(&[]);
        Diagnostic {
            code: ErrorCode::Syntax,
            message: format!(
                "The file is no text: {what} at byte {at}. Nor is it bytes: those begin with `NDA\\0`."
            ),
            function: None,
            node: None,
            span: Some(at..at + len),
            expected: Some("UTF-8 without NUL".to_owned()),
            found: Some(format!("{found:02x?}")),
            fixes: Vec::new(),
        }
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
