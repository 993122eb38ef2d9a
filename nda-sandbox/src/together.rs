//! Inputs of one function that go through it together.

use crate::{Func, Outcome, Value, ValueRef};
use nda_ast::Type;
use nda_runtime::batch::{BatchPlan, BatchState};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A function that several inputs can go through at once.
pub(crate) struct Together<'f> {
    func: &'f Func,
    plan: BatchPlan,
    params: Vec<Type>,
}

/// Takes an argument by its number; fails where it does not fit.
pub(crate) type Place<'p> = dyn FnMut(usize, ValueRef<'_>) -> Result<(), ()> + 'p;

impl<'f> Together<'f> {
    /// `None` where inputs have to go one by one.
    pub fn new(func: &'f Func) -> Option<Together<'f>> {
        let plan = BatchPlan::new(func.program().loaded(), func.object())?;
        let params = func.entry().params().iter().map(|p| p.ty).collect();
        Some(Together { func, plan, params })
    }

    /// How many go together, at most.
    pub fn inputs(&self) -> usize {
        self.plan.inputs()
    }

    /// Runs the inputs, whose arguments `args` gives to the function that it is given, and says whether it could. Gives for each
    /// whether it has results.
    pub fn run<A>(
        &self,
        state: &mut BatchState,
        inputs: &[A],
        args: impl Fn(&A, &mut Place<'_>) -> bool,
    ) -> Vec<bool> {
        let program = self.func.program().loaded();
        let run = |state: &mut BatchState| {
            self.plan.prepare(program, inputs.len(), state);
            let place = |(number, input): (usize, &A)| {
                let mut count = 0;
                let fit = args(input, &mut |index, value| {
                    let ty = *self.params.get(index).ok_or(())?;
                    let ValueRef::Vec32(data) = value else { return Err(()) };
                    let to = state.arg_mut(&self.plan, index, number).filter(|_| value.fits(ty)).ok_or(())?;
                    to.copy_from_slice(data);
                    count += 1;
                    Ok(())
                });
                fit && count == self.params.len()
            };
            let mut fit: Vec<bool> = inputs.iter().enumerate().map(place).collect();
            // After an interruption, and without fuel enough, each input has a run of its own, which says what happens to it.
            let done = self.plan.run(program, self.func.run_limits(), state).is_ok();
            for (number, fit) in fit.iter_mut().enumerate() {
                *fit &= done && state.returned(number);
            }
            fit
        };
        // Unwind safety: of what can be reached, only the state changes, and it is replaced. A panic can only come from a fault of this
        // library, and the run of each input will tell of it.
        catch_unwind(AssertUnwindSafe(|| run(state))).unwrap_or_else(|_| {
            *state = BatchState::new();
            vec![false; inputs.len()]
        })
    }

    /// What `read` makes of the results of input `number`, if it has some.
    pub fn result<'s, R>(
        &self,
        state: &'s BatchState,
        fit: &[bool],
        number: usize,
        read: impl FnOnce(&dyn Fn(usize) -> Option<(ValueRef<'s>, Type)>) -> Option<R>,
    ) -> Option<R> {
        fit[number].then_some(())?;
        read(&|index| {
            let (word, ty) = self.plan.result(state, index, number)?;
            Some((ValueRef::of_word(state.sources(), ty, word)?, ty))
        })
    }

    /// The outcomes of inputs that have some.
    pub fn outcomes<A: AsRef<[Value]>>(&self, state: &mut BatchState, inputs: &[A]) -> Vec<Option<Outcome>> {
        let fit = self.run(state, inputs, |args, place| {
            args.as_ref().iter().enumerate().all(|(i, value)| place(i, value.into()).is_ok())
        });
        let outcome = |number| {
            let results = self.result(state, &fit, number, |value| {
                let value = |index| value(index).and_then(|(value, ty)| value.to_value(ty));
                (0..self.plan.results()).map(value).collect::<Option<Vec<Value>>>()
            })?;
            Some(Outcome {
                result: Ok(results),
                log: Vec::new(),
                transcript: Vec::new(),
                log_bytes: 0,
                executed_nodes: self.plan.cost(),
            })
        };
        (0..inputs.len()).map(outcome).collect()
    }
}
