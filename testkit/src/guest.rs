//! Completes guests in the WebAssembly text format: a test writes only what its guest does.
//!
//! [`module`] adds the imports of the ABI functions that the text calls, a memory, and the hooks that
//! hosts ask for. The text is not parsed; the crate `wat` assembles the result. Only a test that is
//! about wrong imports needs to write imports itself.

use std::fmt::Write as _;

use http_wasm_abi::{FUNCTIONS, Function, MODULE, exports as export_names};

/// The whole module of a guest: this text between its [`imports`] and the [`exports`] that it lacks.
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
    format!("(module\n{}{text}\n{})\n", imports(text), exports(text))
}

/// An import, with the type from the ABI's table, for each ABI function that a text calls by its name,
/// such as `(call $get_uri ...)`, and does not define or import itself.
#[must_use]
pub fn imports(text: &str) -> String {
    let missing = FUNCTIONS.into_iter().filter(|function| {
        refers_to(text, function.name()) && !text.contains(&format!("(func ${function} "))
    });
    missing.map(|function| format!("  {}\n", import(function))).collect()
}

/// What hosts ask a guest for and a text does not export: one page of memory, a request hook that
/// forwards the request, and a response hook that does nothing.
#[must_use]
pub fn exports(text: &str) -> String {
    let missing = [
        (export_names::MEMORY, "(memory (export \"memory\") 1)"),
        (
            export_names::HANDLE_REQUEST,
            "(func (export \"handle_request\") (result i64) (i64.const 1))",
        ),
        (export_names::HANDLE_RESPONSE, "(func (export \"handle_response\") (param i32 i32))"),
    ];
    let missing =
        missing.into_iter().filter(|(name, _)| !text.contains(&format!("(export \"{name}\"")));
    missing.map(|(_, field)| format!("  {field}\n")).collect()
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
        let text = ";; (call $get_method)\n(func (export \"_start\") (call $set_status_code (i32.const 404)) (call $log_all))";
        let exports = "  (memory (export \"memory\") 1)
  (func (export \"handle_request\") (result i64) (i64.const 1))
  (func (export \"handle_response\") (param i32 i32))
";
        assert_eq!(module(text), format!("(module\n  {SET_STATUS}\n{text}\n{exports})\n"));
    }

    #[test]
    fn leaves_what_is_there() {
        let text = "(memory (export \"memory\") 2)
            (func $log (param i32 i32 i32))
            (func (export \"handle_request\") (result i64) (call $log (i32.const 0)) (i64.const 0))
            (func $f (param i32 i32)) (export \"handle_response\" (func $f))";
        assert_eq!((imports(text), exports(text)), (String::new(), String::new()));
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
