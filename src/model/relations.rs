//! How the objects of a repository hang together, computed once: who selects whom, which Namespace a workload is in, who injects
//! a proxy. Policies ask here; they do not search.

use std::collections::HashMap;

use super::injection::{self, Decision, NamespaceLabels};
use super::inventory::Inventory;
use super::kruise_version::KruiseVersion;
use super::object::{FolderDistance, Namespace, Object};
use super::overlap::{NamespaceScope, namespace_matches};
use super::placeholder;
use super::profile::Profile;
use super::read::{self, SelectorReading};
use super::selector::{LabelSelector, Labels, Operator};
use super::sidecar_set::SidecarSet;
use super::verdict::{UnknownReason, Verdict};
use super::workload::PodTemplate;
use crate::source::decode::Node;
use crate::source::limits;

const KUBE_SYSTEM: &str = "kube-system";

/// One SidecarSet and what it touches.
#[derive(Debug)]
pub struct SetFacts<'i> {
    /// The set.
    pub set: SidecarSet<'i>,
    /// Its selector.
    pub selector: SelectorReading<'i>,
    /// The namespaces it reaches.
    pub scope: NamespaceScope,
    /// Why the scope is not known, if a part of it cannot be read.
    pub scope_gap: Option<UnknownReason>,
    /// The container that is a mesh proxy.
    pub mesh: Option<Node<'i>>,
    /// The workloads it selects, or may select.
    pub selects: Vec<Selection>,
}

/// One pod template and what touches it.
#[derive(Debug)]
pub struct WorkloadFacts<'i> {
    /// The pod template.
    pub pod: PodTemplate<'i>,
    /// Labels of the pods.
    pub labels: Labels,
    /// Annotations of the pods.
    pub annotations: Labels,
    /// The Namespace object it is in, if Git has it.
    pub namespace: Option<&'i Object>,
    /// Its labels.
    pub namespace_labels: Option<Labels>,
    /// Whether the mesh injects a proxy of its own.
    pub injection: Decision,
    /// The SidecarSets that select it, or may select it.
    pub selected_by: Vec<Selection>,
}

/// A pair that belongs together, or may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Index of the other side, in [`Relations::sets`] or [`Relations::workloads`].
    pub other: usize,
    /// Yes, or not known; a no is not kept.
    pub verdict: Verdict,
}

/// All relations of an inventory.
#[derive(Debug)]
pub struct Relations<'i> {
    /// The SidecarSets, in the order of the inventory.
    pub sets: Vec<SetFacts<'i>>,
    /// The pod templates, in the order of the inventory.
    pub workloads: Vec<WorkloadFacts<'i>>,
    /// Why not every pair was looked at, if so.
    pub incomplete: Option<String>,
    namespaces: HashMap<&'i str, Vec<&'i Object>>,
    kruise: KruiseVersion,
}

impl<'i> Relations<'i> {
    /// Computes the relations of an inventory under a profile.
    #[must_use]
    pub fn of(inventory: &'i Inventory, profile: &Profile) -> Self {
        let mut namespaces: HashMap<&str, Vec<&Object>> = HashMap::new();
        for namespace in inventory.core("Namespace") {
            if let Some(name) = namespace.identity.name.as_deref() {
                namespaces.entry(name).or_default().push(namespace);
            }
        }
        let sets = inventory.sidecar_sets().map(|set| set_facts(set, profile)).collect();
        let mut copies = Copies::of(inventory.workloads().map(|pod| pod.object));
        let workloads = inventory
            .workloads()
            .enumerate()
            .map(|(at, pod)| {
                let namespace = namespace_of(pod.object, &namespaces);
                // A Namespace beside another copy of the workload is another cluster's.
                let namespace = namespace.filter(|namespace| copies.is_nearest(at, namespace));
                workload_facts(pod, namespace, profile)
            })
            .collect();
        let mut relations = Self {
            sets,
            workloads,
            incomplete: None,
            namespaces,
            kruise: profile.kruise,
        };
        relations.select(copies);
        relations
    }

    /// The Namespace object of this name that is nearest to a folder.
    #[must_use]
    pub fn namespace(&self, name: &str, folder: &str) -> Option<&'i Object> {
        nearest(self.namespaces.get(name)?, folder)
    }

    /// The sets that certainly select a workload.
    pub fn certain_sets<'s>(&'s self, workload: &'s WorkloadFacts<'i>) -> impl Iterator<Item = &'s SetFacts<'i>> {
        workload
            .selected_by
            .iter()
            .filter(|selection| selection.verdict.is_yes())
            .map(|selection| &self.sets[selection.other])
    }

    /// The workloads that a set certainly selects.
    pub fn certain_workloads<'s>(&'s self, set: &'s SetFacts<'i>) -> impl Iterator<Item = &'s WorkloadFacts<'i>> {
        set.selects
            .iter()
            .filter(|selection| selection.verdict.is_yes())
            .map(|selection| &self.workloads[selection.other])
    }

    /// Whether the namespaces of a set hold that of a workload.
    #[must_use]
    pub fn reach(&self, set: &SetFacts<'i>, workload: &WorkloadFacts<'i>) -> Verdict {
        if let Some(gap) = &set.scope_gap {
            return Verdict::unknown(gap.clone());
        }
        let namespace = &workload.pod.object.identity.namespace;
        if namespace.name() == Some(KUBE_SYSTEM) && self.leaves_kube_system_alone() {
            return Verdict::No;
        }
        reaches(&set.scope, namespace, workload.namespace_labels.as_ref())
    }

    /// Up to 1.2 Kruise's own code leaves `kube-system` out, from 1.5.2 on the webhook configuration `mpod.kb.io` of its charts.
    fn leaves_kube_system_alone(&self) -> bool {
        !self.kruise.behaves_as_at_least(1, 3)
            || self.kruise.behaves_as_at_least(1, 6)
            || (self.kruise.major, self.kruise.minor) == (1, 5) && self.kruise.patch >= 2
    }

    fn select(&mut self, mut workload_copies: Copies<'i>) {
        let index = LabelIndex::of(self.workloads.iter().map(|workload| &workload.labels));
        let mut set_copies = Copies::of(self.sets.iter().map(|facts| facts.set.object));
        let mut pairs = 0;
        'sets: for at in 0..self.sets.len() {
            let facts = &self.sets[at];
            let Some(selector) = facts.selector.usable() else {
                continue;
            };
            let mut selections = Vec::new();
            for candidate in index.candidates(selector) {
                if pairs + selections.len() >= limits::SELECTIONS {
                    self.incomplete = Some(format!(
                        "the SidecarSets and workloads of this repository make more than {} pairs; those from `{}` on were not judged",
                        limits::SELECTIONS,
                        facts.set.name()
                    ));
                    break 'sets;
                }
                let workload = &self.workloads[candidate];
                let by_labels = selector.judge(&workload.labels);
                if by_labels.is_no() {
                    continue;
                }
                let verdict = by_labels.and(self.reach(facts, workload));
                let is_meant = !verdict.is_no()
                    && set_copies.is_nearest(at, workload.pod.object)
                    && workload_copies.is_nearest(candidate, facts.set.object);
                if is_meant {
                    selections.push(Selection {
                        other: candidate,
                        verdict,
                    });
                }
            }
            for selection in &selections {
                self.workloads[selection.other].selected_by.push(Selection {
                    other: at,
                    verdict: selection.verdict.clone(),
                });
            }
            pairs += selections.len();
            self.sets[at].selects = selections;
        }
    }
}

fn set_facts<'i>(set: SidecarSet<'i>, profile: &Profile) -> SetFacts<'i> {
    let namespace = set.namespace().and_then(Node::as_str);
    let namespace_selector = read::selector(set.namespace_selector());
    let scope_gap = if namespace.is_some_and(|name| placeholder::find(name).is_some()) {
        Some("spec.namespace")
    } else if matches!(namespace_selector, SelectorReading::Unusable(_)) {
        Some("spec.namespaceSelector")
    } else {
        None
    };
    SetFacts {
        set,
        selector: read::selector(set.selector()),
        scope: NamespaceScope {
            namespace: namespace.map(str::to_owned),
            selector: namespace_selector.usable().cloned(),
        },
        scope_gap: scope_gap.map(|field| UnknownReason::Placeholder { field }),
        mesh: profile.mesh_container(set),
        selects: Vec::new(),
    }
}

fn workload_facts<'i>(pod: PodTemplate<'i>, namespace: Option<&'i Object>, profile: &Profile) -> WorkloadFacts<'i> {
    let in_the_end = |object: &Object, labels: Labels| {
        if object.has_open_metadata {
            labels.opened()
        } else {
            labels
        }
    };
    let labels = in_the_end(pod.object, read::labels(pod.labels()));
    let annotations = in_the_end(pod.object, read::labels(pod.annotations()));
    let name = pod.object.identity.namespace.name();
    let namespace_labels = namespace.map(|object| {
        let labels = read::labels(object.root().at(&["metadata", "labels"]));
        in_the_end(object, labels)
    });
    let known = match (name, &namespace_labels) {
        (None, _) => NamespaceLabels::Unresolved,
        (Some(_), None) => NamespaceLabels::NotInGit,
        (Some(_), Some(labels)) => NamespaceLabels::Known(labels.clone()),
    };
    let injection = injection::mesh_injection(
        &known,
        &labels,
        &annotations,
        pod.host_network(),
        name,
        &profile.injection,
    );
    WorkloadFacts {
        pod,
        labels,
        annotations,
        namespace,
        namespace_labels,
        injection,
        selected_by: Vec::new(),
    }
}

/// Whether the namespaces of a set hold this one.
fn reaches(scope: &NamespaceScope, namespace: &Namespace, labels: Option<&Labels>) -> Verdict {
    let selector = scope.as_selector();
    let Some(selector) = selector else {
        return Verdict::Yes;
    };
    match namespace {
        Namespace::Given(name) => namespace_matches(&selector, name, labels),
        Namespace::Unresolved | Namespace::ClusterScoped => Verdict::unknown(UnknownReason::NamespaceUnresolved),
    }
}

fn namespace_of<'i>(object: &Object, namespaces: &HashMap<&str, Vec<&'i Object>>) -> Option<&'i Object> {
    let copies = namespaces.get(object.identity.namespace.name()?)?;
    nearest(copies, object.folder())
}

fn nearest<'i>(objects: &[&'i Object], folder: &str) -> Option<&'i Object> {
    objects
        .iter()
        .min_by_key(|object| FolderDistance::between(folder, object.folder()))
        .copied()
}

/// Objects that occur more than once, as they do when one repository holds several clusters.
struct Copies<'i> {
    own: Vec<&'i str>,
    /// For each object, the groups of copies it is in: those of one identity, and those made from one document; none for one that
    /// occurs once.
    groups_of: Vec<Vec<usize>>,
    /// The folders of each group, each once.
    groups: Vec<Vec<&'i str>>,
    /// How near the nearest copy of a group is to a folder, once asked.
    nearest: HashMap<(usize, &'i str), (usize, bool)>,
}

impl<'i> Copies<'i> {
    fn of(objects: impl Iterator<Item = &'i Object>) -> Self {
        let objects: Vec<&Object> = objects.collect();
        let mut by_identity: HashMap<_, Vec<usize>> = HashMap::new();
        let mut by_document: HashMap<(&str, u32), Vec<usize>> = HashMap::new();
        for (at, object) in objects.iter().enumerate() {
            let identity = &object.identity;
            let key = (identity.group(), &identity.kind, &identity.namespace, &identity.name);
            by_identity.entry(key).or_default().push(at);
            if let Some(written) = object.written_at() {
                by_document.entry((written.0, written.1.start)).or_default().push(at);
            }
        }
        let mut copies = Self {
            own: objects.iter().map(|object| object.folder()).collect(),
            groups_of: vec![Vec::new(); objects.len()],
            groups: Vec::new(),
            nearest: HashMap::new(),
        };
        for members in by_identity.into_values().chain(by_document.into_values()) {
            copies.add_group(&members);
        }
        copies
    }

    fn add_group(&mut self, members: &[usize]) {
        let mut folders: Vec<&str> = members.iter().map(|&at| self.own[at]).collect();
        folders.sort_unstable();
        folders.dedup();
        if folders.len() < 2 {
            return;
        }
        for &at in members {
            self.groups_of[at].push(self.groups.len());
        }
        self.groups.push(folders);
    }

    /// Whether no other copy of the object is nearer to `other`: the one in the same cluster's folder is meant.
    fn is_nearest(&mut self, at: usize, other: &'i Object) -> bool {
        let folder = other.folder();
        let rank = |copy: &str| FolderDistance::between(folder, copy).rank();
        self.groups_of[at].iter().all(|&group| {
            let nearest = *self.nearest.entry((group, folder)).or_insert_with(|| {
                let ranks = self.groups[group].iter().map(|copy| rank(copy));
                ranks.min().unwrap_or_default()
            });
            rank(self.own[at]) == nearest
        })
    }
}

/// Things by their labels, so that a thousand selectors do not look at ten thousand pods each.
#[derive(Debug)]
pub struct LabelIndex {
    by_label: HashMap<(String, String), Vec<usize>>,
    /// Those with labels that are still to be filled in.
    open: Vec<usize>,
    count: usize,
}

impl LabelIndex {
    /// The index of these labels; the things are known by their position.
    pub fn of<'l>(things: impl Iterator<Item = &'l Labels>) -> Self {
        let mut by_label: HashMap<(String, String), Vec<usize>> = HashMap::new();
        let mut open = Vec::new();
        let mut count = 0;
        for (at, labels) in things.enumerate() {
            count = at + 1;
            if !labels.are_known() {
                open.push(at);
            }
            for (key, value) in labels.iter() {
                by_label.entry((key.to_owned(), value.to_owned())).or_default().push(at);
            }
        }
        Self { by_label, open, count }
    }

    /// Positions among which are all that the selector matches, or may match, in order.
    #[must_use]
    pub fn candidates(&self, selector: &LabelSelector) -> Vec<usize> {
        let with = |key: &str, value: &str| -> &[usize] {
            self.by_label
                .get(&(key.to_owned(), value.to_owned()))
                .map_or(&[], Vec::as_slice)
        };
        let by_labels = selector
            .match_labels
            .iter()
            .map(|(key, value)| with(key, value).to_vec());
        let by_expressions = selector
            .match_expressions
            .iter()
            .filter(|requirement| requirement.operator == Operator::In)
            .map(|requirement| {
                let mut found: Vec<usize> = requirement
                    .values
                    .iter()
                    .flat_map(|value| with(&requirement.key, value))
                    .copied()
                    .collect();
                found.sort_unstable();
                found.dedup();
                found
            });
        let Some(mut found) = by_labels.chain(by_expressions).min_by_key(Vec::len) else {
            return (0..self.count).collect();
        };
        if !self.open.is_empty() {
            found.extend(&self.open);
            found.sort_unstable();
            found.dedup();
        }
        found
    }
}
