//! A sign of life for work that takes over a second, if standard error is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long work must take to be worth a sign.
const DELAY: Duration = Duration::from_secs(1);

/// Shows itself after a second, and goes when dropped.
pub struct Progress {
    done: Arc<AtomicU64>,
    /// Dropping it ends the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// For work that prints as it goes: the lines are the sign of life, and a bar would stand among them, unless they go
    /// elsewhere than to the terminal.
    pub fn start_beside_output(label: &'static str, total: Option<u64>) -> Progress {
        if std::io::stdout().is_terminal() {
            return Progress { done: Arc::default(), stop: None, thread: None };
        }
        Progress::start(label, total)
    }

    /// Begins; `total` is the number of steps, if known.
    pub fn start(label: &'static str, total: Option<u64>) -> Progress {
        let done = Arc::new(AtomicU64::new(0));
        if !std::io::stderr().is_terminal() {
            return Progress { done, stop: None, thread: None };
        }
        let (stop, stopped) = channel::<()>();
        let counter = done.clone();
        let thread = std::thread::Builder::new().spawn(move || {
            let wait = |ms| {
                matches!(stopped.recv_timeout(Duration::from_millis(ms)), Err(RecvTimeoutError::Timeout))
            };
            if !wait(DELAY.as_millis() as u64) {
                return;
            }
            let bar = bar(label, total);
            while wait(100) {
                bar.set_position(counter.load(Ordering::Relaxed));
                bar.tick();
            }
            bar.finish_and_clear();
        });
        Progress { done, stop: Some(stop), thread: thread.ok() }
    }

    /// One step more is done.
    pub fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // The thread only draws; however it ended, there is nothing to do about it.
            let _ = thread.join();
        }
    }
}

fn bar(label: &'static str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(n) => (ProgressBar::new(n), "{spinner} {msg} [{bar:30}] {pos}/{len} ({eta})"),
        None => (ProgressBar::new_spinner(), "{spinner} {msg} {elapsed}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.with_message(label).with_elapsed(DELAY)
}
