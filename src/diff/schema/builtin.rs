//! The types of Kubernetes' own kinds and of OpenKruise's SidecarSet, for a run without a server: one line each.

use std::sync::{Arc, OnceLock};

use k8s_openapi::api::{
    admissionregistration::v1 as admission, apps::v1 as apps, autoscaling::v1 as autoscaling_v1,
    autoscaling::v2 as autoscaling, batch::v1 as batch, coordination::v1 as coordination, core::v1 as core,
    discovery::v1 as discovery, networking::v1 as networking, policy::v1 as policy, rbac::v1 as rbac,
    scheduling::v1 as scheduling, storage::v1 as storage,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1 as extensions;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

use super::shape::{Document, Origin};
use crate::policy::schema::sidecar_set::{SidecarSetV1Alpha1, SidecarSetV1Beta1};

struct BuiltinKind {
    api_version: &'static str,
    kind: &'static str,
    schema: fn() -> (Value, String),
}

const fn kind(api_version: &'static str, kind: &'static str, schema: fn() -> (Value, String)) -> BuiltinKind {
    BuiltinKind {
        api_version,
        kind,
        schema,
    }
}

fn schema<T: JsonSchema>() -> (Value, String) {
    let schema = SchemaGenerator::default().into_root_schema_for::<T>().to_value();
    (schema, T::schema_name().into_owned())
}

const KINDS: &[BuiltinKind] = &[
    kind("apps/v1", "Deployment", schema::<apps::Deployment>),
    kind("apps/v1", "StatefulSet", schema::<apps::StatefulSet>),
    kind("apps/v1", "DaemonSet", schema::<apps::DaemonSet>),
    kind("apps/v1", "ReplicaSet", schema::<apps::ReplicaSet>),
    kind("apps/v1", "ControllerRevision", schema::<apps::ControllerRevision>),
    kind("batch/v1", "Job", schema::<batch::Job>),
    kind("batch/v1", "CronJob", schema::<batch::CronJob>),
    kind("v1", "Pod", schema::<core::Pod>),
    kind("v1", "PodTemplate", schema::<core::PodTemplate>),
    kind("v1", "ReplicationController", schema::<core::ReplicationController>),
    kind("v1", "ConfigMap", schema::<core::ConfigMap>),
    kind("v1", "Secret", schema::<core::Secret>),
    kind("v1", "Namespace", schema::<core::Namespace>),
    kind("v1", "Service", schema::<core::Service>),
    kind("v1", "ServiceAccount", schema::<core::ServiceAccount>),
    kind("v1", "Endpoints", schema::<core::Endpoints>),
    kind("v1", "PersistentVolume", schema::<core::PersistentVolume>),
    kind("v1", "PersistentVolumeClaim", schema::<core::PersistentVolumeClaim>),
    kind("v1", "ResourceQuota", schema::<core::ResourceQuota>),
    kind("v1", "LimitRange", schema::<core::LimitRange>),
    kind(
        "policy/v1",
        "PodDisruptionBudget",
        schema::<policy::PodDisruptionBudget>,
    ),
    kind(
        "autoscaling/v1",
        "HorizontalPodAutoscaler",
        schema::<autoscaling_v1::HorizontalPodAutoscaler>,
    ),
    kind(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        schema::<autoscaling::HorizontalPodAutoscaler>,
    ),
    kind("networking.k8s.io/v1", "Ingress", schema::<networking::Ingress>),
    kind(
        "networking.k8s.io/v1",
        "IngressClass",
        schema::<networking::IngressClass>,
    ),
    kind(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        schema::<networking::NetworkPolicy>,
    ),
    kind("rbac.authorization.k8s.io/v1", "Role", schema::<rbac::Role>),
    kind(
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        schema::<rbac::ClusterRole>,
    ),
    kind(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        schema::<rbac::RoleBinding>,
    ),
    kind(
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        schema::<rbac::ClusterRoleBinding>,
    ),
    kind("storage.k8s.io/v1", "StorageClass", schema::<storage::StorageClass>),
    kind("storage.k8s.io/v1", "CSIDriver", schema::<storage::CSIDriver>),
    kind(
        "scheduling.k8s.io/v1",
        "PriorityClass",
        schema::<scheduling::PriorityClass>,
    ),
    kind("coordination.k8s.io/v1", "Lease", schema::<coordination::Lease>),
    kind(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        schema::<discovery::EndpointSlice>,
    ),
    kind(
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
        schema::<admission::MutatingWebhookConfiguration>,
    ),
    kind(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        schema::<admission::ValidatingWebhookConfiguration>,
    ),
    kind(
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicy",
        schema::<admission::ValidatingAdmissionPolicy>,
    ),
    kind(
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicyBinding",
        schema::<admission::ValidatingAdmissionPolicyBinding>,
    ),
    kind(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        schema::<extensions::CustomResourceDefinition>,
    ),
    kind("apps.kruise.io/v1alpha1", "SidecarSet", schema::<SidecarSetV1Alpha1>),
    kind("apps.kruise.io/v1beta1", "SidecarSet", schema::<SidecarSetV1Beta1>),
];

/// The built-in types of a kind.
pub(crate) fn document(api_version: &str, kind: &str) -> Option<&'static Document> {
    static SLOTS: [OnceLock<Document>; KINDS.len()] = [const { OnceLock::new() }; KINDS.len()];
    let (known, slot) = KINDS
        .iter()
        .zip(&SLOTS)
        .find(|(known, _)| known.kind == kind && known.api_version == api_version)?;
    Some(slot.get_or_init(|| {
        let (json, name) = (known.schema)();
        Document {
            json: Arc::new(json),
            pointer: String::new(),
            name,
            origin: Origin::Builtin,
            is_custom: false,
        }
    }))
}
