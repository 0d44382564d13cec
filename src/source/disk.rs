//! Files that other files name: opened only inside the repository, and never by a link.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::load;

/// Where the files of a repository are. Names are relative to its root and hold no `..`.
pub trait Files: Sync {
    /// What is at a path.
    fn kind(&self, name: &str) -> PathKind;

    /// The bytes of a file.
    ///
    /// # Errors
    /// Why it was not read, in a few words.
    fn read(&self, name: &str) -> Result<Vec<u8>, String>;
}

/// Files that are in memory only.
#[derive(Debug, Default)]
pub struct InMemory {
    /// By name.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Files for InMemory {
    fn kind(&self, name: &str) -> PathKind {
        let is_below = |file: &String| file.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
        if self.files.contains_key(name) {
            PathKind::File
        } else if name.is_empty() || self.files.keys().any(is_below) {
            PathKind::Folder
        } else {
            PathKind::Missing
        }
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        self.files.get(name).cloned().ok_or_else(|| "no such file".to_owned())
    }
}

/// The repository as it lies on the disk.
#[derive(Debug, Clone)]
pub struct Disk {
    root: PathBuf,
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
        Self { root: root.to_owned() }
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl Files for Disk {
    fn kind(&self, name: &str) -> PathKind {
        let mut path = self.root.clone();
        let mut kind = PathKind::Folder;
        for part in name.split('/').filter(|part| !part.is_empty()) {
            if part == ".." || kind != PathKind::Folder {
                return PathKind::Missing;
            }
            path.push(part);
            kind = match fs::symlink_metadata(&path) {
                Err(_) => return PathKind::Missing,
                Ok(metadata) if metadata.is_symlink() => return PathKind::Link,
                Ok(metadata) if metadata.is_dir() => PathKind::Folder,
                Ok(metadata) if metadata.is_file() => PathKind::File,
                Ok(_) => PathKind::Special,
            };
        }
        kind
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
        assert_eq!(disk.kind("a/b/c"), PathKind::Missing);
        assert_eq!(disk.kind("../a"), PathKind::Missing);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("a", folder.path().join("l")).unwrap();
            assert_eq!(disk.kind("l/b"), PathKind::Link);
            assert!(disk.read("l/b").is_err());
        }
    }
}
