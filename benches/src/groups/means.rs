//! Geometric means over the programs of a group, register-only programs and those with buffers apart.

use crate::stats::{geomean, most_common};
use crate::table;

/// The naive engine that others are to be many times faster than.
const NAIVE: &str = "hashmap-treewalk";

/// One engine's time or work over the base's on one program.
struct Entry {
    engine: String,
    base: String,
    memory: bool,
    over_base: f64,
    /// [`NAIVE`] over this, where that took part.
    over_naive: Option<f64>,
}

/// Ratios of a group.
#[derive(Default)]
pub struct Means {
    entries: Vec<Entry>,
}

impl Means {
    /// Adds a program: each engine's name and ratio to the base named `base`.
    pub fn add(&mut self, base: &str, memory: bool, ratios: &[(String, f64)]) {
        let naive = ratios.iter().find(|(engine, _)| engine == NAIVE).map(|(_, ratio)| *ratio);
        self.entries.extend(ratios.iter().map(|(engine, ratio)| Entry {
            engine: engine.clone(),
            base: base.to_owned(),
            memory,
            over_base: *ratio,
            over_naive: naive.map(|naive| naive / ratio),
        }));
    }

    /// Prints the means over the programs that were compared with the same base: the one of most. `what` was measured.
    pub fn print(&self, what: &str) {
        let Some(base) = most_common(self.entries.iter().map(|e| e.base.as_str())) else { return };
        let entries = || self.entries.iter().filter(|e| e.base == base);
        let mut engines: Vec<&str> = Vec::new();
        for entry in entries() {
            if !engines.contains(&entry.engine.as_str()) {
                engines.push(&entry.engine);
            }
        }
        let head = format!("geometric mean of {what} / {base}");
        let speed = format!("{NAIVE} / this");
        let mut rows =
            table::table(&["engine", &head, "greatest", "register-only", "memory", "programs", &speed], 1);
        let mean = |values: Vec<f64>| {
            if values.is_empty() { "-".to_owned() } else { table::digits(geomean(&values)) }
        };
        for engine in engines {
            let of = || entries().filter(|e| e.engine == engine);
            let part = |memory| mean(of().filter(|e| e.memory == memory).map(|e| e.over_base).collect());
            rows.add_row([
                engine.to_owned(),
                mean(of().map(|e| e.over_base).collect()),
                table::digits(of().map(|e| e.over_base).fold(0.0, f64::max)),
                part(false),
                part(true),
                of().count().to_string(),
                mean(of().filter_map(|e| e.over_naive).collect()),
            ]);
        }
        println!("{rows}\n");
    }
}
