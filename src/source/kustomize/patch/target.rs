//! The objects that a patch is for: all that a `target` selects, or the one that the patch names
//! (kustomize api v0.18.0 `resmap/reswrangler.go` `Select`, `GetById`).

use super::pattern::Pattern;
use super::work::Work;
use crate::source::decode::{Node, NodeKind};
use crate::source::kustomize::label_selector::LabelSelector;
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::{DEFAULT_NAMESPACE, Resource, ResourceId, Resources, split_api_version};
use crate::source::kustomize::scalar::text_of;
use crate::source::kustomize::value::{Origin, Step, Value};
use crate::source::limits;
use crate::source::spelling;

/// What a look at who an object is and was takes, in steps.
const STEPS_OF_AN_OBJECT: usize = 16;

/// What a `target` asks for. A field that is left out fits all.
#[derive(Debug)]
pub(super) struct Target {
    group: Option<Pattern>,
    version: Option<Pattern>,
    kind: Option<Pattern>,
    name: Option<Pattern>,
    namespace: Option<Pattern>,
    labels: Option<Written>,
    annotations: Option<Written>,
}

/// A selector that is read when it is needed: kustomize does not tell of faults in one that nothing gets to.
#[derive(Debug)]
struct Written {
    text: String,
    origin: Origin,
}

const FIELDS: [&str; 7] = [
    "group",
    "version",
    "kind",
    "name",
    "namespace",
    "labelSelector",
    "annotationSelector",
];

impl Target {
    /// Reads the `target` of a patch.
    pub(super) fn read(node: Node<'_>, layer: &Layer<'_>) -> Result<Self, Problem> {
        super::fields::check(node, layer, "target", &FIELDS)?;
        let pattern = |field: &str| {
            super::fields::text(node, layer, field)?
                .map(|(text, origin)| bounded(text, &origin).and_then(|text| Pattern::new(text, &origin)))
                .transpose()
        };
        let written = |field: &str| {
            let written = super::fields::text(node, layer, field)?;
            written
                .map(|(text, origin)| {
                    let text = bounded(text, &origin)?.to_owned();
                    Ok(Written { text, origin })
                })
                .transpose()
        };
        Ok(Self {
            group: pattern("group")?,
            version: pattern("version")?,
            kind: pattern("kind")?,
            name: pattern("name")?,
            namespace: pattern("namespace")?,
            labels: written("labelSelector")?,
            annotations: written("annotationSelector")?,
        })
    }

    /// The positions of the objects that it selects.
    pub(super) fn select(&self, resources: &Resources, work: &mut Work<'_>) -> Result<Vec<usize>, Problem> {
        let layer = work.layer;
        let texts = [&self.labels, &self.annotations].into_iter().flatten();
        let length: usize = texts.map(|written| written.text.len()).sum();
        work.budget
            .step(resources.len().saturating_mul(STEPS_OF_AN_OBJECT + length))?;
        let mut labels = LazySelector::new(self.labels.as_ref());
        let mut annotations = LazySelector::new(self.annotations.as_ref());
        let mut selected = Vec::new();
        for (at, resource) in resources.iter().enumerate() {
            if self.names(resource)
                && labels.fit(resource, "labels", layer)?
                && annotations.fit(resource, "annotations", layer)?
            {
                selected.push(at);
            }
        }
        Ok(selected)
    }

    fn names(&self, resource: &Resource) -> bool {
        let (original, now) = (resource.original_id(), resource.id());
        let any = |pattern: Option<&Pattern>, texts: &[&str]| {
            pattern.is_none_or(|pattern| texts.iter().any(|text| pattern.fits(text)))
        };
        let (group, version) = split_api_version(resource.api_version());
        any(self.namespace.as_ref(), &[&original.namespace, &now.namespace])
            && any(self.name.as_ref(), &[&original.name, &now.name])
            && any(self.group.as_ref(), &[group])
            && any(self.version.as_ref(), &[version])
            && any(self.kind.as_ref(), &[resource.kind()])
    }
}

/// Refuses an expression that is longer than anybody writes one.
fn bounded<'t>(text: &'t str, origin: &Origin) -> Result<&'t str, Problem> {
    let limit = limits::TARGET_BYTES;
    if text.len() > limit {
        return Err(Problem::too_large(format!("this part of a target is longer than {limit} bytes")).or_at(origin));
    }
    Ok(text)
}

struct LazySelector<'w> {
    written: Option<&'w Written>,
    read: Option<LabelSelector>,
}

impl<'w> LazySelector<'w> {
    fn new(written: Option<&'w Written>) -> Self {
        Self { written, read: None }
    }

    fn fit(&mut self, resource: &Resource, field: &str, layer: &Layer<'_>) -> Result<bool, Problem> {
        let Some(written) = self.written else {
            return Ok(true);
        };
        let selector = match &mut self.read {
            Some(selector) => selector,
            read => read.insert(LabelSelector::parse(&written.text).map_err(|fault| {
                Problem::refused_at(
                    &written.origin,
                    format!("`{}` is no label selector: {fault}", written.text),
                )
            })?),
        };
        let mut texts = Vec::new();
        for key in selector.keys() {
            if let Some(value) = resource.value.at(&["metadata", field, key]) {
                texts.push((key, text_of(value, resource.is_rewritten, layer.sources)?));
            }
        }
        Ok(selector.fits(|key| {
            texts
                .iter()
                .find(|(known, _)| *known == key)
                .map(|(_, text)| text.to_string())
        }))
    }
}

/// The position of the one object that a patch names by its type, name and namespace.
pub(super) fn find(resources: &Resources, patch: &Value, work: &mut Work<'_>) -> Result<usize, Problem> {
    work.budget.step(resources.len())?;
    let id = ResourceId::new(
        patch.str_at(&["apiVersion"]).unwrap_or(""),
        patch.str_at(&["kind"]).unwrap_or(""),
        patch.str_at(&["metadata", "name"]).unwrap_or(""),
        patch.str_at(&["metadata", "namespace"]).unwrap_or(""),
    );
    let origin = patch
        .at(&["metadata", "name"])
        .map_or(&patch.origin, |name| &name.origin);
    let place = |at: usize| {
        let resource = resources.get(at)?;
        Some(
            resource
                .value
                .at(&["metadata", "name"])
                .unwrap_or(&resource.value)
                .origin
                .clone(),
        )
    };
    match resources.positions_by_id(&id).as_slice() {
        [one] => Ok(*one),
        [] => {
            let near = nearest(resources, &id);
            let hint = near.as_ref().map(|(_, hint)| format!("; {hint}")).unwrap_or_default();
            let problem = Problem::refused_at(origin, format!("the patch is for {id}, and there is none{hint}"));
            Err(match near.and_then(|(at, _)| place(at)) {
                Some(place) => problem.with_related(&place, "what may be meant"),
                None => problem,
            })
        }
        several => {
            let problem = Problem::refused_at(
                origin,
                format!(
                    "the patch is for {id}, and kustomize finds {} of them; give a `target`",
                    several.len()
                ),
            );
            Err(several
                .iter()
                .filter_map(|&at| place(at))
                .fold(problem, |problem, place| problem.with_related(&place, "one of them")))
        }
    }
}

/// The object that was probably meant, and how it differs.
fn nearest(resources: &Resources, wanted: &ResourceId) -> Option<(usize, String)> {
    let difference = |id: &ResourceId| {
        let api_version = |id: &ResourceId| {
            if id.group.is_empty() {
                id.version.clone()
            } else {
                format!("{}/{}", id.group, id.version)
            }
        };
        if id.kind == wanted.kind && id.name == wanted.name {
            if api_version(id) != api_version(wanted) {
                let (there, given) = (api_version(id), api_version(wanted));
                return Some((0, format!("{id} has `apiVersion: {there}`, the patch `{given}`")));
            }
            let there = &id.namespace;
            let hint = if there == DEFAULT_NAMESPACE {
                format!("take `namespace` out of the patch, if {id} is meant, which has none yet")
            } else {
                format!("write `namespace: {there}` in the patch, if {id} is meant")
            };
            return Some((1, hint));
        }
        if id.name == wanted.name {
            return Some((3, format!("{id} has this name")));
        }
        let slips = spelling::slips(&wanted.name, &id.name).filter(|_| id.kind == wanted.kind)?;
        Some((if slips < 2 { 2 } else { 4 }, format!("{id} is meant?")))
    };
    resources
        .iter()
        .enumerate()
        .filter_map(|(at, resource)| {
            let (rank, hint) = resource.ids().filter_map(|id| difference(&id)).min()?;
            Some((rank, at, hint))
        })
        .min()
        .map(|(_, at, hint)| (at, hint))
}

/// The `target` of a patch, if it has one.
pub(super) fn read_optional(item: Node<'_>, layer: &Layer<'_>) -> Result<Option<Target>, Problem> {
    let Some(node) = item.get("target") else {
        return Ok(None);
    };
    if node.kind() != NodeKind::Mapping {
        return Err(Problem::refused_at(
            &layer.origin(node, Step::Patch),
            "`target` is a mapping",
        ));
    }
    Target::read(node, layer).map(Some)
}
