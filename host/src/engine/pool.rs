//! Keeps instances between requests.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::instance::now;
use super::{Instance, Module};
use http_wasm_model::exchange::{Exchange, InstanceSettings, LogEntry, Settings, Trap};
use http_wasm_model::guest::describe_failed_start;

/// A new instance could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The guest trapped.
    #[error("the guest trapped during initialisation: {}", describe_failed_start(.trap, .logs))]
    Trap {
        /// Why.
        trap: Trap,
        /// What it had logged.
        logs: Vec<LogEntry>,
    },
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
    settings: Arc<InstanceSettings>,
    reuse_after_trap: bool,
    max_idle: usize,
    max_instance_memory: u64,
    idle: Mutex<Vec<PooledBox>>,
    gauge: Arc<Gauge>,
}

/// In a box, because it is moved for each request.
type PooledBox = Box<Pooled>;

struct Pooled {
    instance: Instance,
    settings: Arc<InstanceSettings>,
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
    pub fn new(
        module: Module,
        settings: impl Into<Arc<InstanceSettings>>,
    ) -> Result<Self, StartError> {
        let settings = settings.into();
        let (found, limit) = (settings.settings.config.len(), module.options().config_limit);
        if found > limit {
            return Err(StartError::Config { found, limit });
        }
        let pool = Self {
            module,
            settings,
            reuse_after_trap: false,
            max_idle: usize::MAX,
            max_instance_memory: 8 << 20,
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
    pub const fn max_idle(mut self, most: usize) -> Self {
        self.max_idle = most;
        self
    }

    /// Keeps only instances with at most so many bytes of memory, because memory never shrinks.
    /// 8 MiB unless set.
    #[must_use]
    pub const fn max_instance_memory(mut self, most: u64) -> Self {
        self.max_instance_memory = most;
        self
    }

    /// Makes instances until so many are idle, so that requests need not wait for them.
    ///
    /// # Errors
    ///
    /// When the guest traps during initialisation.
    pub fn prewarm(&self, count: usize) -> Result<(), StartError> {
        let guards = (0..count).map(|_| self.take()).collect::<Result<Vec<_>, _>>()?;
        drop(guards);
        Ok(())
    }

    /// An instance for one request; it goes back when the guard is dropped.
    ///
    /// # Errors
    ///
    /// When a new instance is needed and traps during initialisation.
    pub fn take(&self) -> Result<InstanceGuard<&Self>, StartError> {
        now(self.pop_or_start()).map(|pooled| InstanceGuard { pooled: Some(pooled), pool: self })
    }

    /// Like [`Self::take`], but the guard owns the pool, and the thread is not blocked while a new
    /// instance starts.
    ///
    /// # Errors
    ///
    /// When a new instance is needed and traps during initialisation.
    pub async fn take_owned(self: Arc<Self>) -> Result<InstanceGuard<Arc<Self>>, StartError> {
        let pooled = self.pop_or_start().await?;
        Ok(InstanceGuard { pooled: Some(pooled), pool: self })
    }

    /// An idle instance, if there is one.
    pub(crate) fn try_take_owned(self: &Arc<Self>) -> Option<InstanceGuard<Arc<Self>>> {
        let pooled = self.idle().pop()?;
        Some(InstanceGuard { pooled: Some(pooled), pool: Arc::clone(self) })
    }

    async fn pop_or_start(&self) -> Result<Box<Pooled>, StartError> {
        let idle = self.idle().pop();
        if let Some(pooled) = idle {
            return Ok(pooled);
        }
        let mut instance = self.module.instance();
        *instance.exchange_mut() = Exchange::new(Arc::clone(&self.settings));
        let started = instance.start().await;
        let mut exchange = std::mem::take(instance.exchange_mut());
        let (start_logs, _, _) = exchange.take_records();
        if let Err(trap) = started {
            return Err(StartError::Trap { trap, logs: start_logs });
        }
        let counted = Counted::new(&self.gauge, instance.memory_size());
        let settings = exchange.into_instance_settings();
        Ok(Box::new(Pooled { instance, settings, start_logs, counted }))
    }

    /// Whether it keeps as many instances as were ever needed at once.
    pub(crate) const fn keeps_all(&self) -> bool {
        self.max_idle == usize::MAX
    }

    /// The module of its instances.
    #[must_use]
    pub const fn module(&self) -> &Module {
        &self.module
    }

    /// What holds for all its instances, before they have enabled features.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings.settings
    }

    /// How many instances there are, idle or in use.
    #[must_use]
    pub fn instances(&self) -> usize {
        self.gauge.instances.load(Ordering::Relaxed)
    }

    /// The bytes of memory that they have together; of those in use, when they began.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.gauge.memory.load(Ordering::Relaxed)
    }

    /// How many instances wait for a request, besides those that a layer keeps at hand for its threads.
    #[must_use]
    pub fn idle_instances(&self) -> usize {
        self.idle().len()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<PooledBox>> {
        // Nothing can panic while the list is locked in a state that is not whole.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An instance in use; it goes back to its pool when this is dropped, unless it has trapped or has
/// grown.
pub struct InstanceGuard<P: Deref<Target = Pool>> {
    pool: P,
    /// Taken out when it goes back.
    pooled: Option<Box<Pooled>>,
}

impl<P: Deref<Target = Pool>> InstanceGuard<P> {
    /// The instance, and the settings for its exchanges, for a host that calls the hooks itself.
    #[inline]
    pub fn instance(&mut self) -> (&mut Instance, &Arc<InstanceSettings>) {
        match &mut self.pooled {
            Some(pooled) => (&mut pooled.instance, &pooled.settings),
            None => unreachable!("only drop takes the instance out"),
        }
    }

    /// What the instance logged while it was initialised, unless it was asked for before.
    pub fn take_start_logs(&mut self) -> Vec<LogEntry> {
        self.pooled
            .as_mut()
            .map(|pooled| std::mem::take(&mut pooled.start_logs))
            .unwrap_or_default()
    }

    /// Whether the instance can be used again: it has not trapped, or the pool keeps those, and it has
    /// no more memory than the pool keeps.
    pub(crate) fn is_reusable(&mut self) -> bool {
        let Some(pooled) = &mut self.pooled else { return false };
        let memory = pooled.instance.memory_size();
        pooled.counted.set(memory);
        let pool = &*self.pool;
        (pool.reuse_after_trap || !pooled.instance.has_trapped())
            && memory <= pool.max_instance_memory
    }

    /// Drops the instance: for a request that ended before the guest was done with it, after which its
    /// memory is in an unspecified state.
    pub fn discard(mut self) {
        drop(self.pooled.take());
    }
}

impl<P: Deref<Target = Pool>> Drop for InstanceGuard<P> {
    fn drop(&mut self) {
        // A host that panics has left this instance between its hooks.
        if std::thread::panicking() || !self.is_reusable() {
            return;
        }
        let mut idle = self.pool.idle();
        if idle.len() < self.pool.max_idle {
            idle.extend(self.pooled.take());
        }
    }
}
