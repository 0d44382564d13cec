//! What a configuration says of differences.

use super::file::DiffEntry;
use super::meaning::items;
use super::problem::Problem;
use crate::policy::finding::Place;
use crate::source::decode::{Entry, Node};

/// How `checker diff` holds the repository against a cluster.
#[derive(Debug, Clone, Default)]
pub struct DiffSettings {
    /// The field managers that apply the repository.
    pub field_managers: Vec<String>,
    /// Drift that does not count.
    pub ignore: Vec<IgnoredChange>,
}

/// Drift that does not count: of one field, or all of one field manager.
#[derive(Debug, Clone)]
pub struct IgnoredChange {
    /// Where it is written.
    pub place: Place,
    /// The field, as it is written.
    pub path: Option<String>,
    /// The field manager.
    pub manager: Option<String>,
    /// The kind of the objects; `None` for any, as below.
    pub kind: Option<String>,
    /// Their namespace.
    pub namespace: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// Why.
    pub reason: String,
}

/// What the schema cannot say of it.
pub(super) fn problems(root: Node<'_>) -> Vec<Problem> {
    let entries = root.get("diff").into_iter().flat_map(|diff| items(diff, "ignore"));
    entries
        .filter(|entry| entry.entry("path").is_some() == entry.entry("manager").is_some())
        .filter_map(|entry| {
            let span = entry.entries().next().map(Entry::key_span)?;
            Some(Problem::new(
                span,
                "either `path` or `manager` says what of the objects does not count",
            ))
        })
        .collect()
}

/// The section, of which each rule stands at its node.
pub(super) fn settings(root: Node<'_>, entry: Option<DiffEntry>) -> DiffSettings {
    let Some(entry) = entry else {
        return DiffSettings::default();
    };
    let nodes = root.get("diff").into_iter().flat_map(|diff| items(diff, "ignore"));
    let ignore = nodes.zip(entry.ignore).map(|(node, entry)| {
        let named = node.get("path").or_else(|| node.get("manager"));
        let (kind, namespace, name) = match entry.objects {
            Some(objects) => (objects.kind, objects.namespace, objects.name),
            None => (None, None, None),
        };
        IgnoredChange {
            place: named.unwrap_or(node).place(),
            path: entry.path,
            manager: entry.manager,
            kind,
            namespace,
            name,
            reason: entry.reason,
        }
    });
    DiffSettings {
        field_managers: entry.field_managers,
        ignore: ignore.collect(),
    }
}
