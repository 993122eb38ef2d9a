//! Arguments for entry points, and hosts that answer by a script.

use super::Entropy;
use nda_ast::{Body, Constant, Elem, Param, Type, ValidProgram};
use nda_runtime::{Buf, BufData, HostError, Link, Mat, Value};

impl Entropy<'_> {
    /// A value of this type, mostly moderate, sometimes all edges.
    ///
    /// # Panics
    /// Never: what it makes is within its type.
    pub fn value(&mut self, ty: Type) -> Value {
        match ty {
            Type::Int => Value::Int(self.int()),
            Type::Float => Value::Float(self.float()),
            Type::Bool => Value::Bool(self.chance(50)),
            Type::Vec { n } => {
                let tame = self.chance(80);
                Value::Vec32(self.f32s(n, tame))
            }
            Type::Buf { elem, cap } => {
                let len = self.length(cap);
                let bytes = self.elements(elem, len);
                let ints =
                    || bytes.chunks_exact(8).map(|c| i64::from_le_bytes(c.try_into().unwrap_or_default()));
                let data = match elem {
                    Elem::U8 => BufData::U8(bytes),
                    Elem::Int => BufData::Int(ints().collect()),
                    Elem::Float => BufData::Float(ints().map(|x| f64::from_bits(x as u64)).collect()),
                };
                Value::Buf(Buf::new(data, cap).expect("at most the capacity"))
            }
            Type::Mat { rows, cols } => {
                let Constant::Matrix(m) = self.mat_constant(rows, cols) else { unreachable!("a matrix") };
                Value::Mat(Mat::new(m).expect("canonical planes"))
            }
        }
    }

    /// A value for each parameter.
    pub fn arguments(&mut self, params: &[Param]) -> Vec<Value> {
        params.iter().map(|p| self.value(p.ty)).collect()
    }
}

/// Grants every import of the program. What a host function answers depends on `seed`, its name and its arguments
/// alone, so that every tier sees the same host; one call in 64 fails.
#[must_use]
pub fn scripted_host(program: &ValidProgram, seed: u64) -> Link {
    let mut link = Link::new();
    for object in program.program().objects() {
        let Body::Import(import) = object.body() else { continue };
        let params: Vec<Type> = import.params.iter().map(|p| p.ty).collect();
        let results = import.results.clone();
        let salt = digest(seed, import.name.as_bytes());
        link.grant(import.name.clone(), params, import.results.clone(), move |args: &[Value]| {
            let mut entropy = Entropy::new(digest(salt, crate::notation::write_all(args).as_bytes()));
            if entropy.below(64) == 0 {
                return Err(HostError { code: entropy.int() });
            }
            Ok(results.iter().map(|ty| entropy.value(*ty)).collect())
        });
    }
    link
}

/// FNV-1a: a number that every byte changes.
fn digest(seed: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(seed ^ 0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3))
}
