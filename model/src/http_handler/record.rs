//! Records host calls for a reader: arguments and results as texts instead of pointers and lengths.

use http_wasm_abi::{
    BodyKind, CountLen, EofLen, Features, Function, HeaderKind, LogLevel, Part, ValueType,
};

use super::{Call, argument};
use crate::exchange::{HostCall, Trap, show};
use crate::memory::Memory;

impl Call<'_> {
    /// Runs a call and records it.
    pub(super) fn recorded(&mut self, function: Function, args: &[u64]) -> Result<u64, Trap> {
        let phase = self.exchange.phase();
        let arguments = show_arguments(function, args, self.memory);
        let result = self.run(function, args);
        let shown = match &result {
            Ok(bits) => show_result(function, args, *bits, self.memory),
            Err(trap) => format!("trap: {trap}"),
        };
        self.exchange.record(HostCall { phase, function, arguments, result: shown });
        result
    }
}

fn show_arguments(function: Function, args: &[u64], memory: &dyn Memory) -> String {
    let mut shown = Vec::new();
    for (param, &bits) in function.params().iter().zip(args) {
        let number = bits as u32;
        let len = argument(function, args, &format!("{}_len", param.name));
        shown.push(match (param.name, len) {
            ("kind", _) => show_kind(function, number),
            ("features", _) => Features::from_bits(number).to_string(),
            ("level", _) => {
                let level = number.cast_signed();
                LogLevel::from_i32(level).map_or(level.to_string(), |level| level.to_string())
            }
            (_, Some(len)) => show_range(memory, bits, len as u32),
            // What goes into a buffer is the result. How much of a body is asked for is of interest.
            ("buf", _) => continue,
            ("buf_limit", _) if !function.reads(Part::Body) => continue,
            (name, None) if name.ends_with("_len") => continue,
            (_, None) => number.to_string(),
        });
    }
    shown.join(", ")
}

fn show_kind(function: Function, number: u32) -> String {
    let shown = if function.touches().part() == Some(Part::Body) {
        BodyKind::from_bits(number).map(|kind| kind.to_string())
    } else {
        HeaderKind::from_bits(number).map(|kind| kind.to_string())
    };
    shown.unwrap_or_else(|| number.to_string())
}

fn show_result(function: Function, args: &[u64], bits: u64, memory: &dyn Memory) -> String {
    let buf = argument(function, args, "buf").unwrap_or_default();
    let limit = argument(function, args, "buf_limit").map(|limit| limit as u32);
    match (function, function.signature().result, limit) {
        (_, None, _) => String::new(),
        (Function::EnableFeatures, ..) => Features::from_bits(bits as u32).to_string(),
        (Function::LogEnabled, ..) => (bits != 0).to_string(),
        (Function::ReadBody, ..) => {
            let result = EofLen::from_bits(bits);
            let end = if result.is_eof() { ", end" } else { "" };
            show_range(memory, buf, result.len()) + end
        }
        (_, Some(ValueType::I64), Some(limit)) => {
            let (count, len) = (CountLen::from_bits(bits).count(), CountLen::from_bits(bits).len());
            if len > limit {
                format!("{count} items, {len} bytes, limit {limit}")
            } else {
                show_list(read(memory, buf, len).unwrap_or_default())
            }
        }
        (_, _, Some(limit)) if bits > limit.into() => format!("{bits} bytes, limit {limit}"),
        (_, _, Some(_)) => show_range(memory, buf, bits as u32),
        (_, _, None) => bits.to_string(),
    }
}

/// A list of items that end with NUL; an item with a NUL in it is not told apart.
fn show_list(list: &[u8]) -> String {
    let items = list.split_inclusive(|&byte| byte == 0);
    let shown: Vec<_> = items.map(|item| show(&item[..item.len() - 1])).collect();
    format!("[{}]", shown.join(", "))
}

fn show_range(memory: &dyn Memory, ptr: u64, len: u32) -> String {
    read(memory, ptr, len).map_or_else(|| format!("{len} bytes at {ptr:#x}"), show)
}

fn read(memory: &dyn Memory, ptr: u64, len: u32) -> Option<&[u8]> {
    if len == 0 { Some(&[]) } else { memory.read(ptr, len) }
}
