//! Everything the repository holds, by what it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::object::Object;
use super::rollout::SCALERS;
use super::sidecar_set::{self, SidecarSet};
use super::target::Target;
use super::workload::{PodTemplate, WORKLOAD_KINDS, workload_kind};
use crate::source::classify::{FileClass, LeftOut};
use crate::source::decode::objects::{self, ObjectNode};
use crate::source::decode::{Decoded, Node, Tree};
use crate::source::delivery::{self, Delivered, FurtherChange, Substitution, Variables};
use crate::source::folder;
use crate::source::helm::RenderedChart;
use crate::source::kustomize::rendering::{Role, Root};
use crate::source::limits;
use crate::source::load::{LoadedFile, Repository};

/// The kinds whose objects are read for what they mean; of others it is only asked whether they can be read.
pub fn wanted_kinds() -> impl Iterator<Item = &'static str> {
    WORKLOAD_KINDS
        .iter()
        .map(|known| known.kind)
        .chain([sidecar_set::KIND, "Namespace", "ConfigMap"])
        .chain(SCALERS.iter().map(|(_, kind)| *kind))
        .chain(delivery::KINDS)
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
    /// Why an object was not read as it will be, if so.
    pub incomplete: Option<String>,
    sidecar_sets: Vec<usize>,
    workloads: Vec<usize>,
}

impl Inventory {
    /// Collects the objects of a repository that belong to a target.
    #[must_use]
    pub fn of(repository: &Repository, target: &Target) -> Self {
        let mut inventory = Self::default();
        for file in repository.files.iter().filter(|file| target.holds(&file.name)) {
            let delivered = repository.deliveries.of_file(&file.name);
            let delivered = delivered.preferring(|deliverer| target.holds(deliverer));
            let may_move = repository.rendering.may_move(&file.name);
            inventory.lacks_objects |= delivered.further().any(FurtherChange::may_add_objects);
            inventory.add_file(file, &delivered, target.namespace.as_deref(), may_move);
        }
        for root in repository
            .rendering
            .roots
            .iter()
            .filter(|root| target.holds(root.name()))
        {
            let delivered = repository.deliveries.of_folder(&root.folder);
            let delivered = delivered.preferring(|deliverer| target.holds(deliverer));
            inventory.lacks_objects |= delivered.further().any(FurtherChange::may_add_objects);
            inventory.add_root(root, &delivered, target.namespace.as_deref());
        }
        for chart in repository
            .rendered_charts
            .all
            .iter()
            .filter(|chart| target.renders(&chart.instance))
        {
            inventory.add_chart(chart, target.namespace.as_deref());
        }
        inventory.lacks_objects |= lacks_charts(repository, target);
        inventory
    }

    fn add_root(&mut self, root: &Root, delivered: &Delivered<'_>, default_namespace: Option<&str>) {
        let Ok(built) = &root.outcome else {
            self.lacks_objects = true;
            return;
        };
        let variables = delivered.variables();
        for rendered in &built.objects {
            let substituted = self.substitute(rendered.document.tree.root(), &variables);
            let object = Object::of_kustomization(&root.folder, rendered, substituted.as_ref(), default_namespace);
            if let Some(mut object) = object {
                object.deliver(delivered, &variables);
                *self.counts.entry(object.identity.kind.clone()).or_default() += 1;
                self.add(object);
            }
        }
    }

    fn add_file(
        &mut self,
        file: &LoadedFile,
        delivered: &Delivered<'_>,
        default_namespace: Option<&str>,
        may_move: bool,
    ) {
        self.lacks_objects |= matches!(file.class, FileClass::Template | FileClass::Unreadable);
        let Some(decoded) = &file.decoded else {
            return;
        };
        if !file.class.is_checked() {
            self.documents += decoded.documents.len();
            return;
        }
        // What is applied of it comes with the kustomization.
        if file.role == Role::Rendered {
            self.documents += decoded.documents.len();
            return;
        }
        let variables = delivered.variables();
        self.add_documents(decoded, |inventory, tree, object| {
            let substituted = inventory.substitute(object.node, &variables);
            let tree = substituted.as_ref().unwrap_or(tree);
            let mut object = object_in(tree, object, default_namespace)?;
            object.deliver(delivered, &variables);
            Some(if may_move { object.moved_elsewhere() } else { object })
        });
    }

    fn add_chart(&mut self, chart: &RenderedChart, default_namespace: Option<&str>) {
        let Ok(rendered) = &chart.outcome else {
            return;
        };
        let instance = &chart.instance;
        self.lacks_objects |= instance.gap.is_some();
        // One chart may be installed into many clusters: what comes out belongs to whoever installs it.
        let installer = instance.said.as_ref().map(|said| said.folder.as_str());
        let origin = instance.origin();
        let folder: Arc<str> = Arc::from(installer.unwrap_or(&instance.chart));
        self.add_documents(&rendered.decoded, |_, tree, object| {
            let mut object = object_in(tree, object, default_namespace)?.in_folder(&folder);
            object.install(instance, &origin);
            Some(object)
        });
    }

    /// Adds the objects of documents, as `make` makes them.
    fn add_documents(
        &mut self,
        decoded: &Decoded,
        make: impl Fn(&mut Self, &Arc<Tree>, ObjectNode<'_>) -> Option<Object>,
    ) {
        self.documents += decoded.documents.len();
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
                if let Some(object) = make(self, tree, object) {
                    *self.counts.entry(object.identity.kind.clone()).or_default() += 1;
                    self.add(object);
                }
            }
        }
    }

    /// The tree of an object after what its deliveries substitute in it; `None` if that is nothing.
    fn substitute(&mut self, root: Node<'_>, variables: &Variables) -> Option<Arc<Tree>> {
        match delivery::substitute(root, variables) {
            Substitution::Nothing => None,
            Substitution::Done(tree) => Some(Arc::from(tree)),
            Substitution::TooLong => {
                let file = root.file().path();
                self.incomplete.get_or_insert_with(|| {
                    format!(
                        "the variables in an object of `{file}` stand for more than {} MiB of text, and were not filled in",
                        limits::SUBSTITUTED_BYTES >> 20
                    )
                });
                None
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

/// The object at a node of a document, if the node says what it is.
fn object_in(tree: &Arc<Tree>, object: ObjectNode<'_>, default_namespace: Option<&str>) -> Option<Object> {
    let (api_version, kind) = (object.api_version()?, object.kind()?);
    let root = tree.node(object.node.id());
    Some(Object::new(tree, root, api_version, kind, default_namespace))
}

/// Whether templates of the target did not come out.
fn lacks_charts(repository: &Repository, target: &Target) -> bool {
    let templates = repository.files.iter().filter(|file| target.holds(&file.name));
    templates
        .filter(|file| file.class == FileClass::HelmTemplate)
        .filter_map(|file| file.chart.as_deref())
        .any(|chart| !repository.rendered_charts.has_come_out(folder::named(chart)))
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
