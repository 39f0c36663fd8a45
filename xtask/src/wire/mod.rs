//! Compares what a guest, its client and its upstream see on our server with what they see on the official Go host, for
//! the same bytes: a corpus of raw requests.
//!
//! The rule: our layer gives a guest what Go's `net/http` gives the official Go host, or better by the RFC. A difference
//! is listed with its reason; one that is not fails, and so does one that is listed and no longer occurs.

mod client;
mod compare;
mod corpus;
mod differences;
mod go;
mod message;
mod upstream;

use http_wasm_testkit::recorded::Surroundings;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use cargo_http_wasm::hosts::layer::LayerHost;
use cargo_http_wasm::hosts::{Deployment, HostUnderTest as _, RunningHost};
use cargo_http_wasm::ui;
use http_wasm_abi::LogLevel;
use http_wasm_testkit::guest;
use serde::Serialize;
use tokio::sync::Mutex;

use compare::{Difference, Parts};
use corpus::Case;
use differences::Known;
use upstream::Upstream;

/// How many cases run at once, each on servers of its own.
const PARALLEL_CASES: usize = 8;

/// The guests: what they have in common, and what each does in its request hook.
const HEAD: &str = include_str!("guests/head.wat");
const GUESTS: [(&str, &str); 2] =
    [("passes", include_str!("guests/passes.wat")), ("reads", include_str!("guests/reads.wat"))];

/// The result of the comparison.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// How many cases there were.
    pub(crate) cases: usize,
    /// How many differences were listed.
    pub(crate) known: usize,
    /// The differences that are not listed.
    pub(crate) unlisted: Vec<Difference>,
    /// What is listed and has not occurred.
    pub(crate) stale: Vec<String>,
}

impl Report {
    /// Whether all differences are listed, and all that are listed have occurred.
    pub(crate) fn good(&self) -> bool {
        self.cases > 0 && self.unlisted.is_empty() && self.stale.is_empty()
    }
}

/// The folder of the corpus.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wire")
}

/// Compares the cases whose names contain one of `wanted`, or all. `folder` is empty and is for the hosts.
pub(crate) async fn run(
    tools: &Path,
    folder: &Path,
    wanted: &[String],
    show: bool,
) -> anyhow::Result<Report> {
    let corpus = self::folder();
    let mut cases = corpus::read(&corpus)?;
    let all = cases.len();
    cases.retain(|case| wanted.is_empty() || wanted.iter().any(|part| case.name.contains(part)));
    let mut known = Known::read(&corpus)?;
    let mut testbeds =
        Testbed::start(tools, folder, PARALLEL_CASES.min(cases.len().max(1))).await?;
    ui::step(
        "Comparing",
        format_args!("{} cases on our server and on the official Go host", cases.len()),
    );
    let mut report = Report { cases: cases.len(), ..Report::default() };
    let queue = Arc::new(Mutex::new(cases.into_iter()));
    let (mut found, mut running) = (Vec::new(), Vec::new());
    let local = tokio::task::LocalSet::new();
    for testbed in testbeds.drain(..) {
        running.push(local.spawn_local(testbed.work(Arc::clone(&queue), show)));
    }
    local
        .run_until(async {
            for testbed in running {
                found.extend(testbed.await??);
            }
            anyhow::Ok(())
        })
        .await?;
    found.sort_by(|a: &Difference, b: &Difference| (&a.case, &a.part).cmp(&(&b.case, &b.part)));
    for difference in found {
        if known.explains(&difference) {
            report.known += 1;
        } else {
            report.unlisted.push(difference);
        }
    }
    if report.cases == all {
        report.stale = known.stale();
    }
    Ok(report)
}

/// Servers of both hosts, for one case at a time: one of each for each guest.
struct Testbed {
    theirs: [std::net::SocketAddr; 2],
    ours: Box<dyn RunningHost>,
    /// Behind theirs, and behind ours.
    upstreams: [Upstream; 2],
    _go: Arc<go::Servers>,
}

impl Testbed {
    async fn start(tools: &Path, folder: &Path, count: usize) -> anyhow::Result<Vec<Self>> {
        let mut deployments = Vec::new();
        for (name, text) in GUESTS {
            let wasm = folder.join(format!("{name}.wasm"));
            let text = guest::module(&format!("{HEAD}{text}"));
            let bytes = wat::parse_str(&text).with_context(|| format!("the guest {name}"))?;
            std::fs::write(&wasm, bytes)?;
            deployments.push(Deployment {
                guest: name.to_owned(),
                wasm,
                config: None,
                surroundings: Surroundings::default(),
                log: LogLevel::Warn,
            });
        }
        let (mut upstreams, mut pairs) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let upstream = Upstream::start().await?;
            pairs.extend(deployments.iter().map(|it| (it.wasm.clone(), upstream.address())));
            upstreams.push([upstream, Upstream::start().await?]);
        }
        let go = Arc::new(go::start(tools, folder, &pairs).await?);
        let mut testbeds = Vec::new();
        for (upstreams, addresses) in upstreams.into_iter().zip(go.addresses.chunks(GUESTS.len())) {
            let ours =
                LayerHost::default().start(&deployments, upstreams[1].address(), folder).await?;
            let theirs = addresses.try_into().context("two addresses")?;
            testbeds.push(Self { theirs, ours, upstreams, _go: Arc::clone(&go) });
        }
        Ok(testbeds)
    }

    /// Runs cases until there are no more.
    async fn work(
        self,
        queue: Arc<Mutex<std::vec::IntoIter<Case>>>,
        show: bool,
    ) -> anyhow::Result<Vec<Difference>> {
        let mut found = Vec::new();
        loop {
            let Some(case) = queue.lock().await.next() else { return Ok(found) };
            let guest = usize::from(case.reads_body);
            let addresses = [self.theirs[guest], self.ours.address(guest)];
            let mut sides = Vec::new();
            for (address, upstream) in addresses.into_iter().zip(&self.upstreams) {
                sides.push(
                    observe(address, upstream, &case).await.with_context(|| case.name.clone())?,
                );
            }
            if show {
                ui::out(format_args!(
                    "{}\n  theirs {:#?}\n  ours {:#?}",
                    case.name, sides[0], sides[1]
                ));
            }
            found.extend(compare::differences(&case.name, &sides[0], &sides[1]));
        }
    }
}

async fn observe(
    address: std::net::SocketAddr,
    upstream: &Upstream,
    case: &Case,
) -> anyhow::Result<Parts> {
    upstream.expect(case.response()?);
    let received = client::send(address, case).await?;
    let mut parts = compare::parts(&received, &upstream.seen().await);
    // The two have other ports.
    let own = upstream.address().to_string();
    parts.values_mut().for_each(|text| *text = text.replace(&own, "UPSTREAM"));
    Ok(parts)
}
