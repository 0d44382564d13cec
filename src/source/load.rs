//! Files to decoded, classified files: read in parallel, told apart, sorted by name.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rayon::prelude::*;

use super::classify::{self, Charts, FileClass};
use super::decode::skim::Wanted;
use super::decode::{self, Decoded};
use super::delivery::Deliveries;
use super::helm::RenderedCharts;
use super::kustomization;
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
    pub decoded: Option<Decoded>,
    /// For a Helm template: the folder of its chart.
    pub chart: Option<String>,
    /// Named as a resource by a kustomization, so that what is applied may differ from what is written.
    pub is_kustomized: bool,
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
    /// What Flux and Argo CD make of the files, as far as the files say it.
    pub deliveries: Deliveries,
    /// What came out of its charts, if that was asked for.
    pub rendered_charts: RenderedCharts,
}

/// Reads and decodes what a walk found. With `wanted`, documents of other kinds are only looked through for faults.
#[must_use]
pub fn load(walked: Walked, wanted: Option<&Wanted>) -> Repository {
    let names = walked
        .files
        .iter()
        .chain(&walked.context)
        .map(|file| file.name.as_str());
    let charts = Charts::find(names);
    let read: Vec<Result<LoadedFile, UnreadablePath>> = walked
        .files
        .into_par_iter()
        .map(|file| load_file(file, &charts, wanted))
        .collect();
    let mut repository = Repository {
        skipped: walked.skipped,
        unreadable: walked.unreadable,
        ..Repository::default()
    };
    for file in read {
        match file {
            Ok(file) => repository.files.push(file),
            Err(unreadable) => repository.unreadable.push(unreadable),
        }
    }
    repository.unreadable.sort();
    let context: Vec<LoadedFile> = walked
        .context
        .into_iter()
        // What is not among the paths to check is no finding when it cannot be read.
        .filter_map(|file| load_file(file, &charts, None).ok())
        .collect();
    repository.apply_kustomizations(&context);
    repository.deliveries = Deliveries::of(&repository.files, &repository.skipped);
    repository
}

/// A repository of one stream, as `checker check -` reads it.
#[must_use]
pub fn load_stream(name: &str, bytes: Vec<u8>) -> Repository {
    let decoded = decode::decode(name, bytes);
    Repository {
        files: vec![LoadedFile {
            name: name.to_owned(),
            class: classify::class_of_content(name, &decoded),
            decoded: Some(decoded),
            chart: None,
            is_kustomized: false,
        }],
        ..Repository::default()
    }
}

fn load_file(file: FoundFile, charts: &Charts, wanted: Option<&Wanted>) -> Result<LoadedFile, UnreadablePath> {
    let class = charts.class_of(&file.name);
    if let Some(class @ (FileClass::HelmTemplate | FileClass::Configuration)) = class {
        return Ok(LoadedFile {
            chart: charts.chart_of_template(&file.name).map(str::to_owned),
            name: file.name,
            class,
            decoded: None,
            is_kustomized: false,
        });
    }
    let bytes = match read_limited(&file.path) {
        Ok(bytes) => bytes,
        Err(message) => {
            return Err(UnreadablePath {
                name: file.name,
                message,
            });
        }
    };
    // A kustomization is read for what it refers to.
    let wanted = wanted.filter(|_| !classify::is_kustomization_name(&file.name));
    let decoded = decode::decode_wanted(file.name.clone(), bytes, wanted);
    let class = class.unwrap_or_else(|| classify::class_of_content(&file.name, &decoded));
    Ok(LoadedFile {
        name: file.name,
        class,
        decoded: Some(decoded),
        chart: None,
        is_kustomized: false,
    })
}

/// The bytes of a file, unless there are too many of them.
///
/// # Errors
/// Why the file was not read, in a few words.
pub fn read_limited(path: &Path) -> Result<Vec<u8>, String> {
    read_from(File::open(path).map_err(|error| walk::plain(&error))?)
}

/// All of a stream, unless it is too long.
///
/// # Errors
/// Why the stream was not read, in a few words.
pub fn read_from(stream: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let result: io::Result<usize> = stream.take(limits::FILE_BYTES + 1).read_to_end(&mut bytes);
    result.map_err(|error| walk::plain(&error))?;
    if bytes.len() as u64 > limits::FILE_BYTES {
        let limit = limits::FILE_BYTES >> 20;
        return Err(format!("larger than {limit} MiB"));
    }
    Ok(bytes)
}

impl Repository {
    /// Marks a file of any name as the program's configuration.
    pub fn set_configuration(&mut self, name: &str) {
        for file in self.files.iter_mut().filter(|file| file.name == name) {
            file.class = FileClass::Configuration;
        }
    }

    fn apply_kustomizations(&mut self, context: &[LoadedFile]) {
        let mut resources = HashSet::new();
        let mut patches = HashSet::new();
        for file in self.files.iter().chain(context) {
            if let (FileClass::Kustomization, Some(decoded)) = (file.class, &file.decoded) {
                let found = kustomization::references(&file.name, decoded);
                resources.extend(found.resources);
                patches.extend(found.patches);
            }
        }
        for file in &mut self.files {
            file.is_kustomized = resources.contains(&file.name);
            // What one kustomization applies as it is stays a manifest, though it may be a patch for another.
            if patches.contains(&file.name) && !file.is_kustomized && file.class != FileClass::Kustomization {
                file.class = FileClass::KustomizePatch;
            }
        }
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
        load(walk::walk(root, &paths).unwrap(), None)
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
        assert!(folder.files[1].is_kustomized);
    }
}
