//! Measurements for `cargo xtask bench`, which builds this program and starts it with arguments:
//!
//! - `requests GUEST CHAIN ITERATIONS WARM_UP`: a service alone and with guests around it;
//! - `bodies ROUNDS`: requests with bodies of growing length, read by a guest;
//! - `soak GUEST REQUESTS`: memory after a tenth of the requests, and after all;
//! - `start GUEST INSTANCES`: the time to start an instance, and the memory of an idle one;
//! - `load ADDRESS CONNECTIONS REQUESTS`: requests to a server, over TCP.
//!
//! It writes JSON lines to standard output. Nothing here judges what it finds.
#![forbid(unsafe_code)]

mod bodies;
#[path = "../common/mod.rs"]
mod common;
mod load;
mod resident;
mod soak;
mod start;

use std::fmt::Debug;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use http::{HeaderMap, Request, Response};
use http_wasm_host::layer::Body;
use serde_json::json;
use tower_service::Service;

use common::{Answers, guard, headers, send, twice};

fn main() -> ExitCode {
    // Cargo says to programs that it benchmarks that it does.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(words: &[&str]) -> Result<(), Box<dyn std::error::Error>> {
    match *words {
        ["requests", guest, chain, iterations, warm_up] => {
            requests(Path::new(guest), chain.parse()?, iterations.parse()?, warm_up.parse()?)
        }
        ["bodies", rounds] => {
            bodies::measure(rounds.parse()?);
            Ok(())
        }
        ["soak", guest, requests] => soak::measure(Path::new(guest), requests.parse()?),
        ["start", guest, instances] => start::measure(Path::new(guest), instances.parse()?),
        ["load", address, connections, requests] => {
            load::measure(address.parse()?, connections.parse()?, requests.parse()?)
        }
        // `cargo bench` starts every program that there is.
        [] => {
            eprintln!("measures nothing by itself; `cargo xtask bench` says what");
            Ok(())
        }
        _ => Err(format!("found {words:?}; `cargo xtask bench` knows what to say").into()),
    }
}

fn requests(
    guest: &Path,
    chain: usize,
    iterations: u32,
    warm_up: u32,
) -> Result<(), Box<dyn std::error::Error>> {
    let module = common::file(guest);
    // A chain is as long as the program says, as in a server; one that is put together later is
    // boxed, which costs something of its own.
    let four = || twice(&module, twice(&module, Answers));
    let guarded = match chain {
        1 => time(guard(&module, Answers), iterations, warm_up),
        2 => time(twice(&module, Answers), iterations, warm_up),
        4 => time(four(), iterations, warm_up),
        8 => time(twice(&module, twice(&module, four())), iterations, warm_up),
        _ => return Err(format!("found a chain of {chain}, wanted 1, 2, 4 or 8").into()),
    };
    let alone = time(Answers, iterations, warm_up);
    println!("{}", json!({ "case": "alone", "ns_per_request": alone }));
    println!("{}", json!({ "case": "guest", "ns_per_request": guarded }));
    Ok(())
}

/// Nanoseconds per request without a body, on average.
fn time<S, E>(mut service: S, iterations: u32, warm_up: u32) -> f64
where
    S: Service<Request<Body>, Response = Response<Body>, Error = E>,
    E: Debug,
{
    let headers = headers();
    repeat(&mut service, &headers, warm_up);
    let began = Instant::now();
    repeat(&mut service, &headers, iterations);
    began.elapsed().as_secs_f64() * 1e9 / f64::from(iterations)
}

fn repeat<S, E>(service: &mut S, headers: &HeaderMap, times: u32)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = E>,
    E: Debug,
{
    for _ in 0..times {
        send(service, headers, Body::empty());
    }
}
