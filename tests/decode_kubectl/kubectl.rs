//! Asks kubectl for many files at once.
//!
//! `kubectl label --local` needs no server, takes objects of any kind, and goes on behind a file that it refuses. A marker
//! object between any two files tells whose objects are whose.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::answer::{Answer, same};
use super::cases::Case;

pub struct Kubectl {
    program: &'static str,
    version: String,
}

/// How often a case is asked again before kubectl is believed: that the throw of a coin comes out the same all these times is
/// not to be expected.
const REPETITIONS: usize = 40;

impl Kubectl {
    /// The kubectl of this machine, if it is one that reads a file that begins with `{` as JSON only.
    pub fn find() -> Option<Self> {
        let program = "kubectl";
        let output = Command::new(program)
            .args(["version", "--client", "-o", "json"])
            .env("KUBECONFIG", "/dev/null")
            .output()
            .ok()?;
        let version: Value = serde_json::from_slice(&output.stdout).ok()?;
        let version = version["clientVersion"]["gitVersion"].as_str()?.to_owned();
        let minor: u32 = version.split('.').nth(1)?.parse().ok()?;
        (minor <= 33).then_some(Self { program, version })
    }

    pub fn version(&self) -> &str {
        &self.version
    }

    /// The answers, in the order of the cases.
    pub fn ask(&self, cases: &[Case]) -> Vec<Answer> {
        /// The command line and kubectl's memory are not endless.
        const AT_ONCE: usize = 4_000;
        cases.chunks(AT_ONCE).flat_map(|chunk| self.ask_chunk(chunk)).collect()
    }

    /// Whether kubectl says the same each time: the order of Go's maps is another one in every run.
    pub fn is_sure_of(&self, case: &Case) -> bool {
        let first = self.ask_alone(case);
        (1..REPETITIONS).all(|_| first.difference(&self.ask_alone(case)).is_none())
    }

    fn label(&self, files: &Path) -> Output {
        Command::new(self.program)
            .args(["label", "--local", "--dry-run=client", "-o", "json", "zz=1", "-f"])
            .arg(files)
            .env("KUBECONFIG", "/dev/null")
            .output()
            .unwrap()
    }

    fn ask_chunk(&self, cases: &[Case]) -> Vec<Answer> {
        let folder = tempfile::tempdir().unwrap();
        for (index, case) in cases.iter().enumerate() {
            fs::write(folder.path().join(name_of(index)), &case.bytes).unwrap();
            // Sorts right behind its case.
            let marker = format!("{{\"kind\": \"{MARKER}\"}}");
            fs::write(folder.path().join(format!("case-{index:05}z.json")), marker).unwrap();
        }
        let output = self.label(folder.path());
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        let refused: HashSet<&str> = complaints
            .match_indices("case-")
            .filter_map(|(at, _)| complaints.get(at..at + name_of(0).len()))
            .collect();
        let mut parts = vec![Vec::new()];
        for text in top_level_objects(&String::from_utf8_lossy(&output.stdout)) {
            if text.contains(MARKER) {
                parts.push(Vec::new());
            } else {
                parts.last_mut().unwrap().push(text);
            }
        }
        assert_eq!(parts.len(), cases.len() + 1, "a marker behind each case:\n{complaints}");
        cases
            .iter()
            .zip(parts)
            .enumerate()
            .map(|(index, (case, objects))| {
                if refused.contains(name_of(index).as_str()) {
                    let complaint = complaints.lines().find(|line| line.contains(&name_of(index)));
                    let complaint = complaint
                        .unwrap_or("")
                        .replace(&format!("{}/", folder.path().display()), "");
                    return Answer::Refused(complaint.replace(&name_of(index), "FILE"));
                }
                // What is wrong with an item of a list is told without the name of the file.
                if contains(&case.bytes, b"items") || contains(&case.bytes, b"i\0t\0e\0m\0s") {
                    return self.ask_alone(case);
                }
                parse(&objects)
            })
            .collect()
    }

    fn ask_alone(&self, case: &Case) -> Answer {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("case.yaml");
        fs::write(&file, &case.bytes).unwrap();
        let output = self.label(&file);
        if output.status.success() {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            parse(&top_level_objects(&text))
        } else {
            let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
            let complaint = complaint.replace(&file.display().to_string(), "FILE");
            Answer::Refused(complaint.lines().next().unwrap_or("").to_owned())
        }
    }
}

fn name_of(index: usize) -> String {
    format!("case-{index:05}.yaml")
}

const MARKER: &str = "decode-kubectl-marker";

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn parse(objects: &[String]) -> Answer {
    Answer::Objects(objects.iter().map(|text| serde_json::from_str(text).unwrap()).collect())
}

/// kubectl indents: only the lines `{` and `}` of an object itself begin in the first column.
fn top_level_objects(text: &str) -> Vec<String> {
    let mut objects = Vec::new();
    let mut object = String::new();
    for line in text.lines() {
        object.push_str(line);
        object.push('\n');
        if line == "}" {
            objects.push(std::mem::take(&mut object));
        }
    }
    objects
}

#[test]
fn objects_are_told_apart_by_their_indentation() {
    let text = "{\n    \"a\": {\n    }\n}\n{\n    \"b\": 1\n}\n";
    assert_eq!(top_level_objects(text).len(), 2);
    assert!(same(&serde_json::json!({"a": 1}), &serde_json::json!({"a": 1.0})));
}
