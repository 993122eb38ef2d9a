//! Spans of load, compile and run, for the subscribers of the crate `tracing`. Without the feature `tracing` nothing of them is
//! there; with it, a span that no subscriber has asked for costs a load and a comparison.

/// A span, until it is dropped.
pub(crate) struct Span {
    #[cfg(feature = "tracing")]
    entered: tracing::span::EnteredSpan,
}

#[cfg(feature = "tracing")]
mod live {
    use super::Span;
    use crate::Func;
    use nda_ast::ValidProgram;
    use tracing::field::Empty;

    impl Span {
        /// Loading a program file, or a text, of so many bytes.
        pub(crate) fn load(bytes: usize) -> Span {
            let span = tracing::debug_span!("nda.load", bytes, objects = Empty);
            Span { entered: span.entered() }
        }

        /// What is being loaded has been decoded and validated.
        pub(crate) fn valid(&self, program: &ValidProgram) {
            self.entered.record("objects", program.program().objects().len());
        }

        /// Compiling the functions of a program.
        pub(crate) fn compile() -> Span {
            let span = tracing::debug_span!("nda.compile", compiled = Empty, shared = Empty);
            Span { entered: span.entered() }
        }

        /// So many were compiled, so many found.
        pub(crate) fn compiled(&self, compiled: u64, shared: u64) {
            self.entered.record("compiled", compiled).record("shared", shared);
        }

        /// A run.
        #[inline]
        pub(crate) fn run(func: &Func) -> Span {
            let span = tracing::trace_span!(
                "nda.run",
                function = func.entry().name(),
                hash = display(func.entry().function().hash()),
                executed_nodes = Empty,
                trap = Empty,
            );
            Span { entered: span.entered() }
        }

        /// How it ended.
        #[inline]
        pub(crate) fn ran<T>(&self, executed_nodes: u64, result: &Result<T, nda_runtime::Trap>) {
            if self.entered.is_disabled() {
                return;
            }
            self.entered.record("executed_nodes", executed_nodes);
            if let Err(trap) = result {
                self.entered.record("trap", trap.code().as_str());
            }
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod none {
    use super::Span;
    use crate::Func;
    use nda_ast::ValidProgram;

    impl Span {
        #[inline(always)]
        pub(crate) fn load(_: usize) -> Span {
            Span {}
        }

        #[inline(always)]
        pub(crate) fn valid(&self, _: &ValidProgram) {}

        #[inline(always)]
        pub(crate) fn compile() -> Span {
            Span {}
        }

        #[inline(always)]
        pub(crate) fn compiled(&self, _: u64, _: u64) {}

        #[inline(always)]
        pub(crate) fn run(_: &Func) -> Span {
            Span {}
        }

        #[inline(always)]
        pub(crate) fn ran<T>(&self, _: u64, _: &Result<T, nda_runtime::Trap>) {}
    }
}
