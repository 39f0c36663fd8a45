//! Features, configuration and log: what concerns the instance rather than a request.

use http_wasm_abi::{Features, Function, LogLevel};

use super::checks::Bytes;
use super::{Exchange, Limits, LogEntry, Trap};

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

    pub(super) fn push(&mut self, mut entry: LogEntry, limits: &Limits) {
        let left = limits.log_bytes.saturating_sub(self.bytes);
        if self.entries.len() >= limits.log_entries || left == 0 {
            self.dropped += 1;
            return;
        }
        let len = entry.message.len();
        self.bytes = self.bytes.saturating_add(len);
        if len > left {
            let is_boundary = |at: &usize| entry.message.is_char_boundary(*at);
            let kept = (0..=left).rev().find(is_boundary).unwrap_or_default();
            entry.message.truncate(kept);
            entry.message += &format!(" [cut: {kept} of {len} bytes]");
        }
        self.entries.push(entry);
    }

    /// Takes all of them out, with a last one that says how many were dropped.
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

impl Exchange {
    /// Switches features on, as `enable_features` does. Gives what is enabled now, or an echo; hosts
    /// differ.
    pub(crate) fn enable_features(&mut self, asked: Features) -> Result<Features, Trap> {
        const ENABLE: Function = Function::EnableFeatures;
        self.check_phase(ENABLE, false)?;
        if self.response.head.is_some() && asked.contains(Features::BUFFER_RESPONSE) {
            self.report(ENABLE, "response buffering was enabled after the response's head was sent: it comes too late; enable features first");
        }
        if self.request_body.is_opened() && asked.contains(Features::BUFFER_REQUEST) {
            self.report(ENABLE, "request buffering was enabled after reading had begun: it comes too late; enable features first");
        }
        let enabled = if self.rules().features_echo { asked } else { self.features.union(asked) };
        let enabled = enabled.without(self.settings.test.missing_features);
        self.enable(enabled);
        Ok(enabled)
    }

    /// The configuration, as `get_config` gives it. Each call counts as one of the guest, for
    /// [`TestSettings::later_configs`](super::TestSettings::later_configs).
    pub(crate) fn config(&mut self) -> Result<&[u8], Trap> {
        self.check_phase(Function::GetConfig, false)?;
        let config = &self.settings.settings.config;
        let later_configs = &self.settings.test.later_configs;
        let replaced = self.config_reads.min(later_configs.len());
        self.config_reads += 1;
        Ok(replaced.checked_sub(1).map_or(config, |index| &later_configs[index]))
    }

    /// Whether a message of this level is written.
    pub(crate) fn log_enabled(&self, level: LogLevel) -> bool {
        level >= self.settings.settings.log_threshold && level != LogLevel::None
    }

    /// Writes a message, as `log` does.
    pub(crate) fn log(&mut self, level: LogLevel, message: Bytes<'_>) -> Result<(), Trap> {
        let is_enabled = self.log_enabled(level);
        // A host that does not write the message does not read it; strictness wants it right anyway.
        if is_enabled || self.rules().validates {
            let message = self.text(Function::Log, "message", message)?;
            if is_enabled {
                let message = message.into_owned();
                self.logs.push(LogEntry { level, message }, &self.settings.settings.limits);
            }
        }
        Ok(())
    }
}
