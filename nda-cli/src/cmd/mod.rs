//! One file per command.

mod build;
mod check;
mod closures;
mod dump;
mod explain;
mod fmt;
mod machine;
mod quantise;
mod rows;
mod run;
mod tier;

use crate::args::Command;
use crate::input::{self, Form, Source};
use crate::stop::{Exit, Stop};
use nda_ast::{Diagnostic, ErrorCode, Limits, ValidProgram};
use nda_sandbox::tensors::TensorLoader;
use nda_sandbox::{Engine, LoadError, Loader, Program, TierMode, TierOptions};
use std::path::Path;

/// Carries the command out.
pub fn run(command: &Command) -> Result<Exit, Stop> {
    match command {
        Command::Check(args) => check::run(args),
        Command::Run(args) => run::run(args),
        Command::Fmt(args) => fmt::run(args),
        Command::Build(args) => build::run(args),
        Command::Dump(args) if args.closures => closures::run(args),
        Command::Dump(args) if args.clif || args.asm => machine::run(args),
        Command::Dump(args) if args.function.is_some() => {
            Err(Stop::usage("--fn goes with --closures, --clif or --asm"))
        }
        Command::Dump(args) => dump::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Quantise(args) => quantise::run(args),
    }
}

/// Reads a program and has it loaded by `load`; an error comes with the source that it is about.
fn with_source<T>(
    path: &Path,
    limits: &nda_sandbox::Limits,
    mode: TierMode,
    load: impl FnOnce(Loader<'_>, Form<'_>, &Source) -> Result<T, LoadError>,
) -> Result<(T, Source), Stop> {
    let source = input::source(path, &limits.program)?;
    let mut files = TensorLoader::new(&source.directory);
    let engine = Engine::builder().tiers(TierOptions { mode, ..TierOptions::default() }).build();
    let loader = engine.loader().limits(limits).files(&mut files);
    let loaded = match source.form() {
        Ok(form) => load(loader, form, &source),
        Err(diagnostic) => Err(LoadError::Text(vec![*diagnostic])),
    };
    match loaded {
        Ok(program) => Ok((program, source)),
        Err(e) => Err(source.rejected(e.diagnostics().into_iter().map(without_grants).collect())),
    }
}

/// No user of the command can grant what a program imports, so the error tells where that can be done.
fn without_grants(mut diagnostic: Diagnostic) -> Diagnostic {
    if diagnostic.code == ErrorCode::UnknownImport {
        let name = diagnostic.function.as_deref().unwrap_or("functions of the host");
        diagnostic.message = format!(
            "The program imports `{name}`, and this command grants no host functions: load it from Rust with \
             nda-sandbox, whose `Loader::grant` does. `nda check` needs no grant."
        );
        diagnostic.found = Some("no host functions".to_owned());
    }
    diagnostic
}

/// A program that is to run.
fn program(path: &Path, limits: &nda_sandbox::Limits, mode: TierMode) -> Result<(Program, Source), Stop> {
    with_source(path, limits, mode, |loader, form, source| match form {
        Form::Text(text) => loader.load_text(text),
        Form::Bytes => loader.load(source.data.clone()),
    })
}

/// A program that is only looked at: imports need no grant.
fn valid(path: &Path, limits: &Limits) -> Result<(ValidProgram, Source), Stop> {
    let limits = nda_sandbox::Limits { program: *limits, ..nda_sandbox::Limits::default() };
    with_source(path, &limits, TierMode::Never, |loader, form, source| match form {
        Form::Text(text) => loader.validate_text(text),
        Form::Bytes => loader.validate(source.data.clone()),
    })
}
