//! What all requests through a layer share.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use http_wasm_model::exchange::LogEntry;

use super::Event;
use super::admission::{Admission, Permit, Refused};
use super::limits::LogRate;
use super::slots::{Lease, Slots};
use crate::engine::{Capabilities, Pool};

pub(super) type Observer = dyn Fn(Event<'_>) + Send + Sync;

/// What all requests through a layer share.
pub(super) struct Shared {
    active: RwLock<Arc<ActiveGuest>>,
    /// That of the active guest, to be read without a lock.
    generation: AtomicU64,
    /// There is no service any more that could use an instance.
    closed: AtomicBool,
    pub(super) slots: Slots,
    pub(super) admission: Arc<Admission>,
    pub(super) body_read_timeout: Duration,
    observer: Option<Box<Observer>>,
    log_rate: Mutex<LogRate>,
}

/// The guest that new requests go through.
pub(super) struct ActiveGuest {
    pub(super) pool: Arc<Pool>,
    /// Counted from 1, one more for each guest that becomes active.
    pub(super) generation: u64,
    pub(super) capabilities: Capabilities,
    /// Its pool keeps as many instances as were ever in use, so that threads may keep some.
    pub(super) keeps_instances: bool,
}

/// Held by all layers and services of a [`Shared`]; gives the instances back when the last is dropped,
/// since each of these has a reference to [`Shared`].
pub(super) struct Handle {
    pub(super) shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.shared.slots.clear();
    }
}

impl ActiveGuest {
    fn new(pool: Arc<Pool>, generation: u64) -> Self {
        let capabilities = pool.module().capabilities();
        let keeps_instances = pool.keeps_all();
        Self { pool, generation, capabilities, keeps_instances }
    }
}

impl Shared {
    pub(super) fn new(
        pool: Arc<Pool>,
        admission: Admission,
        body_read_timeout: Duration,
        observer: Option<Box<Observer>>,
        log_rate: LogRate,
    ) -> Self {
        Self {
            active: RwLock::new(Arc::new(ActiveGuest::new(pool, 1))),
            generation: AtomicU64::new(1),
            closed: AtomicBool::new(false),
            slots: Slots::new(),
            admission: Arc::new(admission),
            body_read_timeout,
            observer,
            log_rate: Mutex::new(log_rate),
        }
    }

    /// The guest that new requests go through.
    pub(super) fn active(&self) -> Arc<ActiveGuest> {
        Arc::clone(&self.active.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes another guest the active one.
    pub(super) fn replace(&self, pool: Arc<Pool>) {
        let mut active = self.active.write().unwrap_or_else(PoisonError::into_inner);
        let generation = active.generation + 1;
        *active = Arc::new(ActiveGuest::new(pool, generation));
        self.generation.store(generation, Ordering::SeqCst);
        drop(active);
        self.slots.clear();
    }

    /// Whether instances of this generation are still of use.
    #[inline]
    pub(super) fn serves(&self, generation: u64) -> bool {
        self.generation.load(Ordering::SeqCst) == generation && !self.closed.load(Ordering::SeqCst)
    }

    /// An instance of the active guest, if one can be had at once.
    #[inline]
    pub(super) fn try_acquire(self: &Arc<Self>) -> Option<Lease> {
        let generation = self.generation.load(Ordering::Acquire);
        self.slots.take(generation).or_else(|| self.try_acquire_idle())
    }

    /// An instance that is idle in the pool or at hand for another thread.
    #[cold]
    fn try_acquire_idle(self: &Arc<Self>) -> Option<Lease> {
        let guest = self.active();
        let generation = guest.generation;
        let from_pool = || {
            let permit = self.admission.try_admit()?;
            let guard = guest.pool.try_take_owned()?;
            Some(Lease::new(self, guest, guard, permit))
        };
        from_pool().or_else(|| self.slots.steal(generation))
    }

    /// An instance of the active guest; a new one is started where none is idle.
    pub(super) async fn acquire(self: &Arc<Self>) -> Result<Lease, Refused> {
        let right = match self.try_right() {
            Some(right) => right,
            None => self.admission.wait(|| self.try_right()).await.ok_or(Refused::Busy)?,
        };
        match right {
            Right::Lease(lease) => Ok(*lease),
            Right::Permit(permit) => {
                let guest = self.active();
                let pool = Arc::clone(&guest.pool);
                let guard = pool.take_owned().await.map_err(Refused::Start)?;
                Ok(Lease::new(self, guest, guard, permit))
            }
        }
    }

    /// The right to an instance, or one that another thread keeps, if there is one at once.
    fn try_right(self: &Arc<Self>) -> Option<Right> {
        let permit = self.admission.try_admit().map(Right::Permit);
        permit.or_else(|| {
            let generation = self.generation.load(Ordering::SeqCst);
            self.slots.steal(generation).map(|lease| Right::Lease(Box::new(lease)))
        })
    }

    pub(super) fn has_observer(&self) -> bool {
        self.observer.is_some()
    }

    pub(super) fn emit(&self, event: Event<'_>) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }

    /// Passes on what a guest has logged, at no more than the rate that is allowed.
    pub(super) fn emit_logs(&self, logs: &[LogEntry]) {
        if logs.is_empty() || self.observer.is_none() {
            return;
        }
        let mut dropped = 0;
        for entry in logs {
            let admits = self.log_rate.lock().unwrap_or_else(PoisonError::into_inner).admits();
            if admits {
                self.emit(Event::Log(entry));
            } else {
                dropped += 1;
            }
        }
        if dropped > 0 {
            self.slots.counters().dropped_logs.fetch_add(dropped, Ordering::Relaxed);
            self.emit(Event::LogsDropped(dropped));
        }
    }
}

enum Right {
    Permit(Permit),
    Lease(Box<Lease>),
}

/// Catches a panic of the inner service. What the service shares with others is as whole after it as it
/// would be without a guest.
pub(super) fn catch<R>(act: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(act))
}
