//! A program ready to run: frames laid out, constants in place, imports bound to the host's functions.

use crate::frame::{Arena, FrameLayout, LINE, type_words};
use crate::host::{HostFn, Link, LinkError};
use crate::tier0::Code;
use nda_ast::{Body, Constant, Hash, Import, Matrix, Type, ValidFunction, ValidProgram};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Why a program cannot be made ready on this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindError {
    /// An import is not granted.
    Link(LinkError),
    /// A frame has 2^31 words or more, or all constants together 2^32: lower the limit on frame or program bytes.
    TooLarge {
        /// The function or constant.
        object: u32,
    },
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BindError::Link(error) => error.fmt(f),
            BindError::TooLarge { object } => {
                write!(
                    f,
                    "object {object} needs 2^31 words of memory or more: validate with a lower limit on bytes"
                )
            }
        }
    }
}

impl std::error::Error for BindError {}

/// What running function needs to know of an object.
#[derive(Debug)]
enum Bound {
    Function(BoundFunction),
    /// First word among the constants.
    Aggregate(u32),
    Matrix,
    Import(HostRef),
}

struct HostRef(Arc<dyn HostFn>);

impl fmt::Debug for HostRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostFn")
    }
}

/// A function with its layout.
#[derive(Debug)]
pub struct BoundFunction {
    valid: Arc<ValidFunction>,
    layout: FrameLayout,
    /// Words of its frame and of the deepest chain of callees.
    chain_words: u64,
    /// Calls at once, itself counted.
    chain_calls: u32,
}

impl BoundFunction {
    /// The function.
    #[must_use]
    pub fn valid(&self) -> &Arc<ValidFunction> {
        &self.valid
    }

    /// Its frame.
    #[must_use]
    pub fn layout(&self) -> &FrameLayout {
        &self.layout
    }

    /// Words of its frame and of the deepest chain of callees.
    #[must_use]
    pub fn chain_words(&self) -> u64 {
        self.chain_words
    }

    /// How many calls may be active at once, this one counted.
    #[must_use]
    pub fn chain_calls(&self) -> u32 {
        self.chain_calls
    }
}

/// A program ready to run, for any number of threads. Weight planes stay in the program's bytes; other constants are
/// laid out once, aligned.
///
/// ```
/// use nda_ast::{FunctionBuilder, Limits, ProgramBuilder, Type, load};
/// use nda_runtime::{Link, Loaded, Run, RunLimits, RunState, Tier, Tier0, Value};
/// use std::sync::Arc;
/// let mut f = FunctionBuilder::new("double", [Type::Int]);
/// let n = f.param("n", Type::Int);
/// f.return_([n.load() + n.load()]);
/// let mut p = ProgramBuilder::new();
/// let f = p.add(f)?;
/// p.entry(&f);
/// let program = Arc::new(load(p.finish()?, &Limits::default())?);
/// let entry = program.program().entry("double").unwrap();
/// let loaded = Loaded::new(program, &Link::new())?;
/// let run = Run { program: &loaded, entry, args: &[Value::Int(21)], limits: &RunLimits::default() };
/// let outcome = Tier0.run(run, &mut RunState::new())?;
/// assert_eq!(outcome.result?.results[0].to_string(), "42");
/// assert_eq!(outcome.executed_nodes, 5); // the block and its four nodes
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Loaded {
    program: Arc<ValidProgram>,
    objects: Vec<Bound>,
    constants: Arena,
    /// Widest matrix that a `gemv` may meet, in columns.
    scratch: usize,
    tier0: OnceLock<Vec<Option<Code>>>,
}

impl Loaded {
    /// Makes a program ready. Linear in its nodes and constants.
    ///
    /// # Errors
    /// Where an import is not granted, or memory for it cannot be addressed.
    pub fn new(program: Arc<ValidProgram>, link: &Link) -> Result<Loaded, BindError> {
        let mut words = 0_u64;
        let mut objects: Vec<Bound> = Vec::with_capacity(program.program().objects().len());
        let mut scratch = 0;
        for (index, object) in program.program().objects().iter().enumerate() {
            let index = index as u32;
            let too_large = BindError::TooLarge { object: index };
            objects.push(match object.body() {
                Body::Function(_) => {
                    let f = bind_function(&program, &objects, index).ok_or(too_large)?;
                    scratch = scratch.max(widest_parameter(&f.valid));
                    Bound::Function(f)
                }
                Body::Constant(Constant::Matrix(m)) => {
                    scratch = scratch.max(m.cols.into());
                    Bound::Matrix
                }
                Body::Constant(constant) => {
                    let at = u32::try_from(words).map_err(|_| too_large)?;
                    words += type_words(constant.ty());
                    Bound::Aggregate(at)
                }
                Body::Import(import) => {
                    let host = link.resolve(index, object.hash(), import).map_err(BindError::Link)?;
                    Bound::Import(HostRef(host))
                }
            });
        }
        let constants = lay_constants(&program, &objects, words as usize);
        Ok(Loaded { program, objects, constants, scratch, tier0: OnceLock::new() })
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Arc<ValidProgram> {
        &self.program
    }

    /// Function `object`, if that object is one.
    #[must_use]
    #[inline]
    pub fn function(&self, object: u32) -> Option<&BoundFunction> {
        match self.objects.get(object as usize) {
            Some(Bound::Function(f)) => Some(f),
            _ => None,
        }
    }

    /// The import `object` with its hash and the host's function, if that object is one.
    #[must_use]
    pub fn import(&self, object: u32) -> Option<(Hash, &Import, &dyn HostFn)> {
        let node = self.program.program().objects().get(object as usize)?;
        match (self.objects.get(object as usize)?, node.body()) {
            (Bound::Import(host), Body::Import(import)) => Some((node.hash(), import, &*host.0)),
            _ => None,
        }
    }

    /// The matrix `object`, if that object is one.
    #[must_use]
    pub fn matrix(&self, object: u32) -> Option<&Matrix> {
        match self.program.program().objects().get(object as usize)?.body() {
            Body::Constant(Constant::Matrix(m)) => Some(m),
            _ => None,
        }
    }

    /// First word of the `buf` or `vec` constant `object` in [`Loaded::constants`].
    #[must_use]
    pub fn constant(&self, object: u32) -> Option<u32> {
        match self.objects.get(object as usize) {
            Some(Bound::Aggregate(at)) => Some(*at),
            _ => None,
        }
    }

    /// All `buf` and `vec` constants, as frames hold such values.
    #[must_use]
    pub fn constants(&self) -> &[u64] {
        self.constants.words()
    }

    /// Greatest number of columns that a `gemv` of this program may meet.
    #[must_use]
    pub fn widest_matrix(&self) -> usize {
        self.scratch
    }

    /// The reference interpreter's code by object, made at its first run: other tiers need none.
    pub(crate) fn tier0(&self) -> &[Option<Code>] {
        self.tier0.get_or_init(|| crate::tier0::lower_all(self))
    }

    /// How many objects there are.
    pub(crate) fn object_count(&self) -> u32 {
        self.objects.len() as u32
    }
}

fn bind_function(program: &ValidProgram, objects: &[Bound], index: u32) -> Option<BoundFunction> {
    let valid = program.function(index)?.clone();
    let layout = FrameLayout::of(&valid)?;
    let (mut words, mut calls) = (0, 0);
    // What a function names comes before it.
    for target in program.program().links(index) {
        if let Some(Bound::Function(callee)) = objects.get(*target as usize) {
            words = callee.chain_words.max(words);
            calls = callee.chain_calls.max(calls);
        }
    }
    let chain_words = words + u64::from(layout.words());
    Some(BoundFunction { valid, layout, chain_words, chain_calls: calls + 1 })
}

fn widest_parameter(f: &ValidFunction) -> usize {
    let cols = f.function().params().iter().map(|p| match p.ty {
        Type::Mat { cols, .. } => cols.into(),
        _ => 0,
    });
    cols.max().unwrap_or(0)
}

fn lay_constants(program: &ValidProgram, objects: &[Bound], words: usize) -> Arena {
    let mut arena = Arena::new(words);
    debug_assert_eq!(words % LINE, 0);
    let all = arena.words_mut();
    for (object, bound) in program.program().objects().iter().zip(objects) {
        let (Body::Constant(constant), Bound::Aggregate(at)) = (object.body(), bound) else { continue };
        let at = *at as usize;
        match constant {
            Constant::Buf { elem, data, .. } => {
                all[at] = data.len() as u64 / elem.size();
                fill(&mut all[at + 1..], data, elem.size() as usize);
            }
            Constant::Vec { data, .. } => fill(&mut all[at..], data, 4),
            Constant::Matrix(_) => {}
        }
    }
    arena
}

/// Copies little-endian elements of `size` bytes into native memory.
fn fill(words: &mut [u64], data: &[u8], size: usize) {
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(words);
    bytes[..data.len()].copy_from_slice(data);
    if cfg!(target_endian = "big") && size > 1 {
        bytes[..data.len()].chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
}
