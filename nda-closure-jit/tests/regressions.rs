//! Programs on which tiers once disagreed, or on which a defect once showed: see `regressions.txt`.

mod agree;
mod common;

#[test]
fn tiers_agree_where_they_once_did_not() {
    let cases = include_str!("regressions.txt").split("\n=== ").skip(1);
    let mut count = 0;
    for case in cases {
        let (name, source) = case.split_once('\n').expect("a name, then a program");
        agree::at_every_fuel(name, source);
        count += 1;
    }
    assert!(count > 0);
}
