//! The files of the project, as a clean clone has them.

use crate::process::output;
use crate::root;
use std::path::Path;
use std::process::Command;

/// A file of the project.
pub struct File {
    /// Its path from the root, with `/` between the parts.
    pub path: String,
    bytes: Vec<u8>,
}

impl File {
    /// Its content, if that is text.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }
}

/// Every file that is tracked, or new and not ignored.
///
/// # Errors
/// Where git is not there or a file cannot be read.
pub fn files() -> Result<Vec<File>, String> {
    let mut git = Command::new("git");
    git.current_dir(root()).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let list = output(&mut git)?;
    // A tracked file may be deleted in the work tree, and a link may point to a folder.
    let there = list.split('\0').filter(|path| !path.is_empty() && root().join(path).is_file());
    there.map(read).collect()
}

fn read(path: &str) -> Result<File, String> {
    let full = root().join(Path::new(path));
    let bytes = std::fs::read(&full).map_err(|e| format!("cannot read {}: {e}", full.display()))?;
    Ok(File { path: path.to_owned(), bytes })
}
