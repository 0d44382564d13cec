//! Values that must be strings, and are booleans or numbers as Kubernetes reads them: labels, annotations, environment values.

use crate::model::object::Object;
use crate::model::workload::{PodTemplate, workload_kind};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::{Finding, shortened};
use crate::policy::mend::Mend;
use crate::policy::schema::FaultKind;
use crate::source::decode::{Entry, Node, NodeKind, Style};

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (object, faults) in context.schema_faults.known(context.inventory) {
        for fault in faults
            .iter()
            .filter(|fault| matches!(fault.kind, FaultKind::UnquotedString))
        {
            findings.push(unquoted(policy, object, fault.node));
        }
    }
    // Of other kinds only what every kind has is known.
    for object in context.schema_faults.unknown(context.inventory) {
        let mut check = Check {
            policy,
            object,
            findings: &mut findings,
        };
        check.metadata(Some(object.root()));
        check.mapping(object.root().at(&["spec", "selector", "matchLabels"]));
        if object.identity.group().is_empty() && object.identity.kind == "Service" {
            check.mapping(object.root().at(&["spec", "selector"]));
        }
        if let Some(kind) = workload_kind(object.identity.group(), &object.identity.kind) {
            check.pod(PodTemplate::of(object, kind));
        }
    }
    findings
}

fn unquoted(policy: &Policy, object: &Object, value: Node<'_>) -> Finding {
    told(policy, object, value).mended_by(Mend::quote(value))
}

fn told(policy: &Policy, object: &Object, value: Node<'_>) -> Finding {
    let kind = value.kind().with_article();
    // Whatever stands in a Secret is not shown, not even where it is an annotation.
    if object.identity.kind == "Secret" {
        return Finding::at(
            policy,
            object,
            value,
            format!("a string is due here, and Kubernetes reads {kind}"),
        )
        .with_help(&[("value", "…")]);
    }
    if value.is_rendered() {
        let rendered = value.written();
        let message = format!(
            "a string is due here, and the chart renders {kind}: `{}`",
            shortened(&rendered)
        );
        return Finding::at(policy, object, value, message).with_mend(policy, "rendered");
    }
    let written = &*shortened(value.source());
    if value.style() == Style::Substituted {
        return Finding::at(
            policy,
            object,
            value,
            format!("a string is due here, and Flux makes {kind} of `{written}`: it puts the value of the variable in after the quotes are gone"),
        )
        .with_mend(policy, "substituted")
        .with_help(&[("value", written.trim_matches(['"', '\'']))]);
    }
    Finding::at(
        policy,
        object,
        value,
        format!("a string is due here, and Kubernetes reads `{written}` as {kind}"),
    )
    .labelled(format!("write \"{written}\""))
    .with_help(&[("value", written)])
}

struct Check<'f> {
    policy: &'f Policy,
    object: &'f Object,
    findings: &'f mut Vec<Finding>,
}

impl Check<'_> {
    fn metadata(&mut self, node: Option<Node<'_>>) {
        let metadata = node.and_then(|node| node.get("metadata"));
        for field in ["labels", "annotations"] {
            self.mapping(metadata.and_then(|metadata| metadata.get(field)));
        }
    }

    fn pod(&mut self, pod: PodTemplate<'_>) {
        self.metadata(pod.template);
        self.mapping(pod.spec().and_then(|spec| spec.get("nodeSelector")));
        for (_, container) in pod.containers() {
            for variable in container.get("env").into_iter().flat_map(Node::items) {
                self.value(variable.entry("value"));
            }
        }
    }

    fn mapping(&mut self, mapping: Option<Node<'_>>) {
        for entry in mapping.into_iter().flat_map(Node::entries) {
            self.value(Some(entry));
        }
    }

    fn value(&mut self, entry: Option<Entry<'_>>) {
        // The API server takes null for the empty string here, and a mapping or a list is another sort of fault.
        let scalar = entry
            .map(Entry::value)
            .filter(|value| matches!(value.kind(), NodeKind::Boolean | NodeKind::Integer | NodeKind::Float));
        if let Some(value) = scalar {
            self.findings.push(unquoted(self.policy, self.object, value));
        }
    }
}
