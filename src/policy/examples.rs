//! The examples of policy files: manifests with marks, and whether the policy finds just what is marked.
//!
//! `«…»` marks a finding, `‹…›` a related place. The marks are taken out before the manifests are read.

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::Catalog;
use super::definition::{Evaluator, Example, ExamplePath, PathState, Policy};
use super::evaluate::{Context, evaluate_one};
use super::finding::{Finding, Place};
use super::judge::judge;
use super::suppression::{Date, Decisions};
use crate::model::target::{Target, Targets};
use crate::source::disk::InMemory;
use crate::source::helm::RenderedChart;
use crate::source::load::{self, Repository};
use crate::source::text::Span;
use crate::source::walk::{SkipReason, SkippedPath, UnreadablePath};

/// An example that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenExample {
    /// The policy.
    pub policy: String,
    /// The example.
    pub example: String,
    /// What is wrong.
    pub message: String,
}

/// How many examples were run, and which do not hold.
#[derive(Debug, Default)]
pub struct ExamplesRun {
    /// All examples.
    pub count: usize,
    /// Those that do not hold.
    pub broken: Vec<BrokenExample>,
}

/// Runs the examples of all policies, each as all that `target` holds. A policy without a passing or without a failing example is broken too.
#[must_use]
pub fn run(catalog: &Catalog, target: &Target) -> ExamplesRun {
    let mut run = ExamplesRun::default();
    for policy in catalog.policies() {
        let examples = &policy.examples;
        for (list, what) in [(&examples.pass, "passes"), (&examples.fail, "fails")] {
            if list.is_empty() {
                run.broken.push(BrokenExample {
                    policy: policy.id.to_string(),
                    example: String::new(),
                    message: format!("no example that {what}"),
                });
            }
            for example in list {
                run.count += 1;
                let must_fail = what == "fails";
                if let Err(message) = check(catalog, policy, example, must_fail, target) {
                    run.broken.push(BrokenExample {
                        policy: policy.id.to_string(),
                        example: example.name.clone(),
                        message,
                    });
                }
            }
        }
    }
    run
}

fn check(
    catalog: &Catalog,
    policy: &Policy,
    example: &Example,
    must_fail: bool,
    target: &Target,
) -> Result<(), String> {
    let files = marked_files(example)?;
    let marks = |of: fn(&Marked) -> &BTreeSet<Span>| -> BTreeSet<Spot> {
        let spots = files
            .iter()
            .flat_map(|(name, file)| of(file).iter().map(|span| (name.clone(), *span)));
        spots.collect()
    };
    let (marked, marked_related) = (marks(|file| &file.findings), marks(|file| &file.related));
    if must_fail && marked.is_empty() && example.paths.is_empty() {
        return Err("nothing is marked with «…»".to_owned());
    }
    if !must_fail && !marked.is_empty() {
        return Err("a passing example marks a finding".to_owned());
    }
    let bytes = files.iter().map(|(name, file)| (name.clone(), to_bytes(&file.text)));
    let mut repository = load::load_in_memory(&InMemory { files: bytes.collect() });
    for path in &example.paths {
        add_path(&mut repository, path);
    }
    let findings = found(catalog, policy, &repository, target)?;
    let (findings, of_paths): (Vec<Finding>, Vec<Finding>) = findings
        .into_iter()
        .partition(|finding| files.contains_key(finding.primary.place.file.path()));
    let paths_found: BTreeSet<&str> = of_paths
        .iter()
        .map(|finding| finding.primary.place.file.path())
        .collect();
    let paths_wanted: BTreeSet<&str> = example
        .paths
        .iter()
        .filter(|_| must_fail)
        .map(|path| path.name.as_str())
        .collect();
    if paths_found != paths_wanted {
        return Err(format!("findings at {paths_found:?}, due at {paths_wanted:?}"));
    }
    let found: BTreeSet<Spot> = findings.iter().map(|finding| spot(&finding.primary.place)).collect();
    let related: BTreeSet<Spot> = findings
        .iter()
        .flat_map(|finding| &finding.related)
        .map(|label| spot(&label.place))
        .collect();
    let differences: Vec<String> = [
        difference("a finding is marked but not found at", &marked, &found, &files),
        difference("a finding is not marked at", &found, &marked, &files),
        difference(
            "a related place is marked but not found at",
            &marked_related,
            &related,
            &files,
        ),
        difference("a related place is not marked at", &related, &marked_related, &files),
    ]
    .into_iter()
    .flatten()
    .collect();
    if differences.is_empty() {
        Ok(())
    } else {
        Err(differences.join("; "))
    }
}

/// What a policy finds. One about suppressions needs to know what all others find.
fn found(catalog: &Catalog, policy: &Policy, repository: &Repository, target: &Target) -> Result<Vec<Finding>, String> {
    let found = match policy.evaluator {
        Evaluator::Suppression(_) => {
            // What lies before this day has ended, whenever the examples are run.
            let today = Date::new(2026, 1, 1).ok_or("no such day")?;
            let targets = Targets::only(target.clone());
            judge(repository, catalog, &targets, &Decisions::none(today), |_, _| ())
        }
        _ => Context::with(repository, target, &[], |context| evaluate_one(policy, context)),
    };
    let mut found = found.map_err(|problem| problem.to_string())?;
    found.retain(|finding| finding.policy == policy.id);
    Ok(found)
}

/// A file, and a stretch of it.
type Spot = (String, Span);

fn spot(place: &Place) -> Spot {
    (place.file.path().to_owned(), place.span)
}

const FILE_LINE: &str = "# file: ";

/// The files of an example's text: one, or as many as there are lines that name one.
#[must_use]
pub fn files<'e>(example: &'e Example, only: &'e str) -> Vec<(&'e str, &'e str)> {
    let text = example.manifests.as_str();
    let mut files = Vec::new();
    let mut rest = text;
    while let Some(named) = rest.strip_prefix(FILE_LINE) {
        let name = named.lines().next().unwrap_or("").trim();
        let end = rest.find(&format!("\n{FILE_LINE}")).map_or(rest.len(), |at| at + 1);
        files.push((name, &rest[..end]));
        rest = &rest[end..];
    }
    if files.is_empty() {
        files.push((example.file.as_deref().unwrap_or(only), text));
    }
    files
}

fn marked_files(example: &Example) -> Result<BTreeMap<String, Marked>, String> {
    files(example, "example.yaml")
        .into_iter()
        .map(|(name, text)| Ok((name.to_owned(), unmark(text)?)))
        .collect()
}

/// The bytes of an example's text; each U+FFFD is a byte that is not UTF-8.
fn to_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        if character == char::REPLACEMENT_CHARACTER {
            bytes.push(0xFF);
        } else {
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    bytes
}

fn add_path(repository: &mut Repository, path: &ExamplePath) {
    let name = path.name.clone();
    let reason = match path.state {
        PathState::Unreadable => {
            repository.unreadable.push(UnreadablePath {
                name,
                message: "permission denied".to_owned(),
            });
            return;
        }
        PathState::UnrenderedChart => {
            repository
                .rendered_charts
                .all
                .push(RenderedChart::failed(name, "execution error"));
            return;
        }
        PathState::Ignored => SkipReason::Ignored,
        PathState::Link => SkipReason::Link,
        PathState::LinkElsewhere => SkipReason::LinkElsewhere,
        PathState::BrokenLink => SkipReason::BrokenLink,
        PathState::LinkOutside => SkipReason::LinkOutside,
        PathState::Directory => SkipReason::DirectoryNamedLikeFile,
        PathState::Special => SkipReason::Special,
    };
    repository.skipped.push(SkippedPath { name, reason });
}

fn difference(
    what: &str,
    wanted: &BTreeSet<Spot>,
    there: &BTreeSet<Spot>,
    files: &BTreeMap<String, Marked>,
) -> Vec<String> {
    wanted
        .difference(there)
        .map(|(name, span)| {
            let text = files.get(name).map_or("", |file| file.text.as_str());
            let line = text.get(..span.start as usize).unwrap_or("").matches('\n').count() + 1;
            let marked = text.get(span.range()).unwrap_or("");
            format!("{what} {name} line {line}: `{marked}`")
        })
        .collect()
}

struct Marked {
    text: String,
    findings: BTreeSet<Span>,
    related: BTreeSet<Span>,
}

fn unmark(manifests: &str) -> Result<Marked, String> {
    let mut marked = Marked {
        text: String::with_capacity(manifests.len()),
        findings: BTreeSet::new(),
        related: BTreeSet::new(),
    };
    let mut open: Vec<(char, usize)> = Vec::new();
    for character in manifests.chars() {
        match character {
            '«' | '‹' => open.push((character, marked.text.len())),
            '»' | '›' => {
                let Some((opened, start)) = open.pop() else {
                    return Err(format!("`{character}` closes nothing"));
                };
                let span = Span::new(start, marked.text.len());
                match (opened, character) {
                    ('«', '»') => marked.findings.insert(span),
                    ('‹', '›') => marked.related.insert(span),
                    _ => return Err(format!("`{opened}` is closed by `{character}`")),
                };
            }
            other => marked.text.push(other),
        }
    }
    if let Some((opened, _)) = open.pop() {
        return Err(format!("`{opened}` is never closed"));
    }
    Ok(marked)
}

/// The manifests of an example without their marks, for people.
#[must_use]
pub fn without_marks(manifests: &str) -> String {
    manifests.replace(['«', '»', '‹', '›'], "")
}
