//! From paths on the command line to the files below them.
//!
//! `walkdir` finds the files; the `ignore` crate reads `.gitignore` and `.checkerignore`. Its own walker is not used, because it
//! is silent about what it leaves out, and every file met must be counted.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rayon::prelude::*;
use walkdir::{DirEntry, WalkDir};

use super::classify;
use super::exclusion::Exclusion;

/// Files that say what is not to be looked at, in the order of precedence, the strongest last.
pub(super) const IGNORE_FILES: [&str; 2] = [".gitignore", ".checkerignore"];

/// One file that is to be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundFile {
    /// Relative to the root, with `/`.
    pub name: String,
    /// Where to read it.
    pub path: PathBuf,
}

/// A path that is not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkippedPath {
    /// Relative to the root, with `/`.
    pub name: String,
    /// Why.
    pub reason: SkipReason,
}

/// Why a path is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// Named by `.gitignore` or `.checkerignore`; a directory counts as one.
    Ignored,
    /// Neither YAML nor JSON by its name.
    NotYaml,
    /// A link inside the root; its target is met at its own place, or is no manifest.
    Link,
    /// A link inside the root to what is met nowhere: it is not among the paths, or its own name promises no manifest.
    LinkElsewhere,
    /// A link that leads nowhere, or round in a circle.
    BrokenLink,
    /// A link out of the root, never followed.
    LinkOutside,
    /// A directory whose name promises a manifest; what is in it is read.
    DirectoryNamedLikeFile,
    /// A pipe, a socket or a device.
    Special,
    /// The configuration says that it is not to be looked at.
    Excluded,
    /// A repository of its own, of which another one holds only the name; on the disk it is a folder as any other.
    Submodule,
}

/// A path that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnreadablePath {
    /// Relative to the root, with `/`.
    pub name: String,
    /// What the system said.
    pub message: String,
}

/// Everything below the paths asked for, each sorted by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// The folder that names are relative to.
    pub root: PathBuf,
    /// Files to read.
    pub files: Vec<FoundFile>,
    /// Paths left out, with their reasons.
    pub skipped: Vec<SkippedPath>,
    /// Paths that could not be looked at.
    pub unreadable: Vec<UnreadablePath>,
    /// Charts and kustomizations above the paths: they tell what the files are, and are neither judged nor counted.
    pub context: Vec<FoundFile>,
}

impl Walked {
    /// Leaves out what the configuration does not want to be looked at.
    pub fn leave_out(&mut self, exclusion: &Exclusion) {
        let is_inside = |name: &str| !Path::new(name).is_absolute();
        let excluded = |name: String| SkippedPath {
            name,
            reason: SkipReason::Excluded,
        };
        for path in &mut self.skipped {
            let is_of_interest = !matches!(path.reason, SkipReason::NotYaml | SkipReason::Ignored);
            if is_of_interest && exclusion.leaves_out(&path.name) {
                path.reason = SkipReason::Excluded;
            }
        }
        let files = std::mem::take(&mut self.files);
        let (out, files): (Vec<FoundFile>, Vec<FoundFile>) = files
            .into_iter()
            .partition(|file| is_inside(&file.name) && exclusion.leaves_out(&file.name));
        self.files = files;
        // Of a folder that cannot be read it is not known what is in it: it must be named itself.
        let unreadable = std::mem::take(&mut self.unreadable);
        let (unread, unreadable): (Vec<UnreadablePath>, Vec<UnreadablePath>) =
            unreadable.into_iter().partition(|path| exclusion.names(&path.name));
        self.unreadable = unreadable;
        let out = out.into_iter().map(|file| file.name);
        let names = out.chain(unread.into_iter().map(|path| path.name));
        self.skipped.extend(names.map(excluded));
        self.skipped.sort();
    }
}

/// Walks `paths`. Names are relative to `root`; a link that leads out of it is not followed.
///
/// # Errors
/// A path that does not exist, or is neither a file nor a folder: the command was wrong, not the repository.
pub fn walk(root: &Path, paths: &[PathBuf]) -> Result<Walked, String> {
    let mut walked = Walked {
        root: root.to_owned(),
        ..Walked::default()
    };
    let ground = Ground::of(root, paths);
    for path in paths {
        let metadata = fs::metadata(path).map_err(|error| format!("{}: {}", path.display(), plain(&error)))?;
        if metadata.is_dir() {
            walk_directory(&ground, path, &mut walked);
        } else if metadata.is_file() || is_open_pipe(path, &metadata) {
            // Named by the user: read whatever its name is.
            walked.files.push(FoundFile {
                name: relative(root, path),
                path: path.clone(),
            });
        } else {
            return Err(format!("{}: neither a file nor a folder", path.display()));
        }
    }
    walked.files.sort();
    walked.files.dedup();
    walked.skipped.sort();
    walked.skipped.dedup();
    walked.unreadable.sort();
    walked.unreadable.dedup();
    walked.context = context(root, paths, &walked.files);
    Ok(walked)
}

/// A pipe that the shell opened for this run (`<(kustomize build …)`): somebody writes to it, so that reading it ends.
#[cfg(unix)]
fn is_open_pipe(path: &Path, metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let is_given = ["/dev/fd", "/proc/self/fd"]
        .iter()
        .any(|folder| path.starts_with(folder));
    (is_given || path == Path::new("/dev/stdin")) && metadata.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_open_pipe(_: &Path, _: &fs::Metadata) -> bool {
    false
}

/// The charts and kustomizations in the folders above `paths`, up to the root, that are not among `files`.
fn context(root: &Path, paths: &[PathBuf], files: &[FoundFile]) -> Vec<FoundFile> {
    let folders: BTreeSet<&Path> = paths
        .iter()
        .flat_map(|path| path.ancestors().skip(1))
        .filter(|folder| folder.starts_with(root))
        .collect();
    folders
        .into_iter()
        .flat_map(|folder| classify::CONTEXT_NAMES.iter().map(|name| folder.join(name)))
        // Links are not followed here either.
        .filter(|path| fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()))
        .map(|path| FoundFile {
            name: relative(root, &path),
            path,
        })
        .filter(|file| files.binary_search(file).is_err())
        .collect()
}

/// What a link is judged by: the root and the paths of the walk, as the system knows them.
struct Ground<'w> {
    root: &'w Path,
    real_root: PathBuf,
    real_paths: Vec<PathBuf>,
}

impl<'w> Ground<'w> {
    fn of(root: &'w Path, paths: &[PathBuf]) -> Self {
        let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Self {
            root,
            real_root: real(root),
            real_paths: paths.iter().map(|path| real(path)).collect(),
        }
    }

    /// Whether the walk looks into what a link leads to, or need not.
    fn meets(&self, link: &Path, target: &Path) -> bool {
        let is_met = self.real_paths.iter().any(|path| target.starts_with(path));
        if target.is_dir() {
            return is_met;
        }
        !classify::has_manifest_name(link) || is_met && classify::has_manifest_name(target)
    }

    fn link_reason(&self, link: &Path) -> SkipReason {
        let Ok(target) = fs::canonicalize(link) else {
            return SkipReason::BrokenLink;
        };
        if !target.starts_with(&self.real_root) {
            return SkipReason::LinkOutside;
        }
        let is_circle = fs::canonicalize(link.parent().unwrap_or(link)).is_ok_and(|place| place.starts_with(&target));
        if is_circle {
            SkipReason::BrokenLink
        } else if self.meets(link, &target) {
            SkipReason::Link
        } else {
            SkipReason::LinkElsewhere
        }
    }
}

/// The folders of the first level are walked side by side: listing folders takes a good part of the whole time.
fn walk_directory(ground: &Ground<'_>, start: &Path, walked: &mut Walked) {
    let mut folders = Vec::new();
    walk_below(ground, start, 1, walked, &mut folders);
    let parts: Vec<Walked> = folders
        .into_par_iter()
        .map(|folder| {
            let mut part = Walked::default();
            walk_below(ground, &folder, usize::MAX, &mut part, &mut Vec::new());
            part
        })
        .collect();
    for part in parts {
        walked.files.extend(part.files);
        walked.skipped.extend(part.skipped);
        walked.unreadable.extend(part.unreadable);
    }
}

/// Walks down to `depth`; the folders there are handed back, not entered.
fn walk_below(ground: &Ground<'_>, start: &Path, depth: usize, walked: &mut Walked, folders: &mut Vec<PathBuf>) {
    let root = ground.root;
    let mut ignores = IgnoreStack::above(root, start);
    let mut left_out = Vec::new();
    let entries = WalkDir::new(start).max_depth(depth).follow_links(false);
    let entries = entries.into_iter().filter_entry(|entry| {
        if entry.depth() == 0 {
            ignores.enter(entry);
            return true;
        }
        if entry.file_type().is_dir() && entry.file_name() == ".git" {
            return false;
        }
        ignores.leave_to(entry.depth());
        if ignores.is_ignored(entry.path(), entry.file_type().is_dir()) {
            left_out.push(SkippedPath {
                name: relative(root, entry.path()),
                reason: SkipReason::Ignored,
            });
            return false;
        }
        if entry.file_type().is_dir() {
            ignores.enter(entry);
        }
        true
    });
    for entry in entries {
        match entry {
            Ok(entry) => {
                visit(ground, &entry, walked);
                if entry.depth() == depth && entry.file_type().is_dir() {
                    folders.push(entry.into_path());
                }
            }
            Err(error) => {
                let path = error.path().unwrap_or(start).to_owned();
                let message = error
                    .into_io_error()
                    .map_or_else(|| "cannot be read".to_owned(), |error| plain(&error));
                walked.unreadable.push(UnreadablePath {
                    name: relative(root, &path),
                    message,
                });
            }
        }
    }
    walked.skipped.append(&mut left_out);
}

fn visit(ground: &Ground<'_>, entry: &DirEntry, walked: &mut Walked) {
    let root = ground.root;
    let path = entry.path();
    let is_manifest_name = classify::has_manifest_name(path);
    let kind = entry.file_type();
    let reason = if kind.is_symlink() {
        ground.link_reason(path)
    } else if kind.is_dir() {
        if entry.depth() == 0 || !is_manifest_name {
            return;
        }
        SkipReason::DirectoryNamedLikeFile
    } else if !is_manifest_name {
        SkipReason::NotYaml
    } else if !kind.is_file() {
        SkipReason::Special
    } else {
        walked.files.push(FoundFile {
            name: relative(root, path),
            path: path.to_owned(),
        });
        return;
    };
    walked.skipped.push(SkippedPath {
        name: relative(root, path),
        reason,
    });
}

/// The rules of the directories from the root down to the one at hand.
#[derive(Default)]
pub(super) struct IgnoreStack {
    /// Depth of the directory in the walk (0 for those above its start), and its rules.
    rules: Vec<(usize, Gitignore)>,
}

impl IgnoreStack {
    /// The rules of the directories above the start of the walk.
    fn above(root: &Path, start: &Path) -> Self {
        let mut rules = Vec::new();
        let mut directories: Vec<&Path> = start
            .ancestors()
            .skip(1)
            .take_while(|directory| directory.starts_with(root))
            .collect();
        directories.reverse();
        for directory in directories {
            rules.extend(read_rules(directory).into_iter().map(|rule| (0, rule)));
        }
        Self { rules }
    }

    fn enter(&mut self, directory: &DirEntry) {
        let depth = directory.depth() + 1;
        self.rules
            .extend(read_rules(directory.path()).into_iter().map(|rule| (depth, rule)));
    }

    /// Adds the rules of a directory in which everything has this depth.
    pub(super) fn push(&mut self, depth: usize, rules: Gitignore) {
        self.rules.push((depth, rules));
    }

    pub(super) fn leave_to(&mut self, depth: usize) {
        while self.rules.last().is_some_and(|(at, _)| *at > depth) {
            self.rules.pop();
        }
    }

    pub(super) fn is_ignored(&self, path: &Path, is_directory: bool) -> bool {
        self.rules
            .iter()
            .rev()
            .find_map(|(_, rules)| match rules.matched(path, is_directory) {
                Match::None => None,
                Match::Ignore(_) => Some(true),
                Match::Whitelist(_) => Some(false),
            })
            .unwrap_or(false)
    }
}

fn read_rules(directory: &Path) -> Vec<Gitignore> {
    IGNORE_FILES
        .iter()
        .filter_map(|name| {
            let file = directory.join(name);
            if !file.is_file() {
                return None;
            }
            let mut builder = GitignoreBuilder::new(directory);
            // A rule that cannot be parsed is passed over, as git does.
            let _ = builder.add(&file);
            builder.build().ok()
        })
        .collect()
}

/// The folder that names are relative to: the git work tree around the paths, else the working directory if it holds
/// them all, else the folder nearest above them.
#[must_use]
pub fn repository_root(working_directory: &Path, paths: &[PathBuf]) -> PathBuf {
    let Some(common) = common_folder(paths) else {
        return working_directory.to_owned();
    };
    if let Some(root) = common.ancestors().find(|folder| folder.join(".git").exists()) {
        return root.to_owned();
    }
    if common.starts_with(working_directory) {
        return working_directory.to_owned();
    }
    common
}

/// The folder nearest above all paths, or the one path that is a folder; `None` without paths.
#[must_use]
pub fn common_folder(paths: &[PathBuf]) -> Option<PathBuf> {
    let folders = paths.iter().map(|path| {
        if path.is_dir() {
            path.clone()
        } else {
            path.parent().unwrap_or(path).to_owned()
        }
    });
    folders.reduce(|common, folder| {
        common
            .ancestors()
            .find(|ancestor| folder.starts_with(ancestor))
            .unwrap_or(&common)
            .to_owned()
    })
}

/// A path as an absolute one without `.` and `..`, links left alone.
#[must_use]
pub fn absolute(working_directory: &Path, path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in working_directory.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// A path relative to the root, with `/`.
#[must_use]
pub fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let name = inside
        .components()
        .map(|component| component.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/");
    if name.is_empty() { ".".to_owned() } else { name }
}

/// What the system says, without Rust's error number.
pub(crate) fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(walked: &Walked) -> Vec<&str> {
        walked.files.iter().map(|file| file.name.as_str()).collect()
    }

    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn rules_of_inner_folders_and_checkerignore_come_first() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, ".gitignore", "*.json\nbuild/\n");
        write(root, "a/.gitignore", "!keep.json\n");
        write(root, "a/.checkerignore", "draft.yaml\n");
        write(root, "a/keep.json", "");
        write(root, "a/drop.yaml", "");
        write(root, "a/draft.yaml", "");
        write(root, "drop.json", "");
        write(root, "build/b.yaml", "");
        let walked = walk(root, &[root.to_owned()]).unwrap();
        assert_eq!(names(&walked), ["a/drop.yaml", "a/keep.json"]);
        let ignored = walked
            .skipped
            .iter()
            .filter(|skipped| skipped.reason == SkipReason::Ignored)
            .count();
        assert_eq!(ignored, 3, "{:?}", walked.skipped);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_never_followed_and_always_counted() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        write(outside.path(), "secret.yaml", "a: 1");
        let root = folder.path();
        write(root, "a/real.yaml", "");
        std::os::unix::fs::symlink(outside.path().join("secret.yaml"), root.join("out.yaml")).unwrap();
        std::os::unix::fs::symlink(root.join("a/real.yaml"), root.join("in.yaml")).unwrap();
        std::os::unix::fs::symlink("..", root.join("a/up")).unwrap();
        std::os::unix::fs::symlink("self.yaml", root.join("self.yaml")).unwrap();
        let walked = walk(root, &[root.to_owned()]).unwrap();
        assert_eq!(names(&walked), ["a/real.yaml"]);
        let reasons: Vec<_> = walked.skipped.iter().map(|skipped| skipped.reason).collect();
        assert_eq!(
            reasons,
            [
                SkipReason::BrokenLink,
                SkipReason::Link,
                SkipReason::LinkOutside,
                SkipReason::BrokenLink
            ]
        );
    }
    #[cfg(unix)]
    #[test]
    fn a_link_to_what_the_walk_does_not_meet_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, "apps/real.yaml", "");
        write(root, "apps/text.txt", "");
        write(root, "shared/far.yaml", "");
        for (target, link) in [
            ("real.yaml", "apps/near.yaml"),
            ("../shared/far.yaml", "apps/far.yaml"),
            ("../shared", "apps/folder"),
            ("text.txt", "apps/text.yaml"),
            ("text.txt", "apps/text.md"),
        ] {
            std::os::unix::fs::symlink(target, root.join(link)).unwrap();
        }
        let walked = walk(root, &[root.join("apps")]).unwrap();
        let links: Vec<_> = walked
            .skipped
            .iter()
            .filter(|skipped| skipped.reason != SkipReason::NotYaml)
            .map(|skipped| (skipped.name.as_str(), skipped.reason))
            .collect();
        assert_eq!(
            links,
            [
                ("apps/far.yaml", SkipReason::LinkElsewhere),
                ("apps/folder", SkipReason::LinkElsewhere),
                ("apps/near.yaml", SkipReason::Link),
                ("apps/text.md", SkipReason::Link),
                ("apps/text.yaml", SkipReason::LinkElsewhere),
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_named_path_that_cannot_be_read_to_its_end_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket.yaml");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for path in [socket, PathBuf::from("/dev/zero")] {
            assert!(walk(folder.path(), &[path]).is_err());
        }
    }
}
