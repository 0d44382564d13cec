//! What Kruise's validating webhook refuses in a SidecarSet on its own, so that the one in the cluster stays as it was
//! (`kruise v1.9.0 pkg/webhook/sidecarset/validating/sidecarset_create_update_handler.go`).

use std::collections::HashMap;

use super::shared::has_placeholder;
use crate::model::object::Object;
use crate::model::sidecar_set::{SidecarSet, container_name};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::decode::{Node, NodeKind};
use crate::source::spelling;

/// Longest name of a SidecarSet.
const NAME_CHARACTERS: usize = 63;

/// Fields of a container with few values, and these (`validateSidecarContainer`); an empty text is the default.
const CHOICES: [(&[&str], [&str; 2]); 2] = [
    (&["podInjectPolicy"], ["BeforeAppContainer", "AfterAppContainer"]),
    (&["shareVolumePolicy", "type"], ["enabled", "disabled"]),
];

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        let mut judge = Judge {
            policy,
            set: facts.set,
            object: facts.set.object,
            findings: &mut findings,
        };
        judge.name();
        judge.has_containers();
        judge.images();
        judge.choices();
        let containers = facts.set.init_containers().chain(facts.set.containers());
        judge.twins(containers, "containers and init containers");
        judge.twins(facts.set.volumes(), "volumes");
        judge.mounts();
    }
    findings
}

struct Judge<'j, 'o> {
    policy: &'j Policy,
    set: SidecarSet<'o>,
    object: &'o Object,
    findings: &'j mut Vec<Finding>,
}

impl<'o> Judge<'_, 'o> {
    fn name(&mut self) {
        let Some(node) = self.object.root().at(&["metadata", "name"]) else {
            return;
        };
        let Some(name) = node.as_str().filter(|name| !has_placeholder(name)) else {
            return;
        };
        let odd = name
            .chars()
            .find(|letter| !letter.is_ascii_alphanumeric() && *letter != '-');
        let length = name.chars().count();
        let (why, label) = if let Some(letter) = odd {
            let why = format!(
                "its name may hold letters, digits and `-`, and holds `{}`",
                letter.escape_debug()
            );
            (why, "letters, digits and `-` only".to_owned())
        } else if length > NAME_CHARACTERS {
            let why = format!("its name may have {NAME_CHARACTERS} characters, and has {length}");
            (why, format!("{length} characters"))
        } else {
            return;
        };
        let message = format!("Kruise refuses the SidecarSet `{name}`: {why}");
        let finding = Finding::at(self.policy, self.object, node, message).labelled(label);
        self.findings.push(finding.with_mend(self.policy, "name"));
    }

    /// A SidecarSet without a name is a piece of one: a patch, or an excerpt.
    fn has_containers(&mut self) {
        let metadata = |key| self.object.root().at(&["metadata", key]);
        let Some(spec) = self.set.spec() else {
            return;
        };
        let lists = ["containers", "initContainers"];
        let is_open = metadata("name").or_else(|| metadata("generateName")).is_none()
            || spec.kind() != NodeKind::Mapping
            || lists.iter().any(|list| {
                // What is no list is a finding of its own, or filled in later.
                spec.get(list)
                    .is_some_and(|node| node.kind() != NodeKind::Sequence || node.items().len() > 0)
                    || spelling::misspelt(spec, list).is_some()
            });
        if is_open {
            return;
        }
        let set = self.set.name();
        let message = format!("Kruise refuses the SidecarSet `{set}`: it has neither containers nor init containers");
        let written = lists.iter().find_map(|list| spec.entry(list));
        let finding = match written {
            Some(entry) => Finding::at_entry(self.policy, self.object, spec, entry, message),
            None => Finding::missing(
                self.policy,
                self.object,
                self.object.root(),
                &["spec", "containers"],
                message,
            ),
        };
        self.findings.push(finding.with_mend(self.policy, "containers"));
    }

    fn images(&mut self) {
        for container in self.set.init_containers().chain(self.set.containers()) {
            // An empty text is no image reference, which is a finding of its own.
            let is_told = container.kind() != NodeKind::Mapping
                || container.get("image").is_some()
                || spelling::misspelt(container, "image").is_some();
            if is_told {
                continue;
            }
            let (set, name) = (self.set.name(), container_name(container));
            let message = format!("Kruise refuses the SidecarSet `{set}`: its container `{name}` has no image");
            let finding = Finding::missing(self.policy, self.object, container, &["image"], message)
                .labelled("no `image`")
                .with_mend(self.policy, "image");
            self.findings.push(finding);
        }
    }

    fn choices(&mut self) {
        for container in self.set.containers() {
            for (way, values) in CHOICES {
                let Some(node) = container.at(way) else { continue };
                let Some(text) = node.as_str() else { continue };
                if text.is_empty() || values.contains(&text) || has_placeholder(text) {
                    continue;
                }
                let field = way.join(".");
                let (set, name) = (self.set.name(), container_name(container));
                let message = format!(
                    "Kruise refuses the SidecarSet `{set}`: `{field}` of its container `{name}` cannot be `{text}`"
                );
                let meant = values.into_iter().find(|known| spelling::slips(text, known).is_some());
                let label = match meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("neither `{}` nor `{}`", values[0], values[1]),
                };
                let finding = Finding::at(self.policy, self.object, node, message)
                    .labelled(label)
                    .with_mend(self.policy, "choice")
                    .with_help(&[("one", values[0]), ("other", values[1])]);
                self.findings.push(finding);
            }
        }
    }

    /// Two items of one name.
    fn twins(&mut self, items: impl Iterator<Item = Node<'o>>, what: &str) {
        let mut first: HashMap<&str, Node<'o>> = HashMap::new();
        for item in items {
            let Some(node) = item.get("name") else { continue };
            let Some(name) = node.as_str().filter(|name| !has_placeholder(name)) else {
                continue;
            };
            let Some(other) = first.get(name) else {
                first.insert(name, node);
                continue;
            };
            let set = self.set.name();
            let message = format!("Kruise refuses the SidecarSet `{set}`: two of its {what} are called `{name}`");
            let finding = Finding::at(self.policy, self.object, node, message)
                .labelled("the second")
                .with_related_node(*other, "the first")
                .with_mend(self.policy, "twins");
            self.findings.push(finding);
        }
    }

    /// Two mounts of one container at one path, letter by letter as the API server compares them
    /// (`kubernetes pkg/apis/core/validation/validation.go`, `ValidateVolumeMounts`).
    fn mounts(&mut self) {
        for container in self.set.init_containers().chain(self.set.containers()) {
            let mut first: HashMap<&str, Node<'o>> = HashMap::new();
            for mount in container.get("volumeMounts").into_iter().flat_map(Node::items) {
                let Some(node) = mount.get("mountPath") else { continue };
                let Some(path) = node.as_str().filter(|path| !path.is_empty() && !has_placeholder(path)) else {
                    continue;
                };
                let Some(other) = first.get(path) else {
                    first.insert(path, node);
                    continue;
                };
                let (set, name) = (self.set.name(), container_name(container));
                let message =
                    format!("Kruise refuses the SidecarSet `{set}`: its container `{name}` has two mounts at `{path}`");
                let finding = Finding::at(self.policy, self.object, node, message)
                    .labelled("the second")
                    .with_related_node(*other, "the first")
                    .with_mend(self.policy, "mounts");
                self.findings.push(finding);
            }
        }
    }
}
