//! Host functions: what the host grants, and how a program's imports find it.

use crate::fpenv::IeeeGuard;
use crate::unit::VectorUnit;
use crate::{Record, RunError, Stop, Value};
use nda_ast::{Hash, Import, Param, Type};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A failure that a host function reports to the program: the run traps with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostError {
    /// Operand of the trap.
    pub code: i64,
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "host function failed with code {}", self.code)
    }
}

impl std::error::Error for HostError {}

/// A function of the host. Closures are host functions.
///
/// It runs on the thread of the run, in the floating-point environment that the thread had before. It may panic: the
/// panic passes through the interpreter, whose [`RunState`](crate::RunState) holds plain numbers only and is fit for
/// the next run afterwards; the caller catches it (the sandbox does) and must report it as an internal error, since a
/// host panic is never a program's outcome.
pub trait HostFn: Send + Sync {
    /// Answers a call. The arguments have the types of the signature it was granted with; NaNs of a `vec` are
    /// canonical.
    ///
    /// # Errors
    /// A [`HostError`] traps the run with `Host { code }`.
    fn call(&self, args: &[Value]) -> Result<Vec<Value>, HostError>;
}

impl<F> HostFn for F
where
    F: Fn(&[Value]) -> Result<Vec<Value>, HostError> + Send + Sync,
{
    fn call(&self, args: &[Value]) -> Result<Vec<Value>, HostError> {
        self(args)
    }
}

#[derive(Clone)]
struct Grant {
    params: Vec<Type>,
    results: Vec<Type>,
    function: Arc<dyn HostFn>,
}

/// The host functions that programs may import, by name.
///
/// ```
/// use nda_ast::Type;
/// use nda_runtime::{Link, Value};
/// let mut link = Link::new();
/// link.grant("double", [Type::Int], [Type::Int], |args: &[Value]| match args {
///     [Value::Int(x)] => Ok(vec![Value::Int(x.wrapping_mul(2))]),
///     _ => unreachable!("arguments have the granted types"),
/// });
/// assert_eq!(link.names().collect::<Vec<_>>(), ["double"]);
/// ```
#[derive(Clone, Default)]
pub struct Link {
    grants: BTreeMap<String, Grant>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// An import that the host does not grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError {
    /// Hash of the import.
    pub import: Hash,
    /// Index of the import among the program's objects.
    pub object: u32,
    /// Its name.
    pub name: String,
    /// Signature that the program asks for.
    pub expected: String,
    /// Signature that the host grants; `None` where it grants nothing of this name.
    pub found: Option<String>,
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            None => write!(f, "the program imports `{}`: grant `{}`", self.name, self.expected),
            Some(found) => {
                write!(
                    f,
                    "the program imports `{}`, but the host grants `{found}`: make them equal",
                    self.expected
                )
            }
        }
    }
}

impl std::error::Error for LinkError {}

impl Link {
    /// One that grants nothing.
    #[must_use]
    pub fn new() -> Link {
        Link::default()
    }

    /// Grants `function` under `name` with this signature, in the place of an earlier grant of that name.
    pub fn grant(
        &mut self,
        name: impl Into<String>,
        params: impl Into<Vec<Type>>,
        results: impl Into<Vec<Type>>,
        function: impl HostFn + 'static,
    ) {
        let grant = Grant { params: params.into(), results: results.into(), function: Arc::new(function) };
        self.grants.insert(name.into(), grant);
    }

    /// The granted names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.grants.keys().map(String::as_str)
    }

    /// The function for an import.
    ///
    /// # Errors
    /// Where none of its name and signature is granted.
    pub fn resolve(&self, object: u32, hash: Hash, import: &Import) -> Result<Arc<dyn HostFn>, LinkError> {
        let grant = self.grants.get(&import.name);
        if let Some(grant) = grant
            && import.params.iter().map(|p| p.ty).eq(grant.params.iter().copied())
            && import.results == grant.results
        {
            return Ok(grant.function.clone());
        }
        let params = |types: &[Type]| types.iter().map(|ty| Param::new(*ty)).collect::<Vec<_>>();
        Err(LinkError {
            import: hash,
            object,
            name: import.name.clone(),
            expected: signature(&import.name, &import.params, &import.results),
            found: grant.map(|g| signature(&import.name, &params(&g.params), &g.results)),
        })
    }
}

fn signature(name: &str, params: &[Param], results: &[Type]) -> String {
    let list = |items: Vec<String>| items.join(", ");
    let params = list(params.iter().map(ToString::to_string).collect());
    match results {
        [] => format!("fn {name}({params})"),
        [one] => format!("fn {name}({params}) -> {one}"),
        many => format!("fn {name}({params}) -> ({})", list(many.iter().map(ToString::to_string).collect())),
    }
}

/// Asks host function `host` of the program with the arguments in `words`: charges them, calls it, charges the
/// reply. Gives the results, which the transcript keeps.
pub(crate) fn ask<'r>(
    unit: &mut VectorUnit<'_>,
    record: &'r mut Record,
    env: &IeeeGuard,
    host: u32,
    words: &[u64],
) -> Result<&'r [Value], Stop> {
    let (object, hash, import, function) = unit.program.host(host);
    // It may take any time, so that the clock must run.
    unit.watch.start()?;
    let typed = || import.params.iter().map(|p| p.ty).zip(words.iter().copied());
    let sources = unit.memory.sources();
    // The call itself is an entry without payload, so that calls without arguments are bounded too.
    let payloads = typed().map(|(ty, word)| sources.payload(ty, word));
    record.charge(std::iter::once(0).chain(payloads))?;
    record.begin_call(hash, object, typed().map(|(ty, word)| sources.value(ty, word)).collect());
    let args = record.call_args();
    let reply = env.outside(|| function.call(args));
    unit.watch.look_soon();
    if let Ok(results) = &reply
        && !results.iter().map(Value::ty).eq(import.results.iter().copied())
    {
        return Err(Stop::Host(RunError::HostResults {
            import: import.name.clone(),
            expected: import.results.clone(),
            found: results.iter().map(Value::ty).collect(),
        }));
    }
    Ok(record.end_call(reply.map_err(|error| error.code))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import() -> Import {
        let params = vec![Param::new(Type::Vec { n: 2 })];
        Import { name: "f".into(), params, results: vec![Type::Int], work: 0 }
    }

    fn answer(_: &[Value]) -> Result<Vec<Value>, HostError> {
        Ok(vec![Value::Int(42)])
    }

    #[test]
    fn resolves_by_name_and_signature() {
        let mut link = Link::new();
        let hash = Hash::from([1; 32]);
        let missing = link.resolve(3, hash, &import()).err().unwrap();
        assert_eq!(missing.to_string(), "the program imports `f`: grant `fn f(&Vec32<2>) -> i64`");
        link.grant("f", [Type::Vec { n: 3 }], [Type::Int], answer);
        let other = link.resolve(3, hash, &import()).err().unwrap();
        assert_eq!(other.found.as_deref(), Some("fn f(&Vec32<3>) -> i64"));
        link.grant("f", [Type::Vec { n: 2 }], [Type::Int], answer);
        let granted = link.resolve(3, hash, &import()).unwrap();
        assert!(granted.call(&[]).unwrap()[0].same_bits(&Value::Int(42)));
    }
}
