//! SidecarSets that Kruise refuses beside one another, and those that meet in one pod.
//!
//! Only sets that bring a container, init container or volume of one name can be in conflict, so sets are grouped by these names;
//! within a group they are told apart by the values they ask for under one key, since sets that want different values
//! of one key are disjoint for Kruise and in fact. What remains is compared pair by pair, until a set has its first partner.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::shared::{namespace_names, same_object, selector_node};
use crate::model::equal;
use crate::model::kruise_version::KruiseVersion;
use crate::model::object::{FolderDistance, Object};
use crate::model::overlap::{kruise_namespaces_overlap, kruise_selectors_overlap};
use crate::model::read;
use crate::model::relations::{Relations, SetFacts, WorkloadFacts};
use crate::model::selector::{LabelSelector, Labels, NAMESPACE_NAME_LABEL, Operator};
use crate::model::sidecar_set::{container_name, injected_names};
use crate::model::verdict::Verdict;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::decode::Node;

/// Kruise keeps `Exists` as this value, so it tells nothing apart (`model::overlap`).
const KRUISE_ANY_VALUE: &str = "ALL";

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let relations = context.relations;
    let sets = &relations.sets;
    let mut partners: BTreeMap<usize, Conflict<'_>> = BTreeMap::new();
    for (later, conflict) in met_in_a_pod(relations) {
        partners.entry(later).or_insert(conflict);
    }
    let judge = Judge::of(relations, context.profile.kruise);
    for group in groups(sets) {
        compare(&group, sets, &mut |one, other| {
            let (earlier, later) = if one < other { (one, other) } else { (other, one) };
            if partners.contains_key(&later) {
                return;
            }
            if let Some(conflict) = judge.refused(earlier, later) {
                partners.insert(later, conflict);
            }
        });
    }
    partners
        .into_iter()
        .map(|(later, conflict)| finding(policy, &sets[later], &conflict, relations))
        .collect()
}

/// Why a set cannot stand beside an earlier one.
struct Conflict<'i> {
    /// The earlier set.
    with: usize,
    what: Collision<'i>,
    /// A workload that both select.
    workload: Option<usize>,
}

/// Two things of one name.
#[derive(Clone)]
struct Collision<'i> {
    /// What they are, for a message.
    kind: &'static str,
    here: Node<'i>,
    there: Node<'i>,
}

fn finding(policy: &Policy, set: &SetFacts<'_>, conflict: &Conflict<'_>, relations: &Relations<'_>) -> Finding {
    let other = &relations.sets[conflict.with];
    let kind = conflict.what.kind;
    // The names as they stand in the files: of a container that is upgraded hot `-1` and `-2` are Kruise's.
    let name = container_name(conflict.what.here);
    let their_name = container_name(conflict.what.there);
    let brings = if name == their_name {
        format!("both bring a {kind} `{name}`")
    } else {
        format!("bring the {kind}s `{name}` and `{their_name}`, of which Kruise makes two of one name")
    };
    let message = match conflict.workload {
        Some(at) => format!(
            "`{}` and `{}` both select the pods of `{}` and {brings}",
            set.set.name(),
            other.set.name(),
            relations.workloads[at].pod.object.identity
        ),
        None => format!(
            "Kruise refuses `{}` beside `{}`: it takes their selectors for overlapping, and {brings}",
            set.set.name(),
            other.set.name()
        ),
    };
    Finding::at(policy, set.set.object, selector_node(set), message)
        .with_related_node(conflict.what.here, format!("a {kind} `{name}`"))
        .with_related_node(selector_node(other), "overlaps with this selector")
        .with_related_node(conflict.what.there, format!("and another {kind} `{their_name}`"))
        .with_help(&[("other", other.set.name())])
}

/// Pairs of sets that certainly select one workload and bring containers of one name, the later set first.
fn met_in_a_pod<'i>(relations: &Relations<'i>) -> Vec<(usize, Conflict<'i>)> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (at, workload) in relations.workloads.iter().enumerate() {
        let mut sets: Vec<usize> = workload
            .selected_by
            .iter()
            .filter(|selection| selection.verdict.is_yes())
            .map(|selection| selection.other)
            .collect();
        if sets.len() < 2 {
            continue;
        }
        sets.sort_unstable();
        let mut owners: HashMap<(&'static str, String), (usize, Node<'i>)> = HashMap::new();
        for set in sets {
            for (kind, name, node) in brought(&relations.sets[set]) {
                let (owner, there) = *owners.entry((kind, name.clone())).or_insert((set, node));
                let is_other = relations.sets[owner].set.name() != relations.sets[set].set.name();
                // Two proxies in one pod are the finding of `several-sidecarsets`.
                let is_told = relations.sets[owner].mesh.is_some() && relations.sets[set].mesh.is_some();
                if is_other && !is_told && seen.insert((owner, set)) {
                    let what = Collision {
                        kind,
                        here: node,
                        there,
                    };
                    found.push((
                        set,
                        Conflict {
                            with: owner,
                            what,
                            workload: Some(at),
                        },
                    ));
                }
            }
        }
    }
    found
}

/// The containers of a set by the names they have in a pod.
fn brought<'i>(set: &SetFacts<'i>) -> Vec<(&'static str, String, Node<'i>)> {
    let lists = [
        ("container", set.set.containers().collect::<Vec<_>>()),
        ("init container", set.set.init_containers().collect()),
    ];
    let mut found = Vec::new();
    for (kind, containers) in lists {
        for container in containers {
            found.extend(
                injected_names(container)
                    .into_iter()
                    .map(|name| (kind, name, container)),
            );
        }
    }
    found
}

/// What Kruise compares: the names as they stand in the set.
fn compared<'i>(set: &SetFacts<'i>) -> Vec<(&'static str, &'i str, Node<'i>)> {
    let named = |kind, nodes: Vec<Node<'i>>| {
        nodes
            .into_iter()
            .filter_map(move |node| Some((kind, node.str_at(&["name"])?, node)))
    };
    named("container", set.set.containers().collect())
        .chain(named("init container", set.set.init_containers().collect()))
        .chain(named(VOLUME, set.set.volumes().collect()))
        .collect()
}

const VOLUME: &str = "volume of other content";

/// Groups of sets that bring something of one name.
fn groups(sets: &[SetFacts<'_>]) -> Vec<Vec<usize>> {
    let mut by_name: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, set) in sets.iter().enumerate() {
        let is_usable = set.selector.usable().is_some() && set.scope_gap.is_none();
        if is_usable {
            for (kind, name, _) in compared(set) {
                by_name.entry((kind, name)).or_default().push(at);
            }
        }
    }
    let groups: HashSet<Vec<usize>> = by_name
        .into_values()
        .map(|mut group| {
            group.dedup();
            group
        })
        .filter(|group| group.len() > 1)
        .collect();
    let mut groups: Vec<Vec<usize>> = groups.into_iter().collect();
    groups.sort();
    groups
}

/// Hands on every pair of a group that its keys do not prove disjoint.
fn compare(group: &[usize], sets: &[SetFacts<'_>], consider: &mut dyn FnMut(usize, usize)) {
    let wanted: HashMap<usize, BTreeMap<String, Vec<String>>> =
        group.iter().map(|&at| (at, listed_values(&sets[at]))).collect();
    let mut pending: Vec<(Vec<usize>, HashSet<String>)> = vec![(group.to_vec(), HashSet::new())];
    while let Some((members, used)) = pending.pop() {
        if members.len() < 2 {
            continue;
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for key in members.iter().flat_map(|at| wanted[at].keys()) {
            if !used.contains(key) {
                *counts.entry(key).or_default() += 1;
            }
        }
        let best = counts.into_iter().max_by_key(|(_, count)| *count);
        let Some((key, _)) = best.filter(|(_, count)| *count > 1) else {
            for (at, &one) in members.iter().enumerate() {
                for &other in &members[at + 1..] {
                    consider(one, other);
                }
            }
            continue;
        };
        let mut buckets: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let (with, without): (Vec<usize>, Vec<usize>) = members.iter().partition(|at| wanted[at].contains_key(key));
        for &at in &with {
            for value in &wanted[&at][key] {
                buckets.entry(value).or_default().push(at);
            }
        }
        for &one in &without {
            for &other in &with {
                consider(one, other);
            }
        }
        let mut used_here = used.clone();
        used_here.insert(key.to_owned());
        pending.extend(buckets.into_values().map(|mut bucket| {
            bucket.dedup();
            (bucket, used_here.clone())
        }));
        pending.push((without, used_here));
    }
}

/// The values a set asks for by key, for keys where it names them all; the namespace is one of the keys.
fn listed_values(set: &SetFacts<'_>) -> BTreeMap<String, Vec<String>> {
    let mut wanted = set.selector.usable().map(listed_by_selector).unwrap_or_default();
    if let Some(names) = namespace_names(set) {
        wanted.insert(format!("namespace {NAMESPACE_NAME_LABEL}"), names);
    }
    wanted.retain(|_, values| !values.is_empty() && !values.iter().any(|value| value == KRUISE_ANY_VALUE));
    wanted
}

fn listed_by_selector(selector: &LabelSelector) -> BTreeMap<String, Vec<String>> {
    let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in &selector.match_labels {
        wanted.entry(key.clone()).or_default().push(value.clone());
    }
    for requirement in &selector.match_expressions {
        if requirement.operator == Operator::In {
            wanted
                .entry(requirement.key.clone())
                .or_default()
                .extend(requirement.values.iter().cloned());
        }
    }
    for requirement in &selector.match_expressions {
        if requirement.operator == Operator::Exists {
            wanted.remove(&requirement.key);
        }
    }
    wanted
}

/// Kruise's judgement of pairs.
struct Judge<'r, 'i> {
    relations: &'r Relations<'i>,
    kruise: KruiseVersion,
    /// For each set that names a namespace, the labels of its Namespace object.
    namespace_labels: Vec<Option<Labels>>,
    /// The positions of each name, where sets have copies.
    copies: HashMap<&'i str, Vec<usize>>,
    /// The workloads that each mesh set certainly selects.
    mesh_pods: HashMap<usize, HashSet<usize>>,
}

impl<'r, 'i> Judge<'r, 'i> {
    fn of(relations: &'r Relations<'i>, kruise: KruiseVersion) -> Self {
        let mut copies: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, set) in relations.sets.iter().enumerate() {
            copies.entry(set.set.name()).or_default().push(at);
        }
        let namespace_labels = relations
            .sets
            .iter()
            .map(|set| {
                let name = set.scope.namespace.as_deref()?;
                let object = relations.namespace(name, set.set.object.folder())?;
                Some(read::labels(object.root().at(&["metadata", "labels"])))
            })
            .collect();
        let mesh_pods = relations
            .sets
            .iter()
            .enumerate()
            .filter(|(_, set)| set.mesh.is_some())
            .map(|(at, set)| {
                let certain = set.selects.iter().filter(|selection| selection.verdict.is_yes());
                (at, certain.map(|selection| selection.other).collect())
            })
            .collect();
        Self {
            relations,
            kruise,
            namespace_labels,
            copies,
            mesh_pods,
        }
    }

    /// The conflict for which Kruise refuses one of two sets while the other is there.
    fn refused(&self, earlier: usize, later: usize) -> Option<Conflict<'i>> {
        let (one, other) = (&self.relations.sets[earlier], &self.relations.sets[later]);
        if one.set.name() == other.set.name() || !self.of_one_cluster(earlier, later) {
            return None;
        }
        let (left, right) = (one.selector.usable()?, other.selector.usable()?);
        let is_refused = kruise_selectors_overlap(left, right) && self.namespaces_overlap(earlier, later);
        if !is_refused {
            return None;
        }
        if self.inject_one_pod(earlier, later) {
            return None;
        }
        let theirs = compared(one);
        let what = compared(other).into_iter().find_map(|(kind, name, here)| {
            let &(_, _, there) = theirs.iter().find(|(their_kind, their_name, there)| {
                *their_kind == kind && *their_name == name && (kind != VOLUME || !equal::volumes_equal(here, *there))
            })?;
            Some(Collision { kind, here, there })
        })?;
        Some(Conflict {
            with: earlier,
            what,
            workload: None,
        })
    }

    /// Whether both inject a proxy into one workload: `several-sidecarsets` says that.
    fn inject_one_pod(&self, one: usize, other: usize) -> bool {
        match (self.mesh_pods.get(&one), self.mesh_pods.get(&other)) {
            (Some(left), Some(right)) => !left.is_disjoint(right),
            _ => false,
        }
    }

    /// Kruise asks for the set that is written; either of them will be, so one order is enough.
    fn namespaces_overlap(&self, one: usize, other: usize) -> bool {
        let scope = |at: usize| &self.relations.sets[at].scope;
        let labels_of = |name: &str| {
            [one, other]
                .into_iter()
                .filter(|&at| scope(at).namespace.as_deref() == Some(name))
                .find_map(|at| self.namespace_labels[at].as_ref())
        };
        let overlap = |left: usize, right: usize| -> Verdict {
            kruise_namespaces_overlap(scope(left), scope(right), self.kruise, &labels_of)
        };
        overlap(one, other).is_yes() || overlap(other, one).is_yes()
    }

    /// Whether two sets can be in one cluster: each is the nearest copy for the other, and where both select a workload, they select
    /// the same copy of it.
    fn of_one_cluster(&self, one: usize, other: usize) -> bool {
        let sets = &self.relations.sets;
        let folder = |at: usize| sets[at].set.object.folder();
        let is_nearest = |at: usize, to: usize| {
            let rank = |copy: usize| FolderDistance::between(folder(to), folder(copy)).rank();
            let own = rank(at);
            self.copies
                .get(sets[at].set.name())
                .into_iter()
                .flatten()
                .all(|&copy| rank(copy) >= own)
        };
        if are_copies(sets[one].set.object, sets[other].set.object) {
            return false;
        }
        if !is_nearest(one, other) || !is_nearest(other, one) {
            return false;
        }
        let selected = |at: usize| -> Vec<&WorkloadFacts<'i>> {
            self.relations.certain_workloads(&sets[at]).take(SAMPLE).collect()
        };
        let (left, right) = (selected(one), selected(other));
        let shares = left
            .iter()
            .any(|workload| right.iter().any(|other| std::ptr::eq(*workload, *other)));
        let has_twins = left.iter().any(|workload| {
            right.iter().any(|other| {
                let (left, right) = (workload.pod.object, other.pod.object);
                !std::ptr::eq(*workload, *other)
                    && (same_object(&left.identity, &right.identity) || are_copies(left, right))
            })
        });
        shares || !has_twins
    }
}

/// Whether two kustomizations make them from one document: they are meant for two clusters then.
fn are_copies(one: &Object, other: &Object) -> bool {
    let written = one.written_at();
    written.is_some() && written == other.written_at() && one.folder() != other.folder()
}

/// Workloads that are looked at to tell clusters apart.
const SAMPLE: usize = 20;
