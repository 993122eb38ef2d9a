//! The module around the functions: types, imports, exports, memory.

use super::Unsupported;
use super::abi::{Import, ImportKind, Module, WordType};
use super::emit::val_type;
use super::function::function;
use super::layout::{Layout, constant_bytes};
use super::nan::analyse;
use nda_ast::{Body, Op, Param, Type, ValidProgram};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, FunctionSection,
    GlobalSection, GlobalType, ImportSection, MemorySection, MemoryType, TypeSection, ValType,
};

/// Engines refuse functions with more parameters or results (wasmparser's limit).
const MOST_PARAMS: usize = 1000;

/// Bytes of a page of memory.
const PAGE: u64 = 1 << 16;

type Signature = (Vec<WordType>, Vec<WordType>);

/// Index spaces of the module.
#[derive(Debug, Default)]
pub(super) struct Indices {
    imports: Vec<Import>,
    /// By object.
    functions: Vec<u32>,
    trap: bool,
    code: bool,
}

impl Indices {
    fn new(program: &ValidProgram, layout: &Layout) -> Indices {
        let mut out = Indices { functions: vec![0; layout.frames.len()], ..Indices::default() };
        for &object in &layout.imports {
            let Body::Import(import) = program.program().objects()[object as usize].body() else { continue };
            let (params, results) = signature(&import.params, &import.results);
            out.functions[object as usize] = out.imports.len() as u32;
            let (name, kind) = (object.to_string(), ImportKind::Host(object));
            out.import(Import { module: "host", name, params, results, kind });
        }
        for f in layout.functions.iter().filter_map(|&object| program.function(object)) {
            for (i, node) in f.function().nodes().iter().enumerate() {
                if node.op() == Op::Print {
                    out.import(Import::of_print(f.type_of(i as u32).unwrap_or(Type::Int)));
                } else if let Some(import) = Import::of_math(node.op()) {
                    out.import(import);
                }
            }
        }
        for (i, &object) in layout.functions.iter().enumerate() {
            out.functions[object as usize] = (out.imports.len() + i) as u32;
        }
        out
    }

    /// Adds an import that is not there yet.
    fn import(&mut self, import: Import) {
        if self.imports.iter().all(|other| other.kind != import.kind) {
            self.imports.push(import);
        }
    }

    fn find(&self, kind: ImportKind) -> u32 {
        match self.imports.iter().position(|import| import.kind == kind) {
            Some(at) => at as u32,
            None => unreachable!("{kind:?} was not foreseen"),
        }
    }

    /// The function that does an operation of the host's.
    pub fn math(&self, op: Op) -> u32 {
        self.find(ImportKind::Math(op))
    }

    /// The function that logs a value of this type.
    pub fn print(&self, ty: Type) -> u32 {
        self.find(Import::of_print(ty).kind)
    }

    /// The function of an object.
    pub fn function(&self, object: u32) -> u32 {
        self.functions[object as usize]
    }

    /// The global that holds the number of a trap.
    pub fn trap_global(&mut self) -> u32 {
        self.trap = true;
        0
    }

    /// The global that holds the code of `Fail`, which always needs the other too.
    pub fn code_global(&mut self) -> u32 {
        self.code = true;
        1
    }
}

/// Parameters and results in WebAssembly.
fn signature(params: &[Param], results: &[Type]) -> Signature {
    let outs = results.iter().filter(|ty| ty.is_aggregate()).map(|_| WordType::I32);
    let scalars = results.iter().filter(|ty| ty.is_scalar());
    (
        params.iter().map(|p| WordType::of(p.ty)).chain(outs).collect(),
        scalars.map(|ty| WordType::of(*ty)).collect(),
    )
}

/// Distinct signatures, in order of first use.
#[derive(Default)]
struct Types {
    seen: Vec<Signature>,
    section: TypeSection,
}

impl Types {
    fn index(&mut self, params: Vec<WordType>, results: Vec<WordType>) -> u32 {
        let signature = (params, results);
        if let Some(at) = self.seen.iter().position(|seen| *seen == signature) {
            return at as u32;
        }
        let types = |list: &[WordType]| list.iter().map(|ty| val_type(*ty)).collect::<Vec<ValType>>();
        self.section.ty().function(types(&signature.0), types(&signature.1));
        self.seen.push(signature);
        self.seen.len() as u32 - 1
    }
}

pub(super) fn translate(program: &ValidProgram, entry: u32) -> Result<Module, Unsupported> {
    let layout = Layout::new(program, entry)?;
    let bits = analyse(program, &layout.functions);
    let mut indices = Indices::new(program, &layout);
    let mut types = Types::default();
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    let mut imports = ImportSection::new();
    for import in &indices.imports {
        let ty = types.index(import.params.clone(), import.results.clone());
        imports.import(import.module, &import.name, EntityType::Function(ty));
    }
    for &object in &layout.functions {
        let (Some(valid), Some(bits)) = (program.function(object), &bits[object as usize]) else { continue };
        let (params, results) = signature(valid.function().params(), valid.function().results());
        if params.len() > MOST_PARAMS {
            return Err(Unsupported::Limit { object, what: "parameters" });
        }
        functions.function(types.index(params, results));
        code.function(&function(program, object, &layout, bits, &mut indices)?);
    }
    let bytes = assemble(
        program,
        entry,
        &layout,
        &indices,
        Sections { types: types.section, imports, functions, code },
    );
    let Some(valid) = program.function(entry) else { return Err(Unsupported::Entry { object: entry }) };
    let f = valid.function();
    Ok(Module {
        bytes,
        export: entry.to_string(),
        imports: indices.imports,
        memory: layout.memory,
        params: f.params().iter().copied().zip(layout.params).collect(),
        results: f.results().iter().copied().zip(layout.results).collect(),
    })
}

struct Sections {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    code: CodeSection,
}

fn assemble(
    program: &ValidProgram,
    entry: u32,
    layout: &Layout,
    indices: &Indices,
    sections: Sections,
) -> Vec<u8> {
    let mut exports = ExportSection::new();
    exports.export(&entry.to_string(), ExportKind::Func, indices.function(entry));
    let mut module = wasm_encoder::Module::new();
    module.section(&sections.types);
    if !sections.imports.is_empty() {
        module.section(&sections.imports);
    }
    module.section(&sections.functions);
    if layout.memory > 0 {
        let pages = u64::from(layout.memory).div_ceil(PAGE);
        let memory = MemoryType {
            minimum: pages,
            maximum: Some(pages),
            memory64: false,
            shared: false,
            page_size_log2: None,
        };
        module.section(MemorySection::new().memory(memory));
        exports.export("memory", ExportKind::Memory, 0);
    }
    if indices.trap {
        let mut globals = GlobalSection::new();
        let global = |val_type| GlobalType { val_type, mutable: true, shared: false };
        globals.global(global(ValType::I32), &ConstExpr::i32_const(0));
        exports.export("trap", ExportKind::Global, 0);
        if indices.code {
            globals.global(global(ValType::I64), &ConstExpr::i64_const(0));
            exports.export("code", ExportKind::Global, 1);
        }
        module.section(&globals);
    }
    module.section(&exports);
    module.section(&sections.code);
    let data = constants(program, layout);
    if !data.is_empty() {
        module.section(&data);
    }
    module.finish()
}

/// The constant buffers.
fn constants(program: &ValidProgram, layout: &Layout) -> DataSection {
    let mut section = DataSection::new();
    for (object, address) in program.program().objects().iter().zip(&layout.addresses) {
        if let Body::Constant(constant) = object.body()
            && *address > 0
            && let Some(bytes) = constant_bytes(constant)
        {
            section.active(0, &ConstExpr::i32_const(*address as i32), bytes);
        }
    }
    section
}
