//! A pod that a mesh SidecarSet selects and that the mesh's own webhook injects too.

use super::opt_out;
use super::shared::{selector_node, template_path};
use crate::model::injection::{
    Carrier, INJECT_KEY, InjectionReason, InjectionVerdict, NAMESPACE_INJECTION_LABEL, REVISION_LABEL,
};
use crate::model::relations::{SetFacts, WorkloadFacts};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::policy::mend::{Addition, Mend, Operation, Safety};

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let relations = context.relations;
    relations
        .workloads
        .iter()
        .filter(|workload| workload.injection.verdict == InjectionVerdict::Injected)
        // One fault, one finding: what must change is the attempt to opt out, of which `ineffective-opt-out` speaks.
        .filter(|workload| !opt_out::explains_injection(policy, context, workload))
        .filter_map(|workload| {
            let set = relations
                .certain_sets(workload)
                .find(|set| set.mesh.is_some() && set.set.injects())?;
            Some(finding(policy, context, workload, set))
        })
        .collect()
}

fn finding(policy: &Policy, context: Context<'_>, workload: &WorkloadFacts<'_>, set: &SetFacts<'_>) -> Finding {
    let object = workload.pod.object;
    let reason = &workload.injection.reason;
    let message = format!(
        "the mesh injects a proxy, because {reason}, and the SidecarSet `{}` injects another",
        set.set.name()
    );
    let opt_out = &context.profile.opt_out;
    let template = workload.pod.template.unwrap_or(object.root());
    let annotation = ["metadata", "annotations", &opt_out.annotation];
    let label = ["metadata", "labels", INJECT_KEY];
    let decided_by_label = matches!(
        reason,
        InjectionReason::PodChoice {
            carrier: Carrier::Label,
            ..
        }
    );
    // A label that asks for the proxy, or an annotation that is there but does not opt out, is what must change.
    let written = [
        template.at(&label).filter(|_| decided_by_label),
        template.at(&annotation),
    ];
    let mut finding = match written.into_iter().flatten().next() {
        Some(node) => Finding::at(policy, object, node, message).labelled("does not keep the mesh's injection away"),
        None => Finding::missing(policy, object, template, &annotation, message)
            .labelled(format!(
                "the annotation {}: \"{}\" is missing",
                opt_out.annotation, opt_out.value
            ))
            .mended_by(mend(context, workload)),
    };
    let namespace_label = match reason {
        InjectionReason::NamespaceLabel(_) => Some(NAMESPACE_INJECTION_LABEL),
        InjectionReason::NamespaceRevision(_) => Some(REVISION_LABEL),
        _ => None,
    };
    if let (Some(namespace), Some(key)) = (workload.namespace, namespace_label)
        && let Some(value) = namespace.root().at(&["metadata", "labels", key])
    {
        finding = finding.with_related_node(value, "this switches the mesh's own injection on");
    }
    finding
        .with_namespace_said(object)
        .with_related_node(selector_node(set), "this selects the pods")
        .with_help(&[
            ("template", template_path(workload)),
            ("annotation", &opt_out.annotation),
            ("value", &opt_out.value),
        ])
}

/// The annotation of the profile, where the template has none. The pods come anew, without the mesh's own proxy.
fn mend(context: Context<'_>, workload: &WorkloadFacts<'_>) -> Option<Mend> {
    let template = workload.pod.template?;
    let opt_out = &context.profile.opt_out;
    let addition = Addition::Entry(opt_out.annotation.clone(), opt_out.value.clone().into());
    Some(Mend::new(
        Safety::Unsafe,
        format!("add the annotation {}: \"{}\"", opt_out.annotation, opt_out.value),
        Operation::insert(workload.pod.object, template, &["metadata", "annotations"], addition),
    ))
}
