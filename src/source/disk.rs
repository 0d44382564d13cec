//! Files that other files name: opened only inside the repository, and never by a link.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use super::load;
use super::walk::FoundFile;

/// Where the files of a repository are. Names are relative to its root and hold no `..`.
pub trait Files: Sync {
    /// What is at a path.
    fn kind(&self, name: &str) -> PathKind;

    /// The bytes of a file.
    ///
    /// # Errors
    /// Why it was not read, in a few words.
    fn read(&self, name: &str) -> Result<Vec<u8>, String>;

    /// The bytes of a file that a walk found. One that the user named may lie outside of the root, and be read by its path only.
    ///
    /// # Errors
    /// As of [`Files::read`].
    fn read_found(&self, file: &FoundFile) -> Result<Vec<u8>, String> {
        self.read(&file.name)
    }

    /// What a folder holds, sorted; nothing of what is no folder.
    fn names_in(&self, folder: &str) -> Vec<String>;
}

/// Files that are in memory only.
#[derive(Debug, Default)]
pub struct InMemory {
    /// By name.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Files for InMemory {
    fn kind(&self, name: &str) -> PathKind {
        let below = format!("{name}/");
        let mut next = self.files.range(below.clone()..);
        if self.files.contains_key(name) {
            PathKind::File
        } else if name.is_empty() || next.next().is_some_and(|(file, _)| file.starts_with(&below)) {
            PathKind::Folder
        } else {
            PathKind::Missing
        }
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        self.files.get(name).cloned().ok_or_else(|| "no such file".to_owned())
    }

    fn names_in(&self, folder: &str) -> Vec<String> {
        let names = self.files.keys().filter_map(|name| {
            let rest = if folder.is_empty() {
                name.as_str()
            } else {
                name.strip_prefix(folder)?.strip_prefix('/')?
            };
            rest.split('/').next().map(str::to_owned)
        });
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The repository as it lies on the disk.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    /// Folders that no link leads to, so that the way to each is gone once.
    folders: RwLock<HashSet<String>>,
}

/// A repository in which some files would have other bytes.
pub struct Changed<'f> {
    /// The repository.
    pub files: &'f dyn Files,
    /// The bytes by the names of the files.
    pub bytes: &'f BTreeMap<String, Vec<u8>>,
}

impl Files for Changed<'_> {
    fn kind(&self, name: &str) -> PathKind {
        self.files.kind(name)
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        match self.bytes.get(name) {
            Some(bytes) => Ok(bytes.clone()),
            None => self.files.read(name),
        }
    }

    fn read_found(&self, file: &FoundFile) -> Result<Vec<u8>, String> {
        match self.bytes.get(&file.name) {
            Some(bytes) => Ok(bytes.clone()),
            None => self.files.read_found(file),
        }
    }

    fn names_in(&self, folder: &str) -> Vec<String> {
        self.files.names_in(folder)
    }
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A link, or something behind one: not followed.
    Link,
    /// A pipe, a socket or a device.
    Special,
    /// Nothing, or nothing that may be looked at.
    Missing,
}

impl Disk {
    /// The repository with this root.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            folders: RwLock::default(),
        }
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What is written in a link.
    #[must_use]
    pub fn link_text(&self, name: &str) -> Option<String> {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        if self.way_to(folder) != PathKind::Folder {
            return None;
        }
        fs::read_link(self.root.join(name))
            .ok()?
            .into_os_string()
            .into_string()
            .ok()
    }
}

impl Files for Disk {
    fn kind(&self, name: &str) -> PathKind {
        let Some(last) = name.rsplit('/').find(|part| !part.is_empty()) else {
            return PathKind::Folder;
        };
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        match self.way_to(folder) {
            PathKind::Folder if last != ".." => kind_of(&self.root.join(name)),
            PathKind::Link => PathKind::Link,
            _ => PathKind::Missing,
        }
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        match self.kind(name) {
            PathKind::File => load::read_limited(&self.root.join(name)),
            PathKind::Folder => Err("a folder".to_owned()),
            PathKind::Link => Err("a link, which is not followed".to_owned()),
            PathKind::Special => Err("neither a file nor a folder".to_owned()),
            PathKind::Missing => Err("no such file".to_owned()),
        }
    }

    fn read_found(&self, file: &FoundFile) -> Result<Vec<u8>, String> {
        load::read_limited(&file.path)
    }

    fn names_in(&self, folder: &str) -> Vec<String> {
        if self.kind(folder) != PathKind::Folder {
            return Vec::new();
        }
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        names
    }
}

impl Disk {
    /// What the way to a folder ends at: that folder, or the first thing on the way that is none.
    fn way_to(&self, folder: &str) -> PathKind {
        if self.known_folders().contains(folder) {
            return PathKind::Folder;
        }
        let mut path = self.root.clone();
        for part in folder.split('/').filter(|part| !part.is_empty()) {
            path.push(part);
            match kind_of(&path) {
                PathKind::Folder if part == ".." => return PathKind::Missing,
                PathKind::Folder => {}
                other => return other,
            }
        }
        self.folders
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(folder.to_owned());
        PathKind::Folder
    }

    fn known_folders(&self) -> RwLockReadGuard<'_, HashSet<String>> {
        self.folders.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kind_of(path: &Path) -> PathKind {
    match fs::symlink_metadata(path) {
        Err(_) => PathKind::Missing,
        Ok(metadata) if metadata.is_symlink() => PathKind::Link,
        Ok(metadata) if metadata.is_dir() => PathKind::Folder,
        Ok(metadata) if metadata.is_file() => PathKind::File,
        Ok(_) => PathKind::Special,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_not_followed_at_any_step() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path());
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/b"), "c").unwrap();
        assert_eq!(disk.kind("a/b"), PathKind::File);
        assert_eq!(disk.read("a/b").unwrap(), b"c");
        assert_eq!(disk.kind("a/b"), PathKind::File);
        assert_eq!(disk.kind("a/.."), PathKind::Missing);
        assert_eq!(disk.kind("a/b/c"), PathKind::Missing);
        assert_eq!(disk.kind("../a"), PathKind::Missing);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("a", folder.path().join("l")).unwrap();
            assert_eq!(disk.kind("l/b"), PathKind::Link);
            assert_eq!(disk.kind("l/b"), PathKind::Link);
            assert!(disk.read("l/b").is_err());
        }
    }
}
