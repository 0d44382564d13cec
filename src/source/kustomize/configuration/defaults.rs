//! The places that kustomize knows without being told
//! (kustomize api v0.18.0 `internal/konfig/builtinpluginconsts`).

use super::{Configuration, NameReference};
use crate::source::kustomize::field_spec::FieldSpec;

/// Group, version, kind and path; whether the path is made where it is missing stands beside the table.
type Place = (&'static str, &'static str, &'static str, &'static str);

/// Where a kind keeps its pods: version, kind, and the way to the pod's spec.
type PodHolder = (&'static str, &'static str, &'static str);

const POD: PodHolder = ("v1", "Pod", "spec");
const POD_OF_ANY_VERSION: PodHolder = ("", "Pod", "spec");
const POD_TEMPLATE: PodHolder = ("", "PodTemplate", "template/spec");
const DEPLOYMENT: PodHolder = ("", "Deployment", "spec/template/spec");
const REPLICA_SET: PodHolder = ("", "ReplicaSet", "spec/template/spec");
const REPLICATION_CONTROLLER: PodHolder = ("", "ReplicationController", "spec/template/spec");
const DAEMON_SET: PodHolder = ("", "DaemonSet", "spec/template/spec");
const STATEFUL_SET: PodHolder = ("", "StatefulSet", "spec/template/spec");
const JOB: PodHolder = ("", "Job", "spec/template/spec");
const CRON_JOB: PodHolder = ("", "CronJob", "spec/jobTemplate/spec/template/spec");

/// Kinds whose pods follow ConfigMaps and Secrets. A `ReplicationController`'s do not.
const FOLLOW_CONFIGURATION: &[PodHolder] = &[
    POD,
    POD_TEMPLATE,
    DEPLOYMENT,
    REPLICA_SET,
    DAEMON_SET,
    STATEFUL_SET,
    JOB,
    CRON_JOB,
];

/// Kinds whose pods follow service accounts, claims and priority classes. A ReplicaSet's do not.
const FOLLOW_THE_REST: &[PodHolder] = &[
    POD_OF_ANY_VERSION,
    STATEFUL_SET,
    DEPLOYMENT,
    REPLICATION_CONTROLLER,
    CRON_JOB,
    JOB,
    DAEMON_SET,
];

/// Kinds in whose containers `vars` are put.
const HOLD_VARIABLES: &[PodHolder] = &[
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    POD_OF_ANY_VERSION,
    REPLICA_SET,
    STATEFUL_SET,
];

const CONFIG_MAP_IN_POD: &[&str] = &[
    "volumes/configMap/name",
    "containers/env/valueFrom/configMapKeyRef/name",
    "initContainers/env/valueFrom/configMapKeyRef/name",
    "containers/envFrom/configMapRef/name",
    "initContainers/envFrom/configMapRef/name",
    "volumes/projected/sources/configMap/name",
];

const SECRET_IN_POD: &[&str] = &[
    "volumes/secret/secretName",
    "containers/env/valueFrom/secretKeyRef/name",
    "initContainers/env/valueFrom/secretKeyRef/name",
    "containers/envFrom/secretRef/name",
    "initContainers/envFrom/secretRef/name",
    "imagePullSecrets/name",
    "volumes/projected/sources/secret/name",
];

const VARIABLES_IN_POD: &[&str] = &[
    "containers/args",
    "containers/command",
    "containers/env/value",
    "containers/volumeMounts/mountPath",
    "initContainers/args",
    "initContainers/command",
    "initContainers/env/value",
    "initContainers/volumeMounts/mountPath",
];

/// What is named, which pods name it where, and what else names it.
struct References {
    /// Group, version and kind.
    named: (&'static str, &'static str, &'static str),
    in_pods: (&'static [PodHolder], &'static [&'static str]),
    elsewhere: &'static [Place],
}

const NOT_IN_PODS: (&[PodHolder], &[&str]) = (&[], &[]);

const SCALED: &[Place] = &[("", "", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name")];

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

const NAME_REFERENCES: &[References] = &[
    References {
        named: ("", "", "Deployment"),
        in_pods: NOT_IN_PODS,
        elsewhere: SCALED,
    },
    References {
        named: ("", "", "ReplicationController"),
        in_pods: NOT_IN_PODS,
        elsewhere: SCALED,
    },
    References {
        named: ("", "", "ReplicaSet"),
        in_pods: NOT_IN_PODS,
        elsewhere: SCALED,
    },
    References {
        named: ("", "", "StatefulSet"),
        in_pods: NOT_IN_PODS,
        elsewhere: SCALED,
    },
    References {
        named: ("", "v1", "ConfigMap"),
        in_pods: (FOLLOW_CONFIGURATION, CONFIG_MAP_IN_POD),
        elsewhere: &[
            ("", "", "Node", "spec/configSource/configMap"),
            ("", "", "Role", "rules/resourceNames"),
            ("", "", "ClusterRole", "rules/resourceNames"),
            (
                "",
                "",
                "Ingress",
                r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap",
            ),
        ],
    },
    References {
        named: ("", "v1", "Secret"),
        in_pods: (FOLLOW_CONFIGURATION, SECRET_IN_POD),
        elsewhere: &[
            ("", "", "Ingress", "spec/tls/secretName"),
            (
                "",
                "",
                "Ingress",
                r"metadata/annotations/ingress.kubernetes.io\/auth-secret",
            ),
            (
                "",
                "",
                "Ingress",
                r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret",
            ),
            (
                "",
                "",
                "Ingress",
                r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret",
            ),
            // Twice, as kustomize has it.
            ("", "", "Ingress", "spec/tls/secretName"),
            ("", "", "ServiceAccount", "imagePullSecrets/name"),
            ("", "", "StorageClass", "parameters/secretName"),
            ("", "", "StorageClass", "parameters/adminSecretName"),
            ("", "", "StorageClass", "parameters/userSecretName"),
            ("", "", "StorageClass", "parameters/secretRef"),
            ("", "", "Role", "rules/resourceNames"),
            ("", "", "ClusterRole", "rules/resourceNames"),
            (
                "serving.knative.dev",
                "v1",
                "Service",
                "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
            ),
            ("", "", "PersistentVolume", "spec/azureFile/secretName"),
        ],
    },
    References {
        named: ("", "v1", "Service"),
        in_pods: NOT_IN_PODS,
        elsewhere: &[
            ("apps", "", "StatefulSet", "spec/serviceName"),
            ("", "", "Ingress", "spec/rules/http/paths/backend/serviceName"),
            ("", "", "Ingress", "spec/backend/serviceName"),
            ("", "", "Ingress", "spec/rules/http/paths/backend/service/name"),
            ("", "", "Ingress", "spec/defaultBackend/service/name"),
            ("apiregistration.k8s.io", "", "APIService", "spec/service/name"),
            (
                ADMISSION,
                "",
                "ValidatingWebhookConfiguration",
                "webhooks/clientConfig/service",
            ),
            (
                ADMISSION,
                "",
                "MutatingWebhookConfiguration",
                "webhooks/clientConfig/service",
            ),
        ],
    },
    References {
        named: (RBAC, "", "Role"),
        in_pods: NOT_IN_PODS,
        elsewhere: &[(RBAC, "", "RoleBinding", "roleRef/name")],
    },
    References {
        named: (RBAC, "", "ClusterRole"),
        in_pods: NOT_IN_PODS,
        elsewhere: &[
            (RBAC, "", "RoleBinding", "roleRef/name"),
            (RBAC, "", "ClusterRoleBinding", "roleRef/name"),
        ],
    },
    References {
        named: ("", "v1", "ServiceAccount"),
        in_pods: (FOLLOW_THE_REST, &["serviceAccountName"]),
        elsewhere: &[
            (RBAC, "", "RoleBinding", "subjects"),
            (RBAC, "", "ClusterRoleBinding", "subjects"),
        ],
    },
    References {
        named: ("", "v1", "PersistentVolumeClaim"),
        in_pods: (FOLLOW_THE_REST, &["volumes/persistentVolumeClaim/claimName"]),
        elsewhere: &[],
    },
    References {
        named: ("", "v1", "PersistentVolume"),
        in_pods: NOT_IN_PODS,
        elsewhere: &[
            ("", "", "PersistentVolumeClaim", "spec/volumeName"),
            ("", "", "ClusterRole", "rules/resourceNames"),
        ],
    },
    References {
        named: ("storage.k8s.io", "v1", "StorageClass"),
        in_pods: NOT_IN_PODS,
        elsewhere: &[
            ("", "", "PersistentVolume", "spec/storageClassName"),
            ("", "", "PersistentVolumeClaim", "spec/storageClassName"),
            ("", "", "StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"),
        ],
    },
    References {
        named: ("scheduling.k8s.io", "v1", "PriorityClass"),
        in_pods: (FOLLOW_THE_REST, &["priorityClassName"]),
        elsewhere: &[],
    },
    References {
        // No group is called so, and nothing is ever found: kustomize has it like this.
        named: ("networking.k8s.io/v1", "v1", "IngressClass"),
        in_pods: NOT_IN_PODS,
        elsewhere: &[("", "", "Ingress", "spec/ingressClassName")],
    },
    References {
        named: (ADMISSION, "", "ValidatingAdmissionPolicy"),
        in_pods: NOT_IN_PODS,
        elsewhere: &[(ADMISSION, "", "ValidatingAdmissionPolicyBinding", "spec/policyName")],
    },
];

const NAMES: &[Place] = &[("", "", "", "metadata/name")];

const NAMESPACES_MADE: &[Place] = &[
    ("", "", "Namespace", "metadata/name"),
    ("apiregistration.k8s.io", "", "APIService", "spec/service/namespace"),
];

const NAMESPACES: &[Place] = &[(
    "apiextensions.k8s.io",
    "",
    "CustomResourceDefinition",
    "spec/conversion/webhook/clientConfig/service/namespace",
)];

const SELECTORS_MADE: &[Place] = &[
    ("", "v1", "Service", "spec/selector"),
    ("", "v1", "ReplicationController", "spec/selector"),
    ("", "", "Deployment", "spec/selector/matchLabels"),
    ("", "", "ReplicaSet", "spec/selector/matchLabels"),
    ("", "", "DaemonSet", "spec/selector/matchLabels"),
    ("apps", "", "StatefulSet", "spec/selector/matchLabels"),
];

const SELECTORS: &[Place] = &[
    ("batch", "", "Job", "spec/selector/matchLabels"),
    ("batch", "", "CronJob", "spec/jobTemplate/spec/selector/matchLabels"),
    ("policy", "", "PodDisruptionBudget", "spec/selector/matchLabels"),
    ("networking.k8s.io", "", "NetworkPolicy", "spec/podSelector/matchLabels"),
    (
        "networking.k8s.io",
        "",
        "NetworkPolicy",
        "spec/ingress/from/podSelector/matchLabels",
    ),
    (
        "networking.k8s.io",
        "",
        "NetworkPolicy",
        "spec/egress/to/podSelector/matchLabels",
    ),
];

/// Below the pod's spec of a Deployment and a StatefulSet.
const SELECTORS_IN_POD: &[&str] = &[
    "affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "topologySpreadConstraints/labelSelector/matchLabels",
];

const LABELS_MADE: &[Place] = &[
    ("", "", "", "metadata/labels"),
    ("", "v1", "ReplicationController", "spec/template/metadata/labels"),
    ("", "", "Deployment", "spec/template/metadata/labels"),
    ("", "", "ReplicaSet", "spec/template/metadata/labels"),
    ("", "", "DaemonSet", "spec/template/metadata/labels"),
    ("apps", "", "StatefulSet", "spec/template/metadata/labels"),
    ("apps", "", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels"),
    ("batch", "", "Job", "spec/template/metadata/labels"),
    ("batch", "", "CronJob", "spec/jobTemplate/metadata/labels"),
    ("batch", "", "CronJob", "spec/jobTemplate/spec/template/metadata/labels"),
];

const ANNOTATIONS_MADE: &[Place] = &[
    ("", "", "", "metadata/annotations"),
    ("", "v1", "ReplicationController", "spec/template/metadata/annotations"),
    ("", "", "Deployment", "spec/template/metadata/annotations"),
    ("", "", "ReplicaSet", "spec/template/metadata/annotations"),
    ("", "", "DaemonSet", "spec/template/metadata/annotations"),
    ("", "", "StatefulSet", "spec/template/metadata/annotations"),
    ("batch", "", "Job", "spec/template/metadata/annotations"),
    ("batch", "", "CronJob", "spec/jobTemplate/metadata/annotations"),
    (
        "batch",
        "",
        "CronJob",
        "spec/jobTemplate/spec/template/metadata/annotations",
    ),
];

const VARIABLES: &[Place] = &[
    // Without the `spec` that a CronJob has there.
    ("", "", "CronJob", "spec/jobTemplate/spec/template/volumes/nfs/server"),
    ("", "", "DaemonSet", "spec/template/spec/volumes/nfs/server"),
    ("", "", "Deployment", "spec/template/spec/volumes/nfs/server"),
    ("", "", "Deployment", "spec/template/metadata/annotations"),
    ("", "", "Ingress", "spec/rules/host"),
    ("", "", "Ingress", "spec/tls/hosts"),
    ("", "", "Ingress", "spec/tls/secretName"),
    ("", "", "Job", "spec/template/spec/volumes/nfs/server"),
    ("", "", "Pod", "spec/volumes/nfs/server"),
    ("", "", "ReplicaSet", "spec/template/spec/volumes/nfs/server"),
    ("", "", "Service", "spec/ports/port"),
    ("", "", "Service", "spec/ports/targetPort"),
    ("", "", "StatefulSet", "spec/volumeClaimTemplates/spec/nfs/server"),
    ("", "", "PersistentVolume", "spec/nfs/server"),
    ("", "", "", "metadata/labels"),
    ("", "", "", "metadata/annotations"),
];

const IMAGES_MADE: &[Place] = &[
    ("", "", "", "spec/containers[]/image"),
    ("", "", "", "spec/initContainers[]/image"),
    ("", "", "", "spec/template/spec/containers[]/image"),
    ("", "", "", "spec/template/spec/initContainers[]/image"),
];

const REPLICAS_MADE: &[Place] = &[
    ("", "", "Deployment", "spec/replicas"),
    ("", "", "ReplicationController", "spec/replicas"),
    ("", "", "ReplicaSet", "spec/replicas"),
    ("", "", "StatefulSet", "spec/replicas"),
];

fn specs(places: &[Place], create: bool) -> Vec<FieldSpec> {
    places
        .iter()
        .map(|(group, version, kind, path)| FieldSpec::new(group, version, kind, path, create))
        .collect()
}

fn specs_in_pods(group: &str, holders: &[PodHolder], paths: &[&str]) -> Vec<FieldSpec> {
    let of_holder = |(version, kind, spec): &PodHolder| {
        let spec_at = |path: &&str| FieldSpec::new(group, version, kind, &format!("{spec}/{path}"), false);
        paths.iter().map(spec_at).collect::<Vec<_>>()
    };
    holders.iter().flat_map(of_holder).collect()
}

fn name_reference(references: &References) -> NameReference {
    let (group, version, kind) = references.named;
    let (holders, paths) = references.in_pods;
    let mut referrers = specs_in_pods("", holders, paths);
    referrers.extend(specs(references.elsewhere, false));
    NameReference {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.to_owned(),
        referrers,
    }
}

/// What kustomize has built in. Further places of `labels` are none.
pub(super) fn defaults() -> Configuration {
    let both = |made: &[Place], found: &[Place]| [specs(made, true), specs(found, false)].concat();
    let mut configuration = Configuration {
        name_prefix: specs(NAMES, false),
        name_suffix: specs(NAMES, false),
        namespace: both(NAMESPACES_MADE, NAMESPACES),
        common_labels: [
            both(SELECTORS_MADE, SELECTORS),
            specs_in_pods("apps", &[DEPLOYMENT, STATEFUL_SET], SELECTORS_IN_POD),
            specs(LABELS_MADE, true),
        ]
        .concat(),
        labels: Vec::new(),
        template_labels: specs(LABELS_MADE, true),
        common_annotations: specs(ANNOTATIONS_MADE, true),
        name_references: NAME_REFERENCES.iter().map(name_reference).collect(),
        variable_references: [
            specs_in_pods("", HOLD_VARIABLES, VARIABLES_IN_POD),
            specs(VARIABLES, false),
        ]
        .concat(),
        images: specs(IMAGES_MADE, true),
        replicas: specs(REPLICAS_MADE, true),
    };
    configuration.sort();
    configuration
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted in kustomize's own tables.
    #[test]
    fn no_place_is_lost_and_none_is_doubled() {
        let all = defaults();
        let counts = [
            ("name prefix", all.name_prefix.len(), 1),
            ("namespace", all.namespace.len(), 3),
            ("common labels", all.common_labels.len(), 32),
            ("template labels", all.template_labels.len(), 10),
            ("common annotations", all.common_annotations.len(), 9),
            ("variable references", all.variable_references.len(), 72),
            ("images", all.images.len(), 4),
            ("replicas", all.replicas.len(), 4),
            ("names", all.name_references.len(), 16),
            (
                "referrers",
                all.name_references.iter().map(|name| name.referrers.len()).sum(),
                167,
            ),
        ];
        for (what, found, known) in counts {
            assert_eq!(found, known, "{what}");
        }
    }

    #[test]
    fn names_are_followed_in_the_order_of_kinds_that_kustomize_has() {
        let order: Vec<_> = defaults().name_references.into_iter().map(|name| name.kind).collect();
        let wanted = [
            "StorageClass",
            "ServiceAccount",
            "Role",
            "ClusterRole",
            "ConfigMap",
            "Secret",
            "Service",
            "PriorityClass",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "Deployment",
            "StatefulSet",
            "ValidatingAdmissionPolicy",
            "IngressClass",
            "ReplicaSet",
            "ReplicationController",
        ];
        assert_eq!(order, wanted);
    }
}
