//! The configuration of a repository, `.checker.yaml`: what is a target, and what to judge it by.
//!
//! ```text
//! find ─ decode (of `source`) ─ schema ─ meaning ─ Configuration
//! ```
//!
//! Everything that is wrong is found on the decoded tree, so that every problem has its bytes, and all of them are told at once.

mod baseline;
mod diff;
mod file;
mod find;
mod findings;
mod meaning;
mod path;
mod problem;
mod schema;

pub use baseline::read_baseline;
pub use diff::{DiffSettings, IgnoredChange};
pub use find::{find, find_in};
pub use problem::{ConfigurationError, Problem, Problems};
pub use schema::schema;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use file::{ConfigurationFile, HelmEntry, TargetEntry};
use path::PathKind;

use crate::model::target::Target;
use crate::policy::catalog;
use crate::policy::finding::{Place, Severity};
use crate::policy::suppression::Rule;
use crate::source::decode::{self, Decoded, Node, Tree, write_json};
use crate::source::disk::{Disk, Files};
use crate::source::exclusion::Exclusion;
use crate::source::release::HelmRelease;
use crate::source::text::Span;

/// What a repository is to be judged by; the defaults where there is no file.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// The targets, in the order of the file; none if the whole repository is one.
    pub targets: Vec<Target>,
    /// Folders of further policies.
    pub policy_folders: Vec<PathBuf>,
    /// The least severity that fails.
    pub fail_on: Option<Severity>,
    /// Policies of another severity than their own.
    pub severities: Vec<SeverityChange>,
    /// Findings that are not to be seen.
    pub rules: Vec<Rule>,
    /// The name of the baseline, relative to the root of the repository.
    pub baseline: Option<String>,
    /// What is not looked at.
    pub exclusion: Exclusion,
    /// How differences are told.
    pub diff: DiffSettings,
}

/// Another severity of a policy.
#[derive(Debug, Clone)]
pub struct SeverityChange {
    /// The policy, as it is written.
    pub policy: String,
    /// Where that is.
    pub place: Place,
    /// Its severity; `None` if it is switched off.
    pub severity: Option<Severity>,
}

/// Reads a configuration; `name` is the file's for people, `repository` the root that its paths are relative to.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(name: &str, bytes: Vec<u8>, repository: &Path) -> Result<Configuration, ConfigurationError> {
    read_from(name, bytes, repository, &Disk::new(repository))
}

/// As [`read`], of another state of the repository: the paths that it names must be in `files`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_from(
    name: &str,
    bytes: Vec<u8>,
    repository: &Path,
    files: &dyn Files,
) -> Result<Configuration, ConfigurationError> {
    let tree = read_document(name, bytes, |root| {
        let mut problems = schema::problems(root)?;
        problems.extend(meaning::problems(root, files));
        Ok(problems)
    })?;
    configuration(tree.root(), repository, files).map_err(ConfigurationError::Internal)
}

/// The one document of a file that tells the program what to do, if nothing is wrong with it.
fn read_document(
    name: &str,
    bytes: Vec<u8>,
    check: impl FnOnce(Node<'_>) -> Result<Vec<Problem>, String>,
) -> Result<Arc<Tree>, ConfigurationError> {
    let decoded = decode::decode(name, bytes);
    let mut problems = faults(&decoded);
    let mut documents = decoded.documents.iter();
    let tree = documents.next().and_then(|document| document.tree.as_ref());
    if let Some(tree) = tree {
        problems.extend(check(tree.root()).map_err(ConfigurationError::Internal)?);
    } else if problems.is_empty() {
        problems.push(Problem::new(
            Span::default(),
            "nothing is written here; begin with `version: 1`",
        ));
    }
    if let Some(second) = documents.next() {
        problems.push(Problem::new(second.span, "a second document; a configuration is one"));
    }
    problems.sort_by_key(|problem| problem.span);
    match tree {
        Some(tree) if problems.is_empty() => Ok(Arc::clone(tree)),
        _ => Err(ConfigurationError::Problems(Problems {
            file: Arc::clone(&decoded.file),
            list: problems,
        })),
    }
}

/// What the decoder met. Here nothing is only odd.
fn faults(decoded: &Decoded) -> Vec<Problem> {
    decoded
        .faults
        .iter()
        .map(|fault| Problem {
            span: fault.span,
            message: fault.message.clone(),
            related: fault.related.clone(),
        })
        .collect()
}

/// The configuration that a tree without fault says.
fn configuration(root: Node<'_>, repository: &Path, files: &dyn Files) -> Result<Configuration, String> {
    let mut text = String::new();
    write_json(root, &mut text);
    let file: ConfigurationFile = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let targets: Result<Vec<Target>, String> = file.targets.into_iter().map(|entry| target(entry, files)).collect();
    let policy_folders: Result<Vec<PathBuf>, String> = file
        .policy_dirs
        .iter()
        .map(|written| Ok(repository.join(path::resolve(files, written, PathKind::Folder)?)))
        .collect();
    let baseline = file.baseline.as_deref();
    let baseline = baseline.map(|written| path::resolve(files, written, PathKind::File));
    Ok(Configuration {
        targets: targets?,
        policy_folders: policy_folders?,
        fail_on: file.fail_on,
        severities: findings::severities(root),
        rules: findings::rules(root, file.ignore)?,
        baseline: baseline.transpose()?,
        exclusion: findings::exclusion(file.include.as_deref(), &file.exclude)?,
        diff: diff::settings(root, file.diff),
    })
}

fn target(entry: TargetEntry, files: &dyn Files) -> Result<Target, String> {
    let profile = match &entry.mesh {
        Some(mesh) => catalog::profile(mesh),
        None => catalog::default_profile(),
    };
    let mut profile = profile.map_err(|problem| problem.to_string())?;
    if let Some(kruise) = entry.kruise {
        profile.kruise = kruise;
    }
    let paths: Result<Vec<String>, String> = entry
        .paths
        .iter()
        .map(|written| path::resolve(files, written, PathKind::Any))
        .collect();
    let releases: Result<Vec<HelmRelease>, String> = entry
        .helm
        .into_iter()
        .map(|release| helm_release(release, files))
        .collect();
    Ok(Target {
        name: entry.name.into(),
        paths: paths?,
        context: entry.context,
        namespace: entry.namespace,
        profile,
        releases: releases?,
    })
}

fn helm_release(entry: HelmEntry, files: &dyn Files) -> Result<HelmRelease, String> {
    let values: Result<Vec<String>, String> = entry
        .values
        .iter()
        .map(|written| path::resolve(files, written, PathKind::File))
        .collect();
    Ok(HelmRelease {
        chart: path::resolve(files, &entry.chart, PathKind::Folder)?,
        release: entry.release,
        namespace: entry.namespace,
        values: values?,
    })
}

#[cfg(test)]
mod tests;
