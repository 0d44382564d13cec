//! How fast bytes become documents: ours with spans and Kubernetes' scalars, the bare events it falls back to, and
//! `serde_yaml`, which knows neither.

mod corpus;

use std::hint::black_box;
use std::time::Duration;

use checker::source::decode::decode_str;
use checker::source::decode::skim::{Wanted, skim};
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use serde::Deserialize as _;

use corpus::File;

fn decode(criterion: &mut Criterion) {
    let generated = corpus::generated(400);
    measure(criterion, "generated", &generated);
    let shared = corpus::shared();
    if !shared.is_empty() {
        measure(criterion, "shared", &shared);
    }
}

fn measure(criterion: &mut Criterion, name: &str, files: &[File]) {
    let bytes = files.iter().map(|file| file.text.len() as u64).sum();
    let pieces: Vec<&str> = files.iter().flat_map(|file| pieces(&file.text)).collect();
    let mut group = criterion.benchmark_group(name);
    group
        .throughput(Throughput::Bytes(bytes))
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .nresamples(10_000)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_500));
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            for file in files {
                black_box(decode_str(file.name.as_str(), file.text.as_str()));
            }
        });
    });
    let wanted = Wanted::new(["Deployment", "SidecarSet"]);
    group.bench_function("skim", |bencher| {
        bencher.iter(|| {
            for piece in &pieces {
                black_box(skim(piece, &wanted));
            }
        });
    });
    // What skimming saves: nothing of this kind is wanted, so every document is read to its end.
    let none = Wanted::new(["NoSuchKindAtAll"]);
    group.bench_function("skim, nothing wanted", |bencher| {
        bencher.iter(|| {
            for piece in &pieces {
                black_box(skim(piece, &none));
            }
        });
    });
    group.bench_function("granit events", |bencher| {
        bencher.iter(|| {
            for piece in &pieces {
                for event in granit_parser::Parser::new_from_str(piece) {
                    let Ok(event) = black_box(event) else { break };
                    drop(event);
                }
            }
        });
    });
    group.bench_function("serde_yaml to Value", |bencher| {
        bencher.iter(|| {
            for piece in &pieces {
                for document in serde_yaml::Deserializer::from_str(piece) {
                    let value = serde_yaml::Value::deserialize(document);
                    if black_box(value).is_err() {
                        break;
                    }
                }
            }
        });
    });
    group.finish();
}

/// The text cut at its separators, well enough for manifests as they are.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n---\n")
        .map(|piece| piece.strip_prefix("---\n").unwrap_or(piece))
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = decode
}
criterion_main!(benches);
