//! `docs/policies.md` and `examples/broken/`, written from the policy files.

use std::fmt::Write;

use super::catalog::Catalog;
use super::definition::Policy;
use super::examples::{files, without_marks};
use super::finding::with_holes;

/// The text of `docs/policies.md`.
#[must_use]
pub fn markdown(catalog: &Catalog) -> String {
    let mut text = String::from(
        "# Policies\n\n\
         Written from the files under `policies/`; a test holds the two together. `checker explain POLICY` prints the same.\n\n\
         | policy | severity | fault |\n|---|---|---|\n",
    );
    for policy in catalog.policies() {
        let id = &policy.id;
        let _ = writeln!(text, "| [{id}](#{id}) | {} | {} |", severity(policy), policy.title);
    }
    let mut chapter = None;
    for policy in catalog.policies() {
        if chapter != Some(policy.chapter) {
            let _ = writeln!(text, "\n## {}", policy.chapter.title());
            chapter = Some(policy.chapter);
        }
        let _ = writeln!(text, "\n### {}\n", policy.id);
        write_policy(&mut text, policy);
    }
    text
}

/// What the documentation says under the name of a policy, in Markdown.
#[must_use]
pub fn explanation(policy: &Policy) -> String {
    let mut text = String::new();
    write_policy(&mut text, policy);
    text
}

fn severity(policy: &Policy) -> String {
    match policy.weaker_severity {
        Some(weaker) => format!("{}, or {weaker}", policy.severity),
        None => policy.severity.to_string(),
    }
}

fn write_policy(text: &mut String, policy: &Policy) {
    let _ = writeln!(text, "{} ({}).\n", policy.title, severity(policy));
    let _ = writeln!(text, "{}\n", policy.why.trim());
    if !policy.suppressible {
        text.push_str("It cannot be suppressed.\n\n");
    }
    let _ = writeln!(text, "**Mend.** {}", mend(&with_holes(&policy.mend)));
    text.push_str("\n**Source.**\n\n");
    for source in &policy.source {
        let _ = writeln!(text, "- {source}");
    }
    if let Some(example) = policy
        .examples
        .fail
        .first()
        .filter(|example| !example.manifests.is_empty())
    {
        let _ = writeln!(
            text,
            "\n**Fails**: {}\n\n```yaml\n{}\n```",
            example.name,
            without_marks(&example.manifests).trim_end()
        );
    }
}

/// Indented lines of a mend are text to paste.
fn mend(mend: &str) -> String {
    let mut text = String::new();
    let mut in_code = false;
    for line in mend.trim_end().lines() {
        let indented = line.starts_with("  ");
        if indented != in_code {
            text.push_str(if indented { "\n\n```yaml\n" } else { "```\n\n" });
            in_code = indented;
        } else if !indented && !text.is_empty() {
            text.push(' ');
        }
        if indented {
            let _ = writeln!(text, "{}", line.strip_prefix("  ").unwrap_or(line));
        } else {
            text.push_str(line.trim());
        }
    }
    if in_code {
        text.push_str("```");
    }
    text
}

/// The files of `examples/broken/`: the first failing example of each policy that can be shown, one file, or a folder of several.
#[must_use]
pub fn broken_examples(catalog: &Catalog) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for policy in catalog.policies() {
        let fails = policy.examples.fail.iter();
        let Some(example) = fails.into_iter().find(|example| !example.manifests.is_empty()) else {
            continue;
        };
        // A byte that is not UTF-8 cannot stand in a text file of this project.
        if example.manifests.contains(char::REPLACEMENT_CHARACTER) {
            continue;
        }
        let extension = if example.manifests.trim_start().starts_with('{') {
            "json"
        } else {
            "yaml"
        };
        let alone = format!("{}.{extension}", policy.id);
        match files(example, &alone).as_slice() {
            [(name, text)] if *name == alone => found.push((alone.clone(), without_marks(text))),
            several => found.extend(
                several
                    .iter()
                    .map(|(name, text)| (format!("{}/{name}", policy.id), without_marks(text))),
            ),
        }
    }
    found
}
