//! Files to decoded, classified files: read in parallel, told apart, sorted by name.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rayon::prelude::*;

use super::classify::{self, Charts, FileClass};
use super::decode::skim::Wanted;
use super::decode::{self, Decoded};
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
    /// Its documents; `None` for files that are not read for what they are (Helm templates).
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
}

/// Reads and decodes what a walk found. With `wanted`, documents of other kinds are only looked through for faults.
#[must_use]
pub fn load(walked: Walked, wanted: Option<&Wanted>) -> Repository {
    let charts = Charts::find(walked.files.iter().map(|file| file.name.as_str()));
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
    repository.apply_kustomizations();
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
    if class == Some(FileClass::HelmTemplate) {
        return Ok(LoadedFile {
            chart: charts.chart_of_template(&file.name).map(str::to_owned),
            name: file.name,
            class: FileClass::HelmTemplate,
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
    fn apply_kustomizations(&mut self) {
        let mut resources = HashSet::new();
        let mut patches = HashSet::new();
        for file in &self.files {
            if let (FileClass::Kustomization, Some(decoded)) = (file.class, &file.decoded) {
                let found = kustomization::references(&file.name, decoded);
                resources.extend(found.resources);
                patches.extend(found.patches);
            }
        }
        for file in &mut self.files {
            if patches.contains(&file.name) && file.class != FileClass::Kustomization {
                file.class = FileClass::KustomizePatch;
            }
            file.is_kustomized = resources.contains(&file.name);
        }
    }
}
