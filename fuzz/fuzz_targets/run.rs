//! Any valid program, made by the generator from the fuzzer's bytes, run under little fuel: the same outcome twice, never
//! above fuel or certificate, and where the certificate is exact, equal to it. Tier 1 agrees with tier 0 to the bit at several
//! limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nda_ast::{Limits, load};
use nda_closure_jit::Tier1;
use nda_runtime::{Loaded, Run, RunLimits, RunState, Tier, Tier0};
use nda_testkit::compare::{compare, fuel_limits};
use nda_testkit::generate::{Config, Entropy, generate, scripted_host};
use nda_testkit::subject::Subject;
use std::sync::Arc;

fuzz_target!(|data: &[u8]| {
    let mut entropy = Entropy::from_bytes(data);
    let config = Config::drawn(&mut entropy);
    let generated = generate(&mut entropy, &config);
    let valid =
        Arc::new(load(generated.bytes, &Limits::default()).expect("every generated program is valid"));
    let loaded = Loaded::new(valid.clone(), &scripted_host(&valid, 1)).expect("every import is granted");
    let mut subject = Subject { loaded, entry: 0 };
    for (entry, function) in valid.entries() {
        let args = entropy.arguments(function.function().params());
        let limits = RunLimits { fuel: entropy.pick(&[100_000, 1000, 100]), ..RunLimits::default() };
        subject.entry = entry;
        let run = Run { program: &subject.loaded, entry, args: &args, limits: &limits };
        let first = Tier0.run(run, &mut RunState::new()).expect("arguments fit");
        let mut state = RunState::new();
        assert!(first.same_bits(&Tier0.run(run, &mut state).expect("arguments fit")), "two runs differ");
        assert!(first.same_bits(&Tier0.run(run, &mut state).expect("arguments fit")), "a used state differs");
        assert!(first.executed_nodes <= limits.fuel, "above the fuel");
        let certificate = function.certificate();
        if let Some(max) = certificate.max.get() {
            let executed = u128::from(first.executed_nodes);
            assert!(executed <= max, "above the certificate");
            assert!(
                !certificate.exact || first.result.is_err() || executed == max,
                "an exact certificate is not"
            );
        }
        let mut fuels = fuel_limits(&mut entropy, first.executed_nodes, 2);
        fuels.iter_mut().for_each(|fuel| *fuel = (*fuel).min(limits.fuel));
        compare(&Tier0, &Tier1, &subject, &args, &fuels).unwrap_or_else(|e| panic!("{e}"));
    }
});
