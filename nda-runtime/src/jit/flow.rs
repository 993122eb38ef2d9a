//! Where control goes on.

use std::fmt;

/// Where control goes on after a block or function, in one register.
///
/// | value | meaning | fuel left of the slice |
/// | --- | --- | --- |
/// | `next(fuel)`, not negative | after the block; of a loop's body: the next iteration | the value |
/// | `leave(fuel)`, negative | out of the innermost loop, to what follows it | the complement |
/// | `RETURN` | out of the function, results in its frame | in the state |
/// | `leave_loop(n)` | out of `n` more loops | in the state |
/// | `continue_loop(n)` | to the end of the body of the loop `n` further out | in the state |
/// | `TRAP` | out of the run, the reason in the state | in the state |
///
/// A slice is far below 2^62 units, so that no complement of one is below -2^62, where the statuses are.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct JitControlFlow(i64);

impl JitControlFlow {
    /// The run ends.
    pub const TRAP: JitControlFlow = JitControlFlow(i64::MIN);
    /// The function returns.
    pub const RETURN: JitControlFlow = JitControlFlow(i64::MIN + 1);
    /// Least complement of a fuel.
    const LEAST: i64 = -(1 << 62);

    /// On to what follows, with this much fuel left of the slice.
    #[must_use]
    #[inline(always)]
    pub const fn next(fuel: i64) -> JitControlFlow {
        JitControlFlow(fuel)
    }

    /// Out of the innermost loop, with this much fuel left of the slice.
    #[must_use]
    #[inline(always)]
    pub const fn leave(fuel: i64) -> JitControlFlow {
        JitControlFlow(!fuel)
    }

    /// Out of the loop that is `depth` loops further out than the innermost.
    #[must_use]
    #[inline]
    pub const fn leave_loop(depth: u32) -> JitControlFlow {
        JitControlFlow(i64::MIN + 2 + 2 * depth as i64)
    }

    /// To the next iteration of the loop that is `depth` loops further out than the innermost.
    #[must_use]
    #[inline]
    pub const fn continue_loop(depth: u32) -> JitControlFlow {
        JitControlFlow(i64::MIN + 3 + 2 * depth as i64)
    }

    /// Fuel left of the slice where control goes on to what follows.
    #[must_use]
    #[inline(always)]
    pub const fn fuel(self) -> Option<i64> {
        if self.0 >= 0 { Some(self.0) } else { None }
    }

    /// Fuel left of the slice where the innermost loop is left.
    #[must_use]
    #[inline(always)]
    pub const fn left(self) -> Option<i64> {
        if self.0 < 0 && self.0 >= JitControlFlow::LEAST { Some(!self.0) } else { None }
    }

    /// How many loops further out a loop is left, or goes on (`true`).
    #[must_use]
    #[inline]
    pub const fn outer_loop(self) -> Option<(u32, bool)> {
        let n = self.0.wrapping_sub(i64::MIN + 2);
        if n >= 0 && n < 1 << 33 { Some(((n / 2) as u32, n % 2 == 1)) } else { None }
    }
}

impl fmt::Debug for JitControlFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.fuel(), self.left(), self.outer_loop()) {
            (Some(fuel), ..) => write!(f, "next({fuel})"),
            (_, Some(fuel), _) => write!(f, "leave({fuel})"),
            (.., Some((depth, true))) => write!(f, "continue_loop({depth})"),
            (.., Some((depth, false))) => write!(f, "leave_loop({depth})"),
            _ if *self == JitControlFlow::RETURN => f.write_str("return"),
            _ => f.write_str("trap"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_apart() {
        let all = [
            JitControlFlow::next(0),
            JitControlFlow::next(1 << 40),
            JitControlFlow::leave(0),
            JitControlFlow::leave(1 << 40),
            JitControlFlow::leave_loop(0),
            JitControlFlow::leave_loop(512),
            JitControlFlow::continue_loop(0),
            JitControlFlow::continue_loop(u32::MAX),
            JitControlFlow::RETURN,
            JitControlFlow::TRAP,
        ];
        let texts: Vec<String> = all.iter().map(|flow| format!("{flow:?}")).collect();
        assert_eq!(
            texts.join(" "),
            "next(0) next(1099511627776) leave(0) leave(1099511627776) leave_loop(0) leave_loop(512) \
             continue_loop(0) continue_loop(4294967295) return trap"
        );
    }
}
