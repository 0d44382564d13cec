//! Namespaces that ask for injection in two ways at once.

use crate::model::injection::{NAMESPACE_INJECTION_LABEL, REVISION_LABEL};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    // Where no SidecarSet brings a proxy, this is for Istio's own tools to say.
    if !context.relations.sets.iter().any(|set| set.mesh.is_some()) {
        return Vec::new();
    }
    context
        .inventory
        .core("Namespace")
        .filter_map(|namespace| {
            let labels = namespace.root().at(&["metadata", "labels"])?;
            let injection = labels.get(NAMESPACE_INJECTION_LABEL)?;
            let revision = labels.entry(REVISION_LABEL).filter(|entry| !entry.value().is_null())?;
            // Off is off, with a revision too.
            if injection.as_str() == Some("disabled") {
                return None;
            }
            let message = format!(
                "the namespace `{}` has both `{NAMESPACE_INJECTION_LABEL}` and `{REVISION_LABEL}`, and the first wins",
                namespace.identity.display_name()
            );
            Some(
                Finding::at_key(policy, namespace, labels, revision, message)
                    .labelled("without effect")
                    .with_related_node(injection, "this decides"),
            )
        })
        .collect()
}
