//! The logger behind the macros of the crate `log`.

use ::log::{LevelFilter, Log, Metadata, Record};

use super::message::{self, Level};
use crate::backend;

/// Sends what is logged through the facade to the host.
struct HostLogger;

/// Makes this the logger of the facade, unless there is one: once per instance.
pub(crate) fn install() {
    if ::log::set_logger(&HostLogger).is_ok() {
        // Natively every message is looked at by itself, since tests with different hosts run at the
        // same time.
        let native = cfg!(not(target_family = "wasm"));
        ::log::set_max_level(if native { LevelFilter::Trace } else { most(message::enabled) });
    }
}

/// The lowest level that the host writes.
fn most(enabled: impl Fn(Level) -> bool) -> LevelFilter {
    let levels = [
        // The host knows nothing below debug.
        (Level::Debug, LevelFilter::Trace),
        (Level::Info, LevelFilter::Info),
        (Level::Warn, LevelFilter::Warn),
        (Level::Error, LevelFilter::Error),
    ];
    levels
        .into_iter()
        .find(|(level, _)| enabled(*level))
        .map_or(LevelFilter::Off, |(_, filter)| filter)
}

const fn level(level: ::log::Level) -> Level {
    match level {
        ::log::Level::Error => Level::Error,
        ::log::Level::Warn => Level::Warn,
        ::log::Level::Info => Level::Info,
        ::log::Level::Debug | ::log::Level::Trace => Level::Debug,
    }
}

impl Log for HostLogger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        backend::is_in_exchange() && message::enabled(level(metadata.level()))
    }

    fn log(&self, record: &Record<'_>) {
        if backend::is_in_exchange() {
            message::format(level(record.level()), *record.args());
        }
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_level_of_the_host_is_that_of_the_facade() {
        assert_eq!(most(|_| true), LevelFilter::Trace);
        assert_eq!(most(|level| level != Level::Debug), LevelFilter::Info);
        assert_eq!(most(|level| matches!(level, Level::Warn | Level::Error)), LevelFilter::Warn);
        assert_eq!(most(|level| level == Level::Error), LevelFilter::Error);
        assert_eq!(most(|_| false), LevelFilter::Off);
    }
}
