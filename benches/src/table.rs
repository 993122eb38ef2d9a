//! Tables for people.

use crate::stats::Summary;
use comfy_table::{CellAlignment, ContentArrangement, Table, TableComponent, presets};

/// A table whose first `text` columns are words and the others numbers.
#[must_use]
pub fn table(head: &[&str], text: usize) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    // A line between all rows would keep the rows of one program apart that belong together.
    for part in [TableComponent::HorizontalLines, TableComponent::MiddleIntersections] {
        table.remove_style(part);
    }
    table.set_header(head);
    for (i, column) in table.column_iter_mut().enumerate() {
        column.set_cell_alignment(if i < text { CellAlignment::Left } else { CellAlignment::Right });
    }
    table
}

/// Nanoseconds with three digits and the unit that suits.
///
/// ```
/// use nda_benches::table::time;
/// assert_eq!((time(0.5), time(12.34), time(45_600.0)), ("0.500 ns".into(), "12.3 ns".into(), "45.6 µs".into()));
/// ```
#[must_use]
pub fn time(ns: f64) -> String {
    let units = [("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)];
    let (unit, size) = units.into_iter().rfind(|(_, size)| ns >= *size).unwrap_or(units[0]);
    format!("{} {unit}", digits(ns / size))
}

/// A ratio with its interval: `7.36 [7.23, 7.54]`.
#[must_use]
pub fn ratio(of: &Summary) -> String {
    format!("{} [{}, {}]", digits(of.median), digits(of.lo), digits(of.hi))
}

/// Three significant digits.
#[must_use]
pub fn digits(x: f64) -> String {
    let decimals = if x >= 100.0 { 0 } else { 2 - x.abs().max(0.1).log10().floor() as i32 };
    format!("{x:.*}", decimals.max(0) as usize)
}

/// A share as a percentage with its sign of spread.
#[must_use]
pub fn spread(part: f64) -> String {
    format!("±{:.1} %", 50.0 * part)
}

/// A count with a blank between groups of three digits.
///
/// ```
/// assert_eq!(nda_benches::table::count(1234567), "1 234 567");
/// ```
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}
