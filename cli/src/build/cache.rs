//! What `wasm-opt` made of a module the last time: it takes longer than all other stages of a warm
//! build together.
//!
//! The entry holds the very bytes that went in and the exact command, not a hash of them.

use std::path::{Path, PathBuf};

use super::{Error, optimise, write};
use crate::tools::WasmOpt;

/// The cache of one filter.
pub(super) struct Entry {
    input: PathBuf,
    output: PathBuf,
    key: PathBuf,
    tool: String,
}

impl Entry {
    /// The entry beside `path`, for results of this program.
    pub(super) fn new(path: &Path, wasm_opt: &WasmOpt) -> Self {
        Self {
            input: path.with_extension("in.wasm"),
            output: path.with_extension("out.wasm"),
            key: path.with_extension("key"),
            tool: identity(wasm_opt),
        }
    }

    /// The result for this input, when it is known.
    pub(super) fn get(&self, input: &[u8]) -> Option<Vec<u8>> {
        let fits = std::fs::read(&self.key).ok()? == self.tool.as_bytes()
            && std::fs::read(&self.input).ok()? == input;
        if fits { std::fs::read(&self.output).ok() } else { None }
    }

    /// Keeps a result. The key is dropped first and written last: an entry that was interrupted fits
    /// nothing.
    pub(super) fn put(&self, input: &[u8], output: &[u8]) -> Result<(), Error> {
        match std::fs::remove_file(&self.key) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::File {
                    action: "cannot remove",
                    path: self.key.clone(),
                    source,
                });
            }
            _ => {}
        }
        write(&self.input, input)?;
        write(&self.output, output)?;
        write(&self.key, self.tool.as_bytes())
    }
}

/// What decides the result beside the input. A program that was replaced by another of the same
/// version has another time or length.
fn identity(wasm_opt: &WasmOpt) -> String {
    let file = std::fs::metadata(wasm_opt.program()).ok();
    let len = file.as_ref().map_or(0, std::fs::Metadata::len);
    let time = file.and_then(|file| file.modified().ok());
    format!(
        "{}\n{}\n{len}\n{time:?}\n{}",
        wasm_opt.program().display(),
        wasm_opt.version(),
        optimise::FLAGS.join(" ")
    )
}
