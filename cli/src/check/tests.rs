use http_wasm_host::engine::{Module, Options};

use super::*;

const MEMORY: &str = r#"(memory (export "memory") 1)"#;
const REQUEST: &str = r#"(func (export "handle_request") (result i64) (i64.const 1))"#;
const RESPONSE: &str = r#"(func (export "handle_response") (param i32 i32))"#;

fn binary(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A good guest with something in front of its functions.
fn guest(extra: &str) -> Vec<u8> {
    binary(&format!("(module {extra} {MEMORY} {REQUEST} {RESPONSE})"))
}

/// Problems for any host that is known.
fn problems(bytes: &[u8]) -> Vec<String> {
    let hosts =
        Hosts::of(&[KnownHost::Traefik, KnownHost::Dapr, KnownHost::Go, KnownHost::Express]);
    check(bytes, &Limits { hosts, ..Limits::default() })
        .problems
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[track_caller]
fn refused(bytes: &[u8], parts: &[&str]) {
    let problems = problems(bytes);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    for part in parts {
        assert!(problems[0].contains(part), "{part:?} is not in {:?}", problems[0]);
    }
}

#[test]
fn a_good_guest_passes() {
    let import = http_wasm_abi::FUNCTIONS
        .into_iter()
        .filter(|function| *function != http_wasm_abi::Function::GetSourceAddr)
        .map(|function| {
            let signature = function.signature();
            let params: Vec<_> = signature.params.iter().map(ToString::to_string).collect();
            let result = signature.result.map(|ty| format!("(result {ty})")).unwrap_or_default();
            let name = function.name();
            format!(
                r#"(import "http_handler" "{name}" (func (param {}) {result}))"#,
                params.join(" ")
            )
        })
        .collect::<String>();
    let report = check(&guest(&import), &Limits::default());
    assert!(report.is_ok() && report.warnings.is_empty(), "{report:#?}");
    assert_eq!(report.pages, Some(1));
    assert_eq!(report.imports.len(), 18);
    let names: Vec<_> = report.exports.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["memory", "handle_request", "handle_response"]);
    assert_eq!(report.exports[2].ty, "(i32, i32) -> ()");
}

#[test]
fn each_missing_export_is_named() {
    refused(&binary(&format!("(module {REQUEST} {RESPONSE})")), &["export memory: is missing"]);
    refused(
        &binary(&format!("(module {MEMORY} {RESPONSE})")),
        &["export handle_request: is missing", "export a function () -> i64"],
    );
    refused(
        &binary(&format!("(module {MEMORY} {REQUEST})")),
        &["export handle_response: is missing", "(i32, i32) -> ()"],
    );
    assert_eq!(problems(&binary("(module)")).len(), 3, "all of them are collected");
}

#[test]
fn an_export_of_a_wrong_type_or_kind_is_named() {
    refused(
        &binary(&format!(
            r#"(module {MEMORY} {RESPONSE} (func (export "handle_request") (result i32) (i32.const 1)))"#
        )),
        &["export handle_request: found () -> i32, wanted () -> i64"],
    );
    refused(
        &binary(&format!(
            r#"(module {MEMORY} {REQUEST} (func (export "handle_response") (param i32)))"#
        )),
        &["export handle_response: found (i32) -> (), wanted (i32, i32) -> ()"],
    );
    refused(
        &guest(r#"(func (export "_start") (result i32) (i32.const 0))"#),
        &["export _start: found () -> i32, wanted () -> ()"],
    );
    refused(
        &binary(&format!(
            r#"(module {MEMORY} {REQUEST} (global (export "handle_response") i32 (i32.const 0)))"#
        )),
        &["export handle_response: found a global, wanted a function"],
    );
    refused(
        &binary(&format!(r#"(module {REQUEST} {RESPONSE} (func (export "memory")))"#)),
        &["export memory: found a function"],
    );
}

#[test]
fn an_import_that_no_host_has_is_named() {
    refused(
        &guest(r#"(import "env" "abort" (func (param i32)))"#),
        &["import env.abort: no host has a module \"env\""],
    );
    refused(
        &guest(r#"(import "http_handler" "get_time" (func (result i32)))"#),
        &["import http_handler.get_time: the ABI has no function of this name"],
    );
    refused(
        &guest(r#"(import "http_handler" "getUri" (func (param i32 i32) (result i32)))"#),
        &["import http_handler.getUri", "did you mean get_uri?"],
    );
    refused(
        &guest(r#"(import "http_handler" "get_uri" (func (param i32) (result i32)))"#),
        &["import http_handler.get_uri: found (i32) -> i32, wanted (i32, i32) -> i32"],
    );
    refused(
        &guest(r#"(import "http_handler" "get_uri" (global i32))"#),
        &["import http_handler.get_uri: found a global, wanted a function (i32, i32) -> i32"],
    );
    refused(
        &binary(&format!(
            r#"(module (import "env" "memory" (memory 1)) (export "memory" (memory 0)) {REQUEST} {RESPONSE})"#
        )),
        &["import env.memory: found a memory"],
    );
}

#[test]
fn an_import_that_wasi_does_not_have_is_named() {
    refused(
        &guest(r#"(import "wasi_snapshot_preview1" "fd_teleport" (func (param i32)))"#),
        &["import wasi_snapshot_preview1.fd_teleport: preview 1 of WASI has no function"],
    );
    refused(
        &guest(r#"(import "wasi_snapshot_preview1" "proc_exit" (func (param i32) (result i32)))"#),
        &["import wasi_snapshot_preview1.proc_exit: found (i32) -> i32, wanted (i32) -> ()"],
    );
}

#[test]
fn bulk_memory_is_refused_with_the_reason() {
    let copy = "(func (memory.copy (i32.const 0) (i32.const 8) (i32.const 8)) \
                (memory.fill (i32.const 0) (i32.const 0) (i32.const 8)))";
    refused(
        &guest(copy),
        &[
            "bulk memory: found 1 memory.copy, 1 memory.fill in 1 function",
            "wazero",
            "wasm32v1-none",
        ],
    );
    let init = r#"(func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1))) (data "a")"#;
    refused(&guest(init), &["bulk memory: found 1 memory.init"]);
}

#[test]
fn bulk_memory_is_a_problem_for_the_hosts_that_crash() {
    let wasm = guest("(func (memory.fill (i32.const 0) (i32.const 0) (i32.const 8)))");
    let of = |hosts: &[KnownHost]| {
        check(&wasm, &Limits { hosts: Hosts::of(hosts), ..Limits::default() })
    };
    assert!(of(&[]).is_ok() && of(&[KnownHost::Go, KnownHost::Express]).is_ok());
    assert_eq!(of(&[]).doubtful_hosts().to_string(), "traefik, dapr");
    for host in [KnownHost::Traefik, KnownHost::Dapr] {
        let report = of(&[KnownHost::Express, host]);
        assert_eq!(report.problems[0].rule, "bulk-memory", "{report:?}");
    }
}

/// A guest with bulk memory, an import of `env`, and a section `producers` of these tools.
fn made_by(tools: &[&str]) -> Vec<u8> {
    let mut wasm = guest(
        r#"(import "env" "abort" (func (param i32)))
        (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 8)))"#,
    );
    let mut field = wasm_encoder::ProducersField::new();
    tools.iter().for_each(|tool| {
        field.value(tool, "1.0");
    });
    let mut producers = wasm_encoder::ProducersSection::new();
    producers.field("processed-by", &field);
    wasm_encoder::Section::append_to(&producers, &mut wasm);
    wasm
}

#[test]
fn remedies_are_those_of_the_toolchain() {
    let lower =
        "--enable-bulk-memory --enable-nontrapping-float-to-int --llvm-memory-copy-fill-lowering";
    for (tools, wanted) in [
        (&["rustc"][..], "wasm32v1-none"),
        (&["clang"], "-mno-bulk-memory"),
        (&["clang", "TinyGo"], lower),
        (&["Go cmd/compile", "Go"], lower),
        (&["Zig"], "-mcpu="),
        (&[], "--disable bulk-memory"),
        (&["other"], "--disable bulk-memory"),
    ] {
        let report = check(&made_by(tools), &Limits::default());
        assert!(report.warnings[0].remedy.contains(wanted), "{tools:?}: {}", report.warnings[0]);
        let is_assembly_script = wanted.contains("--disable");
        assert_eq!(report.problems[0].remedy.contains("--use abort="), is_assembly_script);
        let names_others =
            report.warnings[0].remedy.contains("wasm32v1-none") && tools != ["rustc"];
        assert!(!names_others, "{}", report.warnings[0]);
    }
    let unknown = guest("(func (memory.fill (i32.const 0) (i32.const 0) (i32.const 8)))");
    assert!(problems(&unknown)[0].contains(lower));
}

#[test]
fn each_function_of_wasi_has_its_own_words() {
    let import =
        |name: &str, ty: &str| format!(r#"(import "wasi_snapshot_preview1" "{name}" (func {ty}))"#);
    let texts = [
        ("random_get", "(param i32 i32) (result i32)", "the same sequence"),
        (
            "clock_time_get",
            "(param i32 i64 i32) (result i32)",
            "monotonic clock is fake in Traefik",
        ),
        ("environ_get", "(param i32 i32) (result i32)", "settings.envs"),
        (
            "path_open",
            "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)",
            "settings.mounts",
        ),
        ("fd_write", "(param i32 i32 i32 i32) (result i32)", "discards"),
    ];
    for (name, ty, wanted) in texts {
        let report = check(&guest(&import(name, ty)), &Limits::default());
        assert_eq!(report.warnings.len(), 1, "{report:?}");
        assert_eq!(report.warnings[0].subject, format!("import wasi_snapshot_preview1.{name}"));
        assert!(report.warnings[0].message.contains(wanted), "{report:?}");
    }
    let all: String = texts.iter().map(|(name, ty, _)| import(name, ty)).collect();
    assert_eq!(check(&guest(&all), &Limits::default()).warnings.len(), texts.len());
    let none = import("sched_yield", "(result i32)");
    assert!(
        check(&guest(&none), &Limits::default()).warnings.is_empty(),
        "it does the same everywhere"
    );
}

#[test]
fn features_beyond_webassembly_2_are_named() {
    for (text, name) in [
        ("(func $f (return_call $f))", "tail call:"),
        ("(tag) (func (throw 0))", "exceptions:"),
        ("(func (drop (struct.new 0))) (type (struct))", "gc:"),
        ("(global i32 (i32.add (i32.const 1) (i32.const 2)))", "extended const:"),
        ("(func (atomic.fence))", "threads:"),
        ("(memory $other 1)", "multi memory:"),
        (
            "(func (param v128 v128) (result v128) \
             (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))",
            "relaxed simd:",
        ),
    ] {
        let problems = problems(&binary(&format!("(module {text} {REQUEST} {RESPONSE} {MEMORY})")));
        assert!(problems.iter().any(|problem| problem.starts_with(name)), "{name} {problems:#?}");
    }
    refused(
        &binary(&format!(r#"(module (memory (export "memory") i64 1) {REQUEST} {RESPONSE})"#)),
        &["memory64: the module needs the feature memory64"],
    );
}

/// Whether the reference host loads it.
fn is_loaded(bytes: &[u8]) -> bool {
    Module::new(bytes, Options::default()).is_ok()
}

#[test]
fn webassembly_2_is_accepted_and_loaded() {
    let wasm = guest(
        "(func (param i32) (result i32 i32) (i32.extend8_s (local.get 0)) (local.get 0)) \
         (func (param f32) (result i32) (i32.trunc_sat_f32_s (local.get 0))) \
         (func (param v128) (result i32) (i8x16.all_true (local.get 0))) \
         (table $one 1 funcref) (table $two 1 funcref) \
         (func (param funcref) (table.set $two (i32.const 0) (local.get 0))) \
         (global (mut funcref) (ref.null func))",
    );
    let report = check(&wasm, &Limits::default());
    assert!(report.is_ok(), "{report:#?}");
    assert!(is_loaded(&wasm));
}

#[test]
fn externref_is_refused_as_the_reference_host_refuses_it() {
    for text in [
        "(func (param externref))",
        "(func (local externref))",
        "(func (drop (ref.null extern)))",
        "(table 1 externref)",
        "(global externref (ref.null extern))",
    ] {
        let wasm = guest(text);
        refused(
            &wasm,
            &["externref: found the type at byte ", "wanted numbers and funcref", "wasm32v1-none"],
        );
        assert!(!is_loaded(&wasm), "{text}");
    }
    // Of what needs garbage collection, that is said.
    refused(&guest("(func (drop (ref.i31 (i32.const 1))))"), &["gc: "]);
    let both = guest("(func $f (param externref) (return_call $f (local.get 0)))");
    let problems = problems(&both);
    assert!(problems.iter().any(|problem| problem.starts_with("tail call: ")), "{problems:#?}");
    assert!(problems.iter().any(|problem| problem.starts_with("externref: ")), "{problems:#?}");
}

#[test]
fn memory_and_size_have_limits() {
    let big = binary(&format!(r#"(module (memory (export "memory") 17) {REQUEST} {RESPONSE})"#));
    let report = check(&big, &Limits::default());
    assert!(report.is_ok() && report.warnings[0].subject == "memory", "{report:?}");
    for (max_pages, problems) in [(16, 1), (17, 0)] {
        let report = check(&big, &Limits { max_pages: Some(max_pages), ..Limits::default() });
        assert_eq!((report.problems.len(), report.warnings.len()), (problems, 0), "{report:?}");
    }
    let limits = Limits { max_size: Some(10), ..Limits::default() };
    let report = check(&guest(""), &limits);
    assert!(report.problems[0].to_string().starts_with("size: found "), "{report:?}");
    assert_eq!(report.problems.len(), 1);
}

#[test]
fn a_start_section_is_refused_when_it_may_call_the_host() {
    let log = r#"(import "http_handler" "log" (func $log (param i32 i32 i32)))"#;
    let body = "(call $log (i32.const 0) (i32.const 0) (i32.const 0))";
    refused(
        &guest(&format!("{log} (func $inner {body}) (func $start (call $inner)) (start $start)")),
        &["start section: its function may call the host", "as _start instead"],
    );
    let pure = check(&guest(&format!("{log} (func $start) (start $start)")), &Limits::default());
    assert!(pure.is_ok());
    assert_eq!(pure.warnings[0].subject, "start section");
}

#[test]
fn what_does_not_work_everywhere_is_a_warning() {
    for (text, subject) in [
        (r#"(func (export "_initialize"))"#, "export _initialize"),
        (
            r#"(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))"#,
            "import wasi_snapshot_preview1.proc_exit",
        ),
        (
            r#"(import "http_handler" "get_source_addr" (func (param i32 i32) (result i32)))"#,
            "import http_handler.get_source_addr",
        ),
    ] {
        let report = check(&guest(text), &Limits::default());
        assert!(report.is_ok(), "{report:#?}");
        assert_eq!(report.warnings.len(), 1, "{report:#?}");
        assert_eq!(report.warnings[0].subject, subject);
    }
}

#[test]
fn a_guest_with_start_and_initialize_is_told_what_each_host_calls() {
    let initialize = r#"(func (export "_initialize"))"#;
    let both =
        check(&guest(&format!(r#"{initialize} (func (export "_start"))"#)), &Limits::default());
    assert!(both.warnings[0].to_string().contains("after _start"), "{both:#?}");
    let alone = check(&guest(initialize), &Limits::default());
    assert!(!alone.warnings[0].to_string().contains("after _start"), "{alone:#?}");
    assert!(alone.warnings[0].to_string().contains("the Go host and Dapr do not"), "{alone:#?}");
}

#[test]
fn files_that_are_no_modules_are_refused() {
    refused(b"", &["found an empty file"]);
    refused(b"(module)", &["found text"]);
    refused(b"\0asm\x0d\0\x01\0", &["found a component"]);
    refused(b"\x7fELF rest", &["not WebAssembly", "00 61 73 6d"]);
    refused(b"\0asm", &["not WebAssembly"]);
}

/// A generator of numbers that is the same on every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}

#[test]
fn truncated_files_are_refused_at_every_length() {
    // No data: a cut before a last section that nothing asks for leaves a whole module.
    let whole = guest(r#"(import "http_handler" "log" (func (param i32 i32 i32)))"#);
    for len in 0..whole.len() {
        assert!(!check(&whole[..len], &Limits::default()).is_ok(), "{len} of {}", whole.len());
    }
    assert!(check(&whole, &Limits::default()).is_ok());
}

#[test]
fn random_and_damaged_files_never_crash_the_checker() {
    let whole = guest(r#"(import "http_handler" "log" (func (param i32 i32 i32)))"#);
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut refusals = 0;
    for _ in 0..2000 {
        let mut random: Vec<u8> = (0..numbers.below(200)).map(|_| numbers.byte()).collect();
        assert!(!check(&random, &Limits::default()).is_ok());
        random.splice(0..0, *b"\0asm\x01\0\0\0");
        assert!(!check(&random, &Limits::default()).is_ok());
        let mut damaged = whole.clone();
        for _ in 0..=numbers.below(3) {
            let at = numbers.below(damaged.len());
            damaged[at] = numbers.byte();
        }
        refusals += usize::from(!check(&damaged, &Limits::default()).is_ok());
    }
    assert!(refusals > 1000, "most damage is noticed: {refusals} of 2000");
}
