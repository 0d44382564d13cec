//! One object on its way through a build, and the list of all of them.
//!
//! What kustomize keeps in annotations that it takes away at the end (former names, prefixes, whether a hash is due) is kept in
//! fields here (kustomize api v0.18.0 `resource/resource.go`).

use std::collections::HashMap;
use std::sync::Arc;

use super::cluster_scoped;
use super::problem::Problem;
use super::scalar::is_surely_string;
use super::shared::SharedValue;
use super::value::{Data, Origin, Step, Value};
use crate::source::limits;

/// Who an object is for kustomize (kyaml v0.18.1 `resid/resid.go`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId {
    /// The group; empty for the core group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The kind.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The namespace, `default` where none is given, or a stand-in for kinds without.
    pub namespace: String,
}

/// The namespace of kinds that have none.
pub const NOT_A_NAMESPACE: &str = "_non_namespaceable_";
/// The namespace of objects that name none: they count as being in this one, for comparisons only.
pub const DEFAULT_NAMESPACE: &str = "default";

impl ResourceId {
    /// The id of what has this `apiVersion`, kind, name and written namespace.
    #[must_use]
    pub fn new(api_version: &str, kind: &str, name: &str, namespace: &str) -> Self {
        let (group, version) = split_api_version(api_version);
        let namespace = if cluster_scoped::is_certainly(api_version, kind) {
            NOT_A_NAMESPACE
        } else if namespace.is_empty() {
            DEFAULT_NAMESPACE
        } else {
            namespace
        };
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            namespace: namespace.to_owned(),
        }
    }

    /// Whether the kind is known to have no namespace.
    #[must_use]
    pub fn is_cluster_scoped(&self) -> bool {
        self.namespace == NOT_A_NAMESPACE
    }
}

impl std::fmt::Display for ResourceId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ", self.kind)?;
        if !self.is_cluster_scoped() && self.namespace != DEFAULT_NAMESPACE {
            write!(formatter, "{}/", self.namespace)?;
        }
        formatter.write_str(&self.name)
    }
}

/// Group and version of an `apiVersion`.
#[must_use]
pub fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// What a generated ConfigMap or Secret does to one that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Behavior {
    /// There must be none.
    #[default]
    Create,
    /// It takes the place of the other.
    Replace,
    /// It adds to the other.
    Merge,
}

/// About as much memory as this many values takes what is remembered of a former id.
const VALUES_OF_AN_ID: usize = 3;

/// One object.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The document.
    pub value: Value,
    /// Who it was before, the oldest first.
    pub previous: Vec<ResourceId>,
    /// Prefixes that its name got, the innermost first.
    pub prefixes: Vec<Arc<str>>,
    /// Suffixes that its name got, the innermost first; a hash is none.
    pub suffixes: Vec<Arc<str>>,
    /// Whether its name gets a hash of its content at the end.
    pub needs_hash: bool,
    /// What it does to one that is there already.
    pub behavior: Behavior,
    /// The names of the `vars` that take their value from it.
    pub variables: Vec<String>,
    /// Where a kustomization said in which namespace it is, the outermost last.
    pub namespace_set_by: Vec<Origin>,
    /// Whether kustomize kept notes in its annotations, so that an empty mapping of them is gone at the end.
    pub is_annotated: bool,
    /// Values that stand at several places, and are one for kustomize.
    pub(super) shared: Vec<SharedValue>,
    /// Whether kustomize wrote it as JSON in between, so that numbers and null are no longer spelt as in its file.
    pub(super) is_rewritten: bool,
    /// Where the last JSON patch was put on it, which meets what kustomize keeps in its annotations.
    pub(super) json_patched_by: Option<Origin>,
}

impl Resource {
    /// An object as it was read.
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self {
            value,
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            needs_hash: false,
            behavior: Behavior::Create,
            variables: Vec::new(),
            namespace_set_by: Vec::new(),
            is_annotated: false,
            shared: Vec::new(),
            is_rewritten: false,
            json_patched_by: None,
        }
    }

    /// Its `apiVersion`.
    #[must_use]
    pub fn api_version(&self) -> &str {
        self.value.str_at(&["apiVersion"]).unwrap_or("")
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.value.str_at(&["kind"]).unwrap_or("")
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.value.str_at(&["metadata", "name"]).unwrap_or("")
    }

    /// Its namespace as it is written; empty if there is none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.value.str_at(&["metadata", "namespace"]).unwrap_or("")
    }

    /// Who it is now.
    #[must_use]
    pub fn id(&self) -> ResourceId {
        ResourceId::new(self.api_version(), self.kind(), self.name(), self.namespace())
    }

    /// Who it was first.
    #[must_use]
    pub fn original_id(&self) -> ResourceId {
        self.ids().next().unwrap_or_else(|| self.id())
    }

    /// Who it was, the oldest first, and who it is now. Former ids have the group and version of now.
    pub fn ids(&self) -> impl Iterator<Item = ResourceId> {
        let now = self.id();
        let (group, version) = (now.group.clone(), now.version.clone());
        let previous = self.previous.iter().map(move |id| ResourceId {
            group: group.clone(),
            version: version.clone(),
            ..id.clone()
        });
        previous.chain(std::iter::once(now))
    }

    /// Whether it is or was the object of this id.
    #[must_use]
    pub fn was(&self, id: &ResourceId) -> bool {
        let has_name = self.name() == id.name || self.previous.iter().any(|known| known.name == id.name);
        has_name && self.ids().any(|known| known == *id)
    }

    /// Refuses to go on with an object whose name, or what else tells which it is, is longer than anything that the API server takes: it is
    /// kept for each kustomization that it goes through. What is no string there is one at some steps of kustomize, and none at others
    /// (kyaml v0.18.1 `yaml/rnode.go`: `GetName` takes any text, `GetMeta` numbers only where a list is rewritten).
    ///
    /// # Errors
    /// If one of them is.
    pub fn check_identity(&self) -> Result<(), Problem> {
        let ways: [&[&str]; 4] = [
            &["metadata", "name"],
            &["metadata", "namespace"],
            &["kind"],
            &["apiVersion"],
        ];
        for way in ways {
            let (Some(value), [.., field]) = (self.value.at(way), way) else {
                continue;
            };
            match &value.data {
                Data::Text(text) if text.len() > limits::IDENTITY_BYTES => {
                    let limit = limits::IDENTITY_BYTES;
                    return Err(Problem::too_large(format!(
                        "the `{field}` of an object is longer than {limit} bytes here"
                    ))
                    .or_at(&value.origin));
                }
                // It may have lost the tag that makes a string of it (kustomize api v0.18.0 `filters/replacement/replacement.go`).
                Data::Text(text) if value.origin.step == Step::Replacement && !is_surely_string(text) => {
                    return Err(not_understood(
                        value,
                        &format!(
                            "a replacement that puts a number, a boolean or nothing into the `{field}` of an object"
                        ),
                    ));
                }
                Data::Null if *field == "apiVersion" => {
                    return Err(not_understood(value, "an `apiVersion` that is null"));
                }
                Data::Text(_) | Data::Null => {}
                _ => {
                    return Err(not_understood(
                        value,
                        &format!("the `{field}` of an object that is no string"),
                    ));
                }
            }
        }
        for way in [&["metadata"][..], &["metadata", "labels"], &["metadata", "annotations"]] {
            if let (Some(value), [.., field]) = (self.value.at(way), way)
                && !matches!(value.data, Data::Map(_) | Data::Null)
            {
                return Err(not_understood(value, &format!("`{field}` that is no mapping")));
            }
        }
        // It is taken apart and put together again.
        if self.api_version().starts_with('/') || self.api_version().ends_with('/') {
            let value = self.value.get("apiVersion").unwrap_or(&self.value);
            return Err(not_understood(
                value,
                "an `apiVersion` with nothing before or behind its `/`",
            ));
        }
        Ok(())
    }

    /// Refuses to go on with an object that lost its kind or its name: kustomize asks for both again at the end.
    ///
    /// # Errors
    /// If it did.
    pub fn check_named(&self) -> Result<(), Problem> {
        let is_named = !self.name().is_empty() || self.kind().ends_with("List");
        if is_named && !self.kind().is_empty() {
            return Ok(());
        }
        Err(not_understood(
            &self.value,
            "an object whose kind or name is taken away",
        ))
    }

    /// How many values it holds in memory, in its document and in what is remembered of it.
    #[must_use]
    pub fn size(&self) -> usize {
        let remembered = self.previous.len() * VALUES_OF_AN_ID + self.shared.len() + self.variables.len();
        self.value.size() + remembered + limits::VALUES_OF_AN_OBJECT
    }

    /// Remembers who it is, before that changes.
    pub fn remember_id(&mut self) {
        self.previous.push(self.id());
        self.is_annotated = true;
    }

    /// Whether nothing is left of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.value.data {
            Data::Null => true,
            Data::Map(fields) => fields.is_empty(),
            Data::List(items) => items.is_empty(),
            _ => false,
        }
    }
}

fn not_understood(value: &Value, what: &str) -> Problem {
    Problem::not_understood_at(&value.origin, what)
}

/// The objects of a kustomization, in order. Those of a base that an overlay does not change are shared with it.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    list: Vec<Arc<Resource>>,
    positions: Positions,
    steps: usize,
}

/// Where the object of each id is. Known only as long as no object is changed.
#[derive(Debug, Default)]
struct Positions(Option<HashMap<ResourceId, usize>>);

impl Clone for Positions {
    /// Seldom needed, and found again when it is.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Resources {
    /// Takes account of looks at objects and their parts, for what stands at `origin`.
    ///
    /// # Errors
    /// If the build of one kustomization took more than it may.
    pub fn spend(&mut self, steps: usize, origin: &Origin) -> Result<(), Problem> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > limits::BUILD_STEPS {
            return Err(Problem::too_large(
                "this and what stands before it would take too many steps to build: too much for too many objects",
            )
            .or_at(origin));
        }
        Ok(())
    }

    /// What was spent on them so far.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// How many values they hold in memory.
    #[must_use]
    pub fn size(&self) -> usize {
        self.iter().map(Resource::size).sum()
    }

    /// All of them.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Resource> + Clone {
        self.list.iter().map(|resource| &**resource)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The one at this position.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&Resource> {
        self.list.get(at).map(|resource| &**resource)
    }

    /// The one at this position, to be changed; it is no longer shared then.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut Resource> {
        self.positions = Positions::default();
        self.list.get_mut(at).map(Arc::make_mut)
    }

    /// Each of them, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Resource> {
        self.positions = Positions::default();
        self.list.iter_mut().map(Arc::make_mut)
    }

    /// Takes out those for which the answer is no.
    pub fn retain(&mut self, mut keep: impl FnMut(&Resource) -> bool) {
        self.positions = Positions::default();
        self.list.retain(|resource| keep(resource));
    }

    /// Puts another one at this position.
    pub fn replace(&mut self, at: usize, resource: Resource) {
        self.positions = Positions::default();
        if let Some(place) = self.list.get_mut(at) {
            *place = Arc::new(resource);
        }
    }

    /// Adds one.
    ///
    /// # Errors
    /// If one of the same id is there already.
    pub fn append(&mut self, resource: Resource) -> Result<(), Problem> {
        self.append_shared(Arc::new(resource))
    }

    /// Adds all of another list.
    ///
    /// # Errors
    /// If two of the same id come together.
    pub fn append_all(&mut self, other: &Self) -> Result<(), Problem> {
        other
            .list
            .iter()
            .try_for_each(|resource| self.append_shared(Arc::clone(resource)))
    }

    fn append_shared(&mut self, resource: Arc<Resource>) -> Result<(), Problem> {
        resource.check_identity()?;
        let id = resource.id();
        let list = &self.list;
        let positions = self
            .positions
            .0
            .get_or_insert_with(|| list.iter().zip(0..).map(|(known, at)| (known.id(), at)).collect());
        if let Some(other) = positions.get(&id).and_then(|at| list.get(*at)) {
            return Err(Problem::refused_at(
                resource
                    .value
                    .at(&["metadata", "name"])
                    .map_or(&resource.value.origin, |name| &name.origin),
                format!("{id} is there twice in one kustomization"),
            )
            .with_related(
                &other.value.at(&["metadata", "name"]).unwrap_or(&other.value).origin,
                "the other one",
            ));
        }
        positions.insert(id, list.len());
        self.list.push(resource);
        Ok(())
    }

    /// Refuses two of the same id.
    ///
    /// # Errors
    /// If there are two.
    pub fn refuse_twins(&mut self) -> Result<(), Problem> {
        let all = std::mem::take(&mut self.list);
        self.positions = Positions::default();
        all.into_iter().try_for_each(|resource| self.append_shared(resource))
    }

    /// The positions of those that are, or ever were, the object of this id.
    #[must_use]
    pub fn positions_by_id(&self, id: &ResourceId) -> Vec<usize> {
        (0..self.len()).filter(|&at| self.list[at].was(id)).collect()
    }

    /// The positions of those that are, or ever were, one for which the answer is yes.
    pub fn positions_by_any_id(&self, matches: impl Fn(&ResourceId) -> bool) -> Vec<usize> {
        (0..self.len())
            .filter(|&at| self.list[at].ids().any(|id| matches(&id)))
            .collect()
    }
}
