//! What we build of a kustomization is what kubectl builds of it: every folder with one, in the real repositories, in our
//! fixtures and in generated repositories, both ways.
//!
//! The real repositories are the folders of `../shared/corpora/repos`, or of what `CHECKER_REPOSITORIES` names. Of generated ones `CASES`
//! asks for more, which are others each time.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may stop where it stands, and says what it skips"
)]

mod generated;
#[path = "../plausible/mod.rs"]
mod plausible;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use checker::source::classify::KUSTOMIZATION_NAMES;
use checker::source::decode::{self, decode_str};
use checker::source::disk::Disk;
use checker::source::kustomize::problem::BuildVerdict;
use checker::source::kustomize::rendering::{Rendering, Unbuilt};
use rayon::prelude::*;
use serde_json::Value;

/// The kustomize whose behaviour is followed.
const KUSTOMIZE: &str = "v5.5.0";

/// Share of the folders that kubectl builds which must be built without another program, in percent.
const NATIVE: usize = 97;

/// Fixtures that are there to be left to another program; every other one is built here.
const LEFT: &[&str] = &[
    "annotations-of-kustomize",
    "images-pattern",
    "openapi-of-a-component/web",
    "text-folded",
    "text-left-out",
];

/// Folders that kubectl refuses and we build, with why that is right.
const BUILT_BY_US_ONLY: &[(&str, &str)] = &[];

fn kustomize_version() -> Option<String> {
    let output = Command::new("kubectl")
        .args(["version", "--client", "-o", "json"])
        .output()
        .ok()?;
    let version: Value = serde_json::from_slice(&output.stdout).ok()?;
    version["kustomizeVersion"].as_str().map(str::to_owned)
}

/// The objects that kubectl makes of a folder, or what it says instead.
fn kubectl(folder: &Path) -> Result<Vec<Value>, String> {
    let output = Command::new("kubectl")
        .arg("kustomize")
        .arg(folder)
        // Nothing is to be fetched.
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("https_proxy", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let decoded = decode_str("kubectl", String::from_utf8(output.stdout).unwrap());
    assert!(!decoded.is_refused(), "{}: {:?}", folder.display(), decoded.faults);
    let trees = decoded.documents.iter().map(|document| document.tree.as_ref().unwrap());
    Ok(trees.map(|tree| decode::to_json(tree.root(), 1_000).unwrap()).collect())
}

fn native(root: &Path, folder: &str) -> Result<Vec<Value>, Unbuilt> {
    let built = Rendering::of_folder(&Disk::new(root), folder, None).unwrap();
    let objects = built.outcome?.objects;
    let trees = objects.iter().map(|object| &object.document.tree);
    Ok(trees.map(|tree| decode::to_json(tree.root(), 1_000).unwrap()).collect())
}

/// Numbers as JSON readers compare them, fields sorted.
fn normalized(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(items) => items.iter().map(normalized).collect(),
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, Value> = fields.iter().map(|(key, value)| (key, normalized(value))).collect();
            sorted.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        other => other.clone(),
    }
}

/// The objects as text, sorted: their order is of no account.
fn comparable(objects: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = objects.iter().map(|object| normalized(object).to_string()).collect();
    texts.sort();
    texts
}

/// The places at which lists of objects differ; an object without its like is named whole.
fn differences(ours: &[String], theirs: &[String]) -> Vec<String> {
    let only = |one: &[String], other: &[String]| -> Vec<Value> {
        let objects = one.iter().filter(|object| !other.contains(object));
        objects.map(|object| serde_json::from_str(object).unwrap()).collect()
    };
    let key = |object: &Value| {
        (
            object["kind"].clone(),
            object["metadata"]["namespace"].clone(),
            object["metadata"]["name"].clone(),
        )
    };
    let mut theirs_only = only(theirs, ours);
    let mut found = Vec::new();
    for object in only(ours, theirs) {
        match theirs_only.iter().position(|other| key(other) == key(&object)) {
            Some(at) => difference(
                &format!("  {}", object["kind"]),
                &object,
                &theirs_only.remove(at),
                &mut found,
            ),
            None => found.push(format!("  ours only: {object}")),
        }
    }
    found.extend(theirs_only.iter().map(|object| format!("  theirs only: {object}")));
    found
}

fn difference(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(one), Value::Object(other)) => {
            for key in one.keys().chain(other.keys().filter(|key| !one.contains_key(*key))) {
                let missing = Value::String("(not there)".to_owned());
                let value = |fields: &serde_json::Map<String, Value>| fields.get(key).unwrap_or(&missing).clone();
                difference(&format!("{path}.{key}"), &value(one), &value(other), found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (at, (one, other)) in one.iter().zip(other).enumerate() {
                difference(&format!("{path}[{at}]"), one, other, found);
            }
        }
        _ if ours == theirs => {}
        _ => found.push(format!("{path}\n    ours:   {ours}\n    theirs: {theirs}")),
    }
}

/// Folders with a kustomization below `root`, relative to it.
fn folders(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.unwrap();
        let is_kustomization = entry
            .file_name()
            .to_str()
            .is_some_and(|name| KUSTOMIZATION_NAMES.contains(&name));
        if is_kustomization && entry.file_type().is_file() {
            let folder = entry.path().parent().unwrap().strip_prefix(root).unwrap();
            found.push(folder.to_str().unwrap().to_owned());
        }
    }
    found.dedup();
    found
}

#[derive(Debug, Default)]
struct Tally {
    /// Both build, and the same.
    same: usize,
    /// Both refuse, or we do not build what kubectl refuses.
    refused: usize,
    /// We leave to another program what kubectl builds.
    not_understood: Vec<String>,
    /// What must not be.
    wrong: Vec<String>,
}

fn compare(root: &Path, folder: &str, tally: &Mutex<Tally>) {
    let ours = native(root, folder);
    let theirs = kubectl(&root.join(folder));
    let mut tally = tally.lock().unwrap();
    match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => {
            let (ours, theirs) = (comparable(ours), comparable(theirs));
            if ours == theirs {
                tally.same += 1;
            } else {
                tally.wrong.push(format!(
                    "{folder}: built otherwise\n{}",
                    differences(&ours, &theirs).join("\n")
                ));
            }
        }
        (Err(unbuilt), Ok(_)) if unbuilt.verdict == BuildVerdict::NotUnderstood => {
            tally.not_understood.push(format!("{folder}: {}", unbuilt.message));
        }
        (Err(unbuilt), Ok(_)) => tally
            .wrong
            .push(format!("{folder}: kubectl builds it, we say: {}", unbuilt.message)),
        (Ok(_), Err(theirs)) => {
            if BUILT_BY_US_ONLY.iter().all(|(known, _)| *known != folder) {
                tally
                    .wrong
                    .push(format!("{folder}: we build it, kubectl says: {theirs}"));
            }
        }
        (Err(_), Err(_)) => tally.refused += 1,
    }
}

/// Why kubectl cannot be asked, if it cannot.
fn reason_to_skip() -> Option<String> {
    match kustomize_version() {
        None => Some("there is no kubectl".to_owned()),
        Some(version) if version != KUSTOMIZE => Some(format!("kubectl has kustomize {version}, not {KUSTOMIZE}")),
        Some(_) => None,
    }
}

/// Builds both ways what each folder below a root has, and says how often it came out alike.
fn compare_all(what: &str, folders: &[(PathBuf, String)]) -> Tally {
    let tally = Mutex::new(Tally::default());
    let pool = rayon::ThreadPoolBuilder::new().stack_size(32 << 20).build().unwrap();
    pool.install(|| {
        folders
            .par_iter()
            .for_each(|(root, folder)| compare(root, folder, &tally));
    });
    let mut tally = tally.into_inner().unwrap();
    tally.wrong.sort();
    tally.not_understood.sort();
    eprintln!(
        "{what}: {} folders, {} built alike, {} not by kubectl either, {} left to another program",
        folders.len(),
        tally.same,
        tally.refused,
        tally.not_understood.len()
    );
    for left in &tally.not_understood {
        eprintln!("  left: {left}");
    }
    tally
}

/// Every folder with a kustomization below a root, both ways.
fn compare_below(what: &str, root: &Path) -> Tally {
    let folders: Vec<(PathBuf, String)> = folders(root)
        .into_iter()
        .map(|folder| (root.to_owned(), folder))
        .collect();
    compare_all(what, &folders)
}

/// What is not as it must be in a repository.
fn disagreement(what: &str, root: &Path) -> Vec<String> {
    let tally = compare_below(what, root);
    let built = tally.same + tally.not_understood.len();
    let mut wrong: Vec<String> = tally.wrong.iter().map(|wrong| format!("{what}: {wrong}")).collect();
    if tally.same * 100 < built * NATIVE {
        wrong.push(format!("{what}: {} of {built} built here", tally.same));
    }
    wrong
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_fixtures_build_as_kubectl_builds_them() {
    if let Some(reason) = reason_to_skip() {
        eprintln!("skipped: {reason}, so the fixtures are not compared with it");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kustomize");
    let tally = compare_below("fixtures", &root);
    assert_none(&tally.wrong);
    let left = tally.not_understood.iter().filter_map(|left| left.split_once(": "));
    let left: Vec<&str> = left.map(|(folder, _)| folder).collect();
    assert_eq!(left, LEFT);
}

#[test]
fn real_repositories_build_as_kubectl_builds_them() {
    if let Some(reason) = reason_to_skip() {
        eprintln!("skipped: {reason}, so real repositories are not compared with it");
        return;
    }
    let root = match std::env::var_os("CHECKER_REPOSITORIES") {
        Some(named) => PathBuf::from(named),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/repos"),
    };
    let Ok(repositories) = fs::read_dir(&root) else {
        eprintln!(
            "skipped: {} is not there, so no real repository is built",
            root.display()
        );
        return;
    };
    let mut repositories: Vec<PathBuf> = repositories.map(|entry| entry.unwrap().path()).collect();
    repositories.sort();
    let repositories = repositories.iter().filter(|path| path.is_dir());
    let wrong: Vec<String> = repositories
        .flat_map(|repository| disagreement(repository.file_name().unwrap().to_str().unwrap(), repository))
        .collect();
    assert_none(&wrong);
}
