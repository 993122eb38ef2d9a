//! Random programs of loops that nobody tuned for: integer, float and buffer work in nested loops with branches and calls. The
//! same seed gives the same text on every machine.
//!
//! Every program ends: loops count to a number. None traps: indices are masked, divisors are positive, and floats are kept
//! within bounds so that work on them stays work on numbers.

use crate::engine::Engine;
use crate::subject::Subject;
use crate::suite::from_source;
use crate::tier::TierEngine;
use nda_ast::text::NoLoader;
use nda_runtime::{Tier0, Value};
use nda_testkit::generate::Entropy;
use std::fmt::Write;

/// `executed_nodes` that a timed run is to have, about: a millisecond in tier 0.
const WORK: u64 = 200_000;

/// Outer iterations of the run that finds how much one of them does.
const PROBE: i64 = 16;

/// `count` programs; every second one has buffers.
///
/// # Errors
/// Where the generator has made a program that is not valid.
pub fn subjects(count: u32) -> Result<Vec<Subject>, String> {
    (1..=count).map(subject).collect()
}

/// The program of a seed, with as many iterations as make [`WORK`].
fn subject(seed: u32) -> Result<Subject, String> {
    let name = format!("generated_{seed:02}");
    let source = source(seed);
    let input = |n| vec![vec![Value::Int(n), Value::Int(seed.into())]];
    let mut subject = from_source(&name, &source, "run", input(PROBE), &mut NoLoader)?;
    let work = TierEngine::new(Tier0).load(&subject)?.answer(0)?.executed_nodes.unwrap_or(WORK);
    subject.inputs = input((PROBE as u64 * WORK / work.max(1)).max(1) as i64);
    Ok(subject)
}

/// The text of the program of a seed.
#[must_use]
pub fn source(seed: u32) -> String {
    let mut entropy = Entropy::new(0x6e64_6100 + u64::from(seed));
    let memory = seed.is_multiple_of(2);
    let mut text = String::new();
    for helper in 0..2 {
        let mut g = Gen::new(&mut entropy, false);
        g.ints = vec!["p".into(), "q".into()];
        let (cond, yes, no) = (g.cond(), g.int(2), g.int(2));
        let _ = write!(
            text,
            "fn helper{helper}(p: i64, q: i64) -> i64 {{\n    if {cond} {{ {yes} }} else {{ {no} }}\n}}\n\n"
        );
    }
    text.push_str("pub fn run(n: i64, m: i64) -> i64 {\n    let mut a = m;\n    let mut b = m * 31 + 7;\n    let mut c = 1;\n");
    text.push_str("    let mut x = m as f64;\n    let mut y = 0.5;\n");
    if memory {
        text.push_str(
            "    let mut words = fill::<i64, 64>(3);\n    let mut floats = fill::<f64, 64>(0.25);\n",
        );
        text.push_str("    let mut bytes = fill::<u8, 256>(1 as u8);\n");
    }
    let mut g = Gen::new(&mut entropy, memory);
    g.helpers = true;
    g.open("for i in 0..n {");
    g.ints.push("i".into());
    g.body(6);
    g.close();
    text.push_str(&g.text);
    if memory {
        text.push_str("    for k in 0..64 {\n        a = a * 31 + words[k] + bytes[k * 3] as i64;\n        x += floats[k];\n    }\n");
    }
    text.push_str("    return a * 31 + b * 7 + c ^ float_bits(x + y);\n}\n");
    text
}

/// A text under way.
struct Gen<'g, 'e> {
    entropy: &'g mut Entropy<'e>,
    text: String,
    /// Names that an int expression may read.
    ints: Vec<String>,
    memory: bool,
    helpers: bool,
    depth: usize,
    loops: usize,
}

/// The slots that statements write.
const INTS: [&str; 3] = ["a", "b", "c"];
const FLOATS: [&str; 2] = ["x", "y"];

impl<'g, 'e> Gen<'g, 'e> {
    fn new(entropy: &'g mut Entropy<'e>, memory: bool) -> Gen<'g, 'e> {
        let ints = INTS.map(String::from).to_vec();
        Gen { entropy, text: String::new(), ints, memory, helpers: false, depth: 1, loops: 0 }
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{:width$}{line}", "", width = 4 * self.depth);
    }

    fn open(&mut self, line: &str) {
        self.line(line);
        self.depth += 1;
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.line("}");
    }

    fn body(&mut self, most: u64) {
        for _ in 0..self.entropy.range(2, most) {
            self.stmt();
        }
    }

    fn stmt(&mut self) {
        let nested = self.depth < 5;
        match self.entropy.below(12) {
            0..=2 => self.store_int(),
            3 | 4 => self.store_float(),
            5 | 6 if self.memory => self.store_elem(),
            7 | 8 if nested => {
                let cond = self.cond();
                self.open(&format!("if {cond} {{"));
                self.body(3);
                if self.entropy.chance(50) {
                    self.depth -= 1;
                    self.line("} else {");
                    self.depth += 1;
                    self.body(3);
                }
                self.close();
            }
            9 if nested && self.loops < 3 => self.counted(),
            10 if nested && self.loops < 3 => self.while_(),
            _ => self.store_int(),
        }
    }

    /// An inner `for` of a few iterations, some of which may be cut short.
    fn counted(&mut self) {
        let (k, n) = (self.loops, self.entropy.range(2, 9));
        self.loops += 1;
        self.open(&format!("for j{k} in 0..{n} {{"));
        self.ints.push(format!("j{k}"));
        if self.entropy.chance(30) {
            let (cond, leave) = (self.cond(), self.entropy.pick(&["break", "continue"]));
            self.line(&format!("if {cond} {{ {leave}; }}"));
        }
        self.body(4);
        self.ints.pop();
        self.close();
        self.loops -= 1;
    }

    /// An inner `while` over a number that shrinks.
    fn while_(&mut self) {
        let (k, start) = (self.loops, self.int(1));
        self.loops += 1;
        self.line(&format!("let mut t{k} = {start} & 255;"));
        self.open(&format!("while t{k} > 0 {{"));
        self.ints.push(format!("t{k}"));
        self.body(3);
        let shrink = self.entropy.pick(&["/ 2", ">> 1", "/ 3", "- 40"]);
        self.line(&format!("t{k} = t{k} {shrink};"));
        self.ints.pop();
        self.close();
        self.loops -= 1;
    }

    fn store_int(&mut self) {
        let (to, value) = (self.entropy.pick(&INTS), self.int(3));
        let by = self.entropy.pick(&["=", "=", "+=", "-="]);
        self.line(&format!("{to} {by} {value};"));
    }

    fn store_float(&mut self) {
        let (to, value) = (self.entropy.pick(&FLOATS), self.float(3));
        self.line(&format!("{to} = max(min({value}, 1000.0), -1000.0);"));
    }

    fn store_elem(&mut self) {
        let at = self.int(1);
        let line = match self.entropy.below(4) {
            0 => format!("bytes[{at} & 255] = {} as u8;", self.int(2)),
            1 => format!("floats[{at} & 63] = max(min({}, 1000.0), -1000.0);", self.float(2)),
            2 => format!("words[{at} & 63] += {};", self.int(2)),
            _ => format!("words[{at} & 63] = {};", self.int(2)),
        };
        self.line(&line);
    }

    fn cond(&mut self) -> String {
        if self.entropy.chance(20) && self.helpers {
            let (left, right) = (self.float(1), self.float(1));
            return format!("{left} < {right}");
        }
        let (left, mask) = (self.int(1), self.entropy.pick(&[1, 3, 7, 15]));
        match self.entropy.below(4) {
            0 => format!("{left} & {mask} == 0"),
            1 => format!("{left} & {mask} != 1 && {} > 0", self.int(1)),
            2 => format!("{left} < {}", self.int(1)),
            _ => format!("{left} % 5 >= {}", self.entropy.below(3)),
        }
    }

    /// An int expression in parentheses or of one word.
    fn int(&mut self, depth: u32) -> String {
        if depth == 0 || self.entropy.chance(15) {
            return self.int_leaf();
        }
        let a = self.int(depth - 1);
        match self.entropy.below(10) {
            0 => format!("({a} {} {})", self.entropy.pick(&["<<", ">>"]), self.entropy.range(1, 13)),
            1 => format!("shr_u({a}, {})", self.entropy.range(1, 40)),
            2 => format!("{}({a}, {})", self.entropy.pick(&["min", "max", "rotl"]), self.int(depth - 1)),
            3 => format!("({a} {} (({} & 15) + 1))", self.entropy.pick(&["%", "/"]), self.int(depth - 1)),
            4 if self.helpers => {
                format!("helper{}({a}, {})", self.entropy.below(2), self.int(depth - 1))
            }
            5 if self.memory => match self.entropy.chance(60) {
                true => format!("words[{a} & 63]"),
                false => format!("(bytes[{a} & 255] as i64)"),
            },
            _ => {
                let op = self.entropy.pick(&["+", "-", "*", "&", "|", "^"]);
                format!("({a} {op} {})", self.int(depth - 1))
            }
        }
    }

    fn int_leaf(&mut self) -> String {
        if self.entropy.chance(25) {
            return self.entropy.range(1, 1000).to_string();
        }
        let at = self.entropy.below(self.ints.len() as u64) as usize;
        self.ints[at].clone()
    }

    fn float(&mut self, depth: u32) -> String {
        if depth == 0 || self.entropy.chance(15) {
            return match self.entropy.below(4) {
                0 => format!("{:?}", self.entropy.range(1, 64) as f64 / 16.0),
                1 => format!("(({} & 1023) as f64)", self.int_leaf()),
                _ => self.entropy.pick(&FLOATS).to_owned(),
            };
        }
        let a = self.float(depth - 1);
        match self.entropy.below(8) {
            0 => format!("sqrt(abs({a}))"),
            1 => format!("min({a}, {})", self.float(depth - 1)),
            2 => format!("({a} / (1.0 + abs({})))", self.float(depth - 1)),
            3 if self.memory => format!("floats[{} & 63]", self.int(1)),
            _ => {
                let op = self.entropy.pick(&["+", "-", "*"]);
                format!("({a} {op} {})", self.float(depth - 1))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::treewalk::TreeWalk;
    use nda_closure_jit::Tier1;

    #[test]
    fn programs_are_valid_run_without_a_trap_and_mean_one_thing() {
        assert_eq!(source(3), source(3));
        for subject in subjects(20).expect("valid") {
            let answer = |engine: &dyn Engine| {
                engine.load(&subject).and_then(|mut ready| ready.answer(0)).expect(&subject.name)
            };
            let tier = answer(&TierEngine::new(Tier0));
            assert!(tier.result.is_ok(), "{}: {:?}", subject.name, tier.result);
            assert!(tier.executed_nodes.is_some_and(|n| n > WORK / 8 && n < 8 * WORK), "{tier:?}");
            for other in [answer(&TierEngine::new(Tier1)), answer(&TreeWalk)] {
                assert_eq!(other.differs(&tier, 0.0), None, "{}", subject.name);
            }
        }
    }
}
