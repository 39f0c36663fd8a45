//! Keeps instances between requests.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Instance, Module};
use crate::exchange::{LogEntry, NextError, Request, Response, Settings, Trap};
use crate::guest::{self, Guest, Outcome};

/// A new instance could not be initialised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the guest trapped during initialisation: {0}")]
pub struct StartError(pub Trap);

/// Instances of one module with one configuration, as many as requests are played at once.
///
/// An instance serves one request at a time and is then reused, with whatever its memory holds.
pub struct Pool {
    module: Module,
    settings: Settings,
    reuse_after_trap: bool,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    instance: Instance,
    settings: Settings,
    /// What was logged while it was initialised, until somebody asks.
    start_logs: Vec<LogEntry>,
}

impl Pool {
    /// A pool with its first instance, so that a guest that cannot start fails here and not at the
    /// first request.
    ///
    /// # Errors
    ///
    /// When the guest traps during initialisation.
    pub fn new(module: Module, settings: Settings) -> Result<Self, StartError> {
        let pool = Self { module, settings, reuse_after_trap: false, idle: Mutex::default() };
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

    /// An instance, pinned for one request; it goes back when the result is dropped.
    ///
    /// # Errors
    ///
    /// When a new instance is needed and traps during initialisation.
    pub fn take(&self) -> Result<Pinned<&Self>, StartError> {
        Ok(Pinned { idle: Some(self.pop()?), pool: self })
    }

    /// As [`Self::take`], for an instance that outlives the borrow of the pool.
    ///
    /// # Errors
    ///
    /// When a new instance is needed and traps during initialisation.
    pub fn take_owned(self: Arc<Self>) -> Result<Pinned<Arc<Self>>, StartError> {
        Ok(Pinned { idle: Some(self.pop()?), pool: self })
    }

    fn pop(&self) -> Result<Idle, StartError> {
        let idle = self.idle().pop();
        if let Some(idle) = idle {
            return Ok(idle);
        }
        let mut instance = self.module.instance();
        let started = guest::start(&mut instance, self.settings.clone());
        match started.trap {
            None => Ok(Idle { instance, settings: started.settings, start_logs: started.logs }),
            Some(trap) => Err(StartError(trap)),
        }
    }

    /// The module of its instances.
    #[must_use]
    pub const fn module(&self) -> &Module {
        &self.module
    }

    /// Plays one exchange on an instance of this pool.
    ///
    /// # Errors
    ///
    /// When a new instance is needed and traps during initialisation.
    pub fn run(
        &self,
        request: Request,
        next: &mut dyn FnMut(&Request) -> Result<Response, NextError>,
    ) -> Result<Outcome, StartError> {
        Ok(self.take()?.run(request, next))
    }

    /// How many instances wait for a request.
    #[must_use]
    pub fn idle_instances(&self) -> usize {
        self.idle().len()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        // Nothing can panic while the list is locked in a state that is not whole.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An instance that serves one request.
pub struct Pinned<P: Deref<Target = Pool>> {
    pool: P,
    /// Taken out when it goes back.
    idle: Option<Idle>,
}

impl<P: Deref<Target = Pool>> Pinned<P> {
    /// Plays one exchange.
    pub fn run(
        mut self,
        request: Request,
        next: &mut dyn FnMut(&Request) -> Result<Response, NextError>,
    ) -> Outcome {
        match &mut self.idle {
            Some(Idle { instance, settings, .. }) => guest::run(instance, settings, request, next),
            None => unreachable!("only drop takes the instance out"),
        }
    }

    /// The guest, and the settings for its exchanges, for a host that drives the hooks itself.
    pub fn guest(&mut self) -> (&mut dyn Guest, &Settings) {
        match &mut self.idle {
            Some(Idle { instance, settings, .. }) => (instance, settings),
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
        if let Some(idle) = self.idle.take()
            && !std::thread::panicking()
            && (self.pool.reuse_after_trap || !idle.instance.has_trapped())
        {
            self.pool.idle().push(idle);
        }
    }
}
