//! Reads what guests logged from Traefik's log.
//!
//! Traefik writes a line to its access log when it is done with a request, after everything that the
//! guest logged for it. So after that line the guest's messages are complete.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use http_wasm_abi::LogLevel;
use http_wasm_model::exchange::LogEntry;
use serde_json::Value;

use super::config;

/// How long Traefik may take from the end of an exchange to its line in the access log.
const LOG_TIMEOUT: Duration = Duration::from_secs(3);

/// Both logs of a running Traefik, and how far they have been read.
#[derive(Debug)]
pub(super) struct Logs {
    log: PathBuf,
    access: PathBuf,
    log_read: usize,
    access_read: usize,
}

impl Logs {
    pub(super) fn new(folder: &Path) -> Self {
        let mut logs = Self {
            log: folder.join(config::LOG_FILE),
            access: folder.join(config::ACCESS_LOG_FILE),
            log_read: 0,
            access_read: 0,
        };
        // What was logged before the first exchange belongs to none.
        logs.log_read = read(&logs.log).len();
        logs
    }

    /// What the guest of this route logged since the last call, in the exchange that has just
    /// ended. `None` when Traefik does not report its end.
    pub(super) async fn of_next_exchange(&mut self, route: usize) -> Option<Vec<LogEntry>> {
        let end = Instant::now() + LOG_TIMEOUT;
        while !self.access_line_of(&config::router_name(route)) {
            if Instant::now() > end {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let text = read(&self.log);
        let new = text.get(self.log_read..).unwrap_or_default();
        let lines = guest_lines(new, &config::middleware_name(route));
        self.log_read = text.len();
        Some(lines)
    }

    /// Reads the access log up to the next line of this router.
    fn access_line_of(&mut self, router: &str) -> bool {
        let text = read(&self.access);
        while let Some((line, _)) =
            text.get(self.access_read..).and_then(|new| new.split_once('\n'))
        {
            self.access_read += line.len() + 1;
            if json(line)["RouterName"] == router {
                return true;
            }
        }
        false
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_default()
}

/// The messages of one middleware's guest. Traefik logs its own messages with the same logger; the
/// caller in Traefik's source distinguishes them.
fn guest_lines(log: &str, middleware: &str) -> Vec<LogEntry> {
    let guest = |line: &Value| {
        line["middlewareType"] == "wasm"
            && line["middlewareName"] == middleware
            && line["caller"].as_str().is_some_and(|caller| caller.contains("/logs/wasm.go:"))
    };
    log.lines()
        .map(json)
        .filter(guest)
        .filter_map(|line| {
            let name = line["level"].as_str()?;
            let level = LogLevel::ALL.into_iter().find(|level| level.name() == name)?;
            // zerolog leaves an empty message out.
            let message = line["message"].as_str().unwrap_or_default().to_owned();
            Some(LogEntry { level, message })
        })
        .collect()
}

/// Whether Traefik logged that it runs without the dynamic configuration.
pub(super) fn rejects_configuration(folder: &Path) -> bool {
    read(&folder.join(config::LOG_FILE)).contains("Cannot start the provider *file.Provider")
}

/// Shortens a line of the log: whether it is an error, and its text.
pub(super) fn brief(line: &str) -> (bool, String) {
    let value = json(line);
    let Some(level) = value["level"].as_str() else { return (true, line.to_owned()) };
    let mut text = format!("{level}: {}", value["message"].as_str().unwrap_or_default().trim());
    if let Some(error) = value["error"].as_str() {
        text = format!("{text}: {error}");
    }
    (matches!(level, "error" | "fatal" | "panic"), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = r#"
{"level":"debug","middlewareName":"middleware0@file","middlewareType":"wasm","caller":"github.com/traefik/traefik/v3/pkg/observability/logs/wasm.go:31","message":"of another"}
{"level":"warn","middlewareName":"middleware1@file","middlewareType":"wasm","caller":"github.com/traefik/traefik/v3/pkg/observability/logs/wasm.go:31","message":"first \"quoted\""}
{"level":"debug","middlewareName":"middleware1@file","middlewareType":"wasm","caller":"github.com/traefik/traefik/v3/pkg/plugins/middlewarewasm.go:129","message":"[wasm] middleware Close ok"}
{"level":"debug","message":"Service selected by WRR: http://127.0.0.1:1"}
{"level":"info","middlewareName":"middleware1@file","middlewareType":"wasm","caller":"github.com/traefik/traefik/v3/pkg/observability/logs/wasm.go:31"}
not json
"#;

    #[test]
    fn only_this_guests_messages_are_taken() {
        let lines = guest_lines(LOG, "middleware1@file");
        let expected = [(LogLevel::Warn, "first \"quoted\""), (LogLevel::Info, "")];
        let expected = expected.map(|(level, text)| LogEntry { level, message: text.to_owned() });
        assert_eq!(lines, expected);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn an_exchange_ends_with_its_line_in_the_access_log() {
        let folder = tempfile::tempdir().unwrap();
        let (log, access) =
            (folder.path().join(config::LOG_FILE), folder.path().join(config::ACCESS_LOG_FILE));
        fs::write(&log, "{\"level\":\"debug\",\"message\":\"before\"}\n").unwrap();
        fs::write(&access, "{\"RouterName\":\"ready1@file\"}\n").unwrap();
        let mut logs = Logs::new(folder.path());
        let before = fs::read_to_string(&log).unwrap();
        fs::write(&log, format!("{before}{LOG}")).unwrap();
        let later = {
            let access = access.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                let old = fs::read_to_string(&access).unwrap();
                fs::write(&access, format!("{old}{{\"RouterName\":\"router1@file\"}}\n")).unwrap();
            })
        };
        assert_eq!(logs.of_next_exchange(1).await.unwrap().len(), 2);
        later.await.unwrap();
        assert!(logs.access_read > 0);
    }

    #[test]
    fn a_shortened_line_keeps_the_reason() {
        let line = r#"{"level":"error","message":"Plugins are disabled","error":"no manifest"}"#;
        assert_eq!(brief(line), (true, "error: Plugins are disabled: no manifest".to_owned()));
        assert!(!brief(r#"{"level":"info","message":"x"}"#).0);
        assert_eq!(brief("panic: boom"), (true, "panic: boom".to_owned()));
    }
}
