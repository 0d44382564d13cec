//! Defaults that depend on nothing: the type, the field, the value.

use serde_json::{Map, Value};

/// A default.
#[derive(Debug, Clone, Copy)]
pub(super) enum Constant {
    Text(&'static str),
    Number(i64),
    Boolean(bool),
    /// An empty mapping.
    Empty,
}

use self::Constant::{Boolean, Empty, Number, Text};

impl Constant {
    pub(super) fn value(self) -> Value {
        match self {
            Text(text) => Value::from(text),
            Number(number) => Value::from(number),
            Boolean(value) => Value::from(value),
            Empty => Value::Object(Map::new()),
        }
    }
}

/// The defaults of a type.
pub(super) fn of(name: &str) -> impl Iterator<Item = (&'static str, Constant)> {
    let start = DEFAULTS.partition_point(|(known, _, _)| *known < name);
    DEFAULTS[start..]
        .iter()
        .take_while(move |(known, _, _)| *known == name)
        .map(|(_, field, default)| (*field, *default))
}

/// Sorted by type.
const DEFAULTS: &[(&str, &str, Constant)] = &[
    ("InjectionRevision", "policy", Text("Always")),
    ("PatchPodMetadata", "patchPolicy", Text("Retain")),
    ("SharePolicy", "type", Text("disabled")),
    ("SidecarSetSpecV1Alpha1", "revisionHistoryLimit", Number(10)),
    ("SidecarSetSpecV1Alpha1", "updateStrategy", Empty),
    ("SidecarSetSpecV1Beta1", "revisionHistoryLimit", Number(10)),
    ("SidecarSetSpecV1Beta1", "updateStrategy", Empty),
    ("UpdateStrategy", "maxUnavailable", Number(1)),
    ("UpdateStrategy", "partition", Number(0)),
    ("UpdateStrategy", "type", Text("RollingUpdate")),
    ("UpgradeStrategy", "upgradeType", Text("ColdUpgrade")),
    (
        "admissionregistration.v1.MatchResources",
        "matchPolicy",
        Text("Equivalent"),
    ),
    ("admissionregistration.v1.MatchResources", "namespaceSelector", Empty),
    ("admissionregistration.v1.MatchResources", "objectSelector", Empty),
    (
        "admissionregistration.v1.MutatingWebhook",
        "failurePolicy",
        Text("Fail"),
    ),
    (
        "admissionregistration.v1.MutatingWebhook",
        "matchPolicy",
        Text("Equivalent"),
    ),
    ("admissionregistration.v1.MutatingWebhook", "namespaceSelector", Empty),
    ("admissionregistration.v1.MutatingWebhook", "objectSelector", Empty),
    (
        "admissionregistration.v1.MutatingWebhook",
        "reinvocationPolicy",
        Text("Never"),
    ),
    ("admissionregistration.v1.MutatingWebhook", "timeoutSeconds", Number(10)),
    ("admissionregistration.v1.NamedRuleWithOperations", "scope", Text("*")),
    ("admissionregistration.v1.RuleWithOperations", "scope", Text("*")),
    ("admissionregistration.v1.ServiceReference", "port", Number(443)),
    (
        "admissionregistration.v1.ValidatingAdmissionPolicySpec",
        "failurePolicy",
        Text("Fail"),
    ),
    (
        "admissionregistration.v1.ValidatingWebhook",
        "failurePolicy",
        Text("Fail"),
    ),
    (
        "admissionregistration.v1.ValidatingWebhook",
        "matchPolicy",
        Text("Equivalent"),
    ),
    ("admissionregistration.v1.ValidatingWebhook", "namespaceSelector", Empty),
    ("admissionregistration.v1.ValidatingWebhook", "objectSelector", Empty),
    (
        "admissionregistration.v1.ValidatingWebhook",
        "timeoutSeconds",
        Number(10),
    ),
    ("apiextensions.v1.ServiceReference", "port", Number(443)),
    ("apps.v1.DaemonSetSpec", "revisionHistoryLimit", Number(10)),
    ("apps.v1.DaemonSetSpec", "updateStrategy", Empty),
    ("apps.v1.DeploymentSpec", "progressDeadlineSeconds", Number(600)),
    ("apps.v1.DeploymentSpec", "replicas", Number(1)),
    ("apps.v1.DeploymentSpec", "revisionHistoryLimit", Number(10)),
    ("apps.v1.DeploymentSpec", "strategy", Empty),
    ("apps.v1.ReplicaSetSpec", "replicas", Number(1)),
    (
        "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
        "whenDeleted",
        Text("Retain"),
    ),
    (
        "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
        "whenScaled",
        Text("Retain"),
    ),
    ("apps.v1.StatefulSetSpec", "persistentVolumeClaimRetentionPolicy", Empty),
    ("apps.v1.StatefulSetSpec", "podManagementPolicy", Text("OrderedReady")),
    ("apps.v1.StatefulSetSpec", "replicas", Number(1)),
    ("apps.v1.StatefulSetSpec", "revisionHistoryLimit", Number(10)),
    ("apps.v1.StatefulSetSpec", "updateStrategy", Empty),
    ("autoscaling.v1.HorizontalPodAutoscalerSpec", "minReplicas", Number(1)),
    ("autoscaling.v2.HorizontalPodAutoscalerSpec", "minReplicas", Number(1)),
    ("batch.v1.CronJobSpec", "concurrencyPolicy", Text("Allow")),
    ("batch.v1.CronJobSpec", "failedJobsHistoryLimit", Number(1)),
    ("batch.v1.CronJobSpec", "successfulJobsHistoryLimit", Number(3)),
    ("batch.v1.CronJobSpec", "suspend", Boolean(false)),
    (
        "batch.v1.PodFailurePolicyOnPodConditionsPattern",
        "status",
        Text("True"),
    ),
    ("core.v1.ConfigMapVolumeSource", "defaultMode", Number(420)),
    (
        "core.v1.Container",
        "terminationMessagePath",
        Text("/dev/termination-log"),
    ),
    ("core.v1.Container", "terminationMessagePolicy", Text("File")),
    ("core.v1.ContainerPort", "protocol", Text("TCP")),
    ("core.v1.DownwardAPIVolumeSource", "defaultMode", Number(420)),
    ("core.v1.EndpointPort", "protocol", Text("TCP")),
    (
        "core.v1.EphemeralContainer",
        "terminationMessagePath",
        Text("/dev/termination-log"),
    ),
    ("core.v1.EphemeralContainer", "terminationMessagePolicy", Text("File")),
    ("core.v1.FileKeySelector", "optional", Boolean(false)),
    ("core.v1.GRPCAction", "service", Text("")),
    ("core.v1.HTTPGetAction", "path", Text("/")),
    ("core.v1.HTTPGetAction", "scheme", Text("HTTP")),
    ("core.v1.HostPathVolumeSource", "type", Text("")),
    ("core.v1.ISCSIVolumeSource", "iscsiInterface", Text("default")),
    ("core.v1.ObjectFieldSelector", "apiVersion", Text("v1")),
    ("core.v1.PersistentVolumeClaimSpec", "volumeMode", Text("Filesystem")),
    (
        "core.v1.PersistentVolumeSpec",
        "persistentVolumeReclaimPolicy",
        Text("Retain"),
    ),
    ("core.v1.PersistentVolumeSpec", "volumeMode", Text("Filesystem")),
    ("core.v1.PodSpec", "dnsPolicy", Text("ClusterFirst")),
    ("core.v1.PodSpec", "restartPolicy", Text("Always")),
    ("core.v1.PodSpec", "schedulerName", Text("default-scheduler")),
    ("core.v1.PodSpec", "securityContext", Empty),
    ("core.v1.PodSpec", "terminationGracePeriodSeconds", Number(30)),
    ("core.v1.ProjectedVolumeSource", "defaultMode", Number(420)),
    ("core.v1.RBDVolumeSource", "keyring", Text("/etc/ceph/keyring")),
    ("core.v1.RBDVolumeSource", "pool", Text("rbd")),
    ("core.v1.RBDVolumeSource", "user", Text("admin")),
    ("core.v1.ReplicationControllerSpec", "replicas", Number(1)),
    ("core.v1.Secret", "type", Text("Opaque")),
    ("core.v1.SecretVolumeSource", "defaultMode", Number(420)),
    (
        "core.v1.ServiceAccountTokenProjection",
        "expirationSeconds",
        Number(3600),
    ),
    ("core.v1.ServicePort", "protocol", Text("TCP")),
    ("core.v1.ServiceSpec", "sessionAffinity", Text("None")),
    ("core.v1.ServiceSpec", "type", Text("ClusterIP")),
    ("kruise.apps.SidecarContainer", "shareVolumePolicy", Empty),
    (
        "kruise.apps.SidecarContainer",
        "terminationMessagePath",
        Text("/dev/termination-log"),
    ),
    ("kruise.apps.SidecarContainer", "terminationMessagePolicy", Text("File")),
    ("kruise.apps.SidecarContainer", "upgradeStrategy", Empty),
    (
        "networking.v1.IngressClassParametersReference",
        "scope",
        Text("Cluster"),
    ),
    ("networking.v1.NetworkPolicyPort", "protocol", Text("TCP")),
    ("rbac.v1.RoleRef", "apiGroup", Text("rbac.authorization.k8s.io")),
    (
        "scheduling.v1.PriorityClass",
        "preemptionPolicy",
        Text("PreemptLowerPriority"),
    ),
    ("storage.v1.CSIDriverSpec", "attachRequired", Boolean(true)),
    (
        "storage.v1.CSIDriverSpec",
        "fsGroupPolicy",
        Text("ReadWriteOnceWithFSType"),
    ),
    ("storage.v1.CSIDriverSpec", "podInfoOnMount", Boolean(false)),
    ("storage.v1.CSIDriverSpec", "requiresRepublish", Boolean(false)),
    ("storage.v1.CSIDriverSpec", "seLinuxMount", Boolean(false)),
    ("storage.v1.CSIDriverSpec", "storageCapacity", Boolean(false)),
    ("storage.v1.StorageClass", "reclaimPolicy", Text("Delete")),
    ("storage.v1.StorageClass", "volumeBindingMode", Text("Immediate")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_each_field_once() {
        let keys: Vec<(&str, &str)> = DEFAULTS.iter().map(|(name, field, _)| (*name, *field)).collect();
        assert!(keys.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), keys.len());
        assert_eq!(of("core.v1.Probe").count(), 0);
        assert_eq!(of("core.v1.HTTPGetAction").count(), 2);
    }
}
