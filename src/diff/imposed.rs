//! What the server writes whatever is applied: names it gives, numbers it has given out, fields that another field rules out.
//!
//! Facts: kubernetes v1.36.3 `pkg/registry/core/service/strategy.go` (`dropTypeDependentFields`), `storage/storage.go` there
//! (`patchAllocatedValues`), `pkg/apis/core/v1/defaults.go` (`SetDefaults_Namespace`).

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::path::{FieldPath, PathElement};
use super::schema::shape::is_zero;
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

/// The fields whose values the server draws when the object is applied: nobody can know them before
/// (kubernetes v1.36.3 `pkg/registry/core/service/storage/alloc.go`).
pub(crate) fn drawn(after: &Value, reference: &ObjectReference) -> Vec<FieldPath> {
    let Some(spec) = after.get("spec").and_then(Value::as_object) else {
        return Vec::new();
    };
    if !reference.is_core("Service") {
        return Vec::new();
    }
    let is_unset = |fields: &Map<String, Value>, field: &str| fields.get(field).is_none_or(is_zero);
    let field = |name: &str| PathElement::Field(name.to_owned());
    let kind = service_type(after);
    let mut paths = Vec::new();
    if has_address(&kind) {
        let addresses = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"];
        let unset = addresses.into_iter().filter(|name| is_unset(spec, name));
        paths.extend(unset.map(|name| FieldPath(vec![field("spec"), field(name)])));
    }
    if has_health_check(&kind, spec) && is_unset(spec, "healthCheckNodePort") {
        paths.push(FieldPath(vec![field("spec"), field("healthCheckNodePort")]));
    }
    if draws_node_ports(&kind, spec) {
        let unset = ports(spec).filter(|port| node_port(port).is_none());
        paths.extend(unset.filter_map(|port| {
            let protocol = port.get("protocol").cloned().unwrap_or_else(|| Value::from("TCP"));
            let keys = vec![
                ("port".to_owned(), port.get("port")?.clone()),
                ("protocol".to_owned(), protocol),
            ];
            Some(FieldPath(vec![
                field("spec"),
                field("ports"),
                PathElement::Key(keys),
                field("nodePort"),
            ]))
        }));
    }
    paths
}

fn service_type(object: &Value) -> String {
    let kind = object.pointer("/spec/type").and_then(Value::as_str);
    kind.unwrap_or("ClusterIP").to_owned()
}

fn service(before: &Value, after: &mut Value) {
    let (was, is) = (service_type(before), service_type(after));
    let (Some(old), Some(new)) = (
        before.get("spec").and_then(Value::as_object),
        after.get_mut("spec").and_then(Value::as_object_mut),
    ) else {
        return;
    };
    give_back(old, new, (&was, &is));
    drop_ruled_out(old, new, (&was, &is));
}

fn has_address(kind: &str) -> bool {
    kind != "ExternalName"
}

fn has_node_ports(kind: &str) -> bool {
    kind == "NodePort" || kind == "LoadBalancer"
}

fn draws_node_ports(kind: &str, spec: &Map<String, Value>) -> bool {
    let is_off = spec.get("allocateLoadBalancerNodePorts") == Some(&Value::Bool(false));
    kind == "NodePort" || (kind == "LoadBalancer" && !is_off)
}

fn has_health_check(kind: &str, spec: &Map<String, Value>) -> bool {
    kind == "LoadBalancer" && spec.get("externalTrafficPolicy") == Some(&Value::from("Local"))
}

/// What was given out stays where nothing else is asked for.
fn give_back(old: &Map<String, Value>, new: &mut Map<String, Value>, (was, is): (&str, &str)) {
    if has_address(was) && has_address(is) {
        keep(old, new, &["clusterIP", "clusterIPs"]);
    }
    if draws_node_ports(was, old) && draws_node_ports(is, new) {
        give_back_node_ports(old, new);
    }
    if has_health_check(was, old) && has_health_check(is, new) {
        keep(old, new, &["healthCheckNodePort"]);
    }
}

/// By the names of the ports, whatever else of them changes.
fn give_back_node_ports(old: &Map<String, Value>, new: &mut Map<String, Value>) {
    let name = |port: &Map<String, Value>| port.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let wanted = node_ports(new);
    let by_name: HashMap<String, u64> = ports(old)
        .filter_map(|port| Some((name(port), node_port(port)?)))
        .collect();
    for port in ports_mut(new) {
        if node_port(port).is_none()
            && let Some(number) = by_name.get(&name(port)).filter(|number| !wanted.contains(number))
        {
            port.insert("nodePort".to_owned(), Value::from(*number));
        }
    }
}

/// What the type does not have is taken away, unless it changes, too: then the server refuses it.
fn drop_ruled_out(old: &Map<String, Value>, new: &mut Map<String, Value>, (was, is): (&str, &str)) {
    if has_address(was) && !has_address(is) {
        if ["clusterIP", "clusterIPs"]
            .iter()
            .all(|field| old.get(*field) == new.get(*field))
        {
            drop_same(old, new, &["clusterIP", "clusterIPs"]);
        }
        drop_same(old, new, &["ipFamilies", "ipFamilyPolicy"]);
    }
    if has_node_ports(was) && !has_node_ports(is) && node_ports(new).is_subset(&node_ports(old)) {
        for port in ports_mut(new) {
            port.shift_remove("nodePort");
        }
    }
    if has_health_check(was, old) && !has_health_check(is, new) {
        drop_same(old, new, &["healthCheckNodePort"]);
    }
    if was == "LoadBalancer" && is != "LoadBalancer" {
        drop_same(old, new, &["allocateLoadBalancerNodePorts", "loadBalancerClass"]);
    }
    let is_open = |kind: &str, spec: &Map<String, Value>| {
        let has_addresses = !spec.get("externalIPs").is_none_or(is_zero);
        has_node_ports(kind) || (kind == "ClusterIP" && has_addresses)
    };
    if is_open(was, old) && !is_open(is, new) {
        drop_same(old, new, &["externalTrafficPolicy"]);
    }
}

fn keep(old: &Map<String, Value>, new: &mut Map<String, Value>, fields: &[&str]) {
    for field in fields {
        let is_unset = new.get(*field).is_none_or(is_zero);
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

fn ports(spec: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    let ports = spec.get("ports").and_then(Value::as_array);
    ports.into_iter().flatten().filter_map(Value::as_object)
}

fn ports_mut(spec: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    let ports = spec.get_mut("ports").and_then(Value::as_array_mut);
    ports.into_iter().flatten().filter_map(Value::as_object_mut)
}

fn node_port(port: &Map<String, Value>) -> Option<u64> {
    port.get("nodePort")
        .and_then(Value::as_u64)
        .filter(|number| *number != 0)
}

fn node_ports(spec: &Map<String, Value>) -> HashSet<u64> {
    ports(spec).filter_map(node_port).collect()
}
