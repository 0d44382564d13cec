//! Labels, annotations, selectors and environment values that are no strings as Kubernetes reads them.

use crate::model::object::Object;
use crate::model::workload::PodTemplate;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::decode::{Entry, Node, NodeKind};

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in &context.inventory.objects {
        let mut check = Check {
            policy,
            object,
            findings: &mut findings,
        };
        check.metadata(Some(object.root()));
        check.mapping(object.root().at(&["spec", "selector", "matchLabels"]));
        if object.identity.group().is_empty() {
            match object.identity.kind.as_str() {
                "ConfigMap" => check.mapping(object.root().get("data")),
                "Service" => check.mapping(object.root().at(&["spec", "selector"])),
                _ => {}
            }
        }
    }
    for facts in &context.relations.workloads {
        let pod: PodTemplate<'_> = facts.pod;
        let mut check = Check {
            policy,
            object: pod.object,
            findings: &mut findings,
        };
        // A Pod is its own template, and its metadata was looked at above.
        if pod.template != Some(pod.object.root()) {
            check.metadata(pod.template);
        }
        check.mapping(pod.spec().and_then(|spec| spec.get("nodeSelector")));
        for (_, container) in pod.containers() {
            check.environment(container);
        }
    }
    for facts in &context.relations.sets {
        let mut check = Check {
            policy,
            object: facts.set.object,
            findings: &mut findings,
        };
        for container in facts.set.containers().chain(facts.set.init_containers()) {
            check.environment(container);
        }
    }
    findings
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

    fn mapping(&mut self, mapping: Option<Node<'_>>) {
        for entry in mapping.into_iter().flat_map(Node::entries) {
            self.value(entry);
        }
    }

    fn environment(&mut self, container: Node<'_>) {
        for variable in container.get("env").into_iter().flat_map(Node::items) {
            if let Some(entry) = variable.entry("value") {
                self.value(entry);
            }
        }
    }

    fn value(&mut self, entry: Entry<'_>) {
        let value = entry.value();
        let kind = value.kind();
        // The API server takes null for the empty string here, and a mapping or list is the schema's to find.
        if !matches!(kind, NodeKind::Boolean | NodeKind::Integer | NodeKind::Float) {
            return;
        }
        let written = value.source();
        let finding = Finding::at(
            self.policy,
            self.object,
            value,
            format!(
                "`{}` needs a string, and Kubernetes reads `{written}` as {}",
                entry.key(),
                kind.with_article()
            ),
        )
        .labelled(format!("write \"{written}\""))
        .with_help(&[("key", entry.key()), ("value", written)]);
        self.findings.push(finding);
    }
}
