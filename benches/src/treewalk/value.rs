//! Values of the tree-walk, each with its type at run time.

use nda_ast::Elem;
use nda_runtime::{Buf, BufData, TrapKind, Value, scalar};
use std::rc::Rc;

/// A value. Buffers are shared until someone writes to them.
#[derive(Clone, Debug)]
pub enum Val {
    Int(i64),
    Float(f64),
    Bool(bool),
    Buf(Rc<Elements>),
}

/// A buffer.
#[derive(Clone, Debug)]
pub struct Elements {
    pub data: BufData,
    pub cap: u32,
}

impl Val {
    pub fn of(value: &Value) -> Result<Val, String> {
        Ok(match value {
            Value::Int(x) => Val::Int(*x),
            Value::Float(x) => Val::Float(*x),
            Value::Bool(x) => Val::Bool(*x),
            Value::Buf(b) => Val::Buf(Rc::new(Elements { data: b.data().clone(), cap: b.cap() })),
            other => return Err(format!("has no values of type {}", other.ty())),
        })
    }

    pub fn value(&self) -> Value {
        match self {
            Val::Int(x) => Value::Int(*x),
            Val::Float(x) => Value::Float(*x),
            Val::Bool(x) => Value::Bool(*x),
            Val::Buf(b) => Buf::new(b.data.clone(), b.cap).map_or(Value::Bool(false), Value::Buf),
        }
    }

    // A valid program has no value of another type where these are asked; a default stands for what cannot be.

    pub fn int(&self) -> i64 {
        if let Val::Int(x) = self { *x } else { 0 }
    }

    pub fn float(&self) -> f64 {
        if let Val::Float(x) = self { *x } else { 0.0 }
    }

    pub fn bool(&self) -> bool {
        matches!(self, Val::Bool(true))
    }
}

impl Elements {
    pub fn full(elem: Elem, cap: u32, value: &Val) -> Elements {
        let n = cap as usize;
        let data = match elem {
            Elem::U8 => BufData::U8(vec![value.int() as u8; n]),
            Elem::Int => BufData::Int(vec![value.int(); n]),
            Elem::Float => BufData::Float(vec![value.float(); n]),
        };
        Elements { data, cap }
    }

    pub fn get(&self, index: i64) -> Result<Val, TrapKind> {
        let at = scalar::index(index, self.data.len() as u64)?;
        Ok(match &self.data {
            BufData::U8(data) => Val::Int(data[at].into()),
            BufData::Int(data) => Val::Int(data[at]),
            BufData::Float(data) => Val::Float(data[at]),
        })
    }

    pub fn set(&mut self, index: i64, value: &Val) -> Result<(), TrapKind> {
        let at = scalar::index(index, self.data.len() as u64)?;
        match &mut self.data {
            BufData::U8(data) => data[at] = value.int() as u8,
            BufData::Int(data) => data[at] = value.int(),
            BufData::Float(data) => data[at] = value.float(),
        }
        Ok(())
    }

    pub fn push(&mut self, value: &Val) -> Result<(), TrapKind> {
        if self.data.len() == self.cap as usize {
            return Err(TrapKind::CapacityExceeded { capacity: self.cap.into() });
        }
        match &mut self.data {
            BufData::U8(data) => data.push(value.int() as u8),
            BufData::Int(data) => data.push(value.int()),
            BufData::Float(data) => data.push(value.float()),
        }
        Ok(())
    }

    pub fn truncate(&mut self, len: i64) -> Result<(), TrapKind> {
        let len = scalar::range_start(len, 0, self.data.len() as u64)?;
        match &mut self.data {
            BufData::U8(data) => data.truncate(len),
            BufData::Int(data) => data.truncate(len),
            BufData::Float(data) => data.truncate(len),
        }
        Ok(())
    }
}
