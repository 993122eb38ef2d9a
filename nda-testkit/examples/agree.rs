//! Runs both decoders and validators over generated programs and changed ones, and counts the verdicts.
//!
//! `cargo run --release -p nda-testkit --example agree -- COUNT SEED`: COUNT programs from seeds SEED, SEED + 1, ...,
//! each with spans added to one half, and three changes of each. Ends with an error at the first disagreement, whose
//! bytes it prints.

use nda_ast::Limits;
use nda_testkit::generate::{Config, Entropy, generate};
use nda_testkit::second::agree::{Verdict, agree};
use nda_testkit::second::mutate::{mutate, spans_section};
use nda_testkit::second::{Stage, check};
use std::collections::BTreeMap;
use std::process::ExitCode;

fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let [count, seed] = numbers[..] else {
        eprintln!("two numbers are expected: how many programs, and the first seed");
        return ExitCode::FAILURE;
    };
    let mut verdicts: [BTreeMap<String, u64>; 2] = Default::default();
    for seed in seed..seed + count {
        let mut entropy = Entropy::new(seed);
        let config = Config::drawn(&mut entropy);
        let mut file = generate(&mut entropy, &config).bytes;
        let checked = match check(&file) {
            Ok(checked) => checked,
            Err(refusal) => return report(seed, &file, &refusal.to_string()),
        };
        if entropy.chance(50)
            && nda_ast::load(file.clone(), &Limits::default()).is_ok_and(|p| p.program().spans().is_empty())
        {
            file.extend(spans_section(&checked, &mut entropy));
        }
        for change in 0..4 {
            let bytes = if change == 0 { file.clone() } else { mutate(&file, &checked, &mut entropy) };
            match agree(&bytes) {
                Ok(verdict) => *verdicts[usize::from(change > 0)].entry(words(verdict)).or_default() += 1,
                Err(disagreement) => return report(seed, &bytes, &disagreement.to_string()),
            }
        }
    }
    for (what, verdicts) in ["generated", "changed"].iter().zip(&verdicts) {
        println!("{what}:");
        verdicts.iter().for_each(|(verdict, n)| println!("{n:>10} {verdict}"));
    }
    ExitCode::SUCCESS
}

fn words(verdict: Verdict) -> String {
    match verdict {
        Verdict::Accepted => "valid".to_owned(),
        Verdict::Refused { stage, same_byte } => {
            let stage = match stage {
                Stage::Decode => "refused by both decoders",
                Stage::Validate => "refused by both validators",
                Stage::Limit => "beyond a limit",
            };
            let byte = if same_byte { "" } else { ", at another byte" };
            format!("{stage}{byte}")
        }
    }
}

fn report(seed: u64, bytes: &[u8], why: &str) -> ExitCode {
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    eprintln!("seed {seed}: {why}\n{hex}");
    ExitCode::FAILURE
}
