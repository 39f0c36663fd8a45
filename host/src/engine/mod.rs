//! WebAssembly guests, run by wasmtime over the model.
//!
//! A [`Module`] is compiled and checked once; an [`Instance`] of it is a
//! [`Guest`](http_wasm_model::guest::Guest); a [`Pool`] keeps instances for many requests, each pinned to one
//! request at a time. The ABI's functions are linked by going through its table, so there is no
//! second list of them here; WASI is linked only for a guest that imports it, with nothing granted.
//!
//! Modules are held to WebAssembly 2.0 as most hosts are: no threads, tail calls, exceptions,
//! garbage collection, several memories or 64-bit memory. `externref` is not supported; no host of
//! this ABI has a use for it.

mod bodies;
mod bounded;
mod cache;
mod capabilities;
mod deadline;
mod epoch;
mod error;
mod execution;
mod instance;
mod limiter;
mod link;
mod pool;
mod state;
#[cfg(test)]
mod tests;
mod timer;
mod trap;
mod wasi;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http_wasm_abi::PAGE_SIZE;
use wasmtime::{Config, InstanceAllocationStrategy, InstancePre, Linker, PoolingAllocationConfig};

use crate::module_info::{ModuleInfo, interface_faults, printable};
use http_wasm_model::Profile;

pub use bodies::{Bodies, Piece};
pub use cache::is_usable as is_cache_usable;
pub use capabilities::Capabilities;
pub use epoch::TICK;
pub use error::LoadError;
pub use execution::Mode;
pub use instance::{Hook, Instance};
pub use pool::{InstanceGuard, Pool, StartError};
pub use wasi::{EnvironmentError, Folder, Grants};

use execution::Execution;
use state::State;

/// What guests may use, and how they are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whose functions are there; an import of another is an error at load.
    pub profile: Profile,
    /// The longest file that is loaded, in bytes. 16 MiB unless changed.
    pub module_limit: usize,
    /// The most functions of a module, whose compilation takes time and memory for each. 50,000 unless
    /// changed.
    pub function_limit: usize,
    /// The longest function of a module, in bytes, because the time to compile one grows faster than its
    /// length. 512 KiB unless changed.
    pub function_length_limit: usize,
    /// The longest configuration that a guest is given, in bytes. 1 MiB unless changed.
    pub config_limit: usize,
    /// The most bytes of memory that an instance may have. 64 MiB unless changed.
    pub memory_limit: u64,
    /// The most elements that the tables of an instance may have. 20,000 unless changed.
    pub table_limit: u32,
    /// The most time that one hook may run or sleep, to within a [`TICK`]; what it waits for a body does
    /// not count. 10 seconds unless changed; `None`: for ever, and without ever giving its thread away.
    pub time_limit: Option<Duration>,
    /// The most instructions that one hook may execute. `None`, the default, also turns counting
    /// off, which makes guests faster.
    pub fuel_limit: Option<u64>,
    /// Space that is set aside for so many instances at once, of all modules of an engine together,
    /// in addresses and not in memory. Instances are then made in a few microseconds, and one more
    /// than that is an error. `None`, the default: each is allocated by itself.
    pub reserved_instances: Option<u32>,
    /// A folder for compiled guests, so that each is compiled once. It is made if need be, and must not
    /// be writable for others. `None`, the default: nothing is kept.
    pub cache: Option<PathBuf>,
    /// What guests that import WASI are granted. Nothing unless changed.
    pub grants: Grants,
    /// Whether `_initialize` is called, after `_start` where there is one. `None`, the default: as hosts
    /// of the profile do. Traefik embeds the Go host, and calls it all the same.
    pub calls_initialize: Option<bool>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            module_limit: 16 << 20,
            function_limit: 50_000,
            function_length_limit: 512 << 10,
            config_limit: 1 << 20,
            memory_limit: 64 << 20,
            table_limit: 20_000,
            time_limit: Some(Duration::from_secs(10)),
            fuel_limit: None,
            reserved_instances: None,
            cache: None,
            grants: Grants::default(),
            calls_initialize: None,
        }
    }
}

/// What compiles and runs guests; modules that share one share its clock and its space.
#[derive(Clone)]
pub struct Engine {
    engine: wasmtime::Engine,
    options: Arc<Options>,
    granted: Arc<wasi::Granted>,
}

impl Engine {
    /// An engine for guests of these options.
    ///
    /// # Errors
    ///
    /// [`LoadError::Engine`], when the space or the folder for compiled guests cannot be had.
    pub fn new(options: Options) -> Result<Self, LoadError> {
        let failed = |error: wasmtime::Error| LoadError::Engine(format!("{error:#}"));
        let mut config = config(&options);
        if let Some(folder) = &options.cache {
            let cache = cache::open(folder).map_err(|error| {
                LoadError::Engine(format!("no cache in {}: {error}", folder.display()))
            })?;
            config.cache(Some(cache));
        }
        let engine = wasmtime::Engine::new(&config).map_err(failed)?;
        if options.time_limit.is_some() {
            epoch::start(&engine);
        }
        let granted = options.grants.open().map_err(|(folder, error)| {
            LoadError::Engine(format!("cannot grant {}: {error}", folder.display()))
        })?;
        Ok(Self { engine, options: Arc::new(options), granted: Arc::new(granted) })
    }

    /// Compiles and checks the bytes of a `.wasm` file.
    ///
    /// # Errors
    ///
    /// When they are not a module, or not a guest: the error names the export or import.
    pub fn module(&self, wasm: &[u8]) -> Result<Module, LoadError> {
        let options = &self.options;
        if wasm.len() > options.module_limit {
            return Err(LoadError::TooLong { found: wasm.len(), limit: options.module_limit });
        }
        let info = ModuleInfo::read(wasm).map_err(|error| LoadError::Invalid(error.to_string()))?;
        check_functions(&info, options)?;
        // Before it is compiled, for an engine whose space is too small for it.
        check_memory(info.memories.first().map_or(0, |memory| memory.initial_pages), options)?;
        // An error may quote the module's own names.
        let failed = |error: wasmtime::Error| LoadError::Invalid(printable(&format!("{error:#}")));
        let module = wasmtime::Module::from_binary(&self.engine, wasm).map_err(failed)?;
        if let Some(fault) = interface_faults(&info).next() {
            return Err(fault.into());
        }
        let mut linker = Linker::new(&self.engine);
        let trailers = capabilities::may_enable_trailers(&info);
        link::link(&mut linker, &info, options.profile, trailers)?;
        let pre = linker.instantiate_pre(&module).map_err(failed)?;
        let waits = !info.abi_functions(|found| found.may_wait(trailers)).is_empty();
        let execution = if waits || wasi::may_sleep(&info) {
            Execution::Waits
        } else if bounded::is_bounded(&info) {
            Execution::Bounded
        } else {
            Execution::unbounded()
        };
        let capabilities = Capabilities::new(&info, bounded::has_idle_response_hook(&info));
        let granted = Arc::clone(&self.granted);
        Ok(Module { pre, options: Arc::clone(options), granted, waits, execution, capabilities })
    }

    /// What its guests may use.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }
}

/// A compiled guest.
#[derive(Clone)]
pub struct Module {
    pre: InstancePre<State>,
    options: Arc<Options>,
    granted: Arc<wasi::Granted>,
    waits: bool,
    execution: Execution,
    capabilities: Capabilities,
}

impl Module {
    /// Compiles and checks the bytes of a `.wasm` file, with an engine of its own.
    ///
    /// # Errors
    ///
    /// When they are not a module, or not a guest: the error names the export or import.
    pub fn new(wasm: &[u8], options: Options) -> Result<Self, LoadError> {
        Engine::new(options)?.module(wasm)
    }

    /// A new instance. Its memory is made when it is started.
    #[must_use]
    pub fn instance(&self) -> Instance {
        Instance::new(self)
    }

    /// Whether its hooks may have to wait for a body.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.waits
    }

    /// What its guests can do with an exchange.
    #[must_use]
    pub const fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// What its guests may use.
    #[must_use]
    pub fn options(&self) -> &Options {
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
    if let Some(count) = options.reserved_instances {
        let mut pooling = PoolingAllocationConfig::new();
        pooling
            .total_core_instances(count)
            .total_memories(count)
            .total_tables(count)
            .total_stacks(count)
            .max_memory_size(usize::try_from(options.memory_limit).unwrap_or(usize::MAX))
            .table_elements(options.table_limit as usize)
            // What a small guest has is cleared where it is, which is faster than to have it anew.
            .linear_memory_keep_resident(PAGE_SIZE as usize)
            .table_keep_resident(PAGE_SIZE as usize);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pooling));
    }
    config
}

fn check_functions(info: &ModuleInfo, options: &Options) -> Result<(), LoadError> {
    let (found, limit) = (info.bodies.len(), options.function_limit);
    if found > limit {
        return Err(LoadError::Functions { found, limit });
    }
    let longest = info.bodies.iter().map(|body| body.code.len()).max().unwrap_or(0);
    let limit = options.function_length_limit;
    if longest > limit {
        return Err(LoadError::FunctionTooLong { found: longest, limit });
    }
    Ok(())
}

fn check_memory(pages: u64, options: &Options) -> Result<(), LoadError> {
    let (found, limit) = (pages.saturating_mul(PAGE_SIZE.into()), options.memory_limit);
    if found > limit { Err(LoadError::Memory { found, limit }) } else { Ok(()) }
}
