//! Where a command reads: files as they lie there, as they are staged, or as they were; or a stream.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::exit::Outcome;
use crate::policy::touched::Touched;
use crate::source::decode::skim::Wanted;
use crate::source::disk::{Files, PathKind};
use crate::source::exclusion::Exclusion;
use crate::source::git::{Changes, GitError, GitFiles, Moment};
use crate::source::kustomize::fallback::OtherRenderer;
use crate::source::load::{self, Repository};
use crate::source::walk;

/// The name of standard input in findings.
const STANDARD_INPUT: &str = "(standard input)";

/// Where to read.
pub(super) struct Ground {
    /// The root of the repository.
    pub(super) root: PathBuf,
    /// Absolute; for a stream the working directory.
    pub(super) paths: Vec<PathBuf>,
    source: Source,
}

/// Which state of the files is meant.
enum Source {
    Disk,
    Index(Box<GitFiles>),
    Stream,
}

/// What of all that is read is to be decoded.
#[derive(Clone, Copy)]
pub(super) struct Reading<'r> {
    pub(super) exclusion: &'r Exclusion,
    pub(super) wanted: Option<&'r Wanted>,
    pub(super) other: Option<&'r OtherRenderer>,
}

impl Ground {
    /// The files of these paths, or standard input.
    pub(super) fn of(paths: &[PathBuf]) -> Result<Self, Outcome> {
        let here = working_directory()?;
        let is_stream = paths.iter().any(|path| path.as_os_str() == "-");
        if is_stream && paths.len() > 1 {
            return Err(Outcome::usage("`-` stands alone: standard input or paths, not both"));
        }
        let paths: Vec<PathBuf> = if is_stream || paths.is_empty() {
            vec![here.clone()]
        } else {
            paths.iter().map(|path| walk::absolute(&here, path)).collect()
        };
        Ok(Self {
            root: walk::repository_root(&here, &paths),
            paths,
            source: if is_stream { Source::Stream } else { Source::Disk },
        })
    }

    /// All of the repository around the working directory.
    pub(super) fn of_repository() -> Result<Self, Outcome> {
        let here = working_directory()?;
        let root = walk::repository_root(&here, std::slice::from_ref(&here));
        Ok(Self {
            paths: vec![root.clone()],
            root,
            source: Source::Disk,
        })
    }

    /// The same paths as they are staged.
    pub(super) fn staged(mut self) -> Result<Self, Outcome> {
        let files = open(&self.root, Moment::Index)?;
        for path in &self.paths {
            let name = walk::relative(&self.root, path);
            let name = if name == "." { "" } else { &name };
            if files.kind(name) == PathKind::Missing {
                return Err(Outcome::usage(format!(
                    "{}: nothing of this name is staged",
                    path.display()
                )));
            }
        }
        self.source = Source::Index(Box::new(files));
        Ok(self)
    }

    pub(super) fn is_stream(&self) -> bool {
        matches!(self.source, Source::Stream)
    }

    /// Whether all of the repository is judged.
    pub(super) fn is_whole(&self) -> bool {
        !self.is_stream() && self.paths.iter().any(|path| self.root.starts_with(path))
    }

    /// The files, if they are not those on the disk.
    pub(super) fn files(&self) -> Option<&dyn Files> {
        match &self.source {
            Source::Index(files) => Some(&**files),
            Source::Disk | Source::Stream => None,
        }
    }

    /// Reads everything.
    pub(super) fn read(&self, reading: Reading<'_>) -> Result<Repository, Outcome> {
        match &self.source {
            Source::Disk => {
                let mut walked = walk::walk(&self.root, &self.paths).map_err(Outcome::usage)?;
                walked.leave_out(reading.exclusion);
                Ok(load::load(walked, reading.wanted, reading.other))
            }
            Source::Index(files) => self.read_from(files, reading),
            Source::Stream => {
                let bytes = load::read_from(io::stdin().lock())
                    .map_err(|message| Outcome::usage(format!("standard input: {message}")))?;
                // `kustomize build … | checker check -` must not be green because kustomize failed.
                if bytes.iter().all(u8::is_ascii_whitespace) {
                    return Err(Outcome::usage("standard input is empty, so nothing was judged"));
                }
                Ok(load::load_stream(STANDARD_INPUT, bytes))
            }
        }
    }

    /// Reads the same paths of another state of the repository.
    pub(super) fn read_from(&self, files: &GitFiles, reading: Reading<'_>) -> Result<Repository, Outcome> {
        let mut walked = files.walk(&self.paths).map_err(Outcome::usage)?;
        walked.leave_out(reading.exclusion);
        Ok(load::load_from(walked, files, reading.wanted, reading.other))
    }

    /// What the paths of a command stand for, and the state before what is staged, if something of it is not there any more. Without
    /// paths all that is staged is meant.
    pub(super) fn touched(&self, paths: &[PathBuf]) -> Result<(Touched, Option<GitFiles>), Outcome> {
        let here = working_directory()?;
        let mut touched = Touched::default();
        for path in paths {
            let path = walk::absolute(&here, path);
            if !path.starts_with(&self.root) {
                let root = self.root.display();
                return Err(Outcome::usage(format!("{}: outside of {root}", path.display())));
            }
            touched.names.insert(walk::relative(&self.root, &path));
        }
        let Source::Index(index) = &self.source else {
            if paths.is_empty() {
                return Err(Outcome::usage(
                    "`--touched` is about the paths that are named; name some",
                ));
            }
            for name in &touched.names {
                if fs::symlink_metadata(self.root.join(name)).is_err() {
                    return Err(Outcome::usage(format!("{name}: no such file or directory")));
                }
            }
            return Ok((touched, None));
        };
        // The first commit has none before it.
        let head = match GitFiles::open(&self.root, Moment::Revision("HEAD")) {
            Ok(head) => Some(head),
            Err(GitError::Wrong(_)) => None,
            Err(error) => return Err(refused(error)),
        };
        let changes = head.as_ref().map(|head| index.changes_since(head));
        let Changes { written, removed } = changes.unwrap_or_default();
        for name in &touched.names {
            let at = if name == "." { "" } else { name };
            if index.kind(at) == PathKind::Missing && !removed.contains(name) {
                return Err(Outcome::usage(format!("{name}: nothing of this name is staged")));
            }
        }
        if paths.is_empty() {
            touched.names.extend(written);
            if head.is_none() {
                touched.names.insert(".".to_owned());
            }
        }
        Ok((touched, head.filter(|_| !removed.is_empty())))
    }
}

/// A state of the repository.
pub(super) fn open(root: &Path, moment: Moment<'_>) -> Result<GitFiles, Outcome> {
    GitFiles::open(root, moment).map_err(refused)
}

fn refused(error: GitError) -> Outcome {
    match error {
        GitError::Wrong(message) => Outcome::usage(message),
        GitError::Failed(message) => Outcome::internal(message),
    }
}

fn working_directory() -> Result<PathBuf, Outcome> {
    std::env::current_dir().map_err(Outcome::internal)
}
