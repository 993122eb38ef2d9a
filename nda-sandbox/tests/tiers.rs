//! Machine code through the public API: the modes, the shares of tenants, and what is told.
#![cfg(all(feature = "text", feature = "native"))]

use nda_sandbox::{
    BlockTier, Engine, HostError, Limits, Outcome, Program, Tenant, TierMode, TierOptions, Value,
};

const LOOPS: &str = "
    fn step(x: i64, k: i64) -> i64 { return (x ^ (x << 7)) + k; }

    pub fn work(n: i64) -> i64 {
        let mut x = 1;
        for i in 0..n {
            let mut j = 0;
            while j < 10 {
                x = step(x, i) ^ j;
                j += 1;
            }
        }
        return x;
    }

    pub fn once(n: i64) -> i64 {
        let mut x = 88172645463325252;
        let mut i = 0;
        while i < n {
            x = x ^ (x << 13);
            x = x ^ shr_u(x, 7);
            i += 1;
        }
        return x;
    }";

fn engine(options: TierOptions) -> Engine {
    Engine::builder()
        .import("root", |x: i64| if x < 0 { Err(HostError { code: 7 }) } else { Ok(x.isqrt()) })
        .tiers(options)
        .build()
}

fn load(options: TierOptions, source: &str) -> Program {
    engine(options).loader().grant_all().load_text(source).unwrap_or_else(|e| panic!("{e}"))
}

fn run(program: &Program, name: &str, n: i64, fuel: u64) -> Outcome {
    let limits = Limits { fuel, deadline: None, ..Limits::default() };
    let func = program.func_untyped(name).unwrap_or_else(|e| panic!("{e}")).with_limits(&limits);
    func.run(&[Value::Int(n)]).unwrap_or_else(|e| panic!("{e}"))
}

fn same(a: &Outcome, b: &Outcome) -> bool {
    format!("{a:?}") == format!("{b:?}")
}

fn machine_parts(program: &Program) -> usize {
    program.tiers().iter().filter(|block| block.tier == BlockTier::Machine).count()
}

#[test]
fn every_mode_and_threshold_gives_the_same() {
    let never = load(TierOptions { mode: TierMode::Never, ..TierOptions::default() }, LOOPS);
    for mode in [TierMode::Always, TierMode::Blocking, TierMode::Background] {
        for (threshold, slice) in [(Some(0), Some(1)), (Some(1), Some(64)), (None, None)] {
            let options = TierOptions { mode, threshold, slice, ..TierOptions::default() };
            let program = load(options, LOOPS);
            for (name, n) in [("work", 300), ("once", 3000)] {
                let whole = run(&never, name, n, u64::MAX);
                for fuel in (0..40).map(|i| whole.executed_nodes * i / 39).chain([1, 17, 4000, u64::MAX]) {
                    let (a, b) = (run(&never, name, n, fuel), run(&program, name, n, fuel));
                    assert!(same(&a, &b), "{mode:?} {threshold:?} {name} at {fuel}:\n{a:?}\n{b:?}");
                }
            }
        }
    }
    assert_eq!(machine_parts(&never), 0);
}

#[test]
fn a_loop_entered_once_gets_machine_code_while_it_runs() {
    let program = load(TierOptions { mode: TierMode::Blocking, ..TierOptions::default() }, LOOPS);
    run(&program, "once", 1_000_000, u64::MAX);
    let blocks = program.tiers();
    let once: Vec<_> = blocks.iter().filter(|b| b.name.as_deref() == Some("once")).collect();
    assert_eq!(once.len(), 2);
    assert_eq!((once[0].tier, once[1].tier), (BlockTier::Closures, BlockTier::Machine));
    assert!(once[1].machine_units > once[1].units, "most of it ran there: {:?}", once[1]);
    assert!(once[1].compile_time.is_some() && once[1].code_bytes > 0);
    // A function that is entered again and again gets code from its beginning, too.
    for _ in 0..200 {
        run(&program, "once", 10_000, u64::MAX);
    }
    let blocks = program.tiers();
    let body = blocks.iter().find(|b| b.name.as_deref() == Some("once") && b.loop_at.is_none());
    assert!(body.is_some_and(|b| b.tier == BlockTier::Machine), "{blocks:#?}");
}

#[test]
fn short_runs_in_great_number_get_machine_code() {
    let program = load(TierOptions { mode: TierMode::Blocking, ..TierOptions::default() }, LOOPS);
    for _ in 0..20_000 {
        run(&program, "once", 10, u64::MAX);
    }
    assert!(machine_parts(&program) > 0, "{:#?}", program.tiers());
}

#[test]
fn what_is_over_before_machine_code_is_entered_stays_in_closures() {
    let source = "pub fn next(x: i64) -> i64 { return x + 1; }";
    let program = load(TierOptions { mode: TierMode::Blocking, ..TierOptions::default() }, source);
    let next = program.func::<i64, i64>("next").unwrap_or_else(|e| panic!("{e}"));
    for x in 0..500_000 {
        assert_eq!(next.call(x).ok(), Some(x + 1));
    }
    assert_eq!(machine_parts(&program), 0, "{:?}", program.tiers());
}

#[test]
fn tenants_have_shares_of_their_own() {
    let engine = engine(TierOptions { mode: TierMode::Always, ..TierOptions::default() });
    let (poor, rich) = (Tenant::new(0, 1), Tenant::new(1 << 20, 8));
    let load = |tenant: &Tenant, source: &str| {
        engine.loader().tenant(tenant).load_text(source).unwrap_or_else(|e| panic!("{e}"))
    };
    let refused = load(&poor, "pub fn f(x: i64) -> i64 { return x + 1; }");
    assert_eq!(machine_parts(&refused), 0);
    let why = refused.tiers()[0].refused.clone().unwrap_or_default();
    assert!(why.contains("budget of 0 bytes"), "{why}");
    assert_eq!(run(&refused, "f", 41, 100).result.map(|v| v[0].to_string()), Ok("42".to_owned()));
    let granted = load(&rich, "pub fn g(x: i64) -> i64 { return x + 2; }");
    assert_eq!(machine_parts(&granted), 1);
    assert_eq!((poor.code_bytes(), rich.code_bytes() % 4096), (0, 0));
    assert!(rich.code_bytes() > 0);
    drop(granted);
    assert_eq!((rich.code_bytes(), rich.pending()), (0, 0), "code goes with its last user");
}

#[test]
fn a_host_that_panics_in_machine_code_is_contained() {
    let engine = Engine::builder()
        .import("ask", |x: i64| -> i64 {
            if x == 3 { panic!("no") } else { x }
        })
        .tiers(TierOptions { mode: TierMode::Always, ..TierOptions::default() })
        .build();
    let source = "
        extern \"host\" { fn ask(x: i64) -> i64; }
        pub fn f(n: i64) -> i64 { let mut s = 0; for i in 0..n { let r = ask(i); s += r; } return s; }";
    let program = engine.loader().grant_all().load_text(source).unwrap_or_else(|e| panic!("{e}"));
    assert!(machine_parts(&program) > 0);
    let f = program.func::<(i64,), i64>("f").unwrap_or_else(|e| panic!("{e}"));
    assert!(matches!(f.call((3,)), Ok(3)));
    let error = f.call((9,)).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.contains("panicked: no"), "{error}");
    assert!(matches!(f.call((2,)), Ok(1)), "fit for the next call");
}

#[test]
fn refusals_say_why() {
    let mut source = String::from("pub fn f(x: i64) -> i64 {\n let mut y = x;\n");
    for i in 0..20_000 {
        source.push_str(&format!("y = y ^ {i};\n"));
    }
    source.push_str("return y; }");
    let program = load(TierOptions { mode: TierMode::Always, ..TierOptions::default() }, &source);
    let block = &program.tiers()[0];
    assert_eq!(block.tier, BlockTier::Closures);
    assert!(block.refused.as_deref().is_some_and(|why| why.contains("too large")), "{block:?}");
    assert!(run(&program, "f", 1, u64::MAX).result.is_ok());
}
