//! What has to do with the instance rather than with a request: features, configuration, log.

use http_wasm_abi::{Features, LogLevel};

use super::call::Call;
use super::{Limits, LogEntry, Settings, Trap, TrapKind};

/// The messages of a hook, within limits.
#[derive(Clone, Debug, Default)]
pub(super) struct Logs {
    entries: Vec<LogEntry>,
    bytes: usize,
    dropped: usize,
}

impl Logs {
    pub(super) fn entries(&self) -> &[LogEntry] {
        &self.entries
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.dropped == 0
    }

    pub(super) fn push(&mut self, entry: LogEntry, limits: &Limits) {
        let bytes = self.bytes.saturating_add(entry.message.len());
        if self.entries.len() >= limits.log_entries || bytes > limits.log_bytes {
            self.dropped += 1;
        } else {
            self.bytes = bytes;
            self.entries.push(entry);
        }
    }

    /// Takes all of them out, with a last one that tells of those that were dropped.
    pub(super) fn take(&mut self) -> Vec<LogEntry> {
        let taken = std::mem::take(self);
        let mut entries = taken.entries;
        if taken.dropped > 0 {
            let message = format!("{} more messages were not kept", taken.dropped);
            entries.push(LogEntry { level: LogLevel::Warn, message });
        }
        entries
    }
}

impl Call<'_> {
    pub(super) fn enable_features(&mut self, bits: u32) -> Result<u64, Trap> {
        let asked = Features::from_bits(bits);
        self.argument(|| asked.to_string());
        self.check_phase(false)?;
        if self.exchange.response.head.is_some() && asked.contains(Features::BUFFER_RESPONSE) {
            self.report("response buffering was enabled after the response's head was sent: it comes too late; enable features first");
        }
        if self.exchange.request_body.is_opened() && asked.contains(Features::BUFFER_REQUEST) {
            self.report("request buffering was enabled after reading had begun: it comes too late; enable features first");
        }
        let enabled = if self.exchange.rules().features_echo {
            asked
        } else {
            self.exchange.features.union(asked)
        };
        let enabled = enabled.without(self.exchange.settings.missing_features);
        self.exchange.enable(enabled);
        self.result(|| enabled.to_string());
        Ok(enabled.bits().into())
    }

    pub(super) fn get_config(&mut self, buf: u64, limit: u32) -> Result<u64, Trap> {
        self.check_phase(false)?;
        let reads_before = self.exchange.config_reads;
        self.exchange.config_reads += 1;
        self.give(buf, limit, |exchange| {
            let Settings { config, later_configs, .. } = &*exchange.settings;
            let replaced = reads_before.min(later_configs.len());
            replaced.checked_sub(1).map_or(config, |index| &later_configs[index])
        })
    }

    /// The level, or `None` for a number without a name where the host does not care.
    fn level(&mut self, level: i32) -> Result<Option<LogLevel>, Trap> {
        let known = LogLevel::from_i32(level);
        self.argument(|| known.map_or_else(|| level.to_string(), |known| known.to_string()));
        if known.is_none() && self.exchange.rules().validates {
            let message = format!("found log level {level}, wanted -1 (debug) to 3 (none)");
            return Err(self.trap(TrapKind::Number, message));
        }
        Ok(known)
    }

    fn is_enabled(&self, level: LogLevel) -> bool {
        level >= self.exchange.settings.log_threshold && level != LogLevel::None
    }

    pub(super) fn log_enabled(&mut self, level: i32) -> Result<u64, Trap> {
        let known = self.level(level)?;
        let enabled = known.is_some_and(|level| self.is_enabled(level));
        self.result(|| enabled.to_string());
        Ok(enabled.into())
    }

    pub(super) fn log(&mut self, level: i32, ptr: u64, len: u32) -> Result<u64, Trap> {
        let known = self.level(level)?.filter(|&level| self.is_enabled(level));
        // A host that does not write the message does not read it; strictness wants it right anyway.
        if known.is_none() && !self.exchange.rules().validates {
            return Ok(0);
        }
        let message = self.read_text("message", (ptr, len))?;
        if let Some(level) = known {
            let exchange = &mut *self.exchange;
            exchange.logs.push(LogEntry { level, message }, &exchange.settings.limits);
        }
        Ok(0)
    }
}
