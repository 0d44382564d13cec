//! Which kustomization takes which: found before anything is built, so that all files are read beforehand, bases are built
//! once, and circles are never entered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fields;
use super::generate;
use super::layer::decoded_text;
use super::plugin::{self, paths::Paths};
use crate::source::classify::KUSTOMIZATION_NAMES;
use crate::source::decode::{self, Decoded, Node};
use crate::source::disk::{Files, PathKind};
use crate::source::folder;
use crate::source::limits;

/// The kustomizations of a repository and what they name.
#[derive(Debug, Default)]
pub struct Graph {
    /// By folder, relative to the root of the repository.
    pub kustomizations: BTreeMap<String, Kustomization>,
    /// Files that are read otherwise: patches, replacements, configurations.
    pub inputs: BTreeSet<String>,
    /// Files whose bytes generators take.
    pub data: BTreeSet<String>,
    /// Paths that are named, and reached by a link.
    pub links: BTreeSet<String>,
    /// Files that set up transformers and generators, read for the files that these name.
    pub plugins: BTreeMap<String, Arc<Decoded>>,
}

/// One folder with a kustomization.
#[derive(Debug)]
pub struct Kustomization {
    /// Its files: one, or kustomize refuses the folder.
    pub files: Vec<Arc<Decoded>>,
    /// Whether it says that it is a component.
    pub is_component: bool,
    /// The folders that it takes, as resources, bases or components, or for its transformers and generators.
    pub takes: BTreeSet<String>,
    /// The files that it takes as they are.
    pub resources: BTreeSet<String>,
    /// Whether another one takes it. Of those that only take one another, in a circle, one counts as if none did.
    pub is_taken: bool,
    /// Whether it names more than is looked for.
    pub names_too_many: bool,
}

impl Kustomization {
    /// The mapping of its file; `None` if there is none to build.
    #[must_use]
    pub fn root(&self) -> Option<Node<'_>> {
        let decoded = self.files.first()?;
        let tree = decoded.documents.first()?.tree.as_ref()?;
        Some(tree.root())
    }
}

/// The fields that name what sets up transformers and generators: objects, files or folders.
pub(super) const PLUGINS: [&str; 2] = ["generators", "transformers"];

/// The fields that name resources: files or folders.
pub(super) const RESOURCES: [&str; 2] = ["resources", "bases"];

impl Graph {
    /// Follows what the kustomizations name, also into folders that were not walked.
    #[must_use]
    pub fn of(kustomizations: Vec<Arc<Decoded>>, disk: &dyn Files) -> Self {
        let mut graph = Self::default();
        let mut pending = Vec::new();
        for decoded in kustomizations {
            let folder = folder::of_file(decoded.file.path()).to_owned();
            pending.extend(graph.add(folder, decoded));
        }
        while let Some(folder) = pending.pop() {
            pending.extend(graph.follow(&folder, disk));
        }
        let taken: BTreeSet<String> = graph
            .kustomizations
            .values()
            .flat_map(|kustomization| kustomization.takes.iter().cloned())
            .collect();
        for (folder, kustomization) in &mut graph.kustomizations {
            kustomization.is_taken = taken.contains(folder);
        }
        graph.find_tops_of_circles();
        graph
    }

    /// Nobody takes a circle but itself: the first folder of each stands for it.
    fn find_tops_of_circles(&mut self) {
        let kustomizations = self.kustomizations.iter();
        let untaken = kustomizations
            .filter(|(_, known)| !known.is_taken)
            .map(|(folder, _)| folder.as_str());
        let mut seen = self.reachable(untaken);
        let mut tops = Vec::new();
        for (folder, known) in &self.kustomizations {
            if known.is_taken && !known.is_component && !seen.contains(folder.as_str()) {
                tops.push(folder.clone());
                self.reach([folder.as_str()], &mut seen);
            }
        }
        for top in tops {
            if let Some(known) = self.kustomizations.get_mut(&top) {
                known.is_taken = false;
            }
        }
    }

    /// The folders in levels: each takes only such that stand in levels before. The rest go round in circles.
    #[must_use]
    pub fn levels(&self) -> (Vec<Vec<&str>>, Vec<&str>) {
        let mut left: BTreeMap<&str, usize> = BTreeMap::new();
        let mut takers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (folder, kustomization) in &self.kustomizations {
            let known = kustomization
                .takes
                .iter()
                .filter(|taken| self.kustomizations.contains_key(*taken));
            let mut count = 0;
            for taken in known {
                takers.entry(taken).or_default().push(folder);
                count += 1;
            }
            left.insert(folder, count);
        }
        let mut levels = Vec::new();
        let mut level: Vec<&str> = left
            .iter()
            .filter(|(_, count)| **count == 0)
            .map(|(folder, _)| *folder)
            .collect();
        while !level.is_empty() {
            let mut next = Vec::new();
            for folder in &level {
                left.remove(folder);
                for taker in takers.get(folder).into_iter().flatten() {
                    if let Some(count) = left.get_mut(taker) {
                        *count -= 1;
                        if *count == 0 {
                            next.push(*taker);
                        }
                    }
                }
            }
            next.sort_unstable();
            levels.push(std::mem::replace(&mut level, next));
        }
        (levels, left.into_keys().collect())
    }

    /// The files that any of them reads for the documents in it.
    #[must_use]
    pub fn read_files(&self) -> BTreeSet<&str> {
        let resources = self.kustomizations.values().flat_map(|known| &known.resources);
        resources.chain(&self.inputs).map(String::as_str).collect()
    }

    /// All folders that some folders take, over any number of steps.
    #[must_use]
    pub fn reachable<'g>(&'g self, folders: impl IntoIterator<Item = &'g str>) -> BTreeSet<&'g str> {
        let mut found = BTreeSet::new();
        self.reach(folders, &mut found);
        found
    }

    /// Adds them to those that are found already, with all that these take.
    fn reach<'g>(&'g self, folders: impl IntoIterator<Item = &'g str>, found: &mut BTreeSet<&'g str>) {
        let mut pending: Vec<&str> = folders.into_iter().collect();
        while let Some(folder) = pending.pop() {
            let takes = self
                .kustomizations
                .get(folder)
                .into_iter()
                .flat_map(|kustomization| &kustomization.takes);
            for taken in takes {
                if found.insert(taken.as_str()) {
                    pending.push(taken);
                }
            }
        }
    }

    /// Adds a kustomization file; the folder, if it is new.
    fn add(&mut self, folder: String, decoded: Arc<Decoded>) -> Option<String> {
        let is_component = decoded
            .documents
            .first()
            .and_then(|document| document.tree.as_ref())
            .is_some_and(|tree| fields::is_component(tree.root()));
        if let Some(known) = self.kustomizations.get_mut(&folder) {
            known.files.push(decoded);
            return None;
        }
        self.kustomizations.insert(
            folder.clone(),
            Kustomization {
                files: vec![decoded],
                is_component,
                takes: BTreeSet::new(),
                resources: BTreeSet::new(),
                is_taken: false,
                names_too_many: false,
            },
        );
        Some(folder)
    }

    /// Notes what the kustomization of a folder names; the folders that are new.
    fn follow(&mut self, folder: &str, disk: &dyn Files) -> Vec<String> {
        let Some(files) = self
            .kustomizations
            .get(folder)
            .map(|kustomization| kustomization.files.clone())
        else {
            return Vec::new();
        };
        let mut named = Named::default();
        for decoded in &files {
            let trees = decoded.documents.iter().filter_map(|document| document.tree.as_ref());
            for tree in trees {
                named.add(folder, tree.root());
                self.add_plugins(folder, tree.root(), &mut named, disk);
            }
        }
        named.keep_each_once();
        if named.count() > limits::NAMED_PATHS {
            if let Some(kustomization) = self.kustomizations.get_mut(folder) {
                kustomization.names_too_many = true;
            }
            return Vec::new();
        }
        let mut found = Vec::new();
        for name in named.takes {
            match disk.kind(&name) {
                PathKind::Folder => {
                    if let Some(kustomization) = self.kustomizations.get_mut(folder) {
                        kustomization.takes.insert(name.clone());
                    }
                    if !self.kustomizations.contains_key(&name) {
                        found.extend(self.read(&name, disk));
                    }
                }
                PathKind::File => {
                    if let Some(kustomization) = self.kustomizations.get_mut(folder) {
                        kustomization.resources.insert(name);
                    }
                }
                PathKind::Link => {
                    self.links.insert(name);
                }
                PathKind::Special | PathKind::Missing => {}
            }
        }
        for name in named.plugins {
            if let Some(kustomization) = self.kustomizations.get_mut(folder) {
                kustomization.takes.insert(name.clone());
            }
            if !self.kustomizations.contains_key(&name) {
                found.extend(self.read(&name, disk));
            }
        }
        let is_file = |name: &String| disk.kind(name) == PathKind::File;
        self.inputs.extend(named.inputs.into_iter().filter(is_file));
        self.data.extend(named.data);
        found
    }

    /// Notes what the transformers and generators of a kustomization are, and which files they name.
    fn add_plugins(&mut self, folder: &str, root: Node<'_>, named: &mut Named, disk: &dyn Files) {
        let items = PLUGINS
            .into_iter()
            .filter_map(|field| root.get(field))
            .flat_map(Node::items);
        for written in items.filter_map(Node::as_str) {
            if plugin::is_inline(written) {
                named.add_paths(folder, plugin::paths::of_file(&decoded_text(written)));
                continue;
            }
            let Some(name) = folder::join_relative(folder, written) else {
                continue;
            };
            match disk.kind(&name) {
                PathKind::Folder => named.plugins.push(name),
                PathKind::File => {
                    if !self.plugins.contains_key(&name)
                        && let Ok(bytes) = disk.read(&name)
                    {
                        let decoded = Arc::new(decode::decode(name.clone(), bytes));
                        self.plugins.insert(name.clone(), decoded);
                    }
                    if let Some(decoded) = self.plugins.get(&name) {
                        named.add_paths(folder, plugin::paths::of_file(decoded));
                    }
                    named.inputs.push(name);
                }
                PathKind::Link => {
                    self.links.insert(name);
                }
                PathKind::Special | PathKind::Missing => {}
            }
        }
    }

    /// Reads the kustomization of a folder that was not walked.
    fn read(&mut self, folder: &str, disk: &dyn Files) -> Option<String> {
        let mut is_new = None;
        for file in KUSTOMIZATION_NAMES {
            let name = folder::join_relative(folder, file)?;
            if let Ok(bytes) = disk.read(&name) {
                is_new = is_new.or(self.add(folder.to_owned(), Arc::new(decode::decode(name, bytes))));
            }
        }
        is_new
    }
}

/// The paths that one kustomization names, relative to the root of the repository.
#[derive(Debug, Default)]
struct Named {
    takes: Vec<String>,
    /// Folders that make transformers or generators.
    plugins: Vec<String>,
    inputs: Vec<String>,
    data: Vec<String>,
}

impl Named {
    fn count(&self) -> usize {
        self.takes.len() + self.plugins.len() + self.inputs.len() + self.data.len()
    }

    fn add_paths(&mut self, folder: &str, paths: Paths) {
        let within = |path: String| folder::join_relative(folder, &path);
        self.inputs.extend(paths.inputs.into_iter().filter_map(within));
        self.data.extend(paths.data.into_iter().filter_map(within));
    }

    fn keep_each_once(&mut self) {
        for names in [&mut self.takes, &mut self.plugins, &mut self.inputs, &mut self.data] {
            names.sort_unstable();
            names.dedup();
        }
    }

    fn add(&mut self, folder: &str, root: Node<'_>) {
        let within = |path: &str| folder::join_relative(folder, path);
        let list = |field: &str| root.get(field).into_iter().flat_map(Node::items);
        for field in RESOURCES.into_iter().chain(["components"]) {
            self.takes
                .extend(list(field).filter_map(Node::as_str).filter_map(within));
        }
        for field in ["patchesStrategicMerge", "configurations", "validators", "crds"] {
            self.inputs
                .extend(list(field).filter_map(Node::as_str).filter_map(within));
        }
        for field in ["patches", "patchesJson6902", "replacements"] {
            let paths = list(field).filter_map(|item| item.str_at(&["path"]));
            self.inputs.extend(paths.filter_map(within));
        }
        self.inputs.extend(root.str_at(&["openapi", "path"]).and_then(within));
        let data = generate::wanted_data(root).into_iter();
        self.data.extend(data.filter_map(|(_, path)| within(&path)));
    }
}
