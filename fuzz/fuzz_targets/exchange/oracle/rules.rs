//! What may be sent, what lies in memory, and how faults are collected.

use http_wasm_abi::LogLevel;
use http_wasm_model::exchange::TrapKind;

use super::{Faults, List};

pub fn refuse(refused: bool, kind: TrapKind) -> Result<(), Faults> {
    check([(refused, kind)])
}

pub fn check<const N: usize>(faults: [(bool, TrapKind); N]) -> Result<(), Faults> {
    no(faults.into_iter().filter(|fault| fault.0).map(|fault| fault.1).collect())
}

pub fn no(faults: Faults) -> Result<(), Faults> {
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

pub fn level(number: u32) -> Option<LogLevel> {
    LogLevel::ALL.into_iter().find(|&level| level as i32 == number as i32)
}

/// The bytes of a range; one of no bytes may lie anywhere.
pub fn range(memory: &[u8], at: u32, len: u32) -> Option<Vec<u8>> {
    if len == 0 {
        return Some(Vec::new());
    }
    let end = u64::from(at) + u64::from(len);
    (end <= memory.len() as u64).then(|| memory[at as usize..end as usize].to_vec())
}

pub fn store(memory: &mut [u8], at: u32, bytes: &[u8]) -> bool {
    let inside = range(memory, at, bytes.len() as u32).is_some();
    if inside && !bytes.is_empty() {
        memory[at as usize..][..bytes.len()].copy_from_slice(bytes);
    }
    inside
}

/// The length rule for a list.
pub fn list(items: &[Vec<u8>], at: u32, limit: u32, memory: &mut [u8]) -> Result<u64, Faults> {
    let joined: Vec<u8> = items.iter().flat_map(|item| [item.as_slice(), b"\0"].concat()).collect();
    let fits = joined.len() <= limit as usize;
    refuse(fits && !store(memory, at, &joined), TrapKind::Memory)?;
    Ok((items.len() as u64) << 32 | joined.len() as u64)
}

pub fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}

pub fn or_slash(uri: &str) -> String {
    if uri.is_empty() { "/".to_owned() } else { uri.to_owned() }
}

pub fn token(bytes: &[u8]) -> bool {
    const OTHERS: &[u8] = b"\"(),/:;<=>?@[\\]{}";
    !bytes.is_empty() && bytes.iter().all(|byte| byte.is_ascii_graphic() && !OTHERS.contains(byte))
}

pub fn plain(value: &[u8]) -> bool {
    value.iter().all(|byte| !byte.is_ascii_control() || *byte == b'\t')
}

pub fn interim(status: u32) -> bool {
    (100..200).contains(&status) && status != 101
}

pub fn has_body(status: u32) -> bool {
    status >= 200 && status != 204 && status != 304
}

/// The length that a head promises.
pub fn declared(headers: &List) -> Option<u64> {
    let value = &headers.iter().find(|pair| pair.0 == "content-length")?.1;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}
