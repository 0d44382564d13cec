//! A `hotUpgradeEmptyImage` that cannot stand by: the image itself, a proxy, or one of another release.

use crate::model::image::ImageReference;
use crate::model::relations::SetFacts;
use crate::model::sidecar_set;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::decode::Node;

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        for container in facts.set.hot_containers() {
            findings.extend(judge(policy, context, facts, container));
        }
    }
    findings
}

fn judge(policy: &Policy, context: Context<'_>, facts: &SetFacts<'_>, container: Node<'_>) -> Option<Finding> {
    let (object, set) = (facts.set.object, facts.set.name());
    let name = sidecar_set::container_name(container);
    let empty_node = container.at(&["upgradeStrategy", "hotUpgradeEmptyImage"])?;
    let image_node = container.get("image");
    // What cannot be read is the placeholder policy's; each of the two images is judged as far as it can be.
    let empty = ImageReference::parse(empty_node.as_str()?).ok()?;
    let image = image_node.and_then(|node| ImageReference::parse(node.as_str()?).ok());
    let images = &context.profile.images;
    let is_one_of = |list: &[String], image: &ImageReference| list.iter().any(|known| known == image.last_segment());

    if image.as_ref() == Some(&empty) {
        let message =
            format!("container `{name}` of SidecarSet `{set}` has the same image for standing by as for working");
        let finding = Finding::at(policy, object, empty_node, message).labelled("must do nothing");
        return Some(match image_node {
            Some(node) => finding.with_related_node(node, "the working image"),
            None => finding,
        });
    }
    // Only of the mesh's own images is it known what they do and how they are numbered.
    if facts.mesh != Some(container) {
        return None;
    }
    let is_proxy = is_one_of(&images.hot_capable, &empty) || is_one_of(&images.not_hot_capable, &empty);
    let says_empty = empty.tag.as_ref().is_some_and(|tag| tag.contains("empty"));
    if is_proxy && !says_empty {
        let message = format!(
            "the image for standing by of container `{name}` of SidecarSet `{set}`, `{}`, is a proxy and not an empty image",
            empty.last_segment()
        );
        return Some(Finding::at(policy, object, empty_node, message).labelled("a second proxy"));
    }
    let image = image?;
    let is_known = is_one_of(&images.empty, &empty)
        && (is_one_of(&images.hot_capable, &image) || is_one_of(&images.not_hot_capable, &image));
    let (of_image, of_empty) = (images.branch(&image)?, images.branch(&empty)?);
    if !is_known || of_image == of_empty {
        return None;
    }
    let message = format!(
        "container `{name}` of SidecarSet `{set}` works with an image of {of_image} and stands by with one of {of_empty}"
    );
    let finding = Finding::at(policy, object, empty_node, message).labelled(format!("of {of_empty}"));
    Some(match image_node {
        Some(node) => finding.with_related_node(node, format!("of {of_image}")),
        None => finding,
    })
}
