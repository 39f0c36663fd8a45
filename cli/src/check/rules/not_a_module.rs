//! The rule `not-a-module`.

use super::super::subject::Content;
use super::{Found, Hosts, Judge, Level, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "not-a-module",
    level: Level::Problem,
    refused_by: Hosts::NONE,
    finds: "a file that does not begin as a core WebAssembly module does",
    why: "hosts load core modules only: no text format and no components",
    remedy: "give the file that `build` wrote, or translate text with wat2wasm",
    judge: Judge::File(judge),
};

fn judge(file: &Subject<'_>) -> Vec<Found> {
    const COMPONENT: [u8; 8] = *b"\0asm\x0d\0\x01\0";
    if !matches!(file.content, Content::NotAModule) {
        return Vec::new();
    }
    let (found, remedy) = if file.bytes.is_empty() {
        ("found an empty file", "build it again; a copy may have been interrupted")
    } else if file.bytes.trim_ascii_start().starts_with(b"(") {
        ("found text", "turn the text format into a binary module first, such as with wat2wasm")
    } else if file.bytes.starts_with(&COMPONENT) {
        ("found a component, wanted a core module", "build for wasm32v1-none or wasm32-wasip1")
    } else {
        (
            "found something that is not WebAssembly",
            "a WebAssembly module begins with the bytes 00 61 73 6d 01 00 00 00",
        )
    };
    vec![Found::new("file", found, remedy)]
}
