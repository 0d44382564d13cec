//! What the server writes whatever is applied: names it gives, numbers it has given out, fields that another field rules out.
//!
//! Facts: kubernetes v1.36.3 `pkg/registry/core/service/strategy.go` (`patchAllocatedValues`, `dropTypeDependentFields`),
//! `pkg/apis/core/v1/defaults.go` (`SetDefaults_Namespace`).

use serde_json::{Map, Value};

use crate::live::reference::ObjectReference;

const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Writes it into what an object becomes.
pub(crate) fn apply(before: &Value, after: &mut Value, reference: &ObjectReference) {
    if reference.is_core("Namespace") {
        namespace(after, &reference.name);
        // Its finalizers are changed through a subresource only.
        if let (Some(fields), Some(spec)) = (after.as_object_mut(), before.get("spec")) {
            fields.insert("spec".to_owned(), spec.clone());
        }
    } else if reference.is_core("Service") {
        service(before, after);
    }
}

/// A Namespace has its name as a label.
fn namespace(after: &mut Value, name: &str) {
    let fields = after.as_object_mut();
    let metadata = fields.map(|fields| fields.entry("metadata").or_insert_with(|| Value::Object(Map::new())));
    let metadata = metadata.and_then(Value::as_object_mut);
    let labels = metadata.map(|metadata| metadata.entry("labels").or_insert_with(|| Value::Object(Map::new())));
    match labels {
        Some(Value::Object(labels)) => {
            labels.insert(NAMESPACE_NAME.to_owned(), Value::from(name));
        }
        Some(labels) if labels.is_null() => *labels = serde_json::json!({NAMESPACE_NAME: name}),
        _ => {}
    }
}

fn service(before: &Value, after: &mut Value) {
    let kind = |object: &Value| {
        let kind = object.pointer("/spec/type").and_then(Value::as_str);
        kind.unwrap_or("ClusterIP").to_owned()
    };
    let (was, is) = (kind(before), kind(after));
    let has_node_ports = |kind: &str| kind == "NodePort" || kind == "LoadBalancer";
    let (Some(old), Some(new)) = (
        before.get("spec").and_then(Value::as_object),
        after.get_mut("spec").and_then(Value::as_object_mut),
    ) else {
        return;
    };
    if was != "ExternalName" && is != "ExternalName" {
        keep(old, new, &["clusterIP", "clusterIPs"]);
    }
    if has_node_ports(&was) && has_node_ports(&is) {
        keep_node_ports(old, new);
    }
    if has_node_ports(&was) && !has_node_ports(&is) {
        drop_same(old, new, &["externalTrafficPolicy"]);
        for port in ports(new) {
            let same = same_port(old, port);
            if same.is_some_and(|old| old.get("nodePort") == port.get("nodePort")) {
                port.shift_remove("nodePort");
            }
        }
    }
    if was == "LoadBalancer" && is != "LoadBalancer" {
        let fields = [
            "allocateLoadBalancerNodePorts",
            "healthCheckNodePort",
            "loadBalancerClass",
        ];
        drop_same(old, new, &fields);
    }
}

/// A number that was given out stays where none is asked for.
fn keep(old: &Map<String, Value>, new: &mut Map<String, Value>, fields: &[&str]) {
    for field in fields {
        let is_unset = new.get(*field).is_none_or(super::schema::shape::is_zero);
        if let Some(value) = old.get(*field).filter(|_| is_unset) {
            new.insert((*field).to_owned(), value.clone());
        }
    }
}

fn drop_same(old: &Map<String, Value>, new: &mut Map<String, Value>, fields: &[&str]) {
    for field in fields {
        if old.get(*field) == new.get(*field) {
            new.shift_remove(*field);
        }
    }
}

fn keep_node_ports(old: &Map<String, Value>, new: &mut Map<String, Value>) {
    for port in ports(new) {
        if let Some(before) = same_port(old, port) {
            keep(before, port, &["nodePort"]);
        }
    }
}

fn ports(spec: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    let ports = spec.get_mut("ports").and_then(Value::as_array_mut);
    ports.into_iter().flatten().filter_map(Value::as_object_mut)
}

fn same_port<'o>(spec: &'o Map<String, Value>, port: &Map<String, Value>) -> Option<&'o Map<String, Value>> {
    let key = |port: &Map<String, Value>| {
        let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP").to_owned();
        (port.get("port").and_then(Value::as_f64), protocol)
    };
    let ports = spec.get("ports").and_then(Value::as_array).into_iter().flatten();
    ports.filter_map(Value::as_object).find(|other| key(other) == key(port))
}
