//! How the command ends.

use crate::input::Source;
use crate::{json, output, render};
use nda_ast::Diagnostic;
use std::fmt::Display;
use std::path::Path;

/// Exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: all went well.
    Success,
    /// 1: the program ran and trapped.
    Trap,
    /// 2: wrong usage, an argument that does not fit, a file that cannot be read or written.
    Usage,
    /// 3: the program was rejected, or (`fmt --check`) is not canonical.
    Rejected,
}

impl Exit {
    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// Why a command stopped before its end.
#[derive(Debug)]
pub enum Stop {
    /// Wrong usage or files, in words.
    Usage(String),
    /// Wrong usage that has a code of its own.
    Wrong(Box<Diagnostic>),
    /// A program that is none, with the text or bytes it came from.
    Rejected(Box<Source>, Vec<Diagnostic>),
    /// Whoever read our output has seen enough.
    BrokenPipe,
}

impl Stop {
    pub fn usage(message: impl Display) -> Stop {
        Stop::Usage(message.to_string())
    }

    /// A file that cannot be read or written.
    pub fn file(action: &str, path: &Path, error: &std::io::Error) -> Stop {
        Stop::Usage(format!("cannot {action} {}: {error}", path.display()))
    }

    /// Tells the user, on standard error or as JSON.
    pub fn report(&self, as_json: bool) -> Exit {
        if as_json {
            self.print_json();
        }
        match self {
            Stop::BrokenPipe => Exit::Success,
            Stop::Usage(message) => {
                if !as_json {
                    output::error(&format!("error: {}\n", render::printable(message)));
                }
                Exit::Usage
            }
            Stop::Wrong(diagnostic) => {
                if !as_json {
                    output::error(&format!(
                        "error[{}]: {}\n",
                        diagnostic.code,
                        render::printable(&diagnostic.message)
                    ));
                }
                Exit::Usage
            }
            Stop::Rejected(source, diagnostics) => {
                if !as_json {
                    output::error(&render::all(source, diagnostics));
                }
                Exit::Rejected
            }
        }
    }

    /// The errors as JSON on standard output.
    pub fn print_json(&self) {
        if matches!(self, Stop::BrokenPipe) {
            return;
        }
        // Nothing can be told to whom does not listen.
        let _ =
            output::line(&serde_json::json!({ "schema": json::SCHEMA, "errors": self.json() }).to_string());
    }

    /// The errors as a JSON array.
    pub fn json(&self) -> serde_json::Value {
        match self {
            Stop::Usage(message) => json::usage_errors(message),
            Stop::Wrong(diagnostic) => serde_json::json!([json::diagnostic(diagnostic, None)]),
            Stop::Rejected(source, list) => list.iter().map(|d| json::diagnostic(d, Some(source))).collect(),
            Stop::BrokenPipe => serde_json::Value::Array(Vec::new()),
        }
    }
}
