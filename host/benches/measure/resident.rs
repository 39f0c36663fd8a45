//! How much memory this process has.

/// The memory of this process that is really there, in KiB.
pub(crate) fn resident() -> Result<u64, Box<dyn std::error::Error>> {
    const STATUS: &str = "/proc/self/status";
    let text = std::fs::read_to_string(STATUS)
        .map_err(|why| format!("memory is measured on Linux only: {STATUS}: {why}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no VmRSS in /proc/self/status")?.parse()?)
}
