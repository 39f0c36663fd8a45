//! WebAssembly guests, run by wasmtime over the model.
//!
//! A [`Module`] is compiled and checked once; an [`Instance`] of it is a
//! [`Guest`](crate::guest::Guest); a [`Pool`] keeps instances for many requests, each pinned to one
//! request at a time. The ABI's functions are linked by going through its table, so there is no
//! second list of them here; WASI is linked only for a guest that imports it, with nothing granted.
//!
//! Modules are held to WebAssembly 2.0 as most hosts are: no threads, tail calls, exceptions,
//! garbage collection, several memories or 64-bit memory. `externref` is not supported; no host of
//! this ABI has a use for it.

mod error;
mod instance;
mod link;
mod pool;
#[cfg(test)]
mod tests;
mod wasi;

use std::time::Duration;

use http_wasm_abi::{Function, MODULE, PAGE_SIZE, Signature, ValueType, exports};
use wasmtime::{Config, Engine, ExternType, InstancePre, Linker, ValType};

use crate::profile::Profile;
use crate::scenario::Session;

pub use error::LoadError;
pub use instance::Instance;
pub use pool::{Pinned, Pool, StartError};

use instance::State;

/// What guests may use, and how they are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whose functions are there; an import of another is an error at load.
    pub profile: Profile,
    /// The most bytes of memory that an instance may have. 64 MiB unless changed.
    pub memory_limit: u64,
    /// The most time that one hook may take, checked to within a tenth. 10 seconds unless changed;
    /// `None`: for ever.
    pub time_limit: Option<Duration>,
    /// The most instructions that one hook may execute. `None`, the default, also turns counting
    /// off, which makes guests faster.
    pub fuel_limit: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            memory_limit: 64 << 20,
            time_limit: Some(Duration::from_secs(10)),
            fuel_limit: None,
        }
    }
}

/// How many ticks of the clock make up the time limit.
const TICKS: u64 = 10;

/// A compiled guest.
#[derive(Clone)]
pub struct Module {
    pre: InstancePre<State>,
    options: Options,
}

impl Module {
    /// Compiles and checks the bytes of a `.wasm` file.
    ///
    /// # Errors
    ///
    /// When they are not a module, or not a guest: the error names the export or import.
    pub fn new(wasm: &[u8], options: Options) -> Result<Self, LoadError> {
        let engine = Engine::new(&config(&options))
            .map_err(|error| LoadError::Engine(format!("{error:#}")))?;
        let module = wasmtime::Module::from_binary(&engine, wasm)
            .map_err(|error| LoadError::Invalid(format!("{error:#}")))?;
        check_exports(&module, &options)?;
        let mut linker = Linker::new(&engine);
        link::link(&mut linker, &module, options.profile)?;
        let pre = linker
            .instantiate_pre(&module)
            .map_err(|error| LoadError::Invalid(format!("{error:#}")))?;
        if let Some(limit) = options.time_limit {
            tick(&engine, limit);
        }
        Ok(Self { pre, options })
    }

    /// A new instance. Its memory is made when it is started.
    #[must_use]
    pub fn instance(&self) -> Instance {
        Instance::new(self)
    }

    /// Plays scenarios with instances of this module.
    ///
    /// ```
    /// use http_wasm_host::engine::{Module, Options};
    /// use http_wasm_host::scenario::Scenario;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let wasm = wat::parse_str(
    ///     r#"(module
    ///         (import "http_handler" "set_status_code" (func $set_status_code (param i32)))
    ///         (memory (export "memory") 1)
    ///         (func (export "handle_request") (result i64)
    ///             (call $set_status_code (i32.const 403))
    ///             (i64.const 0))
    ///         (func (export "handle_response") (param i32 i32)))"#,
    /// )?;
    /// let module = Module::new(&wasm, Options::default())?;
    /// assert_eq!(module.session().run(&Scenario::get("/")).status(), 403);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn session(&self) -> Session<'_, Instance> {
        Session::new(|| self.instance())
    }

    /// Whether it imports this function of the ABI: one that does not can never call it.
    #[must_use]
    pub fn imports(&self, function: Function) -> bool {
        self.pre
            .module()
            .imports()
            .any(|import| import.module() == MODULE && import.name() == function.name())
    }

    /// What its guests may use.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }
}

fn config(options: &Options) -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(options.fuel_limit.is_some())
        .epoch_interruption(options.time_limit.is_some())
        .wasm_tail_call(false)
        .wasm_relaxed_simd(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_extended_const(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false);
    config
}

/// Advances the engine's clock until the engine is gone.
fn tick(engine: &Engine, limit: Duration) {
    let engine = engine.weak();
    let pause = (limit / TICKS as u32).max(Duration::from_millis(1));
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(pause);
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => break,
            }
        }
    });
}

fn check_exports(module: &wasmtime::Module, options: &Options) -> Result<(), LoadError> {
    match module.get_export(exports::MEMORY) {
        Some(ExternType::Memory(memory)) => {
            let found = memory.minimum().saturating_mul(PAGE_SIZE.into());
            if found > options.memory_limit {
                return Err(LoadError::Memory { found, limit: options.memory_limit });
            }
        }
        found => return Err(not_exported(exports::MEMORY, "a memory".to_owned(), found)),
    }
    for (name, wanted, mandatory) in exports::FUNCTIONS {
        match module.get_export(name) {
            None if !mandatory => {}
            Some(ExternType::Func(found)) if has_type(&found, wanted) => {}
            found => return Err(not_exported(name, wanted.to_string(), found)),
        }
    }
    Ok(())
}

fn not_exported(name: &'static str, wanted: String, found: Option<ExternType>) -> LoadError {
    match found {
        None => LoadError::MissingExport { name, wanted },
        Some(found) => LoadError::ExportType { name, found: show_type(&found), wanted },
    }
}

/// Whether a function has this type.
fn has_type(found: &wasmtime::FuncType, wanted: Signature) -> bool {
    let same = |found: ValType, wanted: ValueType| match wanted {
        ValueType::I32 => found.is_i32(),
        ValueType::I64 => found.is_i64(),
    };
    found.params().len() == wanted.params.len()
        && found.params().zip(wanted.params).all(|(found, &wanted)| same(found, wanted))
        && found.results().len() == usize::from(wanted.result.is_some())
        && found.results().zip(wanted.result).all(|(found, wanted)| same(found, wanted))
}

/// A type as messages show it.
fn show_type(ty: &ExternType) -> String {
    match ty {
        ExternType::Func(function) => {
            let list = |types: Vec<String>| types.join(", ");
            let params = list(function.params().map(|ty| ty.to_string()).collect());
            let results = list(function.results().map(|ty| ty.to_string()).collect());
            let results =
                if function.results().len() == 1 { results } else { format!("({results})") };
            format!("({params}) -> {results}")
        }
        ExternType::Global(_) => "a global".to_owned(),
        ExternType::Table(_) => "a table".to_owned(),
        ExternType::Memory(_) => "a memory".to_owned(),
        ExternType::Tag(_) => "a tag".to_owned(),
    }
}
