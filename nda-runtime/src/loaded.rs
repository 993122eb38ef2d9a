//! A program ready to run: frames laid out, constants in place, imports bound to the host's functions.

use crate::Value;
use crate::frame::{Arena, LINE, type_words};
use crate::host::{HostFn, Link, LinkError};
use crate::jit::JitProgram;
use crate::memory::CONSTANT;
use crate::tier0::Code;
use crate::weights::{PackFn, Weights};
use nda_ast::{Body, Constant, Hash, Import, Matrix, Type, ValidFunction, ValidProgram};
use nda_kernels::Kernels;
use nda_kernels::matrix::{Tiles, activation_bytes};
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

/// A host function bound to an import.
struct Host {
    /// The import.
    object: u32,
    function: Arc<dyn HostFn>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("object", &self.object).finish_non_exhaustive()
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
    /// What each entry of the functions' tables names, in the order of the program's links.
    targets: Vec<u64>,
    hosts: Vec<Host>,
    constants: Arena,
    kernels: &'static Kernels,
    weights: Weights,
    /// Bytes of the quantised activations of the widest matrix that a `gemv` may meet.
    scratch: usize,
    tier0: OnceLock<Vec<Option<Code>>>,
    jit: OnceLock<JitProgram>,
}

/// Frames of 2^31 words or more are refused, so that a word's offset fits 31 bits.
const MAX_FRAME: u64 = 1 << 31;

impl Loaded {
    /// Makes a program ready, for the kernels of this process, with copies of its weights of its own. Linear in its objects and constants.
    ///
    /// # Errors
    /// Where an import is not granted, or memory for it cannot be addressed.
    pub fn new(program: Arc<ValidProgram>, link: &Link) -> Result<Loaded, BindError> {
        Loaded::prepared(program, link, nda_kernels::kernels(), &mut |tiled, _, w| {
            Some(Arc::new((tiled.pack)(w)))
        })
    }

    /// As [`Loaded::new`], for the kernels given; their copies of the weights come from `pack`.
    ///
    /// # Errors
    /// As [`Loaded::new`].
    pub fn prepared(
        program: Arc<ValidProgram>,
        link: &Link,
        kernels: &'static Kernels,
        pack: &mut PackFn<'_>,
    ) -> Result<Loaded, BindError> {
        let objects = program.program().objects();
        let (mut scratch, mut words, mut hosts, mut places) = (0, 0_u64, Vec::new(), Vec::new());
        for (index, object) in objects.iter().enumerate() {
            let index = index as u32;
            let too_large = BindError::TooLarge { object: index };
            match object.body() {
                Body::Function(_) => {
                    let Some(f) = program.function(index) else { continue };
                    // The certificate's frame, and what the tiers add to it: a few words a slot or node.
                    let nodes = f.function().node_count() as u64;
                    if f.certificate().own_frame / 8 + 2 * nodes >= MAX_FRAME {
                        return Err(too_large);
                    }
                    scratch = scratch.max(widest_parameter(f));
                }
                Body::Constant(Constant::Matrix(m)) => scratch = scratch.max(m.cols.into()),
                Body::Constant(constant) => {
                    let at = u32::try_from(words).map_err(|_| too_large)?;
                    words += type_words(constant.ty());
                    places.push((index, at));
                }
                Body::Import(import) => {
                    let function = link.resolve(index, object.hash(), import).map_err(BindError::Link)?;
                    hosts.push(Host { object: index, function });
                }
            }
        }
        let target = |object: &u32| match objects[*object as usize].body() {
            Body::Function(_) | Body::Constant(Constant::Matrix(_)) => u64::from(*object),
            Body::Constant(_) => CONSTANT | u64::from(find(&places, *object)),
            Body::Import(_) => hosts.partition_point(|host| host.object < *object) as u64,
        };
        let targets = program.program().all_links().iter().map(target).collect();
        let constants = lay_constants(&program, &places, words as usize);
        let weights = Weights::new(&program, kernels, pack);
        let scratch = activation_bytes(scratch);
        let (tier0, jit) = (OnceLock::new(), OnceLock::new());
        Ok(Loaded { program, targets, hosts, constants, kernels, weights, scratch, tier0, jit })
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Arc<ValidProgram> {
        &self.program
    }

    /// Function `object`, if that object is one.
    #[must_use]
    #[inline]
    pub fn function(&self, object: u32) -> Option<&Arc<ValidFunction>> {
        self.program.function(object)
    }

    /// The tables of all functions, one after the other.
    #[must_use]
    #[inline]
    pub fn all_targets(&self) -> &[u64] {
        &self.targets
    }

    /// For each entry of the table of function `object`: of a function or matrix its object, of another
    /// constant the reference to it, of an import the number for [`Loaded::host`].
    ///
    /// # Panics
    /// Where there is no such object.
    #[must_use]
    #[inline]
    pub fn targets(&self, object: u32) -> &[u64] {
        &self.targets[self.program.program().link_range(object)]
    }

    /// The import that is number `host` among those of the program: its object, what it is, and the host's function.
    ///
    /// # Panics
    /// Where there are fewer.
    #[must_use]
    pub fn host(&self, host: u32) -> (u32, Hash, &Import, &dyn HostFn) {
        let host = &self.hosts[host as usize];
        let object = &self.program.program().objects()[host.object as usize];
        match object.body() {
            Body::Import(import) => (host.object, object.hash(), import, &*host.function),
            _ => unreachable!("object {} is no import", host.object),
        }
    }

    /// The import `object`, if that object is one.
    #[must_use]
    pub fn import(&self, object: u32) -> Option<&Import> {
        match self.program.program().objects().get(object as usize)?.body() {
            Body::Import(import) => Some(import),
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

    /// All `buf` and `vec` constants, as frames hold such values.
    #[must_use]
    #[inline]
    pub fn constants(&self) -> &[u64] {
        self.constants.words()
    }

    /// Bytes of the quantised activations of the widest matrix that a `gemv` of this program may meet.
    #[must_use]
    #[inline]
    pub fn activation_bytes(&self) -> usize {
        self.scratch
    }

    /// The kernels that it runs on.
    #[must_use]
    #[inline]
    pub fn kernels(&self) -> &'static Kernels {
        self.kernels
    }

    /// Bytes of the kernels' copies of its weights, those included that other programs share.
    #[must_use]
    pub fn weight_bytes(&self) -> usize {
        self.weights.bytes()
    }

    /// The kernels' copy of the matrix `object`, if there is one.
    #[inline]
    pub(crate) fn tiles(&self, object: u32) -> Option<&Tiles> {
        self.weights.tiles(object)
    }

    /// Before a run of function `entry` with these arguments.
    #[inline]
    pub(crate) fn prepare_arguments(&self, entry: u32, args: &[Value]) {
        self.weights.prepare(self.kernels, entry, args);
    }

    /// The compiled functions, made by `make` where there are none yet.
    #[inline]
    pub fn jit(&self, make: impl FnOnce(&Loaded) -> JitProgram) -> &JitProgram {
        self.jit.get_or_init(|| make(self))
    }

    /// The reference interpreter's code by object, made at its first run: other tiers need none.
    pub(crate) fn tier0(&self) -> &[Option<Code>] {
        self.tier0.get_or_init(|| crate::tier0::lower_all(self))
    }

    /// How many objects there are.
    pub(crate) fn object_count(&self) -> u32 {
        self.program.program().objects().len() as u32
    }
}

/// Word of a constant among those that are sorted by object.
fn find(places: &[(u32, u32)], object: u32) -> u32 {
    places.binary_search_by_key(&object, |(object, _)| *object).map_or(0, |i| places[i].1)
}

fn widest_parameter(f: &ValidFunction) -> usize {
    let cols = f.function().params().iter().map(|p| match p.ty {
        Type::Mat { cols, .. } => cols.into(),
        _ => 0,
    });
    cols.max().unwrap_or(0)
}

fn lay_constants(program: &ValidProgram, places: &[(u32, u32)], words: usize) -> Arena {
    let mut arena = Arena::default();
    arena.reserve(words);
    debug_assert_eq!(words % LINE, 0);
    let all = arena.words_mut();
    for (object, at) in places {
        let Body::Constant(constant) = program.program().objects()[*object as usize].body() else { continue };
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
