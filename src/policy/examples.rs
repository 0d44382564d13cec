//! The examples of policy files: manifests with marks, and whether the policy finds just what is marked.
//!
//! `«…»` marks a finding, `‹…›` a related place. The marks are taken out before the manifests are read.

use std::collections::BTreeSet;

use super::catalog::Catalog;
use super::definition::{Example, Policy};
use super::evaluate::{Context, evaluate_one};
use crate::model::inventory::Inventory;
use crate::model::profile::Profile;
use crate::model::relations::Relations;
use crate::source::load;
use crate::source::text::Span;

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

/// Runs the examples of all policies. A policy without a passing or without a failing example is broken too.
#[must_use]
pub fn run(catalog: &Catalog, profile: &Profile) -> ExamplesRun {
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
                if let Err(message) = check(policy, example, must_fail, profile) {
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

fn check(policy: &Policy, example: &Example, must_fail: bool, profile: &Profile) -> Result<(), String> {
    let marked = unmark(&example.manifests)?;
    if must_fail && marked.findings.is_empty() {
        return Err("nothing is marked with «…»".to_owned());
    }
    if !must_fail && !marked.findings.is_empty() {
        return Err("a passing example marks a finding".to_owned());
    }
    let name = example.file.as_deref().unwrap_or("example.yaml");
    let repository = load::load_stream(name, marked.text.clone().into_bytes());
    let inventory = Inventory::of(&repository, None);
    let relations = Relations::of(&inventory, profile);
    let context = Context {
        repository: &repository,
        inventory: &inventory,
        relations: &relations,
        profile,
    };
    let findings = evaluate_one(policy, context).map_err(|problem| problem.to_string())?;
    let found: BTreeSet<Span> = findings.iter().map(|finding| finding.primary.place.span).collect();
    let related: BTreeSet<Span> = findings
        .iter()
        .flat_map(|finding| &finding.related)
        .map(|label| label.place.span)
        .collect();
    let differences: Vec<String> = [
        difference("a finding is marked but not found at", &marked.findings, &found, &marked.text),
        difference("a finding is not marked at", &found, &marked.findings, &marked.text),
        difference("a related place is marked but not found at", &marked.related, &related, &marked.text),
        difference("a related place is not marked at", &related, &marked.related, &marked.text),
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

fn difference(what: &str, wanted: &BTreeSet<Span>, there: &BTreeSet<Span>, text: &str) -> Vec<String> {
    wanted
        .difference(there)
        .map(|span| {
            let line = text.get(..span.start as usize).unwrap_or("").matches('\n').count() + 1;
            let marked = text.get(span.range()).unwrap_or("");
            format!("{what} line {line}: `{marked}`")
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
