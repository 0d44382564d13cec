//! What a rollout of a mesh proxy, or of a hot-upgraded container, will do: nothing, or everything at once.

use crate::model::int_or_percent::{self, IntOrPercent};
use crate::model::relations::SetFacts;
use crate::model::rollout::{Autoscaled, NOT_UPDATE, Reach, Reached, UpdateStrategy};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::decode::Node;

/// Most workloads that are pointed at in one finding.
const SHOWN: usize = 5;

/// Sets whose upgrade is what this program is about; others may stand still as they please.
fn sets(context: Context<'_>) -> impl Iterator<Item = &SetFacts<'_>> {
    context
        .relations
        .sets
        .iter()
        .filter(|facts| facts.mesh.is_some() || facts.set.hot_containers().next().is_some())
}

/// A rollout that upgrades nothing.
pub(super) fn idle_rollout(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let autoscaled = Autoscaled::of(context.inventory);
    let mut findings = Vec::new();
    for facts in sets(context) {
        let set = facts.set.name();
        let at = |node: Node<'_>, message: String, label: &str| {
            Finding::at(policy, facts.set.object, node, message).labelled(label)
        };
        let injection = facts
            .set
            .spec()
            .and_then(|spec| spec.at(&["injectionStrategy", "paused"]));
        if let Some(node) = injection.filter(|node| node.as_bool() == Some(true)) {
            let message = format!("no new pod gets the containers of SidecarSet `{set}` while its injection is paused");
            findings.push(at(node, message, "injects nothing").with_mend(policy, "injection"));
        }
        let strategy = UpdateStrategy::of(facts.set);
        if strategy.kind() == NOT_UPDATE {
            if let Some(node) = strategy.field("type") {
                let message =
                    format!("SidecarSet `{set}` never upgrades a running pod: its update type is `{NOT_UPDATE}`");
                findings.push(at(node, message, "upgrades nothing"));
            }
            continue;
        }
        if let Some(node) = strategy.field("paused").filter(|_| strategy.is_paused()) {
            findings.push(at(
                node,
                format!("the rollout of SidecarSet `{set}` is paused"),
                "upgrades nothing",
            ));
        }
        let pods = Reach::of(facts, context.relations, &autoscaled)
            .pods
            .filter(|pods| *pods > 0);
        if let Some((node, reason)) = whole_partition(strategy, pods, context) {
            findings.push(at(
                node,
                format!("SidecarSet `{set}` upgrades nothing: {reason}"),
                "keeps every pod as it is",
            ));
        }
        if let Some((node, reason)) = no_unavailable(strategy, pods, context) {
            let message = format!("SidecarSet `{set}` upgrades only pods that are not ready anyway: {reason}");
            findings.push(at(node, message, "lets no ready pod be upgraded"));
        }
    }
    findings
}

/// A partition that holds all pods.
fn whole_partition<'o>(
    strategy: UpdateStrategy<'o>,
    pods: Option<u32>,
    context: Context<'_>,
) -> Option<(Node<'o>, String)> {
    let (node, partition) = strategy.amount("partition")?;
    if matches!(partition.validate().ok()?, IntOrPercent::Percent { percent: 100.., .. }) {
        return Some((node, format!("the partition of {partition} keeps all pods old")));
    }
    let pods = pods?;
    let kept = int_or_percent::partition(Some(&partition), pods, context.profile.kruise).ok()?;
    (kept >= u64::from(pods)).then(|| {
        (
            node,
            format!("the partition of {partition} keeps all {} old", of_pods(pods)),
        )
    })
}

/// A limit of unavailable pods that comes to none.
fn no_unavailable<'o>(
    strategy: UpdateStrategy<'o>,
    pods: Option<u32>,
    context: Context<'_>,
) -> Option<(Node<'o>, String)> {
    let (node, limit) = strategy.amount("maxUnavailable")?;
    match limit.validate().ok()? {
        IntOrPercent::Int(0) | IntOrPercent::Percent { percent: 0, .. } => {
            return Some((node, format!("`maxUnavailable` is {limit}")));
        }
        IntOrPercent::Int(_) => return None,
        IntOrPercent::Percent { .. } => {}
    }
    let pods = pods?;
    let scaled = int_or_percent::max_unavailable(Some(&limit), pods, context.profile.kruise).ok()?;
    let version = context.profile.kruise;
    (scaled == 0).then(|| {
        (
            node,
            format!("Kruise {version} rounds {limit} of {} down to 0", of_pods(pods)),
        )
    })
}

/// A rollout that may take every pod of a workload at once.
pub(super) fn outage_rollout(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let autoscaled = Autoscaled::of(context.inventory);
    sets(context)
        .filter_map(|facts| {
            let strategy = UpdateStrategy::of(facts.set);
            let stands_still = !strategy.is_known()
                || strategy.kind() == NOT_UPDATE
                || strategy.is_paused()
                || strategy.is_unreadable("maxUnavailable")
                || strategy.is_unreadable("partition");
            if stands_still {
                return None;
            }
            let reach = Reach::of(facts, context.relations, &autoscaled);
            judge(policy, context, facts, strategy, &reach)
        })
        .collect()
}

fn judge(
    policy: &Policy,
    context: Context<'_>,
    facts: &SetFacts<'_>,
    strategy: UpdateStrategy<'_>,
    reach: &Reach<'_>,
) -> Option<Finding> {
    let set = facts.set.name();
    let version = context.profile.kruise;
    let limit = strategy.amount("maxUnavailable").map(|(_, amount)| amount);
    let partition = strategy.amount("partition").map(|(_, amount)| amount);
    // Where the number is not known a hundred pods stand for them: enough to tell a limit of 0, and a partition of 100%.
    let pods = reach.pods.filter(|pods| *pods > 0);
    let kept = int_or_percent::partition(partition.as_ref(), pods.unwrap_or(100), version).ok()?;
    let at_once = int_or_percent::max_unavailable(limit.as_ref(), pods.unwrap_or(100), version).ok()?;
    if at_once == 0 || kept >= u64::from(pods.unwrap_or(100)) {
        return None;
    }
    let is_whole = |limit: IntOrPercent| matches!(limit, IntOrPercent::Percent { percent: 100.., .. });
    let is_whole = limit
        .as_ref()
        .and_then(|limit| limit.validate().ok())
        .is_some_and(is_whole);
    let covers_all = kept == 0 && (is_whole || pods.is_some_and(|pods| at_once >= u64::from(pods)));
    let single: Vec<&Reached<'_>> = reach
        .workloads
        .iter()
        .filter(|reached| reached.replicas == Some(1))
        .collect();
    let (message, shown) = if covers_all && pods != Some(1) {
        let number = pods.map_or_else(|| "all its pods".to_owned(), |pods| format!("all {}", of_pods(pods)));
        let message =
            format!("SidecarSet `{set}` may upgrade {number} at once, and a bad image takes them all out of service");
        (
            message,
            reach
                .workloads
                .iter()
                .filter(|reached| reached.replicas.is_some())
                .collect(),
        )
    } else if let Some(first) = single.first() {
        let identity = &first.workload.pod.object.identity;
        let more = match single.len() - 1 {
            0 => String::new(),
            more => format!(" and of {more} more"),
        };
        let message = format!(
            "a bad image takes the only pod of `{identity}`{more} out of service when SidecarSet `{set}` upgrades it"
        );
        (message, single)
    } else {
        return None;
    };
    let object = facts.set.object;
    let mut finding = match (strategy.field("maxUnavailable"), strategy.node()) {
        (Some(node), _) => Finding::at(policy, object, node, message),
        (None, Some(_)) => Finding::missing(
            policy,
            object,
            object.root(),
            &["spec", "updateStrategy", "maxUnavailable"],
            message,
        ),
        (None, None) => Finding::at(policy, object, object.root().at(&["metadata", "name"])?, message),
    }
    .labelled(match &limit {
        Some(limit) => format!("{limit} at a time"),
        None => "1 pod at a time, the default".to_owned(),
    });
    for reached in shown.into_iter().take(SHOWN) {
        if let Some(place) = reached.place {
            let words = match reached.replicas {
                Some(1) => "1 pod".to_owned(),
                Some(replicas) => of_pods(replicas),
                None => String::new(),
            };
            finding = finding.with_related_node(place, words);
        }
    }
    Some(finding)
}

fn of_pods(number: u32) -> String {
    if number == 1 {
        "1 pod".to_owned()
    } else {
        format!("{number} pods")
    }
}
