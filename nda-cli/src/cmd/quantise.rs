//! `nda quantise`: float weights to 2-bit ones, with the error that this makes.

use crate::args::{Codebook, Quantise};
use crate::progress::Progress;
use crate::stop::{Exit, Stop};
use crate::{input, json, output};
use nda_kernels::matrix::{QuantError, quantise_weights};
use nda_sandbox::tensors::{NewTensor, Tensor, TensorFile, write_tensors};
use serde_json::json;

/// Longest file that is read: 4 GiB, all of it in memory.
const MAX_FILE: u64 = 1 << 32;

/// What became of one tensor.
struct Report {
    name: String,
    shape: Vec<usize>,
    /// Scale exponent and error; `None` where the tensor was kept as it is.
    quantised: Option<(i8, QuantError)>,
}

pub fn run(args: &Quantise) -> Result<Exit, Stop> {
    let data = input::read(&args.file, MAX_FILE)?;
    if data.len() as u64 > MAX_FILE {
        return Err(Stop::usage(format!("{} is longer than 4 GiB", args.file.display())));
    }
    let wrong = |e| Stop::usage(format!("{}: {e}", args.file.display()));
    let file = TensorFile::parse(data).map_err(wrong)?;
    for name in &args.only {
        file.tensor(name).map_err(wrong)?;
    }
    let progress = Progress::start("quantising", Some(file.tensors().count() as u64));
    let (mut reports, mut out) = (Vec::new(), Vec::new());
    for tensor in file.tensors() {
        let chosen = if args.only.is_empty() {
            tensor.dtype().is_float() && tensor.shape().len() == 2
        } else {
            args.only.iter().any(|n| n == tensor.name())
        };
        let (new, report) = if chosen { quantised(&tensor, args.codebook)? } else { kept(&tensor) };
        out.push(new);
        reports.push(report);
        progress.step();
    }
    drop(progress);
    let written = write_tensors(&out, file.metadata()).map_err(Stop::usage)?;
    output::file(&args.output, &written)?;
    show(&reports, args)?;
    Ok(Exit::Success)
}

fn kept(tensor: &Tensor<'_>) -> (NewTensor<'static>, Report) {
    let new = NewTensor::new(tensor.name(), tensor.dtype(), tensor.shape(), tensor.data().to_vec());
    (new, Report { name: tensor.name().to_owned(), shape: tensor.shape().to_vec(), quantised: None })
}

fn quantised(tensor: &Tensor<'_>, codebook: Codebook) -> Result<(NewTensor<'static>, Report), Stop> {
    let codebook = match codebook {
        Codebook::Quaternary => nda_kernels::Codebook::Quaternary,
        Codebook::Ternary => nda_kernels::Codebook::Ternary,
    };
    let name = tensor.name();
    let wrong = |e: &dyn std::fmt::Display| Stop::usage(format!("tensor `{}`: {e}", name.escape_debug()));
    // A vector is a matrix of one row: gains of `norm`.
    let (rows, cols) = if tensor.shape().len() == 1 { (1, tensor.len()) } else { tensor.rows() };
    let weights = tensor.to_f32().map_err(|e| wrong(&e))?;
    let (packed, error) = quantise_weights(&weights, rows, cols, codebook).map_err(|e| wrong(&e))?;
    let view = packed.as_packed();
    let values: Vec<f32> = (0..rows).flat_map(|r| (0..cols).map(move |c| view.weight(r, c))).collect();
    let new = NewTensor::f32(name, tensor.shape(), &values);
    let quantised = Some((view.scale(), error));
    Ok((new, Report { name: name.to_owned(), shape: tensor.shape().to_vec(), quantised }))
}

fn show(reports: &[Report], args: &Quantise) -> Result<(), Stop> {
    // Standard output may be taken by the file.
    if args.output == std::path::Path::new("-") {
        return Ok(());
    }
    if args.shared.json {
        let one = |r: &Report| {
            let (scale, error) = r.quantised.unzip();
            json!({
                "name": r.name,
                "shape": r.shape,
                "quantised": r.quantised.is_some(),
                "scale": scale,
                "max_abs": error.map(|e| e.max_abs),
                "rms": error.map(|e| e.rms),
                "cosine": error.map(|e| e.cosine),
            })
        };
        let tensors: Vec<_> = reports.iter().map(one).collect();
        return output::line(
            &json!({ "schema": json::SCHEMA, "tensors": tensors, "errors": [] }).to_string(),
        );
    }
    let head = ["tensor", "shape", "scale", "max abs error", "rms error", "cosine"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for r in reports {
        let shape = format!("{:?}", r.shape);
        let mut row = vec![r.name.escape_debug().to_string(), shape];
        row.extend(match &r.quantised {
            Some((scale, e)) => [
                format!("2^{scale}"),
                format!("{:.6}", e.max_abs),
                format!("{:.6}", e.rms),
                format!("{:.6}", e.cosine),
            ],
            None => ["kept", "-", "-", "-"].map(str::to_owned),
        });
        rows.push(row);
    }
    output::bytes(output::table(&rows).as_bytes())
}
