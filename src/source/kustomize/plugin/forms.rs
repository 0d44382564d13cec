//! The fields of each of kustomize's own plugins (kustomize api v0.18.0 `internal/builtins`).

use super::form::{Fields, Form};
use crate::source::kustomize::generate::Kind;

/// What a transformer says.
pub(super) fn of_transformer(kind: &str) -> Option<&'static Form> {
    Some(match kind {
        "AnnotationsTransformer" => &ANNOTATIONS,
        "ImageTagTransformer" => &IMAGE,
        "LabelTransformer" => &LABELS,
        "NamespaceTransformer" => &NAMESPACE,
        "PatchJson6902Transformer" => &PATCH_JSON6902,
        "PatchStrategicMergeTransformer" => &PATCH_STRATEGIC_MERGE,
        "PatchTransformer" => &PATCH,
        "PrefixSuffixTransformer" | "PrefixTransformer" | "SuffixTransformer" => &NAME,
        "ReplacementTransformer" => &REPLACEMENT,
        "ReplicaCountTransformer" => &REPLICA,
        _ => return None,
    })
}

/// What a generator says, and makes.
pub(super) fn of_generator(kind: &str) -> Option<(Kind, &'static Form)> {
    Some(match kind {
        "ConfigMapGenerator" => (Kind::ConfigMap, &CONFIG_MAP),
        "SecretGenerator" => (Kind::Secret, &SECRET),
        _ => return None,
    })
}

const FIELD_SPECS: Form = Form::Mappings(&[
    ("create", Form::Boolean),
    ("group", Form::Text),
    ("kind", Form::Text),
    ("path", Form::Text),
    ("version", Form::Text),
]);

const METADATA: Form = Form::Mapping(&[
    ("annotations", Form::TextMapping),
    ("labels", Form::TextMapping),
    ("name", Form::Text),
    ("namespace", Form::Text),
]);

static ANNOTATIONS: Form = Form::Mapping(&[("annotations", Form::TextMapping), ("fieldSpecs", FIELD_SPECS)]);

static LABELS: Form = Form::Mapping(&[("fieldSpecs", FIELD_SPECS), ("labels", Form::TextMapping)]);

static IMAGE: Form = Form::Mapping(&[
    ("fieldSpecs", FIELD_SPECS),
    (
        "imageTag",
        Form::Mapping(&[
            ("digest", Form::Text),
            ("name", Form::Text),
            ("newName", Form::Text),
            ("newTag", Form::Text),
            ("tagSuffix", Form::Text),
        ]),
    ),
]);

static REPLICA: Form = Form::Mapping(&[
    ("fieldSpecs", FIELD_SPECS),
    (
        "replica",
        Form::Mapping(&[("count", Form::Whole), ("name", Form::Text)]),
    ),
]);

static NAMESPACE: Form = Form::Mapping(&[
    ("fieldSpecs", FIELD_SPECS),
    ("metadata", METADATA),
    ("setRoleBindingSubjects", Form::Text),
    ("unsetOnly", Form::Boolean),
]);

static NAME: Form = Form::Mapping(&[
    ("fieldSpecs", FIELD_SPECS),
    ("prefix", Form::Text),
    ("suffix", Form::Text),
]);

/// Which objects are meant.
const SELECTOR: Fields = &[
    ("annotationSelector", Form::Text),
    ("group", Form::Text),
    ("kind", Form::Text),
    ("labelSelector", Form::Text),
    ("name", Form::Text),
    ("namespace", Form::Text),
    ("version", Form::Text),
];

static PATCH: Form = Form::Mapping(&[
    (
        "options",
        Form::Mapping(&[("allowKindChange", Form::Boolean), ("allowNameChange", Form::Boolean)]),
    ),
    ("patch", Form::Text),
    ("path", Form::Text),
    ("target", Form::Mapping(SELECTOR)),
]);

static PATCH_JSON6902: Form = Form::Mapping(&[
    ("jsonOp", Form::Text),
    ("path", Form::Text),
    ("target", Form::Mapping(SELECTOR)),
]);

static PATCH_STRATEGIC_MERGE: Form = Form::Mapping(&[("patches", Form::Text), ("paths", Form::Texts)]);

const REPLACEMENT_OPTIONS: Form = Form::Mapping(&[
    ("create", Form::Boolean),
    ("delimiter", Form::Text),
    ("encoding", Form::Text),
    ("index", Form::Whole),
]);

static REPLACEMENT: Form = Form::Mapping(&[(
    "replacements",
    Form::Mappings(&[
        ("path", Form::Text),
        (
            "source",
            Form::Mapping(&[
                ("fieldPath", Form::Text),
                ("group", Form::Text),
                ("kind", Form::Text),
                ("name", Form::Text),
                ("namespace", Form::Text),
                ("options", REPLACEMENT_OPTIONS),
                ("version", Form::Text),
            ]),
        ),
        (
            "targets",
            Form::Mappings(&[
                ("fieldPaths", Form::Texts),
                ("options", REPLACEMENT_OPTIONS),
                ("reject", Form::Mappings(SELECTOR)),
                ("select", Form::Mapping(SELECTOR)),
            ]),
        ),
    ]),
)]);

const GENERATOR_OPTIONS: Form = Form::Mapping(&[
    ("annotations", Form::TextMapping),
    ("disableNameSuffixHash", Form::Boolean),
    ("immutable", Form::Boolean),
    ("labels", Form::TextMapping),
]);

/// `env` is known, too, and kustomize passes over it.
static CONFIG_MAP: Form = Form::Mapping(&[
    ("behavior", Form::Text),
    ("envs", Form::Texts),
    ("files", Form::Texts),
    ("literals", Form::Texts),
    ("metadata", METADATA),
    ("name", Form::Text),
    ("namespace", Form::Text),
    ("options", GENERATOR_OPTIONS),
]);

static SECRET: Form = Form::Mapping(&[
    ("behavior", Form::Text),
    ("envs", Form::Texts),
    ("files", Form::Texts),
    ("literals", Form::Texts),
    ("metadata", METADATA),
    ("name", Form::Text),
    ("namespace", Form::Text),
    ("options", GENERATOR_OPTIONS),
    ("type", Form::Text),
]);
