//! The files that a build may read: found and read before it begins, so that nothing is opened while it runs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::problem::Problem;
use super::schema::Schema;
use super::value::FileId;
use crate::source::decode::Decoded;
use crate::source::text::SourceFile;

/// All files of all builds.
#[derive(Debug, Default)]
pub struct Sources {
    documents: Vec<Arc<Decoded>>,
    by_name: HashMap<String, FileId>,
    /// The bytes of files that generators take as they are, or why there are none.
    data: BTreeMap<String, Result<Arc<[u8]>, String>>,
    /// Paths that kustomizations name and that are reached by a link.
    links: BTreeSet<String>,
    /// The schemas that `openapi` names, or why they are not followed.
    schemas: BTreeMap<FileId, Result<Schema, Problem>>,
}

impl Sources {
    /// Adds a decoded file, under its name.
    pub fn add_documents(&mut self, decoded: Arc<Decoded>) -> FileId {
        let id = FileId(u32::try_from(self.documents.len()).unwrap_or(u32::MAX));
        self.by_name.insert(decoded.file.path().to_owned(), id);
        self.documents.push(decoded);
        id
    }

    /// Adds what a generator takes as it is, or why it could not be read.
    pub fn add_data(&mut self, name: &str, bytes: Result<Arc<[u8]>, String>) {
        self.data.insert(name.to_owned(), bytes);
    }

    /// Adds the schema that a file holds, or why it is not followed.
    pub fn add_schema(&mut self, file: FileId, schema: Result<Schema, Problem>) {
        self.schemas.insert(file, schema);
    }

    /// The schema that a file holds, or why it is not followed; `None` if it was not foreseen.
    #[must_use]
    pub fn schema(&self, file: FileId) -> Option<&Result<Schema, Problem>> {
        self.schemas.get(&file)
    }

    /// Notes that a path is reached by a link.
    pub fn add_link(&mut self, name: String) {
        self.links.insert(name);
    }

    /// Whether a path is reached by a link, and so not read.
    #[must_use]
    pub fn is_link(&self, name: &str) -> bool {
        self.links.contains(name)
    }

    /// The decoded file of this name, relative to the root.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<FileId> {
        self.by_name.get(name).copied()
    }

    /// The text of the decoded file of this name.
    #[must_use]
    pub fn file_named(&self, name: &str) -> Option<&Arc<SourceFile>> {
        self.file(self.find(name)?)
    }

    /// The bytes of a file that a generator takes, or why there are none; `None` if it was not foreseen.
    #[must_use]
    pub fn data(&self, name: &str) -> Option<&Result<Arc<[u8]>, String>> {
        self.data.get(name)
    }

    /// A decoded file.
    #[must_use]
    pub fn decoded(&self, id: FileId) -> Option<&Arc<Decoded>> {
        self.documents.get(id.0 as usize)
    }

    /// The text that the spans of a file count in.
    #[must_use]
    pub fn file(&self, id: FileId) -> Option<&Arc<SourceFile>> {
        self.decoded(id).map(|decoded| &decoded.file)
    }

    /// How long all of them are, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let data = self.data.values().flatten().map(|bytes| bytes.len());
        self.files().map(|file| file.text().len()).chain(data).sum()
    }

    /// All files, in the order of their ids.
    pub fn files(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        self.documents.iter().map(|decoded| &decoded.file)
    }
}
