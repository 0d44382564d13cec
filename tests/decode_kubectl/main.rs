//! What we decode is what kubectl decodes, or both refuse.
//!
//! The hand-made cases have kubectl's answers beside them (`tests/fixtures/decode/answers.jsonl`) and need no kubectl. Where one
//! is installed they are asked again, along with what a generator makes of them, thousands of damaged manifests, and the files
//! of the corpora.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::format_push_string,
    clippy::format_collect,
    reason = "a test says what it means, and may fail anywhere"
)]

mod answer;
mod cases;
mod generate;
mod kubectl;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use answer::Answer;
use cases::Case;
use kubectl::Kubectl;

/// Where we mean to differ. A case is here by its whole name.
///
/// One more has no case, for its size: aliases that stand for more than `limits::UNFOLDED_BYTES` of text are refused here, while
/// kubectl writes it all out, or runs out of memory.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "keys that become the same string",
        "kubectl keeps the one that Go's map yields last: by chance. We keep the last one, and report it",
    ),
    (
        "Latin-1 behind a byte order mark and the document's end",
        "kubectl does not get to a sequence that the end of the file cuts off. We refuse bytes that are not UTF-8 near the end of \
         a document as within it",
    ),
];

fn is_exception(name: &str) -> bool {
    EXCEPTIONS.iter().any(|(exception, _)| *exception == name)
}

/// Not captured by the test harness: a check that did not happen must not look like one that did.
fn say(message: &str) {
    let line = format!("\ndecode_kubectl: {message}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

fn answers_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/decode/answers.jsonl")
}

/// Compares every case; the differences, readable.
fn differences(kubectl: &Kubectl, cases: &[Case]) -> Vec<String> {
    let answers = kubectl.ask(cases);
    let mut differences = Vec::new();
    for (case, theirs) in cases.iter().zip(answers) {
        let ours = Answer::ours(&case.bytes);
        let Some(difference) = ours.difference(&theirs) else {
            continue;
        };
        if is_exception(&case.name) || !kubectl.is_sure_of(case) {
            continue;
        }
        differences.push(format!(
            "{}\n  input  {:?}\n  {difference}",
            case.name,
            String::from_utf8_lossy(&case.bytes)
                .chars()
                .take(3_000)
                .collect::<String>()
        ));
    }
    differences
}

fn assert_agreement(what: &str, cases: &[Case]) {
    let Some(kubectl) = Kubectl::find() else {
        say(&format!("SKIPPED, kubectl 1.33 or older is not installed: {what}"));
        return;
    };
    let differences = differences(&kubectl, cases);
    assert!(
        differences.is_empty(),
        "{} of {} {what} differ from kubectl {}:\n{}",
        differences.len(),
        cases.len(),
        kubectl.version(),
        differences.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn hand_made_cases_are_answered_as_kubectl_answered_them() {
    let cases = cases::hand_made();
    if std::env::var_os("UPDATE_ANSWERS").is_some() {
        freeze(&cases);
    }
    let text = fs::read_to_string(answers_file()).unwrap();
    let answers: BTreeMap<String, Answer> = text
        .lines()
        .map(|line| {
            let line: Map<String, Value> = serde_json::from_str(line).unwrap();
            let name = line["name"].as_str().unwrap().to_owned();
            (name, Answer::from_json(&line))
        })
        .collect();
    assert_eq!(answers.len(), cases.len(), "each name once; run with UPDATE_ANSWERS=1");
    let mut wrong = Vec::new();
    for case in &cases {
        let frozen = answers
            .get(&case.name)
            .unwrap_or_else(|| panic!("no answer for {}: run with UPDATE_ANSWERS=1", case.name));
        if let Some(difference) = Answer::ours(&case.bytes).difference(frozen)
            && !is_exception(&case.name)
        {
            wrong.push(format!("{}\n  {difference}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn freeze(cases: &[Case]) {
    let kubectl = Kubectl::find().expect("UPDATE_ANSWERS needs kubectl");
    let mut text = String::new();
    for (case, answer) in cases.iter().zip(kubectl.ask(cases)) {
        let mut line = Map::new();
        line.insert("name".into(), case.name.clone().into());
        answer.add_to_json(&mut line);
        text.push_str(&Value::Object(line).to_string());
        text.push('\n');
    }
    fs::write(answers_file(), text).unwrap();
}

#[test]
fn hand_made_cases_are_answered_as_kubectl_answers_them_now() {
    assert_agreement("hand-made cases", &cases::hand_made());
}

#[test]
fn scalars_in_every_position_are_read_as_kubectl_reads_them() {
    assert_agreement("scalars in positions", &generate::scalars_in_positions());
}

#[test]
fn damaged_manifests_are_read_or_refused_as_by_kubectl() {
    assert_agreement("damaged manifests", &generate::damaged_manifests(3_000));
}

#[test]
fn random_yaml_is_read_or_refused_as_by_kubectl() {
    assert_agreement("random texts", &generate::random_texts(3_000));
}

#[test]
fn the_corpora_are_read_as_kubectl_reads_them() {
    let shared = std::env::var_os("CHECKER_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let mut cases = Vec::new();
    for folder in ["corpora", "samples"] {
        let folder = shared.join(folder);
        if folder.is_dir() {
            cases.extend(cases::files_below(&folder));
        } else {
            say(&format!(
                "SKIPPED, there is no folder {} (set CHECKER_SHARED)",
                folder.display()
            ));
        }
    }
    if !cases.is_empty() {
        assert_agreement("files of the corpora", &cases);
    }
}

#[test]
fn every_exception_is_needed() {
    let names: Vec<String> = cases::hand_made().into_iter().map(|case| case.name).collect();
    for (name, reason) in EXCEPTIONS {
        assert!(names.iter().any(|known| known == name), "no case {name}");
        assert!(!reason.is_empty());
    }
}
