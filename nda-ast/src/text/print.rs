//! The canonical printer: a valid program to its text form.
//!
//! Nothing here recurses on the depth of a program: statements are one forward walk over the nodes, expressions a
//! stack of pieces still to be written. Text -> program -> text is a fixed point of it.

mod body;
mod constants;
mod expr;
mod names;

use crate::{Body, Constant, Import, ValidFunction, ValidProgram};
use names::GlobalNames;
use std::fmt::Write;

/// Levels of indentation that are written; deeper ones would make the size of the text quadratic.
const MAX_INDENT: usize = 32;

/// Asked for each constant, with its name in the text: the file and the tensor in which it is kept, if it is.
pub type External<'a> = dyn FnMut(&str, &Constant) -> Option<(String, String)> + 'a;

/// The canonical text of a program. Parsing it gives the same objects, and so the same hashes, and entry points in the
/// same order.
///
/// Functions stand in the order of their calls, callees first, as far as the order of the entry points allows. Names
/// come from the names section where they are identifiers that clash with nothing visible.
#[must_use]
pub fn print(program: &ValidProgram) -> String {
    print_with(program, &mut |_, _| None)
}

/// As [`print()`], but asks for each constant, with the name that it will have in the text, whether it is kept in a
/// file: then `Some((file, tensor))` makes it `load("file", "tensor")` instead of its elements.
///
/// ```
/// # use nda_ast::{Codebook, Expr, FunctionBuilder, Limits, Op, ProgramBuilder, Type, load};
/// # let mut program = ProgramBuilder::new();
/// # let w = program.matrix_of(Some("W"), (1, 1), Codebook::Ternary, 0, &[1]).unwrap();
/// # let mut f = FunctionBuilder::new("f", [Type::Vec { n: 1 }]);
/// # let x = f.param("x", Type::Vec { n: 1 });
/// # f.return_([Expr::op(Op::Gemv, [Expr::constant(&w), x.load()])]);
/// # let f = program.add(f).unwrap();
/// # program.entry(&f);
/// # let valid = load(program.finish().unwrap(), &Limits::default()).unwrap();
/// let mut kept = Vec::new();
/// let text = nda_ast::text::print_with(&valid, &mut |name, constant| {
///     kept.push((name.to_owned(), constant.clone()));
///     Some(("weights.safetensors".to_owned(), name.to_owned()))
/// });
/// assert!(text.starts_with("const W: Mat<1, 1> = load(\"weights.safetensors\", \"W\");\n"));
/// assert_eq!(kept.len(), 1);
/// ```
pub fn print_with(program: &ValidProgram, external: &mut External<'_>) -> String {
    let names = GlobalNames::new(program);
    let mut out = String::new();
    imports(&mut out, program, &names);
    let before = out.len();
    for (index, object) in program.program().objects().iter().enumerate() {
        let (Body::Constant(constant), Some(name)) = (object.body(), names.of(index as u32)) else {
            continue;
        };
        if out.len() == before {
            blank_line(&mut out);
        }
        constants::item(&mut out, name, constant, external(name, constant));
    }
    for (index, is_entry) in function_order(program) {
        blank_line(&mut out);
        if let Some(f) = program.function(index) {
            function(&mut out, program, &names, (index, f), is_entry);
        }
    }
    out
}

/// Between items of different kinds, and between functions.
fn blank_line(out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
}

fn imports(out: &mut String, program: &ValidProgram, names: &GlobalNames) {
    let mut any = false;
    for (index, object) in program.program().objects().iter().enumerate() {
        let Body::Import(import) = object.body() else { continue };
        if !any {
            out.push_str("extern \"host\" {\n");
        }
        any = true;
        import_item(out, names.of(index as u32).unwrap_or(&import.name), import);
    }
    if any {
        out.push_str("}\n");
    }
}

fn import_item(out: &mut String, name: &str, import: &Import) {
    if import.work != 0 {
        let _ = writeln!(out, "    #[work({})]", import.work);
    }
    if name != import.name {
        let _ = writeln!(out, "    #[host(\"{}\")]", import.name);
    }
    let _ = write!(out, "    fn {name}(");
    for (i, param) in import.params.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        let _ = write!(out, "{comma}a{i}: {param}");
    }
    out.push(')');
    results(out, &import.results);
    out.push_str(";\n");
}

fn results(out: &mut String, results: &[crate::Type]) {
    match results {
        [] => {}
        [one] => {
            let _ = write!(out, " -> {one}");
        }
        several => {
            for (i, ty) in several.iter().enumerate() {
                let _ = write!(out, "{}{ty}", if i == 0 { " -> (" } else { ", " });
            }
            out.push(')');
        }
    }
}

fn function(
    out: &mut String,
    program: &ValidProgram,
    names: &GlobalNames,
    (index, f): (u32, &ValidFunction),
    is_entry: bool,
) {
    let mut body = body::Printer::new(out, program, names, index, f);
    let params: Vec<String> =
        (0..f.function().params().len() as u32).map(|slot| body.declare(slot)).collect();
    if is_entry {
        body.out.push_str("pub ");
    }
    let _ = write!(body.out, "fn {}(", names.of(index).unwrap_or("f"));
    for (i, (name, param)) in params.iter().zip(f.function().params()).enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        let _ = write!(body.out, "{comma}{name}: {param}");
    }
    body.out.push(')');
    results(body.out, f.function().results());
    body.out.push_str(" {");
    body.statements();
    body.out.push_str("}\n");
}

/// Function objects in the order of the text, and whether each is an entry point: entry points keep their order, and
/// what an entry point is the first to reach stands before it, callees first.
fn function_order(program: &ValidProgram) -> Vec<(u32, bool)> {
    let p = program.program();
    let mut is_entry = vec![false; p.objects().len()];
    for &entry in p.entries() {
        is_entry[entry as usize] = true;
    }
    let mut seen = is_entry.clone();
    let mut order = Vec::new();
    let mut todo = Vec::new();
    for &entry in p.entries() {
        let first = order.len();
        todo.push(entry);
        while let Some(index) = todo.pop() {
            for &target in p.links(index) {
                if program.function(target).is_some() && !std::mem::replace(&mut seen[target as usize], true)
                {
                    order.push((target, false));
                    todo.push(target);
                }
            }
        }
        // Objects lie callee-first in the file.
        order[first..].sort_unstable();
        order.push((entry, true));
    }
    order
}
