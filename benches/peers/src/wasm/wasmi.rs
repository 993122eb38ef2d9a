//! wasmi with fuel.

mirror!(wasmi);

use super::{Peer, Refused};
use wasmi::{CompilationMode, Config, Error, F64, FuncType, Instance as WasmInstance};

/// Eager where code is kept, so that no timed run compiles; wasmi's default, validation at once and translation of a function
/// at its first call, where it runs once.
#[must_use]
pub fn peer() -> Peer<Settings> {
    Peer {
        name: "wasmi-fuel",
        timed: "run: fuel set, arguments to memory, the call of a kept instance, results from it; compile: from the bytes of the \
                module, eager; cold: from the bytes of the module, validated, lazily translated, instantiated, called through a \
                typed handle, dropped; engine and linker kept",
        kept: Settings::with(engine(CompilationMode::Eager), true),
        once: Settings::with(engine(CompilationMode::LazyTranslation), true),
    }
}

fn engine(mode: CompilationMode) -> Engine {
    let mut config = Config::default();
    config.consume_fuel(true).compilation_mode(mode);
    Engine::new(&config)
}

fn signature(_: &Engine, import: &Import) -> FuncType {
    let types = |list: &[WordType]| list.iter().map(|ty| val_type(*ty)).collect::<Vec<_>>();
    FuncType::new(types(&import.params), types(&import.results))
}

fn start(linker: &Linker<Host>, store: &mut Store<Host>, code: &Module) -> Result<WasmInstance, Error> {
    linker.instantiate_and_start(store, code)
}

fn f64_val(bits: u64) -> Val {
    Val::F64(F64::from_bits(bits))
}

fn f64_bits(x: F64) -> u64 {
    x.to_bits()
}

fn refused(why: Refused) -> Error {
    Error::new(why.to_string())
}

fn native(error: &Error) -> Option<Native> {
    use wasmi::TrapCode as Code;
    Some(match error.as_trap_code()? {
        Code::IntegerDivisionByZero => Native::Trap(TrapCode::DivideByZero),
        Code::IntegerOverflow => Native::Trap(TrapCode::IntegerOverflow),
        Code::BadConversionToInteger => Native::Trap(TrapCode::InvalidConversion),
        Code::OutOfFuel => Native::Trap(TrapCode::OutOfFuel),
        Code::UnreachableCodeReached => Native::Unreachable,
        _ => return None,
    })
}
