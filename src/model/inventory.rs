//! Everything the repository holds, by what it is.

use std::collections::BTreeMap;

use super::object::Object;
use super::rollout::SCALERS;
use super::sidecar_set::{self, SidecarSet};
use super::target::Target;
use super::workload::{PodTemplate, WORKLOAD_KINDS, workload_kind};
use crate::source::classify::{FileClass, LeftOut};
use crate::source::decode::objects;
use crate::source::kustomize::rendering::{Role, Root};
use crate::source::load::{LoadedFile, Repository};

/// The kinds whose objects are read for what they mean; of others it is only asked whether they can be read.
pub fn wanted_kinds() -> impl Iterator<Item = &'static str> {
    WORKLOAD_KINDS
        .iter()
        .map(|known| known.kind)
        .chain([sidecar_set::KIND, "Namespace", "ConfigMap"])
        .chain(SCALERS.iter().map(|(_, kind)| *kind))
}

/// The objects of the checked files, in the order of files and documents.
#[derive(Debug, Default)]
pub struct Inventory {
    /// All objects that were read for what they mean.
    pub objects: Vec<Object>,
    /// How many objects of each kind there are, those of no interest too.
    pub counts: BTreeMap<String, usize>,
    /// Objects of the checked files that are not judged, by reason.
    pub left_out: BTreeMap<&'static str, usize>,
    /// Whether the repository holds more objects than these: in templates, or in documents that could not be read.
    pub lacks_objects: bool,
    /// Documents of all files that were read.
    pub documents: usize,
    sidecar_sets: Vec<usize>,
    workloads: Vec<usize>,
}

impl Inventory {
    /// Collects the objects of a repository that belong to a target.
    #[must_use]
    pub fn of(repository: &Repository, target: &Target) -> Self {
        let mut inventory = Self::default();
        for file in repository.files.iter().filter(|file| target.holds(&file.name)) {
            let may_move = repository.rendering.may_move(&file.name);
            inventory.add_file(file, target.namespace.as_deref(), may_move);
        }
        for root in repository
            .rendering
            .roots
            .iter()
            .filter(|root| target.holds(root.name()))
        {
            inventory.add_root(root, target.namespace.as_deref());
        }
        inventory
    }

    fn add_root(&mut self, root: &Root, default_namespace: Option<&str>) {
        let Ok(built) = &root.outcome else {
            self.lacks_objects = true;
            return;
        };
        for object in &built.objects {
            if let Some(object) = Object::of_kustomization(&root.folder, object, default_namespace) {
                *self.counts.entry(object.identity.kind.clone()).or_default() += 1;
                self.add(object);
            }
        }
    }

    fn add_file(&mut self, file: &LoadedFile, default_namespace: Option<&str>, may_move: bool) {
        self.lacks_objects |= matches!(
            file.class,
            FileClass::HelmTemplate | FileClass::Template | FileClass::Unreadable
        );
        let Some(decoded) = &file.decoded else {
            return;
        };
        self.documents += decoded.documents.len();
        if !file.class.is_checked() {
            return;
        }
        // What is applied of it comes with the kustomization.
        if file.role == Role::Rendered {
            return;
        }
        self.lacks_objects |= decoded.refused().next().is_some();
        for document in &decoded.documents {
            if let Some(skimmed) = &document.skimmed {
                *self.counts.entry(skimmed.kind.clone()).or_default() += 1;
            }
            let Some(tree) = &document.tree else {
                continue;
            };
            let (objects, _) = objects::objects(tree.root());
            for object in objects {
                if let Some(why) = LeftOut::of(object.node) {
                    *self.left_out.entry(why.name()).or_default() += 1;
                    self.lacks_objects |= why == LeftOut::Template;
                    continue;
                }
                let (Some(api_version), Some(kind)) = (object.api_version(), object.kind()) else {
                    continue;
                };
                *self.counts.entry(kind.to_owned()).or_default() += 1;
                let object = Object::new(tree, object.node, api_version, kind, default_namespace);
                self.add(if may_move { object.moved_elsewhere() } else { object });
            }
        }
    }

    fn add(&mut self, object: Object) {
        let at = self.objects.len();
        if SidecarSet::of(&object).is_some() {
            self.sidecar_sets.push(at);
        } else if workload_kind(object.identity.group(), &object.identity.kind).is_some() {
            self.workloads.push(at);
        }
        self.objects.push(object);
    }

    /// All SidecarSets.
    #[must_use]
    pub fn sidecar_sets(&self) -> impl ExactSizeIterator<Item = SidecarSet<'_>> {
        self.sidecar_sets.iter().map(|&at| SidecarSet {
            object: &self.objects[at],
        })
    }

    /// All pod templates.
    pub fn workloads(&self) -> impl Iterator<Item = PodTemplate<'_>> {
        self.workloads.iter().filter_map(|&at| {
            let object = &self.objects[at];
            let kind = workload_kind(object.identity.group(), &object.identity.kind)?;
            Some(PodTemplate::of(object, kind))
        })
    }

    /// All objects of a core kind (`v1`).
    pub fn core(&self, kind: &str) -> impl Iterator<Item = &Object> {
        self.objects
            .iter()
            .filter(move |object| object.identity.kind == kind && object.identity.group().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::target::tests::everything;
    use crate::source::load;

    #[test]
    fn patches_and_templates_among_manifests_are_left_out_one_by_one() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n\
                    apiVersion: v1\nkind: Pod\nmetadata: {name: {NAME}}\n---\n\
                    apiVersion: v1\nkind: Pod\n$patch: delete\nmetadata: {name: b}\n";
        let repository = load::load_stream("a.yaml", text.as_bytes().to_vec());
        let inventory = Inventory::of(&repository, &everything());
        assert_eq!(inventory.objects.len(), 1);
        assert_eq!(
            inventory.left_out,
            BTreeMap::from([("kustomize-patch", 1), ("template", 1)])
        );
    }

    #[test]
    fn what_could_not_be_read_is_known_to_be_lacking() {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";
        let lacks = |text: &str| {
            let repository = load::load_stream("a.yaml", text.as_bytes().to_vec());
            Inventory::of(&repository, &everything()).lacks_objects
        };
        assert!(!lacks(pod));
        assert!(lacks(&format!("{pod}---\nkind: [\n")));
        assert!(lacks(&format!("{pod}---\nkind: Pod\nmetadata: {{name: {{NAME}}}}\n")));
        assert!(!lacks(&format!("{pod}---\nkind: Pod\n$patch: delete\n")));
    }

    #[test]
    fn the_kinds_that_scale_a_workload_are_wanted() {
        for (_, kind) in SCALERS {
            assert!(wanted_kinds().any(|wanted| wanted == kind), "{kind}");
        }
    }
}
