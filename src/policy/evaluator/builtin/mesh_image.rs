//! The images of a mesh proxy: one that can hand over, and an init image that belongs to it.

use crate::model::image::ImageReference;
use crate::model::sidecar_set;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::decode::Node;

/// A mesh proxy that asks for `HotUpgrade`, of an image that cannot hand over.
pub(super) fn not_hot_capable(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        let Some(mesh) = facts.mesh.filter(|mesh| sidecar_set::is_hot(*mesh)) else {
            continue;
        };
        let Some((node, image)) = image_of(mesh) else {
            continue;
        };
        let images = &context.profile.images;
        if !images.not_hot_capable.iter().any(|known| known == image.last_segment()) {
            continue;
        }
        let (set, container) = (facts.set.name(), sidecar_set::container_name(mesh));
        let repository = image.last_segment();
        let message = format!(
            "container `{container}` of SidecarSet `{set}` asks for HotUpgrade, and its image `{repository}` cannot hand over"
        );
        let mut finding = Finding::at(policy, facts.set.object, node, message)
            .labelled("cannot hand over its listeners")
            .with_help(&[("image", images.hot_capable.first().map_or("", String::as_str))]);
        if let Some(kind) = mesh.at(&["upgradeStrategy", "upgradeType"]) {
            finding = finding.with_related_node(kind, "asks for a hand-over");
        }
        findings.push(finding);
    }
    findings
}

/// An init image from another registry than the proxy's, or of another branch.
pub(super) fn init_differs(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let suffixes = policy.strings("endpointSuffixes");
    let profile = context.profile;
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        let Some((proxy_node, proxy)) = facts.mesh.and_then(image_of) else {
            continue;
        };
        for container in facts.set.init_containers() {
            let Some((node, init)) = image_of(container) else {
                continue;
            };
            let name = sidecar_set::container_name(container);
            let is_of_mesh = profile.redirecting_init_containers.iter().any(|known| known == name)
                || profile
                    .recognise
                    .repositories
                    .iter()
                    .any(|known| known == init.last_segment());
            if !is_of_mesh {
                continue;
            }
            let mut differences = Vec::new();
            let mut words = (Vec::new(), Vec::new());
            if endpoint(&init, &suffixes) != endpoint(&proxy, &suffixes) {
                differences.push(format!(
                    "from `{}`, the proxy's from `{}`",
                    registry(&init),
                    registry(&proxy)
                ));
                words.0.push(registry(&init).to_owned());
                words.1.push(registry(&proxy).to_owned());
            }
            if let (Some(of_init), Some(of_proxy)) = (profile.images.branch(&init), profile.images.branch(&proxy))
                && of_init != of_proxy
            {
                differences.push(format!("of {of_init}, the proxy's of {of_proxy}"));
                words.0.push(of_init.to_string());
                words.1.push(of_proxy.to_string());
            }
            if differences.is_empty() {
                continue;
            }
            let set = facts.set.name();
            let message = format!(
                "the image of init container `{name}` of SidecarSet `{set}` is {}",
                differences.join(", and ")
            );
            findings.push(
                Finding::at(policy, facts.set.object, node, message)
                    .labelled(words.0.join(", "))
                    .with_related_node(proxy_node, words.1.join(", ")),
            );
        }
    }
    findings
}

fn image_of(container: Node<'_>) -> Option<(Node<'_>, ImageReference)> {
    let node = container.get("image")?;
    Some((node, ImageReference::parse(node.as_str()?).ok()?))
}

fn registry(image: &ImageReference) -> &str {
    image.registry.as_deref().unwrap_or("docker.io")
}

/// The registry's host without the suffix that tells by which network one comes to it: `registry-vpc.region` and `registry.region`
/// are one registry.
fn endpoint(image: &ImageReference, suffixes: &[&str]) -> String {
    let host = registry(image);
    let (label, domain) = host.split_once('.').unwrap_or((host, ""));
    let label = suffixes
        .iter()
        .find_map(|suffix| label.strip_suffix(suffix))
        .unwrap_or(label);
    format!("{label}.{domain}")
}
