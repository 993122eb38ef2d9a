//! What is measured: programs with inputs.

use nda_ast::{Limits, Type, ValidProgram};
use nda_runtime::{Link, Value};
use std::fmt;
use std::sync::Arc;

/// A program, an entry point and the inputs of one timed run.
pub struct Subject {
    /// Its name in tables and JSON.
    pub name: String,
    /// The program file.
    pub bytes: Vec<u8>,
    /// The same, valid.
    pub program: Arc<ValidProgram>,
    /// Object index of the entry point.
    pub entry: u32,
    /// Arguments of each run; a timed run takes them all, one after the other.
    pub inputs: Vec<Vec<Value>>,
    /// What the host grants.
    pub link: Link,
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({}, {} inputs)", self.name, self.inputs.len())
    }
}

impl Subject {
    /// A subject from a program file; `entry` names the entry point.
    ///
    /// # Errors
    /// Where the program is not valid under the default limits, or has no such entry point.
    pub fn new(name: &str, bytes: Vec<u8>, entry: &str, inputs: Vec<Vec<Value>>) -> Result<Subject, String> {
        let program = nda_ast::load(bytes.clone(), &Limits::default()).map_err(|e| format!("{name}: {e}"))?;
        let index =
            program.program().entry(entry).ok_or_else(|| format!("{name}: no entry point `{entry}`"))?;
        Ok(Subject {
            name: name.into(),
            bytes,
            program: Arc::new(program),
            entry: index,
            inputs,
            link: Link::new(),
        })
    }

    /// What the host grants.
    #[must_use]
    pub fn link(&self) -> Link {
        self.link.clone()
    }

    /// Whether it works on buffers or vectors, and not only on scalars that a compiler keeps in registers.
    #[must_use]
    pub fn uses_memory(&self) -> bool {
        let program = self.program.program();
        let functions = (0..program.objects().len() as u32).filter_map(|i| self.program.function(i));
        functions.flat_map(|f| f.slots()).any(|slot| matches!(slot.ty, Type::Buf { .. } | Type::Vec { .. }))
    }

    /// Nodes of all functions.
    #[must_use]
    pub fn nodes(&self) -> u64 {
        nodes(&self.program)
    }
}

/// Nodes of all functions of a program.
#[must_use]
pub fn nodes(program: &ValidProgram) -> u64 {
    let objects = 0..program.program().objects().len() as u32;
    objects.filter_map(|i| program.function(i)).map(|f| f.function().nodes().len() as u64).sum()
}

/// A program that is seen once.
#[derive(Clone, Debug)]
pub struct ColdProgram {
    /// The program file, with one entry point.
    pub bytes: Vec<u8>,
    /// The arguments of its run.
    pub args: Vec<Value>,
    /// The same for engines of expressions: `+`, `-`, `*`, parentheses, float literals with a point and the variable `x`, which
    /// is the only argument; every operation stands in parentheses of its own. None where the program is more than that.
    pub expression: Option<String>,
}
