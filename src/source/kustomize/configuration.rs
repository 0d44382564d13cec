//! What transformers change where: kustomize's defaults, and what `configurations` add to them
//! (kustomize api v0.18.0 `internal/plugins/builtinconfig/transformerconfig.go`).

mod defaults;
mod read;

use std::sync::{Arc, LazyLock};

pub(super) use read::field_spec_list;

use super::field_spec::FieldSpec;
use super::problem::Problem;
use crate::source::limits;

/// The places that each transformer changes, each list in kustomize's order of kinds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Places of `namePrefix`.
    pub name_prefix: Vec<FieldSpec>,
    /// Places of `nameSuffix`.
    pub name_suffix: Vec<FieldSpec>,
    /// Places of `namespace`.
    pub namespace: Vec<FieldSpec>,
    /// Places of `commonLabels`, selectors among them.
    pub common_labels: Vec<FieldSpec>,
    /// Further places of `labels`.
    pub labels: Vec<FieldSpec>,
    /// Places of `labels` with `includeTemplates`.
    pub template_labels: Vec<FieldSpec>,
    /// Places of `commonAnnotations`.
    pub common_annotations: Vec<FieldSpec>,
    /// Which fields name which objects.
    pub name_references: Vec<NameReference>,
    /// Places in which `vars` are put.
    pub variable_references: Vec<FieldSpec>,
    /// Places of `images`.
    pub images: Vec<FieldSpec>,
    /// Places of `replicas`.
    pub replicas: Vec<FieldSpec>,
}

/// The fields that name objects of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameReference {
    /// The group of what is named; empty for any.
    pub group: String,
    /// The version; empty for any.
    pub version: String,
    /// The kind.
    pub kind: String,
    /// The fields.
    pub referrers: Vec<FieldSpec>,
}

static DEFAULTS: LazyLock<Arc<Configuration>> = LazyLock::new(|| Arc::new(defaults::defaults()));

/// The same before anything is merged.
static NOTHING: LazyLock<Arc<Configuration>> = LazyLock::new(Arc::default);

impl Configuration {
    /// What kustomize knows without being told.
    #[must_use]
    pub fn default_of_kustomize() -> Arc<Self> {
        Arc::clone(&DEFAULTS)
    }

    /// What is known before anything is told.
    #[must_use]
    pub fn nothing() -> Arc<Self> {
        Arc::clone(&NOTHING)
    }

    /// As [`merge`](Self::merge); almost every kustomization adds the defaults to the defaults of what it takes, and shares them.
    ///
    /// # Errors
    /// When the two disagree whether a place is made where it is missing.
    pub fn merge_shared(this: &mut Arc<Self>, other: &Arc<Self>) -> Result<(), Problem> {
        if Self::is_merged_at_once(this, other) {
            this.clone_from(other);
            return Ok(());
        }
        Arc::make_mut(this).merge(other)
    }

    fn is_merged_at_once(this: &Arc<Self>, other: &Arc<Self>) -> bool {
        Arc::ptr_eq(other, &DEFAULTS) && (Arc::ptr_eq(this, &DEFAULTS) || Arc::ptr_eq(this, &NOTHING))
    }

    /// Adds what another configuration says. What is there already is not added again.
    ///
    /// # Errors
    /// When the two disagree whether a place is made where it is missing.
    pub fn merge(&mut self, other: &Self) -> Result<(), Problem> {
        merge_specs(&mut self.name_prefix, &other.name_prefix)?;
        merge_specs(&mut self.name_suffix, &other.name_suffix)?;
        merge_specs(&mut self.namespace, &other.namespace)?;
        merge_specs(&mut self.common_annotations, &other.common_annotations)?;
        merge_specs(&mut self.common_labels, &other.common_labels)?;
        merge_specs(&mut self.labels, &other.labels)?;
        merge_specs(&mut self.template_labels, &other.template_labels)?;
        merge_specs(&mut self.variable_references, &other.variable_references)?;
        merge_name_references(&mut self.name_references, &other.name_references)?;
        merge_specs(&mut self.images, &other.images)?;
        merge_specs(&mut self.replicas, &other.replicas)?;
        self.sort();
        Ok(())
    }

    /// How many places it names.
    #[must_use]
    pub fn count(&self) -> usize {
        let references = self.name_references.iter().map(|name| name.referrers.len());
        self.lists().iter().map(|list| list.len()).sum::<usize>() + references.sum::<usize>()
    }

    /// Refuses more places than anybody names: those of one list are compared with one another.
    ///
    /// # Errors
    /// If there are more.
    pub fn check_length(&self) -> Result<(), Problem> {
        let limit = limits::FIELD_SPECS;
        if self.count() > limit {
            return Err(Problem::too_large(format!(
                "the configurations name more than {limit} places"
            )));
        }
        Ok(())
    }

    /// How many places [`merge_shared`](Self::merge_shared) compares at most.
    #[must_use]
    pub fn comparisons(this: &Arc<Self>, other: &Arc<Self>) -> usize {
        if Self::is_merged_at_once(this, other) {
            return 1;
        }
        let lists = this.lists().into_iter().zip(other.lists());
        let names = this.name_references.iter().flat_map(|name| {
            let others = other.name_references.iter();
            others.map(|other| {
                let is_same = name.kind == other.kind;
                1 + usize::from(is_same) * name.referrers.len() * other.referrers.len()
            })
        });
        // Each that is added is compared with those that were added before.
        lists
            .map(|(one, other)| (one.len() + other.len()) * other.len())
            .sum::<usize>()
            + names.sum::<usize>()
    }

    fn lists(&self) -> [&[FieldSpec]; 10] {
        [
            &self.name_prefix,
            &self.name_suffix,
            &self.namespace,
            &self.common_labels,
            &self.labels,
            &self.template_labels,
            &self.common_annotations,
            &self.variable_references,
            &self.images,
            &self.replicas,
        ]
    }

    /// Puts the lists in kustomize's order of kinds (`sortFields`); the fields that name one type stay as they are.
    fn sort(&mut self) {
        for specs in [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.common_annotations,
            &mut self.variable_references,
            &mut self.images,
            &mut self.replicas,
        ] {
            specs.sort_by_cached_key(|spec| order(&spec.group, &spec.version, &spec.kind));
        }
        self.name_references
            .sort_by_cached_key(|name| order(&name.group, &name.version, &name.kind));
    }
}

/// `FsSlice.MergeAll` of `types/fieldspec.go`.
fn merge_specs(specs: &mut Vec<FieldSpec>, others: &[FieldSpec]) -> Result<(), Problem> {
    for other in others {
        match specs.iter().find(|spec| is_within(spec, other)) {
            Some(spec) if spec.create == other.create => {}
            Some(spec) => {
                return Err(Problem::refused(format!(
                    "kustomize refuses two configurations that disagree whether `{}` of {} is made where it is missing (`create`)",
                    other.path.join("/"),
                    if spec.kind.is_empty() { "any kind" } else { &spec.kind },
                )));
            }
            None => specs.push(other.clone()),
        }
    }
    Ok(())
}

/// Whether `other` means all that `spec` means: a place that is known for one kind only keeps the same place from being added
/// for all kinds (`effectivelyEquals`).
fn is_within(spec: &FieldSpec, other: &FieldSpec) -> bool {
    let fits = |wanted: &str, there: &str| wanted.is_empty() || wanted == there;
    fits(&other.group, &spec.group)
        && fits(&other.version, &spec.version)
        && fits(&other.kind, &spec.kind)
        && spec.path == other.path
}

/// `nbrSlice.mergeAll` of `namebackreferences.go`.
fn merge_name_references(names: &mut Vec<NameReference>, others: &[NameReference]) -> Result<(), Problem> {
    for other in others {
        let is_same = |name: &NameReference| {
            name.group == other.group && name.version == other.version && name.kind == other.kind
        };
        let mut is_known = false;
        for name in names.iter_mut().filter(|name| is_same(name)) {
            merge_specs(&mut name.referrers, &other.referrers)?;
            is_known = true;
        }
        if !is_known {
            names.push(other.clone());
        }
    }
    Ok(())
}

/// Kinds that come before the others, in this order (kyaml v0.18.1 `resid/gvk.go`).
const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that come after the others.
const LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// The place of a type among others (kyaml v0.18.1 `resid/gvk.go` `IsLessThan`).
fn order(group: &str, version: &str, kind: &str) -> (usize, String) {
    let position = |kinds: &[&str]| kinds.iter().position(|known| *known == kind);
    let rank = position(FIRST)
        .or_else(|| position(LAST).map(|at| FIRST.len() + 1 + at))
        .unwrap_or(FIRST.len());
    let or = |text: &str, empty: &str| {
        if text.is_empty() {
            empty.to_owned()
        } else {
            text.to_owned()
        }
    };
    let text = [or(group, "~G"), or(version, "~V"), or(kind, "~K")].join("_");
    (rank, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(specs: &[FieldSpec]) -> Vec<String> {
        let line = |spec: &FieldSpec| format!("{} {}", spec.kind, spec.path.join("/"));
        specs.iter().map(line).collect()
    }

    #[test]
    fn a_place_of_all_kinds_is_not_added_where_one_of_a_kind_is_known() {
        let spec = |kind: &str, create| FieldSpec::new("", "", kind, "a/b", create);
        for (known, added, result) in [
            (spec("", true), spec("", true), Ok(vec![" a/b"])),
            (
                spec("", true),
                spec("Deployment", false),
                Ok(vec!["Deployment a/b", " a/b"]),
            ),
            (spec("Deployment", true), spec("", true), Ok(vec!["Deployment a/b"])),
            (spec("Deployment", true), spec("", false), Err("any kind")),
            (
                spec("Deployment", true),
                spec("Job", false),
                Ok(vec!["Deployment a/b", "Job a/b"]),
            ),
        ] {
            let with = |spec| Configuration {
                common_labels: vec![spec],
                ..Configuration::default()
            };
            let mut configuration = with(known.clone());
            let merged = configuration.merge(&with(added.clone()));
            match result {
                Ok(wanted) => {
                    assert_eq!(merged, Ok(()), "{known:?} {added:?}");
                    assert_eq!(paths(&configuration.common_labels), wanted);
                }
                Err(_) => assert!(merged.is_err_and(|problem| problem.message.contains("`a/b`"))),
            }
        }
    }

    #[test]
    fn fields_that_name_one_type_come_together() {
        let naming = |version: &str, path: &str| Configuration {
            name_references: vec![NameReference {
                group: String::new(),
                version: version.to_owned(),
                kind: "Secret".to_owned(),
                referrers: vec![FieldSpec::new("", "", "Thing", path, false)],
            }],
            ..Configuration::default()
        };
        let mut configuration = naming("v1", "a");
        for other in [naming("v1", "b"), naming("v1", "a"), naming("", "c")] {
            configuration.merge(&other).unwrap();
        }
        let found: Vec<_> = configuration
            .name_references
            .iter()
            .map(|name| paths(&name.referrers))
            .collect();
        assert_eq!(found, [vec!["Thing a", "Thing b"], vec!["Thing c"]]);
    }

    #[test]
    fn the_defaults_added_to_themselves_are_the_defaults() {
        let mut slowly = Configuration::default_of_kustomize();
        Arc::make_mut(&mut slowly)
            .labels
            .push(FieldSpec::new("", "", "Thing", "a", true));
        let before = slowly.clone();
        Configuration::merge_shared(&mut slowly, &Configuration::default_of_kustomize()).unwrap();
        assert_eq!(slowly, before);
    }
}
