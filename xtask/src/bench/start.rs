//! What it takes to start an instance, and what an idle one keeps of memory.

use serde::{Deserialize, Serialize};

use super::guests::Guest;
use super::{Error, Programs};

/// The longest that a start may take, in ns.
pub(crate) const MAX_START_NS: u64 = 50_000;
/// How many instances are started, all in use at once.
const INSTANCES: &str = "400";

/// The start of a guest's instances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Start {
    pub(crate) guest: String,
    #[serde(flatten)]
    pub(crate) measured: Measured,
    /// Whether a start takes less than [`MAX_START_NS`], and no more is resident than the guest's pages.
    pub(crate) good: bool,
}

/// What the program measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// The median, in ns.
    pub(crate) start_ns: u64,
    /// The bytes of a guest's memory.
    pub(crate) memory: u64,
    /// The bytes that are resident for an idle instance, those of the host among them.
    pub(crate) resident: u64,
}

/// Starts instances of each guest.
///
/// # Errors
/// When the program fails, such as where the system does not say how much memory is resident.
pub(crate) fn start(programs: &Programs, guests: &[Guest]) -> Result<Vec<Start>, Error> {
    guests
        .iter()
        .map(|guest| {
            let wasm = guest.wasm.to_string_lossy();
            let wanted = "the start of instances";
            let lines: Vec<Measured> =
                programs.measure(programs.cpu(), &["start", &wasm, INSTANCES], wanted)?;
            match *lines.as_slice() {
                [measured] => Ok(judge(guest.name.clone(), measured)),
                _ => Err(Error::Output {
                    program: "measure".into(),
                    found: format!("{lines:?}"),
                    wanted,
                }),
            }
        })
        .collect()
}

fn judge(guest: String, measured: Measured) -> Start {
    let Measured { start_ns, memory, resident } = measured;
    Start { guest, measured, good: start_ns < MAX_START_NS && resident <= memory }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_starts_and_much_memory_are_seen() {
        let good = |start_ns, resident| {
            judge("a".to_owned(), Measured { start_ns, memory: 65_536, resident }).good
        };
        assert!(good(49_999, 65_536));
        assert!(!good(50_000, 65_536) && !good(1, 65_537));
    }
}
