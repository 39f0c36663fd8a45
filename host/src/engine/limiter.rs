//! The limits of what an instance may have, which remember whether it wanted more.

use wasmtime::ResourceLimiter;

use super::Options;

/// Limits memory and tables of an instance.
#[derive(Debug)]
pub(super) struct Limiter {
    memory: usize,
    table: usize,
    refused: Option<Refused>,
}

/// What an instance was refused.
#[derive(Clone, Copy, Debug)]
enum Refused {
    Memory { wanted: usize },
    Table { wanted: usize },
}

impl Limiter {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            memory: usize::try_from(options.memory_limit).unwrap_or(usize::MAX),
            table: usize::try_from(options.table_limit).unwrap_or(usize::MAX),
            refused: None,
        }
    }

    /// Forgets what was refused before: another hook begins.
    #[inline]
    pub(super) fn reset(&mut self) {
        self.refused = None;
    }

    /// Says what was refused last, for the message of a trap that followed.
    pub(super) fn refusal(&self) -> Option<String> {
        Some(match self.refused? {
            Refused::Memory { wanted } => format!(
                "it had asked for {wanted} bytes of memory, and the limit is {}; raise it (`memory_limit`, --max-memory of serve), or use less",
                self.memory
            ),
            Refused::Table { wanted } => format!(
                "it had asked for a table of {wanted} elements, and the limit is {}; raise it (`table_limit`), or use less",
                self.table
            ),
        })
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        _: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = desired <= self.memory;
        // What its own maximum forbids is not for want of ours.
        if !allowed && maximum.is_none_or(|maximum| desired <= maximum) {
            self.refused = Some(Refused::Memory { wanted: desired });
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = desired <= self.table;
        if !allowed && maximum.is_none_or(|maximum| desired <= maximum) {
            self.refused = Some(Refused::Table { wanted: desired });
        }
        Ok(allowed)
    }
}
