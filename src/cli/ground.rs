//! Where a command reads: files as they lie there, as they are staged, or as they were; or a stream.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::exit::Outcome;
use crate::policy::touched::Touched;
use crate::source::decode::skim::Wanted;
use crate::source::disk::{Changed, Disk, Files, PathKind};
use crate::source::exclusion::Exclusion;
use crate::source::git::{Changes, GitError, GitFiles, Moment};
use crate::source::kustomize::fallback::OtherRenderer;
use crate::source::load::{self, Repository};
use crate::source::walk::{self, Walked};

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
    Disk(Disk),
    Index(Box<GitFiles>),
    Stream,
}

/// What there is to read on a ground. It can be read more than once.
pub(super) struct Input<'g> {
    found: FoundInput<'g>,
    reading: Reading<'g>,
}

enum FoundInput<'g> {
    Files(Walked, &'g dyn Files),
    Stream(Vec<u8>),
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
        let root = walk::repository_root(&here, &paths);
        Ok(Self {
            source: if is_stream {
                Source::Stream
            } else {
                Source::Disk(Disk::new(&root))
            },
            root,
            paths,
        })
    }

    /// All of the repository around the working directory.
    pub(super) fn of_repository() -> Result<Self, Outcome> {
        let here = working_directory()?;
        let root = walk::repository_root(&here, std::slice::from_ref(&here));
        Ok(Self {
            paths: vec![root.clone()],
            source: Source::Disk(Disk::new(&root)),
            root,
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
            Source::Disk(_) | Source::Stream => None,
        }
    }

    /// Reads everything.
    pub(super) fn read(&self, reading: Reading<'_>) -> Result<Repository, Outcome> {
        Ok(self.input(reading)?.read(&BTreeMap::new()))
    }

    /// Reads the same paths of another state of the repository.
    pub(super) fn read_from(&self, files: &GitFiles, reading: Reading<'_>) -> Result<Repository, Outcome> {
        Ok(self.input_of(files, reading)?.read(&BTreeMap::new()))
    }

    /// Finds everything that there is to read.
    pub(super) fn input<'g>(&'g self, reading: Reading<'g>) -> Result<Input<'g>, Outcome> {
        match &self.source {
            Source::Disk(files) => {
                let walked = walk::walk(&self.root, &self.paths).map_err(Outcome::usage)?;
                Ok(Input::of(walked, files, reading))
            }
            Source::Index(files) => self.input_of(files, reading),
            Source::Stream => {
                let bytes = load::read_from(io::stdin().lock())
                    .map_err(|message| Outcome::usage(format!("standard input: {message}")))?;
                // `kustomize build … | checker check -` must not be green because kustomize failed.
                if bytes.iter().all(u8::is_ascii_whitespace) {
                    return Err(Outcome::usage("standard input is empty, so nothing was judged"));
                }
                let found = FoundInput::Stream(bytes);
                Ok(Input { found, reading })
            }
        }
    }

    fn input_of<'g>(&self, files: &'g GitFiles, reading: Reading<'g>) -> Result<Input<'g>, Outcome> {
        let walked = files.walk(&self.paths).map_err(Outcome::usage)?;
        Ok(Input::of(walked, files, reading))
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

impl<'g> Input<'g> {
    fn of(mut walked: Walked, files: &'g dyn Files, reading: Reading<'g>) -> Self {
        walked.leave_out(reading.exclusion);
        let found = FoundInput::Files(walked, files);
        Self { found, reading }
    }

    /// Whether it is standard input.
    pub(super) fn is_stream(&self) -> bool {
        matches!(self.found, FoundInput::Stream(_))
    }

    /// Reads everything as if some files had other bytes, which are given by their names.
    pub(super) fn read(&self, changed: &BTreeMap<String, Vec<u8>>) -> Repository {
        let Reading { wanted, other, .. } = self.reading;
        match &self.found {
            FoundInput::Files(walked, files) => {
                let files = Changed {
                    files: *files,
                    bytes: changed,
                };
                load::load_from(walked.clone(), &files, wanted, other)
            }
            FoundInput::Stream(bytes) => {
                let bytes = changed.get(STANDARD_INPUT).unwrap_or(bytes);
                load::load_stream(STANDARD_INPUT, bytes.clone())
            }
        }
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
