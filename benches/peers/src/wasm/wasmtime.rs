//! wasmtime with Cranelift, with and without fuel.

mirror!(wasmtime);

use super::{Peer, Refused};
use wasmtime::{Config, Error, FuncType, Instance as WasmInstance, OptLevel, Trap};

/// With its default compiler at its default level, which is for speed.
#[must_use]
pub fn peer(fuel: bool) -> Peer<Settings> {
    Peer {
        name: if fuel { "wasmtime-fuel" } else { "wasmtime" },
        timed: "run: arguments to memory, the call of a kept instance, results from it; compile: from the bytes of the module; \
                cold: from the bytes of the module, compiled, instantiated, called through a typed handle, dropped; engine and \
                linker kept",
        kept: Settings::with(engine(fuel), fuel),
        once: Settings::with(engine(fuel), fuel),
    }
}

fn engine(fuel: bool) -> Engine {
    let mut config = Config::new();
    config.consume_fuel(fuel).cranelift_opt_level(OptLevel::Speed);
    Engine::new(&config).unwrap_or_else(|e| unreachable!("settings that this machine has: {e:?}"))
}

fn signature(engine: &Engine, import: &Import) -> FuncType {
    let types = |list: &[WordType]| list.iter().map(|ty| val_type(*ty)).collect::<Vec<_>>();
    FuncType::new(engine, types(&import.params), types(&import.results))
}

fn start(linker: &Linker<Host>, store: &mut Store<Host>, code: &Module) -> Result<WasmInstance, Error> {
    linker.instantiate(store, code)
}

fn f64_val(bits: u64) -> Val {
    Val::F64(bits)
}

fn f64_bits(bits: u64) -> u64 {
    bits
}

fn refused(why: Refused) -> Error {
    Error::new(why)
}

fn native(error: &Error) -> Option<Native> {
    Some(match error.downcast_ref::<Trap>()? {
        Trap::IntegerDivisionByZero => Native::Trap(TrapCode::DivideByZero),
        Trap::IntegerOverflow => Native::Trap(TrapCode::IntegerOverflow),
        Trap::BadConversionToInteger => Native::Trap(TrapCode::InvalidConversion),
        Trap::OutOfFuel => Native::Trap(TrapCode::OutOfFuel),
        Trap::UnreachableCodeReached => Native::Unreachable,
        _ => return None,
    })
}
