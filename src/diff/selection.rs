//! Which objects of a target are held against another side, each under one name.

use std::collections::{BTreeMap, HashSet};

use crate::live::reference::ObjectReference;
use crate::live::state::ServedKind;
use crate::model::inventory::Inventory;
use crate::model::object::{FolderDistance, Namespace, Object};
use crate::model::placeholder;
use crate::model::read;
use crate::model::selector::LabelSelector;
use crate::model::verdict::Verdict;
use crate::source::kustomize::cluster_scoped;
use crate::source::{decode, limits};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The namespace of objects that name none; without one they stay as they are.
    pub namespace: Option<String>,
    /// Only objects with these labels.
    pub selector: Option<LabelSelector>,
    /// The folders that the target is around: of several objects of one identity the nearest is meant.
    pub near: Vec<String>,
    /// Whether each copy of an identity counts, in whatever folder.
    pub keeps_copies: bool,
}

/// What is held against the other side.
#[derive(Debug, Default)]
pub struct Selection<'o> {
    /// In the order of the inventory. Each reference stands once, unless copies are kept.
    pub chosen: Vec<(ObjectReference, &'o Object)>,
    /// Objects that cannot be compared, with why.
    pub left_out: Vec<(&'o Object, LeftOut)>,
    /// Several different objects of one identity, none nearer than the others.
    pub ambiguous: Vec<(ObjectReference, Vec<&'o Object>)>,
    /// Objects of which a nearer one, or a later one of the same file, takes the place.
    pub overridden: Vec<&'o Object>,
    /// How many of the chosen name no namespace.
    pub without_namespace: usize,
    /// How many have other labels.
    pub not_selected: usize,
}

/// Why an object cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftOut {
    /// `metadata.generateName`: each applying makes another one.
    GeneratedName,
    /// No name at all.
    NoName,
    /// The name is filled in elsewhere.
    UnknownName,
    /// The namespace is set elsewhere.
    UnknownNamespace,
    /// Made and deleted in the course of a release.
    Hook,
}

impl LeftOut {
    /// As it is said of several objects: "were not compared, …".
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::GeneratedName => "since each applying makes a new one (`generateName`)",
            Self::NoName => "without a name (`metadata.name`)",
            Self::UnknownName => "with a name that Git does not tell",
            Self::UnknownNamespace => "in a namespace that Git does not tell",
            Self::Hook => "made by a hook in the course of a release",
        }
    }
}

/// Annotations of objects that are no part of the lasting state (`helm pkg/release/hook.go`, `argo-cd docs/user-guide/resource_hooks.md`).
const HOOKS: [&str; 2] = ["helm.sh/hook", "argocd.argoproj.io/hook"];

/// Selects from the objects of a target. `kinds` is what the other side serves, if that is known.
#[must_use]
pub fn select<'o>(inventory: &'o Inventory, wish: &Wish, kinds: Option<&[ServedKind]>) -> Selection<'o> {
    let scopes = Scopes::of(&inventory.objects, kinds);
    let mut selection = Selection::default();
    // In the order of the first of each.
    let mut identities: Vec<(ObjectReference, Vec<&Object>)> = Vec::new();
    let mut positions: BTreeMap<(String, String, Option<String>, String), usize> = BTreeMap::new();
    for object in &inventory.objects {
        let labels = read::labels(object.root().at(&["metadata", "labels"]));
        if wish
            .selector
            .as_ref()
            .is_some_and(|selector| selector.judge(&labels) == Verdict::No)
        {
            selection.not_selected += 1;
            continue;
        }
        let reference = match scopes.reference(object, wish) {
            Ok(reference) => reference,
            Err(why) => {
                selection.left_out.push((object, why));
                continue;
            }
        };
        let names_none = object.identity.namespace == Namespace::Unresolved;
        selection.without_namespace += usize::from(names_none && reference.namespace.is_some());
        if wish.keeps_copies {
            selection.chosen.push((reference, object));
            continue;
        }
        // Versions of a group are views of one object.
        let key = (
            reference.group().to_owned(),
            reference.kind.clone(),
            reference.namespace.clone(),
            reference.name.clone(),
        );
        let at = *positions.entry(key).or_insert(identities.len());
        match identities.get_mut(at) {
            Some((_, objects)) => objects.push(object),
            None => identities.push((reference, vec![object])),
        }
    }
    for (reference, objects) in identities {
        selection.settle(reference, objects, wish, &scopes);
    }
    selection
}

impl<'o> Selection<'o> {
    /// Finds the one that is meant among objects of one identity.
    fn settle(&mut self, reference: ObjectReference, objects: Vec<&'o Object>, wish: &Wish, scopes: &Scopes<'_>) {
        if let [object] = objects.as_slice() {
            self.chosen.push((reference, object));
            return;
        }
        let rank = |object: &&Object| {
            let ranks = wish
                .near
                .iter()
                .map(|near| FolderDistance::between(near, object.folder()).rank());
            ranks.min()
        };
        let nearest = objects.iter().map(rank).min();
        let (near, far): (Vec<&Object>, Vec<&Object>) =
            objects.into_iter().partition(|object| Some(rank(object)) == nearest);
        self.overridden.extend(far);
        // Of one file the later overwrites the earlier, as kubectl applies them one after the other.
        let mut last_of_file: Vec<&Object> = Vec::new();
        for object in near {
            let is_same_file = |other: &&mut &Object| {
                other.rendered().is_none() && object.rendered().is_none() && other.file().path() == object.file().path()
            };
            match last_of_file.iter_mut().find(is_same_file) {
                Some(earlier) => self.overridden.push(std::mem::replace(earlier, object)),
                None => last_of_file.push(object),
            }
        }
        let Some((first, others)) = last_of_file.split_first() else {
            return;
        };
        let content = |object: &Object| decode::to_json(object.root(), limits::RENDERED_DEPTH);
        if others.is_empty() || others.iter().all(|other| content(other) == content(first)) {
            let reference = scopes.reference(first, wish).unwrap_or(reference);
            self.chosen.push((reference, first));
            self.overridden.extend(others);
        } else {
            self.ambiguous.push((reference, last_of_file));
        }
    }
}

/// Which kinds have no namespace.
struct Scopes<'k> {
    served: Option<&'k [ServedKind]>,
    /// Group and kind of the CustomResourceDefinitions in Git that say `scope: Cluster`.
    defined: HashSet<(String, String)>,
}

impl<'k> Scopes<'k> {
    fn of(objects: &[Object], served: Option<&'k [ServedKind]>) -> Self {
        let definitions = objects
            .iter()
            .filter(|object| object.identity.kind == "CustomResourceDefinition")
            .filter(|object| object.root().str_at(&["spec", "scope"]) == Some("Cluster"));
        Self {
            served,
            defined: definitions
                .filter_map(|object| {
                    let root = object.root();
                    let group = root.str_at(&["spec", "group"])?;
                    Some((group.to_owned(), root.str_at(&["spec", "names", "kind"])?.to_owned()))
                })
                .collect(),
        }
    }

    fn is_cluster_scoped(&self, object: &Object) -> bool {
        let identity = &object.identity;
        let served = self.served.into_iter().flatten();
        let mut served = served.filter(|kind| kind.api_version == identity.api_version && kind.kind == identity.kind);
        match served.next() {
            Some(kind) => !kind.namespaced,
            None => {
                identity.namespace == Namespace::ClusterScoped
                    || cluster_scoped::is_certainly(&identity.api_version, &identity.kind)
                    || self
                        .defined
                        .contains(&(identity.group().to_owned(), identity.kind.clone()))
            }
        }
    }

    fn reference(&self, object: &Object, wish: &Wish) -> Result<ObjectReference, LeftOut> {
        let root = object.root();
        let annotations = root.at(&["metadata", "annotations"]);
        if HOOKS
            .iter()
            .any(|hook| annotations.is_some_and(|annotations| annotations.entry(hook).is_some()))
        {
            return Err(LeftOut::Hook);
        }
        let identity = &object.identity;
        let name = match identity.name.as_deref().filter(|name| !name.is_empty()) {
            Some(name) if placeholder::find(name).is_some() => return Err(LeftOut::UnknownName),
            Some(name) => name.to_owned(),
            None if root.at(&["metadata", "generateName"]).is_some() => return Err(LeftOut::GeneratedName),
            // A delivery gives the name of a Namespace, and Git does not tell which.
            None if root.at(&["metadata", "name"]).is_some() => return Err(LeftOut::UnknownName),
            None => return Err(LeftOut::NoName),
        };
        let written = root.str_at(&["metadata", "namespace"]).filter(|name| !name.is_empty());
        let namespace = match &identity.namespace {
            _ if self.is_cluster_scoped(object) => None,
            Namespace::ClusterScoped => None,
            Namespace::Given(name) => Some(name.clone()),
            // One that is written is replaced, or filled in, by somebody else. Both states of a repository write it alike.
            Namespace::Unresolved if wish.keeps_copies => written.map(str::to_owned),
            Namespace::Unresolved if written.is_some() => return Err(LeftOut::UnknownNamespace),
            Namespace::Unresolved => wish.namespace.clone(),
        };
        Ok(ObjectReference {
            api_version: identity.api_version.clone(),
            kind: identity.kind.clone(),
            namespace,
            name,
        })
    }
}
