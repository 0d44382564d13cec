//! Volumes of a `SidecarSet` and the mounts of its containers.

use std::collections::HashMap;

use super::placeholder;
use super::sidecar_set::SidecarSet;
use crate::source::decode::{Entry, Node};
use crate::source::spelling;

/// Most names that a misspelt one is compared with.
const NAMES_COMPARED: usize = 200;

/// The volumes that a `SidecarSet` declares.
#[derive(Debug)]
pub struct Volumes<'o> {
    by_name: HashMap<&'o str, Node<'o>>,
    is_certain: bool,
}

impl<'o> Volumes<'o> {
    /// The volumes of a set.
    #[must_use]
    pub fn of(set: SidecarSet<'o>) -> Self {
        let mut volumes = Self {
            by_name: HashMap::new(),
            is_certain: true,
        };
        if let Some(list) = set.spec().and_then(|spec| spec.get("volumes")) {
            volumes.is_certain = list.as_str().is_none();
        }
        if set
            .spec()
            .is_some_and(|spec| spelling::misspelt(spec, "volumes").is_some())
        {
            volumes.is_certain = false;
        }
        for volume in set.volumes() {
            match volume.str_at(&["name"]) {
                Some(name) if placeholder::find(name).is_none() => {
                    volumes.by_name.entry(name).or_insert(volume);
                }
                _ => volumes.is_certain = false,
            }
        }
        volumes
    }

    /// The volume of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Node<'o>> {
        self.by_name.get(name).copied()
    }

    /// Whether every volume has a name that can be read; otherwise none can be said to be missing.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.is_certain
    }

    /// The declared name that is most like another one; none is looked for where there are very many.
    #[must_use]
    pub fn most_like(&self, name: &str) -> Option<&'o str> {
        if self.by_name.len() > NAMES_COMPARED {
            return None;
        }
        self.by_name
            .keys()
            .map(|known| (strsim::jaro_winkler(known, name), *known))
            .filter(|(likeness, _)| *likeness > 0.85)
            // Of two that are equally like it the first in the alphabet, or the answer would change from run to run.
            .max_by(|left, right| left.0.total_cmp(&right.0).then_with(|| right.1.cmp(left.1)))
            .map(|(_, known)| known)
    }
}

/// One entry of `volumeMounts`.
#[derive(Debug, Clone, Copy)]
pub struct Mount<'o> {
    /// The entry.
    pub node: Node<'o>,
    /// The volume it names.
    pub volume: Node<'o>,
    /// The name of that volume.
    pub name: &'o str,
    /// Where it is mounted.
    pub path: &'o str,
}

/// The mounts of a container.
#[derive(Debug)]
pub struct Mounts<'o> {
    /// Those whose name and path can be read.
    pub list: Vec<Mount<'o>>,
    /// Whether that is all of them; otherwise none can be said to be missing.
    pub is_certain: bool,
}

impl<'o> Mounts<'o> {
    /// The mounts of a container.
    #[must_use]
    pub fn of(container: Node<'o>) -> Self {
        let field = container.get("volumeMounts");
        let mut mounts = Self {
            list: Vec::new(),
            is_certain: field.is_none_or(|field| field.as_str().is_none())
                && spelling::misspelt(container, "volumeMounts").is_none(),
        };
        for node in field.into_iter().flat_map(Node::items) {
            let text = |key: &str| {
                let value = node.get(key)?;
                let text = value.as_str().filter(|text| placeholder::find(text).is_none())?;
                Some((value, text))
            };
            match (text("name"), text("mountPath")) {
                (Some((volume, name)), Some((_, path))) => mounts.list.push(Mount {
                    node,
                    volume,
                    name,
                    path,
                }),
                _ => mounts.is_certain = false,
            }
        }
        mounts
    }

    /// The mount at a path, whatever it ends in.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<Mount<'o>> {
        self.list.iter().copied().find(|mount| same_path(mount.path, path))
    }

    /// The mount of a volume.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Mount<'o>> {
        self.list.iter().copied().find(|mount| mount.name == name)
    }
}

/// Whether two mount paths are the same folder: a slash at the end says nothing.
#[must_use]
pub fn same_path(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// The field that says what a volume is made of.
#[must_use]
pub fn source(volume: Node<'_>) -> Option<Entry<'_>> {
    volume
        .entries()
        .find(|entry| entry.key() != "name" && !entry.value().is_null())
}

/// Whether a volume is made of `kind`, or of a projection that holds it.
///
/// One that says nothing is an `emptyDir` (`kubernetes pkg/apis/core/v1/defaults.go`, `SetDefaults_Volume`, which Kruise calls too).
#[must_use]
pub fn is_of_kind(volume: Node<'_>, kind: &str) -> bool {
    match source(volume) {
        None => kind == "emptyDir",
        Some(entry) if entry.key() == "projected" => entry
            .value()
            .get("sources")
            .into_iter()
            .flat_map(Node::items)
            .any(|source| source.get(kind).is_some()),
        Some(entry) => entry.key() == kind,
    }
}
