//! What kustomize knows of a place within an object while it merges a patch: whether a list there is merged, and by which fields.

use super::merge_keys::{FieldType, Type, own_type, type_of};
use crate::source::kustomize::schema::{Known, OfType, Part, Reached};

/// What is known of a place within an object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'s> {
    /// Nothing. What is an object of its own by `apiVersion` and `kind` is known again.
    Unknown,
    /// It lies in a known type, and no list in or below it is merged.
    Plain,
    /// A mapping of this type.
    Typed(&'static Type),
    /// The same, if kustomize does not know the field that it stands in.
    Doubtful(&'static Type),
    /// What a schema of a file says.
    Custom(Part<'s>),
    /// A list that is merged.
    List(MergedList<'s>),
    /// The same, if kustomize does not know the field that it stands in.
    DoubtfulList,
    /// A place of which two schemas may say different things.
    Disputed,
}

/// A list whose items are merged.
#[derive(Debug, Clone, Copy)]
pub(super) enum MergedList<'s> {
    /// By what kustomize has built in.
    BuiltIn(&'static [&'static str], &'static Type),
    /// By a schema of a file.
    Custom(Part<'s>),
}

impl<'s> Place<'s> {
    /// What is known of a field of this place.
    pub(super) fn field(self, name: &str) -> Self {
        let (known, is_certain) = match self {
            Self::Unknown | Self::Disputed => return self,
            Self::Custom(part) | Self::List(MergedList::Custom(part)) => return part.field(name).into(),
            Self::Plain | Self::List(MergedList::BuiltIn(..)) | Self::DoubtfulList => return Self::Plain,
            Self::Typed(known) => (known, true),
            Self::Doubtful(known) => (known, false),
        };
        match known.field(name) {
            None => Self::Plain,
            Some(FieldType::Object(known)) if is_certain => Self::Typed(known),
            Some(FieldType::Object(known)) => Self::Doubtful(known),
            Some(FieldType::Merged(keys, item)) if is_certain => Self::List(MergedList::BuiltIn(keys, item)),
            Some(FieldType::Merged(..)) => Self::DoubtfulList,
        }
    }

    /// What is known of this place once a mapping there says what it is (kyaml v0.18.1 `yaml/walk/walk.go` `GetSchema`).
    pub(super) fn or_of(self, schema: Known<'s>, api_version: &str, kind: &str) -> Self {
        match self {
            Self::Unknown => Self::of(schema, api_version, kind),
            Self::Plain => type_of(api_version, kind).map_or(self, Self::Doubtful),
            _ => self,
        }
    }

    fn of(schema: Known<'s>, api_version: &str, kind: &str) -> Self {
        let (custom, is_mixed) = match schema {
            Known::BuiltIn => return type_of(api_version, kind).map_or(Self::Unknown, Self::Typed),
            Known::Custom(custom) => (custom, false),
            Known::Mixed(custom) => (custom, true),
        };
        if let Some(own) = own_type(api_version, kind) {
            return Self::Typed(own);
        }
        if is_mixed && type_of(api_version, kind).is_some() {
            return Self::Disputed;
        }
        match custom.of_type(api_version, kind, is_mixed) {
            OfType::Nothing => Self::Unknown,
            OfType::Part(part) => Self::Custom(part),
            OfType::Several => Self::Disputed,
        }
    }
}

impl<'s> From<Reached<'s>> for Place<'s> {
    fn from(reached: Reached<'s>) -> Self {
        match reached {
            Reached::Nothing => Self::Unknown,
            Reached::Doubt => Self::Disputed,
            Reached::Part(part) if part.merged().is_some() => Self::List(MergedList::Custom(part)),
            Reached::Part(part) => Self::Custom(part),
        }
    }
}

impl<'s> MergedList<'s> {
    /// The fields that tell its items apart; none if the items are plain values.
    pub(super) fn keys(self) -> Vec<&'s str> {
        match self {
            Self::BuiltIn(keys, _) => keys.to_vec(),
            Self::Custom(part) => part.merged().into_iter().flatten().map(String::as_str).collect(),
        }
    }

    /// What is known of its items.
    pub(super) fn item(self) -> Place<'s> {
        match self {
            Self::BuiltIn(_, item) => Place::Typed(item),
            Self::Custom(part) => part.item().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_at(api_version: &str, kind: &str, path: &str) -> Option<Vec<String>> {
        let place =
            path.split('.').fold(
                Place::Unknown.or_of(Known::BuiltIn, api_version, kind),
                |place, key| match place {
                    Place::List(list) => list.item().field(key),
                    place => place.field(key),
                },
            );
        match place {
            Place::List(list) => Some(list.keys().into_iter().map(str::to_owned).collect()),
            _ => None,
        }
    }

    #[test]
    fn lists_are_merged_by_the_keys_of_their_types() {
        for (api_version, kind, path, keys) in [
            (
                "apps/v1",
                "Deployment",
                "spec.template.spec.containers",
                Some(vec!["name"]),
            ),
            (
                "apps/v1",
                "StatefulSet",
                "spec.template.spec.initContainers.ports",
                Some(vec!["containerPort", "protocol"]),
            ),
            ("v1", "Pod", "spec.containers.volumeMounts", Some(vec!["mountPath"])),
            (
                "batch/v1",
                "CronJob",
                "spec.jobTemplate.spec.template.spec.volumes",
                Some(vec!["name"]),
            ),
            ("v1", "Service", "spec.ports", Some(vec!["port", "protocol"])),
            ("v1", "Secret", "metadata.finalizers", Some(vec![])),
            (
                "v1",
                "Pod",
                "spec.volumes.ephemeral.volumeClaimTemplate.metadata.ownerReferences",
                Some(vec!["uid"]),
            ),
            ("v1", "Pod", "spec.tolerations", None),
            ("v1", "Pod", "spec.containers.envFrom", None),
            ("v1", "Pod", "spec.ephemeralContainers.ports", None),
            ("v1", "ServiceAccount", "imagePullSecrets", None),
            ("apps/v1", "StatefulSet", "spec.volumeClaimTemplates", None),
            ("autoscaling/v2", "HorizontalPodAutoscaler", "metadata.finalizers", None),
            ("apps.kruise.io/v1alpha1", "SidecarSet", "spec.containers", None),
        ] {
            let keys = keys.map(|keys: Vec<&str>| keys.into_iter().map(str::to_owned).collect());
            assert_eq!(keys_at(api_version, kind, path), keys, "{kind} {path}");
        }
    }
}
