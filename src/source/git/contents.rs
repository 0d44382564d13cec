//! Contents of objects: from the work tree, where a file of it is still what the object names, else from git.

use std::sync::{Mutex, PoisonError};

use super::blobs::Blobs;
use super::command::Git;
use super::object_name;
use crate::source::disk::{Disk, Files};

/// Processes of git at most; each thread that reads has one of its own as long as there are no more threads.
const MOST_PROCESSES: usize = 8;

/// What is asked for contents.
#[derive(Debug)]
pub(super) struct Contents {
    git: Git,
    disk: Disk,
    /// Started when they are needed: that of a clean work tree never is.
    processes: Vec<Mutex<Option<Blobs>>>,
}

impl Contents {
    pub(super) fn of(git: Git) -> Self {
        let count = rayon::current_num_threads().clamp(1, MOST_PROCESSES);
        Self {
            disk: Disk::new(git.root()),
            git,
            processes: (0..count).map(|_| Mutex::default()).collect(),
        }
    }

    /// The content of a file of this name.
    pub(super) fn file(&self, name: &str, object: &str) -> Result<Vec<u8>, String> {
        self.either(self.disk.read(name).ok(), object)
    }

    /// Where the link of this name leads to, as it is written.
    pub(super) fn link(&self, name: &str, object: &str) -> Result<Vec<u8>, String> {
        self.either(self.disk.link_text(name).map(String::into_bytes), object)
    }

    /// What is on the disk, if it is the object. To ask git costs more than to read and to hash; and what git notes of a file (its times,
    /// its size) does not tell that the bytes are the same: line ends and filters come in between.
    fn either(&self, on_disk: Option<Vec<u8>>, object: &str) -> Result<Vec<u8>, String> {
        let same = on_disk.filter(|bytes| object_name::is_of(object, bytes));
        same.map_or_else(|| self.blob(object), Ok)
    }

    fn blob(&self, object: &str) -> Result<Vec<u8>, String> {
        let thread = rayon::current_thread_index().unwrap_or_default();
        let process = self.processes.get(thread % self.processes.len().max(1));
        let Some(process) = process else {
            return Err("git is not asked".to_owned());
        };
        let mut process = process.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *process {
            Some(blobs) => blobs.read(object),
            none => none.insert(Blobs::open(&self.git)?).read(object),
        }
    }
}
