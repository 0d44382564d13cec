//! What kustomize does when all is built (kustomize api v0.18.0 `krusty/kustomizer.go`, `internal/target/kusttarget.go`).

use std::collections::HashMap;
use std::sync::Arc;

use super::field_spec::FieldSpec;
use super::layer::Layer;
use super::odd_text;
use super::problem::Problem;
use super::resource::{Resource, ResourceId, Resources};
use super::scalar::{check_key, text_of};
use super::sources::Sources;
use super::transform::{Pair, set_pairs};
use super::value::{Data, Step, Value};
use crate::source::decode::Node;

/// Who has this annotation is for kustomize only, unless it says `false`.
const LOCAL: &str = "config.kubernetes.io/local-config";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// kubectl's kustomize does not know its own version.
const MANAGER: &str = "kustomize-(devel)";

/// Notes that kustomize and its tools keep in annotations, and takes away at the end wherever they come from.
const NOTES: [&str; 11] = [
    "alpha.config.kubernetes.io/transformations",
    "config.k8s.io/id",
    "config.kubernetes.io/index",
    "config.kubernetes.io/origin",
    "config.kubernetes.io/path",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/seqindent",
];
/// Notes by which a resource could tell kustomize what it is.
const INSTRUCTIONS: [&str; 9] = [
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/suffixes",
];

/// Finishes the build of the kustomization that was asked for, given whole.
///
/// # Errors
/// When kustomize refuses the result, or is told to add notes that are not followed here.
pub fn finish(resources: &mut Resources, layer: &Layer<'_>, root: Node<'_>) -> Result<(), Problem> {
    refuse_met_notes(resources, layer, root)?;
    drop_local(resources, layer.sources)?;
    refuse_twins(resources)?;
    check_order(layer, root)?;
    add_metadata(resources, layer, root)?;
    for resource in resources.iter_mut() {
        stringify_annotations(resource, layer.sources)?;
        odd_text::check(&resource.value)?;
    }
    Ok(())
}

fn drop_local(resources: &mut Resources, sources: &Sources) -> Result<(), Problem> {
    let mut keep = Vec::with_capacity(resources.len());
    for resource in resources.iter() {
        let mark = resource.value.at(&["metadata", "annotations", LOCAL]);
        let is_local = match mark {
            None => false,
            Some(mark) => text_of(mark, resource.is_rewritten, sources)? != "false",
        };
        keep.push(!is_local && !resource.is_empty());
    }
    let mut keep = keep.into_iter();
    resources.retain(|_| keep.next().unwrap_or(true));
    Ok(())
}

/// Patches can make two objects one, which kustomize does not survive.
fn refuse_twins(resources: &Resources) -> Result<(), Problem> {
    let mut seen: HashMap<ResourceId, &Resource> = HashMap::new();
    for resource in resources.iter() {
        if let Some(other) = seen.insert(resource.id(), resource) {
            let name = |resource: &Resource| {
                let value = &resource.value;
                value.at(&["metadata", "name"]).unwrap_or(value).origin.clone()
            };
            return Err(Problem::refused_at(
                &name(resource),
                format!("{} is there twice in the result", resource.id()),
            )
            .with_related(&name(other), "the other one"));
        }
    }
    Ok(())
}

/// What is refused of `sortOptions`; the order of objects is of no account here
/// (kustomize api v0.18.0 `internal/builtins/SortOrderTransformer.go`). Only those of the kustomization that is asked for count.
fn check_order(layer: &Layer<'_>, root: Node<'_>) -> Result<(), Problem> {
    let Some(options) = root.get("sortOptions").filter(|options| !options.is_null()) else {
        return Ok(());
    };
    let written = options.get("order");
    let refused =
        |node: Node<'_>, message: String| Err(Problem::refused_at(&layer.origin(node, Step::Resource), message));
    match written.and_then(Node::as_str).unwrap_or_default() {
        "legacy" => Ok(()),
        "fifo" => match options.get("legacySortOptions").filter(|legacy| !legacy.is_null()) {
            None => Ok(()),
            Some(legacy) => refused(
                legacy,
                "kustomize refuses `legacySortOptions` beside `order: fifo`; leave them out, or write `order: legacy`"
                    .to_owned(),
            ),
        },
        "" => refused(
            written.unwrap_or(options),
            "kustomize refuses `sortOptions` without an `order`; write `order: legacy` or `order: fifo`".to_owned(),
        ),
        other => refused(
            written.unwrap_or(options),
            format!("kustomize refuses `order: {other}`; write `order: legacy` or `order: fifo`"),
        ),
    }
}

/// With any `buildMetadata` kustomize notes the origin of each object in its annotations from the start, where JSON patches meet it.
fn refuse_met_notes(resources: &Resources, layer: &Layer<'_>, root: Node<'_>) -> Result<(), Problem> {
    let first = root.get("buildMetadata").and_then(|wanted| wanted.items().next());
    let patch = resources.iter().find_map(|resource| resource.json_patched_by.as_ref());
    let (Some(item), Some(patch)) = (first, patch) else {
        return Ok(());
    };
    let message = "`buildMetadata` together with JSON patches, which meet the notes that it makes";
    Err(Problem::not_understood_at(&layer.origin(item, Step::Annotations), message).with_related(patch, "a JSON patch"))
}

/// `buildMetadata`; kustomize passes over what it does not know there.
fn add_metadata(resources: &mut Resources, layer: &Layer<'_>, root: Node<'_>) -> Result<(), Problem> {
    let Some(wanted) = root.get("buildMetadata") else {
        return Ok(());
    };
    for item in wanted.items() {
        let origin = layer.origin(item, Step::Labels);
        match item.as_str() {
            Some("originAnnotations" | "transformerAnnotations") => {
                return Err(Problem::not_understood_at(
                    &origin,
                    "annotations that tell how objects were built",
                ));
            }
            Some("managedByLabel") => {
                let place = FieldSpec::new("", "", "", "metadata/labels", true);
                let pair = Pair {
                    key: MANAGED_BY.into(),
                    key_origin: origin.clone(),
                    value: Value::text(MANAGER, origin),
                };
                let pairs = [pair];
                for resource in resources.iter_mut() {
                    set_pairs(resource, &pairs, std::slice::from_ref(&place))?;
                }
            }
            _ => {}
        }
    }
    // With any metadata kustomize writes the annotations of an object anew each time, and they are no longer shared.
    let shares_annotations = |resource: &Resource| resource.shares(Step::Annotations);
    match wanted.items().next() {
        Some(item) if resources.iter().any(shares_annotations) => Err(Problem::not_understood_at(
            &layer.origin(item, Step::Annotations),
            "`buildMetadata` together with annotations that stand at several places",
        )),
        _ => Ok(()),
    }
}

/// kustomize writes the annotations of each object anew, as strings, and not at all if there are none (`RemoveOriginAnnotations`;
/// kyaml v0.18.1 `yaml/rnode.go` `SetAnnotations`).
fn stringify_annotations(resource: &mut Resource, sources: &Sources) -> Result<(), Problem> {
    let is_rewritten = resource.is_rewritten;
    let Some(metadata) = resource.value.get_mut("metadata") else {
        let origin = resource.value.origin.clone();
        resource.value.set("metadata", &origin, Value::map(origin.clone()));
        return Ok(());
    };
    let Some(annotations) = metadata.get_mut("annotations") else {
        return Ok(());
    };
    let fields = match &mut annotations.data {
        Data::Map(fields) => fields,
        Data::List(items) if !items.is_empty() => {
            return Err(Problem::not_understood_at(
                &annotations.origin,
                "annotations that are a list",
            ));
        }
        _ => {
            metadata.remove("annotations");
            return Ok(());
        }
    };
    fields.retain(|field| !NOTES.contains(&&*field.key));
    for field in &mut *fields {
        if INSTRUCTIONS.contains(&&*field.key) {
            return Err(Problem::not_understood_at(
                &field.key_origin,
                format!("the annotation `{}`, which kustomize keeps for itself", field.key),
            ));
        }
        check_key(&field.key, &field.key_origin)?;
        let text: Arc<str> = match &field.value.data {
            Data::Text(_) => continue,
            _ => text_of(&field.value, is_rewritten, sources)?.into(),
        };
        field.value.data = Data::Text(text);
    }
    if fields.is_empty() {
        metadata.remove("annotations");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::kustomize::testing::{Fixture, lines};

    #[test]
    fn the_end_of_a_build_is_that_of_kustomize() {
        for (kustomization, object, expected) in [
            // Every annotation becomes a string, spelt as it was.
            (
                "{}",
                "{kind: A, metadata: {name: a, annotations: {a: 1, b: true, c: 1.50, d: null, e: ~, f: [1], g: 0x10, h: 'no', i: no}, labels: {a: 1}}}",
                Some(
                    r#"{"kind":"A","metadata":{"name":"a","annotations":{"a":"1","b":"true","c":"1.50","d":"null","e":"~","f":"","g":"0x10","h":"no","i":"no"},"labels":{"a":1}}}"#,
                ),
            ),
            (
                "{}",
                "{kind: A, metadata: {name: a, annotations: {}}}",
                Some(r#"{"kind":"A","metadata":{"name":"a"}}"#),
            ),
            (
                "{}",
                "{kind: A, metadata: {name: a, annotations: {config.kubernetes.io/local-config: 'true'}}}",
                None,
            ),
            (
                "{}",
                "kind: A\nmetadata:\n  name: a\n  annotations:\n    config.kubernetes.io/local-config:\n",
                None,
            ),
            (
                "{}",
                "{kind: A, metadata: {name: a, annotations: {config.kubernetes.io/local-config: false}}}",
                Some(
                    r#"{"kind":"A","metadata":{"name":"a","annotations":{"config.kubernetes.io/local-config":"false"}}}"#,
                ),
            ),
            (
                "{buildMetadata: [managedByLabel]}",
                "{kind: A, metadata: {name: a}}",
                Some(
                    r#"{"kind":"A","metadata":{"name":"a","labels":{"app.kubernetes.io/managed-by":"kustomize-(devel)"}}}"#,
                ),
            ),
            (
                "{}",
                "kind: A\nmetadata:\n  name: a\n  annotations:\n    a:\n",
                Some(r#"{"kind":"A","metadata":{"name":"a","annotations":{"a":""}}}"#),
            ),
            ("{}", "{kind: AList}", Some(r#"{"kind":"AList","metadata":{}}"#)),
        ] {
            let mut fixture = Fixture::new(kustomization);
            let mut resources = fixture.objects(object);
            fixture.run(|layer, root| finish(&mut resources, layer, root)).unwrap();
            assert_eq!(lines(&resources).first().map(String::as_str), expected, "{object}");
        }
    }

    #[test]
    fn two_objects_that_became_one_are_refused() {
        let mut fixture = Fixture::new("{}");
        let mut resources = fixture.objects("{kind: A, metadata: {name: a}}\n---\n{kind: A, metadata: {name: b}}");
        let other = resources
            .get_mut(1)
            .and_then(|resource| resource.value.get_mut("metadata"))
            .unwrap();
        other.get_mut("name").unwrap().data = Data::Text("a".into());
        let problem = fixture
            .run(|layer, root| finish(&mut resources, layer, root))
            .unwrap_err();
        assert_eq!(problem.message, "A a is there twice in the result");
    }
}
