//! The kinds whose fields are known: one line each.

use k8s_openapi::api::{apps::v1 as apps, batch::v1 as batch, core::v1 as core};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

use super::mend;
use super::sidecar_set::{SidecarSetV1Alpha1, SidecarSetV1Beta1};

/// Makes the schema of a kind.
pub(super) type MakeSchema = fn() -> Value;

/// A kind whose fields are known.
pub(super) struct KnownKind {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) schema: MakeSchema,
}

const fn known(api_version: &'static str, kind: &'static str, schema: MakeSchema) -> KnownKind {
    KnownKind {
        api_version,
        kind,
        schema,
    }
}

pub(super) const KINDS: &[KnownKind] = &[
    known("apps/v1", "Deployment", schema::<apps::Deployment>),
    known("apps/v1", "StatefulSet", schema::<apps::StatefulSet>),
    known("apps/v1", "DaemonSet", schema::<apps::DaemonSet>),
    known("apps/v1", "ReplicaSet", schema::<apps::ReplicaSet>),
    known("batch/v1", "Job", schema::<batch::Job>),
    known("batch/v1", "CronJob", schema::<batch::CronJob>),
    known("v1", "Pod", schema::<core::Pod>),
    known("v1", "ConfigMap", schema::<core::ConfigMap>),
    known("v1", "Namespace", schema::<core::Namespace>),
    known("apps.kruise.io/v1alpha1", "SidecarSet", schema::<SidecarSetV1Alpha1>),
    known("apps.kruise.io/v1beta1", "SidecarSet", schema::<SidecarSetV1Beta1>),
];

fn schema<T: JsonSchema>() -> Value {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<T>().to_value();
    mend::mend(&mut schema);
    schema
}
