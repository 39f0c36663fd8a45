//! What `wasm-opt` made of a module the last time: it takes longer than all other stages of a warm
//! build together.
//!
//! An entry is one file, so that builds that run at once cannot mix theirs. It holds the very bytes that
//! went in and the exact command, and a sum over everything, so that a damaged entry is no entry.

use std::hash::Hasher as _;
use std::path::{Path, PathBuf};

use super::{Error, optimise, write};
use crate::tools::WasmOpt;

/// The cache of one filter.
pub(super) struct Entry {
    path: PathBuf,
    tool: String,
}

impl Entry {
    /// The entry beside `path`, for results of this program.
    pub(super) fn new(path: &Path, wasm_opt: &WasmOpt) -> Self {
        Self { path: path.with_extension("cache"), tool: identity(wasm_opt) }
    }

    /// The result for this input, when it is known.
    pub(super) fn get(&self, input: &[u8]) -> Option<Vec<u8>> {
        let entry = std::fs::read(&self.path).ok()?;
        let (sum, parts) = entry.split_first_chunk()?;
        let output = parts.strip_prefix(&*self.key(input))?;
        (*sum == checksum(parts)).then(|| output.to_vec())
    }

    /// Keeps a result.
    pub(super) fn put(&self, input: &[u8], output: &[u8]) -> Result<(), Error> {
        let parts = [&*self.key(input), output].concat();
        write(&self.path, &[&checksum(&parts)[..], &parts].concat())
    }

    /// What decides a result. With the lengths, no key is the beginning of another.
    fn key(&self, input: &[u8]) -> Vec<u8> {
        let (tool, length) =
            (self.tool.as_bytes(), |part: &[u8]| (part.len() as u64).to_le_bytes());
        [&length(tool)[..], tool, &length(input), input].concat()
    }
}

/// A sum against damage; another compiler may give another one, and then nothing is known.
fn checksum(bytes: &[u8]) -> [u8; 8] {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish().to_le_bytes()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_known_for_its_input_and_tool_and_only_undamaged() {
        let folder = tempfile::tempdir().unwrap();
        let entry =
            |tool: &str| Entry { path: folder.path().join("a.cache"), tool: tool.to_owned() };
        let first = entry("132");
        assert_eq!(first.get(b"in"), None);
        first.put(b"in", b"out").unwrap();
        assert_eq!(first.get(b"in").as_deref(), Some(&b"out"[..]));
        assert_eq!(first.get(b"i"), None, "another input");
        assert_eq!(entry("13").get(b"in"), None, "another tool");

        let whole = std::fs::read(&first.path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&first.path, damaged).unwrap();
            assert_eq!(first.get(b"in"), None, "byte {at} is damaged");
            std::fs::write(&first.path, &whole[..at]).unwrap();
            assert_eq!(first.get(b"in"), None, "{at} bytes are left");
        }
    }
}
