use crate::*;

extern crate std;
use std::string::ToString;

const EDGES: [u32; 6] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, u32::MAX];

#[test]
fn ctx_next_keeps_every_ctx() {
    assert_eq!(CtxNext::STOP.bits(), 0);
    assert!(!CtxNext::STOP.is_next());
    for ctx in EDGES {
        let value = CtxNext::go_on(ctx);
        assert_eq!(value.bits(), u64::from(ctx) << 32 | 1);
        assert_eq!(value.ctx(), ctx);
        assert!(value.is_next() && value.is_valid());
        assert_eq!(CtxNext::from_bits(value.bits()), value);
    }
}

#[test]
fn ctx_next_outside_the_abi_is_not_valid() {
    for low in [2, 0x8000_0000, u32::MAX] {
        let value = CtxNext::from_bits(7 << 32 | u64::from(low));
        assert!(!value.is_valid());
        assert!(value.is_next(), "the official Go host forwards on any low word but 0");
        assert_eq!(value.ctx(), 7);
    }
    let stop_with_ctx = CtxNext::from_bits(9 << 32);
    assert!(stop_with_ctx.is_valid() && !stop_with_ctx.is_next());
}

#[test]
fn count_len_keeps_both_halves() {
    for count in EDGES {
        for len in EDGES {
            let value = CountLen::new(count, len);
            assert_eq!((value.count(), value.len()), (count, len));
            assert_eq!(value.bits(), u64::from(count) << 32 | u64::from(len));
            assert_eq!(value.is_empty(), count == 0);
            assert_eq!(CountLen::from_bits(value.bits()), value);
        }
    }
}

#[test]
fn eof_len_keeps_both_halves() {
    for eof in [false, true] {
        for len in EDGES {
            let value = EofLen::new(eof, len);
            assert_eq!((value.is_eof(), value.len()), (eof, len));
            assert_eq!(value.is_empty(), len == 0);
            assert_eq!(EofLen::from_bits(value.bits()), value);
        }
    }
}

#[test]
fn constants_have_the_published_values() {
    assert_eq!(HeaderKind::ALL.map(|kind| kind as u32), [0, 1, 2, 3]);
    assert_eq!(BodyKind::ALL.map(|kind| kind as u32), [0, 1]);
    assert_eq!(LogLevel::ALL.map(|level| level as i32), [-1, 0, 1, 2, 3]);
    assert_eq!(Features::NAMED.map(|(feature, _)| feature.bits()), [1, 2, 4]);
    for kind in HeaderKind::ALL {
        assert_eq!(HeaderKind::from_bits(kind as u32), Some(kind));
    }
    for kind in BodyKind::ALL {
        assert_eq!(BodyKind::from_bits(kind as u32), Some(kind));
    }
    for level in LogLevel::ALL {
        assert_eq!(LogLevel::from_i32(level as i32), Some(level));
    }
    assert_eq!(HeaderKind::from_bits(4), None);
    assert_eq!(BodyKind::from_bits(u32::MAX), None);
    assert_eq!(LogLevel::from_i32(-2), None);
}

#[test]
fn features_print_their_names() {
    assert_eq!(Features::NONE.to_string(), "none");
    let all = Features::from_bits(7);
    assert_eq!(all.to_string(), "buffer_request|buffer_response|trailers");
    assert_eq!(Features::from_bits(0x12).to_string(), "buffer_response|0x10");
    assert!(all.contains(Features::BUFFER_REQUEST.union(Features::TRAILERS)));
    assert_eq!(
        all.without(Features::TRAILERS),
        Features::BUFFER_REQUEST.union(Features::BUFFER_RESPONSE)
    );
    assert_eq!(all.without(all), Features::NONE);
}

#[test]
fn the_table_has_the_published_types() {
    let types: std::vec::Vec<_> = FUNCTIONS
        .iter()
        .map(|function| std::format!("{function}{}", function.signature()))
        .collect();
    assert_eq!(
        types,
        [
            "enable_features(i32) -> i32",
            "get_config(i32, i32) -> i32",
            "log_enabled(i32) -> i32",
            "log(i32, i32, i32) -> ()",
            "get_method(i32, i32) -> i32",
            "set_method(i32, i32) -> ()",
            "get_uri(i32, i32) -> i32",
            "set_uri(i32, i32) -> ()",
            "get_protocol_version(i32, i32) -> i32",
            "get_source_addr(i32, i32) -> i32",
            "get_header_names(i32, i32, i32) -> i64",
            "get_header_values(i32, i32, i32, i32, i32) -> i64",
            "set_header_value(i32, i32, i32, i32, i32) -> ()",
            "add_header_value(i32, i32, i32, i32, i32) -> ()",
            "remove_header(i32, i32, i32) -> ()",
            "read_body(i32, i32, i32) -> i64",
            "write_body(i32, i32, i32) -> ()",
            "get_status_code() -> i32",
            "set_status_code(i32) -> ()",
        ]
    );
    for function in FUNCTIONS {
        assert_eq!(Function::from_name(function.name()), Some(function));
        assert_eq!(function.params().len(), function.signature().params.len());
        assert!(function.doc().ends_with('.'), "{function}: {}", function.doc());
    }
    assert_eq!(Function::from_name("get_time"), None);
}

#[test]
fn only_four_functions_run_during_initialisation() {
    let init: std::vec::Vec<_> = FUNCTIONS
        .into_iter()
        .filter(|function| function.access().request.contains(Phase::Init))
        .map(Function::name)
        .collect();
    assert_eq!(init, ["enable_features", "get_config", "log_enabled", "log"]);
}

/// The columns that hosts derive their lists from, as tokens of each row: a row without one of them
/// does not match, and the tests do not compile.
macro_rules! columns {
    (module $module:literal; $(
        $(#[doc = $doc:literal])+
        $variant:ident $name:ident($($param:ident: $ty:ty),*) $(-> $result:ty)? {
            request: $request:ident, response: $response:ident, buffered: $buffered:ident,
            touches: $touches:expr, waits: $waits:ident
        }
    )+) => {
        [$((Function::$variant, stringify!($touches), stringify!($waits))),+]
    };
}

#[test]
fn what_is_touched_and_waited_for_comes_from_the_rows() {
    let rows = functions!(columns);
    assert_eq!(rows.map(|(function, ..)| function), FUNCTIONS);
    for (function, touches, waits) in rows {
        let written = touches.replace(char::is_whitespace, "").replace("Part::", "");
        assert_eq!(std::format!("{:?}", function.touches()), written);
        assert_eq!(std::format!("{:?}", function.waits()), waits);
        assert_eq!(function.may_wait(true), waits != "Never", "{function}");
        assert_eq!(function.may_wait(false), waits == "Body", "{function}");
    }
}

#[test]
fn parts_are_read_and_written_by_the_functions_named_after_them() {
    for function in FUNCTIONS {
        let part = match function.name().split_once('_').map_or("", |(_, part)| part) {
            "method" | "uri" => Part::Line,
            "protocol_version" => Part::Version,
            "source_addr" => Part::SourceAddr,
            "header_names" | "header_values" | "header_value" | "header" => Part::Headers,
            "body" => Part::Body,
            "status_code" => Part::Status,
            _ => {
                assert_eq!(function.touches(), Touches::Nothing, "{function}");
                continue;
            }
        };
        let is_read = function.name().starts_with("get_") || function.name().starts_with("read_");
        assert_eq!(
            (function.reads(part), function.writes(part)),
            (is_read, !is_read),
            "{function}"
        );
        let has_kind = function.params().first().is_some_and(|param| param.name == "kind");
        assert_eq!(has_kind, matches!(part, Part::Headers | Part::Body), "{function}");
    }
}

#[test]
fn wasi_functions_are_found_by_name() {
    let (name, exit) = wasi::function(wasi::EXIT).unwrap();
    assert_eq!((name, exit.to_string().as_str()), ("proc_exit", "(i32) -> ()"));
    let (_, seek) = wasi::function("fd_seek").unwrap();
    assert_eq!(seek.to_string(), "(i32, i64, i32, i32) -> i32");
    assert_eq!(wasi::function("fd_teleport"), None);
    for (index, (name, _)) in wasi::FUNCTIONS.iter().enumerate() {
        assert!(wasi::FUNCTIONS[..index].iter().all(|(before, _)| before < name), "{name}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        cases: if cfg!(miri) { 8 } else { 1000 },
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn what_is_packed_is_what_is_unpacked(high: u32, low: u32, eof: bool) {
        let ctx_next = CtxNext::go_on(high);
        proptest::prop_assert!(ctx_next.is_next() && ctx_next.is_valid() && ctx_next.ctx() == high);
        let count_len = CountLen::from_bits(CountLen::new(high, low).bits());
        proptest::prop_assert_eq!((count_len.count(), count_len.len()), (high, low));
        let eof_len = EofLen::from_bits(EofLen::new(eof, low).bits());
        proptest::prop_assert_eq!((eof_len.is_eof(), eof_len.len()), (eof, low));
    }

    #[test]
    fn any_bits_unpack_to_their_halves(bits: u64) {
        let (high, low) = ((bits >> 32) as u32, bits as u32);
        let ctx_next = CtxNext::from_bits(bits);
        proptest::prop_assert_eq!((ctx_next.ctx(), ctx_next.is_next()), (high, low != 0));
        proptest::prop_assert_eq!(ctx_next.is_valid(), low < 2);
        let count_len = CountLen::from_bits(bits);
        proptest::prop_assert_eq!((count_len.count(), count_len.len()), (high, low));
        proptest::prop_assert_eq!(count_len.is_empty(), high == 0);
        let eof_len = EofLen::from_bits(bits);
        proptest::prop_assert_eq!((eof_len.is_eof(), eof_len.len()), (high != 0, low));
        proptest::prop_assert_eq!(eof_len.is_empty(), low == 0);
        proptest::prop_assert_eq!(EofLen::from_bits(bits).bits(), bits);
    }
}
