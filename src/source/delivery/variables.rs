//! The variables that Flux substitutes in what it delivers, as far as Git gives them.

use std::collections::{BTreeMap, HashMap};

use super::{Deliverer, Source, is_unfilled};
use crate::source::decode::{Node, NodeKind};
use crate::source::folder::FolderDistance;

/// Variables and their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    /// `None` for one that is set, but Git does not tell to what.
    values: BTreeMap<String, Option<String>>,
    /// Whether no others can be set.
    is_complete: bool,
}

/// What is known of one variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup<'v> {
    /// It has this value.
    Known(&'v str),
    /// It is certainly not set.
    Unset,
    /// Git does not tell.
    Unknown,
}

/// How SOPS begins a value that it has encrypted (`getsops/sops aes/cipher.go`), also within a ConfigMap; Flux decrypts it first.
const ENCRYPTED: &str = "ENC[AES256_GCM,";

impl Default for Variables {
    /// None at all: nothing is substituted.
    fn default() -> Self {
        Self {
            values: BTreeMap::new(),
            is_complete: true,
        }
    }
}

impl Variables {
    /// Those of a Flux Kustomization. `postBuild.substitute` wins over `substituteFrom`, of which the later entry wins over the
    /// earlier; line feeds are taken out of all values (`fluxcd/pkg kustomize/kustomize_varsub.go`, `LoadVariables`).
    pub(super) fn of(kustomization: &Deliverer<'_>, config_maps: &ConfigMaps<'_>) -> Self {
        let mut variables = Self::default();
        let Some(post_build) = kustomization.root().at(&["spec", "postBuild"]) else {
            return variables;
        };
        for reference in post_build.get("substituteFrom").into_iter().flat_map(Node::items) {
            variables.add_reference(reference, kustomization, config_maps);
        }
        for entry in post_build.get("substitute").into_iter().flat_map(Node::entries) {
            variables.set(entry.key(), entry.value());
        }
        variables
    }

    fn add_reference(&mut self, reference: Node<'_>, kustomization: &Deliverer<'_>, config_maps: &ConfigMaps<'_>) {
        let name = reference.str_at(&["name"]).unwrap_or("");
        let found = (reference.str_at(&["kind"]) == Some("ConfigMap"))
            .then(|| config_maps.find(name, kustomization))
            .flatten();
        let Some(data) = found else {
            // A Secret, or a ConfigMap that is made elsewhere: it may set any variable, those before it too.
            for value in self.values.values_mut() {
                *value = None;
            }
            self.is_complete = false;
            return;
        };
        for entry in data.entries() {
            self.set(entry.key(), entry.value());
        }
    }

    fn set(&mut self, name: &str, value: Node<'_>) {
        let plain = value.as_str();
        let plain = plain.filter(|text| !is_unfilled(text) && !text.starts_with(ENCRYPTED));
        self.values
            .insert(name.to_owned(), plain.map(|text| text.replace('\n', "")));
    }

    /// Another object may still add to them.
    pub(super) fn may_be_more(&mut self) {
        self.is_complete = false;
    }

    /// What is known of a variable.
    #[must_use]
    pub fn look_up(&self, name: &str) -> Lookup<'_> {
        match self.values.get(name) {
            Some(Some(value)) => Lookup::Known(value),
            None if self.is_complete => Lookup::Unset,
            Some(None) | None => Lookup::Unknown,
        }
    }

    /// Whether anything is substituted at all: without a single variable Flux leaves the text as it is.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether some are filled in of which Git does not tell the value.
    #[must_use]
    pub fn are_open(&self) -> bool {
        !self.is_complete || self.values.values().any(Option::is_none)
    }

    /// What all of several agree on.
    pub(super) fn common<'v>(mut several: impl Iterator<Item = &'v Self>) -> Self {
        let Some(first) = several.next() else {
            return Self::default();
        };
        several.fold(first.clone(), |mut common, other| {
            if common != *other {
                common.is_complete = false;
                for (name, value) in &mut common.values {
                    if other.values.get(name) != Some(value) {
                        *value = None;
                    }
                }
            }
            common
        })
    }
}

#[cfg(test)]
impl FromIterator<(&'static str, &'static str)> for Variables {
    fn from_iter<I: IntoIterator<Item = (&'static str, &'static str)>>(pairs: I) -> Self {
        Self {
            values: pairs
                .into_iter()
                .map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
                .collect(),
            is_complete: true,
        }
    }
}

/// The ConfigMaps of the repository, by name.
#[derive(Debug, Default)]
pub(super) struct ConfigMaps<'r> {
    by_name: HashMap<&'r str, Vec<ConfigMap<'r>>>,
}

#[derive(Debug)]
struct ConfigMap<'r> {
    namespace: Option<&'r str>,
    folder: &'r str,
    data: Node<'r>,
}

impl<'r> ConfigMaps<'r> {
    pub(super) fn of(sources: &[Source<'r>]) -> Self {
        let mut found = Self::default();
        for source in sources {
            for object in source.objects() {
                if object.kind() != Some("ConfigMap") || object.api_version() != Some("v1") {
                    continue;
                }
                let (Some(name), Some(data)) = (object.node.str_at(&["metadata", "name"]), object.node.get("data"))
                else {
                    continue;
                };
                found.by_name.entry(name).or_default().push(ConfigMap {
                    namespace: object.node.str_at(&["metadata", "namespace"]),
                    folder: source.folder,
                    data,
                });
            }
        }
        found
    }

    /// The data of the ConfigMap that a Flux Kustomization means: the nearest one, unless several that differ are equally near.
    fn find(&self, name: &str, kustomization: &Deliverer<'_>) -> Option<Node<'r>> {
        let may_be = |namespace: Option<&str>| match (namespace, kustomization.namespace()) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let rank = |map: &ConfigMap<'_>| FolderDistance::between(kustomization.folder, map.folder).rank();
        let candidates = self.by_name.get(name)?.iter().filter(|map| may_be(map.namespace));
        let nearest = candidates.clone().map(&rank).min()?;
        let mut meant = candidates.filter(|map| rank(map) == nearest);
        let first = meant.next()?;
        meant
            .all(|other| same_entries(first.data, other.data))
            .then_some(first.data)
    }
}

fn same_entries(one: Node<'_>, other: Node<'_>) -> bool {
    let is_text = |node: Node<'_>| node.kind() == NodeKind::Text;
    one.entries().len() == other.entries().len()
        && one.entries().all(|entry| {
            let twin = other.get(entry.key());
            is_text(entry.value()) && twin.and_then(Node::as_str) == entry.value().as_str()
        })
}
