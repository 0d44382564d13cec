//! A rule of the configuration: findings of some policies, in some files, of some objects.

use std::sync::Arc;

use globset::{GlobMatcher, GlobSet};

use super::{Date, Means, Reach, Suppression};
use crate::policy::finding::{Finding, Place};

/// One entry of `ignore`. It names paths, or objects, or both.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Where it is written.
    pub place: Place,
    /// The policies, each with the bytes that name it.
    pub policies: Vec<(String, Place)>,
    /// Files, by their names.
    pub paths: Option<GlobSet>,
    /// Objects.
    pub objects: Option<ObjectPattern>,
    /// Why.
    pub reason: Option<Arc<str>>,
    /// The last day on which it holds.
    pub until: Option<Date>,
}

/// The objects that a rule means; what is left out may be anything.
#[derive(Debug, Clone)]
pub struct ObjectPattern {
    /// The kind.
    pub kind: Option<String>,
    /// The namespace. One that Git does not tell fits no pattern.
    pub namespace: Option<GlobMatcher>,
    /// The name.
    pub name: Option<GlobMatcher>,
}

impl Rule {
    /// Whether the rule is about a finding, of whatever policy.
    pub(super) fn matches(&self, finding: &Finding) -> bool {
        let file = finding.primary.place.file.path();
        self.paths.as_ref().is_none_or(|paths| paths.is_match(file))
            && self.objects.as_ref().is_none_or(|objects| objects.matches(finding))
    }

    pub(super) fn suppression(&self) -> Suppression {
        Suppression {
            means: Means::Configuration,
            place: self.place.clone(),
            policies: self.policies.clone(),
            until: self.until,
            reason: self.reason.clone(),
            reach: Reach::Rule(Box::new(self.clone())),
            object: None,
        }
    }
}

impl ObjectPattern {
    fn matches(&self, finding: &Finding) -> bool {
        let Some(identity) = &finding.object else {
            return false;
        };
        let fits = |pattern: &Option<GlobMatcher>, name: Option<&str>| {
            pattern
                .as_ref()
                .is_none_or(|pattern| name.is_some_and(|name| pattern.is_match(name)))
        };
        self.kind.as_ref().is_none_or(|kind| *kind == identity.kind)
            && fits(&self.namespace, identity.namespace.name())
            && fits(&self.name, identity.name.as_deref())
    }
}
