//! Pod templates that try to keep the mesh's own injection away and do not, or not for long.

use std::collections::{HashMap, HashSet};

use super::shared::{ScopeIndex, has_placeholder, template_path};
use crate::model::injection::{self, Carrier, INJECT_KEY, InjectionReason, InjectionVerdict, OptOutForm};
use crate::model::object::Namespace;
use crate::model::relations::{Relations, WorkloadFacts};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::policy::mend::{Mend, Operation, Safety};
use crate::source::decode::{Entry, Node, NodeKind};

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let governed = Governed::of(context.relations);
    let lookalikes = policy.strings("lookalikes");
    context
        .relations
        .workloads
        .iter()
        .enumerate()
        .filter(|(at, workload)| governed.contains(*at) && !workload.pod.host_network())
        .filter_map(|(_, workload)| judge(policy, context, workload, &lookalikes))
        .map(|finding| {
            let opt_out = &context.profile.opt_out;
            finding.with_help(&[("annotation", &opt_out.annotation), ("value", &opt_out.value)])
        })
        .collect()
}

/// The workloads that a mesh SidecarSet selects, or whose namespace one reaches.
struct Governed {
    workloads: HashSet<usize>,
}

impl Governed {
    fn of(relations: &Relations<'_>) -> Self {
        let mesh_sets = || relations.sets.iter().filter(|set| set.mesh.is_some());
        let mut workloads: HashSet<usize> = mesh_sets()
            .flat_map(|set| &set.selects)
            .filter(|selection| selection.verdict.is_yes())
            .map(|selection| selection.other)
            .collect();
        // One answer for all workloads of a namespace; copies of a Namespace may differ, so the folder counts too.
        let mut answers: HashMap<(&Namespace, Option<*const _>), bool> = HashMap::new();
        let scopes = ScopeIndex::of(mesh_sets());
        for (at, workload) in relations.workloads.iter().enumerate() {
            let namespace = &workload.pod.object.identity.namespace;
            let key = (namespace, workload.namespace.map(std::ptr::from_ref));
            let reached = *answers.entry(key).or_insert_with(|| {
                scopes
                    .candidates(namespace.name())
                    .any(|set| relations.reach(set, workload).is_yes())
            });
            if reached {
                workloads.insert(at);
            }
        }
        Self { workloads }
    }

    fn contains(&self, workload: usize) -> bool {
        self.workloads.contains(&workload)
    }
}

/// Whether the pod template tries to opt out and fails, which is why the mesh injects the pod.
///
/// `double-injection` is silent then: what must change is said here.
pub(super) fn explains_injection(policy: &Policy, context: Context<'_>, workload: &WorkloadFacts<'_>) -> bool {
    judge(policy, context, workload, &policy.strings("lookalikes")).is_some()
}

fn judge(policy: &Policy, context: Context<'_>, workload: &WorkloadFacts<'_>, lookalikes: &[&str]) -> Option<Finding> {
    let object = workload.pod.object;
    let maps = [workload.pod.annotations(), workload.pod.labels()];
    if let Some(found) = maps.into_iter().flatten().find_map(unquoted) {
        let (mapping, entry) = found;
        let message = format!(
            "`{INJECT_KEY}` is {} and not a string, so the API server refuses the object",
            entry.value().kind().with_article()
        );
        let opt_out = &context.profile.opt_out;
        // `no` quoted would be a spelling that not every version knows.
        let mend = if entry.value().as_bool() == Some(false) && opt_out.annotation == INJECT_KEY {
            let operation = Operation::set_text(entry.value(), opt_out.value.as_str());
            Mend::new(Safety::Safe, format!("write \"{}\"", opt_out.value), operation)
        } else {
            Mend::quote(entry.value())
        };
        let finding = Finding::at_entry(policy, object, mapping, entry, message).labelled("quote it");
        return Some(finding.mended_by(mend));
    }
    let attempt = injection::opt_out_form(&workload.labels, &workload.annotations, &context.profile.injection);
    if attempt.is_robust() {
        return None;
    }
    if attempt.form == OptOutForm::NotAttempted {
        return misplaced(policy, workload, lookalikes);
    }
    let carrier = match &attempt.form {
        OptOutForm::LabelOnly { .. } => Carrier::Label,
        OptOutForm::FragileSpelling { carrier, .. } => *carrier,
        // The annotation is what every version reads; where it is right, the label is what disturbs.
        OptOutForm::Contradicted { annotation, .. } if *annotation == context.profile.opt_out.value => Carrier::Label,
        _ => Carrier::Annotation,
    };
    let mapping = match carrier {
        Carrier::Annotation => workload.pod.annotations(),
        Carrier::Label => workload.pod.labels(),
    }?;
    let entry = mapping.entry(INJECT_KEY)?;
    if entry.value().as_str().is_some_and(has_placeholder) {
        return None;
    }
    let mut finding = Finding::at_entry(policy, object, mapping, entry, attempt.to_string());
    if attempt.effective || is_harmless(workload) {
        finding = finding.with_severity(policy.weaker());
    }
    let other = match carrier {
        Carrier::Annotation => workload.pod.labels(),
        Carrier::Label => workload.pod.annotations(),
    };
    if matches!(attempt.form, OptOutForm::FragileSpelling { .. }) && carrier == Carrier::Annotation {
        let value = context.profile.opt_out.value.as_str();
        finding = finding.mended_by(Mend::new(
            Safety::Unsafe,
            format!("write \"{value}\""),
            Operation::set_text(entry.value(), value),
        ));
    }
    if matches!(attempt.form, OptOutForm::Contradicted { .. })
        && let Some(node) = other.and_then(|mapping| mapping.get(INJECT_KEY))
    {
        finding = finding.with_related_node(node, "says otherwise");
    }
    Some(finding)
}

/// Whether the mesh does not inject the pod for a reason that is not the pod's.
fn is_harmless(workload: &WorkloadFacts<'_>) -> bool {
    workload.injection.verdict == InjectionVerdict::NotInjected
        && !matches!(workload.injection.reason, InjectionReason::PodChoice { .. })
}

/// An entry whose value is a boolean (`false`, `no`, `off`) or a number where a string is due.
fn unquoted(mapping: Node<'_>) -> Option<(Node<'_>, Entry<'_>)> {
    let entry = mapping.entry(INJECT_KEY)?;
    matches!(
        entry.value().kind(),
        NodeKind::Boolean | NodeKind::Integer | NodeKind::Float
    )
    .then_some((mapping, entry))
}

/// A choice that is written where nobody reads it: on the object itself, or under a key that means nothing on a pod.
fn misplaced(policy: &Policy, workload: &WorkloadFacts<'_>, lookalikes: &[&str]) -> Option<Finding> {
    let object = workload.pod.object;
    let severity = if is_harmless(workload) {
        policy.weaker()
    } else {
        policy.severity
    };
    let template = template_path(workload);
    for (mapping, name) in [
        (workload.pod.annotations(), "annotation"),
        (workload.pod.labels(), "label"),
    ] {
        let Some(mapping) = mapping else { continue };
        let found = lookalikes.iter().find_map(|key| {
            mapping
                .entry(key)
                .filter(|entry| entry.value().as_str().is_some_and(says_no))
        });
        if let Some(entry) = found {
            let message = format!(
                "the {name} `{}` means nothing on a pod, so the pod does not opt out of injection",
                entry.key()
            );
            return Some(Finding::at_key(policy, object, mapping, entry, message).with_severity(severity));
        }
    }
    // Where the template itself chooses, what stands on the object is no attempt.
    if template.is_empty() || workload.annotations.contains_key(INJECT_KEY) || workload.labels.contains_key(INJECT_KEY)
    {
        return None;
    }
    for list in ["annotations", "labels"] {
        let Some(mapping) = object.root().at(&["metadata", list]) else {
            continue;
        };
        let Some(entry) = mapping.entry(INJECT_KEY) else {
            continue;
        };
        let value = entry.value();
        let opts_out = value.as_bool() == Some(false) || value.as_str().is_some_and(says_no);
        if opts_out {
            let message = format!(
                "`{INJECT_KEY}` stands on the {} itself, where nothing reads it, and not in its pod template",
                object.identity.kind
            );
            return Some(
                Finding::at_key(policy, object, mapping, entry, message)
                    .labelled(format!("belongs under {template}metadata.annotations"))
                    .with_severity(severity),
            );
        }
    }
    None
}

fn says_no(value: &str) -> bool {
    matches!(
        value.to_ascii_lowercase().as_str(),
        "false" | "no" | "off" | "n" | "0" | "disabled" | "disable"
    )
}
