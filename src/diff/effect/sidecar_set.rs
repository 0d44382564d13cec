//! What a change of a SidecarSet does to pods that run already: by what Kruise's hashes cover.
//!
//! Facts: kruise v1.9.0 `pkg/control/sidecarcontrol/hash.go` (containers, and initContainers if one of them restarts always; nothing else),
//! `pkg/webhook/sidecarset/validating/sidecarset_create_update_handler.go` (what an update may not do).

use serde_json::Value;

use super::{Outcome, Subject};
use crate::diff::change::{Effect, Operation};
use crate::diff::differences::Difference;
use crate::diff::find;
use crate::diff::path::PathElement;
use crate::model::sidecar_set::HOT_UPGRADE;

/// The outcome of each difference.
pub(super) fn outcomes(differences: &[Difference], subject: &Subject<'_>) -> Vec<Outcome> {
    let set = Set { subject };
    // One such change of a container, and Kruise upgrades nothing in place.
    let is_image_only = differences
        .iter()
        .filter(|difference| set.is_hashed(difference))
        .all(is_image);
    differences
        .iter()
        .map(|difference| set.outcome(difference, is_image_only))
        .collect()
}

struct Set<'s> {
    subject: &'s Subject<'s>,
}

/// A container's own image, of a container that was there.
fn is_image(difference: &Difference) -> bool {
    matches!(
        difference.path.0.as_slice(),
        [_, _, PathElement::Key(_), PathElement::Field(field)] if field == "image"
    ) && difference.operation == Operation::Replace
}

impl Set<'_> {
    fn after(&self, pointer: &str) -> Option<&Value> {
        self.subject.after.pointer(pointer)
    }

    /// Whether the field is in Kruise's hash.
    fn is_hashed(&self, difference: &Difference) -> bool {
        match find::fields(&difference.path.0).as_slice() {
            ["spec", "containers", ..] => true,
            ["spec", "initContainers", ..] => is_native(self.subject.before) || is_native(self.subject.after),
            _ => false,
        }
    }

    fn outcome(&self, difference: &Difference, is_image_only: bool) -> Outcome {
        let path = &difference.path.0;
        if let Some(refusal) = Self::refusal(difference) {
            return refusal;
        }
        if !self.is_hashed(difference) {
            return self.unhashed(&find::fields(path));
        }
        if let Some(why) = self.stands_still() {
            return Outcome::remarked(Effect::NewPodsOnly, why);
        }
        if is_image_only {
            return Outcome::of(self.in_place(path));
        }
        let mut outcome = Outcome::of(Effect::Recreate);
        if is_image(difference) {
            outcome
                .remarks
                .push("other fields of containers change, too: Kruise then upgrades no image in place".to_owned());
        }
        if matches!(path.last(), Some(PathElement::Field(field)) if field == "hotUpgradeEmptyImage") {
            outcome.remarks.push(
                "Kruise rewrites the standby container of all pods at once, whatever `partition` says, and they can then not be upgraded in place any more"
                    .to_owned(),
            );
        }
        outcome
    }

    /// What the webhook says no to.
    fn refusal(difference: &Difference) -> Option<Outcome> {
        let path = &difference.path.0;
        if let ["spec", "updateStrategy", field @ ("partition" | "maxUnavailable")] = find::fields(path).as_slice()
            && let Some(Value::String(text)) = &difference.to
            && !is_percentage(text)
        {
            return Some(Outcome::stopped(
                Effect::Rejected,
                format!(
                    "Kruise's webhook: a string in `{field}` must be a percentage, such as 10%: write a number without quotes"
                ),
            ));
        }
        let name = match path.as_slice() {
            [_, PathElement::Field(list), PathElement::Key(keys), ..] if list == "containers" => {
                keys.first().and_then(|(_, name)| name.as_str()).unwrap_or_default()
            }
            _ => return None,
        };
        if path.len() == 3 && difference.operation == Operation::Add {
            return Some(Outcome::stopped(
                Effect::Rejected,
                format!(
                    "Kruise's webhook: container {name} is not found: an update may neither add nor rename a container. Make a second SidecarSet, or delete this one \
                     and make it anew"
                ),
            ));
        }
        let is_type = matches!(path.last(), Some(PathElement::Field(field)) if field == "upgradeType");
        let is_strategy = matches!(path.last(), Some(PathElement::Field(field)) if field == "upgradeStrategy");
        (is_type || is_strategy).then(|| {
            Outcome::stopped(
                Effect::Rejected,
                format!("Kruise's webhook: upgradeType of container {name} is immutable"),
            )
        })
    }

    fn unhashed(&self, fields: &[&str]) -> Outcome {
        match fields {
            [
                "spec",
                "volumes" | "initContainers" | "imagePullSecrets" | "patchPodMetadata" | "selector" | "namespace"
                | "namespaceSelector" | "injectionStrategy",
                ..,
            ] => Outcome::of(Effect::NewPodsOnly),
            ["spec", "updateStrategy", ..] => self.rollout(),
            _ => Outcome::of(Effect::None),
        }
    }

    /// A change of the rollout itself lets go, or holds, what is still to be upgraded.
    fn rollout(&self) -> Outcome {
        let count = |field: &str| {
            self.subject
                .status
                .and_then(|status| status.get(field))
                .and_then(Value::as_i64)
        };
        let is_pending = matches!((count("matchedPods"), count("updatedPods")), (Some(all), Some(done)) if done < all);
        if !is_pending || self.stands_still().is_some() {
            return Outcome::of(Effect::None);
        }
        let hot = self
            .after("/spec/containers")
            .and_then(Value::as_array)
            .is_some_and(|containers| containers.iter().any(is_hot));
        let effect = if hot { Effect::InPlaceHot } else { Effect::InPlaceCold };
        Outcome::remarked(effect, "pods that still have the former sidecar may be upgraded")
    }

    /// Why running pods are left alone.
    fn stands_still(&self) -> Option<&'static str> {
        if self.after("/spec/updateStrategy/paused") == Some(&Value::Bool(true)) {
            return Some("`updateStrategy.paused` is true: running pods are left as they are");
        }
        // Anything but RollingUpdate upgrades nothing, also a misspelt word.
        let kind = self.after("/spec/updateStrategy/type").and_then(Value::as_str);
        (kind == Some("NotUpdate")).then_some("`updateStrategy.type: NotUpdate`: running pods are left as they are")
    }

    fn in_place(&self, path: &[PathElement]) -> Effect {
        let container = path
            .get(..3)
            .and_then(|path| find::value(self.subject.after, path, self.subject.shape));
        if container.is_some_and(is_hot) {
            Effect::InPlaceHot
        } else {
            Effect::InPlaceCold
        }
    }
}

/// As apimachinery v0.36 `IsValidPercent` has it.
fn is_percentage(text: &str) -> bool {
    text.strip_suffix('%')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_hot(container: &Value) -> bool {
    container.pointer("/upgradeStrategy/upgradeType") == Some(&Value::from(HOT_UPGRADE))
}

/// Whether a set has an initContainer that goes on running.
fn is_native(set: &Value) -> bool {
    let containers = set.pointer("/spec/initContainers").and_then(Value::as_array);
    let mut containers = containers.into_iter().flatten();
    containers.any(|container| container.get("restartPolicy") == Some(&Value::from("Always")))
}
