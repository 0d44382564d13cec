//! The repository at a revision, or as it stands in the index: read through the `git` program, and as the disk is read.
//!
//! ```text
//! command (git, asked for nothing but objects) ─ tree (names and what they are) ─ walk ─ load (of `source`)
//!                                              └ contents (when they are asked for) ─ object_name (is it on the disk?), blobs (of git)
//! ```
//!
//! Nothing is checked out: contents stay in memory, so that no Secret gets into a temporary file.

mod blobs;
mod changes;
mod command;
mod contents;
mod link;
mod object_name;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

pub use changes::Changes;
use command::Git;
use contents::Contents;
use tree::Entry;

use super::disk::{Files, PathKind};
use super::folder;

/// Which state of a repository is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment<'r> {
    /// A commit, named as git names one: `main`, `HEAD~2`, `v1.4`.
    Revision(&'r str),
    /// What is staged.
    Index,
}

/// Why a state of a repository was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitError {
    /// The command was wrong: no such revision, no repository.
    Wrong(String),
    /// Git could not be asked, or failed.
    Failed(String),
}

impl fmt::Display for GitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(message) | Self::Failed(message) => formatter.write_str(message),
        }
    }
}

/// The files of one state of a repository.
#[derive(Debug)]
pub struct GitFiles {
    root: PathBuf,
    /// By name; a folder is no entry.
    entries: BTreeMap<String, Entry>,
    /// Every folder that holds an entry, and the root, whose name is empty.
    folders: HashSet<String>,
    /// Names that are read of no file, each with why.
    unreadable: Vec<(String, String)>,
    /// The commit that was read; `None` for the index.
    commit: Option<String>,
    contents: Contents,
}

impl GitFiles {
    /// Lists a state of the repository with this root, which is the top of a work tree.
    ///
    /// # Errors
    /// There is no git, no repository or no such revision, or git fails.
    pub fn open(root: &Path, moment: Moment<'_>) -> Result<Self, GitError> {
        if !root.join(".git").exists() {
            return Err(GitError::Wrong(format!(
                "{}: no git repository, so there is no other state of it to read",
                root.display()
            )));
        }
        let git = Git::find(root)?;
        let (commit, listed) = match moment {
            Moment::Revision(revision) => {
                let commit = git.commit(revision)?;
                let listed = tree::of_commit(&git.tree(&commit)?)?;
                (Some(commit), listed)
            }
            Moment::Index => (None, tree::of_index(&git.index()?)?),
        };
        let mut folders = HashSet::from([String::new()]);
        for name in listed.entries.keys() {
            for folder in folder::ancestors(folder::of_file(name)) {
                if !folders.insert(folder.to_owned()) {
                    break;
                }
            }
        }
        Ok(Self {
            root: root.to_owned(),
            entries: listed.entries,
            folders,
            unreadable: listed.unreadable,
            commit,
            contents: Contents::of(git),
        })
    }

    /// The full name of the commit that was read; `None` for the index.
    #[must_use]
    pub fn commit(&self) -> Option<&str> {
        self.commit.as_deref()
    }

    /// The submodules, whose files are in repositories of their own and are not read.
    pub fn submodules(&self) -> impl Iterator<Item = &str> {
        let entries = self.entries.iter();
        entries.filter_map(|(name, entry)| matches!(entry, Entry::Submodule).then_some(name.as_str()))
    }

    fn entry_kind(&self, name: &str) -> Option<PathKind> {
        match self.entries.get(name)? {
            Entry::File(_) => Some(PathKind::File),
            Entry::Link(_) => Some(PathKind::Link),
            Entry::Submodule => Some(PathKind::Special),
        }
    }
}

impl Files for GitFiles {
    fn kind(&self, name: &str) -> PathKind {
        let name = name.trim_end_matches('/');
        if self.folders.contains(name) {
            return PathKind::Folder;
        }
        if let Some(kind) = self.entry_kind(name) {
            return kind;
        }
        // What is behind a link is not followed, as on the disk.
        let behind_link = folder::ancestors(folder::of_file(name))
            .any(|above| matches!(self.entries.get(above), Some(Entry::Link(_))));
        if behind_link { PathKind::Link } else { PathKind::Missing }
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        match (self.kind(name), self.entries.get(name)) {
            (PathKind::File, Some(Entry::File(object))) => self.contents.file(name, object),
            (PathKind::Folder, _) => Err("a folder".to_owned()),
            (PathKind::Link, _) => Err("a link, which is not followed".to_owned()),
            (PathKind::Special, _) => Err("a submodule, which is a repository of its own".to_owned()),
            _ => Err("no such file".to_owned()),
        }
    }

    fn names_in(&self, folder: &str) -> Vec<String> {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let below = self.entries.range(prefix.clone()..);
        let mut names: Vec<String> = below
            .map_while(|(name, _)| name.strip_prefix(&prefix))
            .filter_map(|rest| rest.split('/').next().map(str::to_owned))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
