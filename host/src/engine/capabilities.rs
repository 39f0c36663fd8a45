//! What a guest can do with an exchange, as far as its module tells.

use http_wasm_abi::{Features, Function, Part, Touches, exports};

use crate::module_info::ModuleInfo;

/// What a guest can do with an exchange: a function that it does not import it can never call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// It reads names or values of headers.
    pub reads_headers: bool,
    /// It reads the protocol version of the request.
    pub reads_version: bool,
    /// It reads the address of the client.
    pub reads_source_addr: bool,
    /// Its response hook reads anything of the request's head.
    pub reads_request_late: bool,
    /// Its response hook reads names or values of headers, of the request or the response.
    pub reads_headers_late: bool,
    /// It writes method or URI.
    pub writes_line: bool,
    /// Its response hook does nothing.
    pub has_noop_response_hook: bool,
}

impl Capabilities {
    pub(super) fn new(info: &ModuleInfo, has_noop_response_hook: bool) -> Self {
        let imports =
            |touches: Touches| !info.abi_functions(|found| found.touches() == touches).is_empty();
        let reads_late = |parts: &[Part]| may_read_late(info, parts);
        Self {
            reads_headers: imports(Touches::Reads(Part::Headers)),
            reads_version: imports(Touches::Reads(Part::Version)),
            reads_source_addr: imports(Touches::Reads(Part::SourceAddr)),
            reads_request_late: reads_late(&[
                Part::Line,
                Part::Version,
                Part::SourceAddr,
                Part::Headers,
            ]),
            reads_headers_late: reads_late(&[Part::Headers]),
            writes_line: imports(Touches::Writes(Part::Line)),
            has_noop_response_hook,
        }
    }
}

/// Whether the response hook may call a function that reads one of these parts.
fn may_read_late(info: &ModuleInfo, parts: &[Part]) -> bool {
    let readers = info.abi_functions(|found| parts.iter().any(|&part| found.reads(part)));
    let Some(hook) = info.exported_function(exports::HANDLE_RESPONSE) else { return false };
    let reaches = info.may_reach([hook], |node| readers.binary_search(&node).is_ok());
    !readers.is_empty() && reaches.get(hook as usize).is_none_or(|&reaches| reaches)
}

/// Whether a guest may enable trailers: it does not where it asks for other features only.
pub(super) fn may_enable_trailers(info: &ModuleInfo) -> bool {
    let function = Function::EnableFeatures;
    let asks = |bits: i32| Features::from_bits(bits.cast_unsigned()).contains(Features::TRAILERS);
    info.imports_function(function)
        && info.constant_arguments(function).is_none_or(|all| all.into_iter().any(asks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ModuleInfo {
        let text = http_wasm_testkit::guest::module(text);
        let module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        ModuleInfo::read(&module).expect("the module can be read")
    }

    #[test]
    fn trailers_are_not_enabled_where_only_other_features_are_asked_for() {
        let start =
            |body: &str| may_enable_trailers(&read(&format!(r#"(func (export "_start") {body})"#)));
        assert!(!start("(nop)"), "it enables nothing");
        assert!(!start("(drop (call $enable_features (i32.const 2)))"));
        assert!(!start(
            "(drop (call $enable_features (i32.const 2))) (drop (call $enable_features (i32.const 1)))"
        ));
        assert!(start("(drop (call $enable_features (i32.const 6)))"));
        let computed = "(drop (call $enable_features (i32.add (i32.const 1) (i32.const 1))))";
        assert!(start(computed), "it is not computed what it asks for");
        assert!(start(&format!("(drop (call $enable_features (i32.const 2))) {computed}")));
        let table = r#"(table 1 funcref) (elem (i32.const 0) $enable_features)
            (func (export "_start") (drop (call $enable_features (i32.const 2))))"#;
        assert!(may_enable_trailers(&read(table)), "it can be called through the table");
    }

    #[test]
    fn a_request_is_read_late_where_the_response_hook_reaches_a_function_that_reads_it() {
        let late = |text: &str| {
            let read_uri = "(drop (call $get_uri (i32.const 0) (i32.const 9)))";
            let text = text.replace("READ", read_uri);
            Capabilities::new(&read(&text), false).reads_request_late
        };
        let request = r#"(func (export "handle_request") (result i64) READ (i64.const 1))"#;
        let response = r#"(func (export "handle_response") (param i32 i32) BODY)"#;
        let hook = |body: &str| request.to_owned() + &response.replace("BODY", body);
        assert!(!late(&hook("")));
        assert!(late(&hook("READ")));
        assert!(late(&(hook("(call $own)") + "(func $own READ)")));
        assert!(!late(&(hook("(call $own)") + "(func $own)")));
        let indirect = "(table 1 funcref) (type $t (func))";
        assert!(late(&(indirect.to_owned() + &hook("(call_indirect (type $t) (i32.const 0))"))));
    }
}
