//! Completes the short text of a guest in `conformance/` to a whole module.
//!
//! A guest's file holds only what is its own. This module adds the functions of the prelude that it
//! uses, and puts for each `(str "text")` a place in memory, as two constants, address and length.
//! [`http_wasm_testkit::guest`] adds the imports, the memory and the missing exports.

use std::fmt::Write as _;

use http_wasm_testkit::guest::{self, is_identifier, refers_to};

/// Where texts lie.
const STRINGS: u32 = 1024;
/// Where they end, since the prelude keeps its report there.
const STRINGS_END: u32 = 4096;

/// Why a text is not a guest.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text-format parser does not take it.
    #[error("{name}.wat is not a WebAssembly text: {source}")]
    Text {
        /// Which guest.
        name: String,
        /// Where and why, in the whole module.
        source: wat::Error,
    },
    /// A `(str ...)` is not what it should be.
    #[error("{name}.wat: found {found}, wanted (str \"text\") with the escapes \\\\ \\\" and \\hh")]
    Str {
        /// Which guest.
        name: String,
        /// What stands there.
        found: String,
    },
    /// The texts are too long.
    #[error(
        "{name}.wat: its texts have more than {} bytes; say less",
        STRINGS_END - STRINGS
    )]
    TooLong {
        /// Which guest.
        name: String,
    },
}

/// The whole module, in the text format. `name` is for messages.
///
/// # Errors
/// When a `(str ...)` is wrong.
pub(super) fn module(name: &str, text: &str, prelude: &str) -> Result<String, Error> {
    let mut body = text.trim_end().to_owned();
    // What a part of the prelude uses comes in with it, so this goes on until nothing is new.
    let mut parts: Vec<(&str, &str, bool)> =
        items(prelude).map(|(name, part)| (name, part, false)).collect();
    while let Some((_, part, taken)) =
        parts.iter_mut().find(|(name, _, taken)| !taken && refers_to(&body, name))
    {
        *taken = true;
        body.push_str("\n\n");
        body.push_str(part);
    }
    let (body, data) = strings(name, &body)?;
    let (imports, exports) = (guest::imports(&body), guest::exports(&body));
    Ok(format!("(module ;; {name}\n{imports}{exports}{data}{body}\n)\n"))
}

/// The bytes of a module.
///
/// # Errors
/// When the text is not one.
pub(super) fn encode(name: &str, module: &str) -> Result<Vec<u8>, Error> {
    wat::parse_str(module).map_err(|source| Error::Text { name: name.to_owned(), source })
}

/// The parts of the prelude with their names: what begins with `(func $name` or `(global $name` at
/// the start of a line, up to the next, with the comment above left out.
fn items(prelude: &str) -> impl Iterator<Item = (&str, &str)> {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(prelude.match_indices('\n').map(|(at, _)| at + 1))
        .filter(|&at| prelude[at..].starts_with('('))
        .collect();
    let ends = starts.clone().into_iter().skip(1).chain([prelude.len()]);
    starts.into_iter().zip(ends).filter_map(|(start, end)| {
        let part = &prelude[start..end];
        let part = part.split("\n;;").next().unwrap_or(part).trim_end();
        let name = part.split('$').nth(1)?;
        let length = name.find(|c: char| !is_identifier(c)).unwrap_or(name.len());
        Some((&name[..length], part))
    })
}

/// Replaces each `(str "text")`; the second text is the data.
fn strings(name: &str, body: &str) -> Result<(String, String), Error> {
    let mut texts: Vec<(&str, u32)> = Vec::new();
    let mut next = STRINGS;
    let mut out = String::with_capacity(body.len());
    let mut data = String::new();
    let mut rest = body;
    while let Some(at) = rest.find("(str ") {
        out.push_str(&rest[..at]);
        let wrong = || Error::Str {
            name: name.to_owned(),
            found: rest[at..].lines().next().unwrap_or_default().to_owned(),
        };
        let inner = rest[at..].strip_prefix("(str \"").ok_or_else(wrong)?;
        let (text, length) = literal(inner).ok_or_else(wrong)?;
        rest = inner[text.len()..].strip_prefix("\")").ok_or_else(wrong)?;
        let known = texts.iter().find(|(known, _)| *known == text).map(|(_, at)| *at);
        let address = known.unwrap_or(next);
        if known.is_none() {
            texts.push((text, next));
            writeln!(data, "  (data (i32.const {next}) \"{text}\")").unwrap_or_default();
            next += length;
            if next > STRINGS_END {
                return Err(Error::TooLong { name: name.to_owned() });
            }
        }
        write!(out, "(i32.const {address}) (i32.const {length})").unwrap_or_default();
    }
    out.push_str(rest);
    Ok((out, data))
}

/// The text up to its closing quote, and how many bytes it stands for.
fn literal(text: &str) -> Option<(&str, u32)> {
    let bytes = text.as_bytes();
    let (mut at, mut length) = (0, 0);
    loop {
        at += match bytes.get(at)? {
            b'"' => return Some((&text[..at], length)),
            b'\\' => match bytes.get(at + 1)? {
                b'\\' | b'"' => 2,
                digit if digit.is_ascii_hexdigit() && bytes.get(at + 2)?.is_ascii_hexdigit() => 3,
                _ => return None,
            },
            _ => 1,
        };
        length += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRELUDE: &str = "\
;; What this is.

;; One.
(func $one (result i32)
  (i32.const 1))

;; Two.
(func $two (result i32)
  (i32.add (call $one) (global.get $number)))

;; A number.
(global $number i32 (i32.const 1))

;; Nobody wants this; it would call $get_uri.
(func $three
  (drop (call $get_uri (i32.const 0) (i32.const 0))))
";

    #[test]
    fn what_is_used_comes_in_and_nothing_else() {
        let text = ";; (call $three)\n(func (export \"handle_request\") (result i64)\n  (call $set_status_code (call $two))\n  (i64.const 0))\n";
        let module = module("s/c", text, PRELUDE).unwrap();
        for part in ["(func $one", "(func $two", "(global $number", "(export \"memory\")"] {
            assert_eq!(module.matches(part).count(), 1, "{part} in\n{module}");
        }
        let import = "(import \"http_handler\" \"set_status_code\" (func $set_status_code (param $status_code i32)))";
        assert_eq!(module.matches("(import").count(), 1, "{module}");
        assert!(module.contains(import), "{module}");
        assert!(!module.contains("(func $three"), "{module}");
        assert_eq!(module.matches("\"handle_request\"").count(), 1);
        assert_eq!(module.matches("\"handle_response\"").count(), 1);
        assert!(!module.contains("One."), "what stands above a part of the prelude stays there");
        encode("s/c", &module).unwrap();
    }

    #[test]
    fn texts_have_an_address_and_a_length() {
        let (body, data) =
            strings("s/c", r#"(call $a (str "ab\00\"") (str "c") (str "ab\00\""))"#).unwrap();
        let first = "(i32.const 1024) (i32.const 4)";
        assert_eq!(body, format!("(call $a {first} (i32.const 1028) (i32.const 1) {first})"));
        assert_eq!(data.lines().count(), 2);
        assert!(data.contains(r#"(data (i32.const 1024) "ab\00\"")"#), "{data}");
    }

    #[test]
    fn a_wrong_text_is_named() {
        let error = |text: &str| {
            let module = module("s/c", text, "").and_then(|module| encode("s/c", &module));
            module.unwrap_err().to_string()
        };
        for text in ["(str x)", "(str \"a", "(str \"\\n\")", "(str \"a\" )"] {
            let text = error(text);
            assert!(text.starts_with("s/c.wat: found (str"), "{text}");
        }
        let text = error(&format!("(str \"{}\")", "a".repeat(4000)));
        assert!(text.contains("more than 3072 bytes"), "{text}");
        let text = error("(func $a (call $b))");
        assert!(text.contains("s/c.wat is not a WebAssembly text"), "{text}");
        assert!(text.contains("unknown func"), "{text}");
    }
}
