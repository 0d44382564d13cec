//! What was there when a repository began to be checked, so that only what is new is shown.
//!
//! An entry is known by policy, object and path. Lines do not matter, nor does the file, as long as there is an object: what moves stays
//! known. Entries have counts, so that one copy more is new.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Means, Suppressed};
use crate::model::target::DEFAULT_NAME;
use crate::policy::catalog::Catalog;
use crate::policy::finding::{Finding, Place};
use crate::source::decode::write_yaml;

/// The entries of a baseline.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    /// In the order of the file.
    pub entries: Vec<BaselineEntry>,
}

/// Findings that were there.
#[derive(Debug, Clone)]
pub struct BaselineEntry {
    /// What they are known by.
    pub key: BaselineKey,
    /// The target they are of; `None` in a repository without.
    pub target: Option<String>,
    /// Where they were.
    pub file: String,
    /// How many.
    pub count: usize,
    /// Where the entry is written.
    pub place: Place,
}

/// What a finding of a baseline is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BaselineKey {
    /// The policy.
    pub policy: String,
    /// What it is about.
    pub about: BaselineSubject,
    /// The way to the field.
    pub path: String,
}

/// What a finding of a baseline is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BaselineSubject {
    /// An object, wherever it is written.
    Object {
        /// The kind.
        kind: String,
        /// The namespace, if it is known.
        namespace: Option<String>,
        /// The name.
        name: Option<String>,
    },
    /// A file as such.
    File(String),
}

impl BaselineKey {
    fn of(finding: &Finding) -> Self {
        let about = match &finding.object {
            Some(identity) => BaselineSubject::Object {
                kind: identity.kind.clone(),
                namespace: identity.namespace.name().map(str::to_owned),
                name: identity.name.clone(),
            },
            None => BaselineSubject::File(finding.primary.place.file.path().to_owned()),
        };
        Self {
            policy: finding.policy.to_string(),
            about,
            path: finding.path.clone(),
        }
    }
}

/// Whether a finding may stand in a baseline: nothing else hides it, and it may be hidden.
fn is_open(finding: &Finding, catalog: &Catalog) -> bool {
    !finding.is_suppressed() && catalog.get(&finding.policy).is_some_and(|policy| policy.suppressible)
}

impl Baseline {
    /// Hides the findings that the baseline holds. Gives the entries of which fewer are there, with what is to say of them.
    #[must_use]
    pub fn hide(&self, findings: &mut [Finding], catalog: &Catalog) -> Vec<(Place, String)> {
        let mut of_key: HashMap<&BaselineKey, Vec<usize>> = HashMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            of_key.entry(&entry.key).or_default().push(at);
        }
        let mut left: Vec<usize> = self.entries.iter().map(|entry| entry.count).collect();
        // First what is where it was: of several copies the new one is to be shown.
        for must_stay in [true, false] {
            for finding in findings.iter_mut().filter(|finding| is_open(finding, catalog)) {
                let entries = of_key.get(&BaselineKey::of(finding)).into_iter().flatten();
                let fits = |at: &&usize| {
                    let entry = &self.entries[**at];
                    let is_of_target = entry.target.as_deref().is_none_or(|target| target == &*finding.target);
                    left[**at] > 0 && is_of_target && (!must_stay || entry.file == finding.primary.place.file.path())
                };
                if let Some(&at) = entries.clone().find(fits) {
                    left[at] -= 1;
                    finding.suppressed = Some(Suppressed {
                        means: Means::Baseline,
                        reason: None,
                        until: None,
                        place: self.entries[at].place.clone(),
                    });
                }
            }
        }
        let stale = self.entries.iter().zip(left).filter(|(_, left)| *left > 0);
        stale
            .map(|(entry, left)| {
                let message = match entry.count - left {
                    0 => "nothing of this entry is found any more".to_owned(),
                    found => format!("of this entry {found} of {} are left", entry.count),
                };
                (entry.place.clone(), message)
            })
            .collect()
    }
}

/// The text of a baseline that holds these findings: sorted, without lines, and without any value of a manifest.
#[must_use]
pub fn write(findings: &[Finding], catalog: &Catalog) -> String {
    let mut counts: BTreeMap<(BaselineKey, Option<Arc<str>>, &str), usize> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| is_open(finding, catalog)) {
        let target = (&*finding.target != DEFAULT_NAME).then(|| Arc::clone(&finding.target));
        let file = finding.primary.place.file.path();
        *counts.entry((BaselineKey::of(finding), target, file)).or_default() += 1;
    }
    let entries: Vec<Value> = counts
        .iter()
        .map(|((key, target, file), count)| entry(key, target.as_deref(), file, *count))
        .collect();
    let body = write_yaml(&json!({"version": 1, "findings": entries}));
    format!(
        "# What was found when this was written, and is not shown: `checker check --write-baseline FILE` writes it anew.\n\
         # `file` is for people; an entry goes with its object wherever that is written.\n{body}"
    )
}

fn entry(key: &BaselineKey, target: Option<&str>, file: &str, count: usize) -> Value {
    let mut fields = Map::new();
    let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    add("policy", key.policy.as_str().into());
    if let Some(target) = target {
        add("target", target.into());
    }
    if let BaselineSubject::Object { kind, namespace, name } = &key.about {
        let mut object = Map::new();
        object.insert("kind".to_owned(), kind.as_str().into());
        for (field, value) in [("namespace", namespace), ("name", name)] {
            if let Some(value) = value {
                object.insert(field.to_owned(), value.as_str().into());
            }
        }
        add("object", object.into());
    }
    if !key.path.is_empty() {
        add("path", key.path.as_str().into());
    }
    add("file", file.into());
    if count > 1 {
        add("count", count.into());
    }
    fields.into()
}
