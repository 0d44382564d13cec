//! What the kustomizations of a repository become: its roots, each with the objects that would be applied, or with the reason
//! why they are not known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::build::Builder;
use super::fallback::OtherRenderer;
use super::freeze::{self, Frozen};
use super::graph::Graph;
use super::problem::{BuildVerdict, Problem, Spot};
use super::resource::{Resource, Resources};
use super::schema;
use super::sources::Sources;
use crate::source::classify::KUSTOMIZATION_NAMES;
use crate::source::decode::{self, Decoded, Node};
use crate::source::disk::Files;
use crate::source::folder::join_relative;
use crate::source::limits;
use crate::source::text::{Place, Span};

/// The kustomizations of a repository, built.
#[derive(Debug, Default)]
pub struct Rendering {
    /// The roots, by folder.
    pub roots: Vec<Root>,
    /// The files that are in roots that were built, with the positions of these: what is applied of them is known.
    rendered: BTreeMap<String, Vec<usize>>,
    /// The files that any kustomization takes as they are.
    taken: BTreeSet<String>,
    /// The files whose objects a kustomization moves to another namespace, or may move.
    moved: BTreeSet<String>,
    /// Files that are patches, or other input of a kustomization, and no manifests of their own.
    inputs: BTreeSet<String>,
}

/// One root.
#[derive(Debug)]
pub struct Root {
    /// Its folder, relative to the root of the repository; empty for that itself.
    pub folder: Arc<str>,
    /// Its objects.
    pub outcome: Result<Built, Unbuilt>,
}

/// The objects of a root.
#[derive(Debug)]
pub struct Built {
    /// What built it.
    pub by: Renderer,
    /// The objects, in the order of the build.
    pub objects: Vec<Arc<RenderedObject>>,
}

/// What built a root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Renderer {
    /// This program.
    Native,
    /// Another program on this machine, with why it was asked.
    Program {
        /// Its name: `kustomize`, or `kubectl kustomize`.
        name: &'static str,
        /// What this program did not understand.
        why: String,
    },
}

/// One object that would be applied.
#[derive(Debug)]
pub struct RenderedObject {
    /// The document.
    pub document: Frozen,
    /// Where kustomizations say in which namespace it is, the outermost last.
    pub namespace_set_at: Vec<Place>,
}

/// Why the objects of a root are not known.
#[derive(Debug, Clone)]
pub struct Unbuilt {
    /// What it means.
    pub verdict: BuildVerdict,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where.
    pub place: Place,
    /// Other places that belong to it.
    pub related: Vec<(Place, String)>,
}

impl Root {
    /// Its folder as people write it; `.` for the root of the repository.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.folder.is_empty() { "." } else { &self.folder }
    }
}

impl Rendering {
    /// Builds the folders for which `is_wanted` says yes; it is told whether a folder is a root, one that no other takes. `decoded` gives
    /// files that are read already. What is not understood is left to `other`, if there is such a program.
    #[must_use]
    pub fn of(
        graph: &Graph,
        files: &dyn Files,
        decoded: impl Fn(&str) -> Option<Arc<Decoded>>,
        is_wanted: impl Fn(&str, bool) -> bool,
        other: Option<&OtherRenderer>,
    ) -> Self {
        let sources = collect_sources(graph, files, decoded);
        let mut workshop = Workshop {
            graph,
            files,
            sources: &sources,
            builder: Builder::new(graph, &sources),
            other,
        };
        let kustomizations = graph.kustomizations.iter();
        let folders: Vec<&str> = kustomizations
            .filter(|(folder, known)| !known.is_component && is_wanted(folder, !known.is_taken))
            .map(|(folder, _)| folder.as_str())
            .collect();
        let roots = workshop.roots(&folders);
        let mut rendering = Self {
            roots,
            inputs: graph.inputs.clone(),
            ..Self::default()
        };
        for kustomization in graph.kustomizations.values() {
            rendering.taken.extend(kustomization.resources.iter().cloned());
        }
        let moves = |root: Node<'_>| {
            ["namespace", "transformers"]
                .iter()
                .any(|field| root.get(field).is_some())
        };
        let moving = graph.kustomizations.iter();
        let moving = moving.filter(|(_, known)| known.root().is_some_and(moves));
        let moving: Vec<&str> = moving.map(|(folder, _)| folder.as_str()).collect();
        rendering.moved = files_of(&moving, graph).map(str::to_owned).collect();
        for (at, root) in rendering.roots.iter().enumerate() {
            if root.outcome.is_ok() {
                for file in files_of(&[&root.folder], graph) {
                    match rendering.rendered.get_mut(file) {
                        Some(roots) => roots.push(at),
                        None => drop(rendering.rendered.insert(file.to_owned(), vec![at])),
                    }
                }
            }
        }
        rendering
    }

    /// The roots that were built and hold what a file says.
    pub fn roots_with(&self, name: &str) -> impl Iterator<Item = &Root> {
        let at = self.rendered.get(name).into_iter().flatten();
        at.filter_map(|&at| self.roots.get(at))
    }

    /// Whether the namespace that a file gives its objects may not be theirs.
    #[must_use]
    pub fn may_move(&self, name: &str) -> bool {
        self.moved.contains(name)
    }

    /// Builds one folder for its own sake, whether others take it or not; `None` if it has no kustomization.
    #[must_use]
    pub fn of_folder(files: &dyn Files, folder: &str, other: Option<&OtherRenderer>) -> Option<Root> {
        let mut found = Vec::new();
        for name in KUSTOMIZATION_NAMES
            .iter()
            .filter_map(|name| join_relative(folder, name))
        {
            if let Ok(bytes) = files.read(&name) {
                found.push(Arc::new(decode::decode(name, bytes)));
            }
        }
        if found.is_empty() {
            return None;
        }
        let graph = Graph::of(found, files);
        let sources = collect_sources(&graph, files, |_| None);
        let (folder, _) = graph.kustomizations.get_key_value(folder)?;
        let mut workshop = Workshop {
            graph: &graph,
            files,
            sources: &sources,
            builder: Builder::new(&graph, &sources),
            other,
        };
        workshop.roots(&[folder]).pop()
    }

    /// What kustomizations do with a file.
    #[must_use]
    pub fn role_of(&self, name: &str) -> Role {
        if self.rendered.contains_key(name) {
            Role::Rendered
        } else if self.taken.contains(name) {
            Role::Taken
        } else if self.inputs.contains(name) {
            Role::Input
        } else {
            Role::None
        }
    }
}

/// What kustomizations do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Role {
    /// None names it.
    #[default]
    None,
    /// It is a patch, or other input, and no manifest of its own.
    Input,
    /// It is taken as it is, but none of the roots with it was built: what is applied may differ.
    Taken,
    /// It is in a root that was built: what is applied is known, and judged instead of the file.
    Rendered,
}

/// The files that kustomizations take as they are, themselves or by others, each once.
fn files_of<'g>(folders: &[&'g str], graph: &'g Graph) -> impl Iterator<Item = &'g str> {
    let mut all = graph.reachable(folders.iter().copied());
    all.extend(folders);
    let taken = all.into_iter().filter_map(|folder| graph.kustomizations.get(folder));
    let files: BTreeSet<&str> = taken.flat_map(|known| &known.resources).map(String::as_str).collect();
    files.into_iter()
}

/// Everything that the builds may read, in an order that does not depend on threads.
pub(super) fn collect_sources(
    graph: &Graph,
    files: &dyn Files,
    decoded: impl Fn(&str) -> Option<Arc<Decoded>>,
) -> Sources {
    let mut sources = Sources::default();
    for kustomization in graph.kustomizations.values() {
        for file in &kustomization.files {
            sources.add_documents(Arc::clone(file));
        }
    }
    for name in graph.read_files() {
        if sources.find(name).is_some() {
            continue;
        }
        let known = decoded(name).or_else(|| graph.plugins.get(name).cloned());
        let read = || {
            let bytes = files.read(name).ok()?;
            Some(Arc::new(decode::decode(name, bytes)))
        };
        if let Some(decoded) = known.or_else(read) {
            sources.add_documents(decoded);
        }
    }
    let mut left = limits::GENERATOR_FILES_BYTES;
    for name in &graph.data {
        let content = match files.read(name) {
            Ok(bytes) if bytes.len() > left => {
                let limit = limits::GENERATOR_FILES_BYTES >> 20;
                Err(format!("the generators of this repository read more than {limit} MiB"))
            }
            other => other,
        };
        left -= content.as_ref().map_or(0, Vec::len);
        sources.add_data(name, content.map(Into::into));
    }
    for name in &graph.links {
        sources.add_link(name.clone());
    }
    for (file, schema) in schema::run::schemas(graph, &sources) {
        sources.add_schema(file, schema);
    }
    sources
}

/// The objects of a root, or why there are none.
type Objects = Result<Vec<Arc<RenderedObject>>, Problem>;

/// What the builds have at hand.
struct Workshop<'w> {
    graph: &'w Graph,
    files: &'w dyn Files,
    sources: &'w Sources,
    builder: Builder<'w>,
    /// Another program, for what is not understood.
    other: Option<&'w OtherRenderer>,
}

impl<'w> Workshop<'w> {
    fn roots(&mut self, folders: &[&'w str]) -> Vec<Root> {
        let sources = self.sources;
        let objects = |resources: &Resources| -> Vec<Arc<RenderedObject>> {
            let rendered = resources
                .iter()
                .filter_map(|resource| rendered_object(resource, sources));
            rendered.map(Arc::new).collect()
        };
        let built = self.builder.roots(folders, objects);
        let built: Vec<(&str, Objects)> = folders.iter().copied().zip(built).collect();
        built
            .into_par_iter()
            .filter_map(|(folder, built)| self.root(folder, built))
            .collect()
    }

    fn root(&self, folder: &str, built: Result<Vec<Arc<RenderedObject>>, Problem>) -> Option<Root> {
        let outcome = match built {
            Ok(objects) => Ok(Built {
                by: Renderer::Native,
                objects,
            }),
            Err(problem) => self.by_other(folder, unbuilt(problem, folder, self.graph, self.sources)?)?,
        };
        Some(Root {
            folder: folder.into(),
            outcome,
        })
    }

    /// What another program makes of a folder that was not built, if one may be asked.
    fn by_other(&self, folder: &str, unbuilt: Unbuilt) -> Option<Result<Built, Unbuilt>> {
        let Some(other) = self.other else {
            return Some(Err(unbuilt));
        };
        let is_for_another = match unbuilt.verdict {
            BuildVerdict::NotUnderstood => true,
            // What Git does not have may be fetched, if that is permitted.
            BuildVerdict::Undecided => other.fetches(),
            BuildVerdict::Refused | BuildVerdict::TooLarge => false,
        };
        if !is_for_another {
            return Some(Err(unbuilt));
        }
        Some(match other.build(folder, self.graph, self.files, self.sources) {
            Ok(objects) => Ok(Built {
                by: Renderer::Program {
                    name: other.name,
                    why: unbuilt.message,
                },
                objects: objects.into_iter().map(Arc::new).collect(),
            }),
            // Why it was not asked says more than why it would have been.
            Err(problem) if problem.verdict == BuildVerdict::Undecided => {
                Err(self::unbuilt(problem, folder, self.graph, self.sources)?)
            }
            Err(problem) => Err(Unbuilt {
                message: format!("{}; {}", unbuilt.message, problem.message),
                ..unbuilt
            }),
        })
    }
}

fn rendered_object(resource: &Resource, sources: &Sources) -> Option<RenderedObject> {
    let set_at = resource.namespace_set_by.iter();
    Some(RenderedObject {
        document: freeze::freeze(&resource.value, sources)?,
        namespace_set_at: set_at.filter_map(|origin| place(&origin.into(), sources)).collect(),
    })
}

fn unbuilt(problem: Problem, folder: &str, graph: &Graph, sources: &Sources) -> Option<Unbuilt> {
    let file = &graph.kustomizations.get(folder)?.files.first()?.file;
    if folder.contains(char::REPLACEMENT_CHARACTER) {
        return Some(Unbuilt {
            verdict: BuildVerdict::Undecided,
            message: "the path of this folder is not UTF-8, so what is named here is not found; rename it".to_owned(),
            place: Place::new(Arc::clone(file), Span::default()),
            related: Vec::new(),
        });
    }
    let place = problem.spot.as_ref().and_then(|spot| place(spot, sources));
    Some(Unbuilt {
        verdict: problem.verdict,
        message: problem.message,
        place: place.unwrap_or_else(|| Place::new(Arc::clone(file), Span::default())),
        related: problem
            .related
            .into_iter()
            .filter_map(|(spot, text)| Some((self::place(&spot, sources)?, text)))
            .collect(),
    })
}

fn place(spot: &Spot, sources: &Sources) -> Option<Place> {
    Some(Place::new(Arc::clone(sources.file(spot.file)?), spot.span))
}
