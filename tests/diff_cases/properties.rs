//! What holds for every object: what was just applied is no difference, and the order of keys never matters.

use checker::diff::change::Status;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::case::{NOON, case, lines};

/// A part of a container, as it may be written.
fn container_fields() -> impl Strategy<Value = Map<String, Value>> {
    let env = prop::collection::btree_map("[A-C]", "[a-c]{0,2}", 0..3).prop_map(|env| {
        let items = env
            .into_iter()
            .map(|(name, value)| json!({"name": name, "value": value}));
        Value::from(items.collect::<Vec<Value>>())
    });
    let ports = prop::collection::btree_map(1_u16..4, prop::option::of("[a-b]"), 0..3).prop_map(|ports| {
        let items = ports.into_iter().map(|(number, name)| match name {
            Some(name) => json!({"containerPort": number, "name": name, "protocol": "UDP"}),
            None => json!({"containerPort": number}),
        });
        Value::from(items.collect::<Vec<Value>>())
    });
    let quantity = prop_oneof![
        Just(json!("1000m")),
        Just(json!(1)),
        Just(json!("1Gi")),
        Just(json!("0.5")),
        Just(json!(null))
    ];
    let args = prop::collection::vec("[a-c]", 0..4).prop_map(|args| json!(args));
    let probe = prop_oneof![
        Just(json!({"httpGet": {"port": 80}})),
        Just(json!({"exec": {"command": ["a"]}, "periodSeconds": 5}))
    ];
    let optional = |name: &'static str, value: BoxedStrategy<Value>| {
        prop::option::of(value).prop_map(move |value| value.map(|value| (name.to_owned(), value)))
    };
    (
        optional("image", "[a-b](:(latest|[0-9]))?".prop_map(Value::from).boxed()),
        optional("env", env.boxed()),
        optional("ports", ports.boxed()),
        optional("args", args.boxed()),
        optional("livenessProbe", probe.boxed()),
        optional(
            "resources",
            quantity.prop_map(|cpu| json!({"limits": {"cpu": cpu}})).boxed(),
        ),
    )
        .prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f].into_iter().flatten().collect())
}

fn containers() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-d]", container_fields(), 1..4).prop_map(|containers| {
        let items = containers.into_iter().map(|(name, mut fields)| {
            fields.insert("name".to_owned(), Value::from(name));
            Value::Object(fields)
        });
        items.collect()
    })
}

fn object() -> impl Strategy<Value = Value> {
    let labels = prop::collection::btree_map("[a-c]", "[x-z]?", 0..3);
    let replicas = prop::option::of(0..4);
    let kind = prop_oneof![Just("Deployment"), Just("SidecarSet"), Just("Thing")];
    (kind, labels, replicas, containers()).prop_map(|(kind, labels, replicas, containers)| {
        let metadata = json!({"name": "web", "namespace": "shop", "labels": labels});
        match kind {
            "Deployment" => {
                let mut spec = json!({"template": {"spec": {"containers": containers}}});
                if let Some(replicas) = replicas {
                    spec["replicas"] = json!(replicas);
                }
                json!({"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec})
            }
            "SidecarSet" => {
                let metadata = json!({"name": "web", "labels": labels});
                let spec = json!({"containers": containers, "revisionHistoryLimit": replicas});
                json!({"apiVersion": "apps.kruise.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec})
            }
            _ => json!({"apiVersion": "example.org/v1", "kind": kind, "metadata": metadata, "spec": {"replicas": replicas, "list": containers}}),
        }
    })
}

/// The same value with its keys in another order.
fn turned(value: &Value, by: usize) -> Value {
    match value {
        Value::Object(fields) => {
            let mut entries: Vec<(String, Value)> = fields
                .iter()
                .map(|(key, value)| (key.clone(), turned(value, by)))
                .collect();
            let middle = by % entries.len().max(1);
            entries.rotate_left(middle);
            if by % 2 == 1 {
                entries.reverse();
            }
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(|item| turned(item, by)).collect(),
        other => other.clone(),
    }
}

/// What server-side apply records of an object whose lists are sets of names, or one value.
fn fields(value: &Value, name: &str) -> Value {
    match value {
        Value::Object(map) if !map.is_empty() => map
            .iter()
            .map(|(key, value)| (format!("f:{key}"), fields(value, key)))
            .collect::<Map<String, Value>>()
            .into(),
        Value::Array(items) if matches!(name, "containers" | "env") && !items.is_empty() => items
            .iter()
            .map(|item| {
                let mut below = fields(item, "");
                below["."] = json!({});
                (format!("k:{{\"name\":{}}}", item["name"]), below)
            })
            .collect::<Map<String, Value>>()
            .into(),
        _ => json!({}),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_just_applied_is_no_difference(object in object(), by in 0_usize..7) {
        let desired = object.to_string();
        let live = turned(&object, by).to_string();
        let record = fields(&object, "").to_string();
        for case in [
            case(&desired, &live),
            case(&desired, &live).last_applied(&desired),
            case(&desired, &live).applied("flux", NOON, &record),
            case(&desired, &live).applied("flux", NOON, &record).last_applied(&desired).server_side(),
        ] {
            let difference = case.only();
            prop_assert_eq!(lines(&difference), Vec::<String>::new());
            prop_assert_eq!(difference.status, Status::Same);
        }
    }

    #[test]
    fn the_order_of_keys_never_matters(desired in object(), live in object(), base in object(), by in 1_usize..7) {
        let (mut live, mut base) = (live, base);
        for other in [&mut live, &mut base] {
            other["apiVersion"] = desired["apiVersion"].clone();
            other["kind"] = desired["kind"].clone();
        }
        let said = |turn: &dyn Fn(&Value) -> Value| {
            let case = case(&turn(&desired).to_string(), &turn(&live).to_string()).last_applied(&turn(&base).to_string());
            let difference = case.only();
            let mut changes: Vec<String> = difference
                .changes
                .iter()
                .map(|change| format!("{} {:?} {:?} {:?}", change.path, change.operation, change.class, change.effect))
                .collect();
            changes.sort();
            (changes, difference.status, difference.confidence)
        };
        prop_assert_eq!(said(&Value::clone), said(&|value| turned(value, by)));
    }
}
