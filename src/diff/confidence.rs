//! How sure a prediction is, and why it is not exact.

use serde_json::Value;

use super::change::Confidence;
use super::schema::shape::{Document, Origin};
use crate::live::reference::ObjectReference;
use crate::live::state::State;
use crate::model::sidecar_set;

/// A confidence with its reasons; it only ever falls.
#[derive(Debug)]
pub(crate) struct Certainty {
    pub(crate) confidence: Confidence,
    pub(crate) reasons: Vec<String>,
}

impl Certainty {
    /// Nothing speaks against it yet.
    pub(crate) fn exact() -> Self {
        Self {
            confidence: Confidence::Exact,
            reasons: Vec::new(),
        }
    }

    /// It falls to `confidence`, if it was higher.
    pub(crate) fn fall(&mut self, confidence: Confidence, reason: impl Into<String>) {
        self.confidence = self.confidence.min(confidence);
        let reason = reason.into();
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// What the schema is worth.
    pub(crate) fn by_schema(&mut self, document: Option<&Document>, reference: &ObjectReference) {
        match document.map(|document| document.origin) {
            Some(Origin::Server) => {}
            Some(Origin::Builtin) if reference.group() == sidecar_set::KRUISE_GROUP => {}
            Some(Origin::Git) => self.fall(
                Confidence::High,
                "the types of its fields come from the CustomResourceDefinition in Git, not from the server",
            ),
            Some(Origin::Builtin) => self.fall(
                Confidence::High,
                "the types of its fields are those that this program was built with, not the server's",
            ),
            None => self.fall(
                Confidence::Low,
                format!(
                    "no schema of {} {} is known: every list is compared as one value, and no default is known",
                    reference.api_version, reference.kind
                ),
            ),
        }
    }

    /// What webhooks may still do.
    pub(crate) fn by_webhooks(&mut self, webhooks: &Webhooks, reference: &ObjectReference, state: &State) {
        let Webhooks(Some(all)) = webhooks else {
            self.fall(
                Confidence::High,
                "whether a webhook changes it could not be read (MutatingWebhookConfigurations)",
            );
            return;
        };
        let plural = plural(reference, state);
        let names: Vec<&str> = all
            .iter()
            .filter(|webhook| webhook.takes(reference, &plural))
            .map(|webhook| webhook.name.as_str())
            .collect();
        if !names.is_empty() {
            let names = names.join(", ");
            self.fall(Confidence::High, format!("a webhook may change it: {names}"));
        }
    }
}

fn plural(reference: &ObjectReference, state: &State) -> String {
    let served = state
        .kinds
        .iter()
        .flatten()
        .find(|kind| kind.kind == reference.kind && kind.api_version == reference.api_version);
    served.map_or_else(
        || format!("{}s", reference.kind.to_lowercase()),
        |kind| kind.plural.clone(),
    )
}

/// The webhooks that change objects; `None` if they could not be read.
#[derive(Debug)]
pub(crate) struct Webhooks(Option<Vec<Webhook>>);

#[derive(Debug)]
struct Webhook {
    name: String,
    /// Groups and resources of each rule.
    rules: Vec<(Vec<String>, Vec<String>)>,
}

/// What it does is predicted here.
const KNOWN: [&str; 1] = ["msidecarset.kb.io"];

impl Webhooks {
    /// Those of a state.
    pub(crate) fn of(state: &State) -> Self {
        let configurations = state.surroundings.mutating_webhooks.as_ref();
        Self(configurations.map(|configurations| {
            configurations
                .iter()
                .filter_map(|configuration| configuration.get("webhooks").and_then(Value::as_array))
                .flatten()
                .map(webhook)
                .filter(|webhook| !KNOWN.contains(&webhook.name.as_str()))
                .collect()
        }))
    }
}

fn webhook(json: &Value) -> Webhook {
    let texts = |rule: &Value, key: &str| -> Vec<String> {
        let list = rule.get(key).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let rules = json.get("rules").and_then(Value::as_array).into_iter().flatten();
    let changes = rules.filter(|rule| {
        let operations = texts(rule, "operations");
        operations
            .iter()
            .any(|operation| matches!(operation.as_str(), "*" | "CREATE" | "UPDATE"))
    });
    Webhook {
        name: json.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
        rules: changes
            .map(|rule| (texts(rule, "apiGroups"), texts(rule, "resources")))
            .collect(),
    }
}

impl Webhook {
    fn takes(&self, reference: &ObjectReference, plural: &str) -> bool {
        self.rules.iter().any(|(groups, resources)| {
            groups.iter().any(|group| group == "*" || group == reference.group())
                && resources
                    .iter()
                    .any(|resource| matches!(resource.as_str(), "*" | "*/*") || resource == plural)
        })
    }
}
