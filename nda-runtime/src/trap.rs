//! Traps: why a run ended early, with the operands, and where, from the entry point inwards.

use nda_ast::{Hash, NodeId};
use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)+) => {
        /// The stable number and name of a kind of trap. Zero is no trap: it is reserved for success, so that a code
        /// can travel as a status word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum TrapCode { $($(#[$doc])* $name = $number,)+ }

        impl TrapCode {
            /// Every code, by number.
            pub const ALL: &'static [TrapCode] = &[$(TrapCode::$name),+];

            /// The stable name, as in `docs/spec.md`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(TrapCode::$name => stringify!($name),)+ }
            }

            /// The code with this number.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<TrapCode> {
                match number { $($number => Some(TrapCode::$name),)+ _ => None }
            }
        }
    };
}

codes! {
    /// A block costs more than the fuel that is left.
    OutOfFuel = 1;
    /// A loop would begin more iterations than its bound K.
    LoopLimit = 2;
    /// An int division or remainder by zero.
    DivideByZero = 3;
    /// `div_s` of MIN by -1, or a float out of an int's range.
    IntegerOverflow = 4;
    /// A NaN converted to int.
    InvalidConversion = 5;
    /// An index, start or length beyond what is there.
    IndexOutOfBounds = 6;
    /// A buffer would hold more than its capacity.
    CapacityExceeded = 7;
    /// A NaN or infinity among the activations of a `gemv`.
    NonFinite = 8;
    /// A log entry, or a group of the transcript, would pass the limit.
    LogLimit = 9;
    /// The program itself failed.
    Failed = 10;
    /// A host function failed.
    Host = 11;
    /// The run's deadline passed: an interruption.
    Deadline = 12;
    /// The host cancelled the run: an interruption.
    Cancelled = 13;
}

impl TrapCode {
    /// The number; never zero.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// Whether it comes from the host's clock or flag, which are no part of what a program means.
    #[must_use]
    pub const fn is_interruption(self) -> bool {
        matches!(self, TrapCode::Deadline | TrapCode::Cancelled)
    }
}

impl fmt::Display for TrapCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A string that names no trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownTrap;

impl fmt::Display for UnknownTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such trap; docs/spec.md lists all")
    }
}

impl std::error::Error for UnknownTrap {}

impl std::str::FromStr for TrapCode {
    type Err = UnknownTrap;

    fn from_str(s: &str) -> Result<TrapCode, UnknownTrap> {
        TrapCode::ALL.iter().copied().find(|code| code.as_str() == s).ok_or(UnknownTrap)
    }
}

/// Why a run ended early, with the operands of the check that struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrapKind {
    /// A block costs more than the fuel that is left; it was not charged.
    OutOfFuel,
    /// Iteration K + 1 would begin.
    LoopLimit {
        /// The loop's bound K.
        max: u64,
    },
    /// An int division or remainder by zero.
    DivideByZero,
    /// `div_s` of MIN by -1, or a float out of an int's range.
    IntegerOverflow {
        /// The dividend, or the bits of the float.
        operand: u64,
    },
    /// A NaN converted to int.
    InvalidConversion {
        /// The bits of the float.
        bits: u64,
    },
    /// An index, start or length beyond what is there.
    IndexOutOfBounds {
        /// The index, start or asked length.
        index: i64,
        /// The length of what it goes into.
        len: u64,
    },
    /// A buffer would hold more than its capacity.
    CapacityExceeded {
        /// The capacity N.
        capacity: u64,
    },
    /// A NaN or infinity among the activations of a `gemv`.
    NonFinite {
        /// Index of the first one.
        index: u64,
    },
    /// A log entry, or a group of the transcript, would pass the limit; it was not written.
    LogLimit,
    /// The program itself failed.
    Failed {
        /// The program's code.
        code: i64,
    },
    /// A host function failed.
    Host {
        /// The host's code.
        code: i64,
    },
    /// The run's deadline passed.
    Deadline,
    /// The host cancelled the run.
    Cancelled,
}

impl TrapKind {
    /// Its code.
    #[must_use]
    pub const fn code(self) -> TrapCode {
        match self {
            TrapKind::OutOfFuel => TrapCode::OutOfFuel,
            TrapKind::LoopLimit { .. } => TrapCode::LoopLimit,
            TrapKind::DivideByZero => TrapCode::DivideByZero,
            TrapKind::IntegerOverflow { .. } => TrapCode::IntegerOverflow,
            TrapKind::InvalidConversion { .. } => TrapCode::InvalidConversion,
            TrapKind::IndexOutOfBounds { .. } => TrapCode::IndexOutOfBounds,
            TrapKind::CapacityExceeded { .. } => TrapCode::CapacityExceeded,
            TrapKind::NonFinite { .. } => TrapCode::NonFinite,
            TrapKind::LogLimit => TrapCode::LogLimit,
            TrapKind::Failed { .. } => TrapCode::Failed,
            TrapKind::Host { .. } => TrapCode::Host,
            TrapKind::Deadline => TrapCode::Deadline,
            TrapKind::Cancelled => TrapCode::Cancelled,
        }
    }

    /// The operands with their names, in the order of `docs/spec.md`. Bits are given as the int of the same 64 bits.
    #[must_use]
    pub fn operands(self) -> Vec<(&'static str, i128)> {
        match self {
            TrapKind::LoopLimit { max } => vec![("max", max.into())],
            // A dividend is a signed number; as such it is easier to read, and bits lose nothing by it.
            TrapKind::IntegerOverflow { operand } => vec![("operand", i128::from(operand as i64))],
            TrapKind::InvalidConversion { bits } => vec![("bits", i128::from(bits as i64))],
            TrapKind::IndexOutOfBounds { index, len } => vec![("index", index.into()), ("len", len.into())],
            TrapKind::CapacityExceeded { capacity } => vec![("capacity", capacity.into())],
            TrapKind::NonFinite { index } => vec![("index", index.into())],
            TrapKind::Failed { code } | TrapKind::Host { code } => vec![("code", code.into())],
            TrapKind::OutOfFuel
            | TrapKind::DivideByZero
            | TrapKind::LogLimit
            | TrapKind::Deadline
            | TrapKind::Cancelled => Vec::new(),
        }
    }
}

impl fmt::Display for TrapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code().fmt(f)?;
        let operands = self.operands();
        for (i, (name, value)) in operands.iter().enumerate() {
            let open = if i == 0 { " {" } else { "," };
            write!(f, "{open} {name}: {value}")?;
        }
        if operands.is_empty() { Ok(()) } else { f.write_str(" }") }
    }
}

/// A node of a function of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// Hash of the function.
    pub function: Hash,
    /// Index of the function among the program's objects.
    pub object: u32,
    /// Number of the node; 0 is the function itself.
    pub node: NodeId,
}

/// How a run ended that did not return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// Why, with operands.
    pub kind: TrapKind,
    /// From the entry point inwards: the call node of each active call, then the trap's own node. Never empty.
    pub locations: Vec<Location>,
}

impl Trap {
    /// The code.
    #[must_use]
    pub fn code(&self) -> TrapCode {
        self.kind.code()
    }

    /// Whether the host's clock or flag ended the run.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        self.code().is_interruption()
    }
}

/// One line: the kind, and the chain with functions by the first 8 digits of their hash.
impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        for (i, at) in self.locations.iter().enumerate() {
            let hash = at.function.to_string();
            write!(f, "{}{}:{}", if i == 0 { " at " } else { " > " }, &hash[..8], at.node)?;
        }
        Ok(())
    }
}

impl std::error::Error for Trap {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip_and_zero_is_free() {
        assert_eq!(TrapCode::from_number(0), None);
        for (i, &code) in TrapCode::ALL.iter().enumerate() {
            assert_eq!(code.number() as usize, i + 1);
            assert_eq!(TrapCode::from_number(code.number()), Some(code));
            assert_eq!(code.as_str().parse::<TrapCode>(), Ok(code));
        }
        assert_eq!(TrapCode::from_number(TrapCode::ALL.len() as u32 + 1), None);
        assert_eq!("outoffuel".parse::<TrapCode>(), Err(UnknownTrap));
    }

    #[test]
    fn every_code_has_a_kind_and_a_text() {
        let kinds = [
            TrapKind::OutOfFuel,
            TrapKind::LoopLimit { max: 3 },
            TrapKind::DivideByZero,
            TrapKind::IntegerOverflow { operand: i64::MIN as u64 },
            TrapKind::InvalidConversion { bits: 1 },
            TrapKind::IndexOutOfBounds { index: -1, len: 4 },
            TrapKind::CapacityExceeded { capacity: 8 },
            TrapKind::NonFinite { index: 2 },
            TrapKind::LogLimit,
            TrapKind::Failed { code: -7 },
            TrapKind::Host { code: 9 },
            TrapKind::Deadline,
            TrapKind::Cancelled,
        ];
        let codes: Vec<TrapCode> = kinds.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes, TrapCode::ALL);
        let texts: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        assert_eq!(texts[5], "IndexOutOfBounds { index: -1, len: 4 }");
        assert_eq!(texts[3], "IntegerOverflow { operand: -9223372036854775808 }");
        assert_eq!(texts[12], "Cancelled");
        let interruptions = kinds.iter().filter(|kind| kind.code().is_interruption()).count();
        assert_eq!(interruptions, 2);
    }
}
