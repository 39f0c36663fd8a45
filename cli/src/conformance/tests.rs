//! The suite is whole, and the model passes it.

use std::collections::BTreeSet;

use http_wasm_abi::{Features, LogLevel};
use http_wasm_host::engine::LoadError;
use http_wasm_model::Profile;
use http_wasm_model::exchange::{InstanceSettings, Settings, TestSettings};

use super::*;
use crate::hosts::HOSTS;

fn suite() -> Suite {
    match Suite::embedded() {
        Ok(suite) => suite,
        Err(error) => panic!("{error}"),
    }
}

fn with(profile: Profile) -> InstanceSettings {
    Settings { profile, ..Settings::default() }.into()
}

/// The verdicts are shown where the test fails.
fn play(
    settings: &InstanceSettings,
    host: &str,
) -> Result<(Report, Vec<model::Called>), LoadError> {
    let played = model::run(&suite(), settings, host);
    if let Ok((report, _)) = &played {
        println!("{}{}", report.table(), report.details().join("\n"));
    }
    played
}

#[test]
fn the_model_passes_in_the_strict_profile() {
    let (report, called) = play(&with(Profile::Strict), "model-strict").unwrap();
    assert!(report.counts.good());
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
fn the_model_passes_in_the_profile_of_the_go_host() {
    let (report, _) = play(&with(Profile::Go), "model-go").unwrap();
    assert!(report.counts.good());
    assert_eq!(report.counts.differs, 0);
}

/// What the ABI leaves to hosts is no must: how much one read gives, whether there are trailers, and
/// what is logged.
#[test]
fn a_host_that_uses_its_freedom_does_not_fail() {
    let settings = InstanceSettings {
        settings: Settings { log_threshold: LogLevel::Error, ..Settings::default() },
        test: TestSettings {
            read_sizes: vec![3, 0, 1],
            missing_features: Features::TRAILERS,
            ..TestSettings::default()
        },
        features: Features::NONE,
    };
    let (report, _) = play(&settings, "nobody").unwrap();
    assert!(report.counts.good(), "what is free is taken for a must");
    assert!(report.counts.differs > 10, "only {} differ", report.counts.differs);
}

#[test]
fn places_have_names_of_their_own() {
    let places = suite().deployments();
    let names: BTreeSet<_> = places.iter().map(|place| place.name.as_str()).collect();
    assert_eq!(names.len(), places.len());
    for name in names {
        assert!(name.len() <= 63, "{name} is too long for a host name");
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{name}"
        );
    }
}

fn refused(files: &[(&str, &str)]) -> String {
    let files: Vec<_> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    match Suite::new(&files) {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_file_that_is_wrong_or_alone_is_named() {
    let toml = "[[exchange]]\nname = \"e\"\n";
    let error = refused(&[("s/c.wat", "")]);
    assert_eq!(error, "conformance/s/c.wat has no c.toml beside it");
    let error = refused(&[("s/c.toml", toml)]);
    assert_eq!(error, "conformance/s/c.toml has no c.wat beside it");
    let error = refused(&[("s/c.wat", ""), ("s/c.toml", "x = 1")]);
    assert!(error.starts_with("conformance/s/c.toml:1:1: "), "{error}");
    let error = refused(&[("s/c.wat", "(func"), ("s/c.toml", toml)]);
    assert!(error.starts_with("s/c.wat is not a WebAssembly text"), "{error}");
    let list = "[[deviation]]\nhosts = [\"h\"]\nreason = \"r\"\nshows = { \"s/c\" = [\"other\"] }";
    let error = refused(&[("s/c.wat", ""), ("s/c.toml", toml), ("deviations.toml", list)]);
    assert!(error.contains("the exchange \"other\" of the case \"s/c\""), "{error}");
    let error = refused(&[("deviations.toml", "deviation = 1")]);
    assert!(error.starts_with("conformance/deviations.toml: "), "{error}");
}

/// What is skipped on a host, or known of it, is of a host that there is.
#[test]
fn hosts_have_names_that_the_tool_knows() {
    let mut hosts = vec!["model-go", "model-strict", "reference"];
    hosts.extend(HOSTS.iter().map(|host| host.name));
    let suite = suite();
    let listed = suite.deviations.iter().flat_map(|deviation| &deviation.hosts);
    let exchanges = suite.cases.iter().flat_map(|case| &case.exchanges.exchanges);
    for host in listed.chain(exchanges.flat_map(|recorded| recorded.skip.keys())) {
        assert!(hosts.contains(&host.as_str()), "{host}");
    }
}

#[test]
fn the_readme_says_how_many_guests_there_are() {
    let readme = include_str!("../../../README.md");
    let wanted = format!("{} guests in the text format", suite().cases.len());
    assert!(readme.contains(&wanted), "README.md wants to say: {wanted}");
}

#[test]
fn a_part_of_the_suite_is_written_with_the_numbers_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let all = suite().deployments();
    let part = suite().only(&["get_config/request".to_owned(), "next".to_owned()]).unwrap();
    let count = export::export(&part, &all, folder.path(), "127.0.0.1:9").unwrap();
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&read("manifest.json")).unwrap();
    assert_eq!(manifest["upstream"], "http://127.0.0.1:9");
    let places = manifest["places"].as_array().unwrap();
    assert_eq!(places.len(), count);
    let text = |place: &serde_json::Value, key: &str| place[key].as_str().unwrap().to_owned();
    for place in places {
        let index: usize = text(place, "index").parse().unwrap();
        assert_eq!(all[index].name, text(place, "name"));
        assert_eq!(text(place, "host"), format!("{}.conformance.test", all[index].name));
        assert!(read(&text(place, "guest")).starts_with(b"\0asm"));
        assert_eq!(place["config"].as_str().map(read), all[index].config);
    }
    assert!(places.iter().any(|place| place["config"].is_string()));
    assert!(!read("README.md").is_empty());
}
