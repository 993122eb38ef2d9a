//! Engines of expressions, in the group `cold` where a program is one: source text to answer, and nothing kept.

use nda_benches::engine::{Answer, Cold, Engine};
use nda_benches::subject::ColdProgram;
use nda_runtime::Value;

/// The sources of the programs with the values of `x`.
fn sources(programs: &[ColdProgram]) -> Result<Vec<(&str, f64)>, String> {
    let source = |program: &'_ ColdProgram| match (program.expression.as_deref(), program.args.as_slice()) {
        (Some(_), [Value::Float(x)]) => Some(*x),
        _ => None,
    };
    let all = programs.iter().map(|p| Some((p.expression.as_deref()?, source(p)?)));
    all.collect::<Option<Vec<_>>>().ok_or_else(|| "expressions only: no loops, no slots".into())
}

fn answer(value: f64) -> Answer {
    Answer { result: Ok(vec![Value::Float(value)]), log: Vec::new(), executed_nodes: None }
}

/// fasteval: parse and evaluate, without its compilation, which pays for many evaluations only.
#[cfg(feature = "fasteval")]
pub struct FastEval;

#[cfg(feature = "fasteval")]
impl Engine for FastEval {
    fn name(&self) -> &str {
        "fasteval"
    }

    fn timed(&self) -> &str {
        "cold: the expression's text parsed and evaluated; parser and slab kept, as its documentation says for speed"
    }

    fn cold<'a>(&'a self, programs: &'a [ColdProgram]) -> Result<Box<dyn Cold + 'a>, String> {
        Ok(Box::new(FastEvalCold {
            sources: sources(programs)?,
            parser: fasteval::Parser::new(),
            slab: fasteval::Slab::new(),
        }))
    }
}

#[cfg(feature = "fasteval")]
struct FastEvalCold<'a> {
    sources: Vec<(&'a str, f64)>,
    parser: fasteval::Parser,
    slab: fasteval::Slab,
}

#[cfg(feature = "fasteval")]
impl Cold for FastEvalCold<'_> {
    fn answer(&mut self, program: usize) -> Result<Answer, String> {
        use fasteval::Evaler;
        let (source, x) = self.sources[program];
        let parsed = self.parser.parse(source, &mut self.slab.ps).map_err(|e| format!("{e:?}"))?;
        let mut names = |name: &str, _: Vec<f64>| (name == "x").then_some(x);
        let value = parsed.from(&self.slab.ps).eval(&self.slab, &mut names).map_err(|e| format!("{e:?}"))?;
        Ok(answer(value))
    }
}

/// The Common Expression Language.
#[cfg(feature = "cel")]
pub struct Cel;

#[cfg(feature = "cel")]
impl Engine for Cel {
    fn name(&self) -> &str {
        "cel"
    }

    fn timed(&self) -> &str {
        "cold: the expression's text compiled and executed in a scope with `x`; the context of its functions kept"
    }

    fn cold<'a>(&'a self, programs: &'a [ColdProgram]) -> Result<Box<dyn Cold + 'a>, String> {
        Ok(Box::new(CelCold { sources: sources(programs)?, context: cel::Context::default() }))
    }
}

#[cfg(feature = "cel")]
struct CelCold<'a> {
    sources: Vec<(&'a str, f64)>,
    context: cel::Context<'a, 'a>,
}

#[cfg(feature = "cel")]
impl Cold for CelCold<'_> {
    fn answer(&mut self, program: usize) -> Result<Answer, String> {
        let (source, x) = self.sources[program];
        let compiled = cel::Program::compile(source).map_err(|e| format!("{e:?}"))?;
        let mut scope = self.context.new_inner_scope();
        scope.add_variable_from_value("x", x);
        match compiled.execute(&scope) {
            Ok(cel::Value::Float(value)) => Ok(answer(value)),
            Ok(other) => Err(format!("{other:?} is no float")),
            Err(error) => Err(format!("{error:?}")),
        }
    }
}
