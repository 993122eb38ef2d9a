//! Machine code comes and goes: programs are loaded, compiled to machine code, run and dropped, again and again, and the resident memory
//! of the process stays what it is.
//!
//! ```text
//! cargo run --release -p nda-sandbox --example code_cycles -- 100000
//! ```

use nda_sandbox::{BlockTier, Engine, Limits, TierMode, TierOptions};

/// Resident memory in KiB, where the system tells it as Linux does.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cycles: u32 = std::env::args().nth(1).map_or(Ok(2000), |n| n.parse())?;
    let engine =
        Engine::builder().tiers(TierOptions { mode: TierMode::Always, ..TierOptions::default() }).build();
    let mut bytes = 0;
    for cycle in 0..cycles {
        let source = format!(
            "pub fn f(n: i64) -> i64 {{ let mut s = {cycle}; for i in 0..n {{ s = s ^ i * {cycle}; }} return s; }}"
        );
        let program = engine.load_text(&source, &Limits::default())?;
        program.func::<(i64,), i64>("f")?.call((10,))?;
        let block = &program.tiers()[0];
        if block.tier != BlockTier::Machine {
            return Err(format!("not compiled: {block:?}").into());
        }
        bytes = block.code_bytes;
        if cycle % (cycles / 10).max(1) == 0 {
            println!("after {:>7} cycles: {:>7} KiB resident", cycle + 1, resident().unwrap_or(0));
        }
    }
    println!("after {cycles:>7} cycles: {:>7} KiB resident", resident().unwrap_or(0));
    println!(
        "{bytes} bytes of machine code for the last function; 4096 bytes are resident for each function compiled alone"
    );
    Ok(())
}
