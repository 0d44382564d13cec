//! The folders that Git has, and what stands in them.

use std::collections::{BTreeSet, HashSet};

use crate::source::classify::{self, FileClass};
use crate::source::folder;
use crate::source::load::LoadedFile;
use crate::source::walk::{SkipReason, SkippedPath};

/// The folders of a repository. Git has no empty ones, so they are known from the files.
#[derive(Debug, Default)]
pub(super) struct Folders {
    all: BTreeSet<String>,
    kustomizations: HashSet<String>,
    charts: HashSet<String>,
}

impl Folders {
    pub(super) fn of(files: &[LoadedFile], skipped: &[SkippedPath]) -> Self {
        let mut folders = Self::default();
        folders.all.insert(String::new());
        for file in files {
            let folder = folders.add(&file.name);
            if file.class == FileClass::Kustomization {
                folders.kustomizations.insert(folder);
            } else if classify::is_chart_name(&file.name) {
                folders.charts.insert(folder);
            }
        }
        for path in skipped.iter().filter(|path| path.reason != SkipReason::Ignored) {
            folders.add(&path.name);
        }
        folders
    }

    /// Adds the folder of a file and those around it.
    fn add(&mut self, file: &str) -> String {
        let own = folder::of_file(file);
        for folder in folder::ancestors(own) {
            // Those around a known folder are known.
            if !self.all.insert(folder.to_owned()) {
                break;
            }
        }
        own.to_owned()
    }

    pub(super) fn exists(&self, folder: &str) -> bool {
        self.all.contains(folder)
    }

    pub(super) fn has_kustomization(&self, folder: &str) -> bool {
        self.kustomizations.contains(folder)
    }

    pub(super) fn is_chart(&self, folder: &str) -> bool {
        self.charts.contains(folder)
    }

    /// All folders but the root, sorted.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(String::as_str).filter(|folder| !folder.is_empty())
    }
}
