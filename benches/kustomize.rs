//! How long it takes to build every kustomization of a repository: here, with each base built once, against `kubectl kustomize`
//! on each folder, and against the same one by one.
//!
//! The repository is the one given as an argument (`cargo bench --bench kustomize -- DIR`), or `redhat-cop/gitops-catalog` beside the
//! project where that is there. Figures of one run on one machine compare with each other only.

#![expect(clippy::print_stdout, reason = "a table is what this program is for")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use checker::source::classify::is_kustomization_name;
use checker::source::decode;
use checker::source::disk::{Disk, Files};
use checker::source::kustomize::graph::Graph;
use checker::source::kustomize::rendering::Rendering;
use checker::source::{limits, walk};
use rayon::prelude::*;

/// Counted runs, after one that is not counted.
const RUNS: usize = 5;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/repos/redhat-cop+gitops-catalog");
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let root = given.map_or(beside, PathBuf::from);
    if !root.is_dir() {
        println!("skipped: {} is not there", root.display());
        return Ok(());
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(limits::WORKER_STACK_BYTES)
        .build()?;
    Ok(pool.install(|| run(&root))?)
}

fn run(root: &Path) -> Result<(), String> {
    let disk = Disk::new(root);
    let names: Vec<String> = walk::walk(root, &[root.to_owned()])?
        .files
        .into_iter()
        .map(|file| file.name)
        .filter(|name| is_kustomization_name(name))
        .collect();
    let folders: Vec<&str> = names
        .iter()
        .map(|name| name.rsplit_once('/').map_or("", |(folder, _)| folder))
        .collect();
    let (ours, built) = median(|| build_all(&names, &disk));
    println!(
        "{:<44} {:>9.1} ms  ({built} of {} folders)",
        "all folders here, bases once",
        millis(ours),
        folders.len()
    );
    let (alone, _) = median(|| {
        let built = folders
            .par_iter()
            .filter_map(|folder| Rendering::of_folder(&disk, folder, None));
        built.filter(|root| root.outcome.is_ok()).count()
    });
    println!("{:<44} {:>9.1} ms", "all folders here, one by one", millis(alone));
    let start = Instant::now();
    let theirs: usize = folders
        .par_iter()
        .map(|folder| usize::from(kubectl(&root.join(folder))))
        .sum();
    let time = start.elapsed();
    println!(
        "{:<44} {:>9.1} ms  ({theirs} folders)",
        "kubectl kustomize on each, as many at once",
        millis(time)
    );
    println!(
        "{:<44} {:>9.1}",
        "kubectl's time in ours",
        time.as_secs_f64() / ours.as_secs_f64()
    );
    Ok(())
}

/// From the files on the disk to the objects of every folder that is no component.
fn build_all(names: &[String], disk: &Disk) -> usize {
    let kustomizations = names
        .par_iter()
        .filter_map(|name| Some(Arc::new(decode::decode(name.clone(), disk.read(name).ok()?))))
        .collect();
    let graph = Graph::of(kustomizations, disk);
    let rendering = Rendering::of(&graph, disk, |_| None, |_, _| true, None);
    rendering.roots.iter().filter(|root| root.outcome.is_ok()).count()
}

fn kubectl(folder: &Path) -> bool {
    let status = Command::new("kubectl")
        .arg("kustomize")
        .arg(folder)
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("https_proxy", "http://127.0.0.1:9")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

fn median(mut work: impl FnMut() -> usize) -> (Duration, usize) {
    let mut result = work();
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            result = work();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times[RUNS / 2], result)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
