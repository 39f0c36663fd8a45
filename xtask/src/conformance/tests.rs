//! The suite is whole, and the reference host's model plays it.

use std::collections::BTreeSet;

use http_wasm_host::Profile;

use super::*;

fn suite() -> Suite {
    match Suite::embedded() {
        Ok(suite) => suite,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_model_plays_it_in_the_strict_profile() {
    let (report, called) = model::play(&suite(), Profile::Strict, "layer").unwrap();
    println!("{}{}", report.table(), report.details());
    assert!(report.good());
    assert_eq!(report.counts.differs, 0);

    // Every function of the ABI is called in every phase: where it may be, and where it may not.
    let missing: Vec<_> = coverage::missing(&called).iter().map(ToString::to_string).collect();
    assert!(missing.is_empty(), "no guest calls {missing:#?}");
    // A case less is seen.
    for (case, wanted) in [
        ("set_uri/after_next", "set_uri in handle_response, where it traps"),
        ("log/start", "log in initialisation"),
        ("add_header_value/own_trailers", "add_header_value(response trailer) in handle_request"),
        ("read_body/before_next_buffered", "read_body(response body) in handle_request, buffered"),
    ] {
        let without: Vec<_> = called.iter().filter(|call| call.case != case).cloned().collect();
        let missing = coverage::missing(&without);
        assert_eq!(missing.iter().map(ToString::to_string).collect::<Vec<_>>(), [wanted]);
    }
}

#[test]
fn the_model_plays_it_as_the_go_host_does() {
    let (report, _) = model::play(&suite(), Profile::Go, "model-go").unwrap();
    println!("{}{}", report.table(), report.details());
    assert!(report.good());
    assert_eq!(report.counts.differs, 0);
}

#[test]
fn places_have_names_of_their_own() {
    let places = suite().places();
    let names: BTreeSet<_> = places.iter().map(|place| place.name.as_str()).collect();
    assert_eq!(names.len(), places.len());
    for name in names {
        assert!(name.len() <= 63, "{name} is too long for a host name");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{name}");
    }
}
