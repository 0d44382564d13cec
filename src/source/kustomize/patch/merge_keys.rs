//! By which fields kustomize tells the items of a list apart when it merges a patch: all else that is a list is replaced.
//!
//! Facts of the Kubernetes 1.21 API (kyaml v0.18.1 `openapi/kubernetesapi/v1_21_2`, `x-kubernetes-patch-merge-key`,
//! `x-kubernetes-list-map-keys`), the one schema that kustomize has built in. Kinds that came later, `autoscaling/v2` among them, have none, nor have
//! custom resources: there every list is replaced, `metadata.finalizers` too. `retainKeys` and the `replace` of mappings mean nothing to
//! kustomize (kyaml `yaml/schema/schema.go`).

/// A type, with the fields in or below which lists are merged.
#[derive(Debug)]
pub(super) struct Type {
    fields: &'static [(&'static str, FieldType)],
}

/// What such a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum FieldType {
    /// A mapping of this type.
    Object(&'static Type),
    /// A list whose items are merged: the fields that tell them apart, none if they are plain values; and their type.
    Merged(&'static [&'static str], &'static Type),
}

impl Type {
    /// What a field holds, if a list in or below it is merged.
    pub(super) fn field(&self, name: &str) -> Option<FieldType> {
        let found = self.fields.iter().find(|(field, _)| *field == name);
        found.map(|(_, field)| *field)
    }
}

const fn object(known: &'static Type) -> FieldType {
    FieldType::Object(known)
}

const fn merged(keys: &'static [&'static str], item: &'static Type) -> FieldType {
    FieldType::Merged(keys, item)
}

const fn merged_by(keys: &'static [&'static str]) -> FieldType {
    merged(keys, &NOTHING)
}

const SET: FieldType = merged(&[], &NOTHING);

static NOTHING: Type = Type { fields: &[] };

static OBJECT_META: Type = Type {
    fields: &[("finalizers", SET), ("ownerReferences", merged_by(&["uid"]))],
};

/// A kind of which only the metadata matter.
static METADATA_ONLY: Type = Type {
    fields: &[("metadata", object(&OBJECT_META))],
};

static CONDITIONS: Type = Type {
    fields: &[("conditions", merged_by(&["type"]))],
};

static METADATA_AND_CONDITIONS: Type = Type {
    fields: &[("metadata", object(&OBJECT_META)), ("status", object(&CONDITIONS))],
};

static COMPONENT_STATUS: Type = Type {
    fields: &[("conditions", merged_by(&["type"])), ("metadata", object(&OBJECT_META))],
};

static CONTAINER: Type = Type {
    fields: &[
        ("env", merged_by(&["name"])),
        ("ports", merged_by(&["containerPort", "protocol"])),
        ("volumeDevices", merged_by(&["devicePath"])),
        ("volumeMounts", merged_by(&["mountPath"])),
    ],
};

static EPHEMERAL_CONTAINER: Type = Type {
    fields: &[
        ("env", merged_by(&["name"])),
        ("volumeDevices", merged_by(&["devicePath"])),
        ("volumeMounts", merged_by(&["mountPath"])),
    ],
};

static EPHEMERAL_VOLUME: Type = Type {
    fields: &[("volumeClaimTemplate", object(&METADATA_ONLY))],
};

static VOLUME: Type = Type {
    fields: &[("ephemeral", object(&EPHEMERAL_VOLUME))],
};

static POD_SPEC: Type = Type {
    fields: &[
        ("containers", merged(&["name"], &CONTAINER)),
        ("ephemeralContainers", merged(&["name"], &EPHEMERAL_CONTAINER)),
        ("hostAliases", merged_by(&["ip"])),
        ("imagePullSecrets", merged_by(&["name"])),
        ("initContainers", merged(&["name"], &CONTAINER)),
        (
            "topologySpreadConstraints",
            merged_by(&["topologyKey", "whenUnsatisfiable"]),
        ),
        ("volumes", merged(&["name"], &VOLUME)),
    ],
};

static POD_STATUS: Type = Type {
    fields: &[("conditions", merged_by(&["type"])), ("podIPs", merged_by(&["ip"]))],
};

static POD: Type = Type {
    fields: &[
        ("metadata", object(&OBJECT_META)),
        ("spec", object(&POD_SPEC)),
        ("status", object(&POD_STATUS)),
    ],
};

static POD_TEMPLATE_SPEC: Type = Type {
    fields: &[("metadata", object(&OBJECT_META)), ("spec", object(&POD_SPEC))],
};

static POD_TEMPLATE: Type = Type {
    fields: &[
        ("metadata", object(&OBJECT_META)),
        ("template", object(&POD_TEMPLATE_SPEC)),
    ],
};

static WORKLOAD_SPEC: Type = Type {
    fields: &[("template", object(&POD_TEMPLATE_SPEC))],
};

static WORKLOAD: Type = Type {
    fields: &[
        ("metadata", object(&OBJECT_META)),
        ("spec", object(&WORKLOAD_SPEC)),
        ("status", object(&CONDITIONS)),
    ],
};

static JOB_TEMPLATE_SPEC: Type = Type {
    fields: &[("metadata", object(&OBJECT_META)), ("spec", object(&WORKLOAD_SPEC))],
};

static CRON_JOB_SPEC: Type = Type {
    fields: &[("jobTemplate", object(&JOB_TEMPLATE_SPEC))],
};

static CRON_JOB: Type = Type {
    fields: &[("metadata", object(&OBJECT_META)), ("spec", object(&CRON_JOB_SPEC))],
};

static SERVICE_SPEC: Type = Type {
    fields: &[("ports", merged_by(&["port", "protocol"]))],
};

static SERVICE: Type = Type {
    fields: &[
        ("metadata", object(&OBJECT_META)),
        ("spec", object(&SERVICE_SPEC)),
        ("status", object(&CONDITIONS)),
    ],
};

static SERVICE_ACCOUNT: Type = Type {
    fields: &[("metadata", object(&OBJECT_META)), ("secrets", merged_by(&["name"]))],
};

static NODE_SPEC: Type = Type {
    fields: &[("podCIDRs", SET)],
};

static NODE_STATUS: Type = Type {
    fields: &[
        ("addresses", merged_by(&["type"])),
        ("conditions", merged_by(&["type"])),
    ],
};

static NODE: Type = Type {
    fields: &[
        ("metadata", object(&OBJECT_META)),
        ("spec", object(&NODE_SPEC)),
        ("status", object(&NODE_STATUS)),
    ],
};

static WEBHOOKS: Type = Type {
    fields: &[("metadata", object(&OBJECT_META)), ("webhooks", merged_by(&["name"]))],
};

static CSI_NODE_SPEC: Type = Type {
    fields: &[("drivers", merged_by(&["name"]))],
};

static CSI_NODE: Type = Type {
    fields: &[("metadata", object(&OBJECT_META)), ("spec", object(&CSI_NODE_SPEC))],
};

static KUSTOMIZATION: Type = Type {
    fields: &[
        ("configMapGenerator", merged_by(&["name"])),
        ("secretGenerator", merged_by(&["name"])),
    ],
};

/// The type of a kind that kustomize knows whatever schema it is given (kyaml v0.18.1 `openapi/kustomizationapi`).
pub(super) fn own_type(api_version: &str, kind: &str) -> Option<&'static Type> {
    (api_version == "kustomize.config.k8s.io/v1beta1" && kind == "Kustomization").then_some(&KUSTOMIZATION)
}

/// The type of a kind that kustomize knows.
pub(super) fn type_of(api_version: &str, kind: &str) -> Option<&'static Type> {
    if let Some(own) = own_type(api_version, kind) {
        return Some(own);
    }
    Some(match (api_version, kind) {
        ("apps/v1", "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet")
        | ("batch/v1", "Job")
        | ("v1", "ReplicationController") => &WORKLOAD,
        ("batch/v1" | "batch/v1beta1", "CronJob") => &CRON_JOB,
        ("v1", "Pod") => &POD,
        ("v1", "PodTemplate") => &POD_TEMPLATE,
        ("v1", "Service") => &SERVICE,
        ("v1", "ServiceAccount") => &SERVICE_ACCOUNT,
        ("v1", "Node") => &NODE,
        ("v1", "ComponentStatus") => &COMPONENT_STATUS,
        ("v1", "Namespace" | "PersistentVolumeClaim")
        | ("policy/v1" | "policy/v1beta1", "PodDisruptionBudget")
        | ("apiregistration.k8s.io/v1" | "apiregistration.k8s.io/v1beta1", "APIService") => &METADATA_AND_CONDITIONS,
        (
            "admissionregistration.k8s.io/v1" | "admissionregistration.k8s.io/v1beta1",
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration",
        ) => &WEBHOOKS,
        ("storage.k8s.io/v1" | "storage.k8s.io/v1beta1", "CSINode") => &CSI_NODE,
        _ if METADATA_ONLY_KINDS
            .iter()
            .any(|(version, kinds)| *version == api_version && kinds.contains(&kind)) =>
        {
            &METADATA_ONLY
        }
        _ => return None,
    })
}

const METADATA_ONLY_KINDS: &[(&str, &[&str])] = &[
    (
        "v1",
        &[
            "Binding",
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "PersistentVolume",
            "ResourceQuota",
            "Secret",
        ],
    ),
    ("apiextensions.k8s.io/v1", &["CustomResourceDefinition"]),
    ("apiextensions.k8s.io/v1beta1", &["CustomResourceDefinition"]),
    ("apps/v1", &["ControllerRevision"]),
    ("authentication.k8s.io/v1", &["TokenRequest", "TokenReview"]),
    ("authentication.k8s.io/v1beta1", &["TokenReview"]),
    (
        "authorization.k8s.io/v1",
        &[
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ],
    ),
    (
        "authorization.k8s.io/v1beta1",
        &[
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ],
    ),
    ("autoscaling/v1", &["HorizontalPodAutoscaler", "Scale"]),
    ("autoscaling/v2beta1", &["HorizontalPodAutoscaler"]),
    ("autoscaling/v2beta2", &["HorizontalPodAutoscaler"]),
    ("certificates.k8s.io/v1", &["CertificateSigningRequest"]),
    ("certificates.k8s.io/v1beta1", &["CertificateSigningRequest"]),
    ("coordination.k8s.io/v1", &["Lease"]),
    ("coordination.k8s.io/v1beta1", &["Lease"]),
    ("discovery.k8s.io/v1", &["EndpointSlice"]),
    ("discovery.k8s.io/v1beta1", &["EndpointSlice"]),
    ("events.k8s.io/v1", &["Event"]),
    ("events.k8s.io/v1beta1", &["Event"]),
    ("extensions/v1beta1", &["Ingress"]),
    (
        "flowcontrol.apiserver.k8s.io/v1beta1",
        &["FlowSchema", "PriorityLevelConfiguration"],
    ),
    ("networking.k8s.io/v1", &["Ingress", "IngressClass", "NetworkPolicy"]),
    ("networking.k8s.io/v1beta1", &["Ingress", "IngressClass"]),
    ("node.k8s.io/v1", &["RuntimeClass"]),
    ("node.k8s.io/v1beta1", &["RuntimeClass"]),
    ("policy/v1beta1", &["Eviction", "PodSecurityPolicy"]),
    (
        "rbac.authorization.k8s.io/v1",
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
    ),
    (
        "rbac.authorization.k8s.io/v1beta1",
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
    ),
    ("scheduling.k8s.io/v1", &["PriorityClass"]),
    ("scheduling.k8s.io/v1beta1", &["PriorityClass"]),
    ("storage.k8s.io/v1", &["CSIDriver", "StorageClass", "VolumeAttachment"]),
    (
        "storage.k8s.io/v1beta1",
        &["CSIDriver", "CSIStorageCapacity", "StorageClass", "VolumeAttachment"],
    ),
];
