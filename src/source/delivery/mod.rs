//! What the objects of Flux and Argo CD say about the manifests they deliver: from which folder, into which namespace, with which
//! variables.
//!
//! It is read as far as Git says it plainly. What it does not (a generator that asks a cluster, a patch, another repository) is
//! kept as [`Undecided`], with the reason; nothing is guessed.

mod application_set;
mod argo;
mod chart;
mod envsubst;
mod flux;
mod folders;
mod further;
mod substitute;
mod variables;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

pub use chart::{ChartDelivery, ValuesSource};
pub use further::{Extent, FurtherChange};
pub use substitute::{Substitution, is_left_alone, substitute};
pub use variables::Variables;

use super::decode::objects::{self, ObjectNode};
use super::decode::{Node, Tree};
use super::folder;
use super::kustomize::rendering::{Rendering, Role};
use super::load::LoadedFile;
use super::text::{SourceFile, Span};
use super::walk::SkippedPath;
use folders::Folders;
use variables::ConfigMaps;

/// The kinds that are read here.
pub const KINDS: [&str; 4] = [
    flux::KUSTOMIZATION,
    flux::HELM_RELEASE,
    argo::APPLICATION,
    argo::APPLICATION_SET,
];

/// Who said something, and where.
#[derive(Debug, Clone)]
pub struct Said {
    /// The object, as people call it: ``Flux Kustomization `apps` ``.
    pub by: String,
    /// The file it is in.
    pub file: Arc<SourceFile>,
    /// The bytes that say it.
    pub span: Span,
    /// To what the object belongs: its file, or the folder of the kustomization that renders it.
    pub holder: String,
    /// The folder of that; empty for the root.
    pub folder: String,
    /// The names of all files that the object is written in.
    pub files: Vec<String>,
}

impl Said {
    /// The same, at a node.
    fn at(&self, node: Node<'_>) -> Arc<Self> {
        Arc::new(Self {
            by: self.by.clone(),
            file: Arc::clone(node.file()),
            span: node.span(),
            holder: self.holder.clone(),
            folder: self.folder.clone(),
            files: self.files.clone(),
        })
    }
}

/// The namespace of what is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveredNamespace {
    /// Nothing is said: as it is written.
    AsWritten,
    /// For objects that name none (Argo CD's `destination.namespace`).
    Default(String),
    /// In place of whatever is written (Flux's `targetNamespace`, which kustomize applies as its own `namespace:`).
    Override(String),
    /// In place of whatever is written, but Git does not tell which.
    OverrideUnknown,
}

/// How far a delivery reaches from its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The kustomization in the folder, or without one the files that stand in it.
    Folder,
    /// All files below, kustomizations or not.
    Below,
    /// The kustomization in the folder; without one all files below, where a folder with a kustomization counts as what it
    /// renders (`fluxcd/pkg kustomize/kustomize_generator.go`, `generateKustomization`).
    Kustomize,
}

/// One folder that is delivered.
#[derive(Debug)]
pub struct Delivery {
    /// Relative to the root of the repository.
    pub folder: String,
    /// What below the folder belongs to it.
    pub reach: Reach,
    /// The namespace of the objects.
    pub namespace: DeliveredNamespace,
    /// What is substituted in them.
    pub variables: Variables,
    /// What else is done to them, and not here.
    pub further: Vec<FurtherChange>,
    /// Who delivers it.
    pub said: Arc<Said>,
}

/// Something that Git does not say plainly.
#[derive(Debug, Clone)]
pub struct Undecided {
    /// Who said it.
    pub said: Arc<Said>,
    /// Why it is not decided.
    pub why: String,
}

/// All deliveries of a repository.
#[derive(Debug, Default)]
pub struct Deliveries {
    /// Folders of manifests, in the order of files.
    pub folders: Vec<Delivery>,
    /// Charts, in the order of files.
    pub charts: Vec<ChartDelivery>,
    /// What is not decided, in the order of files.
    pub undecided: Vec<Undecided>,
    by_folder: HashMap<String, Vec<usize>>,
    known: Folders,
}

/// The deliveries that a file, or what a kustomization renders, goes through.
///
/// One file may be delivered several times, to several clusters or namespaces. It stays one object here: what all deliveries
/// agree on is known of it, everything else is not.
#[derive(Debug, Clone, Default)]
pub struct Delivered<'d> {
    deliveries: Vec<&'d Delivery>,
}

/// What becomes of the namespace of an object.
#[derive(Debug, Clone)]
pub enum NamespaceOutcome<'d> {
    /// It is as written; if none is, nobody says one.
    AsWritten,
    /// It is this one, and this delivery says so.
    Given(&'d str, &'d Arc<Said>),
    /// Somebody sets it, and Git does not tell to what; or several do, to different ones.
    Unknown,
}

impl Deliveries {
    /// Reads the deliveries of loaded files. What kustomizations render counts in place of the files that they take, since Flux and Argo CD
    /// see nothing else. `skipped` names the files that are no manifests, and so more folders.
    #[must_use]
    pub fn of(files: &[LoadedFile], rendering: &Rendering, skipped: &[SkippedPath]) -> Self {
        let mut reader = Reader {
            found: Self {
                known: Folders::of(files, skipped),
                ..Self::default()
            },
            config_maps: ConfigMaps::default(),
        };
        let sources = sources(files, rendering);
        let objects: Vec<Deliverer<'_>> = sources.iter().flat_map(Source::deliverers).collect();
        if objects.is_empty() {
            return reader.found;
        }
        reader.config_maps = ConfigMaps::of(&sources);
        flux::read(&objects, &mut reader);
        argo::read(&objects, &mut reader);
        let mut found = reader.found;
        for (at, delivery) in found.folders.iter().enumerate() {
            found.by_folder.entry(delivery.folder.clone()).or_default().push(at);
        }
        found.move_releases();
        found
    }

    /// Gives releases the namespaces that those set who deliver the objects that install them.
    fn move_releases(&mut self) {
        let mut charts = std::mem::take(&mut self.charts);
        for chart in &mut charts {
            let Some(own) = &chart.own else {
                continue;
            };
            let delivered = if own.is_rendered {
                self.of_folder(&chart.said.folder)
            } else {
                self.of_file(&chart.said.holder)
            };
            match delivered.namespace(own.written.as_deref()) {
                NamespaceOutcome::AsWritten => {}
                NamespaceOutcome::Given(name, _) => chart.namespace = Some(name.to_owned()),
                NamespaceOutcome::Unknown => chart.namespace = None,
            }
        }
        self.charts = charts;
    }

    /// The folders that are delivered.
    #[must_use]
    pub fn delivered_folders(&self) -> BTreeSet<&str> {
        self.folders.iter().map(|delivery| delivery.folder.as_str()).collect()
    }

    /// How a file of manifests is delivered as it is written: not by a kustomization that takes it.
    #[must_use]
    pub fn of_file(&self, name: &str) -> Delivered<'_> {
        let own = folder::of_file(name);
        self.through(own, |delivery, has_kustomization_between| match delivery.reach {
            Reach::Folder => delivery.folder == own && !self.known.has_kustomization(own),
            Reach::Below => !self.known.has_kustomization(&delivery.folder),
            Reach::Kustomize => !has_kustomization_between && !self.known.has_kustomization(own),
        })
    }

    /// How what the kustomization in `folder` renders is delivered.
    #[must_use]
    pub fn of_folder(&self, folder: &str) -> Delivered<'_> {
        self.through(folder, |delivery, has_kustomization_between| match delivery.reach {
            Reach::Folder => delivery.folder == folder,
            Reach::Below => false,
            Reach::Kustomize => !has_kustomization_between,
        })
    }

    /// The deliveries of a folder and of those around it that `reaches`; it is told whether a kustomization stands on the way, in a
    /// folder above `folder`, the delivery's own among them.
    fn through(&self, folder: &str, reaches: impl Fn(&Delivery, bool) -> bool) -> Delivered<'_> {
        let mut deliveries = Vec::new();
        if self.by_folder.is_empty() {
            return Delivered::default();
        }
        let mut is_between = false;
        for around in folder::ancestors(folder) {
            is_between |= around != folder && self.known.has_kustomization(around);
            let here = self.by_folder.get(around).into_iter().flatten();
            deliveries.extend(
                here.filter_map(|&at| self.folders.get(at))
                    .filter(|delivery| reaches(delivery, is_between)),
            );
        }
        Delivered { deliveries }
    }
}

impl<'d> Delivered<'d> {
    /// Those deliveries that are said in files of a target, if there are any: others speak of other clusters then.
    #[must_use]
    pub fn preferring(self, holds: impl Fn(&str) -> bool) -> Self {
        let own = self.deliveries.iter().filter(|delivery| holds(&delivery.said.holder));
        let own: Vec<&Delivery> = own.copied().collect();
        if own.is_empty() { self } else { Self { deliveries: own } }
    }

    /// What becomes of the namespace of an object that names this one, or none.
    #[must_use]
    pub fn namespace(&self, written: Option<&str>) -> NamespaceOutcome<'d> {
        let outcome = |delivery: &'d Delivery| match &delivery.namespace {
            DeliveredNamespace::Default(name) if written.is_none() => NamespaceOutcome::Given(name, &delivery.said),
            DeliveredNamespace::AsWritten | DeliveredNamespace::Default(_) => NamespaceOutcome::AsWritten,
            DeliveredNamespace::Override(name) => NamespaceOutcome::Given(name, &delivery.said),
            DeliveredNamespace::OverrideUnknown => NamespaceOutcome::Unknown,
        };
        let mut outcomes = self.deliveries.iter().map(|delivery| outcome(delivery));
        let Some(first) = outcomes.next() else {
            return NamespaceOutcome::AsWritten;
        };
        let name = |outcome: &NamespaceOutcome<'_>| match outcome {
            NamespaceOutcome::AsWritten => Some(written.map(str::to_owned)),
            NamespaceOutcome::Given(name, _) => Some(Some((*name).to_owned())),
            NamespaceOutcome::Unknown => None,
        };
        let agreed = name(&first);
        if outcomes.all(|other| name(&other) == agreed) {
            first
        } else {
            NamespaceOutcome::Unknown
        }
    }

    /// What the deliveries change of objects, and is not done here.
    pub fn further(&self) -> impl Iterator<Item = &'d FurtherChange> {
        self.deliveries.iter().flat_map(|delivery| &delivery.further)
    }

    /// The variables that are substituted, as far as all deliveries agree.
    #[must_use]
    pub fn variables(&self) -> Variables {
        Variables::common(self.deliveries.iter().map(|delivery| &delivery.variables))
    }
}

/// A document of which Flux and Argo CD may read objects.
struct Source<'r> {
    tree: &'r Arc<Tree>,
    /// The folder that it belongs to.
    folder: &'r str,
    /// See [`Said::holder`].
    holder: &'r str,
    /// Whether a kustomization renders it.
    is_rendered: bool,
}

/// What kustomizations render, and the files that none of them does.
fn sources<'r>(files: &'r [LoadedFile], rendering: &'r Rendering) -> Vec<Source<'r>> {
    let written = files
        .iter()
        .filter(|file| file.class.is_checked() && file.role != Role::Rendered)
        .flat_map(|file| {
            let documents = file.decoded.iter().flat_map(|decoded| &decoded.documents);
            documents.filter_map(|document| {
                Some(Source {
                    tree: document.tree.as_ref()?,
                    folder: folder::of_file(&file.name),
                    holder: &file.name,
                    is_rendered: false,
                })
            })
        });
    let rendered = rendering.roots.iter().flat_map(|root| {
        let built = root.outcome.iter().flat_map(|built| &built.objects);
        built.map(|object| Source {
            tree: &object.document.tree,
            folder: &root.folder,
            holder: root.name(),
            is_rendered: true,
        })
    });
    written.chain(rendered).collect()
}

impl<'r> Source<'r> {
    fn objects(&self) -> Vec<ObjectNode<'r>> {
        objects::objects(self.tree.root()).0
    }

    fn deliverers(&self) -> impl Iterator<Item = Deliverer<'r>> {
        let (folder, holder, is_rendered) = (self.folder, self.holder, self.is_rendered);
        let objects = self.objects().into_iter();
        objects
            .filter(|object| object.kind().is_some_and(|kind| KINDS.contains(&kind)))
            .map(move |object| Deliverer {
                object,
                folder,
                holder,
                is_rendered,
            })
    }
}

/// An object that delivers others.
struct Deliverer<'r> {
    object: ObjectNode<'r>,
    /// The folder that it belongs to.
    folder: &'r str,
    /// See [`Said::holder`].
    holder: &'r str,
    /// Whether a kustomization renders it.
    is_rendered: bool,
}

impl<'r> Deliverer<'r> {
    fn root(&self) -> Node<'r> {
        self.object.node
    }

    fn is(&self, group: &str, kind: &str) -> bool {
        let found = self.object.api_version().and_then(|version| version.split_once('/'));
        found.is_some_and(|(found, _)| found == group) && self.object.kind() == Some(kind)
    }

    fn name(&self) -> &'r str {
        self.root().str_at(&["metadata", "name"]).unwrap_or("")
    }

    fn namespace(&self) -> Option<&'r str> {
        self.root().str_at(&["metadata", "namespace"])
    }

    /// The object as it speaks at a node.
    fn says_at(&self, title: &str, node: Option<Node<'_>>) -> Arc<Said> {
        let named = self.root().at(&["metadata", "name"]).unwrap_or(self.root());
        let node = node.unwrap_or(named);
        Arc::new(Said {
            by: format!("{title} `{}`", self.name()),
            file: Arc::clone(node.file()),
            span: node.span(),
            holder: self.holder.to_owned(),
            folder: self.folder.to_owned(),
            files: self.root().tree().files().map(|file| file.path().to_owned()).collect(),
        })
    }
}

/// What is collected while objects are read.
struct Reader<'r> {
    found: Deliveries,
    config_maps: ConfigMaps<'r>,
}

impl Reader<'_> {
    /// What fields change beyond what is read here, where `at` finds them.
    fn further<'n>(
        &mut self,
        said: &Arc<Said>,
        fields: &[&str],
        at: impl Fn(&str) -> Option<Node<'n>>,
    ) -> Vec<FurtherChange> {
        let found: Vec<(&str, Node<'_>)> = fields.iter().filter_map(|field| Some((*field, at(field)?))).collect();
        if !found.is_empty() {
            let names: Vec<&str> = found.iter().map(|(field, _)| *field).collect();
            self.undecided(said, format!("it also changes its objects by {}", names.join(", ")));
        }
        found
            .into_iter()
            .map(|(field, node)| FurtherChange::of_field(said, field, node))
            .collect()
    }

    fn undecided(&mut self, said: &Arc<Said>, why: impl Into<String>) {
        self.found.undecided.push(Undecided {
            said: Arc::clone(said),
            why: why.into(),
        });
    }
}

/// A text that somebody still has to fill in, for Flux or in a template.
fn is_unfilled(text: &str) -> bool {
    text.contains("${") || text.contains("{{")
}

#[cfg(test)]
mod tests;
