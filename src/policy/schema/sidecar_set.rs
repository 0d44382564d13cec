//! The fields of OpenKruise's SidecarSet, as types of our own.
//!
//! Kruise's CRD keeps containers and volumes open (`x-kubernetes-preserve-unknown-fields`), so it cannot find a misspelt field in them; its webhook
//! decodes them into the types of core/v1 and drops what does not fit. These types say what does fit (kruise v1.9.0
//! `apis/apps/v1alpha1/sidecarset_types.go`, `apis/apps/v1beta1/sidecarset_types.go`).

#![expect(dead_code, reason = "the fields are read through their schemas only")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, LocalObjectReference, ObjectFieldSelector, Volume};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

/// `apps.kruise.io/v1alpha1`
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(crate) struct SidecarSetV1Alpha1 {
    api_version: String,
    kind: String,
    metadata: ObjectMeta,
    spec: SidecarSetSpecV1Alpha1,
    /// Written by the controller.
    status: Value,
}

/// `apps.kruise.io/v1beta1`, from 1.9.0 on
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(crate) struct SidecarSetV1Beta1 {
    api_version: String,
    kind: String,
    metadata: ObjectMeta,
    spec: SidecarSetSpecV1Beta1,
    /// Written by the controller.
    status: Value,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct SidecarSetSpecV1Alpha1 {
    /// Labels of the pods; never empty.
    selector: LabelSelector,
    /// One namespace; all of them if neither this nor `namespaceSelector` is given.
    namespace: String,
    /// Labels of the namespaces (1.4).
    namespace_selector: LabelSelector,
    init_containers: Vec<SidecarContainer>,
    containers: Vec<SidecarContainer>,
    volumes: Vec<Volume>,
    update_strategy: UpdateStrategy,
    injection_strategy: InjectionStrategy,
    image_pull_secrets: Vec<LocalObjectReference>,
    revision_history_limit: i32,
    patch_pod_metadata: Vec<PatchPodMetadata>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct SidecarSetSpecV1Beta1 {
    /// Labels of the pods; never empty.
    selector: LabelSelector,
    /// Labels of the namespaces; the field `namespace` of v1alpha1 is gone.
    namespace_selector: LabelSelector,
    /// A name for the revision; a label of the object in v1alpha1.
    custom_version: String,
    init_containers: Vec<SidecarContainer>,
    containers: Vec<SidecarContainer>,
    volumes: Vec<Volume>,
    update_strategy: UpdateStrategy,
    injection_strategy: InjectionStrategy,
    image_pull_secrets: Vec<LocalObjectReference>,
    revision_history_limit: i32,
    patch_pod_metadata: Vec<PatchPodMetadata>,
}

/// A container of core/v1 with Kruise's own fields beside its own.
struct SidecarContainer;

impl JsonSchema for SidecarContainer {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("io.kruise.apps.SidecarContainer")
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut container = Container::json_schema(generator);
        let fields = SidecarContainerFields::json_schema(generator);
        if let Some(properties) = container.get_mut("properties").and_then(Value::as_object_mut)
            && let Some(own) = fields.get("properties").and_then(Value::as_object)
        {
            properties.extend(own.clone());
        }
        container
    }
}

/// What Kruise adds to a container.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct SidecarContainerFields {
    /// `BeforeAppContainer` or `AfterAppContainer`.
    pod_inject_policy: String,
    upgrade_strategy: UpgradeStrategy,
    share_volume_policy: SharePolicy,
    /// From 1.9.0 on.
    share_volume_device_policy: SharePolicy,
    transfer_env: Vec<TransferEnv>,
    /// From 1.9.0 on.
    resources_policy: ResourcesPolicy,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct UpgradeStrategy {
    /// `ColdUpgrade` or `HotUpgrade`.
    upgrade_type: String,
    /// The image that does nothing.
    hot_upgrade_empty_image: String,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct SharePolicy {
    /// `enabled` or `disabled`.
    r#type: String,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct TransferEnv {
    source_container_name: String,
    source_container_name_from: SourceContainerNameFrom,
    env_name: String,
    env_names: Vec<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct SourceContainerNameFrom {
    field_ref: ObjectFieldSelector,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct ResourcesPolicy {
    /// `sum` or `max`.
    target_containers_mode: String,
    target_containers_name_regex: String,
    resources_expr: ResourcesExpression,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct ResourcesExpression {
    limits: ResourceExpressions,
    requests: ResourceExpressions,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct ResourceExpressions {
    cpu: String,
    memory: String,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct UpdateStrategy {
    /// `RollingUpdate` or `NotUpdate`.
    r#type: String,
    paused: bool,
    selector: LabelSelector,
    /// Pods that stay as they are.
    partition: IntOrString,
    max_unavailable: IntOrString,
    priority_strategy: PriorityStrategy,
    scatter_strategy: Vec<ScatterTerm>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct PriorityStrategy {
    order_priority: Vec<OrderPriority>,
    weight_priority: Vec<WeightPriority>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct OrderPriority {
    ordered_key: String,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct WeightPriority {
    weight: i32,
    match_selector: LabelSelector,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct ScatterTerm {
    key: String,
    value: String,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct InjectionStrategy {
    paused: bool,
    revision: InjectionRevision,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct InjectionRevision {
    custom_version: String,
    revision_name: String,
    /// `Always` or `Partial`.
    policy: String,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct PatchPodMetadata {
    annotations: BTreeMap<String, String>,
    /// `Retain`, `Overwrite` or `MergePatchJson`.
    patch_policy: String,
}
