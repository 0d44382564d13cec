//! `labels` and `commonLabels` (kustomize api v0.18.0 `internal/target/kusttarget_configplugin.go`, `LabelTransformer`).

use super::{bound, entries};
use crate::source::decode::Node;
use crate::source::kustomize::configuration::Configuration;
use crate::source::kustomize::field_spec::{FieldSpec, is_field_name};
use crate::source::kustomize::fields::{Shape, check_mapping};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::Resources;
use crate::source::kustomize::value::Step;

const FIELDS: [(&str, Shape); 4] = [
    ("fields", Shape::Mappings),
    ("includeSelectors", Shape::Boolean),
    ("includeTemplates", Shape::Boolean),
    ("pairs", Shape::TextMapping),
];

const FIELD_SPEC: [(&str, Shape); 5] = [
    ("create", Shape::Boolean),
    ("group", Shape::Text),
    ("kind", Shape::Text),
    ("path", Shape::Text),
    ("version", Shape::Text),
];

/// Sets the labels of a kustomization, given whole: those of `labels` first, then those of `commonLabels`.
///
/// # Errors
/// When kustomize refuses a value or a place.
pub fn apply(
    resources: &mut Resources,
    layer: &Layer<'_>,
    root: Node<'_>,
    configuration: &Configuration,
) -> Result<(), Problem> {
    if let Some(labels) = root.get("labels") {
        bound(labels.items().len(), labels, Step::Labels, layer)?;
        // kustomize configures all of them before it applies one.
        let mut all = Vec::with_capacity(labels.items().len());
        for label in labels.items() {
            let own = label.get("fields").map_or(0, |fields| fields.items().len());
            let most = own + configuration.labels.len() + configuration.common_labels.len();
            resources.spend(most * most, &layer.origin(label, Step::Labels))?;
            all.push((label, places_of(label, layer, configuration)?));
        }
        for (label, places) in all {
            if let Some(pairs) = label.get("pairs") {
                let pairs = entries::pairs(pairs, Step::Labels, layer)?;
                entries::set_all(resources, &pairs, &places)?;
            }
        }
    }
    if let Some(common) = root.get("commonLabels") {
        let pairs = entries::pairs(common, Step::Labels, layer)?;
        entries::set_all(resources, &pairs, &configuration.common_labels)?;
    }
    Ok(())
}

/// The places of one entry of `labels`: its own, those of `configurations`, and what it says it includes.
fn places_of(label: Node<'_>, layer: &Layer<'_>, configuration: &Configuration) -> Result<Vec<FieldSpec>, Problem> {
    check_mapping(label, &FIELDS, layer)?;
    let is_set = |field| label.get(field).and_then(Node::as_bool) == Some(true);
    let mut places = Vec::new();
    if let Some(own) = label.get("fields") {
        bound(own.items().len(), own, Step::Labels, layer)?;
        for field in own.items() {
            places.push(own_place(field, layer)?);
        }
    }
    let conflict = || {
        Problem::refused_at(
            &layer.origin(label, Step::Labels),
            "kustomize refuses these labels: one place is named twice, once with `create: true` and once without",
        )
    };
    let mut merge = |more: &[FieldSpec]| more.iter().try_for_each(|place| merge_one(&mut places, place));
    let metadata = FieldSpec::new("", "", "", "metadata/labels", true);
    let merged = merge(&configuration.labels).and_then(|()| {
        if is_set("includeSelectors") {
            return merge(&configuration.common_labels);
        }
        if is_set("includeTemplates") {
            merge(&configuration.template_labels)?;
        }
        merge(&[metadata])
    });
    merged.map_err(|Conflict| conflict())?;
    Ok(places)
}

fn own_place(field: Node<'_>, layer: &Layer<'_>) -> Result<FieldSpec, Problem> {
    check_mapping(field, &FIELD_SPEC, layer)?;
    let text = |key: &str| field.str_at(&[key]).unwrap_or("");
    let create = field.get("create").and_then(Node::as_bool) == Some(true);
    let place = FieldSpec::new(text("group"), text("version"), text("kind"), text("path"), create);
    if !place.path.iter().all(|key| is_field_name(key)) {
        return Err(Problem::not_understood_at(
            &layer.origin(field, Step::Labels),
            "a `path` with something else in it than the names of fields",
        ));
    }
    // kustomize keeps its notes there while it builds, so that the place may be there or not.
    if place.path.first().is_some_and(|key| key == "metadata")
        && place.path.get(1).is_none_or(|key| key == "annotations")
    {
        return Err(Problem::not_understood_at(
            &layer.origin(field, Step::Labels),
            "labels among annotations",
        ));
    }
    Ok(place)
}

/// Two places are one, and differ in whether they are made.
struct Conflict;

/// kustomize api v0.18.0 `types/fieldspec.go` `MergeOne`: a place that is there already for a wider or the same sort of object, as it
/// says, is not added.
fn merge_one(places: &mut Vec<FieldSpec>, place: &FieldSpec) -> Result<(), Conflict> {
    let selects = |wanted: &str, there: &str| wanted.is_empty() || wanted == there;
    let same = places.iter().find(|there| {
        there.path == place.path
            && selects(&place.group, &there.group)
            && selects(&place.version, &there.version)
            && selects(&place.kind, &there.kind)
    });
    match same {
        Some(there) if there.create != place.create => Err(Conflict),
        Some(_) => Ok(()),
        None => {
            places.push(place.clone());
            Ok(())
        }
    }
}
