//! Whether a guest will load and run on every host: a verdict over the final bytes.
//!
//! This module knows nothing of how a guest was made; any guest in any language can be checked. All
//! findings are collected, and each names what it is about, what was found and wanted, and what to do.
//!
//! What a guest *does* is not judged here: that takes its recorded exchanges.

mod features;
mod surface;

use serde::Serialize;

pub use features::ACCEPTED;

/// What a guest may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Pages of 64 KiB that its memory has at the start. Every concurrent request costs a whole one.
    pub max_pages: u64,
    /// Bytes of the file.
    pub max_size: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_pages: 16, max_size: None }
    }
}

/// Something that a host will not accept, or that the author should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The export, import or part of the module that it is about.
    pub subject: String,
    /// What was found and what was wanted.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; {}", self.subject, self.message, self.remedy)
    }
}

/// An export or import, with its type in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its name; for imports `module.name`.
    pub name: String,
    /// Its type, such as `(i32, i32) -> i32`.
    #[serde(rename = "type")]
    pub ty: String,
}

/// The verdict over a guest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Bytes of the file.
    pub size: u64,
    /// Pages of memory at the start; `None` where the module could not be read or has no memory.
    pub pages: Option<u64>,
    /// What it exports.
    pub exports: Vec<Item>,
    /// What it imports.
    pub imports: Vec<Item>,
    /// Why some host, or all of them, will not run it.
    pub problems: Vec<Finding>,
    /// What works, but not everywhere or not as one might think.
    pub warnings: Vec<Finding>,
}

impl Report {
    /// Whether every host will load it.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(
        &mut self,
        subject: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.problems.push(Finding {
            subject: subject.into(),
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    fn warning(
        &mut self,
        subject: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.warnings.push(Finding {
            subject: subject.into(),
            message: message.into(),
            remedy: remedy.into(),
        });
    }
}

/// Checks the bytes of a guest.
#[must_use]
pub fn check(bytes: &[u8], limits: &Limits) -> Report {
    let mut report = Report { size: bytes.len() as u64, ..Report::default() };
    if let Some(max) = limits.max_size.filter(|max| report.size > *max) {
        report.problem(
            "size",
            format!("found {} bytes, wanted {max} at most", report.size),
            "leave out what is not used, or raise the limit (--max-size, or `max-size` in the manifest)",
        );
    }
    if let Some(other) = not_a_module(bytes) {
        report.problem("file", other.0, other.1);
        return report;
    }
    if features::check(bytes, &mut report) {
        surface::check(bytes, limits, &mut report);
    }
    report
}

/// What a file is that does not begin as a module does, and the remedy.
fn not_a_module(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const WANTED: &str = "a WebAssembly module begins with the bytes 00 61 73 6d 01 00 00 00";
    const COMPONENT: [u8; 8] = *b"\0asm\x0d\0\x01\0";
    if bytes.is_empty() {
        Some(("found an empty file", "build it again; a copy may have been interrupted"))
    } else if bytes.trim_ascii_start().starts_with(b"(") {
        Some((
            "found text",
            "turn the text format into a binary module first, such as with wat2wasm",
        ))
    } else if bytes.starts_with(&COMPONENT) {
        Some((
            "found a component, wanted a core module",
            "build for wasm32v1-none or wasm32-wasip1",
        ))
    } else if !bytes.starts_with(b"\0asm\x01\0\0\0") {
        Some(("found something that is not WebAssembly", WANTED))
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
