//! Defaults that depend on other fields.

use serde_json::{Map, Value, json};

use super::set;
use crate::diff::schema::shape;
use crate::model::image::ImageReference;

/// The type of a container of a SidecarSet.
pub(super) const SIDECAR_CONTAINER: &str = "kruise.apps.SidecarContainer";

type Fields = Map<String, Value>;

/// Writes the defaults of a type. What a rule writes below a field is there before that field gets its own defaults.
pub(super) fn apply(name: &str, fields: &mut Fields, is_root: bool) {
    match name {
        "apps.v1.DeploymentStrategy" => {
            set_empty(fields, "type", "RollingUpdate");
            if is(fields, "type", "RollingUpdate") {
                object(fields, "rollingUpdate", |rolling| {
                    set(rolling, "maxUnavailable", || json!("25%"));
                    set(rolling, "maxSurge", || json!("25%"));
                });
            }
        }
        "apps.v1.DaemonSetUpdateStrategy" => {
            set_empty(fields, "type", "RollingUpdate");
            if is(fields, "type", "RollingUpdate") {
                object(fields, "rollingUpdate", |rolling| {
                    set(rolling, "maxUnavailable", || json!(1));
                    set(rolling, "maxSurge", || json!(0));
                });
            }
        }
        "apps.v1.StatefulSetUpdateStrategy" => {
            if set_empty(fields, "type", "RollingUpdate") {
                object(fields, "rollingUpdate", |_| {});
            }
            if is(fields, "type", "RollingUpdate")
                && let Some(rolling) = fields.get_mut("rollingUpdate").and_then(Value::as_object_mut)
            {
                set(rolling, "partition", || json!(0));
            }
        }
        "apps.v1.StatefulSetSpec" => claim_templates(fields),
        "core.v1.Container" | "core.v1.EphemeralContainer" => pull_policy(fields),
        "core.v1.Probe" => {
            for (field, value) in [
                ("timeoutSeconds", 1),
                ("periodSeconds", 10),
                ("successThreshold", 1),
                ("failureThreshold", 3),
            ] {
                set_zero(fields, field, || json!(value));
            }
        }
        "core.v1.Volume" if fields.keys().all(|key| key == "name") => {
            object(fields, "emptyDir", |_| {});
        }
        "core.v1.Volume" => image_volume(fields),
        "core.v1.PodSpec" => service_account(fields),
        "core.v1.PodTemplateSpec" => drop_former_annotations(fields),
        "core.v1.ReplicationController" => replication_controller(fields),
        "core.v1.ServiceSpec" => service(fields),
        "core.v1.Pod" if is_root => pod(fields),
        "batch.v1.Job" if is_root => {
            job_labels(fields);
            object(fields, "spec", job);
        }
        "autoscaling.v2.HorizontalPodAutoscalerSpec" => autoscaler(fields),
        "networking.v1.NetworkPolicySpec" => network_policy(fields),
        "rbac.v1.Subject" if is(fields, "kind", "User") || is(fields, "kind", "Group") => {
            set_empty(fields, "apiGroup", "rbac.authorization.k8s.io");
        }
        "apiextensions.v1.CustomResourceDefinitionSpec" => definition(fields),
        SIDECAR_CONTAINER => {
            pull_policy(fields);
        }
        "SidecarSetSpecV1Alpha1" | "SidecarSetSpecV1Beta1" => {
            inject_policy(fields, "containers", "BeforeAppContainer");
            inject_policy(fields, "initContainers", "AfterAppContainer");
        }
        _ => {}
    }
}

fn is(fields: &Fields, field: &str, value: &str) -> bool {
    fields.get(field).and_then(Value::as_str) == Some(value)
}

/// Does something with the mapping under a field, made if there is none; nothing with what is no mapping.
fn object(fields: &mut Fields, field: &str, write: impl FnOnce(&mut Fields)) {
    set(fields, field, || Value::Object(Map::new()));
    if let Some(Value::Object(fields)) = fields.get_mut(field) {
        write(fields);
    }
}

/// Whether the text was not set.
fn set_empty(fields: &mut Fields, field: &str, value: &str) -> bool {
    set_zero(fields, field, || json!(value))
}

fn set_zero(fields: &mut Fields, field: &str, value: impl FnOnce() -> Value) -> bool {
    let is_set = fields.get(field).is_some_and(|value| !shape::is_zero(value));
    if !is_set {
        fields.insert(field.to_owned(), value());
    }
    !is_set
}

fn list<'f>(fields: &'f mut Fields, field: &str) -> impl Iterator<Item = &'f mut Fields> {
    fields
        .get_mut(field)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
}

/// `Always` if the tag is `latest`, or there is neither tag nor digest (kubernetes v1.36.3 `pkg/util/parsers/parsers.go`).
fn pull_policy(fields: &mut Fields) {
    let image = fields.get("image").and_then(Value::as_str).unwrap_or_default();
    let policy = if has_latest_tag(image) {
        "Always"
    } else {
        "IfNotPresent"
    };
    set_empty(fields, "imagePullPolicy", policy);
}

/// What cannot be parsed has no tag.
fn has_latest_tag(image: &str) -> bool {
    ImageReference::parse(image).is_ok_and(|image| match image.tag.as_deref() {
        Some(tag) => tag == "latest",
        None => image.digest.is_none(),
    })
}

fn image_volume(fields: &mut Fields) {
    if let Some(image) = fields.get_mut("image").and_then(Value::as_object_mut) {
        let reference = image.get("reference").and_then(Value::as_str).unwrap_or_default();
        let policy = if has_latest_tag(reference) {
            "Always"
        } else {
            "IfNotPresent"
        };
        set_empty(image, "pullPolicy", policy);
    }
}

/// A claim template is a whole object to the server.
fn claim_templates(fields: &mut Fields) {
    for claim in list(fields, "volumeClaimTemplates") {
        set(claim, "apiVersion", || json!("v1"));
        set(claim, "kind", || json!("PersistentVolumeClaim"));
        object(claim, "status", |status| set(status, "phase", || json!("Pending")));
    }
}

/// Only a Job itself gets these, not the template of one in a CronJob.
fn job(fields: &mut Fields) {
    set(fields, "completionMode", || json!("NonIndexed"));
    set(fields, "suspend", || json!(false));
    set(fields, "manualSelector", || json!(false));
    let is_unset = |fields: &Fields, field: &str| fields.get(field).is_none_or(Value::is_null);
    if is_unset(fields, "completions") && is_unset(fields, "parallelism") {
        set(fields, "completions", || json!(1));
    }
    set(fields, "parallelism", || json!(1));
    let limit = if is_unset(fields, "backoffLimitPerIndex") {
        6
    } else {
        i32::MAX
    };
    set(fields, "backoffLimit", || json!(limit));
    let replacement = if is_unset(fields, "podFailurePolicy") {
        "TerminatingOrFailed"
    } else {
        "Failed"
    };
    set(fields, "podReplacementPolicy", || json!(replacement));
}

fn job_labels(fields: &mut Fields) {
    let labels = fields
        .get("spec")
        .and_then(|spec| spec.pointer("/template/metadata/labels"))
        .cloned();
    if let Some(labels) = labels.filter(|labels| !shape::is_zero(labels)) {
        object(fields, "metadata", |metadata| {
            set_zero(metadata, "labels", || labels);
        });
    }
}

fn service(fields: &mut Fields) {
    match fields.get("sessionAffinity").and_then(Value::as_str) {
        None | Some("" | "None") => {
            fields.shift_remove("sessionAffinityConfig");
        }
        Some("ClientIP") => {
            object(fields, "sessionAffinityConfig", |configuration| {
                object(configuration, "clientIP", |client| {
                    set(client, "timeoutSeconds", || json!(10_800));
                });
            });
        }
        Some(_) => {}
    }
    for port in list(fields, "ports") {
        let number = port.get("port").cloned().unwrap_or(Value::Null);
        set_zero(port, "targetPort", || number);
    }
    let kind = fields
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or("ClusterIP")
        .to_owned();
    let is_balanced = kind == "LoadBalancer";
    let has_external_addresses = fields
        .get("externalIPs")
        .and_then(Value::as_array)
        .is_some_and(|addresses| !addresses.is_empty());
    if is_balanced || kind == "NodePort" || (kind == "ClusterIP" && has_external_addresses) {
        set_empty(fields, "externalTrafficPolicy", "Cluster");
    }
    if kind != "ExternalName" {
        set(fields, "internalTrafficPolicy", || json!("Cluster"));
    }
    if is_balanced {
        set(fields, "allocateLoadBalancerNodePorts", || json!(true));
    }
}

/// The field has a former name, which is kept the same (kubernetes v1.36.3 `pkg/apis/core/v1/conversion.go`).
fn service_account(fields: &mut Fields) {
    let text = |field: &str| fields.get(field).filter(|value| !shape::is_zero(value)).cloned();
    if let Some(name) = text("serviceAccountName").or_else(|| text("serviceAccount")) {
        fields.insert("serviceAccountName".to_owned(), name.clone());
        fields.insert("serviceAccount".to_owned(), name);
    }
}

/// Annotations of long ago that the server takes out of a template (kubernetes v1.36.3 `pkg/apis/core/v1/conversion.go`).
fn drop_former_annotations(fields: &mut Fields) {
    let annotations = fields
        .get_mut("metadata")
        .and_then(|metadata| metadata.get_mut("annotations"))
        .and_then(Value::as_object_mut);
    if let Some(annotations) = annotations {
        for version in ["alpha", "beta"] {
            for name in ["init-containers", "init-container-statuses"] {
                annotations.shift_remove(&format!("pod.{version}.kubernetes.io/{name}"));
            }
        }
    }
}

/// Its selector and its labels are those of its template.
fn replication_controller(fields: &mut Fields) {
    let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    let labels = spec
        .get("template")
        .and_then(|template| template.pointer("/metadata/labels"))
        .cloned();
    let Some(labels) = labels.filter(|labels| !shape::is_zero(labels)) else {
        return;
    };
    set_zero(spec, "selector", || labels.clone());
    object(fields, "metadata", |metadata| {
        set_zero(metadata, "labels", || labels);
    });
}

/// Only a Pod itself gets these, not the template of one.
fn pod(fields: &mut Fields) {
    let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    set(spec, "enableServiceLinks", || json!(true));
    let is_on_host = spec.get("hostNetwork") == Some(&Value::Bool(true));
    for name in ["containers", "initContainers"] {
        for container in list(spec, name) {
            if let Some(resources) = container.get_mut("resources").and_then(Value::as_object_mut)
                && let Some(limits) = resources.get("limits").and_then(Value::as_object).cloned()
            {
                object(resources, "requests", |requests| {
                    for (resource, limit) in limits {
                        set(requests, &resource, || limit);
                    }
                });
            }
            if is_on_host {
                for port in list(container, "ports") {
                    let number = port.get("containerPort").cloned().unwrap_or(Value::Null);
                    set_zero(port, "hostPort", || number);
                }
            }
        }
    }
}

fn autoscaler(fields: &mut Fields) {
    if fields.get("metrics").is_none_or(shape::is_zero) {
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
        fields.insert("metrics".to_owned(), json!([metric]));
    }
    let Some(behavior) = fields.get_mut("behavior").and_then(Value::as_object_mut) else {
        return;
    };
    let percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    let pods = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
    object(behavior, "scaleUp", |up| {
        set(up, "stabilizationWindowSeconds", || json!(0));
        set(up, "selectPolicy", || json!("Max"));
        set(up, "policies", || json!([pods, percent]));
    });
    object(behavior, "scaleDown", |down| {
        set(down, "selectPolicy", || json!("Max"));
        set(down, "policies", || json!([percent]));
    });
}

fn network_policy(fields: &mut Fields) {
    if fields.get("policyTypes").is_none_or(shape::is_zero) {
        let has_egress = fields.get("egress").is_some_and(|egress| !shape::is_zero(egress));
        let types = if has_egress {
            json!(["Ingress", "Egress"])
        } else {
            json!(["Ingress"])
        };
        fields.insert("policyTypes".to_owned(), types);
    }
}

fn definition(fields: &mut Fields) {
    object(fields, "conversion", |conversion| {
        set(conversion, "strategy", || json!("None"));
    });
    object(fields, "names", |names| {
        let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        set_empty(names, "singular", &kind.to_lowercase());
        set_empty(names, "listKind", &format!("{kind}List"));
    });
}

fn inject_policy(fields: &mut Fields, field: &str, policy: &str) {
    for container in list(fields, field) {
        set_empty(container, "podInjectPolicy", policy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_decides_when_an_image_is_pulled() {
        for (image, expected) in [
            ("nginx", true),
            ("nginx:latest", true),
            ("registry:5000/nginx", true),
            ("nginx:1.25", false),
            ("registry:5000/nginx:1.25", false),
            ("$$$IMAGE$$$", false),
            ("", false),
        ] {
            assert_eq!(has_latest_tag(image), expected, "{image}");
        }
    }
}
