//! Fields and types of the kinds that are judged, by their JSON Schemas.

use std::collections::HashSet;
use std::sync::Arc;

use super::{invalid_selector, post_start};
use crate::model::object::Object;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::{Finding, shortened};
use crate::policy::mend::{Mend, Operation, Safety};
use crate::policy::schema::{FaultKind, SchemaFault};
use crate::source::decode::Entry;
use crate::source::text::{SourceFile, Span};

/// Fields that the kind does not have.
pub(super) fn unknown_field(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    // `spec.strategy` and `spec.paused` of a SidecarSet have a policy of their own, which says what will really run.
    let elsewhere = policy.strings("elsewhere");
    // So has the hook that a hot upgrade waits for: without it the old proxy goes at once.
    let hooks: HashSet<(*const SourceFile, Span)> = context
        .relations
        .sets
        .iter()
        .flat_map(|facts| facts.set.hot_containers())
        .filter_map(post_start::lost_field)
        .map(|(_, entry)| (Arc::as_ptr(entry.key_file()), entry.key_span()))
        .collect();
    findings(context, |object, fault| {
        let FaultKind::UnknownField { entry, suggestion, .. } = &fault.kind else {
            return None;
        };
        let is_told = hooks.contains(&(Arc::as_ptr(entry.key_file()), entry.key_span()))
            || suggestion.is_none() && invalid_selector::speaks_of(object, fault.node);
        if is_told {
            return None;
        }
        let finding = unknown(policy, object, fault, *entry, suggestion.as_deref());
        let place = format!("{} {}", object.identity.kind, finding.path);
        if place == "SidecarSet spec.namespace" {
            return Some(namespace_of_v1beta1(policy, *entry, finding));
        }
        (!elsewhere.contains(&place.as_str())).then_some(finding)
    })
}

/// What deletes or replaces parts of an object of a kind whose schema kustomize has.
const DIRECTIVE: &str = "$patch";
const OF_DIRECTIVE: &str = "kustomize has no schema of this kind, so the list of a patch takes the place of the whole list, with its directives: \
                            write all items that are to be there, or a JSON 6902 patch.";

fn unknown(
    policy: &Policy,
    object: &Object,
    fault: &SchemaFault<'_>,
    entry: Entry<'_>,
    suggestion: Option<&str>,
) -> Finding {
    let kind = &object.identity.kind;
    let finding = Finding::at_key(
        policy,
        object,
        fault.node,
        entry,
        format!("a {kind} has no field `{}` here", entry.key()),
    );
    match suggestion {
        Some(suggestion) => finding
            .labelled(format!("did you mean `{suggestion}`?"))
            .with_help(&[("mend", &format!("Write `{suggestion}`."))])
            .mended_by(mend(fault, entry, suggestion)),
        None if entry.key() == DIRECTIVE && object.rendered().is_some() => finding.with_help(&[("mend", OF_DIRECTIVE)]),
        None => finding.with_help(&[("mend", "Remove it, or move it to where it belongs.")]),
    }
}

/// The field that was meant, if it is the only one that looks like it. Where only the case differs nothing else can have been meant; what
/// was misspelt otherwise has had no effect so far, and would have one.
fn mend(fault: &SchemaFault<'_>, entry: Entry<'_>, suggestion: &str) -> Option<Mend> {
    let FaultKind::UnknownField { is_only_one: true, .. } = fault.kind else {
        return None;
    };
    if fault.node.entry(suggestion).is_some() {
        return None;
    }
    let safety = if entry.key().eq_ignore_ascii_case(suggestion) {
        Safety::Safe
    } else {
        Safety::Unsafe
    };
    let description = format!("rename the field to `{suggestion}`");
    Some(Mend::new(safety, description, Operation::rename(entry, suggestion)))
}

/// `spec.namespace` of v1alpha1, which v1beta1 does not have (`kruise v1.9.0 apis/apps/v1beta1/sidecarset_types.go`).
fn namespace_of_v1beta1(policy: &Policy, entry: Entry<'_>, mut finding: Finding) -> Finding {
    "v1beta1 of SidecarSet has no field `namespace`, so it limits nothing".clone_into(&mut finding.message);
    finding
        .labelled("v1beta1 has only `namespaceSelector`")
        .with_mend(policy, "namespace")
        .with_help(&[("namespace", entry.value().as_str().unwrap_or("<namespace>"))])
}

/// Values of another type than the field's.
pub(super) fn wrong_type(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    findings(context, |object, fault| {
        if invalid_selector::speaks_of(object, fault.node) {
            return None;
        }
        let (message, expected) = match &fault.kind {
            FaultKind::UnknownField { .. } | FaultKind::UnquotedString => return None,
            FaultKind::WrongType { expected } => (
                format!("{expected} is due here, this is {}", fault.node.kind().with_article()),
                expected,
            ),
            FaultKind::InvalidValue { expected } => (
                format!("`{}` is not {expected}", shortened(&fault.node.written())),
                expected,
            ),
        };
        Some(Finding::at(policy, object, fault.node, message).with_help(&[("expected", expected)]))
    })
}

fn findings(context: Context<'_>, judge: impl Fn(&Object, &SchemaFault<'_>) -> Option<Finding>) -> Vec<Finding> {
    context
        .schema_faults
        .known(context.inventory)
        .flat_map(|(object, faults)| {
            faults
                .iter()
                .filter_map(|fault| judge(object, fault))
                .collect::<Vec<_>>()
        })
        .collect()
}
