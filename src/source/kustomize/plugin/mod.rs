//! kustomize's own transformers and generators, set up by objects of their own that `transformers` and `generators` name
//! (kustomize api v0.18.0 `internal/plugins/loader/loader.go`, `internal/plugins/builtinhelpers/builtins.go`). They do what the fields of
//! a kustomization do, at places that these do not reach.
//!
//! ```text
//! object ─ form (what kustomize reads of it) ─ freeze (a tree as that of a kustomization) ─ transform | generate
//! ```

mod form;
mod forms;
pub mod paths;
#[cfg(test)]
mod tests;

use form::Form;

use super::configuration;
use super::field_spec::FieldSpec;
use super::freeze::freeze;
use super::generate::{self, Budget};
use super::go_struct::Reading;
use super::layer::Layer;
use super::odd_text;
use super::patch;
use super::problem::{BuildVerdict, Problem};
use super::replacement;
use super::resource::{Resource, Resources};
use super::transform::namespace::{Namespacing, Subjects};
use super::transform::{annotations, images, labels, name, namespace, replicas};
use super::value::{Data, Step, Value};
use crate::source::decode::Node;

/// The `apiVersion` of what is kustomize's own.
const API_VERSION: &str = "builtin";

/// Own kinds that are left to kustomize.
const NOT_FOLLOWED: [&str; 4] = [
    "HashTransformer",
    "HelmChartInflationGenerator",
    "IAMPolicyGenerator",
    "ValueAddTransformer",
];

/// What sets up a transformer or a generator.
#[derive(Debug)]
pub(super) struct Plugin {
    /// The object.
    pub(super) config: Resource,
    /// Whether a kustomization made it: which files it names was not known beforehand then.
    pub(super) is_built: bool,
}

/// Whether an item of `transformers` or `generators` is an object itself, and not a path.
#[must_use]
pub(super) fn is_inline(written: &str) -> bool {
    written.contains('\n') || written.contains(": ")
}

/// Carries out a transformer.
///
/// # Errors
/// When it is none of kustomize's own, kustomize refuses what it says, or it is not followed here.
pub(super) fn transform(resources: &mut Resources, layer: &Layer<'_>, plugin: &Plugin) -> Result<(), Problem> {
    let kind = own_kind(plugin, "transformer")?;
    let Some(form) = forms::of_transformer(kind) else {
        return Err(no_such(plugin, "transformer", forms::of_generator(kind).is_some()));
    };
    with_tree(plugin, form, layer, |root, places| match kind {
        "AnnotationsTransformer" => match root.get("annotations") {
            Some(node) => annotations::apply(resources, layer, node, places),
            None => Ok(()),
        },
        "LabelTransformer" => match root.get("labels") {
            Some(node) => labels::set(resources, layer, node, places),
            None => Ok(()),
        },
        "ImageTagTransformer" => match root.get("imageTag") {
            Some(node) => images::apply_one(resources, layer, node, places),
            None => Err(missing(plugin, "imageTag")),
        },
        "ReplicaCountTransformer" => match root.get("replica") {
            Some(node) => replicas::apply_one(resources, layer, node, places),
            None => Err(missing(plugin, "replica")),
        },
        "NamespaceTransformer" => set_namespace(resources, layer, root, places),
        "PatchTransformer" => patch::patch(resources, layer, root),
        "PatchJson6902Transformer" => patch::patch_json6902(resources, layer, root),
        "PatchStrategicMergeTransformer" => {
            let text = root.get("patches").filter(|text| text.as_str() != Some(""));
            patch::strategic_merge(resources, layer, root, root.get("paths"), text)
        }
        "ReplacementTransformer" => match root.get("replacements") {
            Some(list) => replacement::apply(resources, layer, list, Reading::File),
            None => Ok(()),
        },
        _ => rename(resources, layer, root, places, kind),
    })
}

/// Carries out a generator.
///
/// # Errors
/// As of [`transform`].
pub(super) fn generate(
    resources: &mut Resources,
    layer: &Layer<'_>,
    plugin: &Plugin,
    budget: &mut Budget,
) -> Result<(), Problem> {
    let kind = own_kind(plugin, "generator")?;
    let Some((made, form)) = forms::of_generator(kind) else {
        return Err(no_such(plugin, "generator", forms::of_transformer(kind).is_some()));
    };
    with_tree(plugin, form, layer, |root, _| {
        generate::generate_one(made, root, None, resources, layer, budget)
    })
}

/// The kind of a plugin, if it is kustomize's own, and followed here.
fn own_kind<'p>(plugin: &'p Plugin, what: &str) -> Result<&'p str, Problem> {
    let config = &plugin.config;
    let whole = &config.value.origin;
    if config.api_version() != API_VERSION {
        return Err(Problem::not_understood_at(
            whole,
            format!("a {what} of its own may run a program"),
        ));
    }
    let kind = config.kind();
    if NOT_FOLLOWED.contains(&kind) {
        return Err(Problem::not_understood_at(
            whole,
            format!("{kind} is not followed here"),
        ));
    }
    Ok(kind)
}

fn no_such(plugin: &Plugin, what: &str, is_other: bool) -> Problem {
    let kind = plugin.config.kind();
    let value = &plugin.config.value;
    let origin = &value.get("kind").unwrap_or(value).origin;
    Problem::refused_at(
        origin,
        if is_other {
            format!("kustomize refuses {kind} here: it is no {what}")
        } else {
            format!("kustomize has no {what} {kind} of its own")
        },
    )
}

fn missing(plugin: &Plugin, field: &str) -> Problem {
    Problem::not_understood_at(
        &plugin.config.value.origin,
        format!("{} without `{field}`", plugin.config.kind()),
    )
}

/// Gives the fields of a plugin as a kustomization has them, and the places that it names.
fn with_tree(
    plugin: &Plugin,
    form: &Form,
    layer: &Layer<'_>,
    carry_out: impl FnOnce(Node<'_>, &[FieldSpec]) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let config = &plugin.config;
    let whole = &config.value.origin;
    // It is written and read again on its way.
    odd_text::check(&config.value).map_err(|problem| Problem {
        verdict: BuildVerdict::NotUnderstood,
        ..problem
    })?;
    let Some(mut fields) = form::take(&config.value, form)? else {
        return Err(Problem::not_understood_at(whole, "an object without fields"));
    };
    as_in_a_kustomization(&mut fields, config.kind());
    let Some(frozen) = freeze(&fields, layer.sources) else {
        return Err(Problem::not_understood_at(whole, "an object of no file"));
    };
    let root = frozen.tree.root();
    if plugin.is_built && !paths::of(config.kind(), root).is_empty() {
        return Err(Problem::not_understood_at(
            whole,
            "a file that is named by an object which a kustomization makes",
        ));
    }
    let places = match root.get("fieldSpecs") {
        Some(list) => configuration::field_spec_list(list, layer.origin(list, Step::Resource).file)?,
        None => Vec::new(),
    };
    carry_out(root, &places)
}

/// Fields by the names that they have in a kustomization.
fn as_in_a_kustomization(fields: &mut Value, kind: &str) {
    let moved: &[(&str, &str)] = match kind {
        "ConfigMapGenerator" | "SecretGenerator" => &[("name", "name"), ("namespace", "namespace")],
        "PatchJson6902Transformer" => {
            rename_field(fields, "jsonOp", "patch");
            return;
        }
        _ => return,
    };
    let metadata = fields.remove("metadata");
    for (from, to) in moved {
        let is_there = fields.str_at(&[to]).is_some_and(|text| !text.is_empty());
        let value = metadata.as_ref().and_then(|metadata| metadata.get(from));
        if let Some(value) = value.filter(|_| !is_there) {
            fields.remove(to);
            fields.set(to, &value.origin, value.clone());
        }
    }
}

fn rename_field(mapping: &mut Value, from: &str, to: &str) {
    if let Data::Map(fields) = &mut mapping.data {
        for field in fields.iter_mut().filter(|field| &*field.key == from) {
            field.key = to.into();
        }
    }
}

fn set_namespace(
    resources: &mut Resources,
    layer: &Layer<'_>,
    root: Node<'_>,
    places: &[FieldSpec],
) -> Result<(), Problem> {
    let subjects = match root.str_at(&["setRoleBindingSubjects"]) {
        None | Some("" | "defaultOnly") => Subjects::Default,
        Some("allServiceAccounts") => Subjects::ServiceAccounts,
        Some("none") => Subjects::Nobody,
        Some(other) => {
            let at = root.get("setRoleBindingSubjects").unwrap_or(root);
            return Err(Problem::refused_at(
                &layer.origin(at, Step::Namespace),
                format!(
                    "kustomize refuses `setRoleBindingSubjects: {other}`; write `defaultOnly`, `allServiceAccounts` or `none`"
                ),
            ));
        }
    };
    let Some(node) = root.at(&["metadata", "namespace"]) else {
        return Ok(());
    };
    let namespacing = Namespacing {
        namespace: node.as_str().unwrap_or_default(),
        origin: layer.origin(node, Step::Namespace),
        places,
        subjects,
        unset_only: root.get("unsetOnly").and_then(Node::as_bool) == Some(true),
    };
    namespace::carry_out(resources, &namespacing)
}

/// `PrefixTransformer`, `SuffixTransformer`, and the two in one.
fn rename(
    resources: &mut Resources,
    layer: &Layer<'_>,
    root: Node<'_>,
    places: &[FieldSpec],
    kind: &str,
) -> Result<(), Problem> {
    let whole = || layer.origin(root, Step::Resource);
    if root.get("fieldSpecs").is_none() {
        return Err(Problem::refused_at(
            &whole(),
            format!("kustomize refuses a {kind} without `fieldSpecs`; write `fieldSpecs: [{{path: metadata/name}}]`"),
        ));
    }
    if kind != "SuffixTransformer" {
        match root.get("prefix").filter(|node| node.as_str() != Some("")) {
            Some(node) => name::prefix(resources, layer, node, places)?,
            None => name::nothing(resources, places, &whole())?,
        }
    }
    if kind != "PrefixTransformer" {
        match root.get("suffix").filter(|node| node.as_str() != Some("")) {
            Some(node) => name::suffix(resources, layer, node, places)?,
            None => name::nothing(resources, places, &whole())?,
        }
    }
    Ok(())
}
