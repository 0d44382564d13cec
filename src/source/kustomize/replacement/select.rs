//! The objects that a replacement is from and for
//! (kustomize api v0.18.0 `filters/replacement/replacement.go`, kyaml v0.18.1 `resid/resid.go` `IsSelectedBy`).

use super::super::problem::Problem;
use super::super::resource::{DEFAULT_NAMESPACE, Resource, Resources};
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
}

impl Selector {
    pub(super) fn new(
        id: IdSelector,
        (annotations, annotations_origin): (&str, Origin),
        (labels, labels_origin): (&str, Origin),
    ) -> Result<Self, Problem> {
        for (text, origin) in [(annotations, annotations_origin), (labels, labels_origin)] {
            if !text.is_empty() {
                return Err(Problem::not_understood_at(&origin, "a label selector"));
            }
        }
        Ok(Self { id })
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

    /// Whether a target takes an object.
    pub(super) fn is_target(
        &mut self,
        at: usize,
        _resource: &Resource,
        select: &Selector,
        reject: &[Selector],
        _sources: &Sources,
    ) -> Result<bool, Problem> {
        self.count(1 + reject.len())?;
        let ids = self.all.get(at).map_or(&[][..], Vec::as_slice);
        let is_selected = |selector: &IdSelector| ids.iter().any(|id| selector.selects(id));
        let is_rejected = reject
            .iter()
            .any(|reject| !reject.id.is_empty() && is_selected(&reject.id));
        Ok(is_selected(&select.id) && !is_rejected)
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
