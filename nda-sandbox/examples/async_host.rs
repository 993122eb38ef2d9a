//! Programs in a host with an async runtime: each run on a blocking thread, ended by a cancel flag when its time is over or
//! when nobody waits for it any more.
//!
//! ```text
//! cargo run -p nda-sandbox --example async_host
//! ```

use nda_sandbox::{CallError, CancelFlag, Engine, Limits, Params, Rets, TypedFn};
use std::time::Duration;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::timeout;

/// Raises its flag when it is dropped: with the future that holds it.
struct CancelOnDrop(CancelFlag);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// A call as a future. Dropping it ends the run, at its next loop or call.
async fn call<P, R>(
    function: &TypedFn<P, R>,
    args: P::Args<'static>,
) -> Result<Result<R, CallError>, JoinError>
where
    P: Params + 'static,
    P::Args<'static>: Send,
    R: Rets + Send + 'static,
{
    let flag = CancelFlag::new();
    let _cancel = CancelOnDrop(flag.clone());
    // The handle is cheap to clone; the run's memory is that of the blocking thread.
    let function = function.clone().with_cancel(&flag);
    spawn_blocking(move || function.call(args)).await
}

async fn host() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new();
    let source = "
        pub fn add_up(n: i64) -> i64 { let mut x = 0; for i in 0..n { x += i; } return x; }
        pub fn forever() { loop { } }";
    // The host's own timeout is the tighter one; fuel and deadline hold should it fail.
    let limits = Limits { fuel: u64::MAX >> 1, ..Limits::default() };
    let program = engine.load_text(source, &limits)?;
    let add_up = program.func::<i64, i64>("add_up")?;
    let forever = program.func::<(), ()>("forever")?;

    // Many at once: each is a future like any other.
    let calls: Vec<_> = (0..8)
        .map(|n| {
            let add_up = add_up.clone();
            tokio::spawn(async move { call(&add_up, 1000 * n).await })
        })
        .collect();
    for (n, result) in calls.into_iter().enumerate() {
        println!("sum of the numbers below {}: {}", 1000 * n, result.await???);
    }

    // One that would never end. The future is dropped when the time is over, and with it goes the run.
    match timeout(Duration::from_millis(50), call(&forever, ())).await {
        Err(_elapsed) => println!("forever: given up, and its thread is free again"),
        Ok(result) => println!("forever: {:?}", result?),
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(host())
    // Dropping the runtime waits for blocking threads: this ends because the run was cancelled.
}
