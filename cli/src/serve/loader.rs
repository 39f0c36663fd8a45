//! Loads a guest from a file into a layer.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http_wasm_abi::LogLevel;
use http_wasm_host::engine::{Engine, Options, Pool};
use http_wasm_host::layer::{Capacity, Event, GuestLayer};
use http_wasm_model::Profile;
use http_wasm_model::exchange::{Limits, Settings};

use super::{Error, progress};

/// A guest to load.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Its file.
    pub wasm: PathBuf,
    /// What it reads as its configuration; empty: none.
    pub config: Vec<u8>,
    /// Messages below this level are not logged.
    pub log: LogLevel,
}

/// How guests are run.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// What guests may use.
    pub engine: Options,
    /// How much of a message may be held in memory.
    pub limits: Limits,
    /// How many instances there are of each guest.
    pub capacity: Capacity,
    /// How long a guest waits for the next piece of a body; the layer's default unless set.
    pub body_read_timeout: Option<Duration>,
    /// How many messages of a guest are passed on in a second; the layer's default unless set.
    pub log_rate: Option<u32>,
    /// Whether the observer receives each call of a host function.
    pub trace: bool,
}

/// Loads guests that share an engine.
#[derive(Clone)]
pub struct Loader {
    engine: Engine,
    options: LoadOptions,
}

impl Loader {
    /// A loader with these options.
    ///
    /// # Errors
    /// When the engine cannot be set up.
    pub fn new(options: LoadOptions) -> Result<Self, Error> {
        let engine = Engine::new(options.engine.clone()).map_err(Error::Engine)?;
        Ok(Self { engine, options })
    }

    /// Loads a guest and starts its first instance. `observer` receives the events of both.
    ///
    /// # Errors
    /// When it cannot be loaded or started.
    pub fn load(
        &self,
        guest: &Guest,
        observer: impl Fn(Event<'_>) + Send + Sync + 'static,
    ) -> Result<GuestLayer, Error> {
        let pool = self.pool(guest)?;
        // What it logs while it starts belongs to no request.
        let start = |source| Error::Start { path: guest.wasm.clone(), source };
        for entry in pool.take().map_err(start)?.take_start_logs() {
            observer(Event::Log(&entry));
        }
        let mut builder = GuestLayer::builder(Arc::new(pool)).capacity(self.options.capacity);
        if let Some(timeout) = self.options.body_read_timeout {
            builder = builder.body_read_timeout(timeout);
        }
        if let Some(most) = self.options.log_rate {
            builder = builder.log_rate(most);
        }
        Ok(builder.observe(observer).build())
    }

    /// The instances of a guest, the first of them started.
    ///
    /// # Errors
    /// When it cannot be loaded or started.
    pub fn pool(&self, guest: &Guest) -> Result<Pool, Error> {
        let path = || guest.wasm.clone();
        let wasm = read(&guest.wasm)?;
        let module = progress::shown(&guest.wasm, wasm.len(), || self.engine.module(&wasm));
        let module = module.map_err(|source| Error::Load { path: path(), source })?;
        let settings = Settings {
            profile: self.options.engine.profile,
            config: guest.config.clone(),
            log_threshold: guest.log,
            record_calls: self.options.trace,
            limits: self.options.limits,
        };
        Pool::new(module, settings).map_err(|source| Error::Start { path: path(), source })
    }
}

/// Loads a guest with an engine of its own and with defaults.
///
/// # Errors
/// When it cannot be loaded or started.
pub fn load(
    guest: &Guest,
    profile: Profile,
    observer: impl Fn(Event<'_>) + Send + Sync + 'static,
) -> Result<GuestLayer, Error> {
    let options = Options { profile, ..Options::default() };
    Loader::new(LoadOptions { engine: options, ..LoadOptions::default() })?.load(guest, observer)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}
