//! The examples in tier 0.

use crate::cases::{Case, FromJson, Ran, bytes, examples};
use crate::sensors;
use nda_ast::text::{Loader, Tensor, TensorData, compile_with};
use nda_ast::{Elem, Hash, Limits, Type, ValidProgram};
use nda_prelude::Value as Plain;
use nda_runtime::{Buf, BufData, HostError, Link, Loaded, Run, RunLimits, RunState, Tier, Tier0, Value};
use serde_json::Value as Json;
use std::path::PathBuf;
use std::sync::Arc;

/// Tensors of safetensors files beside the text.
struct Files(PathBuf);

impl Loader for Files {
    fn load(&mut self, file: &str, tensor: &str) -> Result<Tensor, String> {
        let bytes = std::fs::read(self.0.join(file)).map_err(|e| e.to_string())?;
        let file = safetensors::SafeTensors::deserialize(&bytes).map_err(|e| e.to_string())?;
        let view = file.tensor(tensor).map_err(|e| e.to_string())?;
        let data = view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        Ok(Tensor { shape: view.shape().to_vec(), data: TensorData::F32(data) })
    }
}

pub fn source(path: &str) -> String {
    std::fs::read_to_string(examples().join(format!("{path}.nda"))).expect("an example")
}

/// Compiles a text as if it lay at `path`.
pub fn compile(path: &str, source: &str) -> ValidProgram {
    let dir = examples().join(path).parent().expect("a directory").to_owned();
    match compile_with(source, &mut Files(dir), true, &Limits::default()) {
        Ok(program) => program,
        Err(e) => panic!("{path}: {e}\n{source}"),
    }
}

pub fn hashes(program: &ValidProgram) -> Vec<Hash> {
    let program = program.program();
    let objects = program.objects().iter().map(|o| o.hash());
    objects.chain(program.entries().iter().map(|&e| program.objects()[e as usize].hash())).collect()
}

pub struct Example(Loaded);

impl Example {
    pub fn load(path: &str) -> Example {
        let program = Arc::new(compile(path, &source(path)));
        Example(Loaded::new(program, &link()).expect("all imports granted"))
    }

    fn run(&self, function: &str, args: &dyn Fn(&[Type]) -> Vec<Value>) -> nda_runtime::Outcome {
        let program = self.0.program().program();
        let entry = program.entry(function).unwrap_or_else(|| panic!("no entry point {function}"));
        let valid = self.0.program().function(entry).expect("a function");
        let types: Vec<Type> = valid.function().params().iter().map(|p| p.ty).collect();
        let args = args(&types);
        let run = Run { program: &self.0, entry, args: &args, limits: &RunLimits::default() };
        Tier0.run(run, &mut RunState::new()).expect("the arguments fit")
    }

    pub fn call(&self, case: &Case) -> Ran {
        let args = |types: &[Type]| {
            assert_eq!(types.len(), case.args().len(), "{}", case.function());
            types.iter().zip(case.args()).map(|(ty, arg)| value(*ty, arg)).collect()
        };
        let outcome = self.run(case.function(), &args);
        let result = match outcome.result {
            Ok(returned) => Ok(returned.results.iter().chain(&returned.inout).map(plain).collect()),
            Err(trap) => {
                let operands = trap.kind.operands().into_iter().map(|(_, n)| n).collect();
                Err((trap.code().as_str().to_owned(), operands))
            }
        };
        Ran { result, log: outcome.log.iter().map(plain).collect() }
    }

    pub fn classify(&self, image: &[f32]) -> i64 {
        let outcome = self.exactly("classify", image);
        match outcome.result.expect("classify").results.remove(0) {
            Value::Int(digit) => digit,
            other => panic!("a digit is {other}"),
        }
    }

    /// Runs a function of one image, whose certificate is exact and says how many nodes the run executes.
    fn exactly(&self, function: &str, image: &[f32]) -> nda_runtime::Outcome {
        let outcome = self.run(function, &|_| vec![Value::Vec32(image.to_vec())]);
        let program = self.0.program();
        let entry = program.program().entry(function).expect("an entry point");
        let certificate = program.function(entry).expect("a function").certificate();
        assert!(certificate.exact, "{function}");
        assert_eq!(certificate.max.get(), Some(outcome.executed_nodes.into()), "{function}");
        outcome
    }

    pub fn logits(&self, image: &[f32]) -> Vec<f32> {
        let outcome = self.exactly("logits", image);
        match outcome.result.expect("logits").results.remove(0) {
            Value::Vec32(logits) => logits,
            other => panic!("logits are {other}"),
        }
    }
}

fn link() -> Link {
    let readings = Type::Buf { elem: Elem::Float, cap: 16 };
    let mut link = Link::new();
    link.grant("now", [], [Type::Int], |_: &[Value]| Ok(vec![Value::Int(sensors::NOW)]));
    link.grant("read", [Type::Int, Type::Int], [readings], |args: &[Value]| match args {
        [Value::Int(sensor), Value::Int(since)] => {
            let data = sensors::readings(*sensor, *since).map_err(|code| HostError { code })?;
            Ok(vec![Value::Buf(Buf::new(data.to_vec(), 16).expect("capacity"))])
        }
        other => panic!("read of {other:?}"),
    });
    link.grant("set_fan", [Type::Bool], [Type::Bool], |_: &[Value]| {
        Ok(vec![Value::Bool(sensors::FAN_WAS_ON)])
    });
    link
}

fn value(ty: Type, json: &Json) -> Value {
    let floats = || json.as_array().expect("list").iter().map(f64::from_json).collect::<Vec<f64>>();
    match ty {
        Type::Int => Value::Int(i64::from_json(json)),
        Type::Float => Value::Float(f64::from_json(json)),
        Type::Bool => Value::Bool(bool::from_json(json)),
        Type::Vec { .. } => Value::Vec32(floats().into_iter().map(|x| x as f32).collect()),
        Type::Buf { elem: Elem::U8, cap } => Value::Buf(Buf::new(bytes(json), cap).expect("capacity")),
        Type::Buf { elem: Elem::Float, cap } => Value::Buf(Buf::new(floats(), cap).expect("capacity")),
        Type::Buf { elem: Elem::Int, cap } => {
            let ints: Vec<i64> = json.as_array().expect("list").iter().map(i64::from_json).collect();
            Value::Buf(Buf::new(ints, cap).expect("capacity"))
        }
        Type::Mat { .. } => panic!("cases have no matrices"),
    }
}

fn plain(value: &Value) -> Plain {
    match value {
        Value::Int(x) => Plain::Int(*x),
        Value::Float(x) => Plain::Float(*x),
        Value::Bool(x) => Plain::Bool(*x),
        Value::Vec32(x) => Plain::Vec(x.clone()),
        Value::Buf(buf) => match buf.data() {
            BufData::U8(x) => Plain::Bytes(x.clone()),
            BufData::Int(x) => Plain::Ints(x.clone()),
            BufData::Float(x) => Plain::Floats(x.clone()),
        },
        Value::Mat(_) => panic!("a result is no matrix"),
    }
}
