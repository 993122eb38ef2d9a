//! The floating-point environment: every run executes under IEEE defaults (round to nearest, ties to even, subnormals
//! kept, no exception unmasked), whatever the thread had set, and leaves what it found.
//!
//! The control word is MXCSR on x86, FPCR on AArch64. Elsewhere there is nothing to set: such targets either have no
//! modes (wasm) or are not known to run Rust code in any but the defaults.
//!
//! The compiler does not know that arithmetic depends on the control word and could move it across the switch. The
//! guard is therefore entered and left around calls of functions that are never inlined.

use std::marker::PhantomData;

/// While it lives, the thread computes under IEEE defaults; dropping it, also by unwinding, restores the environment
/// that it found. Bound to its thread.
#[derive(Debug)]
pub struct IeeeGuard {
    found: Word,
    not_send: PhantomData<*const ()>,
}

impl IeeeGuard {
    /// Enters IEEE defaults.
    #[must_use]
    #[inline]
    pub fn enter() -> IeeeGuard {
        let found = read();
        // Reading is cheap, writing serialises: most threads have the defaults already.
        if found & CONTROL != DEFAULT & CONTROL {
            write(DEFAULT);
        }
        IeeeGuard { found, not_send: PhantomData }
    }

    /// Calls `f` in the environment that the guard found, and enters IEEE defaults again afterwards, also where `f`
    /// panics.
    pub fn outside<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Back;
        impl Drop for Back {
            fn drop(&mut self) {
                write(DEFAULT);
            }
        }
        let _back = Back;
        write(self.found);
        f()
    }
}

impl Drop for IeeeGuard {
    #[inline]
    fn drop(&mut self) {
        if read() != self.found {
            write(self.found);
        }
    }
}

#[cfg(any(target_arch = "x86_64", all(target_arch = "x86", target_feature = "sse")))]
mod arch {
    use std::arch::asm;

    pub type Word = u32;

    /// All exceptions masked, round to nearest, FTZ and DAZ off, no exception flag.
    pub const DEFAULT: Word = 0x1f80;
    /// Everything but the six sticky exception flags, which do not change results.
    pub const CONTROL: Word = 0xffc0;

    #[expect(unsafe_code, reason = "the control word has no safe access")]
    #[inline]
    pub fn read() -> Word {
        let mut word: Word = 0;
        // SAFETY: STMXCSR stores 4 bytes at the address, which is that of a live, aligned u32; it needs SSE, which the
        // target has.
        unsafe { asm!("stmxcsr [{}]", in(reg) &mut word, options(nostack, preserves_flags)) };
        word
    }

    #[expect(unsafe_code, reason = "the control word has no safe access")]
    #[inline]
    pub fn write(word: Word) {
        // SAFETY: LDMXCSR loads 4 bytes from a live, aligned u32. Reserved bits, which would fault, are clear: words
        // come from `read` or are `DEFAULT`. Rust code must not observe another environment than the default; callers
        // either set the default or give a thread back the word it had.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &word, options(nostack, preserves_flags)) };
    }
}

#[cfg(target_arch = "aarch64")]
mod arch {
    use std::arch::asm;

    pub type Word = u64;

    /// Round to nearest, no flush to zero, no default NaN, no trap enabled.
    pub const DEFAULT: Word = 0;
    /// Every bit controls; the flags are in another register.
    pub const CONTROL: Word = u64::MAX;

    #[expect(unsafe_code, reason = "the control word has no safe access")]
    #[inline]
    pub fn read() -> Word {
        let word: Word;
        // SAFETY: reading FPCR has no effect but on the output register.
        unsafe { asm!("mrs {}, fpcr", out(reg) word, options(nomem, nostack, preserves_flags)) };
        word
    }

    #[expect(unsafe_code, reason = "the control word has no safe access")]
    #[inline]
    pub fn write(word: Word) {
        // SAFETY: FPCR accepts any value; reserved bits are ignored. Words come from `read` or are `DEFAULT`. Not
        // `nomem`, so that it stays in its place among memory accesses.
        unsafe { asm!("msr fpcr, {}", in(reg) word, options(nostack, preserves_flags)) };
    }
}

#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "x86", target_feature = "sse"),
    target_arch = "aarch64"
)))]
mod arch {
    pub type Word = u32;
    pub const DEFAULT: Word = 0;
    pub const CONTROL: Word = 0;

    pub fn read() -> Word {
        0
    }

    pub fn write(_: Word) {}
}

use arch::{CONTROL, DEFAULT, Word, read, write};

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    /// FTZ and DAZ, and the three rounding modes other than the default.
    const MODES: [Word; 5] = [0x1f80 | 0x8040, 0x1f80 | 0x2000, 0x1f80 | 0x4000, 0x1f80 | 0x6000, 0x1f80];

    #[inline(never)]
    fn third(x: f64) -> f64 {
        std::hint::black_box(1.0) / std::hint::black_box(x)
    }

    fn under(mode: Word, f: impl FnOnce()) {
        let before = read();
        write(mode);
        f();
        let after = read();
        write(before);
        assert_eq!(after & CONTROL, mode & CONTROL, "left as it was");
    }

    #[test]
    fn enters_defaults_and_restores() {
        for mode in MODES {
            under(mode, || {
                let guard = IeeeGuard::enter();
                let (a, tiny) = (third(3.0), third(8.99e307));
                drop(guard);
                assert_eq!(a.to_bits(), 0x3fd5_5555_5555_5555, "{mode:#x}");
                assert!(tiny.is_subnormal(), "{mode:#x}");
            });
        }
    }

    #[test]
    fn the_modes_do_differ() {
        let mut bits = std::collections::BTreeSet::new();
        for mode in MODES {
            under(mode, || {
                bits.insert((third(3.0).to_bits(), third(-3.0).to_bits(), third(8.99e307).to_bits()));
            });
        }
        assert!(bits.len() >= 4, "{bits:?}");
    }

    #[test]
    fn restores_when_unwinding_and_outside() {
        under(MODES[1], || {
            let unwound = std::panic::catch_unwind(|| {
                let guard = IeeeGuard::enter();
                guard.outside(|| assert_eq!(read() & CONTROL, MODES[1]));
                assert_eq!(read() & CONTROL, DEFAULT);
                guard.outside(|| std::panic::resume_unwind(Box::new(())));
            });
            assert!(unwound.is_err());
        });
        under(DEFAULT, || {
            let guard = IeeeGuard::enter();
            guard.outside(|| write(MODES[0]));
            assert_eq!(read() & CONTROL, DEFAULT, "a host function's mode does not leak into the run");
        });
    }

    /// A program whose results depend on rounding and on subnormals, in scalars, vectors and what the host computes.
    fn delicate() -> crate::Loaded {
        use nda_ast::{Expr, FunctionBuilder, Import, Limits, Op, Param, ProgramBuilder, Type};
        let mut p = ProgramBuilder::new();
        let params = vec![Param::new(Type::Float)];
        let import = Import { name: "third".into(), params, results: vec![Type::Float], work: 0 };
        let ask = p.import(import).unwrap();
        let vec = Type::Vec { n: 2 };
        let mut f = FunctionBuilder::new("f", [Type::Float, Type::Float, vec, Type::Float]);
        let x = f.param("x", Type::Float);
        let host = f.call(&ask, [x.load()], &["host"]);
        let tiny = x.load() * Expr::float(f64::MIN_POSITIVE / 8.0);
        let lanes = Expr::counted(Op::Splat, 2, [Expr::float(0.1)]);
        f.return_([
            Expr::float(-1.0) / x.load(),
            tiny,
            Expr::op(Op::ExpVec, [lanes]) / Expr::float(3.0),
            host[0].load(),
        ]);
        let f = p.add(f).unwrap();
        p.entry(&f);
        let program = nda_ast::load(p.finish().unwrap(), &Limits::default()).unwrap();
        let mut link = crate::Link::new();
        link.grant("third", [Type::Float], [Type::Float], |args: &[crate::Value]| {
            let [crate::Value::Float(x)] = args else { unreachable!("the granted types") };
            // Its arithmetic may raise flags, which the run must not mind; it reports the mode that it sees.
            std::hint::black_box(third(*x));
            Ok(vec![crate::Value::Float(f64::from_bits((read() & CONTROL).into()))])
        });
        crate::Loaded::new(std::sync::Arc::new(program), &link).unwrap()
    }

    #[test]
    fn runs_do_not_see_the_callers_mode_and_the_host_does() {
        use crate::{Run, RunLimits, RunState, Tier, Tier0, Value};
        let program = delicate();
        let entry = program.program().program().entries()[0];
        let limits = RunLimits::default();
        let run = Run { program: &program, entry, args: &[Value::Float(3.0)], limits: &limits };
        let mut state = RunState::new();
        let expected = Tier0.run(run, &mut state).unwrap().result.unwrap().results;
        for mode in MODES {
            let mut found = Vec::new();
            under(mode, || found = Tier0.run(run, &mut state).unwrap().result.unwrap().results);
            assert!(crate::all_same_bits(&found[..3], &expected[..3]), "{mode:#x}: {found:?}");
            assert!(found[3].same_bits(&Value::Float(f64::from_bits(mode.into()))), "{mode:#x}: {found:?}");
        }
    }
}
