//! Completes guests in the WebAssembly text format: a test writes only what its guest does.
//!
//! [`module`] adds the imports of the ABI functions that the text calls, a memory, and the hooks that
//! hosts ask for. The text is not parsed; the crate `wat` assembles the result.

use std::fmt::Write as _;

use http_wasm_abi::{FUNCTIONS, Function, MODULE, exports};

/// A whole module around this text, with [`missing_fields`] before it.
///
/// ```
/// use http_wasm_testkit::guest;
///
/// let module = guest::module(
///     r#"(func (export "handle_request") (result i64)
///          (call $set_status_code (i32.const 404))
///          (i64.const 0))"#,
/// );
/// assert!(module.contains("(func $set_status_code (param $status_code i32))"));
/// assert!(module.contains(r#"(export "handle_response")"#));
/// ```
#[must_use]
pub fn module(text: &str) -> String {
    format!("(module\n{}{text}\n)\n", missing_fields(text))
}

/// The fields that this text lacks to be a guest.
///
/// They are an import for each ABI function that the text calls by its name, such as
/// `(call $get_uri ...)`, with the type from the ABI's table; one page of memory; a request hook that
/// forwards the request; and a response hook that does nothing. What the text exports or defines
/// itself is left to it.
#[must_use]
pub fn missing_fields(text: &str) -> String {
    let mut fields = String::new();
    for function in FUNCTIONS {
        let defined = format!("(func ${function} ");
        if refers_to(text, function.name()) && !text.contains(&defined) {
            writeln!(fields, "  {}", import(function)).unwrap_or_default();
        }
    }
    for (export, field) in [
        (exports::MEMORY, "(memory (export \"memory\") 1)"),
        (exports::HANDLE_REQUEST, "(func (export \"handle_request\") (result i64) (i64.const 1))"),
        (exports::HANDLE_RESPONSE, "(func (export \"handle_response\") (param i32 i32))"),
    ] {
        if !text.contains(&format!("(export \"{export}\"")) {
            writeln!(fields, "  {field}").unwrap_or_default();
        }
    }
    fields
}

/// The import of an ABI function under its own name, for a guest that imports what it does not call.
#[must_use]
pub fn import(function: Function) -> String {
    let mut text = format!("(import \"{MODULE}\" \"{function}\" (func ${function}");
    for param in function.params() {
        write!(text, " (param ${} {})", param.name, param.ty).unwrap_or_default();
    }
    if let Some(result) = function.signature().result {
        write!(text, " (result {result})").unwrap_or_default();
    }
    text + "))"
}

/// Whether a text calls the function `$name`, or reads or writes the global; comments do not count.
#[must_use]
pub fn refers_to(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let code = line.split(";;").next().unwrap_or(line);
        ["call $", "global.get $", "global.set $"].iter().any(|word| {
            let used = format!("{word}{name}");
            code.split(&used).skip(1).any(|after| !after.starts_with(is_identifier))
        })
    })
}

/// Whether a character belongs to the names that guests use.
#[must_use]
pub fn is_identifier(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET_STATUS: &str = "(import \"http_handler\" \"set_status_code\" (func $set_status_code (param $status_code i32)))";

    #[test]
    fn adds_what_is_missing() {
        let text = ";; (call $get_method)\n(func (export \"_start\") (call $set_status_code (i32.const 404)) (call $log_enabled_here))";
        let fields = missing_fields(text);
        let lines: Vec<_> = fields.lines().map(str::trim).collect();
        let hooks = [
            "(memory (export \"memory\") 1)",
            "(func (export \"handle_request\") (result i64) (i64.const 1))",
            "(func (export \"handle_response\") (param i32 i32))",
        ];
        assert_eq!(lines, [&[SET_STATUS][..], &hooks].concat());
        assert!(module(text).starts_with(&format!("(module\n{fields};; (call")));
    }

    #[test]
    fn leaves_what_is_there() {
        let text = "(memory (export \"memory\") 2)
            (func $log (param i32 i32 i32))
            (func (export \"handle_request\") (result i64) (call $log (i32.const 0)) (i64.const 0))
            (func $f (param i32 i32)) (export \"handle_response\" (func $f))";
        assert_eq!(missing_fields(text), "");
    }

    #[test]
    fn imports_have_the_types_of_the_table() {
        assert_eq!(import(Function::SetStatusCode), SET_STATUS);
        assert_eq!(
            import(Function::GetHeaderNames),
            "(import \"http_handler\" \"get_header_names\" (func $get_header_names (param $kind i32) (param $buf i32) (param $buf_limit i32) (result i64)))"
        );
    }
}
