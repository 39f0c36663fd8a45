//! Modules: whatever a file holds, loading it ends with a guest or an error that says why not, and a
//! guest is run within its limits; so does the checker, and what it finds no fault with is loaded.
//!
//! The first byte says what the others are: a file as it is, or choices for wasm-smith, which makes
//! valid modules with the ABI's imports and exports.
//!
//! `cargo +nightly fuzz run module -- -runs=100000`
#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use cargo_http_wasm::check::{Limits, check};
use http_wasm_abi::{FUNCTIONS, Features, MODULE, PAGE_SIZE, Signature, ValueType};
use http_wasm_host::engine::{LoadError, Module, Options};
use http_wasm_model::Profile;
use http_wasm_model::exchange::{InstanceSettings, Request, Response, Settings, Trap, TrapKind};
use http_wasm_model::guest;
use http_wasm_testkit::driver;
use libfuzzer_sys::{Corpus, fuzz_target};

/// What the imports of a guest may be: all functions of the ABI.
static IMPORTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let one = |(name, signature): (&str, Signature)| {
        let ty = |ty: &ValueType| ty.to_string();
        let params: Vec<_> = signature.params.iter().map(ty).collect();
        let result = signature.result.iter().map(ty).next().unwrap_or_default();
        format!(
            "(import \"{MODULE}\" \"{name}\" (func (param {}) (result {result})))",
            params.join(" ")
        )
    };
    let imports: String =
        FUNCTIONS.map(|function| one((function.name(), function.signature()))).concat();
    wat::parse_str(format!("(module {imports})")).expect("a module of imports")
});

/// What its exports have to be, with `_start` and without.
static EXPORTS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    ["", r#"(func (export "_start"))"#].map(|start| {
        wat::parse_str(format!(
            r#"(module
                (memory (export "memory") 1 4)
                (func (export "handle_request") (result i64) (i64.const 0))
                (func (export "handle_response") (param i32 i32))
                {start})"#
        ))
        .expect("a module of exports")
    })
});

const MEMORY_LIMIT: u64 = 16 * PAGE_SIZE as u64;
const TIME_LIMIT: Duration = Duration::from_millis(200);

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((&mode, rest)) = input.split_first() else { return Corpus::Reject };
    if mode & 1 == 0 {
        examine(rest, mode);
        return Corpus::Keep;
    }
    match generated(mode, rest) {
        Some(wasm) => examine(&wasm, mode),
        None => return Corpus::Reject,
    }
    Corpus::Keep
});

/// A valid module that is most often a guest.
fn generated(mode: u8, choices: &[u8]) -> Option<Vec<u8>> {
    let newer = mode & 0b1000_0000 != 0;
    let config = wasm_smith::Config {
        available_imports: Some(IMPORTS.clone()),
        exports: Some(EXPORTS[usize::from(mode >> 1 & 1)].clone()),
        max_imports: 6,
        max_funcs: 5,
        max_instructions: 40,
        max_memory32_bytes: 2 * MEMORY_LIMIT,
        max_tables: 2,
        bulk_memory_enabled: newer,
        exceptions_enabled: newer,
        extended_const_enabled: newer,
        gc_enabled: newer,
        // With them nearly every module has `externref`, and few are run.
        reference_types_enabled: newer,
        relaxed_simd_enabled: newer,
        tail_call_enabled: newer,
        threads_enabled: newer,
        ..wasm_smith::Config::default()
    };
    let mut choices = Unstructured::new(choices);
    Some(wasm_smith::Module::new(config, &mut choices).ok()?.to_bytes())
}

fn examine(wasm: &[u8], mode: u8) {
    let limits = Limits { max_pages: Some(Limits::USUAL_PAGES), ..Limits::default() };
    let report = check(wasm, &limits);
    for finding in report.problems.iter().chain(&report.warnings) {
        let parts = [&finding.subject, &finding.message, &finding.remedy];
        assert!(parts.iter().all(|part| !part.is_empty()), "{finding:?}");
    }
    let profile = Profile::ALL[usize::from(mode >> 2) % 3];
    let options = Options {
        profile,
        memory_limit: MEMORY_LIMIT,
        time_limit: Some(TIME_LIMIT),
        fuel_limit: Some(20_000),
        ..Options::default()
    };
    match Module::new(wasm, options) {
        Ok(module) => play(&module, profile),
        Err(error) => {
            assert!(!matches!(error, LoadError::Engine(_)), "the bytes are at fault: {error}");
            // Functions that the profile's host does not have: the checker warns of them.
            let is_known = matches!(error, LoadError::MissingFunction { .. });
            assert!(!report.is_ok() || is_known, "no fault was found, but {error}");
        }
    }
}

fn play(module: &Module, profile: Profile) {
    let begun = Instant::now();
    let mut instance = module.instance();
    let settings = Settings { profile, ..Settings::with_config("{}") };
    let settings = InstanceSettings { features: Features::BUFFER_RESPONSE, ..settings.into() };
    let started = guest::start(&mut instance, settings);
    if let Some(trap) = &started.trap {
        says_why(trap);
        return;
    }
    let request = Request { body: b"body".to_vec(), ..Request::default() };
    let mut next = |_: &Request| Ok(Response { body: b"hello".to_vec(), ..Response::default() });
    let outcome = driver::run(&mut instance, &started.settings, request, &mut next);
    if let Some(trap) = &outcome.trap {
        says_why(trap);
    }
    assert!(instance.memory_size() <= MEMORY_LIMIT);
    // Three hooks, each within its limit, on a machine that may have other work.
    assert!(begun.elapsed() < 20 * TIME_LIMIT, "took {:?}", begun.elapsed());
}

fn says_why(trap: &Trap) {
    assert!(!trap.message().is_empty());
    let of_guest = matches!(trap.kind(), TrapKind::Guest | TrapKind::Exhausted);
    assert!(!of_guest || trap.function().is_none(), "{trap:?}");
}
