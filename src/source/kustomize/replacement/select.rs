//! The objects that a replacement is from and for
//! (kustomize api v0.18.0 `filters/replacement/replacement.go`, kyaml v0.18.1 `resid/resid.go` `IsSelectedBy`).

use std::collections::BTreeMap;

use super::super::label_selector::LabelSelector;
use super::super::problem::Problem;
use super::super::resource::{DEFAULT_NAMESPACE, Resource, Resources};
use super::super::scalar::Spelling;
use super::super::sources::Sources;
use super::super::value::Origin;
use crate::source::limits;

/// Who is asked for. What is empty fits any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IdSelector {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) namespace: String,
}

impl IdSelector {
    /// Asks for nothing.
    fn is_empty(&self) -> bool {
        let Self {
            group,
            version,
            kind,
            name,
            namespace,
        } = self;
        [group, version, kind, name, namespace]
            .iter()
            .all(|text| text.is_empty())
    }

    fn selects(&self, id: &Identity) -> bool {
        let fits = |wanted: &str, there: &str| wanted.is_empty() || wanted == there;
        fits(&self.name, &id.name)
            && fits(&self.kind, &id.kind)
            && fits(&self.namespace, &id.namespace)
            && fits(&self.group, &id.group)
            && fits(&self.version, &id.version)
    }
}

impl std::fmt::Display for IdSelector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let given = [
            ("group", &self.group),
            ("version", &self.version),
            ("kind", &self.kind),
            ("name", &self.name),
            ("namespace", &self.namespace),
        ];
        let given: Vec<String> = given
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(key, text)| format!("{key}: {text}"))
            .collect();
        write!(formatter, "`{{{}}}`", given.join(", "))
    }
}

/// Who is asked for, and with which labels and annotations.
#[derive(Debug)]
pub(super) struct Selector {
    id: IdSelector,
    annotations: Option<Asked>,
    labels: Option<Asked>,
}

/// What is asked of labels or annotations.
#[derive(Debug)]
struct Asked {
    /// Which of the two.
    field: &'static str,
    /// A fault is told when an object is held against it: kustomize tells of none before.
    selector: Result<LabelSelector, String>,
    origin: Origin,
}

impl Asked {
    fn of(field: &'static str, text: &str, origin: Origin) -> Option<Self> {
        (!text.is_empty()).then(|| Self {
            field,
            selector: LabelSelector::parse(text).map_err(|fault| format!("`{text}` is no label selector: {fault}")),
            origin,
        })
    }

    fn fits(&self, resource: &Resource, spelling: Spelling<'_>) -> Result<bool, Problem> {
        let selector = match &self.selector {
            Ok(selector) => selector,
            Err(fault) => return Err(Problem::refused_at(&self.origin, fault)),
        };
        let mut texts = BTreeMap::new();
        for key in selector.keys() {
            if let Some(value) = resource.value.at(&["metadata", self.field, key]) {
                texts.insert(key, spelling.text(value)?.into_owned());
            }
        }
        Ok(selector.fits(|key| texts.get(key).cloned()))
    }
}

impl Selector {
    pub(super) fn new(
        id: IdSelector,
        (annotations, annotations_origin): (&str, Origin),
        (labels, labels_origin): (&str, Origin),
    ) -> Self {
        Self {
            id,
            annotations: Asked::of("annotations", annotations, annotations_origin),
            labels: Asked::of("labels", labels, labels_origin),
        }
    }

    /// Whether the object has the labels and annotations.
    fn fits(&self, resource: &Resource, spelling: Spelling<'_>) -> Result<bool, Problem> {
        let mut fits = true;
        for asked in [&self.annotations, &self.labels].into_iter().flatten() {
            fits &= asked.fits(resource, spelling)?;
        }
        Ok(fits)
    }

    fn asks_for_labels(&self) -> bool {
        self.annotations.is_some() || self.labels.is_some()
    }
}

/// Who an object is or was. Unlike elsewhere, one of a kind without namespaces is in `default` here, if it names no other.
#[derive(Debug)]
struct Identity {
    group: String,
    version: String,
    kind: String,
    name: String,
    namespace: String,
}

/// Who all objects are and were.
#[derive(Debug)]
pub(super) struct Identities {
    all: Vec<Vec<Identity>>,
    comparisons: usize,
}

fn identities(resource: &Resource) -> Vec<Identity> {
    let now = resource.id();
    let written = resource.namespace();
    let of = |kind: &str, name: &str, namespace: &str| Identity {
        group: now.group.clone(),
        version: now.version.clone(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        namespace: namespace.to_owned(),
    };
    let namespace = if written.is_empty() { DEFAULT_NAMESPACE } else { written };
    let previous = resource.previous.iter().map(|id| of(&id.kind, &id.name, &id.namespace));
    std::iter::once(of(&now.kind, &now.name, namespace))
        .chain(previous)
        .collect()
}

impl Identities {
    pub(super) fn of(resources: &Resources) -> Self {
        Self {
            all: resources.iter().map(identities).collect(),
            comparisons: 0,
        }
    }

    /// To be called when an object was changed.
    pub(super) fn refresh(&mut self, at: usize, resource: &Resource) {
        if let Some(known) = self.all.get_mut(at) {
            *known = identities(resource);
        }
    }

    /// The one object that is or was what is asked for.
    pub(super) fn one(
        &mut self,
        wanted: &IdSelector,
        resources: &Resources,
        origin: &Origin,
    ) -> Result<usize, Problem> {
        self.count(self.all.len())?;
        let mut found = (0..self.all.len()).filter(|&at| self.all[at].iter().any(|id| wanted.selects(id)));
        let Some(first) = found.next() else {
            return Err(Problem::refused_at(
                origin,
                format!("nothing in this kustomization is {wanted}, from which a replacement takes its value"),
            ));
        };
        let Some(second) = found.next() else {
            return Ok(first);
        };
        let name = |at: usize| {
            resources
                .get(at)
                .map(|resource| resource.id().to_string())
                .unwrap_or_default()
        };
        Err(Problem::refused_at(
            origin,
            format!(
                "{wanted} may be {} or {}; a replacement takes its value from one object, so ask for more",
                name(first),
                name(second)
            ),
        ))
    }

    /// Whether a target takes an object. What is rejected for its labels is rejected whoever it is.
    pub(super) fn is_target(
        &mut self,
        at: usize,
        resource: &Resource,
        select: &Selector,
        reject: &[Selector],
        sources: &Sources,
    ) -> Result<bool, Problem> {
        self.count(1 + reject.len())?;
        let spelling = Spelling {
            is_rewritten: resource.is_rewritten,
            sources,
        };
        if !select.fits(resource, spelling)? {
            return Ok(false);
        }
        for reject in reject.iter().filter(|reject| reject.asks_for_labels()) {
            if reject.fits(resource, spelling)? {
                return Ok(false);
            }
        }
        let ids = self.all.get(at).map_or(&[][..], Vec::as_slice);
        let is_selected = |selector: &IdSelector| ids.iter().any(|id| selector.selects(id));
        let is_rejected = |reject: &Selector| !reject.id.is_empty() && is_selected(&reject.id);
        Ok(is_selected(&select.id) && !reject.iter().any(is_rejected))
    }

    /// How often objects were compared.
    pub(super) fn comparisons(&self) -> usize {
        self.comparisons
    }

    fn count(&mut self, comparisons: usize) -> Result<(), Problem> {
        self.comparisons += comparisons;
        if self.comparisons > limits::REPLACEMENT_STEPS {
            return Err(Problem::too_large(
                "the replacements of this kustomization look at too many objects",
            ));
        }
        Ok(())
    }
}
