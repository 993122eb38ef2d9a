//! The programs answer another process.
#![forbid(unsafe_code)]

use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn a_line_is_answered_by_a_time_and_a_result() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nda-bench-native"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
    let mut ask = child.stdin.take().expect("piped");
    ask.write_all(b"sum_loop 10 5 3\nnothing 1 2 3\ngcd_sum 2 0 1\n").expect("reads");
    drop(ask);
    let out = child.wait_with_output().expect("ends with its input");
    let text = String::from_utf8(out.stdout).expect("text");
    let results: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next_back()).collect();
    assert_eq!(results, ["50", "unknown", "5"]);
}
