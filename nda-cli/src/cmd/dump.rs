//! `nda dump`: a program's text, its weights in a file of their own on request.

use crate::args::Dump;
use crate::stop::{Exit, Stop};
use crate::{json, output};
use nda_ast::{Constant, Elem, Limits, ValidProgram};
use nda_sandbox::tensors::{Dtype, NewTensor, write_tensors};
use serde_json::json;
use std::path::Path;

/// Name of the file with the weights.
const FILE: &str = "weights.safetensors";

/// Elements from which a buffer or vector is weights rather than part of the text.
const LARGE: usize = 64;

pub fn run(args: &Dump) -> Result<Exit, Stop> {
    let (program, _) = super::valid(&args.file, &Limits::default())?;
    let text = match &args.externalise {
        Some(directory) => externalise(&program, directory)?,
        None => nda_ast::text::print(&program),
    };
    if args.shared.json {
        let answer = json!({ "schema": json::SCHEMA, "text": text, "errors": [] });
        output::line(&answer.to_string())?;
    } else {
        output::bytes(text.as_bytes())?;
    }
    Ok(Exit::Success)
}

/// The text, with large constants written to a file in `directory`.
fn externalise(program: &ValidProgram, directory: &Path) -> Result<String, Stop> {
    let mut tensors = Vec::new();
    let text = nda_ast::text::print_with(program, &mut |name, constant| {
        tensors.push(tensor(name, constant)?);
        Some((FILE.to_owned(), name.to_owned()))
    });
    std::fs::create_dir_all(directory).map_err(|e| Stop::file("create", directory, &e))?;
    let data = write_tensors(&tensors, &[]).map_err(Stop::usage)?;
    output::file(&directory.join(FILE), &data)?;
    Ok(text)
}

/// A constant as a tensor from which `load` gives it back to the bit; `None` for a small one, or one that would come
/// back otherwise.
fn tensor(name: &str, constant: &Constant) -> Option<NewTensor<'static>> {
    match constant {
        Constant::Matrix(m) => {
            let (rows, cols) = (usize::from(m.rows), usize::from(m.cols));
            let weights = (0..m.rows).flat_map(|r| (0..m.cols).map(move |c| m.weight(r, c)));
            let weights: Vec<f32> = weights.collect();
            // Loading finds codebook and scale anew, and a hash covers them. It takes the least magnitude for the unit, and
            // a zero for the sign of a ternary codebook, so that weights which lack these stay in the text.
            let unit = m.scale.into();
            let (has_zero, has_unit) =
                (weights.contains(&0.0), weights.iter().any(|w| w.abs() == 2.0_f32.powi(unit)));
            let same = match m.codebook {
                nda_ast::Codebook::Quaternary => has_unit,
                nda_ast::Codebook::Ternary => has_zero && has_unit,
            };
            same.then(|| NewTensor::f32(name, &[rows, cols], &weights))
        }
        Constant::Vec { n, data } => {
            let n = *n as usize;
            (n >= LARGE).then(|| NewTensor::new(name, Dtype::F32, &[n], data.to_vec()))
        }
        Constant::Buf { elem, data, .. } => {
            let dtype = match elem {
                Elem::U8 => Dtype::U8,
                Elem::Int => Dtype::I64,
                Elem::Float => Dtype::F64,
            };
            let n = data.len() / dtype.size();
            (n >= LARGE).then(|| NewTensor::new(name, dtype, &[n], data.to_vec()))
        }
    }
}
