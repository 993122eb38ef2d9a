//! Limits of a run, and the look at clock and flag that keeps a host in control.

use crate::TrapKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Default fuel of a run: about a second in the reference interpreter.
pub const DEFAULT_FUEL: u64 = 100_000_000;

/// Default limit of log and transcript together, in bytes: 1 MiB.
pub const DEFAULT_LOG_BYTES: u64 = 1 << 20;

/// Cost units between two looks at clock and flag. Every unit stands for at most 64
/// elements of work, so that this is about a millisecond at most; a look costs tens of nanoseconds.
pub(crate) const UNITS_PER_LOOK: u64 = 1 << 13;

/// Element operations of kernels between two looks.
const ELEMENTS_PER_LOOK: u64 = 1 << 18;

/// Cancels the runs that it was given to. Clones are the same flag.
#[derive(Clone, Debug, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// A flag that is down.
    #[must_use]
    pub fn new() -> CancelFlag {
        CancelFlag::default()
    }

    /// Ends the runs that watch this flag, each at the next loop head, call or long kernel where it looks: within some thousand
    /// units of fuel, or after the host call under way.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Takes the flag down again.
    pub fn reset(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether it is up.
    #[must_use]
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a run may use.
///
/// ```
/// let limits = nda_runtime::RunLimits { fuel: 1_000, ..Default::default() };
/// assert_eq!(limits.log_bytes, 1 << 20);
/// ```
#[derive(Clone, Debug)]
pub struct RunLimits {
    /// Greatest `executed_nodes`. Default [`DEFAULT_FUEL`].
    pub fuel: u64,
    /// Bytes of log and transcript together. Default [`DEFAULT_LOG_BYTES`].
    pub log_bytes: u64,
    /// When the run must end. Default `None`: fuel alone bounds it, since the moment is the caller's to choose.
    pub deadline: Option<Instant>,
    /// How long the run may take, counted from its first look at the clock: after its first
    /// few thousand units of fuel, or before its first host call or long kernel. Runs shorter than that never read
    /// the clock, which would cost as much as they do. Default `None`.
    pub timeout: Option<Duration>,
    /// A flag that ends the run. Default `None`.
    pub cancel: Option<CancelFlag>,
}

impl Default for RunLimits {
    fn default() -> RunLimits {
        RunLimits {
            fuel: DEFAULT_FUEL,
            log_bytes: DEFAULT_LOG_BYTES,
            deadline: None,
            timeout: None,
            cancel: None,
        }
    }
}

/// Watches deadline and flag for one run. Fuel falls with the work done, so that it doubles as the measure of when to
/// look again: a poll is one comparison.
#[derive(Clone, Debug)]
pub struct Watch<'a> {
    limits: &'a RunLimits,
    /// Whether the clock has been looked at, from when on the timeout counts.
    started: bool,
    /// What the timeout has made the deadline.
    end: Option<Instant>,
    /// Look again once the fuel left is at most this.
    next: u64,
    /// Element operations of kernels since the last look.
    elements: u64,
}

impl<'a> Watch<'a> {
    /// For a run under these limits. The first poll looks.
    #[must_use]
    #[inline]
    pub fn new(limits: &'a RunLimits) -> Watch<'a> {
        Watch { limits, started: false, end: None, next: u64::MAX, elements: 0 }
    }

    /// Whether the first loop head or call is to look: where the flag is up already, and where the time may be over.
    #[must_use]
    #[inline]
    pub fn looks_at_once(&self) -> bool {
        let RunLimits { deadline, timeout, .. } = self.limits;
        self.is_cancelled() || deadline.is_some() || timeout.is_some_and(|t| t.is_zero())
    }

    #[inline]
    fn is_cancelled(&self) -> bool {
        self.limits.cancel.as_ref().is_some_and(CancelFlag::is_cancelled)
    }

    /// At a loop head or call.
    ///
    /// # Errors
    /// [`TrapKind::Deadline`], [`TrapKind::Cancelled`].
    #[inline]
    pub fn poll(&mut self, fuel_left: u64) -> Result<(), TrapKind> {
        if fuel_left <= self.next { self.look(fuel_left) } else { Ok(()) }
    }

    /// At a kernel that goes over this many elements, or is about to.
    ///
    /// # Errors
    /// [`TrapKind::Deadline`], [`TrapKind::Cancelled`].
    #[inline]
    pub fn work(&mut self, elements: u64) -> Result<(), TrapKind> {
        self.elements += elements;
        if self.elements >= ELEMENTS_PER_LOOK { self.check() } else { Ok(()) }
    }

    /// Makes the next poll look: after a host call, which may have taken any time.
    pub fn look_soon(&mut self) {
        self.next = u64::MAX;
    }

    /// Looks now, and next after some units of fuel.
    #[cold]
    #[inline(never)]
    fn look(&mut self, fuel_left: u64) -> Result<(), TrapKind> {
        // With less than that left, fuel ends the run soon enough; 0 would make every poll of a run without fuel look.
        self.next = fuel_left.saturating_sub(UNITS_PER_LOOK);
        self.check()
    }

    /// Looks at flag and clock now, whatever the fuel; the first time it starts the clock.
    ///
    /// # Errors
    /// [`TrapKind::Deadline`], [`TrapKind::Cancelled`].
    pub fn check(&mut self) -> Result<(), TrapKind> {
        self.elements = 0;
        if self.is_cancelled() {
            return Err(TrapKind::Cancelled);
        }
        let RunLimits { deadline, timeout, .. } = *self.limits;
        if deadline.is_none() && timeout.is_none() {
            return Ok(());
        }
        let now = Instant::now();
        if !self.started {
            self.started = true;
            // A duration too long for the clock is no deadline within anyone's lifetime.
            let end = timeout.and_then(|timeout| now.checked_add(timeout));
            self.end = deadline.into_iter().chain(end).min();
        }
        match self.end {
            Some(end) if now >= end => Err(TrapKind::Deadline),
            _ => Ok(()),
        }
    }

    /// Starts the clock, if it has not been: before something that may take any time.
    ///
    /// # Errors
    /// As [`Watch::check`].
    pub fn start(&mut self) -> Result<(), TrapKind> {
        if self.started || self.limits.timeout.is_none() { Ok(()) } else { self.check() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_first_then_every_so_many_units() {
        let cancel = CancelFlag::new();
        let limits = RunLimits { cancel: Some(cancel.clone()), ..RunLimits::default() };
        let mut watch = Watch::new(&limits);
        let fuel = 1 << 20;
        assert_eq!(watch.poll(fuel), Ok(()));
        cancel.cancel();
        assert_eq!(watch.poll(fuel - UNITS_PER_LOOK + 1), Ok(()), "not yet");
        assert_eq!(watch.poll(fuel - UNITS_PER_LOOK), Err(TrapKind::Cancelled));
        watch = Watch::new(&limits);
        cancel.reset();
        assert_eq!(watch.poll(fuel), Ok(()));
        cancel.cancel();
        watch.look_soon();
        assert_eq!(watch.poll(fuel), Err(TrapKind::Cancelled));
    }

    #[test]
    fn kernels_look_by_elements() {
        let cancel = CancelFlag::new();
        let limits = RunLimits { cancel: Some(cancel.clone()), ..RunLimits::default() };
        let mut watch = Watch::new(&limits);
        cancel.cancel();
        assert_eq!(watch.work(ELEMENTS_PER_LOOK - 1), Ok(()));
        assert_eq!(watch.work(1), Err(TrapKind::Cancelled));
        assert_eq!(watch.work(1), Ok(()), "counted anew");
    }

    #[test]
    fn a_past_deadline_strikes() {
        let limits = RunLimits { deadline: Some(Instant::now()), ..RunLimits::default() };
        assert_eq!(Watch::new(&limits).poll(7), Err(TrapKind::Deadline));
    }

    #[test]
    fn a_timeout_starts_with_the_first_look() {
        let limits = RunLimits { timeout: Some(Duration::ZERO), ..RunLimits::default() };
        assert_eq!(Watch::new(&limits).start(), Err(TrapKind::Deadline));
        let long = RunLimits { timeout: Some(Duration::MAX), ..RunLimits::default() };
        let mut watch = Watch::new(&long);
        assert_eq!(watch.start(), Ok(()));
        assert_eq!((watch.started, watch.end), (true, None));
    }
}
