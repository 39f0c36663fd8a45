//! Whether memory grows over very many requests.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Effort, Error, Programs};

/// The maximum growth of resident memory, in KiB: enough for pages that an allocator touches late,
/// and too little for a leak, which over a million requests is a megabyte for each byte.
pub(crate) const MAX_GROWTH_KIB: u64 = 1024;

/// Memory, early and late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Soak {
    /// After the first tenth of the requests.
    pub(crate) early: Resident,
    /// After all of them.
    pub(crate) late: Resident,
    /// Whether it has grown by at most [`MAX_GROWTH_KIB`].
    pub(crate) good: bool,
}

/// Memory after a number of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resident {
    /// The requests.
    pub(crate) requests: u64,
    /// KiB that are resident.
    pub(crate) resident_kib: u64,
}

/// Sends requests through a guest and measures memory.
///
/// # Errors
/// When the program fails, such as where the system does not say how much memory is resident.
pub(crate) fn soak(programs: &Programs, guest: &Path, effort: Effort) -> Result<Soak, Error> {
    let (guest, requests) = (guest.to_string_lossy(), effort.soak.to_string());
    let wanted = "memory, early and late";
    let lines: Vec<Resident> =
        programs.measure(programs.cpu(), &["soak", &guest, &requests], wanted)?;
    match *lines.as_slice() {
        [early, late] => Ok(judge(early, late)),
        _ => Err(Error::Output { program: "measure".into(), found: format!("{lines:?}"), wanted }),
    }
}

fn judge(early: Resident, late: Resident) -> Soak {
    Soak { early, late, good: late.resident_kib <= early.resident_kib + MAX_GROWTH_KIB }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_seen() {
        let memory = |requests, resident_kib| Resident { requests, resident_kib };
        assert!(judge(memory(1, 5_000), memory(10, 6_024)).good);
        assert!(!judge(memory(1, 5_000), memory(10, 6_025)).good);
        assert!(judge(memory(1, 5_000), memory(10, 4_000)).good);
    }
}
