//! Bodies: hosts lose them, cut them, and break what changes their length.

use http_wasm_model::exchange::TrapKind;
use http_wasm_sdk::EMPTY_READS;
use http_wasm_sdk::testing::{Features, Outcome, Profile, Scenario};

use crate::guests::request_body::BUFFER_LEN;
use crate::guests::{REQUEST_BODY, RESPONSE_BODY, STREAM_WITHOUT_BUFFERING};

/// Longer than what the filters read at a time: 3,000 bytes.
const LARGE_LEN: usize = BUFFER_LEN + if cfg!(miri) { 10 } else { 952 };

/// Shorter than what they read at a time.
const SMALL_LEN: usize = BUFFER_LEN - if cfg!(miri) { 4 } else { 48 };

fn long() -> String {
    ('a'..='z').cycle().take(LARGE_LEN).collect()
}

fn upload(path: &str, profile: Profile) -> Scenario {
    Scenario::post(path).body(long()).profile(profile)
}

/// Both ways of hosts: on the official Go host reading consumes a request body, and writes append; Express
/// keeps what is read, and of several writes the last. Miri runs one of each.
const HOSTS: &[Profile] =
    if cfg!(miri) { &[Profile::Strict, Profile::Express] } else { &Profile::ALL };

/// How hosts may give a body: as much as the buffer takes, in small pieces, with empty reads between,
/// byte by byte.
const READ_SIZES: &[&[u32]] =
    if cfg!(miri) { &[&[0, 20, 0, 0]] } else { &[&[], &[1000], &[0, 700, 0, 0], &[1]] };

/// Whether the length of a request's body is not declared.
const CHUNKED: &[bool] = if cfg!(miri) { &[true] } else { &[false, true] };

#[track_caller]
fn assert_logged(outcome: &Outcome, message: &str) {
    assert_eq!(outcome.messages(), [format!("info: {message}")]);
}

#[test]
fn a_request_body_read_in_chunks_arrives_whole() {
    for &profile in HOSTS {
        for &chunked in CHUNKED {
            let mut scenario = upload("/for_each", profile);
            scenario.request.chunked = chunked;
            let outcome = REQUEST_BODY.run(&scenario);
            assert_logged(&outcome, "done");
            assert_eq!(outcome.upstream_header("x-sum"), Some(&*LARGE_LEN.to_string()));
            assert_eq!(outcome.upstream_text(), long());
            assert_eq!(outcome.status(), 200);
        }
    }
}

#[test]
fn a_request_body_changed_in_chunks_arrives_whole() {
    for &profile in HOSTS {
        for path in ["/map", "/map_overlapping"] {
            for &chunked in CHUNKED {
                let mut scenario = upload(path, profile);
                scenario.request.chunked = chunked;
                let outcome = REQUEST_BODY.run(&scenario);
                if profile == Profile::Express {
                    // Such a host cannot write pieces, and does not lose what is not written.
                    assert_logged(&outcome, "too long");
                    assert_eq!(outcome.upstream_text(), long());
                } else {
                    assert_logged(&outcome, "done");
                    assert_eq!(outcome.upstream_text(), long().to_uppercase());
                }
                assert_eq!(outcome.status(), 200);
            }
        }
    }
}

#[test]
fn every_way_of_reading_a_request_body_forwards_it() {
    for &profile in HOSTS {
        for &chunked in CHUNKED {
            for (path, changes) in [
                ("/read_all", false),
                ("/for_each", false),
                ("/map", true),
                ("/map_all", true),
                ("/map_overlapping", true),
            ] {
                for body in ["", "x", &long()[..BUFFER_LEN - 1]] {
                    let mut scenario = Scenario::post(path).body(body).profile(profile);
                    scenario.request.chunked = chunked;
                    let outcome = REQUEST_BODY.run(&scenario);
                    assert_logged(&outcome, "done");
                    let wanted = if changes { body.to_uppercase() } else { body.to_owned() };
                    assert_eq!(outcome.upstream_text(), wanted, "{path}");
                }
            }
        }
    }
}

#[test]
fn a_request_body_longer_than_the_buffer_is_an_error_and_arrives_whole() {
    for &profile in HOSTS {
        for path in ["/read_all", "/map_all"] {
            // A little longer than the buffer, and longer than two of them.
            for len in [BUFFER_LEN + 1, 2 * BUFFER_LEN + 5] {
                let body = long().repeat(2)[..len].to_owned();
                let outcome = REQUEST_BODY.run(&upload(path, profile).body(&*body).chunked());
                assert_logged(&outcome, "too long");
                assert_eq!(outcome.upstream_text(), body, "{path} {len}");
            }
        }
    }
}

#[test]
fn a_request_body_as_long_as_the_buffer_arrives_whole() {
    for &profile in HOSTS {
        for path in ["/read_all", "/map_all"] {
            let outcome = REQUEST_BODY.run(&upload(path, profile).body(&long()[..BUFFER_LEN]));
            // The guest knows that this is all where the host says so with the last bytes.
            assert_eq!(outcome.upstream_text().to_lowercase(), long()[..BUFFER_LEN]);
        }
    }
}

#[test]
fn a_request_body_that_is_not_read_is_forwarded_unchanged() {
    for &profile in HOSTS {
        let outcome = REQUEST_BODY.run(&upload("/", profile));
        assert_eq!(outcome.upstream_text(), long());
        assert_eq!(outcome.call_names(), ["get_uri", "log"]);
    }
}

#[test]
fn a_request_body_of_declared_length_cannot_change_it() {
    for &profile in HOSTS {
        for path in ["/transform", "/replace", "/empty"] {
            let outcome = REQUEST_BODY.run(&upload(path, profile));
            assert_logged(&outcome, "length declared");
            assert_eq!(outcome.upstream_text(), long(), "nothing was read or written");
            assert!(!outcome.call_names().contains(&"read_body"));
        }
        let same = Scenario::post("/replace").body("1234567").profile(profile);
        let outcome = REQUEST_BODY.run(&same);
        assert_logged(&outcome, "done");
        assert_eq!(outcome.upstream_text(), "another", "seven bytes for seven");
    }
}

#[test]
fn only_a_chunked_request_body_changes_its_length() {
    for &profile in HOSTS {
        let in_pieces = profile != Profile::Express;
        let outcome = REQUEST_BODY.run(&upload("/transform", profile).chunked());
        let (first, rest) = (&long()[..BUFFER_LEN], &long()[BUFFER_LEN..]);
        let wanted = if in_pieces { format!("{first}+{rest}+") } else { long() };
        assert_logged(&outcome, if in_pieces { "done" } else { "in pieces" });
        assert_eq!(outcome.upstream_text(), wanted);
        let outcome = REQUEST_BODY.run(&upload("/replace", profile).chunked());
        assert_eq!(outcome.upstream_text(), "another");
        let outcome = REQUEST_BODY.run(&upload("/empty", profile).chunked());
        assert_eq!(outcome.upstream_text(), "", "written with no bytes, it is nothing");
        let outcome = REQUEST_BODY.run(&upload("/swallow", profile).chunked());
        let wanted = if in_pieces { String::new() } else { long() };
        assert_eq!(outcome.upstream_text(), wanted, "nothing of it was written");
    }
}

#[test]
fn a_request_body_is_not_read_or_written_twice() {
    for &profile in HOSTS {
        let outcome = REQUEST_BODY.run(&upload("/twice", profile).body(&long()[..SMALL_LEN]));
        assert_logged(&outcome, "used");
        assert_eq!(outcome.upstream_text(), &long()[..SMALL_LEN]);
    }
}

#[test]
fn a_body_written_to_a_request_without_one_is_reported() {
    let outcome = REQUEST_BODY.run(&Scenario::get("/replace"));
    assert!(outcome.problems[0].to_string().contains("loses it where there was none"));
    let outcome = REQUEST_BODY.run(&Scenario::get("/replace").profile(Profile::Go));
    assert_eq!(outcome.upstream_text(), "");
}

#[test]
fn a_request_body_that_is_not_buffered_cannot_be_read_on_express() {
    for path in ["/map", "/read_all", "/drain"] {
        let outcome = STREAM_WITHOUT_BUFFERING.run(&upload(path, Profile::Express));
        assert_eq!(outcome.trap.unwrap().kind(), TrapKind::Body);
    }
    for profile in [Profile::Strict, Profile::Go] {
        let outcome = STREAM_WITHOUT_BUFFERING.run(&upload("/map", profile));
        assert_eq!(outcome.upstream_text(), long().to_uppercase());
        let outcome =
            STREAM_WITHOUT_BUFFERING.run(&upload("/read_all", profile).body("short").chunked());
        assert_eq!(outcome.upstream_text(), "short");
        assert_eq!(STREAM_WITHOUT_BUFFERING.run(&upload("/drain", profile)).status(), 413);
    }
}

#[test]
fn what_is_read_without_request_buffering_is_written_back() {
    for profile in [Profile::Strict, Profile::Go] {
        let upload = upload("/map", profile).without_features(Features::BUFFER_REQUEST);
        assert_eq!(REQUEST_BODY.run(&upload).upstream_text(), long().to_uppercase());
    }
}

#[test]
fn a_request_whose_body_was_consumed_is_not_forwarded() {
    for &profile in HOSTS {
        for scenario in [upload("/take", profile), upload("/take", profile).chunked()] {
            let outcome = REQUEST_BODY.run(&scenario);
            assert!(outcome.upstream.is_none(), "the next handler would get a part of it, or none");
            assert_eq!(
                (outcome.status(), outcome.response_text()),
                (500, "internal server error\n")
            );
            assert_eq!(
                outcome.messages()[1],
                "error: request body was consumed but not written back; cannot forward"
            );
        }
        // Without a body nothing is lost.
        let outcome = REQUEST_BODY.run(&Scenario::get("/take").profile(profile));
        assert_logged(&outcome, "done");
        assert_eq!(outcome.status(), 200);
    }
}

#[test]
fn a_handler_that_responds_can_drain_the_request_body() {
    for &profile in HOSTS {
        for &sizes in READ_SIZES {
            let outcome = REQUEST_BODY.run(&upload("/drain", profile).read_sizes(sizes));
            assert_eq!(outcome.status(), 413);
            assert!(outcome.upstream.is_none());
        }
    }
}

#[test]
fn short_and_empty_reads_neither_cut_a_body_nor_loop() {
    for &sizes in READ_SIZES {
        for path in ["/map", "/map_overlapping", "/map_all", "/for_each"] {
            for &profile in HOSTS {
                // With a single write, the whole body has to fit into the buffer.
                let at_once = path.contains("_all") || profile == Profile::Express;
                let body = &long()[..if at_once { SMALL_LEN } else { LARGE_LEN }];
                let upload = upload(path, profile).body(body).read_sizes(sizes);
                let outcome = REQUEST_BODY.run(&upload);
                assert_logged(&outcome, "done");
                let changed = body.to_uppercase();
                let wanted = if path == "/for_each" { body } else { &*changed };
                assert_eq!(outcome.upstream_text(), wanted, "{path} {sizes:?}");
            }
        }
        for &profile in HOSTS {
            for path in ["/map_overlapping", "/map_all"] {
                let body = &long()[..SMALL_LEN];
                let responded = Scenario::get(path).upstream_body(body).profile(profile);
                let outcome = RESPONSE_BODY.run(&responded.read_sizes(sizes));
                assert_logged(&outcome, "done");
                assert_eq!(outcome.response_text(), body.to_uppercase(), "{path} {sizes:?}");
            }
        }
    }
}

#[test]
fn a_body_that_gives_nothing_for_ever_is_stalled() {
    for &profile in HOSTS {
        let stalled = Scenario::get("/read_all").upstream_body("never").read_sizes([0]);
        let outcome = RESPONSE_BODY.run(&stalled.profile(profile));
        assert_logged(&outcome, "stalled");
        assert_eq!(outcome.response_text(), "never", "it is as it was");
        let reads = outcome.call_names().iter().filter(|name| **name == "read_body").count();
        assert_eq!(reads, EMPTY_READS as usize);
    }
    let paths: &[_] =
        if cfg!(miri) { &["/map"] } else { &["/map", "/map_all", "/map_overlapping", "/for_each"] };
    for path in paths {
        let outcome = REQUEST_BODY.run(&upload(path, Profile::Go).read_sizes([0]));
        assert_logged(&outcome, "stalled");
        let outcome = REQUEST_BODY.run(&upload(path, Profile::Express).read_sizes([0]));
        assert_logged(&outcome, "stalled");
        assert_eq!(outcome.upstream_text(), long(), "it is as it was");
    }
}

#[test]
fn an_empty_buffer_is_not_read_into() {
    for &profile in HOSTS {
        let outcome = REQUEST_BODY.run(&upload("/no_room", profile));
        assert_logged(&outcome, "stalled");
        assert_eq!(outcome.upstream_text(), long());
        let outcome = RESPONSE_BODY.run(&Scenario::get("/no_room").profile(profile));
        assert_logged(&outcome, "too long");
    }
}

#[test]
fn a_changed_response_body_has_the_right_length() {
    for &profile in HOSTS {
        for &chunked in CHUNKED {
            for (path, wanted) in [
                ("/map_all", "ANSWER"),
                ("/map_overlapping", "ANSWER"),
                ("/transform", "answer+"),
                ("/replace", "another"),
                ("/empty", ""),
                ("/swallow", ""),
                ("/read_all", "answer"),
                ("/", "answer"),
            ] {
                let mut scenario = Scenario::get(path).upstream_body("answer").profile(profile);
                if chunked {
                    scenario = scenario.upstream_chunked();
                }
                let outcome = RESPONSE_BODY.run(&scenario);
                if profile == Profile::Express && matches!(path, "/transform" | "/swallow") {
                    assert_logged(&outcome, "in pieces");
                    assert_eq!(outcome.response_text(), "answer", "it is as it was");
                    continue;
                }
                assert_logged(&outcome, "done");
                assert_eq!(outcome.response_text(), wanted, "{path}");
                let length = outcome.response_header("content-length");
                assert!(
                    length.is_none_or(|length| length == wanted.len().to_string()),
                    "{path}: {length:?}"
                );
            }
        }
    }
}

#[test]
fn a_response_body_that_cannot_be_written_in_pieces_is_not_written() {
    let long = long();
    for path in ["/map_overlapping", "/pieces", "/transform"] {
        for &profile in HOSTS {
            let outcome =
                RESPONSE_BODY.run(&Scenario::get(path).upstream_body(&*long).profile(profile));
            if profile == Profile::Express {
                // It would be the last piece.
                assert_logged(
                    &outcome,
                    if path == "/map_overlapping" { "too long" } else { "in pieces" },
                );
                assert_eq!(outcome.response_text(), long);
                assert_eq!(
                    outcome.response_header("content-length"),
                    Some(&*LARGE_LEN.to_string())
                );
            } else {
                assert_logged(&outcome, "done");
                assert_ne!(outcome.response_text(), long);
            }
        }
    }
}

#[test]
fn a_response_that_has_no_body_gets_none() {
    for &profile in HOSTS {
        for path in ["/replace", "/pieces", "/transform"] {
            if profile == Profile::Express && path != "/replace" {
                continue;
            }
            for (method, status) in [("GET", 204), ("GET", 304), ("HEAD", 200), ("HEAD", 304)] {
                let scenario = Scenario::new(method, path).upstream_status(status).profile(profile);
                let outcome = RESPONSE_BODY.run(&scenario);
                outcome.assert_ok();
                assert_logged(&outcome, "done");
                assert_eq!((outcome.status(), outcome.response_text()), (status, ""), "{path}");
            }
        }
        // What the next handler has sent goes, with a status that the guest sets.
        let outcome = RESPONSE_BODY
            .run(&Scenario::get("/no_content").upstream_body("answer").profile(profile));
        outcome.assert_ok();
        assert_eq!((outcome.status(), outcome.response_text()), (204, ""));
    }
}

#[test]
fn a_response_body_is_not_replaced_twice() {
    let outcome = RESPONSE_BODY.run(&Scenario::get("/twice").upstream_body("answer"));
    assert_logged(&outcome, "used");
    assert_eq!(outcome.response_text(), "one");
}

#[test]
fn a_response_body_longer_than_the_buffer_is_not_changed() {
    for &profile in HOSTS {
        for path in ["/read_all", "/map_all"] {
            let scenario = Scenario::get(path).upstream_body(long()).profile(profile);
            let outcome = RESPONSE_BODY.run(&scenario);
            assert_logged(&outcome, "too long");
            assert_eq!(outcome.response_text(), long());
            assert_eq!(outcome.response_header("content-length"), Some(&*LARGE_LEN.to_string()));
        }
    }
}
