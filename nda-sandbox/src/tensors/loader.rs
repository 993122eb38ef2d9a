//! What `load("file.safetensors", "tensor")` of the text form finds.

use super::{TensorError, TensorFile};
use nda_ast::Bytes;
use nda_ast::text::{Loader, Tensor};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Longest file that is read by default, in bytes: 2^30 (1 GiB).
pub const MAX_FILE: u64 = 1 << 30;

/// Finds tensors for `load` in memory and, if it is given a directory, in files beneath it. Absolute paths and `..` are
/// refused, for the text may come from anyone; a symbolic link in the directory is its owner's word and is followed.
/// Each file is read once.
///
/// ```
/// use nda_sandbox::tensors::{NewTensor, TensorLoader, write_tensors};
/// use nda_sandbox::{Engine, Limits};
///
/// let weights = write_tensors(&[NewTensor::f32("w", &[1, 4], &[0.5, -0.5, 1.0, -1.0])], &[])?;
/// let mut files = TensorLoader::in_memory().with("w.safetensors", weights)?;
/// let source = r#"
///     const W: Mat<1, 4> = load("w.safetensors", "w");
///     fn f(x: &Vec32<4>) -> f64 { return sum(&gemv(&W, x)); }
/// "#;
/// let program = Engine::new().loader().files(&mut files).load_text(source)?;
/// assert_eq!(program.func::<[f32; 4], f64>("f")?.call([127.0, 0.0, 127.0, 0.0])?, 190.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TensorLoader {
    directory: Option<PathBuf>,
    max_file: u64,
    files: HashMap<String, TensorFile>,
}

impl TensorLoader {
    /// One that reads files beneath `directory`.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> TensorLoader {
        TensorLoader { directory: Some(directory.into()), ..TensorLoader::in_memory() }
    }

    /// One that knows only what [`TensorLoader::with`] gives it, and touches no file.
    #[must_use]
    pub fn in_memory() -> TensorLoader {
        TensorLoader { directory: None, max_file: MAX_FILE, files: HashMap::new() }
    }

    /// Reads no file longer than this many bytes. Default [`MAX_FILE`].
    #[must_use]
    pub fn max_file(mut self, bytes: u64) -> TensorLoader {
        self.max_file = bytes;
        self
    }

    /// Adds a file by the name that programs give it.
    ///
    /// # Errors
    /// [`TensorError`], where the bytes are no safetensors file.
    pub fn with(mut self, name: &str, bytes: impl Into<Bytes>) -> Result<TensorLoader, TensorError> {
        let file = TensorFile::parse(bytes)?;
        self.files.insert(name.to_owned(), file);
        Ok(self)
    }

    fn read(&self, file: &str) -> Result<Vec<u8>, String> {
        let Some(directory) = &self.directory else {
            return Err(format!("no file `{file}` is given to this program"));
        };
        let path = Path::new(file);
        if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(format!(
                "`{file}` leaves the program's directory: write a path beneath it, without `..`"
            ));
        }
        let mut data = Vec::new();
        let read = File::open(directory.join(path))
            .and_then(|f| f.take(self.max_file.saturating_add(1)).read_to_end(&mut data));
        match read {
            Err(e) => Err(format!("cannot read `{file}`: {e}")),
            Ok(n) if n as u64 > self.max_file => {
                Err(format!("`{file}` is longer than {} bytes", self.max_file))
            }
            Ok(_) => Ok(data),
        }
    }
}

impl Loader for TensorLoader {
    fn load(&mut self, file: &str, tensor: &str) -> Result<Tensor, String> {
        if !self.files.contains_key(file) {
            let bytes = self.read(file)?;
            let parsed = TensorFile::parse(bytes).map_err(|e| format!("`{file}`: {e}"))?;
            self.files.insert(file.to_owned(), parsed);
        }
        let found = self.files[file].tensor(tensor).and_then(|t| t.to_text_tensor());
        found.map_err(|e| format!("`{file}`: {e}"))
    }
}
