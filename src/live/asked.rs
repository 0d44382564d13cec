//! What is asked of a cluster.

use std::collections::BTreeSet;

use super::reference::ObjectReference;
use crate::model::object::{Namespace, Object};
use crate::model::read::{self, SelectorReading};
use crate::model::selector::LabelSelector;
use crate::model::sidecar_set::SidecarSet;

/// What is asked of a cluster.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The objects, at the versions that they are written in. One of a kind without namespaces may be asked for with a namespace, as
    /// it may be written in Git: it is found under a reference without one.
    pub objects: BTreeSet<ObjectReference>,
    /// The selectors of SidecarSets whose pods matter.
    pub pods: Vec<LabelSelector>,
    /// Which objects beside those in Git may be there because Git had them once.
    pub prune: Option<PruneScope>,
}

/// Where to look for objects that Git has no longer. Only metadata are read of them.
#[derive(Debug, Clone, Default)]
pub struct PruneScope {
    /// `apiVersion` and kind of what to look for; kinds that are not served are passed over.
    pub kinds: BTreeSet<(String, String)>,
    /// Only in these namespaces; none for all of them. Kinds without namespaces are looked for by labels only: namespaces are no scope for
    /// them.
    pub namespaces: BTreeSet<String>,
    /// Only with these labels, as kubectl's `-l`.
    pub label_selector: Option<String>,
}

impl Asked {
    /// All of these objects that have a name. `default_namespace` is for those of which Git does not tell where they are.
    #[must_use]
    pub fn of<'o>(objects: impl IntoIterator<Item = &'o Object>, default_namespace: &str) -> Self {
        let mut asked = Self::default();
        for object in objects {
            asked.objects.extend(reference(object, default_namespace));
            let set = SidecarSet::of(object);
            let selector = set.map(|set| read::selector(set.selector()));
            let selector = selector.as_ref().and_then(SelectorReading::usable);
            asked.pods.extend(selector.cloned());
        }
        asked
    }

    /// The group versions of the objects.
    pub(super) fn group_versions(&self) -> BTreeSet<&str> {
        self.objects
            .iter()
            .map(|reference| reference.api_version.as_str())
            .collect()
    }

    /// The namespaces of the objects that are in one.
    pub(super) fn namespaces(&self, is_in_one: impl Fn(&ObjectReference) -> bool) -> BTreeSet<&str> {
        let objects = self.objects.iter().filter(|reference| is_in_one(reference));
        objects.filter_map(|reference| reference.namespace.as_deref()).collect()
    }
}

/// The reference to an object of Git; `None` if it has no name (`generateName`).
#[must_use]
pub fn reference(object: &Object, default_namespace: &str) -> Option<ObjectReference> {
    let identity = &object.identity;
    Some(ObjectReference {
        api_version: identity.api_version.clone(),
        kind: identity.kind.clone(),
        namespace: match &identity.namespace {
            Namespace::ClusterScoped => None,
            Namespace::Given(name) => Some(name.clone()),
            Namespace::Unresolved => Some(default_namespace.to_owned()),
        },
        name: identity.name.clone().filter(|name| !name.is_empty())?,
    })
}
