//! Two decoders and validators agree on whatever is near a valid program: every truncation, every flipped bit, bytes
//! lost, doubled and put in, longer numbers, and changes of items, objects and tables with the hashes made right again.

mod second_support;

use nda_testkit::generate::{Config, Entropy, generate};
use nda_testkit::second::agree::{Verdict, agree};
use nda_testkit::second::mutate::{Parts, items, mutate, spans_section};
use nda_testkit::second::{Body, Checked, Stage, check};
use second_support::{file, function, hex, import, over, section, worked_example};
use std::collections::BTreeMap;

type Counts = BTreeMap<Verdict, u32>;

/// Both sides agree; counts what on.
#[track_caller]
fn judge(bytes: &[u8], counts: &mut Counts) {
    match agree(bytes) {
        Ok(Verdict::Refused { stage, .. }) => {
            *counts.entry(Verdict::Refused { stage, same_byte: true }).or_default() += 1;
        }
        Ok(verdict) => *counts.entry(verdict).or_default() += 1,
        Err(disagreement) => {
            let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            panic!("{disagreement}\n{hex}");
        }
    }
}

fn count(counts: &Counts, stage: Stage) -> u32 {
    counts.get(&Verdict::Refused { stage, same_byte: true }).copied().unwrap_or(0)
}

/// Small programs that use every part of the format.
fn corpus() -> Vec<Vec<u8>> {
    let constants = file(
        &[
            (1, vec![], hex("04 03 02 0102")),
            (1, vec![], hex("07 02 0000c07f 0000803f")),
            (1, vec![], hex("08 01 03 01 82 07 03")),
            function(
                &[0, 1, 2],
                "00 02 04 03 07 02",
                &hex("1300 01 1401 01 1502 1000 86 01 1600 1601 0c 00"),
            ),
        ],
        &[3],
    );
    let calls = file(
        &[
            import("now", "02 01 04 09 02 01 07 03", 130),
            function(&[], "02 02 84 09 01 02", &hex("1005 0401 1600 3b 0c 00")),
            function(
                &[0, 1],
                "01 84 09 00",
                &hex("1001 1600 0d000202 110000000000000840 1600 0d010201 1603 01 0c 00"),
            ),
        ],
        &[2],
    );
    let flow = file(
        &[function(
            &[],
            "02 01 03 01 01",
            &hex(
                "1600 0805 1601 07 0a00 00 06 0b00 00 00 00 1601 0903 1200 07 1600 0f 00 00 00 1601 1600 1005 17 0c 00",
            ),
        )],
        &[0],
    );
    let mut spanned = constants.clone();
    let checked = check(&spanned).expect("valid");
    spanned.extend(section(1, &hex("02 00 0161 00 03 0166 02 00 0178 01 0279 7a")));
    spanned.extend(spans_section(&checked, &mut Entropy::new(1)));
    vec![worked_example(), constants, calls, flow, spanned]
}

#[test]
fn the_corpus_is_what_it_should_be() {
    let mut counts = Counts::new();
    corpus().iter().for_each(|bytes| judge(bytes, &mut counts));
    assert_eq!(counts.get(&Verdict::Accepted), Some(&5));
}

#[test]
fn bytes_changed_one_by_one() {
    let mut counts = Counts::new();
    for bytes in corpus() {
        for end in 0..bytes.len() {
            judge(&bytes[..end], &mut counts);
        }
        for place in 0..bytes.len() {
            let mut change = |edit: &dyn Fn(&mut Vec<u8>)| {
                let mut changed = bytes.clone();
                edit(&mut changed);
                judge(&changed, &mut counts);
            };
            for bit in 0..8 {
                change(&|b| b[place] ^= 1 << bit);
            }
            change(&|b| {
                b.remove(place);
            });
            change(&|b| b.insert(place, b[place]));
            change(&|b| over(b, place));
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                change(&|b| b.insert(place, byte));
                change(&|b| b[place] = byte);
            }
            change(&|b| {
                b.splice(place..=place, hex("ffffffff0f"));
            });
            change(&|b| {
                b.splice(place..=place, hex("ffffffffffffffffff01"));
            });
        }
    }
    println!("{counts:?}");
    assert!(count(&counts, Stage::Decode) > 5000 && count(&counts, Stage::Validate) > 100);
}

/// Every byte of every item, with lengths and hashes made right again: this reaches the validators.
#[test]
fn items_changed_one_by_one() {
    let mut counts = Counts::new();
    for bytes in corpus().iter().filter(|bytes| check(bytes).is_ok()) {
        let checked = check(bytes).expect("filtered");
        let mut parts = Parts::of(bytes, &checked);
        assert_eq!(parts.assemble(), *bytes);
        parts.sections.clear();
        for (place, part) in parts.objects.iter().enumerate() {
            let mut change = |rest: Vec<u8>| {
                let mut changed = parts.clone();
                changed.objects[place].rest = rest;
                judge(&changed.assemble(), &mut counts);
            };
            for at in 0..part.rest.len() {
                for byte in 0..=255 {
                    let mut rest = part.rest.clone();
                    rest[at] = byte;
                    change(rest);
                }
            }
            if part.kind != 0 {
                continue;
            }
            let items = items(&part.rest);
            assert!(items.last().is_some_and(|i| i.end == part.rest.len()));
            for a in &items {
                let mut rest = part.rest.clone();
                rest.drain(a.clone());
                change(rest);
                for b in &items {
                    let mut rest = part.rest.clone();
                    let copy = rest[a.clone()].to_vec();
                    rest.splice(b.clone(), copy.clone());
                    change(rest);
                    let mut rest = part.rest.clone();
                    rest.splice(b.start..b.start, copy);
                    change(rest);
                }
            }
        }
    }
    println!("{counts:?}");
    assert!(count(&counts, Stage::Validate) > 1000 && counts[&Verdict::Accepted] > 1000);
}

#[test]
fn objects_and_entry_points_changed_one_by_one() {
    let mut counts = Counts::new();
    for bytes in corpus().iter().filter(|bytes| check(bytes).is_ok()) {
        let mut parts = Parts::of(bytes, &check(bytes).expect("filtered"));
        parts.sections.clear();
        let n = parts.objects.len();
        for a in 0..n {
            for b in 0..=n {
                let mut change = |edit: &dyn Fn(&mut Parts)| {
                    let mut changed = parts.clone();
                    edit(&mut changed);
                    judge(&changed.assemble(), &mut counts);
                };
                change(&|p| p.objects.swap(a, b % n));
                change(&|p| p.objects.insert(b, p.objects[a].clone()));
                change(&|p| drop(p.objects.remove(a)));
                change(&|p| p.entries.insert(0, b));
                change(&|p| p.entries.push(b));
                change(&|p| p.entries[0] = b);
                change(&|p| p.objects[a].kind = u8::try_from(b).expect("few"));
                change(&|p| p.objects[a].table = Some(vec![b]));
                change(&|p| {
                    if let Some(table) = &mut p.objects[a].table {
                        table.push(b);
                        table.reverse();
                    }
                });
            }
        }
    }
    println!("{counts:?}");
    assert!(count(&counts, Stage::Decode) > 100);
}

#[test]
fn anything_after_the_magic() {
    let mut counts = Counts::new();
    let mut entropy = Entropy::new(7);
    for length in 0..3000 {
        let mut bytes = b"NDA\0\x01".to_vec();
        let small = entropy.pick(&[4, 16, 0x90, 256]);
        bytes.extend((0..length % 300).map(|_| u8::try_from(entropy.below(small)).unwrap_or(0)));
        judge(&bytes, &mut counts);
    }
    assert_eq!(counts.get(&Verdict::Accepted), None);
}

fn generated(seed: u64) -> (Vec<u8>, Checked, Entropy<'static>) {
    let mut entropy = Entropy::new(seed);
    let config = Config::drawn(&mut entropy);
    let mut bytes = generate(&mut entropy, &config).bytes;
    let checked = check(&bytes).unwrap_or_else(|refusal| panic!("seed {seed}: {refusal}"));
    if checked.spans.is_empty() && entropy.chance(50) {
        bytes.extend(spans_section(&checked, &mut entropy));
    }
    (bytes, checked, entropy)
}

/// The example `agree` does the same for as many programs as one likes.
#[test]
fn generated_programs_and_three_changes_of_each() {
    let mut counts = Counts::new();
    let mut operations = [0_u32; 256];
    for seed in 0..3000 {
        let (bytes, checked, mut entropy) = generated(seed);
        for object in &checked.objects {
            if let Body::Function(f) = &object.body {
                f.nodes.iter().for_each(|(byte, _)| operations[usize::from(*byte)] += 1);
            }
        }
        assert_eq!(agree(&bytes), Ok(Verdict::Accepted), "seed {seed}");
        for _ in 0..3 {
            judge(&mutate(&bytes, &checked, &mut entropy), &mut counts);
        }
    }
    println!("{counts:?}");
    assert!(operations[0x01..=0x8f].iter().all(|n| *n > 0), "{operations:?}");
    assert!(count(&counts, Stage::Decode) > 1000 && count(&counts, Stage::Validate) > 300);
}
