//! One suite for all tiers. A tier takes it by one line in a test file of its own:
//!
//! ```no_run
//! # use nda_runtime::Tier0;
//! nda_testkit::suite!(Tier0);
//! ```
//!
//! Expected values come from case files worked by hand, from the specification's rules, from the frozen vectors and
//! from WebAssembly's official suite, never from another tier; [`compare`](crate::compare) does that.

pub mod build;
pub mod calls;
pub mod cost;
pub mod deep;
pub mod effects;
pub mod flow;
pub mod fuel;
pub mod operations;
pub mod statements;

/// Instantiates the suite for a tier, given as an expression that makes one.
#[macro_export]
macro_rules! suite {
    ($tier:expr) => {
        $crate::suite_tests! { $tier;
            operations: operations_give_what_the_cases_say,
            operations: every_operation_has_its_cases,
            cost: costs_are_those_of_the_table,
            statements: statements_change_slots,
            statements: statements_trap_where_they_stand,
            statements: aggregates_are_values,
            flow: loops_run_and_leave,
            flow: loop_limits_strike_before_the_body,
            flow: selects_are_lazy,
            flow: while_conditions_are_charged_each_time,
            calls: results_and_inout_come_back,
            calls: traps_carry_the_chain_of_calls,
            calls: hosts_are_asked_and_recorded,
            effects: log_holds_what_was_printed,
            effects: log_limit_strikes_before_writing,
            effects: kept_nans_keep_their_bits,
            fuel: fuel_ends_a_run_at_a_block_boundary,
            fuel: generated_programs_at_every_fuel,
            fuel: certificates_hold,
            deep: deepest_nesting_runs_on_a_small_stack,
            deep: a_million_statements_run_on_a_small_stack,
        }

        #[test]
        fn frozen_vectors() {
            $crate::vectors::check(&$tier);
        }

        #[test]
        fn webassembly() {
            $crate::wasm::check(&$tier);
        }
    };
}

/// One test for each function of the suite.
#[doc(hidden)]
#[macro_export]
macro_rules! suite_tests {
    ($tier:expr; $($module:ident: $name:ident,)+) => {$(
        #[test]
        fn $name() {
            $crate::suite::$module::$name(&$tier);
        }
    )+};
}
