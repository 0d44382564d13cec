//! The walk through a state of the repository, by the rules of the walk through the disk.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::GitFiles;
use super::link::LinkTarget;
use super::tree::Entry;
use crate::source::classify;
use crate::source::disk::{Files, PathKind};
use crate::source::folder;
use crate::source::walk::{FoundFile, IGNORE_FILES, IgnoreStack, SkipReason, SkippedPath, UnreadablePath, Walked};

impl GitFiles {
    /// Walks `paths`, as [`walk`](crate::source::walk::walk) does on the disk. A path that this state does not have holds nothing.
    ///
    /// # Errors
    /// A path outside the root.
    pub fn walk(&self, paths: &[PathBuf]) -> Result<Walked, String> {
        let starts: Result<Vec<String>, String> = paths.iter().map(|path| self.name_of(path)).collect();
        let starts = starts?;
        let mut walked = Walked {
            root: self.root.clone(),
            ..Walked::default()
        };
        for start in &starts {
            match self.kind(start) {
                PathKind::Folder => self.walk_folder(start, &starts, &mut walked),
                // Named by the user: read whatever its name is.
                PathKind::File => walked.files.push(self.found(start)),
                PathKind::Link | PathKind::Special | PathKind::Missing => {
                    if let Some(entry) = self.entries.get(start) {
                        self.visit(start, entry, &starts, &mut walked);
                    }
                }
            }
        }
        walked.unreadable.extend(self.unreadable_below(&starts));
        walked.files.sort();
        walked.files.dedup();
        walked.skipped.sort();
        walked.skipped.dedup();
        walked.unreadable.sort();
        walked.unreadable.dedup();
        walked.context = self.context(&starts, &walked.files);
        Ok(walked)
    }

    fn name_of(&self, path: &Path) -> Result<String, String> {
        let outside = || format!("{}: outside of the git repository", path.display());
        let inside = path.strip_prefix(&self.root).map_err(|_| outside())?;
        let parts: Vec<_> = inside
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect();
        Ok(parts.join("/"))
    }

    fn found(&self, name: &str) -> FoundFile {
        FoundFile {
            name: name.to_owned(),
            path: self.root.join(name),
        }
    }

    fn walk_folder(&self, start: &str, starts: &[String], walked: &mut Walked) {
        let prefix = if start.is_empty() {
            String::new()
        } else {
            format!("{start}/")
        };
        let mut ignores = IgnoreStack::default();
        let mut above: Vec<&str> = folder::ancestors(start).collect();
        above.reverse();
        for folder in above {
            self.enter_folder(folder, 0, &mut ignores);
        }
        // The folders from the start to the last entry; depths count from 1 in the start, as in the walk of a disk.
        let mut way: Vec<&str> = Vec::new();
        let mut left_out: Option<&str> = None;
        for (name, entry) in self.entries.range(prefix.clone()..) {
            let Some(rest) = name.strip_prefix(&prefix) else {
                break;
            };
            if left_out.is_some_and(|folder| is_below(name, folder)) {
                continue;
            }
            while way.last().is_some_and(|folder| !is_below(name, folder)) {
                way.pop();
            }
            let slashes = rest.match_indices('/').map(|(at, _)| prefix.len() + at);
            let folders = slashes.filter_map(|end| name.get(..end)).skip(way.len());
            left_out = None;
            for folder in folders.collect::<Vec<_>>() {
                let depth = way.len() + 1;
                ignores.leave_to(depth);
                if ignores.is_ignored(&self.root.join(folder), true) {
                    walked.skipped.push(skipped(folder, SkipReason::Ignored));
                    left_out = Some(folder);
                    break;
                }
                if classify::has_manifest_name(Path::new(folder)) {
                    walked.skipped.push(skipped(folder, SkipReason::DirectoryNamedLikeFile));
                }
                self.enter_folder(folder, depth + 1, &mut ignores);
                way.push(folder);
            }
            if left_out.is_some() {
                continue;
            }
            ignores.leave_to(way.len() + 1);
            if ignores.is_ignored(&self.root.join(name), matches!(entry, Entry::Submodule)) {
                walked.skipped.push(skipped(name, SkipReason::Ignored));
            } else {
                self.visit(name, entry, starts, walked);
            }
        }
    }

    fn enter_folder(&self, folder: &str, depth: usize, ignores: &mut IgnoreStack) {
        let rules = IGNORE_FILES.iter().filter_map(|file| self.rules(folder, file));
        for rules in rules {
            ignores.push(depth, rules);
        }
    }

    /// The rules of one file; one that cannot be read or parsed is passed over, as git does.
    fn rules(&self, folder: &str, file: &str) -> Option<Gitignore> {
        let name = if folder.is_empty() {
            file.to_owned()
        } else {
            format!("{folder}/{file}")
        };
        let bytes = self.entries.contains_key(&name).then(|| self.read(&name).ok())??;
        let text = String::from_utf8_lossy(&bytes);
        let mut builder = GitignoreBuilder::new(self.root.join(folder));
        for line in text.trim_start_matches('\u{feff}').lines() {
            let _ = builder.add_line(None, line);
        }
        builder.build().ok()
    }

    fn visit(&self, name: &str, entry: &Entry, starts: &[String], walked: &mut Walked) {
        let is_manifest_name = classify::has_manifest_name(Path::new(name));
        let reason = match entry {
            Entry::Link(object) => self.link_reason(name, object, starts),
            Entry::Submodule => SkipReason::Submodule,
            Entry::File(_) if !is_manifest_name => SkipReason::NotYaml,
            Entry::File(_) => {
                walked.files.push(self.found(name));
                return;
            }
        };
        walked.skipped.push(skipped(name, reason));
    }

    fn link_reason(&self, link: &str, object: &str, starts: &[String]) -> SkipReason {
        let is_met = |target: &str| starts.iter().any(|start| is_within(target, start));
        let is_promising = |name: &str| classify::has_manifest_name(Path::new(name));
        let meets = match self.link_target(link, object) {
            LinkTarget::Nowhere => return SkipReason::BrokenLink,
            LinkTarget::Outside => return SkipReason::LinkOutside,
            LinkTarget::Folder(target) if is_within(link, &target) => return SkipReason::BrokenLink,
            LinkTarget::Folder(target) => is_met(&target),
            LinkTarget::File(target) => !is_promising(link) || is_met(&target) && is_promising(&target),
        };
        if meets {
            SkipReason::Link
        } else {
            SkipReason::LinkElsewhere
        }
    }

    /// The charts and kustomizations in the folders above the paths that are not among `files`.
    fn context(&self, starts: &[String], files: &[FoundFile]) -> Vec<FoundFile> {
        let mut folders: Vec<&str> = starts
            .iter()
            .filter(|start| !start.is_empty())
            .flat_map(|start| folder::ancestors(folder::of_file(start)))
            .collect();
        folders.sort_unstable();
        folders.dedup();
        let name_in = |folder: &str, name: &str| {
            if folder.is_empty() {
                name.to_owned()
            } else {
                format!("{folder}/{name}")
            }
        };
        folders
            .into_iter()
            .flat_map(|folder| classify::CONTEXT_NAMES.iter().map(move |name| name_in(folder, name)))
            .filter(|name| matches!(self.entries.get(name), Some(Entry::File(_))))
            .map(|name| self.found(&name))
            .filter(|file| files.binary_search(file).is_err())
            .collect()
    }

    fn unreadable_below(&self, starts: &[String]) -> impl Iterator<Item = UnreadablePath> {
        let below = self
            .unreadable
            .iter()
            .filter(|(name, _)| starts.iter().any(|start| is_within(name, start)));
        below.map(|(name, message)| UnreadablePath {
            name: name.clone(),
            message: message.clone(),
        })
    }
}

fn skipped(name: &str, reason: SkipReason) -> SkippedPath {
    SkippedPath {
        name: name.to_owned(),
        reason,
    }
}

/// Whether a name lies in a folder.
fn is_below(name: &str, folder: &str) -> bool {
    folder.is_empty() || name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a name is this path, or lies in it.
fn is_within(name: &str, path: &str) -> bool {
    name == path || is_below(name, path)
}
