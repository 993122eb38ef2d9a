//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Programs for machines to write and machines to check.
///
/// FILE is a program in the text form or in bytes, whichever it is; `-` is standard input. Exit codes: 0 success,
/// 1 the program trapped, 2 wrong usage or a file that cannot be read or written, 3 the program was rejected.
#[derive(Debug, Parser)]
#[command(name = "nda", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check a program and print the certificate of each function
    Check(Check),
    /// Run a function of a program
    Run(Run),
    /// Write programs in the text form canonically
    Fmt(Fmt),
    /// Translate a program to its bytes
    Build(Build),
    /// Translate a program to its text form
    Dump(Dump),
    /// Explain an error or trap code, or list them all
    Explain(Explain),
    /// Turn float weights into 2-bit ones
    #[command(alias = "quantize")]
    Quantise(Quantise),
}

impl Command {
    /// What every command takes.
    pub fn shared(&self) -> Shared {
        match self {
            Command::Check(c) => c.shared,
            Command::Run(c) => c.shared,
            Command::Fmt(c) => c.shared,
            Command::Build(c) => c.shared,
            Command::Dump(c) => c.shared,
            Command::Explain(c) => c.shared,
            Command::Quantise(c) => c.shared,
        }
    }
}

#[derive(Args, Clone, Copy, Debug)]
pub struct Shared {
    /// Print JSON, as docs/json.md describes it
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Check {
    /// The program, or - for standard input
    pub file: PathBuf,
    /// Reject entry points that the certificate does not bound by this many executed nodes
    #[arg(long, value_name = "N")]
    pub max_cost: Option<u128>,
    #[command(flatten)]
    pub shared: Shared,
}

#[derive(Args, Debug)]
pub struct Run {
    /// The program, or - for standard input
    pub file: PathBuf,
    /// The entry point to run; may be left out where there is only one, or one called main
    #[arg(long = "fn", value_name = "NAME")]
    pub function: Option<String>,
    /// An argument, in order: 5, 1.5, true; a Buf<u8> as its text or hex:616263, other Buf and Vec32 as [1, 2]; floats
    /// also NaN, inf, -inf, bits:HEX
    #[arg(long = "arg", value_name = "V", allow_hyphen_values = true)]
    pub args: Vec<String>,
    /// All arguments as JSON: an array in order, or an object by parameter name
    #[arg(long, value_name = "JSON", conflicts_with_all = ["args", "input", "rows"])]
    pub args_json: Option<String>,
    /// Run once per row of a tensor: FILE.safetensors:TENSOR or FILE.safetensors:TENSOR:ROWS, where ROWS is 7, 3..9, 3.. or
    /// ..9. The row is the first argument; --arg gives the others
    #[arg(long, value_name = "FILE:TENSOR[:ROWS]", conflicts_with = "rows")]
    pub input: Option<String>,
    /// Run once per line of NDJSON from a file, - for standard input: each an array of arguments or an object by
    /// parameter name. Prints one outcome per line; a bad line does not end the stream
    #[arg(long, value_name = "FILE", conflicts_with = "args")]
    pub rows: Option<PathBuf>,
    /// How to run. Every tier gives the same; only the time differs
    #[arg(long, value_name = "TIER", value_enum, default_value_t = Tier::Auto)]
    pub tier: Tier,
    /// Afterwards, show on standard error for each function and loop what has been spent there, and what ran it
    #[arg(long)]
    pub tiers: bool,
    /// Greatest number of executed nodes of a run [default: 100000000]
    #[arg(long, value_name = "N")]
    pub fuel: Option<u64>,
    /// Milliseconds that a run may take [default: 10000]
    #[arg(long, value_name = "N")]
    pub deadline_ms: Option<u64>,
    /// After a trap, show the active calls, lines, loops and named slots
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub shared: Shared,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tier {
    /// The reference interpreter
    #[value(alias = "0")]
    Tier0,
    /// Compiled to closures
    #[value(alias = "1")]
    Tier1,
    /// Compiled to machine code, before it runs
    #[value(alias = "2")]
    Native,
    /// Closures, and machine code for what becomes hot
    Auto,
}

#[derive(Args, Debug)]
pub struct Fmt {
    /// The texts; - reads standard input and writes standard output
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Change nothing; exit with 3 if a text is not canonical
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub shared: Shared,
}

#[derive(Args, Debug)]
pub struct Build {
    /// The program, or - for standard input
    pub file: PathBuf,
    /// Where to write the bytes; - for standard output
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,
    #[command(flatten)]
    pub shared: Shared,
}

#[derive(Args, Debug)]
pub struct Dump {
    /// The program, or - for standard input
    pub file: PathBuf,
    /// Write matrices, and other constants of 64 elements and more, to DIR/weights.safetensors
    #[arg(long, value_name = "DIR")]
    pub externalise: Option<PathBuf>,
    /// List the records that tier 1 compiles each function to instead, for people
    #[arg(long, conflicts_with = "externalise")]
    pub closures: bool,
    /// Show the code that each function is given to the generator of machine code as instead (Cranelift's CLIF)
    #[arg(long, conflicts_with_all = ["externalise", "closures"])]
    pub clif: bool,
    /// Show the machine code of each function instead
    #[arg(long, conflicts_with_all = ["externalise", "closures", "clif"])]
    pub asm: bool,
    /// With --closures, --clif or --asm: only functions of this name
    #[arg(long = "fn", value_name = "NAME")]
    pub function: Option<String>,
    #[command(flatten)]
    pub shared: Shared,
}

#[derive(Args, Debug)]
pub struct Explain {
    /// A code such as type.mismatch or DivideByZero; lists all codes if left out
    pub code: Option<String>,
    #[command(flatten)]
    pub shared: Shared,
}

#[derive(Args, Debug)]
pub struct Quantise {
    /// A safetensors file
    pub file: PathBuf,
    /// Where to write the file with quantised tensors
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,
    /// The values of a weight, times a power of two
    #[arg(long, value_enum, default_value_t = Codebook::Quaternary)]
    pub codebook: Codebook,
    /// Quantise only this tensor (may be given several times); otherwise every float tensor of two dimensions
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    #[command(flatten)]
    pub shared: Shared,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Codebook {
    /// -2, -1, 1, 2
    Quaternary,
    /// -1, 0, 1
    Ternary,
}
