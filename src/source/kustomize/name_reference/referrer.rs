//! One object and what its references mean.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::super::configuration::NameReference;
use super::super::problem::Problem;
use super::super::resource::{NOT_A_NAMESPACE, Resource};
use super::super::scalar::{Spelling, is_surely_string};
use super::super::sources::Sources;
use super::super::value::{Data, Origin, Value};
use super::candidates::{Candidates, Known};
use crate::source::limits;

/// A field that may refer.
#[derive(Debug)]
pub(super) struct Place<'p> {
    /// What it names.
    pub(super) names: &'p NameReference,
    /// Its way of keys.
    pub(super) path: &'p [String],
    /// Group and kind of the role that it names, if it names one.
    pub(super) role: Option<(String, String)>,
}

/// What a reference must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Renamed {
    pub(super) name: String,
    pub(super) namespace: Option<String>,
}

/// What is asked of the objects that a reference may mean.
#[derive(Debug, Clone, Copy)]
enum Within<'n> {
    /// Any namespace.
    Any,
    /// Those that were in this namespace first.
    FirstIn(&'n str),
    /// Those that are in this namespace.
    NowIn(&'n str),
}

/// One object that may refer to others.
#[derive(Debug)]
pub(super) struct Referrer<'c> {
    candidates: &'c Candidates,
    known: &'c Known,
    /// Namespaces of the service accounts that a `RoleBinding` names.
    subjects_in: BTreeSet<String>,
    spelling: Spelling<'c>,
    /// How often objects were compared, for all referrers.
    pub(super) comparisons: usize,
}

impl<'c> Referrer<'c> {
    pub(super) fn new(
        resource: &Resource,
        at: usize,
        candidates: &'c Candidates,
        sources: &'c Sources,
        comparisons: usize,
    ) -> Result<Self, Problem> {
        let known = candidates.get(at);
        let subjects_in = if known.id.is_cluster_scoped() {
            BTreeSet::new()
        } else {
            subjects_in(resource)?
        };
        Ok(Self {
            candidates,
            known,
            subjects_in,
            spelling: Spelling {
                is_rewritten: resource.is_rewritten,
                sources,
            },
            comparisons,
        })
    }

    /// Counts what is looked at.
    pub(super) fn spend(&mut self, looks: usize, origin: &Origin) -> Result<(), Problem> {
        self.comparisons += looks;
        if self.comparisons > limits::NAME_COMPARISONS {
            return Err(Problem::too_large(
                "the objects of this kustomization have too many names that may mean one another",
            )
            .or_at(origin));
        }
        Ok(())
    }

    /// What a reference must say, if that is not what it says.
    pub(super) fn renamed(&mut self, reference: &Value, place: &Place<'_>) -> Result<Option<Renamed>, Problem> {
        let renamed = match &reference.data {
            Data::Map(_) => self.renamed_mapping(reference, place)?,
            _ => self.renamed_scalar(reference, place)?,
        };
        if let Some(Renamed { name, namespace }) = &renamed {
            let odd = [Some(name), namespace.as_ref()]
                .into_iter()
                .flatten()
                .find(|text| !is_surely_string(text));
            if let Some(odd) = odd {
                return Err(Problem::not_understood_at(
                    &reference.origin,
                    format!("kustomize may write `{odd}` here so that it is no string"),
                ));
            }
        }
        Ok(renamed)
    }

    fn renamed_scalar(&mut self, reference: &Value, place: &Place<'_>) -> Result<Option<Renamed>, Problem> {
        let Some(old) = self.name(reference)? else {
            return Ok(None);
        };
        let old = old.as_ref();
        let meant = self.meant(old, Within::Any, reference, place, |one, other| {
            one.id.name == other.id.name
        })?;
        Ok(meant.filter(|known| known.id.name != old).map(|known| Renamed {
            name: known.id.name.clone(),
            namespace: None,
        }))
    }

    fn renamed_mapping(&mut self, reference: &Value, place: &Place<'_>) -> Result<Option<Renamed>, Problem> {
        let Some(name) = reference.get("name") else {
            return Err(Problem::refused_at(
                &reference.origin,
                format!(
                    "kustomize looks here for the name of a {} and refuses a mapping without `name`",
                    place.names.kind
                ),
            ));
        };
        let Some(old) = self.name(name)? else {
            return Ok(None);
        };
        let old = old.as_ref();
        let namespace = reference.get("namespace");
        if namespace.is_some_and(Value::is_null) {
            return Ok(None);
        }
        let written = namespace.map(|namespace| self.spelling.text(namespace)).transpose()?;
        let within = match &written {
            None => Within::Any,
            Some(namespace) => self.within(old, namespace),
        };
        let is_same = |one: &Known, other: &Known| one.id.name == other.id.name && one.namespace == other.namespace;
        let Some(meant) = self.meant(old, within, reference, place, is_same)? else {
            return Ok(None);
        };
        let namespace = (!meant.namespace.is_empty()).then(|| meant.namespace.clone());
        let is_there = |wanted: &String| reference.str_at(&["namespace"]) == Some(wanted);
        let is_unchanged = meant.id.name == old && namespace.as_ref().is_none_or(is_there);
        Ok((!is_unchanged).then(|| Renamed {
            name: meant.id.name.clone(),
            namespace,
        }))
    }

    /// The name that a scalar says, if anything ever had a name that it may say.
    fn name<'v>(&self, value: &'v Value) -> Result<Option<Cow<'v, str>>, Problem>
    where
        'c: 'v,
    {
        match self.spelling.text(value) {
            Err(problem) if self.candidates.has_odd_names => Err(problem),
            text => Ok(text.ok()),
        }
    }

    /// kustomize takes the namespace of a reference for one that objects were in first, if any object was
    /// (`filterMapCandidatesByNamespace`).
    fn within<'n>(&mut self, old: &str, namespace: &'n str) -> Within<'n> {
        if namespace == NOT_A_NAMESPACE || self.candidates.once_named(old).is_empty() {
            return Within::NowIn(namespace);
        }
        let mut looked_at = 0;
        let is_first_namespace = self.candidates.moved_from(namespace).any(|(effective, written)| {
            looked_at += 1;
            self.reaches(effective, written)
        });
        self.comparisons += looked_at;
        if is_first_namespace {
            Within::FirstIn(namespace)
        } else {
            Within::NowIn(namespace)
        }
    }

    /// Whether this object can refer to one in a namespace (`resmap/reswrangler.go` `SubsetThatCouldBeReferencedByResource`).
    fn reaches(&self, effective: &str, written: &str) -> bool {
        self.known.id.is_cluster_scoped()
            || effective == NOT_A_NAMESPACE
            || effective == self.known.id.namespace
            || self.subjects_in.contains(written)
    }

    /// The one object that a reference means (`selectReferral`).
    fn meant(
        &mut self,
        old: &str,
        within: Within<'_>,
        reference: &Value,
        place: &Place<'_>,
        is_same: impl Fn(&Known, &Known) -> bool,
    ) -> Result<Option<&'c Known>, Problem> {
        let positions = self.candidates.once_named(old);
        self.spend(positions.len(), &reference.origin)?;
        let fits = |at: &usize| {
            let known = self.candidates.get(*at);
            let is_within = match within {
                Within::Any => true,
                Within::FirstIn(namespace) => self.candidates.was_first_in(*at, namespace),
                Within::NowIn(namespace) => namespace != NOT_A_NAMESPACE && known.id.namespace == namespace,
            };
            let names = place.names;
            is_within
                && self.reaches(&known.id.namespace, &known.namespace)
                && known.was(&names.group, &names.version, &names.kind)
                && place
                    .role
                    .as_ref()
                    .is_none_or(|(group, kind)| known.was(group, "", kind))
                && self.shares_namespace(known)
        };
        let mut found: Vec<&'c Known> = positions
            .iter()
            .filter(|at| fits(at))
            .map(|at| self.candidates.get(*at))
            .collect();
        if found.len() == 1 {
            return Ok(found.pop());
        }
        found.retain(|known| known.is_named_as(self.known, true));
        if found.len() > 1 {
            found.retain(|known| known.is_named_as(self.known, false));
        }
        let Some((first, others)) = found.split_first() else {
            return Ok(None);
        };
        let Some(other) = others.iter().find(|other| !is_same(first, other)) else {
            return Ok(Some(first));
        };
        let problem = Problem::refused_at(
            &reference.origin,
            format!(
                "kustomize refuses to guess which {} `{old}` means here: {} or {}",
                place.names.kind, first.id, other.id
            ),
        );
        Err(problem
            .with_related(&first.origin, "this one")
            .with_related(&other.origin, "or this one"))
    }

    /// Whether both are in one namespace, or are of kinds for which that does not matter (`sameCurrentNamespaceAsReferrer`).
    fn shares_namespace(&self, known: &Known) -> bool {
        self.known.id.is_cluster_scoped()
            || known.id.is_cluster_scoped()
            || known.id.kind == "ServiceAccount"
            || known.id.namespace == self.known.id.namespace
    }
}

/// The namespaces of the service accounts that a `RoleBinding` names (`resmap/reswrangler.go` `getNamespacesForRoleBinding`).
fn subjects_in(resource: &Resource) -> Result<BTreeSet<String>, Problem> {
    let mut found = BTreeSet::new();
    if resource.kind() != "RoleBinding" {
        return Ok(found);
    }
    let subjects = resource.value.get("subjects").map_or(&[][..], Value::items);
    for subject in subjects {
        if !matches!(subject.data, Data::Map(_)) {
            return Err(Problem::refused_at(
                &subject.origin,
                "a subject of a RoleBinding is a mapping",
            ));
        }
        let (Some(namespace), Some(kind)) = (subject.get("namespace"), subject.get("kind")) else {
            continue;
        };
        let Some(kind) = kind.as_str() else {
            return Err(Problem::refused_at(&kind.origin, "the kind of a subject is a string"));
        };
        if kind != "ServiceAccount" {
            continue;
        }
        let Some(namespace) = namespace.as_str() else {
            return Err(Problem::refused_at(
                &namespace.origin,
                "kustomize refuses a service account with an empty `namespace`; write one, or leave the field out",
            ));
        };
        found.insert(namespace.to_owned());
    }
    Ok(found)
}

/// Group and kind of the role that a `roleRef` names, if the field is its name (`roleRefFilter`).
pub(super) fn role(resource: &Resource, path: &[String]) -> Result<Option<(String, String)>, Problem> {
    let [.., reference, name] = path else {
        return Ok(None);
    };
    if name != "name" || !reference.ends_with("roleRef") {
        return Ok(None);
    }
    let text = |key: &str| match resource.value.at(&["roleRef", key]) {
        None => Ok(None),
        Some(value) => match value.as_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(Problem::not_understood_at(
                &value.origin,
                format!("`roleRef` with a `{key}` that is no string"),
            )),
        },
    };
    Ok(text("apiGroup")?.zip(text("kind")?))
}
