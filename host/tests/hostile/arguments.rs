//! Guests that call host functions with what is not theirs.

use http_wasm_abi::Function;

use super::*;

/// Pointers and lengths that are not all memory of one page, or only just.
const RANGES: [(u32, u32); 12] = [
    (65_536, 1),
    (65_535, 2),
    (0, 65_537),
    (u32::MAX, 1),
    (u32::MAX, u32::MAX),
    (0, u32::MAX),
    (1, u32::MAX),
    (0x8000_0000, 0x8000_0000),
    (65_535, u32::MAX),
    (u32::MAX - 1, 2),
    (65_536, 0),
    (u32::MAX, 0),
];

/// Arguments of a function: all of its ranges are this one.
fn arguments(function: Function, kind: u32, (ptr, len): (u32, u32)) -> String {
    let mut text = String::new();
    for param in function.params() {
        let value = match param.name {
            "kind" => kind,
            name if name.ends_with("len") || name.ends_with("limit") => len,
            "level" => 0,
            "features" | "status_code" => 200,
            _ => ptr,
        };
        text += &format!(" (i32.const {})", value.cast_signed());
    }
    text
}

#[tokio::test]
async fn buffers_outside_memory_on_every_function() {
    for function in FUNCTIONS {
        if function.params().len() < 2 {
            continue;
        }
        let has_kind = function.params().iter().any(|param| param.name == "kind");
        let kinds: &[u32] = if has_kind { &[0, 1, 3, u32::MAX] } else { &[0] };
        for &kind in kinds {
            for range in RANGES {
                let call = format!("(call ${function}{})", arguments(function, kind, range));
                let call = if function.signature().result.is_some() {
                    format!("(drop {call})")
                } else {
                    call
                };
                let bench = Bench::new(&on_request(&call));
                let status = bench.attack().await.expect("an answer").status().as_u16();
                // What is refused is a trap and a 500; a range of nothing is as good as any.
                assert!(
                    matches!(status, 200 | 413 | 500 | 502),
                    "{function} {kind} {range:?}: {status}"
                );
                let first = bench.told.lock().unwrap().first().cloned().unwrap_or_default();
                assert!(!first.contains("panicked"), "{function} {kind} {range:?}: {first}");
            }
        }
    }
}

#[tokio::test]
async fn buffers_that_overlap_are_read_before_they_are_written() {
    // The name is where the values go, and the value is part of the name.
    let bench = Bench::new(&on_request(
        r#"(drop (call $get_header_values (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 64)))
           (call $set_header_value (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 3))
           (drop (call $get_header_values (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 1) (i32.const 64)))
           (call $log (i32.const 0) (i32.const 0) (i32.const 5))"#,
    ));
    assert_eq!(bench.attack().await.expect("an answer").status(), 200);
    assert_eq!(bench.told.lock().unwrap()[0], "xx-a\0");
}

#[tokio::test]
async fn headers_with_nul_cr_lf_do_not_reach_anybody() {
    for (name, value) in [("x-a", "a\\00b"), ("x-a", "a\\0d\\0ab: c"), ("x\\0aa", "b"), ("", "b")] {
        for kind in [0, 1] {
            let len = |text: &str| text.len() - 2 * text.matches('\\').count();
            let module =
                format!(r#"(data (i32.const 256) "{name}") (data (i32.const 300) "{value}")"#);
            let set = format!(
                "(call $set_header_value (i32.const {kind}) (i32.const 256) (i32.const {}) (i32.const 300) (i32.const {}))
                 (i64.const 1)",
                len(name),
                len(value)
            );
            let kind = if name == "x-a" { TrapKind::Value } else { TrapKind::Name };
            Bench::new(&guest(&module, "", &set, "")).traps(kind).await;
        }
    }
}

#[tokio::test]
async fn all_bits_of_features_may_be_asked_for() {
    for when in ["start", "request"] {
        let enable = "(drop (call $enable_features (i32.const -1)))";
        let (start, request) = if when == "start" { (enable, "") } else { ("", enable) };
        let bench = Bench::new(&guest("", start, &format!("{request} (i64.const 1)"), ""));
        let answer = bench.attack().await.expect("an answer");
        assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (200, &b"hello"[..]));
    }
}

#[tokio::test]
async fn a_result_that_is_garbage_is_refused() {
    for result in ["2", "-1", "0x7fffffff", "0x1_0000_0002", "0x8000_0000_0000_0000"] {
        let bench = Bench::new(&guest("", "", &format!("(i64.const {result})"), ""));
        let answer = bench.attack().await.expect("an answer");
        // The low word says whether to go on; what is above it is the guest's own.
        let wanted = if result == "0x8000_0000_0000_0000" { 200 } else { 500 };
        assert_eq!(answer.status(), wanted, "{result}");
    }
}

#[tokio::test]
async fn calls_at_the_wrong_time_trap() {
    let late = guest("", "", "(i64.const 1)", "(call $set_uri (i32.const 0) (i32.const 0))");
    assert!(Bench::new(&late).attack().await.is_none());
    let early = guest("", "(call $set_status_code (i32.const 200))", "(i64.const 1)", "");
    assert!(matches!(Bench::with(&early, options()), Err(Refused::Start(_))));
}
