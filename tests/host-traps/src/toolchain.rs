//! What the toolchain puts into a guest, and what it leaves out.

use http_wasm_abi::{Function, MODULE, exports};
use http_wasm_host::engine::LoadError;
use http_wasm_model::Profile;
use http_wasm_sdk::testing::Scenario;
use wasmparser::{ExternalKind, Parser, Payload, Validator, WasmFeatures};

use crate::built::GUESTS;
use crate::guests::{PANICS, PLAIN, SOURCE_ADDR, TRAILERS};

/// The functions that a guest imports, and the functions that it exports.
fn surface(wasm: &[u8]) -> (Vec<Function>, Vec<String>) {
    let (mut imported, mut exported) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.unwrap();
                    assert_eq!(import.module, MODULE);
                    imported.push(Function::from_name(import.name).unwrap());
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.unwrap();
                    if export.kind == ExternalKind::Func {
                        exported.push(export.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    (imported, exported)
}

/// wazero before 1.9 corrupts a register in `memory.copy` and `memory.fill`, and wazero has no more
/// than WebAssembly 2.0.
#[test]
fn no_guest_has_instructions_that_crash_proxies() {
    // WebAssembly 1.0 and sign extension, and no more: a guest with anything else is not valid.
    let features = WasmFeatures::WASM1.union(WasmFeatures::SIGN_EXTENSION);
    for (name, guest) in &*GUESTS {
        let mut validator = Validator::new_with_features(features);
        validator.validate_all(&guest.bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(guest.built.report.is_ok(), "{name}: {:?}", guest.built.report);
    }
}

#[test]
fn every_guest_has_one_page_of_memory() {
    for (name, guest) in &*GUESTS {
        assert_eq!(guest.built.report.pages, Some(1), "{name}");
    }
}

/// Hosts call `_start`; one of them `_initialize` too, after it.
#[test]
fn a_guest_has_start_where_it_enables_features_and_never_initialize() {
    for (name, guest) in &*GUESTS {
        let (imported, mut exported) = surface(&guest.bytes);
        exported.retain(|name| {
            ![exports::HANDLE_REQUEST, exports::HANDLE_RESPONSE].contains(&name.as_str())
        });
        // One handler enables features by request, and has nothing to do at the start.
        let starts = imported.contains(&Function::EnableFeatures) && name != "upgrade";
        assert_eq!(exported, if starts { vec![exports::START] } else { vec![] }, "{name}");
    }
}

#[test]
fn a_guest_imports_nothing_that_it_does_not_use() {
    let imports = |name: &str| surface(&GUESTS[name].bytes).0;
    assert_eq!(imports(PLAIN.name), []);
    assert_eq!(imports(TRAILERS.name).len(), 4, "{:?}", imports(TRAILERS.name));
    // The last two for the 500 that answers an error.
    assert_eq!(
        imports(SOURCE_ADDR.name),
        [Function::GetSourceAddr, Function::Log, Function::SetStatusCode, Function::WriteBody]
    );
    for name in GUESTS.keys().filter(|name| *name != SOURCE_ADDR.name) {
        assert!(!imports(name).contains(&Function::GetSourceAddr), "{name}");
    }
}

#[test]
fn only_a_guest_that_asks_for_the_clients_address_is_refused_where_it_is_missing() {
    for (name, guest) in &*GUESTS {
        match guest.load(Profile::Express) {
            Err(LoadError::MissingFunction { function, .. }) => {
                assert_eq!((name.as_str(), function), (SOURCE_ADDR.name, Function::GetSourceAddr));
            }
            loaded => {
                assert!(loaded.is_ok() && name != SOURCE_ADDR.name, "{name}: {:?}", loaded.err())
            }
        }
    }
}

/// A guest's standard error is lost in Traefik; its log is not.
#[test]
fn the_text_of_a_panic_goes_to_the_log() {
    for profile in Profile::ALL {
        let outcome = PANICS.run(&Scenario::get("/panic").profile(profile));
        assert!(outcome.trap.is_some());
        let [message] = &outcome.messages()[..] else { panic!("{outcome}") };
        assert!(message.starts_with("error: panicked at panics/src/guest.rs:9:5:\n"), "{message}");
        assert!(message.ends_with("the path says so, with 6 bytes"), "{message}");
        // With the host's own message there is nothing of it in the response.
        assert_eq!(outcome.response.unwrap().body, b"internal server error");
    }
}

#[test]
fn a_guest_that_does_nothing_is_a_few_bytes() {
    assert!(GUESTS[PLAIN.name].bytes.len() < 100, "{}", GUESTS[PLAIN.name].bytes.len());
}
