//! Tensors in safetensors files: where weights and inputs come from.
//!
//! A file's header is hostile until proved otherwise: its length is bounded before it is read, every offset is
//! checked against the file, and tensors must cover the data without gap or overlap, as the format demands. What
//! does not hold is a [`TensorError`]; nothing here panics.

mod convert;
mod error;
mod header;
mod loader;
mod write;

pub use error::TensorError;
pub use loader::{MAX_FILE, TensorLoader};
pub use write::{NewTensor, write_tensors};

use header::Info;
use nda_ast::Bytes;
use std::fmt;

/// The greatest length of a header, in bytes: 16 MiB, some 100 000 tensors. Reading a header takes memory of a few
/// times its length.
pub const MAX_HEADER: u64 = 1 << 24;

macro_rules! dtypes {
    ($($name:ident = $size:literal, $doc:literal;)+) => {
        /// Element type of a tensor. The format has more of less than a byte or with own rules; those are refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Dtype { $(#[doc = $doc] $name,)+ }

        impl Dtype {
            /// Every element type.
            pub const ALL: &'static [Dtype] = &[$(Dtype::$name),+];

            /// The format's name for it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Dtype::$name => stringify!($name),)+ }
            }

            /// Bytes of one element.
            #[must_use]
            pub const fn size(self) -> usize {
                match self { $(Dtype::$name => $size,)+ }
            }
        }
    };
}

dtypes! {
    BOOL = 1, "One byte, 0 or 1.";
    U8 = 1, "Unsigned, 8 bits.";
    I8 = 1, "Signed, 8 bits.";
    U16 = 2, "Unsigned, 16 bits.";
    I16 = 2, "Signed, 16 bits.";
    U32 = 4, "Unsigned, 32 bits.";
    I32 = 4, "Signed, 32 bits.";
    U64 = 8, "Unsigned, 64 bits.";
    I64 = 8, "Signed, 64 bits.";
    F16 = 2, "IEEE-754 binary16.";
    BF16 = 2, "The upper half of a binary32.";
    F32 = 4, "IEEE-754 binary32.";
    F64 = 8, "IEEE-754 binary64.";
}

impl Dtype {
    /// Whether elements are floats, of any width.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Dtype::F16 | Dtype::BF16 | Dtype::F32 | Dtype::F64)
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A safetensors file whose header has been checked. Its tensors share the file's bytes.
///
/// ```
/// use nda_sandbox::tensors::{Dtype, NewTensor, TensorFile, write_tensors};
///
/// let ones = NewTensor::f32("ones", &[1, 3], &[1.0; 3]);
/// let file = TensorFile::parse(write_tensors(&[ones], &[])?)?;
/// let tensor = file.tensor("ones")?;
/// assert_eq!((tensor.dtype(), tensor.shape()), (Dtype::F32, &[1, 3][..]));
/// assert_eq!(tensor.to_f32()?, [1.0, 1.0, 1.0]);
/// # Ok::<(), nda_sandbox::tensors::TensorError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TensorFile {
    /// The bytes after the header.
    data: Bytes,
    tensors: Vec<Info>,
    metadata: Vec<(String, String)>,
}

impl TensorFile {
    /// Reads a file's header. The data is not looked at, and not copied.
    ///
    /// # Errors
    /// [`TensorError`], for every byte string that is not a safetensors file of known element types.
    pub fn parse(bytes: impl Into<Bytes>) -> Result<TensorFile, TensorError> {
        let bytes = bytes.into();
        let (start, header) = header::read(&bytes)?;
        Ok(TensorFile { data: bytes.slice(start..), tensors: header.tensors, metadata: header.metadata })
    }

    /// Names of all tensors, in the order of their data.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.iter().map(|t| t.name.as_str())
    }

    /// The tensor called `name`.
    ///
    /// # Errors
    /// [`TensorError::UnknownTensor`], with the names that there are.
    pub fn tensor(&self, name: &str) -> Result<Tensor<'_>, TensorError> {
        match self.tensors.iter().find(|t| t.name == name) {
            Some(info) => Ok(self.view(info)),
            None => {
                // Enough to see a misspelling, and short whatever the file holds.
                let known = self.names().take(20).map(str::to_owned).collect();
                Err(TensorError::UnknownTensor { name: name.to_owned(), known })
            }
        }
    }

    /// All tensors, in the order of their data.
    pub fn tensors(&self) -> impl Iterator<Item = Tensor<'_>> {
        self.tensors.iter().map(|info| self.view(info))
    }

    fn view<'a>(&self, info: &'a Info) -> Tensor<'a> {
        Tensor { info, shape: &info.shape, data: self.data.slice(info.range()) }
    }

    /// The free text of the header's `__metadata__`, in its order.
    #[must_use]
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }
}

/// One tensor of a file.
#[derive(Clone, Debug)]
pub struct Tensor<'a> {
    info: &'a Info,
    shape: &'a [usize],
    data: Bytes,
}

impl<'a> Tensor<'a> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// Type of its elements.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        self.info.dtype
    }

    /// Its dimensions, outermost first; none for a scalar.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.shape
    }

    /// Its elements, row-major, each least significant byte first.
    #[must_use]
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// Number of elements.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "the question that is asked of a tensor is its shape")]
    pub fn len(&self) -> usize {
        self.data.len() / self.dtype().size()
    }

    /// Rows and columns of a tensor taken as a table: the first dimension, and the product of all others. A vector
    /// of n is n rows of one column.
    #[must_use]
    pub fn rows(&self) -> (usize, usize) {
        match self.shape() {
            [] => (1, 1),
            [0, ..] => (0, 0),
            [rows, ..] => (*rows, self.len() / rows),
        }
    }

    /// Row `index` of the tensor as [`Tensor::rows`] counts them; `None` where there is no such row.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<Tensor<'a>> {
        let (rows, columns) = self.rows();
        if index >= rows {
            return None;
        }
        let bytes = columns * self.dtype().size();
        let data = self.data.slice(index * bytes..(index + 1) * bytes);
        Some(Tensor { info: self.info, shape: self.shape.get(1..).unwrap_or(&[]), data })
    }
}
