//! What a guest costs per request: services alone, and the same with guests around them.
//!
//! `cargo bench -p http-wasm-host --bench layer -- [FILTER]`. The guest is that of
//! `examples/header`, built by `cargo xtask build header`; `HTTP_WASM_GUEST` names another file.
//! For work on the layer; `cargo xtask bench` compares it with other hosts.
#![forbid(unsafe_code)]

mod common;

use std::path::PathBuf;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use http_wasm_host::layer::Body;

use common::{Answers, READS, guard, headers, send, twice};

fn per_request(criterion: &mut Criterion) {
    let file = std::env::var_os("HTTP_WASM_GUEST").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/guests/header.wasm")),
        PathBuf::from,
    );
    let module = common::file(&file);
    let headers = headers();
    let mut group = criterion.benchmark_group("per request");
    let mut alone = Answers;
    group.bench_function("alone", |bencher| {
        bencher.iter(|| send(&mut alone, &headers, Body::empty()));
    });
    let mut one = guard(&module, Answers);
    group.bench_function("one guest", |bencher| {
        bencher.iter(|| send(&mut one, &headers, Body::empty()));
    });
    let mut two = twice(&module, Answers);
    group.bench_function("two guests", |bencher| {
        bencher.iter(|| send(&mut two, &headers, Body::empty()));
    });
    let mut four = twice(&module, twice(&module, Answers));
    group.bench_function("four guests", |bencher| {
        bencher.iter(|| send(&mut four, &headers, Body::empty()));
    });
    group.finish();
}

fn per_byte(criterion: &mut Criterion) {
    let mut guarded = guard(&common::text(READS), Answers);
    let headers = headers();
    let mut group = criterion.benchmark_group("body read by the guest");
    for size in [0_usize, 64 << 10, 256 << 10, 1 << 20, 4 << 20] {
        let bytes = Bytes::from(vec![b'a'; size]);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| send(&mut guarded, &headers, Body::full(bytes.clone())));
        });
    }
    group.finish();
}

criterion_group!(benches, per_request, per_byte);
criterion_main!(benches);
