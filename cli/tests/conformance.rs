//! The `conformance` command as a person runs it: on a host that somebody else has set up from what
//! `--export` wrote, on a host that is a program, and on one that does something wrong.
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not take for tests")]

use std::collections::HashMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cargo_http_wasm::serve::{self, Guest, Server, Upstream, UpstreamOptions};
use http_wasm_abi::LogLevel;
use http_wasm_model::Profile;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

const TOOL: &str = env!("CARGO_BIN_EXE_cargo-http-wasm");

fn conformance(args: &[&str]) -> Command {
    let mut command = Command::new(TOOL);
    command.arg("conformance").args(args);
    command
}

/// Standard output as JSON, and the exit code.
fn json(output: &Output) -> (Value, Option<i32>) {
    let text = String::from_utf8_lossy(&output.stdout);
    let value = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr))
    });
    (value, output.status.code())
}

/// The places of the report in which something failed.
fn failures(report: &Value) -> Vec<&Value> {
    let cases = report["cases"].as_array().unwrap().iter();
    let exchanges = cases.flat_map(|case| case["exchanges"].as_array().unwrap());
    exchanges.filter(|exchange| exchange["verdict"] == "failed").collect()
}

/// A server for each place of a manifest, and one in front that finds them by the request's host: a
/// host as its owner sets it up.
async fn front(folder: &Path) -> SocketAddr {
    let manifest: Value =
        serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let mut servers = HashMap::new();
    for place in manifest["places"].as_array().unwrap() {
        let config = place["config"].as_str().map(|file| fs::read(folder.join(file)).unwrap());
        let wasm = folder.join(place["guest"].as_str().unwrap());
        let guest = Guest { wasm, config: config.unwrap_or_default(), log: LogLevel::Debug };
        let layer = serve::load(&guest, Profile::Strict, |_| {}).unwrap();
        let proxied =
            Upstream::url(manifest["upstream"].as_str().unwrap(), UpstreamOptions::default())
                .unwrap();
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let server = Server::start(address, &[layer], proxied).await.unwrap();
        servers.insert(place["host"].as_str().unwrap().to_owned(), server);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let servers = Arc::new(servers);
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            tokio::spawn(route(client, Arc::clone(&servers)));
        }
    });
    address
}

async fn route(mut client: TcpStream, servers: Arc<HashMap<String, Server>>) {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if client.read_buf(&mut head).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let text = String::from_utf8_lossy(&head);
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let Some(server) = servers.get(host) else {
        let _ = client.write_all(b"HTTP/1.1 421 Misdirected Request\r\n\r\n").await;
        return;
    };
    let mut server = TcpStream::connect(server.address()).await.unwrap();
    server.write_all(&head).await.unwrap();
    // A connection that breaks is what some exchanges are about.
    let _ = copy_bidirectional(&mut client, &mut server).await;
}

/// An address that nobody has now, and that no connection is given from now on: the system takes
/// their ports from 32,768 upwards.
fn free_address() -> String {
    /// Tests of this process that ask at once get different ones.
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let asked = ASKED.fetch_add(1, Ordering::Relaxed);
    let first = 20_000 + (std::process::id() + 97 * asked) % 10_000;
    let mut ports = (first..32_768).chain(20_000..first);
    let free = ports.find_map(|port| {
        let port = u16::try_from(port).unwrap();
        std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?.local_addr().ok()
    });
    free.unwrap().to_string()
}

#[test]
fn a_stranger_sets_up_a_host_and_names_its_url() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = free_address();
    let mut export = conformance(&["--upstream-listen", &upstream, "--export"]);
    let output = export.arg(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = format!("http://{}", runtime.block_on(front(folder.path())));
    let run = |names: &str| {
        let args =
            ["--format", "json", "--url", &url, "--upstream-listen", &upstream, "--as", names];
        json(&conformance(&args).output().unwrap())
    };

    let (report, code) = run("layer");
    assert!(failures(&report).is_empty(), "{:#?}", failures(&report));
    assert_eq!((code, &report["host"]), (Some(0), &Value::from("layer")));
    let passed = report["counts"]["passed"].as_u64().unwrap();
    assert!(passed > 250, "only {passed} passed");
    assert_eq!(report["counts"]["differs"], 0, "{report:#}");
    // What chooses its own host cannot be played where guests are found by it.
    assert_eq!(report["counts"]["skipped"], 3);

    // A second time, since a suite that can be played only once is no use. Nothing is known of this
    // name, and this host differs nowhere from the text.
    let (again, code) = run("nobody");
    assert_eq!((code, &again["counts"]["passed"]), (Some(0), &Value::from(passed)));
    // One that is said to be another host, and does not do what is known of that, fails.
    let (other, code) = run("go");
    assert_eq!(code, Some(1));
    assert!(failures(&other).len() > 20, "{:#?}", failures(&other));
}

#[test]
fn a_program_is_started_for_each_guest() {
    let command = format!("{TOOL} serve {{guest}} --config @{{config}} --upstream {{upstream}}");
    let args = ["--format", "json", "--command", &command, "--as", "layer"];
    let subjects = ["get_config", "ctx", "traps", "get_header_values/host", "set_uri"];
    let output = conformance(&args).args(subjects).output().unwrap();
    let (report, code) = json(&output);
    assert_eq!(code, Some(0), "{:#?}", failures(&report));
    assert_eq!(report["counts"]["skipped"], 0);
    let subjects: Vec<_> =
        report["cases"].as_array().unwrap().iter().map(|case| &case["subject"]).collect();
    assert!(subjects.contains(&&Value::from("get_config")) && subjects.len() > 15, "{subjects:?}");
}

#[test]
fn a_host_that_is_wrong_fails() {
    // One that knows no configuration.
    let command = format!("{TOOL} serve {{guest}} --upstream {{upstream}}");
    let output = conformance(&["--command", &command, "get_config/request"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("failed: get_config/request.toml:5: an object as text\n"), "{text}");
    assert!(text.contains("response.headers.x-seen: wanted"), "{text}");
    let row: Vec<_> = text.lines().rev().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row, ["get_config", "1", "1", "0", "0", "0"]);

    // Who knows better says so, and what is known must be so.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let list = |exchanges: &str| {
        let text = format!(
            "[[deviation]]\nhosts = [\"mine\"]\nreason = \"it takes no configuration\"\nshows = {{ \"get_config/request\" = [{exchanges}] }}\n"
        );
        fs::write(&file, text).unwrap();
        let mut command = conformance(&["--command", &command, "--as", "mine", "--deviations"]);
        command.arg(&file).arg("get_config/request").output().unwrap()
    };
    let output = list("\"an object as text\"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("known: ") && text.contains("it takes no configuration"), "{text}");
    let output = list("\"an object as text\", \"no configuration\"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("remove it from the list of deviations"), "{text}");
    let output = list("\"no such exchange\"");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("\"no such exchange\" of the case \"get_config/request\""), "{text}");
}

/// A host that does one of these for guests whose path has a word, and serves the others.
#[cfg(unix)]
fn host_that(folder: &Path, does: &str, word: &str) -> String {
    let script = format!(
        "#!/bin/sh\ncase \"$1\" in *{word}*) {does};; esac\nexec {TOOL} serve \"$1\" --config @\"$2\" --upstream \"$3\"\n"
    );
    let path = folder.join("host");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    format!("{} {{guest}} {{config}} {{upstream}}", path.display())
}

#[cfg(unix)]
#[test]
fn a_guest_that_the_host_refuses_fails_alone() {
    for (does, wanted) in [
        ("echo 'no such function' >&2; exit 1", "no such function (exit status: 1)"),
        ("echo here I am; exec sleep 600", "\"here I am\", wanted http://ADDRESS:PORT"),
        ("exec sleep 600", "the host was not ready within 2 s"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let command = host_that(folder.path(), does, "get-config-request");
        let args = ["--format", "json", "--timeout", "2", "--command", &command, "get_config"];
        let (report, code) = json(&conformance(&args).output().unwrap());
        assert_eq!(code, Some(1));
        let cases = report["cases"].as_array().unwrap();
        for case in cases {
            let exchanges = case["exchanges"].as_array().unwrap();
            for exchange in exchanges.iter().filter(|exchange| exchange["verdict"] != "skipped") {
                let is_refused = case["name"] == "request";
                assert_eq!(exchange["verdict"] == "failed", is_refused, "{does}: {exchange:#}");
                let found = exchange["mismatches"][0]["found"].as_str().unwrap_or_default();
                assert!(!is_refused || found.contains(wanted), "{does}: {found}");
            }
        }
        assert!(cases.len() > 1, "others were run");
    }
}

#[cfg(unix)]
#[test]
fn a_host_that_hangs_is_named_and_given_the_time_that_it_is_granted() {
    let folder = tempfile::tempdir().unwrap();
    // Python is not at hand everywhere, and this listens without ever responding.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let command = host_that(folder.path(), &format!("echo {url}; exec sleep 600"), "next");
    let begin = std::time::Instant::now();
    let output =
        conformance(&["--timeout", "0.5", "--command", &command, "next"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    let wanted = "the host neither responded nor closed the connection within 0.5 s";
    assert!(text.lines().any(|line| line.contains("next/") && line.contains(wanted)), "{text}");
    assert!(begin.elapsed() < std::time::Duration::from_secs(15), "{:?}", begin.elapsed());
}

#[cfg(unix)]
#[test]
fn a_host_that_never_says_where_it_is_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let command = host_that(folder.path(), "exec sleep 600", "");
    let output = conformance(&["--timeout", "0.2", "--command", &command]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("error: the host was not ready within 0.2 s"), "{text}");
}

#[test]
fn what_cannot_be_done_says_why() {
    let free = free_address();
    let url = format!("http://{free}");
    for (args, wanted) in [
        (
            vec!["--host", "layer", "nothing"],
            "no case `nothing`; the subjects are add_header_value, ctx",
        ),
        (vec!["--url", "https://a"], "it must be http"),
        (vec!["--url", &url, "--upstream-listen", "127.0.0.1:0"], "is the host running?"),
        (vec!["--command", "program {guest}"], "with {guest} and {upstream}"),
        (vec!["--command", "no-such-host {guest} {upstream}", "next"], "cannot run no-such-host"),
        (vec!["--host", "layer", "--timeout", "0", "next"], "wanted seconds"),
        (vec!["next"], "--host <HOST>"),
    ] {
        let output = conformance(&args).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        assert!(text.contains(wanted), "{args:?}: {text}");
    }
}

#[test]
fn nothing_played_is_nothing_proven() {
    // All that Traefik has of this case is skipped, so that it is not even started.
    let output = conformance(&["--host", "traefik", "get_config/bytes"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("no exchange was run"), "{text}");
}
