//! What every call does, as a table: function, kind, phase, features, class of arguments and
//! profile, each combination with its result, its trap, and all that it changes.
//!
//! The table is the text beside this file. It was written from the ABI's pages and from what the
//! Go and the Express host do, and nothing of it is computed by the model. `read.rs` reads it,
//! `play.rs` plays a combination on the model and tells what came of it in the table's words.
//!
//! A row has function, kind, phases, features and profiles, several with commas, and then a cell
//! for each class of its section, or one for all classes.
//!
//! - Features are three letters, for request buffering, response buffering and trailers: `QBT`
//!   enabled, `qbt` not, `*` either.
//! - Profiles are the letters of those that the row is for: `s`trict, `g`o, `e`xpress.
//! - A cell is `!` and the kind of a trap, which changes nothing; or a result and changes, with
//!   semicolons: `4:POST` returns 4 and writes POST into the buffer, a 4 alone writes nothing, `2/9`
//!   is a count and a length, `eof/4` the end of a body and a length, `-` no result and no change.
//! - Changes: `rq.` the request that goes on to the next handler, or that getters show after it;
//!   `cl.` what the client gets from a guest that stops, or after the response hook; `t.` a trailer.
//!   A header is named alone, its values with commas. `rq=none`: nothing can be sent on;
//!   `cl=broken`: the client gets nothing.

mod play;
mod read;

use std::collections::BTreeSet;

use super::*;
use play::Case;
use read::Row;

const TEXTS: [(&str, &str); 4] = [
    ("instance.txt", include_str!("instance.txt")),
    ("headers.txt", include_str!("headers.txt")),
    ("changes.txt", include_str!("changes.txt")),
    ("bodies.txt", include_str!("bodies.txt")),
];

/// The kinds that a function can be called with; those without a `kind` argument have one.
const HEADER_KINDS: &[&str] =
    &["request", "response", "request-trailers", "response-trailers", "unknown"];
const BODY_KINDS: &[&str] = &["request", "response", "unknown"];
const NO_KIND: &[&str] = &["-"];

/// Every function, what kinds it has, and the classes of arguments that make a difference to it.
const CALLS: [(Function, &[&str], &[&str]); 19] = [
    (Function::EnableFeatures, NO_KIND, &["fits", "zero", "unknown"]),
    (Function::GetConfig, NO_KIND, GETTER),
    (Function::LogEnabled, NO_KIND, &["fits", "none", "unknown"]),
    (Function::Log, NO_KIND, &["fits", "zero", "outside", "bytes", "none", "unknown"]),
    (Function::GetMethod, NO_KIND, GETTER),
    (Function::SetMethod, NO_KIND, SETTER),
    (Function::GetUri, NO_KIND, GETTER),
    (Function::SetUri, NO_KIND, SETTER),
    (Function::GetProtocolVersion, NO_KIND, GETTER),
    (Function::GetSourceAddr, NO_KIND, GETTER),
    (Function::GetHeaderNames, HEADER_KINDS, GETTER),
    (
        Function::GetHeaderValues,
        HEADER_KINDS,
        &["fits", "small", "zero", "outside", "name-outside", "empty", "bytes", "absent"],
    ),
    (Function::SetHeaderValue, HEADER_KINDS, CHANGE),
    (Function::AddHeaderValue, HEADER_KINDS, CHANGE),
    (
        Function::RemoveHeader,
        HEADER_KINDS,
        &["fits", "name-outside", "empty", "bytes", "bad-name", "absent", "host"],
    ),
    (Function::ReadBody, BODY_KINDS, &["fits", "exact", "small", "zero", "outside"]),
    (Function::WriteBody, BODY_KINDS, &["fits", "zero", "outside"]),
    (Function::GetStatusCode, NO_KIND, &["call"]),
    (Function::SetStatusCode, NO_KIND, &["fits", "zero", "low", "high", "interim"]),
];
const GETTER: &[&str] = &["fits", "small", "zero", "outside"];
const SETTER: &[&str] = &["fits", "zero", "outside", "bytes", "invalid"];
const CHANGE: &[&str] = &[
    "fits",
    "zero",
    "outside",
    "name-outside",
    "empty",
    "bytes",
    "bad-name",
    "bad-value",
    "value-bytes",
    "host",
];

fn rows() -> Vec<Row> {
    TEXTS.iter().flat_map(|(file, text)| read::rows(file, text)).collect()
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (function, kinds, classes) in CALLS {
        for kind in kinds {
            for phase in [Phase::Init, Phase::Request, Phase::Response] {
                for features in (0..8).map(Features::from_bits) {
                    for profile in Profile::ALL {
                        cases.extend(classes.iter().map(|class| Case {
                            function,
                            kind,
                            phase,
                            features,
                            profile,
                            class,
                        }));
                    }
                }
            }
        }
    }
    cases
}

#[test]
fn every_call_does_what_the_table_says() {
    let rows = rows();
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    let cases = cases();
    for case in &cases {
        let matching: Vec<_> = rows.iter().filter(|row| row.is_for(case)).collect();
        let [row] = matching[..] else {
            let places: Vec<_> = matching.iter().map(|row| &row.place).collect();
            wrong.push(format!("{case}: found {} rows, wanted one: {places:?}", matching.len()));
            continue;
        };
        used.insert(row.place.clone());
        let wanted = row.cell(case);
        for found in case.play() {
            if found != wanted {
                wrong.push(format!("{case}: found {found:?}, wanted {wanted:?} ({})", row.place));
            }
        }
    }
    let unused = rows.iter().filter(|row| !used.contains(&row.place));
    wrong.extend(unused.map(|row| format!("{}: this row is for no combination", row.place)));
    println!("{} combinations, {} rows", cases.len(), rows.len());
    let shown: Vec<_> = wrong.iter().take(40).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), shown.join("\n"));
}

#[test]
fn the_table_is_for_every_function() {
    assert_eq!(CALLS.map(|(function, ..)| function), http_wasm_abi::FUNCTIONS);
    for (function, kinds, _) in CALLS {
        let has_kind = function.params().iter().any(|param| param.name == "kind");
        assert_eq!(has_kind, kinds != NO_KIND, "{function}");
    }
}

/// The rows of the strict profile say the same as the ABI's table about when a function may be called.
#[test]
fn strict_calls_are_allowed_when_the_abi_allows_them() {
    let rows = rows();
    let usual = |case: &&Case| {
        case.profile == Profile::Strict
            && case.kind != "unknown"
            && ["fits", "call"].contains(&case.class)
            // Trailers have a feature of their own.
            && (!case.kind.ends_with("trailers") || case.features.contains(Features::TRAILERS))
    };
    for case in cases().iter().filter(usual) {
        let access = case.function.access();
        let of_response = case.kind.starts_with("response") || access.request.is_empty();
        let phases = match (of_response, case.features.contains(Features::BUFFER_RESPONSE)) {
            (false, _) => access.request,
            (true, false) => access.response,
            (true, true) => access.buffered_response,
        };
        let row = rows.iter().find(|row| row.is_for(case)).expect("there is a row for it");
        assert_eq!(
            row.cell(case) != "!phase",
            phases.contains(case.phase),
            "{case} ({})",
            row.place
        );
    }
}
