//! Keeps instances between requests.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Instance, Module};
use http_wasm_model::exchange::{Exchange, LogEntry, Settings, Trap};
use http_wasm_model::guest::Guest;

/// A new instance could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The guest trapped.
    #[error("the guest trapped during initialisation: {0}")]
    Trap(Trap),
    /// The configuration is longer than the limit.
    #[error(
        "the configuration has {found} bytes, wanted at most {limit}; shorten it, or raise the limit"
    )]
    Config {
        /// How long it is, in bytes.
        found: usize,
        /// How long it may be, in bytes.
        limit: usize,
    },
}

/// Instances of one module with one configuration, as many as requests are played at once.
///
/// An instance serves one request at a time and is then reused, with whatever its memory holds. It
/// is not when it has trapped, when the request ended before the guest was done with it, or when it
/// has more memory than is worth keeping.
pub struct Pool {
    module: Module,
    settings: Arc<Settings>,
    reuse_after_trap: bool,
    most_idle: usize,
    most_memory: u64,
    idle: Mutex<Vec<Kept>>,
    gauge: Arc<Gauge>,
}

/// In a box, because it is moved for each request.
type Kept = Box<Idle>;

struct Idle {
    instance: Instance,
    /// Room for an exchange.
    exchange: Box<Exchange>,
    settings: Arc<Settings>,
    /// What was logged while it was initialised, until somebody asks.
    start_logs: Vec<LogEntry>,
    counted: Counted,
}

/// How many instances there are, and their memory.
#[derive(Debug, Default)]
struct Gauge {
    instances: AtomicUsize,
    memory: AtomicU64,
}

/// An instance's share of the gauge.
struct Counted {
    gauge: Arc<Gauge>,
    memory: u64,
}

impl Counted {
    fn new(gauge: &Arc<Gauge>, memory: u64) -> Self {
        gauge.instances.fetch_add(1, Ordering::Relaxed);
        gauge.memory.fetch_add(memory, Ordering::Relaxed);
        Self { gauge: Arc::clone(gauge), memory }
    }

    fn set(&mut self, memory: u64) {
        if self.memory != memory {
            // Wraps round where it is less, and back.
            self.gauge.memory.fetch_add(memory.wrapping_sub(self.memory), Ordering::Relaxed);
            self.memory = memory;
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.gauge.instances.fetch_sub(1, Ordering::Relaxed);
        self.gauge.memory.fetch_sub(self.memory, Ordering::Relaxed);
    }
}

impl Pool {
    /// A pool with its first instance, so that a guest that cannot start fails here and not at the
    /// first request.
    ///
    /// # Errors
    ///
    /// When the guest traps during initialisation, or its configuration is too long.
    pub fn new(module: Module, settings: impl Into<Arc<Settings>>) -> Result<Self, StartError> {
        let settings = settings.into();
        let (found, limit) = (settings.config.len(), module.options().config_limit);
        if found > limit {
            return Err(StartError::Config { found, limit });
        }
        let pool = Self {
            module,
            settings,
            reuse_after_trap: false,
            most_idle: usize::MAX,
            most_memory: 8 << 20,
            idle: Mutex::default(),
            gauge: Arc::default(),
        };
        drop(pool.take()?);
        Ok(pool)
    }

    /// Keeps instances that have trapped, as the official Go host does. Off unless asked for: a new
    /// instance takes their place.
    #[must_use]
    pub const fn reuse_after_trap(mut self, reuse: bool) -> Self {
        self.reuse_after_trap = reuse;
        self
    }

    /// Keeps at most so many instances while no request needs them. Unless set, as many as were ever
    /// needed at once.
    #[must_use]
    pub const fn most_idle(mut self, most: usize) -> Self {
        self.most_idle = most;
        self
    }

    /// Keeps only instances with at most so many bytes of memory, because memory never shrinks.
    /// 8 MiB unless set.
    #[must_use]
    pub const fn most_memory(mut self, most: u64) -> Self {
        self.most_memory = most;
        self
    }

    /// Makes instances until so many are idle, so that requests need not wait for them.
    ///
    /// # Errors
    ///
    /// When the guest traps during initialisation.
    pub fn warm(&self, count: usize) -> Result<(), StartError> {
        let pinned = (0..count).map(|_| self.take()).collect::<Result<Vec<_>, _>>()?;
        drop(pinned);
        Ok(())
    }

    /// An instance, pinned for one request; it goes back when the result is dropped.
    ///
    /// # Errors
    ///
    /// When a new instance is needed and traps during initialisation.
    pub fn take(&self) -> Result<Pinned<&Self>, StartError> {
        let idle = self.pop();
        let idle = match idle {
            Some(idle) => idle,
            None => {
                let mut instance = self.module.instance();
                let mut exchange = Exchange::new(Arc::clone(&self.settings));
                let result = instance.start(&mut exchange);
                self.started(instance, exchange, result)?
            }
        };
        Ok(Pinned { idle: Some(idle), pool: self })
    }

    /// As [`Self::take`], for an instance that outlives the borrow of the pool, and without blocking
    /// the thread while a new one starts.
    ///
    /// # Errors
    ///
    /// When a new instance is needed and traps during initialisation.
    pub async fn take_owned(self: Arc<Self>) -> Result<Pinned<Arc<Self>>, StartError> {
        let idle = self.pop();
        let idle = match idle {
            Some(idle) => idle,
            None => {
                let mut instance = self.module.instance();
                let mut exchange = Exchange::new(Arc::clone(&self.settings));
                let result = instance.start_streaming(&mut exchange).await;
                self.started(instance, exchange, result)?
            }
        };
        Ok(Pinned { idle: Some(idle), pool: self })
    }

    /// An instance that is idle, if there is one.
    pub(crate) fn try_take_owned(self: &Arc<Self>) -> Option<Pinned<Arc<Self>>> {
        let idle = self.pop()?;
        Some(Pinned { idle: Some(idle), pool: Arc::clone(self) })
    }

    fn pop(&self) -> Option<Kept> {
        self.idle().pop()
    }

    fn started(
        &self,
        instance: Instance,
        mut exchange: Exchange,
        result: Result<(), Trap>,
    ) -> Result<Kept, StartError> {
        result.map_err(StartError::Trap)?;
        let (start_logs, _, _) = exchange.take_records();
        let counted = Counted::new(&self.gauge, instance.memory_size());
        let settings = exchange.into_shared_settings();
        Ok(Box::new(Idle { instance, exchange: Box::default(), settings, start_logs, counted }))
    }

    /// Whether it keeps as many instances as were ever needed at once.
    pub(crate) const fn keeps_all(&self) -> bool {
        self.most_idle == usize::MAX
    }

    /// The module of its instances.
    #[must_use]
    pub const fn module(&self) -> &Module {
        &self.module
    }

    /// What holds for all its instances, before they have enabled features.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How many instances there are, idle or at work.
    #[must_use]
    pub fn instances(&self) -> usize {
        self.gauge.instances.load(Ordering::Relaxed)
    }

    /// The bytes of memory that they have together; of those at work, when they began.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.gauge.memory.load(Ordering::Relaxed)
    }

    /// How many instances wait for a request, besides those that a layer keeps at hand for its threads.
    #[must_use]
    pub fn idle_instances(&self) -> usize {
        self.idle().len()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Kept>> {
        // Nothing can panic while the list is locked in a state that is not whole.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An instance that serves one request.
pub struct Pinned<P: Deref<Target = Pool>> {
    pool: P,
    /// Taken out when it goes back.
    idle: Option<Kept>,
}

impl<P: Deref<Target = Pool>> Pinned<P> {
    /// The instance, and the settings for its exchanges, for a host that drives the hooks itself.
    pub fn instance(&mut self) -> (&mut Instance, &Arc<Settings>) {
        let Idle { instance, settings, .. } = self.parts();
        (instance, settings)
    }

    /// The instance, and room for the exchange that it works on.
    pub(crate) fn at_work(&mut self) -> (&mut Instance, &mut Box<Exchange>) {
        let Idle { instance, exchange, .. } = self.parts();
        (instance, exchange)
    }

    /// Room for an exchange, and its settings.
    pub(crate) fn room(&mut self) -> (&mut Exchange, &Arc<Settings>) {
        let Idle { exchange, settings, .. } = self.parts();
        (exchange, settings)
    }

    fn parts(&mut self) -> &mut Idle {
        match &mut self.idle {
            Some(idle) => idle,
            None => unreachable!("only drop takes the instance out"),
        }
    }

    /// What the instance logged while it was initialised, if nobody has asked before.
    pub fn take_start_logs(&mut self) -> Vec<LogEntry> {
        self.idle.as_mut().map(|idle| std::mem::take(&mut idle.start_logs)).unwrap_or_default()
    }

    /// Throws the instance away: for a request that ended before the guest was done with it, after
    /// which nobody knows what its memory holds.
    pub fn discard(mut self) {
        drop(self.idle.take());
    }
}

impl<P: Deref<Target = Pool>> Drop for Pinned<P> {
    fn drop(&mut self) {
        // A host that panics has left this instance between its hooks.
        let Some(mut idle) = self.idle.take().filter(|_| !std::thread::panicking()) else { return };
        let memory = idle.instance.memory_size();
        idle.counted.set(memory);
        let is_good = self.pool.reuse_after_trap || !idle.instance.has_trapped();
        if is_good && memory <= self.pool.most_memory {
            let mut kept = self.pool.idle();
            if kept.len() < self.pool.most_idle {
                kept.push(idle);
            }
        }
    }
}
