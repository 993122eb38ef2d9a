//! The same programs measured in several builds of the measuring program that differ in code layout alone: where a function
//! lies in memory can be worth a quarter of an interpreter's time, so that one build says little.

use crate::report::{Report, Row, SCHEMA};
use crate::stats::{geomean, median, most_common};
use crate::table;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Prints, for each engine and program, the median over the builds of its ratio to the base, with the least and the greatest;
/// then the geometric means of the medians.
///
/// # Errors
/// Where a report cannot be read.
pub fn print(files: &[PathBuf]) -> Result<(), String> {
    let reports = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
    let rows = || reports.iter().flat_map(|r| &r.rows);
    let bases = rows().filter(|row| row.ratio.is_some()).map(|row| row.base.as_str());
    let base = most_common(bases).ok_or("no report holds a ratio")?;
    println!("Time / {base}: median over {} builds [least, greatest].", reports.len());
    let mut rows = table::table(&["program", "engine", "median", "least", "greatest"], 2);
    let mut means: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for (program, engine, group, ratios) in ratios(&reports, base) {
        let fold = |f: fn(f64, f64) -> f64| ratios.iter().copied().reduce(f).unwrap_or(f64::NAN);
        let middle = median(&ratios);
        let cells = [middle, fold(f64::min), fold(f64::max)].map(table::digits);
        rows.add_row([vec![program, engine.clone()], cells.to_vec()].concat());
        means.entry((engine, group)).or_default().push(middle);
    }
    println!("{rows}\n");
    let mut rows = table::table(&["engine", "group", "geometric mean", "greatest", "programs"], 2);
    for ((engine, group), ratios) in means {
        let greatest = ratios.iter().copied().fold(0.0, f64::max);
        let cells = [table::digits(geomean(&ratios)), table::digits(greatest), ratios.len().to_string()];
        rows.add_row([vec![engine, group], cells.to_vec()].concat());
    }
    println!("{rows}");
    Ok(())
}

fn read(path: &Path) -> Result<Report, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let report: Report = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    if report.schema != SCHEMA {
        return Err(format!("{}: schema {}, not {SCHEMA}", path.display(), report.schema));
    }
    Ok(report)
}

/// Program, engine, group, and the ratio of each build, in the order of the first report.
fn ratios(reports: &[Report], base: &str) -> Vec<(String, String, String, Vec<f64>)> {
    let ours = |row: &&Row| row.base == base && row.engine != base && row.ratio.is_some();
    let Some(first) = reports.first() else { return Vec::new() };
    let of = |row: &Row| {
        let same = |other: &&Row| {
            (&other.group, &other.program, &other.engine) == (&row.group, &row.program, &row.engine)
        };
        let all = reports.iter().flat_map(|r| &r.rows).filter(ours).filter(same).filter_map(|row| row.ratio);
        (row.program.clone(), row.engine.clone(), row.group.clone(), all.collect())
    };
    first.rows.iter().filter(ours).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::report::Phase;
    use crate::stats::summary;

    #[test]
    fn ratios_are_gathered_over_builds() {
        let row = |engine: &str, ratio: f64| {
            let s = summary(&[ratio]);
            Row::new("scalar", "sum_loop", engine, Phase::Run, s, None).against("wasmi-fuel", &s)
        };
        let build = |ratio| Report {
            schema: SCHEMA,
            machine: Machine::here(),
            rows: vec![row("wasmi-fuel", 1.0), row("tier1", ratio)],
        };
        let all = ratios(&[build(0.8), build(0.9), build(1.3)], "wasmi-fuel");
        let of = |s: &str| s.to_owned();
        assert_eq!(all, [(of("sum_loop"), of("tier1"), of("scalar"), vec![0.8, 0.9, 1.3])]);
    }
}
