//! The images that a `SidecarSet` names: what was never filled in, what is no image reference, and what is not fixed.

use std::collections::HashSet;

use crate::model::image::{ImageProblem, ImageReference};
use crate::model::placeholder::PlaceholderKind;
use crate::model::relations::SetFacts;
use crate::model::sidecar_set;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::classify::FileClass;
use crate::source::decode::Node;

/// A field that names an image.
struct Field<'c> {
    container: Node<'c>,
    node: Node<'c>,
    text: &'c str,
    /// `image` or `hotUpgradeEmptyImage`.
    key: &'static str,
}

fn fields<'c>(facts: &SetFacts<'c>) -> Vec<Field<'c>> {
    let mut fields = Vec::new();
    for container in facts.set.init_containers().chain(facts.set.containers()) {
        let images = [
            ("image", container.get("image")),
            (
                "hotUpgradeEmptyImage",
                container.at(&["upgradeStrategy", "hotUpgradeEmptyImage"]),
            ),
        ];
        for (key, node) in images {
            if let Some(node) = node
                && let Some(text) = node.as_str()
            {
                fields.push(Field {
                    container,
                    node,
                    text,
                    key,
                });
            }
        }
    }
    fields
}

/// An image that nothing has filled in, or that no node can read.
pub(super) fn placeholder_image(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let renamed = images_of_kustomizations(context);
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        for field in fields(facts) {
            let Err(problem) = ImageReference::parse(field.text) else {
                continue;
            };
            // An empty image for standing by is `missing-empty-image`.
            // Flux fills it in, though Git does not tell with what.
            let is_variable =
                matches!(&problem, ImageProblem::Placeholder(found) if found.kind == PlaceholderKind::DollarBrace);
            if is_variable && facts.set.object.is_filled_in {
                continue;
            }
            let is_told_elsewhere = problem == ImageProblem::Empty && field.key != "image";
            if is_told_elsewhere || is_as_written(facts) && renamed.contains(field.text) {
                continue;
            }
            findings.push(placeholder_finding(policy, facts, &field, &problem));
        }
    }
    findings
}

fn placeholder_finding(policy: &Policy, facts: &SetFacts<'_>, field: &Field<'_>, problem: &ImageProblem) -> Finding {
    let (object, set) = (facts.set.object, facts.set.name());
    let container = sidecar_set::container_name(field.container);
    let key = field.key;
    let ImageProblem::Placeholder(found) = problem else {
        let message =
            format!("`{key}` of container `{container}` of SidecarSet `{set}` is no image reference: {problem}");
        return Finding::at(policy, object, field.node, message).labelled("no image reference");
    };
    let text = field.text.get(found.range.clone()).unwrap_or(field.text);
    // These two are filled in on the way to the cluster in a well-kept GitOps repository: by Flux or envsubst, by Argo CD's vault
    // plug-in. Git does not tell whether they are.
    if matches!(found.kind, PlaceholderKind::DollarBrace | PlaceholderKind::VaultPath) {
        let message = format!(
            "`{key}` of container `{container}` of SidecarSet `{set}` is known only when something fills in `{text}`"
        );
        return Finding::at(policy, object, field.node, message)
            .labelled("must be substituted before it is applied")
            .with_mend(policy, "substituted")
            .with_help(&[("placeholder", text)])
            .with_severity(policy.weaker());
    }
    let message = format!(
        "the placeholder `{text}` in `{key}` of container `{container}` of SidecarSet `{set}` was never filled in"
    );
    Finding::at(policy, object, field.node, message).labelled("a placeholder")
}

/// An image without a tag that stays what it is.
pub(super) fn floating_image(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let renamed = images_of_kustomizations(context);
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        for field in fields(facts) {
            let is_asked = facts.mesh.is_some() || sidecar_set::is_hot(field.container);
            let Ok(image) = ImageReference::parse(field.text) else {
                continue;
            };
            let may_be_renamed = is_as_written(facts) && renamed.contains(name_of(&image).as_str());
            if !is_asked || !image.is_latest() || may_be_renamed {
                continue;
            }
            let (set, key) = (facts.set.name(), field.key);
            let container = sidecar_set::container_name(field.container);
            let what = if image.tag.is_some() {
                "the tag `latest`"
            } else {
                "neither tag nor digest"
            };
            let message = format!(
                "`{key}` of container `{container}` of SidecarSet `{set}` has {what}, so Git does not say what runs"
            );
            findings
                .push(Finding::at(policy, facts.set.object, field.node, message).labelled("may be any image tomorrow"));
        }
    }
    findings
}

fn name_of(image: &ImageReference) -> String {
    match &image.registry {
        Some(registry) => format!("{registry}/{}", image.repository),
        None => image.repository.clone(),
    }
}

/// Whether a kustomization that was not built may still change the set.
fn is_as_written(facts: &SetFacts<'_>) -> bool {
    facts.set.object.rendered().is_none()
}

/// The names that `images` of a kustomization replaces or gives a tag.
fn images_of_kustomizations(context: Context<'_>) -> HashSet<&str> {
    context
        .files()
        .filter(|file| file.class == FileClass::Kustomization)
        .filter_map(|file| file.decoded.as_ref())
        .flat_map(|decoded| &decoded.documents)
        .filter_map(|document| document.tree.as_ref())
        .filter_map(|tree| tree.root().get("images"))
        .flat_map(Node::items)
        .filter(|image| {
            ["newName", "newTag", "digest"]
                .iter()
                .any(|key| image.get(key).is_some())
        })
        .filter_map(|image| image.str_at(&["name"]))
        .collect()
}
