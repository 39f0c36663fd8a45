//! The list of hosts, and the documents that name them.

use std::collections::BTreeSet;
use std::path::Path;

use super::HOSTS;

#[test]
fn every_host_has_a_name_of_its_own_and_a_description() {
    let names: BTreeSet<_> = HOSTS.iter().map(|host| host.name).collect();
    assert_eq!(names.len(), HOSTS.len());
    for host in HOSTS {
        assert!(host.name.bytes().all(|byte| byte.is_ascii_lowercase()), "{}", host.name);
        assert!(!host.about.is_empty(), "{}", host.name);
    }
}

#[test]
fn continuous_integration_runs_every_host() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let stages: String = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    for host in HOSTS {
        for command in ["interop", "conformance --host"] {
            let wanted = format!("cargo xtask {command} {}", host.name);
            assert!(stages.lines().any(|line| line.ends_with(&wanted)), "no `{wanted}` in .ci");
        }
    }
}
