//! What a schema cannot say of a configuration: names that are unique, paths that are there, versions that exist.

use std::collections::HashMap;

use super::diff;
use super::findings;
use super::path::{self, PathKind};
use super::problem::Problem;
use crate::model::kruise_version::KruiseVersion;
use crate::policy::finding::shortened;
use crate::source::decode::Node;
use crate::source::disk::{self, Files};

/// Looks at every value that is of the right type; of the others the schema speaks.
pub(super) fn problems(root: Node<'_>, files: &dyn Files) -> Vec<Problem> {
    let mut check = Check {
        files,
        problems: Vec::new(),
    };
    for folder in items(root, "policyDirs") {
        check.policy_folder(folder);
    }
    if let Some(baseline) = root.get("baseline") {
        check.path(baseline, PathKind::File);
    }
    check.problems.extend(findings::problems(root));
    check.problems.extend(diff::problems(root));
    let mut names = HashMap::new();
    for target in items(root, "targets") {
        if let Some(name) = target.get("name") {
            check.target_name(name, &mut names);
        }
        check.target(target);
    }
    check.problems
}

/// The items of a list of a mapping.
pub(super) fn items<'t>(mapping: Node<'t>, key: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
    mapping.get(key).into_iter().flat_map(Node::items)
}

struct Check<'r> {
    files: &'r dyn Files,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn add(&mut self, node: Node<'_>, message: impl Into<String>) {
        self.problems.push(Problem::new(node.span(), message));
    }

    fn target_name<'t>(&mut self, node: Node<'t>, names: &mut HashMap<&'t str, Node<'t>>) {
        let Some(name) = node.as_str().filter(|name| !name.is_empty()) else {
            return;
        };
        if !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        {
            self.add(node, "a target's name is made of letters, digits, `-`, `_` and `.`");
        }
        if let Some(first) = names.get(name) {
            self.problems.push(Problem {
                span: node.span(),
                message: format!(
                    "a second target `{}`; each name stands for one cluster",
                    shortened(name)
                ),
                related: Some((first.span(), "the first one".to_owned())),
            });
        } else {
            names.insert(name, node);
        }
    }

    fn target(&mut self, target: Node<'_>) {
        for node in items(target, "paths") {
            self.path(node, PathKind::Any);
        }
        self.namespace(target.get("namespace"));
        let kruise = target.get("kruise");
        if let Some((node, Err(problem))) =
            kruise.and_then(|node| Some((node, node.as_str()?.parse::<KruiseVersion>())))
        {
            self.add(node, shortened(&problem.to_string()));
        }
        for release in items(target, "helm") {
            self.release(release);
        }
    }

    fn release(&mut self, release: Node<'_>) {
        if let Some(node) = release.get("chart")
            && let Some(chart) = self.path(node, PathKind::Folder)
        {
            let folder = if chart == "." {
                String::new()
            } else {
                format!("{chart}/")
            };
            if self.files.kind(&format!("{folder}Chart.yaml")) != disk::PathKind::File {
                self.add(node, format!("`{chart}` is no chart: it has no `Chart.yaml`"));
            }
        }
        if let Some(node) = release.get("release")
            && let Some(name) = node.as_str().filter(|name| !name.is_empty())
            && !is_release_name(name)
        {
            self.add(
                node,
                format!(
                    "`{}` is no name of a release: lower-case letters, digits, `-` and `.`, at most {RELEASE_NAME}",
                    shortened(name)
                ),
            );
        }
        self.namespace(release.get("namespace"));
        for node in items(release, "values") {
            self.path(node, PathKind::File);
        }
    }

    fn namespace(&mut self, node: Option<Node<'_>>) {
        if let Some(node) = node
            && let Some(name) = node.as_str().filter(|name| !name.is_empty())
            && !is_dns_label(name, LABEL)
        {
            self.add(
                node,
                format!(
                    "`{}` is no name of a namespace: lower-case letters, digits and `-`, at most {LABEL}",
                    shortened(name)
                ),
            );
        }
    }

    fn policy_folder(&mut self, node: Node<'_>) {
        let Some(name) = self.path(node, PathKind::Folder) else {
            return;
        };
        let folder = if name == "." { "" } else { name.as_str() };
        let names = self.files.names_in(folder);
        let is_link = |link: &&String| {
            let path = if folder.is_empty() {
                (*link).clone()
            } else {
                format!("{folder}/{link}")
            };
            self.files.kind(&path) == disk::PathKind::Link
        };
        if let Some(link) = names.iter().find(is_link) {
            self.add(
                node,
                format!("`{name}` holds the link `{link}`, and links are not followed; `--policy-dir` follows them"),
            );
        }
    }

    /// The name that a path stands for, if it is one.
    fn path(&mut self, node: Node<'_>, due: PathKind) -> Option<String> {
        let written = node.as_str().filter(|written| !written.is_empty())?;
        match path::resolve(self.files, written, due) {
            Ok(name) => Some(name),
            Err(message) => {
                self.add(node, message);
                None
            }
        }
    }
}

/// Longest DNS label, and so namespace (RFC 1123).
const LABEL: usize = 63;

/// Longest name of a release (helm v3.16 `pkg/chartutil/validate_name.go`).
const RELEASE_NAME: usize = 53;

fn is_dns_label(text: &str, longest: usize) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= longest
        && text.bytes().all(|byte| is_word(byte) || byte == b'-')
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().next_back().is_some_and(is_word)
}

fn is_release_name(text: &str) -> bool {
    text.len() <= RELEASE_NAME && text.split('.').all(|label| is_dns_label(label, RELEASE_NAME))
}
