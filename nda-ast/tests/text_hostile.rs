//! Hostile texts: deep nesting, long chains, truncated and random bytes. All on a thread of 2 MiB.
#![cfg(feature = "text")]

use nda_ast::text::{MAX_ERRORS, compile, print};
use nda_ast::{ErrorCode, Limits};

const DEEP: usize = 1_000_000;

/// Runs on a thread with a stack of 2 MiB, as small as threads commonly are.
fn on_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap()
}

/// Compiles with these limits; gives the codes, and for limits their names.
fn codes(source: String, limits: Limits) -> Vec<String> {
    on_small_stack(move || match compile(&source, &limits) {
        Ok(_) => Vec::new(),
        Err(e) => {
            assert!(e.diagnostics.len() <= MAX_ERRORS);
            for d in &e.diagnostics {
                let span = d.span.clone().unwrap();
                assert!(source.get(span).is_some(), "{d:?}");
                for fix in &d.fixes {
                    assert!(source.get(fix.span.clone()).is_some(), "{d:?}");
                }
            }
            e.diagnostics
                .iter()
                .map(|d| match d.code {
                    ErrorCode::Limit => d.expected.clone().unwrap(),
                    code => code.as_str().to_owned(),
                })
                .collect()
        }
    })
}

fn body(text: &str) -> String {
    format!("pub fn f(a: i64, c: bool) -> i64 {{ {text} return 1; }}")
}

#[test]
fn nesting_beyond_the_limit_is_named() {
    let n = DEEP;
    let cases = [
        body(&format!("let x = {}a{};", "(".repeat(n), ")".repeat(n))),
        body(&format!("let x = {}a;", "-".repeat(n))),
        body(&format!("let x = {}a;", "! ".repeat(n))),
        body(&format!("let x = {}a;", "&".repeat(n))),
        body(&format!("let x = {}a;", "& ".repeat(n))),
        body(&format!("let x = {}a;", "*".repeat(n))),
        body(&format!("let x = a{};", " + a".repeat(n))),
        body(&format!("let x = c{};", " && c".repeat(n))),
        body(&format!("let x = c{};", " || c".repeat(n))),
        body(&format!("let x = {}a{};", "abs(".repeat(n), ")".repeat(n))),
        body(&format!("let x = {}a{};", "a[".repeat(n), "]".repeat(n))),
        body(&format!("let x = {}a{};", "if c { ".repeat(n), " } else { 1 }".repeat(n))),
        body(&format!("let x = {} 1;", "if c { 1 } else ".repeat(n))),
        body(&format!("let x = {}a;", "if ".repeat(n))),
        body(&format!("let x = a{};", " as f64 as i64".repeat(n))),
        body(&format!("let x = a{};", ".clone()".repeat(n))),
        body(&format!("{}{}", "{ ".repeat(n), "} ".repeat(n))),
        body(&format!("{}{}", "if c { ".repeat(n), "} ".repeat(n))),
        body(&format!("if c {{}} {}", "else if c {} ".repeat(n))),
        body(&format!("if c {{}} {} else {{}}", "else if c {} ".repeat(n))),
        body(&format!("{}{}", "while c { ".repeat(n), "} ".repeat(n))),
        body(&format!("{}{}", "for i in 0..a { ".repeat(n), "} ".repeat(n))),
        body(&format!("{}{}", "loop { ".repeat(n), "} ".repeat(n))),
    ];
    for (i, source) in cases.into_iter().enumerate() {
        let start = source[..60].to_owned();
        let found = codes(source, Limits::default());
        // A chain of no-ops is no nesting of the program.
        let flat = start.contains("a.clone()");
        let odd = start.contains("&&&")
            || start.contains("= & &")
            || start.contains("***")
            || start.contains("a[a[");
        if flat {
            assert_eq!(found, Vec::<String>::new(), "{i}: {start}");
        } else if odd {
            assert!(!found.is_empty(), "{i}: {start}");
        } else {
            assert_eq!(found, ["nesting <= 512"], "{i}: {start}");
        }
    }
}

#[test]
fn nesting_under_a_generous_limit_takes_no_stack() {
    let n = 100_000;
    let limits = Limits { nesting: u32::MAX, levels: u32::MAX, slots: u32::MAX, ..Limits::default() };
    let cases = [
        body(&format!("let x = {}a{};", "(".repeat(n), ")".repeat(n))),
        body(&format!("let x = {}a;", "- ".repeat(n))),
        body(&format!("let x = a{};", " + a".repeat(n))),
        body(&format!("let x = {}a{};", "(a + ".repeat(n), ")".repeat(n))),
        body(&format!("let x = {}a{};", "abs(".repeat(n), ")".repeat(n))),
        body(&format!("let x = {}a{};", "if c { ".repeat(n), " } else { 1 }".repeat(n))),
        body(&format!("let x = {}{{ 1 }};", "if c { 1 } else ".repeat(n))),
        body(&format!("{}{}", "{ ".repeat(n), "} ".repeat(n))),
        body(&format!("if c {{}} {}", "else if c {} ".repeat(n))),
        body(&format!("{}{}", "while c { ".repeat(n), "} ".repeat(n))),
    ];
    for source in cases {
        let start = source[..60].to_owned();
        assert_eq!(codes(source, limits), Vec::<String>::new(), "{start}");
    }
}

#[test]
fn unbalanced_and_odd_texts_end() {
    let n = DEEP;
    let cases = [
        "(".repeat(n),
        "{".repeat(n),
        "}".repeat(n),
        "[".repeat(n),
        "<".repeat(n),
        "/*".repeat(n),
        "#".repeat(n),
        "#[".repeat(n),
        "'".repeat(n),
        "\"".repeat(n),
        "b'".repeat(n),
        "fn ".repeat(n),
        "pub ".repeat(n),
        "fn f(".repeat(n),
        "fn f() {".repeat(n),
        "fn f() { let ".repeat(n),
        "const A: ".repeat(n),
        format!("fn f(a: {}i64) {{}}", "&".repeat(n)),
        format!("fn f(a: {}i64{}) {{}}", "Vec<".repeat(n), ">".repeat(n)),
        format!("fn f(a: {}i64{}) {{}}", "Buf<".repeat(n), ", 1>".repeat(n)),
        format!("fn f(a: {}i64) {{}}", "[".repeat(n)),
        format!("fn f(a: {}i64) {{}}", "(".repeat(n)),
        format!("fn f() -> {}i64 {{}}", "(".repeat(n)),
        format!("fn f{}", "<".repeat(n)),
        format!("const A: Vec32<2> = {};", "vec32([".repeat(n)),
        format!("const A: i64 = {}1;", "-".repeat(n)),
        body(&"let (".repeat(n)),
        body(&"let a = ".repeat(n)),
        body(&"else ".repeat(n)),
        body(&"if c { 1 } else ".repeat(n)),
        body(&"match a { ".repeat(n)),
        body(&"'a: ".repeat(n)),
        body(&"#[max(1)] ".repeat(n)),
        body(&"x.y".repeat(n)),
        body(&"a = ".repeat(n)),
        body(&"a::".repeat(n)),
        body(&"f::<".repeat(n)),
        body(&"a!(".repeat(n)),
        body(&"|x| ".repeat(n)),
        body(&"return ".repeat(n)),
        body(&"break ".repeat(n)),
    ];
    for source in cases {
        let start: String = source.chars().take(40).collect();
        assert!(!codes(source, Limits::default()).is_empty(), "{start}");
    }
}

#[test]
fn long_flat_texts_are_fine() {
    let n = 20_000;
    let lets: String = (0..n).map(|i| format!("let x{i} = a + {i}; ")).collect();
    assert_eq!(codes(body(&lets), Limits::default()), Vec::<String>::new());
    let calls: String = (0..n).map(|i| format!("fn f{i}(a: i64) -> i64 {{ return a + {i}; }}\n")).collect();
    assert_eq!(codes(calls, Limits::default()), Vec::<String>::new());
    // Each function calls the one before: as deep as the levels allow, then a limit.
    let chain = |n: usize| -> String {
        let f = |i: usize| format!("fn f{}(a: i64) -> i64 {{ return f{i}(a); }}\n", i + 1);
        "fn f0(a: i64) -> i64 { return a; }\n".to_owned() + &(0..n).map(f).collect::<String>()
    };
    assert_eq!(codes(chain(100), Limits::default()), Vec::<String>::new());
    assert_eq!(codes(chain(n), Limits::default()), ["levels <= 512"]);
}

#[test]
fn limits_are_named() {
    let source = body("let b = a; let d = a + b; print(d);");
    let few = |f: fn(&mut Limits)| {
        let mut limits = Limits::default();
        f(&mut limits);
        codes(source.clone(), limits)
    };
    assert_eq!(few(|l| l.bytes = 10), ["bytes <= 10"]);
    assert_eq!(few(|l| l.nodes = 5), ["nodes <= 5"]);
    assert_eq!(few(|l| l.slots = 3), ["slots <= 3"]);
    assert_eq!(few(|l| l.max_cost = Some(3)), ["max_cost <= 3"]);
    assert_eq!(few(|l| l.frame_bytes = 8), ["frame_bytes <= 8"]);
    assert_eq!(few(|l| l.objects = 0), ["objects <= 0"]);
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        self.0 >> 33
    }

    fn below(&mut self, n: usize) -> usize {
        self.next() as usize % n.max(1)
    }
}

const SEEDS: [&str; 2] = [include_str!("text/every_form.nda"), include_str!("text/errors.txt")];

#[test]
fn truncated_and_changed_texts_never_panic() {
    on_small_stack(|| {
        let mut random = Random(1);
        let limits = Limits::default();
        let every = SEEDS[0];
        for end in (0..every.len()).step_by(7) {
            let _ = compile(&every[..end], &limits);
        }
        let words: Vec<&str> = SEEDS[1].split_inclusive(|c: char| !c.is_alphanumeric()).collect();
        for _ in 0..3000 {
            let mut text: Vec<u8> = every.as_bytes().to_vec();
            let from = random.below(text.len());
            let keep = 200 + random.below(400);
            text.drain(..from);
            text.truncate(keep);
            let mut text = String::from_utf8(text).unwrap();
            for _ in 0..1 + random.below(6) {
                let at = random.below(text.len());
                let end = (at + random.below(12)).min(text.len());
                match random.below(3) {
                    0 => text.replace_range(at..end, ""),
                    1 => text.insert_str(at, words[random.below(words.len())]),
                    _ => text.replace_range(at..end, words[random.below(words.len())]),
                }
            }
            let text = format!("fn f() {{ {text}");
            if let Ok(program) = compile(&text, &limits) {
                let printed = print(&program);
                assert!(compile(&printed, &limits).is_ok(), "{printed}");
            }
        }
    });
}

#[test]
fn random_words_never_panic() {
    on_small_stack(|| {
        let mut random = Random(2);
        let words: Vec<&str> =
            SEEDS.iter().flat_map(|s| s.split_inclusive([' ', '\n', '(', ';', '.'])).collect();
        for _ in 0..3000 {
            let mut text = String::from("pub fn f(n: i64, b: &mut Buf<u8, 16>, v: &Vec32<4>) -> i64 {");
            for _ in 0..random.below(60) {
                text.push_str(words[random.below(words.len())]);
            }
            let _ = compile(&text, &Limits::default());
        }
        for _ in 0..3000 {
            let bytes: Vec<u8> = (0..random.below(80)).map(|_| (random.next() & 0x7f) as u8).collect();
            let _ = compile(&String::from_utf8_lossy(&bytes), &Limits::default());
        }
    });
}
