//! What a configuration says of findings: how grave they are, and which are not to be seen.

use super::file::{IgnoreEntry, OFF};
use super::meaning::items;
use super::problem::{Problem, Problems};
use super::{Configuration, SeverityChange};
use crate::policy::catalog::Catalog;
use crate::policy::finding::{Place, Severity, shortened};
use crate::policy::suppression::{Date, ObjectPattern, Rule};
use crate::source::decode::{Entry, Node};
use crate::source::exclusion::{self, Exclusion};

/// What the schema cannot say of it.
pub(super) fn problems(root: Node<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for key in ["include", "exclude"] {
        problems.extend(items(root, key).filter_map(path_problem));
    }
    for entry in items(root, "ignore") {
        problems.extend(items(entry, "paths").filter_map(path_problem));
        let objects = entry.get("objects");
        for key in ["namespace", "name"] {
            problems.extend(objects.and_then(|objects| name_problem(objects.get(key)?)));
        }
        if let Some(node) = entry.get("until")
            && let Some(written) = node.as_str()
            && let Err(message) = written.parse::<Date>()
        {
            problems.push(Problem::new(node.span(), message));
        }
        let handle = entry.entries().next().map(Entry::key_span);
        if let Some(span) = handle.filter(|_| entry.entry("paths").is_none() && objects.is_none()) {
            problems.push(Problem::new(
                span,
                "neither `paths` nor `objects` are named; what is to hide all findings of a policy is written `severity: {POLICY: off}`",
            ));
        }
    }
    problems
}

fn path_problem(node: Node<'_>) -> Option<Problem> {
    let written = node.as_str().filter(|written| !written.is_empty())?;
    problem_of(node, &exclusion::path_globs(written).err()?)
}

fn name_problem(node: Node<'_>) -> Option<Problem> {
    let written = node.as_str().filter(|written| !written.is_empty())?;
    problem_of(node, &exclusion::name_glob(written).err()?)
}

fn problem_of(node: Node<'_>, message: &str) -> Option<Problem> {
    let written = shortened(node.as_str()?);
    Some(Problem::new(
        node.span(),
        format!("`{written}` is no pattern: {message}"),
    ))
}

/// The entries of `severity`.
pub(super) fn severities(root: Node<'_>) -> Vec<SeverityChange> {
    let entries = root.get("severity").into_iter().flat_map(Node::entries);
    entries
        .map(|entry| SeverityChange {
            policy: entry.key().to_owned(),
            place: entry.key_place(),
            severity: entry
                .value()
                .as_str()
                .filter(|written| *written != OFF)
                .and_then(|written| written.parse().ok()),
        })
        .collect()
}

/// The entries of `ignore`, of which each stands at its node.
pub(super) fn rules(root: Node<'_>, entries: Vec<IgnoreEntry>) -> Result<Vec<Rule>, String> {
    let nodes = items(root, "ignore");
    nodes.zip(entries).map(|(node, entry)| rule(node, entry)).collect()
}

fn rule(node: Node<'_>, entry: IgnoreEntry) -> Result<Rule, String> {
    let place = node.entries().next().map_or_else(|| node.place(), Entry::key_place);
    let named = node.get("policy");
    let one = named.filter(|named| named.as_str().is_some());
    let several = named.into_iter().flat_map(Node::items);
    let policies: Vec<(String, Place)> = one
        .into_iter()
        .chain(several)
        .filter_map(|id| Some((id.as_str()?.to_owned(), id.place())))
        .collect();
    let objects = match entry.objects {
        None => None,
        Some(objects) => Some(ObjectPattern {
            kind: objects.kind,
            namespace: objects.namespace.as_deref().map(exclusion::name_glob).transpose()?,
            name: objects.name.as_deref().map(exclusion::name_glob).transpose()?,
        }),
    };
    Ok(Rule {
        place,
        policies,
        paths: entry.paths.as_deref().map(globs).transpose()?,
        objects,
        reason: entry
            .reason
            .filter(|reason| reason.contains(char::is_alphanumeric))
            .map(Into::into),
        until: entry.until.as_deref().map(str::parse).transpose()?,
    })
}

fn globs(patterns: &[String]) -> Result<globset::GlobSet, String> {
    exclusion::globs(patterns.iter().map(String::as_str)).map_err(|(_, message)| message)
}

/// What is looked at.
pub(super) fn exclusion(include: Option<&[String]>, exclude: &[String]) -> Result<Exclusion, String> {
    Ok(Exclusion {
        include: include.map(globs).transpose()?,
        exclude: globs(exclude)?,
    })
}

impl Configuration {
    /// Gives policies the severities that the configuration says.
    ///
    /// # Errors
    /// Names that are no policies, and policies that cannot be switched off.
    pub fn set_severities(&self, catalog: &mut Catalog) -> Result<(), Problems> {
        let problems: Vec<Problem> = self
            .severities
            .iter()
            .filter_map(|change| severity_problem(change, catalog))
            .collect();
        if let (Some(first), false) = (self.severities.first(), problems.is_empty()) {
            return Err(Problems {
                file: first.place.file.clone(),
                list: problems,
            });
        }
        for change in &self.severities {
            catalog.set_severity(&change.policy, change.severity);
        }
        Ok(())
    }
}

fn severity_problem(change: &SeverityChange, catalog: &Catalog) -> Option<Problem> {
    let id = shortened(&change.policy);
    let message = match catalog.get(&change.policy) {
        None => {
            let hint = catalog
                .suggest(&change.policy)
                .map(|meant| format!("; did you mean `{meant}`?"))
                .unwrap_or_default();
            format!("there is no policy `{id}`{hint}")
        }
        Some(policy) if !policy.suppressible && change.severity.is_none() => {
            let least = Severity::Info;
            format!("`{id}` cannot be switched off: a report would say less than it seems to; the least is `{least}`")
        }
        Some(_) => return None,
    };
    Some(Problem::new(change.place.span, message))
}
