//! What wasmi and wasmtime have in common, which is nearly all: wasmi's interface is wasmtime's. Where they differ, the module
//! that names this macro has a function of its own: `engine`, `signature`, `start`, `f64_val`, `f64_bits`, `refused`,
//! `native`.

/// Makes a [`Backend`](super::Backend) of the crate.
macro_rules! mirror {
    ($engine:ident) => {
        use super::{Backend, FUEL, Host, Instance, Stop, is_own};
        use nda_runtime::TrapCode;
        use nda_testkit::to_wasm::{Import, ImportKind, Word, WordType, trap_code};
        use $engine::{Caller, Engine, Extern, Func, Linker, Memory, Module, Store, TypedFunc, Val, ValType};

        /// Settings and the host functions of every program.
        pub struct Settings {
            engine: Engine,
            linker: Linker<Host>,
            fuel: bool,
        }

        impl Settings {
            fn with(engine: Engine, fuel: bool) -> Settings {
                let mut linker = Linker::new(&engine);
                for import in Import::common() {
                    define(&mut linker, &engine, &import);
                }
                Settings { engine, linker, fuel }
            }

            fn store(&self, host: Host) -> Store<Host> {
                let mut store = Store::new(&self.engine, host);
                if self.fuel {
                    refuel(&mut store);
                }
                store
            }
        }

        fn refuel(store: &mut Store<Host>) {
            if let Err(error) = store.set_fuel(FUEL) {
                unreachable!("fuel is on: {error}");
            }
        }

        fn val_type(ty: WordType) -> ValType {
            match ty {
                WordType::I32 => ValType::I32,
                WordType::I64 => ValType::I64,
                WordType::F64 => ValType::F64,
            }
        }

        fn val(word: Word) -> Val {
            match word {
                Word::I32(x) => Val::I32(x),
                Word::I64(x) => Val::I64(x),
                Word::F64(bits) => f64_val(bits),
            }
        }

        fn word(val: &Val) -> Word {
            match val {
                Val::I32(x) => Word::I32(*x),
                Val::I64(x) => Word::I64(*x),
                Val::F64(x) => Word::F64(f64_bits(*x)),
                other => unreachable!("{other:?} in a module of NDA"),
            }
        }

        /// Gives the linker the function for an import.
        fn define(linker: &mut Linker<Host>, engine: &Engine, import: &Import) {
            let (module, name, kind) = (import.module, import.name.as_str(), import.kind);
            let defined = match (kind, import.params.len()) {
                (ImportKind::Math(op), 1) => {
                    linker.func_wrap(module, name, move |x: f64| Import::math(op, &[x])).map(|_| ())
                }
                (ImportKind::Math(op), _) => linker
                    .func_wrap(module, name, move |x: f64, y: f64| Import::math(op, &[x, y]))
                    .map(|_| ()),
                _ => {
                    let ty = signature(engine, import);
                    let call = move |mut caller: Caller<'_, Host>, args: &[Val], results: &mut [Val]| {
                        let words: Vec<Word> = args.iter().map(word).collect();
                        let answer = match caller.get_export("memory").and_then(Extern::into_memory) {
                            Some(memory) => {
                                let (bytes, host) = memory.data_and_store_mut(&mut caller);
                                host.call(kind, &words, bytes)
                            }
                            None => caller.data_mut().call(kind, &words, &mut []),
                        };
                        let answer = answer.map_err(refused)?;
                        results.iter_mut().zip(answer).for_each(|(to, word)| *to = val(word));
                        Ok(())
                    };
                    linker.func_new(module, name, ty, call).map(|_| ())
                }
            };
            if let Err(error) = defined {
                unreachable!("imports have different names: {error}");
            }
        }

        struct Ready {
            store: Store<Host>,
            fuel: bool,
            function: Func,
            memory: Option<Memory>,
            instance: $engine::Instance,
            args: Vec<Val>,
            results: Vec<Val>,
        }

        impl Instance for Ready {
            fn call(&mut self, words: &[Word], results: &mut Vec<Word>) -> Result<(), Stop> {
                if self.fuel {
                    refuel(&mut self.store);
                }
                self.args.clear();
                self.args.extend(words.iter().map(|w| val(*w)));
                let called = self.function.call(&mut self.store, &self.args, &mut self.results);
                called.map_err(|error| stop(&error, &mut self.store, &self.instance))?;
                results.clear();
                results.extend(self.results.iter().map(word));
                Ok(())
            }

            fn memory(&mut self) -> &mut [u8] {
                self.memory.map_or(&mut [], |memory| memory.data_mut(&mut self.store))
            }

            fn host(&mut self) -> &mut Host {
                self.store.data_mut()
            }
        }

        /// Why a call ended: the host's reason, what the program wrote before `unreachable`, or WebAssembly's own trap.
        fn stop(error: &$engine::Error, store: &mut Store<Host>, instance: &$engine::Instance) -> Stop {
            if let Some(kind) = store.data().stop {
                let code = match kind {
                    nda_runtime::TrapKind::Host { code } => Some(code),
                    _ => None,
                };
                return Stop::Trap(kind.code(), code);
            }
            match native(error) {
                Some(Native::Trap(code)) => Stop::Trap(code, None),
                Some(Native::Unreachable) => {
                    let mut global =
                        |name| instance.get_global(&mut *store, name).map(|g| g.get(&mut *store));
                    let number = match global("trap") {
                        Some(Val::I32(number)) => number,
                        _ => 0,
                    };
                    let code = match global("code") {
                        Some(Val::I64(code)) => Some(code),
                        _ => None,
                    };
                    match trap_code(number) {
                        Some(TrapCode::Failed) => Stop::Trap(TrapCode::Failed, code),
                        Some(trap) => Stop::Trap(trap, None),
                        None => Stop::Other("`unreachable` without a trap".into()),
                    }
                }
                None => Stop::Other(format!("{error:?}")),
            }
        }

        impl Backend for Settings {
            type Code = Module;

            fn compile(&self, bytes: &[u8]) -> Result<Module, String> {
                Module::new(&self.engine, bytes).map_err(|e| format!("{e:?}"))
            }

            fn instantiate(
                &self,
                code: &Module,
                module: &nda_testkit::to_wasm::Module,
                host: Host,
            ) -> Result<Box<dyn Instance>, String> {
                let mut linker = self.linker.clone();
                for import in module.imports.iter().filter(|import| is_own(import)) {
                    define(&mut linker, &self.engine, import);
                }
                let mut store = self.store(host);
                let instance = start(&linker, &mut store, code).map_err(|e| format!("{e:?}"))?;
                let Some(function) = instance.get_func(&mut store, &module.export) else {
                    return Err(format!("no export {}", module.export));
                };
                let memory = instance.get_memory(&mut store, "memory");
                let results = vec![Val::I32(0); module.result_types().len()];
                let fuel = self.fuel;
                Ok(Box::new(Ready { store, fuel, function, memory, instance, args: Vec::new(), results }))
            }

            fn once(&self, module: &nda_testkit::to_wasm::Module, words: &[Word]) -> Result<Vec<Word>, Stop> {
                let other = |e: $engine::Error| Stop::Other(format!("{e:?}"));
                let code = Module::new(&self.engine, &module.bytes).map_err(other)?;
                let mut store = self.store(Host::new(None));
                let instance = start(&self.linker, &mut store, &code).map_err(other)?;
                // The handles that a host with a known signature uses.
                let called = match words {
                    [Word::I64(x)] => {
                        let f =
                            instance.get_typed_func::<i64, i64>(&mut store, &module.export).map_err(other)?;
                        f.call(&mut store, *x).map(Word::I64)
                    }
                    [Word::F64(x)] => {
                        let f =
                            instance.get_typed_func::<f64, f64>(&mut store, &module.export).map_err(other)?;
                        f.call(&mut store, f64::from_bits(*x)).map(|x| Word::F64(x.to_bits()))
                    }
                    _ => return Err(Stop::Other("cold programs take one int or float".into())),
                };
                called.map(|word| vec![word]).map_err(|error| stop(&error, &mut store, &instance))
            }

            fn caller(
                &self,
                code: &Module,
                module: &nda_testkit::to_wasm::Module,
            ) -> Result<Box<dyn nda_benches::engine::Caller>, String> {
                let mut store = self.store(Host::new(None));
                let instance = start(&self.linker, &mut store, code).map_err(|e| format!("{e:?}"))?;
                let function =
                    instance.get_typed_func(&mut store, &module.export).map_err(|e| format!("{e:?}"))?;
                Ok(Box::new(Handle { store, fuel: self.fuel, function }))
            }
        }

        struct Handle {
            store: Store<Host>,
            fuel: bool,
            function: TypedFunc<i64, i64>,
        }

        impl Handle {
            #[inline]
            fn one(&mut self, arg: i64) -> Result<i64, $engine::Error> {
                if self.fuel {
                    refuel(&mut self.store);
                }
                self.function.call(&mut self.store, arg)
            }
        }

        impl nda_benches::engine::Caller for Handle {
            fn call(&mut self, arg: i64) -> Result<i64, String> {
                self.one(arg).map_err(|e| format!("{e:?}"))
            }

            fn calls(&mut self, count: u32) -> i64 {
                (0..i64::from(count)).fold(0, |sum: i64, x| sum.wrapping_add(self.one(x).unwrap_or_default()))
            }
        }

        /// A trap of the engine's own.
        enum Native {
            Trap(TrapCode),
            Unreachable,
        }
    };
}
