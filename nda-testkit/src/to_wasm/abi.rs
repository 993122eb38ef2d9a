//! Values on their way into a module and out of it, whatever the engine.

use nda_ast::{Elem, Op, Param, Type};
use nda_runtime::{Buf, BufData, TrapCode, Value};

/// A WebAssembly value as this module uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// A `bool`, or the address of a buffer.
    I32(i32),
    /// An `int`.
    I64(i64),
    /// The bits of a `float`.
    F64(u64),
}

/// The type of a [`Word`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WordType {
    /// i32
    I32,
    /// i64
    I64,
    /// f64
    F64,
}

impl WordType {
    /// What carries a value of type `ty`: of a buffer, its address.
    #[must_use]
    pub fn of(ty: Type) -> WordType {
        match ty {
            Type::Int => WordType::I64,
            Type::Float => WordType::F64,
            _ => WordType::I32,
        }
    }
}

/// A function that the host gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportKind {
    /// `math`: takes and gives floats as the operation does ([`nda_runtime::scalar`] has them).
    Math(Op),
    /// `print`, `int`, `float` or `bool`: logs the one scalar of this type that it takes.
    Print(Type),
    /// `print`, `buf`: takes address, code of the element type and capacity of a buffer; logs it.
    PrintBuf,
    /// `host`: the program's import with this object index.
    Host(u32),
}

/// An import of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// WebAssembly's module name.
    pub module: &'static str,
    /// WebAssembly's name of the function.
    pub name: String,
    /// What it takes.
    pub params: Vec<WordType>,
    /// What it gives.
    pub results: Vec<WordType>,
    /// What it is to do.
    pub kind: ImportKind,
}

/// A translated program.
#[derive(Clone, Debug)]
pub struct Module {
    /// The binary module.
    pub bytes: Vec<u8>,
    /// Export name of the entry point.
    pub export: String,
    /// What the host must give, in the order of the module's import section.
    pub imports: Vec<Import>,
    /// Bytes of memory that it uses; 0 where there is no memory.
    pub memory: u32,
    pub(super) params: Vec<(Param, u32)>,
    pub(super) results: Vec<(Type, u32)>,
}

/// First byte of the elements of a buffer.
pub(super) const ELEMENTS: u32 = 8;

/// Bytes of a buffer in memory.
pub(super) fn buffer_bytes(elem: Elem, cap: u32) -> u32 {
    ELEMENTS + (elem.size() as u32 * cap).next_multiple_of(8)
}

impl Module {
    /// What the exported function takes for these arguments: scalars, the addresses of the arguments' buffers, the addresses of
    /// the results' buffers.
    #[must_use]
    pub fn words(&self, args: &[Value]) -> Vec<Word> {
        let params = self.params.iter().zip(args).map(|((_, address), arg)| match arg {
            Value::Int(x) => Word::I64(*x),
            Value::Float(x) => Word::F64(x.to_bits()),
            Value::Bool(x) => Word::I32((*x).into()),
            _ => Word::I32(*address as i32),
        });
        let outs = self.results.iter().filter(|(ty, _)| ty.is_aggregate());
        params.chain(outs.map(|(_, address)| Word::I32(*address as i32))).collect()
    }

    /// Types of [`Module::words`].
    #[must_use]
    pub fn word_types(&self) -> Vec<WordType> {
        let params = self.params.iter().map(|(p, _)| WordType::of(p.ty));
        let outs = self.results.iter().filter(|(ty, _)| ty.is_aggregate());
        params.chain(outs.map(|_| WordType::I32)).collect()
    }

    /// Types of the results of the exported function.
    #[must_use]
    pub fn result_types(&self) -> Vec<WordType> {
        self.results.iter().filter(|(ty, _)| ty.is_scalar()).map(|(ty, _)| WordType::of(*ty)).collect()
    }

    /// Writes the buffers among the arguments to memory. To be done before each call: a call changes `inout` buffers.
    ///
    /// # Panics
    /// Where `memory` has less than [`Module::memory`] bytes.
    pub fn write(&self, args: &[Value], memory: &mut [u8]) {
        for ((_, address), arg) in self.params.iter().zip(args) {
            if let Value::Buf(buf) = arg {
                write_buffer(memory, *address, buf.data());
            }
        }
    }

    /// The results, from the words that the exported function gave and the memory after the call.
    ///
    /// # Panics
    /// Where the words are not of [`Module::result_types`], or `memory` is not that of the call.
    #[must_use]
    pub fn results(&self, words: &[Word], memory: &[u8]) -> Vec<Value> {
        let mut words = words.iter();
        let mut value = |(ty, address): &(Type, u32)| match ty {
            Type::Buf { elem, cap } => read_buffer(memory, *address, *elem, *cap),
            _ => words.next().map_or_else(|| panic!("a word for each scalar"), |word| word.value(*ty)),
        };
        self.results.iter().map(&mut value).collect()
    }

    /// The final values of the `inout` parameters, in order.
    ///
    /// # Panics
    /// Where `memory` is not that of the call.
    #[must_use]
    pub fn inout(&self, memory: &[u8]) -> Vec<Value> {
        let inout = self.params.iter().filter(|(p, _)| p.is_inout());
        let value = |(p, address): &(Param, u32)| match p.ty {
            Type::Buf { elem, cap } => read_buffer(memory, *address, elem, cap),
            other => panic!("an inout parameter of type {other}"),
        };
        inout.map(value).collect()
    }
}

impl Word {
    /// As a value of type `ty`, a scalar.
    ///
    /// # Panics
    /// Where the word is not of that type.
    #[must_use]
    pub fn value(self, ty: Type) -> Value {
        match (self, ty) {
            (Word::I64(x), Type::Int) => Value::Int(x),
            (Word::F64(x), Type::Float) => Value::Float(f64::from_bits(x)),
            (Word::I32(x), Type::Bool) => Value::Bool(x != 0),
            _ => panic!("{self:?} as {ty}"),
        }
    }
}

/// Writes a buffer to its address.
///
/// # Panics
/// Where `memory` ends before it.
pub(super) fn write_buffer(memory: &mut [u8], address: u32, data: &BufData) {
    let bytes = &mut memory[address as usize..];
    bytes[..8].copy_from_slice(&(data.len() as u64).to_le_bytes());
    let elements = &mut bytes[ELEMENTS as usize..];
    let words = |elements: &mut [u8], words: &mut dyn Iterator<Item = u64>| {
        elements.chunks_exact_mut(8).zip(words).for_each(|(to, x)| to.copy_from_slice(&x.to_le_bytes()));
    };
    match data {
        BufData::U8(data) => elements[..data.len()].copy_from_slice(data),
        BufData::Int(data) => words(elements, &mut data.iter().map(|x| *x as u64)),
        BufData::Float(data) => words(elements, &mut data.iter().map(|x| x.to_bits())),
    }
}

/// Reads a buffer from its address.
///
/// # Panics
/// Where there is no buffer of that type.
#[must_use]
pub fn read_buffer(memory: &[u8], address: u32, elem: Elem, cap: u32) -> Value {
    let bytes = &memory[address as usize..];
    let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    let len = word(&bytes[..8]) as usize;
    let elements = &bytes[ELEMENTS as usize..][..len * elem.size() as usize];
    let words = || elements.chunks_exact(8).map(word);
    let data = match elem {
        Elem::U8 => BufData::U8(elements.to_vec()),
        Elem::Int => BufData::Int(words().map(|x| x as i64).collect()),
        Elem::Float => BufData::Float(words().map(f64::from_bits).collect()),
    };
    Buf::new(data, cap).map_or_else(|e| panic!("buffer at {address}: {e}"), Value::Buf)
}

impl Import {
    /// The imports that any module may have: all but `host`. What a host can define once for all programs.
    #[must_use]
    pub fn common() -> Vec<Import> {
        let math = Op::ALL.iter().filter_map(|op| Import::of_math(*op));
        let any_buffer = Type::Buf { elem: Elem::U8, cap: 1 };
        let print = [Type::Int, Type::Float, Type::Bool, any_buffer].map(Import::of_print);
        math.chain(print).collect()
    }

    /// The import for an operation that WebAssembly lacks; `None` for others.
    pub(super) fn of_math(op: Op) -> Option<Import> {
        let is_math = matches!(
            op,
            Op::Exp
                | Op::ExpM1
                | Op::Ln
                | Op::Ln1p
                | Op::Sin
                | Op::Cos
                | Op::Tanh
                | Op::Sigmoid
                | Op::Pow
                | Op::Atan2
        );
        is_math.then(|| Import {
            module: "math",
            name: op.info().name.into(),
            params: vec![WordType::F64; op.info().args.len()],
            results: vec![WordType::F64],
            kind: ImportKind::Math(op),
        })
    }

    /// The import for `Print` of a value of this type.
    pub(super) fn of_print(ty: Type) -> Import {
        let (name, params, kind) = match ty {
            Type::Int => ("int", vec![WordType::I64], ImportKind::Print(ty)),
            Type::Float => ("float", vec![WordType::F64], ImportKind::Print(ty)),
            Type::Bool => ("bool", vec![WordType::I32], ImportKind::Print(ty)),
            _ => ("buf", vec![WordType::I32; 3], ImportKind::PrintBuf),
        };
        Import { module: "print", name: name.into(), params, results: Vec::new(), kind }
    }

    /// The arguments of a call of an [`ImportKind::Host`] with this signature, as the host sees them.
    ///
    /// # Panics
    /// Where words or memory do not fit the signature.
    #[must_use]
    pub fn host_args(params: &[Param], words: &[Word], memory: &[u8]) -> Vec<Value> {
        let value = |(param, word): (&Param, &Word)| match (param.ty, word) {
            (Type::Buf { elem, cap }, Word::I32(address)) => read_buffer(memory, *address as u32, elem, cap),
            (ty, word) => word.value(ty),
        };
        params.iter().zip(words).map(value).collect()
    }

    /// Puts the buffers of a host function's reply where the call wants them; gives its scalars. `words` are all words
    /// of the call.
    ///
    /// # Panics
    /// Where reply, words and memory do not fit together.
    #[must_use]
    pub fn host_results(reply: &[Value], params: usize, words: &[Word], memory: &mut [u8]) -> Vec<Word> {
        let mut outs = words[params..].iter();
        let mut scalars = Vec::new();
        for value in reply {
            match (value, value.ty().is_aggregate().then(|| outs.next()).flatten()) {
                (Value::Buf(buf), Some(Word::I32(address))) => {
                    write_buffer(memory, *address as u32, buf.data());
                }
                (Value::Int(x), _) => scalars.push(Word::I64(*x)),
                (Value::Float(x), _) => scalars.push(Word::F64(x.to_bits())),
                (Value::Bool(x), _) => scalars.push(Word::I32((*x).into())),
                (other, _) => panic!("{other} as a result of a host function"),
            }
        }
        scalars
    }

    /// The value that an [`ImportKind::Print`] or [`ImportKind::PrintBuf`] logs.
    ///
    /// # Panics
    /// Where words and memory are not those of such a call.
    #[must_use]
    pub fn printed(kind: ImportKind, words: &[Word], memory: &[u8]) -> Value {
        match (kind, words) {
            (ImportKind::Print(ty), [word]) => word.value(ty),
            (ImportKind::PrintBuf, [Word::I32(address), Word::I32(elem), Word::I32(cap)]) => {
                let elem = Elem::from_code(*elem as u32).unwrap_or(Elem::U8);
                read_buffer(memory, *address as u32, elem, *cap as u32)
            }
            _ => panic!("{words:?} printed as {kind:?}"),
        }
    }

    /// What an [`ImportKind::Math`] gives.
    ///
    /// # Panics
    /// Where the operation is none of those, or the operands do not fit.
    #[must_use]
    pub fn math(op: Op, operands: &[f64]) -> f64 {
        use nda_runtime::scalar;
        match (op, operands) {
            (Op::Exp, [x]) => scalar::exp(*x),
            (Op::ExpM1, [x]) => scalar::exp_m1(*x),
            (Op::Ln, [x]) => scalar::ln(*x),
            (Op::Ln1p, [x]) => scalar::ln_1p(*x),
            (Op::Sin, [x]) => scalar::sin(*x),
            (Op::Cos, [x]) => scalar::cos(*x),
            (Op::Tanh, [x]) => scalar::tanh(*x),
            (Op::Sigmoid, [x]) => scalar::sigmoid(*x),
            (Op::Pow, [x, y]) => scalar::pow(*x, *y),
            (Op::Atan2, [x, y]) => scalar::atan2(*x, *y),
            _ => panic!("{op:?} of {} operands", operands.len()),
        }
    }
}

/// The trap that a value of the global `trap` stands for; `None` of 0 and of what no module sets.
#[must_use]
pub fn trap_code(global: i32) -> Option<TrapCode> {
    TrapCode::from_number(global as u32)
}
