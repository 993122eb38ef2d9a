//! Which kernels a processor can run, and which of them it is to run.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

/// Name of the environment variable that forces a level for the process, by [`Level::name`].
pub const LEVEL_VARIABLE: &str = "NDA_KERNELS";

/// A set of instructions that kernels are written for, from the plainest on. All give the same bits.
///
/// ```
/// use nda_kernels::Level;
/// assert!(Level::Scalar.is_supported());
/// assert_eq!("avx512-vnni".parse(), Ok(Level::Avx512Vnni));
/// assert_eq!(Level::best(), Level::supported().last().unwrap());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// What every processor has: the form that defines the bits.
    Scalar,
    /// 64-bit ARM with Advanced SIMD.
    Neon,
    /// That, and the dot product of bytes (`sdot`).
    NeonDotprod,
    /// x86-64 with AVX2.
    Avx2,
    /// That, and AVX-512 F, BW, DQ, VL and VNNI.
    Avx512Vnni,
    /// That, and AVX-512 VBMI.
    Avx512Vbmi,
}

impl Level {
    /// All levels, the best of a processor family last.
    pub const ALL: [Level; 6] =
        [Level::Scalar, Level::Neon, Level::NeonDotprod, Level::Avx2, Level::Avx512Vnni, Level::Avx512Vbmi];

    /// Its name in [`LEVEL_VARIABLE`], on command lines and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Level::Scalar => "scalar",
            Level::Neon => "neon",
            Level::NeonDotprod => "neon-dotprod",
            Level::Avx2 => "avx2",
            Level::Avx512Vnni => "avx512-vnni",
            Level::Avx512Vbmi => "avx512-vbmi",
        }
    }

    /// Whether this processor, and the system on it, can run it.
    #[must_use]
    pub fn is_supported(self) -> bool {
        match self {
            Level::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => std::arch::is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512Vnni => {
                Level::Avx2.is_supported()
                    && std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512bw")
                    && std::arch::is_x86_feature_detected!("avx512dq")
                    && std::arch::is_x86_feature_detected!("avx512vl")
                    && std::arch::is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(target_arch = "x86_64")]
            Level::Avx512Vbmi => {
                Level::Avx512Vnni.is_supported() && std::arch::is_x86_feature_detected!("avx512vbmi")
            }
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            Level::Neon => std::arch::is_aarch64_feature_detected!("neon"),
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            Level::NeonDotprod => {
                Level::Neon.is_supported() && std::arch::is_aarch64_feature_detected!("dotprod")
            }
            _ => false,
        }
    }

    /// What this processor can run, the best last.
    pub fn supported() -> impl Iterator<Item = Level> {
        Level::ALL.into_iter().filter(|level| level.is_supported())
    }

    /// The best that this processor can run.
    #[must_use]
    pub fn best() -> Level {
        static BEST: OnceLock<Level> = OnceLock::new();
        *BEST.get_or_init(|| Level::supported().last().unwrap_or(Level::Scalar))
    }

    /// What [`LEVEL_VARIABLE`] asks for; `None` where it is unset or empty.
    ///
    /// # Errors
    /// [`LevelError`], where it names no level, or one that this processor cannot run. [`kernels`](crate::kernels) then
    /// takes the best one: a library does not refuse to work, a program may.
    pub fn requested() -> Result<Option<Level>, LevelError> {
        let name = std::env::var_os(LEVEL_VARIABLE).unwrap_or_default();
        if name.is_empty() {
            return Ok(None);
        }
        let level: Level = name.to_string_lossy().parse()?;
        if level.is_supported() { Ok(Some(level)) } else { Err(LevelError::Unsupported(level)) }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Level {
    type Err = LevelError;

    fn from_str(name: &str) -> Result<Level, LevelError> {
        let found = Level::ALL.into_iter().find(|level| level.name() == name);
        found.ok_or_else(|| LevelError::Unknown(name.to_owned()))
    }
}

/// Why a level cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LevelError {
    /// No level has this name.
    Unknown(String),
    /// This processor cannot run it.
    Unsupported(Level),
}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LevelError::Unknown(name) => write!(f, "there is no level of kernels `{name}`")?,
            LevelError::Unsupported(level) => write!(f, "this processor has no kernels of level `{level}`")?,
        }
        let names: Vec<&str> = Level::supported().map(Level::name).collect();
        write!(f, ": it has {}", names.join(", "))
    }
}

impl std::error::Error for LevelError {}
