//! Files to decoded, classified files: read in parallel, told apart, sorted by name.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::classify::{self, Charts, FileClass};
use super::decode::skim::Wanted;
use super::decode::{self, Decoded};
use super::delivery::Deliveries;
use super::disk::{Disk, Files, InMemory};
use super::helm::RenderedCharts;
use super::kustomize::fallback::OtherRenderer;
use super::kustomize::graph::Graph;
use super::kustomize::rendering::{Rendering, Role};
use super::limits;
use super::walk::{self, FoundFile, SkippedPath, UnreadablePath, Walked};

/// One file, read.
#[derive(Debug)]
pub struct LoadedFile {
    /// Relative to the root, with `/`.
    pub name: String,
    /// What sort of file it is.
    pub class: FileClass,
    /// Its documents; `None` for files that are no manifests as they are (Helm templates), or read elsewhere (configuration).
    pub decoded: Option<Arc<Decoded>>,
    /// For a Helm template: the folder of its chart.
    pub chart: Option<String>,
    /// What kustomizations do with it.
    pub role: Role,
}

/// Everything that was found below the paths.
#[derive(Debug, Default)]
pub struct Repository {
    /// Files of every class, sorted by name.
    pub files: Vec<LoadedFile>,
    /// Paths left out, with their reasons.
    pub skipped: Vec<SkippedPath>,
    /// Paths that could not be read.
    pub unreadable: Vec<UnreadablePath>,
    /// What the kustomizations among the files become.
    pub rendering: Rendering,
    /// What Flux and Argo CD make of the files, as far as the files say it.
    pub deliveries: Deliveries,
    /// What came out of its charts, if that was asked for.
    pub rendered_charts: RenderedCharts,
}

/// Reads and decodes what a walk found, and builds the kustomizations among it. With `wanted`, documents of other kinds are only
/// looked through for faults, unless a kustomization takes them. Kustomizations that this program does not understand are left to `other`.
#[must_use]
pub fn load(walked: Walked, wanted: Option<&Wanted>, other: Option<&OtherRenderer>) -> Repository {
    let disk = Disk::new(&walked.root);
    load_from(walked, &disk, wanted, other)
}

/// As [`load`], from wherever the files are.
#[must_use]
pub fn load_from(
    walked: Walked,
    disk: &dyn Files,
    wanted: Option<&Wanted>,
    other: Option<&OtherRenderer>,
) -> Repository {
    let names = walked
        .files
        .iter()
        .chain(&walked.context)
        .map(|file| file.name.as_str());
    let charts = Charts::find(names);
    let mut repository = Repository {
        skipped: walked.skipped,
        unreadable: walked.unreadable,
        ..Repository::default()
    };
    // Kustomizations first: they tell which other files are needed whole.
    let (first, rest): (Vec<FoundFile>, Vec<FoundFile>) = walked
        .files
        .into_iter()
        .partition(|file| classify::is_kustomization_name(&file.name));
    repository.add(first, disk, &charts, |_| None);
    // What is not among the paths to check is no finding when it cannot be read.
    let context = walked.context.into_iter();
    let context: Vec<LoadedFile> = context
        .filter_map(|file| load_file(file, disk, &charts, None).ok())
        .collect();
    let graph = Graph::of(kustomizations(repository.files.iter().chain(&context)), disk);
    let needed = graph.read_files();
    repository.add(rest, disk, &charts, |name| wanted.filter(|_| !needed.contains(name)));
    repository.unreadable.sort();
    repository.files.sort_by(|one, other| one.name.cmp(&other.name));
    repository.build(&graph, disk, other);
    repository
}

fn kustomizations<'f>(files: impl Iterator<Item = &'f LoadedFile>) -> Vec<Arc<Decoded>> {
    files
        .filter(|file| file.class == FileClass::Kustomization)
        .filter_map(|file| file.decoded.clone())
        .collect()
}

/// A repository of files in memory.
#[must_use]
pub fn load_in_memory(files: &InMemory) -> Repository {
    let charts = Charts::find(files.files.keys().map(String::as_str));
    let mut repository = Repository::default();
    for (name, bytes) in &files.files {
        if classify::has_manifest_name(Path::new(name)) {
            repository
                .files
                .push(decoded_file(name.clone(), bytes.clone(), &charts, None));
        }
    }
    let graph = Graph::of(kustomizations(repository.files.iter()), files);
    repository.build(&graph, files, None);
    repository
}

/// A repository of one stream, as `checker check -` reads it.
#[must_use]
pub fn load_stream(name: &str, bytes: Vec<u8>) -> Repository {
    Repository {
        files: vec![decoded_file(name.to_owned(), bytes, &Charts::default(), None)],
        ..Repository::default()
    }
}

fn load_file(
    file: FoundFile,
    disk: &dyn Files,
    charts: &Charts,
    wanted: Option<&Wanted>,
) -> Result<LoadedFile, UnreadablePath> {
    if let Some(class) = charts.class_of(&file.name).filter(|class| !is_decoded(*class)) {
        return Ok(undecoded(file.name, class, charts));
    }
    match disk.read_found(&file) {
        Ok(bytes) => Ok(decoded_file(file.name, bytes, charts, wanted)),
        Err(message) => Err(UnreadablePath {
            name: file.name,
            message,
        }),
    }
}

/// Whether files of a class that their place gives them are read for what they hold.
fn is_decoded(class: FileClass) -> bool {
    !matches!(class, FileClass::HelmTemplate | FileClass::Configuration)
}

fn undecoded(name: String, class: FileClass, charts: &Charts) -> LoadedFile {
    LoadedFile {
        chart: charts.chart_of_template(&name).map(str::to_owned),
        name,
        class,
        decoded: None,
        role: Role::None,
    }
}

fn decoded_file(name: String, bytes: Vec<u8>, charts: &Charts, wanted: Option<&Wanted>) -> LoadedFile {
    let class = charts.class_of(&name);
    if let Some(class) = class.filter(|class| !is_decoded(*class)) {
        return undecoded(name, class, charts);
    }
    let decoded = decode::decode_wanted(name.clone(), bytes, wanted);
    LoadedFile {
        class: class.unwrap_or_else(|| classify::class_of_content(&name, &decoded)),
        name,
        decoded: Some(Arc::new(decoded)),
        chart: None,
        role: Role::None,
    }
}

/// The bytes of a file, unless there are too many of them.
///
/// # Errors
/// Why the file was not read, in a few words.
pub fn read_limited(path: &Path) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|error| walk::plain(&error))?;
    // Most files are small, and so they are read at once, not in steps that grow.
    let expected = file.metadata().map_or(0, |metadata| metadata.len());
    let expected = usize::try_from(expected.min(limits::FILE_BYTES)).unwrap_or_default();
    read_into(Vec::with_capacity(expected + 1), file)
}

/// All of a stream, unless it is too long.
///
/// # Errors
/// Why the stream was not read, in a few words.
pub fn read_from(stream: impl Read) -> Result<Vec<u8>, String> {
    read_into(Vec::new(), stream)
}

fn read_into(mut bytes: Vec<u8>, stream: impl Read) -> Result<Vec<u8>, String> {
    let result: io::Result<usize> = stream.take(limits::FILE_BYTES + 1).read_to_end(&mut bytes);
    result.map_err(|error| walk::plain(&error))?;
    if bytes.len() as u64 > limits::FILE_BYTES {
        let limit = limits::FILE_BYTES >> 20;
        return Err(format!("larger than {limit} MiB"));
    }
    Ok(bytes)
}

impl LoadedFile {
    /// Whether what is applied may differ from what is written, because a kustomization takes the file.
    #[must_use]
    pub fn is_kustomized(&self) -> bool {
        matches!(self.role, Role::Taken | Role::Rendered)
    }
}

impl Repository {
    /// Marks a file of any name as what the run says that it is: the program's configuration, or a baseline.
    pub fn set_class(&mut self, name: &str, class: FileClass) {
        for file in self.files.iter_mut().filter(|file| file.name == name) {
            file.class = class;
        }
    }

    fn add<'w>(
        &mut self,
        files: Vec<FoundFile>,
        disk: &dyn Files,
        charts: &Charts,
        wanted: impl Fn(&str) -> Option<&'w Wanted> + Sync,
    ) {
        let read: Vec<Result<LoadedFile, UnreadablePath>> = files
            .into_par_iter()
            .map(|file| {
                let wanted = wanted(&file.name);
                load_file(file, disk, charts, wanted)
            })
            .collect();
        for file in read {
            match file {
                Ok(file) => self.files.push(file),
                Err(unreadable) => self.unreadable.push(unreadable),
            }
        }
    }

    /// The file of this name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&LoadedFile> {
        let at = self.files.binary_search_by(|file| file.name.as_str().cmp(name)).ok()?;
        self.files.get(at)
    }

    /// Builds the kustomizations among the files, and notes what becomes of the others.
    fn build(&mut self, graph: &Graph, disk: &dyn Files, other: Option<&OtherRenderer>) {
        let mut deliveries = Deliveries::of(&self.files, &Rendering::default(), &self.skipped);
        let mut built: Option<BTreeSet<String>> = None;
        // What is delivered may be known only when the objects that say so are built themselves.
        for _ in 0..limits::DELIVERY_ROUNDS {
            let delivered = deliveries.delivered_folders().into_iter();
            let delivered = delivered.filter(|folder| graph.kustomizations.contains_key(*folder));
            let delivered: BTreeSet<String> = delivered.map(str::to_owned).collect();
            if built.as_ref() == Some(&delivered) {
                break;
            }
            self.rendering = self.rendered(graph, disk, &delivered, other);
            for file in &mut self.files {
                file.role = self.rendering.role_of(&file.name);
                // What one kustomization applies as it is stays a manifest, though it may be a patch for another.
                if file.role == Role::Input && file.class != FileClass::Kustomization {
                    file.class = FileClass::KustomizePatch;
                }
            }
            if graph.kustomizations.is_empty() {
                break;
            }
            deliveries = Deliveries::of(&self.files, &self.rendering, &self.skipped);
            built = Some(delivered);
        }
        self.deliveries = deliveries;
    }

    /// What the kustomizations become that no other takes, and those that are delivered: they are built for their own sake, though others
    /// may take them, too.
    fn rendered(
        &self,
        graph: &Graph,
        disk: &dyn Files,
        delivered: &BTreeSet<String>,
        other: Option<&OtherRenderer>,
    ) -> Rendering {
        let is_among_files = |folder: &str| {
            let known = graph.kustomizations.get(folder);
            let mut files = known.into_iter().flat_map(|known| &known.files);
            files.any(|decoded| self.file(decoded.file.path()).is_some())
        };
        let decoded = |name: &str| self.file(name)?.decoded.clone();
        let is_wanted = |folder: &str, is_root: bool| (is_root || delivered.contains(folder)) && is_among_files(folder);
        Rendering::of(graph, disk, decoded, is_wanted, other)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

    fn load_paths(files: &[(&str, &str)], paths: &[&str]) -> Repository {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let paths: Vec<_> = paths.iter().map(|path| root.join(path)).collect();
        load(walk::walk(root, &paths).unwrap(), None, None)
    }

    fn classes(repository: &Repository) -> Vec<(&str, FileClass)> {
        repository
            .files
            .iter()
            .map(|file| (file.name.as_str(), file.class))
            .collect()
    }

    #[test]
    fn what_is_a_resource_somewhere_stays_a_manifest() {
        let repository = load_paths(
            &[
                ("a/kustomization.yaml", "resources: [pod.yaml]\n"),
                ("a/pod.yaml", POD),
                (
                    "b/kustomization.yaml",
                    "patches:\n- path: ../a/pod.yaml\n- path: patch.yaml\n",
                ),
                ("b/patch.yaml", POD),
            ],
            &[
                "a/pod.yaml",
                "b/patch.yaml",
                "b/kustomization.yaml",
                "a/kustomization.yaml",
            ],
        );
        assert_eq!(
            classes(&repository),
            [
                ("a/kustomization.yaml", FileClass::Kustomization),
                ("a/pod.yaml", FileClass::Manifest),
                ("b/kustomization.yaml", FileClass::Kustomization),
                ("b/patch.yaml", FileClass::KustomizePatch),
            ]
        );
    }

    #[test]
    fn what_a_file_is_does_not_depend_on_the_paths_that_were_named() {
        let files = [
            ("c/Chart.yaml", "name: c\n"),
            ("c/templates/d.yaml", POD),
            (
                "k/kustomization.yaml",
                "patches: [{path: patch.yaml}, {path: sub/patch.yaml}]\nresources: [sub/pod.yaml]\n",
            ),
            ("k/patch.yaml", POD),
            ("k/sub/patch.yaml", POD),
            ("k/sub/pod.yaml", POD),
        ];
        let all = load_paths(&files, &[""]);
        let class = |name: &str| all.files.iter().find(|file| file.name == name).map(|file| file.class);
        for name in [
            "c/templates/d.yaml",
            "k/patch.yaml",
            "k/sub/patch.yaml",
            "k/sub/pod.yaml",
        ] {
            let alone = load_paths(&files, &[name]);
            assert_eq!(alone.files.len(), 1);
            assert_eq!(Some(alone.files[0].class), class(name), "{name}");
        }
        let folder = load_paths(&files, &["k/sub"]);
        assert_eq!(
            classes(&folder),
            [
                ("k/sub/patch.yaml", FileClass::KustomizePatch),
                ("k/sub/pod.yaml", FileClass::Manifest)
            ]
        );
        assert!(folder.files[1].is_kustomized());
    }
}
