//! Spans of the feature `tracing`.
#![cfg(all(feature = "tracing", feature = "text"))]

use nda_sandbox::{Engine, Limits};
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Writes down spans and their fields up to a level.
struct Notes(Level, Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // A hash is long, and what it is belongs elsewhere.
        if field.name() != "hash" {
            write!(self.0, " {}={value:?}", field.name()).unwrap();
        }
    }
}

impl Notes {
    fn note(&self, write: impl FnOnce(&mut String)) {
        write(&mut self.1.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Subscriber for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.0
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.note(|text| {
            text.push_str(span.metadata().name());
            span.record(&mut Fields(text));
            text.push('\n');
        });
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.note(|text| {
            values.record(&mut Fields(text));
            text.push('\n');
        });
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn notes(level: Level) -> String {
    let text = Arc::default();
    tracing::subscriber::with_default(Notes(level, Arc::clone(&text)), || {
        let source = "fn f(x: i64) -> i64 { return 10 / x; }";
        let program = Engine::new().load_text(source, &Limits::default()).unwrap();
        let f = program.func::<i64, i64>("f").unwrap();
        assert_eq!(f.call(5).unwrap(), 2);
        assert!(f.call(0).is_err());
        assert_eq!(f.untyped().call(&[nda_sandbox::Value::Int(2)]).unwrap()[0].to_string(), "5");
    });
    let text = text.lock().unwrap_or_else(PoisonError::into_inner);
    text.clone()
}

#[test]
fn load_compile_and_run_have_spans() {
    assert_eq!(
        notes(Level::TRACE),
        "nda.load bytes=38\n objects=1\nnda.compile\n compiled=1\n shared=0\n\
         nda.run function=\"f\"\n executed_nodes=5\n\
         nda.run function=\"f\"\n executed_nodes=5\n trap=\"DivideByZero\"\n\
         nda.run function=\"f\"\n executed_nodes=5\n"
    );
    assert_eq!(notes(Level::DEBUG), "nda.load bytes=38\n objects=1\nnda.compile\n compiled=1\n shared=0\n");
    assert_eq!(notes(Level::INFO), "");
}
