//! How long a whole `checker check` takes, as a process: repositories of growing size, one in which few documents matter, and
//! `kubeconform` on the same files where it is installed.
//!
//! Figures of one run on one machine compare with each other only. `cargo bench --bench check -- hook` takes that part alone; the others are
//! `typical` and `unasked`.

#![expect(clippy::print_stdout, reason = "a table is what this program is for")]

mod corpus;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use corpus::File;

/// Counted runs of each command, after one that is not counted.
const RUNS: usize = 5;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    println!("{:<34} {:>7} {:>8} {:>9} {:>12}", "", "files", "MB", "median", "a file");
    if is_asked("hook") {
        hook(&folder.path().join("hook"))?;
    }
    if is_asked("typical") {
        typical(folder.path())?;
    }
    if is_asked("unasked") {
        unasked(&folder.path().join("unasked"))?;
    }
    Ok(())
}

/// Whether a part is named, or none is. What begins with a hyphen is cargo's.
fn is_asked(part: &str) -> bool {
    let mut named = std::env::args()
        .skip(1)
        .filter(|name| !name.starts_with('-'))
        .peekable();
    named.peek().is_none() || named.any(|name| name == part)
}

/// Repositories of growing size.
fn typical(folder: &Path) -> Outcome<()> {
    let mut small = Duration::ZERO;
    for (name, count) in [("typical", 1_000), ("typical", 10_000), ("typical", 50_000)] {
        let root = folder.join(format!("{name}-{count}"));
        let bytes = write(&root, &corpus::generated(count))?;
        let time = check(&root)?;
        line("check, typical", count, bytes, time);
        let each = time / u32::try_from(count)?;
        if small.is_zero() {
            small = each;
        } else {
            println!(
                "{:<34} {:.2} of that for 1000 files",
                "  cost of a file",
                ratio(each, small)
            );
        }
        if count == 10_000 {
            compare(&root, count, bytes, time)?;
        }
    }
    Ok(())
}

/// A repository in which few documents matter.
fn unasked(root: &Path) -> Outcome<()> {
    let count = 10_000;
    let unasked: Vec<File> = corpus::generated(count * 8)
        .into_iter()
        .filter(|file| {
            !file.text.contains("Deployment") && !file.text.contains("SidecarSet") && !file.text.contains("ConfigMap")
        })
        .take(count)
        .collect();
    let bytes = write(root, &unasked)?;
    line("check, nothing to judge", unasked.len(), bytes, check(root)?);
    Ok(())
}

/// What a person waits for at a commit of one file, and a pull request for what is new: to stay under 0.2 s and 0.4 s on two cores.
fn hook(root: &Path) -> Outcome<()> {
    let count = 1_500;
    let bytes = write(root, &corpus::generated(count))?;
    git(root, &["init", "-q"])?;
    git(root, &["add", "-A"])?;
    git(root, &["commit", "-q", "-m", "all of it"])?;
    let touched = "team-0/app-3/159-touched.yaml";
    fs::write(
        root.join(touched),
        "apiVersion: v1\nkind: Pod\nmetadata: {name: touched}\n",
    )?;
    git(root, &["add", "-A"])?;
    for (name, arguments) in [
        ("check --touched FILE", &["--touched", touched][..]),
        ("check --staged --touched FILE", &["--staged", "--touched", touched]),
        ("check --base HEAD", &["--base", "HEAD"]),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_checker"));
        let time = measure(command.arg("check").args(arguments).current_dir(root))?;
        line(name, count, bytes, time);
    }
    Ok(())
}

fn git(root: &Path, arguments: &[&str]) -> Outcome<()> {
    let mut command = Command::new("git");
    command.args([
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "-c",
        "commit.gpgsign=false",
    ]);
    let status = command.args(arguments).current_dir(root).status()?;
    if !status.success() {
        return Err(format!("git {arguments:?} fails").into());
    }
    Ok(())
}

/// kubeconform without schemas only reads the files: a lower bound for what it takes to judge them.
fn compare(root: &Path, count: usize, bytes: usize, ours: Duration) -> Outcome<()> {
    let installed = Command::new("kubeconform").arg("-v").output().is_ok();
    if !installed {
        println!("  kubeconform is not on the PATH: not compared");
        return Ok(());
    }
    let arguments = [
        "-n",
        "2",
        "-schema-location",
        "no-such-folder/{{.ResourceKind}}.json",
        "-ignore-missing-schemas",
    ];
    let time = measure(Command::new("kubeconform").args(arguments).arg(root))?;
    line("kubeconform, reading only", count, bytes, time);
    println!("{:<34} {:.2}", "  ours to kubeconform's", ratio(ours, time));
    Ok(())
}

fn check(root: &Path) -> Outcome<Duration> {
    measure(Command::new(env!("CARGO_BIN_EXE_checker")).arg("check").arg(root))
}

/// The median time of a command; its output is thrown away, and findings are no failure.
fn measure(command: &mut Command) -> Outcome<Duration> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut times = Vec::new();
    for _ in 0..=RUNS {
        let start = Instant::now();
        command.status()?;
        times.push(start.elapsed());
    }
    let mut counted = times.split_off(1);
    counted.sort();
    Ok(counted[counted.len() / 2])
}

/// Writes the files into folders of fifty, and says how many bytes they have.
fn write(root: &Path, files: &[File]) -> Outcome<usize> {
    for (index, file) in files.iter().enumerate() {
        let folder = root.join(format!("team-{}/app-{}", index / 1000, index / 50));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{index}-{}", file.name)), &file.text)?;
    }
    Ok(files.iter().map(|file| file.text.len()).sum())
}

fn line(name: &str, files: usize, bytes: usize, time: Duration) {
    let megabytes = bytes / 1_000_000;
    let each = time.as_secs_f64() * 1e6 / f64::from(u32::try_from(files).unwrap_or(u32::MAX));
    println!(
        "{name:<34} {files:>7} {megabytes:>8} {:>7} ms {each:>9.1} µs",
        time.as_millis()
    );
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
