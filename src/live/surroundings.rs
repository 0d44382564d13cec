//! What stands beside the objects in Git: autoscalers, webhooks, pods, and what prune asks for.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::Value;

use super::asked::{Asked, PruneScope};
use super::discovery::{Discovery, Serving};
use super::fetch::collection;
use super::list::{self, Query};
use super::reader::{Reader, Refusal, accept};
use super::secret_values::without_copy;
use super::state::{ServedKind, Surroundings};
use crate::model::selector::{LabelSelector, Labels, Operator};

/// From how many namespaces on autoscalers are listed for all namespaces at once.
const MANY_NAMESPACES: usize = 10;

/// From how many selectors on the pods of all are listed at once.
const MANY_SELECTORS: usize = 4;

/// What was read.
#[derive(Default)]
pub(super) struct Found {
    pub(super) found: Surroundings,
    /// What could not be read for a fault of the run.
    pub(super) problems: Vec<String>,
}

/// Reads all of it. What is forbidden is not known, and no fault.
pub(super) async fn read(reader: &Reader, discovery: &Discovery, asked: &Asked, namespaces: &BTreeSet<&str>) -> Found {
    let (autoscalers, mutating_webhooks, pods, prune_candidates) = tokio::join!(
        autoscalers(reader, discovery, namespaces),
        mutating_webhooks(reader, discovery),
        pods(reader, discovery, &asked.pods),
        prune_candidates(reader, discovery, asked.prune.as_ref())
    );
    let mut found = Found::default();
    let mut known = |what: &str, answer: Result<Option<Vec<Value>>, Refusal>| match answer {
        Ok(objects) => objects,
        Err(Refusal::Forbidden(_) | Refusal::NoAddress | Refusal::NoObject) => None,
        Err(refusal) => {
            found
                .problems
                .push(format!("{what} cannot be read: {}", refusal.message()));
            None
        }
    };
    let autoscalers = known("the autoscalers", autoscalers);
    let mutating_webhooks = known("the mutating webhooks", mutating_webhooks);
    let pods = known("the pods", pods);
    let prune_candidates = match prune_candidates {
        Ok(candidates) => candidates,
        // What would be removed was asked for, so that not to know it is a fault.
        Err(why) => {
            found.problems.push(why);
            None
        }
    };
    found.found = Surroundings {
        autoscalers,
        mutating_webhooks,
        pods,
        prune_candidates,
    };
    found
}

async fn autoscalers(
    reader: &Reader,
    discovery: &Discovery,
    namespaces: &BTreeSet<&str>,
) -> Result<Option<Vec<Value>>, Refusal> {
    const KIND: &str = "HorizontalPodAutoscaler";
    let versions = ["autoscaling/v2", "autoscaling/v1"];
    let Some(served) = versions.iter().find_map(|version| serving(discovery, version, KIND)) else {
        return Ok(Some(Vec::new()));
    };
    if namespaces.len() >= MANY_NAMESPACES {
        let query = Query {
            accept: accept::JSON,
            ..Query::default()
        };
        match list::all(reader, &collection(served, None), &query).await {
            Ok(mut objects) => {
                objects.retain(|object| {
                    let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str);
                    namespace.is_some_and(|namespace| namespaces.contains(namespace))
                });
                return Ok(Some(typed(objects, served)));
            }
            // Perhaps they may be read in the namespaces that matter.
            Err(Refusal::Forbidden(_)) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    let lists = namespaces.iter().map(|namespace| async move {
        let query = Query {
            accept: accept::JSON,
            ..Query::default()
        };
        list::all(reader, &collection(served, Some(namespace)), &query).await
    });
    let mut objects = Vec::new();
    for list in join_all(lists).await {
        objects.extend(typed(list?, served));
    }
    Ok(Some(objects))
}

async fn mutating_webhooks(reader: &Reader, discovery: &Discovery) -> Result<Option<Vec<Value>>, Refusal> {
    let version = "admissionregistration.k8s.io/v1";
    let Some(served) = serving(discovery, version, "MutatingWebhookConfiguration") else {
        return Ok(Some(Vec::new()));
    };
    let query = Query {
        accept: accept::JSON,
        ..Query::default()
    };
    let objects = list::all(reader, &collection(served, None), &query).await?;
    Ok(Some(typed(objects, served)))
}

/// The metadata of the pods that one of the selectors selects. All that matters of an injected sidecar stands in annotations.
async fn pods(
    reader: &Reader,
    discovery: &Discovery,
    selectors: &[LabelSelector],
) -> Result<Option<Vec<Value>>, Refusal> {
    // Kruise selects no pod by an empty selector, and the server takes no wrong one.
    let is_usable = |selector: &&LabelSelector| !selector.is_empty() && selector.problems().is_empty();
    let selectors: Vec<&LabelSelector> = selectors.iter().filter(is_usable).collect();
    let Some(served) = serving(discovery, "v1", "Pod").filter(|_| !selectors.is_empty()) else {
        return Ok(Some(Vec::new()));
    };
    let label_selectors = if selectors.len() > MANY_SELECTORS {
        vec![None]
    } else {
        selectors.iter().map(|selector| Some(query_of(selector))).collect()
    };
    let lists = label_selectors.into_iter().map(|label_selector| async move {
        let query = Query {
            accept: accept::METADATA_LIST,
            label_selector,
            field_selector: Some("status.phase!=Succeeded,status.phase!=Failed".to_owned()),
        };
        list::remembered(reader, &collection(served, None), &query).await
    });
    let mut pods: BTreeMap<(String, String), Value> = BTreeMap::new();
    for list in join_all(lists).await {
        for pod in list? {
            let labels = labels(&pod);
            let name = |key: &str| pod.pointer(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            if selectors.iter().any(|selector| selector.matches(&labels)) {
                pods.insert((name("/metadata/namespace"), name("/metadata/name")), pod);
            }
        }
    }
    let pods = pods.into_values().collect();
    Ok(Some(typed(pods, served).into_iter().map(without_copy).collect()))
}

async fn prune_candidates(
    reader: &Reader,
    discovery: &Discovery,
    scope: Option<&PruneScope>,
) -> Result<Option<Vec<Value>>, String> {
    let Some(scope) = scope else {
        return Ok(None);
    };
    let mut questions: Vec<(&ServedKind, Option<&str>)> = Vec::new();
    for (api_version, kind) in &scope.kinds {
        let served = match discovery.serving(api_version, kind) {
            Serving::As(served) => served,
            Serving::Not => continue,
            Serving::Unknown(why) => return Err(format!("what would be pruned is not known: {why}")),
        };
        if !served.verbs.iter().any(|verb| verb == "list") {
            continue;
        }
        if served.namespaced && !scope.namespaces.is_empty() {
            questions.extend(
                scope
                    .namespaces
                    .iter()
                    .map(|namespace| (served, Some(namespace.as_str()))),
            );
        } else if served.namespaced || scope.label_selector.is_some() {
            questions.push((served, None));
        }
    }
    let lists = questions.into_iter().map(|(served, namespace)| async move {
        let query = Query {
            accept: accept::METADATA_LIST,
            label_selector: scope.label_selector.clone(),
            field_selector: None,
        };
        (served, list::all(reader, &collection(served, namespace), &query).await)
    });
    let mut candidates = Vec::new();
    for (served, list) in join_all(lists).await {
        let objects = list.map_err(|refusal| {
            format!(
                "what would be pruned is not known: {} cannot be listed: {}",
                served.plural,
                refusal.message()
            )
        })?;
        let typed = typed_with_fields(objects, served).into_iter().filter(is_candidate);
        candidates.extend(typed.map(without_copy));
    }
    Ok(Some(candidates))
}

/// Whether somebody may have applied the object: it belongs to no other one, and is not about to go.
fn is_candidate(object: &Value) -> bool {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let is_controlled = owners.is_some_and(|owners| {
        let mut owners = owners.iter();
        owners.any(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))
    });
    !is_controlled && object.pointer("/metadata/deletionTimestamp").is_none()
}

fn serving<'d>(discovery: &'d Discovery, api_version: &str, kind: &str) -> Option<&'d ServedKind> {
    match discovery.serving(api_version, kind) {
        Serving::As(served) => Some(served),
        Serving::Not | Serving::Unknown(_) => None,
    }
}

/// The objects with what they are, which items of a list do not say, and without who set which field, which nobody asks here.
fn typed(objects: Vec<Value>, served: &ServedKind) -> Vec<Value> {
    let mut objects = typed_with_fields(objects, served);
    for object in &mut objects {
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
    }
    objects
}

fn typed_with_fields(mut objects: Vec<Value>, served: &ServedKind) -> Vec<Value> {
    for object in &mut objects {
        if let Some(object) = object.as_object_mut() {
            object.insert("apiVersion".to_owned(), served.api_version.as_str().into());
            object.insert("kind".to_owned(), served.kind.as_str().into());
        }
    }
    objects
}

fn labels(object: &Value) -> Labels {
    let labels = object.pointer("/metadata/labels").and_then(Value::as_object);
    let labels = labels.into_iter().flatten();
    labels
        .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
        .collect()
}

/// A selector in the form of the parameter `labelSelector` (apimachinery pkg/labels/selector.go, `Parse`).
fn query_of(selector: &LabelSelector) -> String {
    let labels = selector
        .match_labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"));
    let expressions = selector.match_expressions.iter().map(|requirement| {
        let key = &requirement.key;
        let values = requirement.values.join(",");
        match requirement.operator {
            Operator::In => format!("{key} in ({values})"),
            Operator::NotIn => format!("{key} notin ({values})"),
            Operator::Exists => key.clone(),
            Operator::DoesNotExist => format!("!{key}"),
        }
    });
    labels.chain(expressions).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_asked_for_as_the_server_reads_it() {
        let selector: LabelSelector = serde_json::from_value(serde_json::json!({
            "matchLabels": {"app": "web"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["a", "b"]},
                {"key": "canary", "operator": "NotIn", "values": ["yes"]},
                {"key": "mesh", "operator": "Exists"},
                {"key": "batch", "operator": "DoesNotExist"},
            ],
        }))
        .unwrap();
        assert_eq!(
            query_of(&selector),
            "app=web,tier in (a,b),canary notin (yes),mesh,!batch"
        );
    }
}
