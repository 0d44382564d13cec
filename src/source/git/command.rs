//! The `git` program, asked for objects and for nothing else.
//!
//! A repository's own configuration can name programs: hooks, filters, a file system monitor, a pager, credential helpers, transports.
//! Only plumbing commands that need none of them are used, and what could start one is switched off besides.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::GitError;
use crate::source::temporary::TemporaryFolder;
use crate::source::{limits, program};

/// Git for one repository.
#[derive(Debug)]
pub(super) struct Git {
    program: PathBuf,
    root: PathBuf,
    /// An empty folder to be at home in: the user's own configuration is not read.
    home: TemporaryFolder,
}

/// What is set for every command, over all configuration.
const SETTINGS: [&str; 7] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.untrackedCache=false",
    "credential.helper=",
    // Objects that a partial clone lacks are not fetched (with `GIT_ALLOW_PROTOCOL`, and from git 2.45 on `GIT_NO_LAZY_FETCH`).
    "protocol.allow=never",
    "gc.auto=0",
    // Other people's repositories are refused for what their configuration could start; nothing of that is started here.
    "safe.directory=*",
];

impl Git {
    /// # Errors
    /// There is no git on the `PATH`.
    pub(super) fn find(root: &Path) -> Result<Self, GitError> {
        let program = program::find("git").ok_or_else(|| {
            GitError::Wrong("`git` is not on the `PATH`; it is what reads another state of a repository".to_owned())
        })?;
        let home = TemporaryFolder::new("checker-git-")
            .map_err(|error| GitError::Failed(format!("no temporary folder: {error}")))?;
        Ok(Self {
            program,
            root: root.to_owned(),
            home,
        })
    }

    /// The top of the work tree.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// A command that reads this repository.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program::command(&self.program, self.home.path());
        for (name, value) in [
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_ALLOW_PROTOCOL", "none"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("LC_ALL", "C"),
        ] {
            command.env(name, value);
        }
        command
            .arg("-C")
            .arg(&self.root)
            .args(["--no-pager", "--literal-pathspecs"]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.args(arguments);
        command
    }

    /// The full name of a commit.
    ///
    /// # Errors
    /// There is none of this name.
    pub(super) fn commit(&self, revision: &str) -> Result<String, GitError> {
        // git would take it for an option.
        if revision.is_empty() || revision.starts_with('-') {
            return Err(GitError::Wrong(format!("`{revision}` is no revision")));
        }
        let asked = format!("{revision}^{{commit}}");
        let answer = self.run(&["rev-parse", "--verify", "--quiet", &asked]);
        let name = answer.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
        match name {
            Ok(name) if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(name),
            // `--quiet` says nothing of a name that is not there; what is no commit is an `error:`.
            Err(why) if why.starts_with("error: ") => {
                let why = why.trim_start_matches("error: ");
                Err(GitError::Wrong(format!(
                    "`{revision}` is no revision that is a commit: {why}"
                )))
            }
            Err(why) if why != program::NO_WORD => {
                Err(GitError::Failed(format!("git cannot read `{revision}`: {why}")))
            }
            _ => Err(GitError::Wrong(self.no_such_revision(revision))),
        }
    }

    fn no_such_revision(&self, revision: &str) -> String {
        let is_shallow = self
            .run(&["rev-parse", "--is-shallow-repository"])
            .is_ok_and(|answer| answer.starts_with(b"true"));
        let hint = if is_shallow {
            "; the clone is shallow: fetch that revision first (in a CI job: fetch the whole history, `fetch-depth: 0`)"
        } else {
            ""
        };
        format!("the repository has no revision `{revision}`{hint}")
    }

    /// Every entry of a commit, as `ls-tree -r -z` prints them.
    pub(super) fn tree(&self, commit: &str) -> Result<Vec<u8>, GitError> {
        self.run(&["ls-tree", "-r", "-z", "--full-tree", commit])
            .map_err(|why| GitError::Failed(format!("git cannot list the commit {commit}: {why}")))
    }

    /// Every entry of the index, as `ls-files -s -z` prints them.
    pub(super) fn index(&self) -> Result<Vec<u8>, GitError> {
        let mut command = self.command(&["ls-files", "-s", "-z", "--full-name"]);
        // `git commit -a` and `git commit FILE` have the hook look at another index than that of the repository.
        if let Some(index) = env::var_os("GIT_INDEX_FILE") {
            command.env("GIT_INDEX_FILE", index);
        }
        program::run(command, limits::GIT_TIME)
            .map_err(|why| GitError::Failed(format!("git cannot list the index: {why}")))
    }

    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, String> {
        program::run(self.command(arguments), limits::GIT_TIME)
    }
}
