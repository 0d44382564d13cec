//! Folders of the repository by their names: relative to its root, with `/`, and empty for the root itself.

/// The folder of a file.
#[must_use]
pub fn of_file(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// How far a folder is from another one.
///
/// The steps up to the folder that holds both count first: what shares more folders is nearer, however deep it lies in them.
/// A cluster's own files are so nearer than those of any other cluster, whatever folders either of them has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FolderDistance {
    up: usize,
    down: usize,
}

impl FolderDistance {
    /// The distance of `to`, seen from `from`.
    #[must_use]
    pub fn between(from: &str, to: &str) -> Self {
        let parts = |folder: &str| folder.split('/').filter(|part| !part.is_empty()).count();
        let common = from
            .split('/')
            .zip(to.split('/'))
            .take_while(|(left, right)| left == right && !left.is_empty())
            .count();
        Self {
            up: parts(from) - common,
            down: parts(to) - common,
        }
    }

    /// What tells near from far: of several folders below the one that holds both, none is meant more than the others, but that folder
    /// itself is.
    #[must_use]
    pub fn rank(self) -> (usize, bool) {
        (self.up, self.down > 0)
    }
}

/// The folder that a name stands for, of which `.` is the root.
#[must_use]
pub fn named(name: &str) -> &str {
    if name == "." { "" } else { name }
}

/// A folder and those around it, from the inside out, the root last.
pub fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(folder);
    std::iter::from_fn(move || {
        let folder = next?;
        next = (!folder.is_empty()).then(|| of_file(folder));
        Some(folder)
    })
}

/// A path that must be relative, as a kustomization names files, as a name; `None` too for an absolute one, and for text of several lines.
#[must_use]
pub fn join_relative(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\n') {
        return None;
    }
    join(folder, path)
}

/// A path as somebody wrote it in `folder`, as a name; `None` for what lies outside of the repository.
#[must_use]
pub fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_stays_within_the_root() {
        for (folder, path, joined) in [
            ("a/b", "../c/./d.yaml", Some("a/c/d.yaml")),
            ("", "a.yaml", Some("a.yaml")),
            ("a", "..", Some("")),
            ("a", "../..", None),
            ("a", "/etc/passwd", None),
            ("a", "b\nc", None),
        ] {
            assert_eq!(join_relative(folder, path).as_deref(), joined, "{folder} {path}");
        }
    }

    #[test]
    fn what_shares_more_folders_is_nearer_however_deep_it_lies() {
        let from = "clusters/eu/mesh/sidecars";
        let nearer_first = [
            from,
            "clusters/eu/mesh/sidecars/a/b/c",
            "clusters/eu/mesh",
            "clusters/eu/apps/shop/web",
            "clusters",
            "clusters/us",
            "",
            "base",
        ];
        let ranks: Vec<_> = nearer_first
            .iter()
            .map(|to| FolderDistance::between(from, to).rank())
            .collect();
        assert!(ranks.is_sorted_by(|left, right| left < right), "{ranks:?}");
    }

    #[test]
    fn a_folder_above_several_is_equally_near_to_all_of_them() {
        let rank = |to: &str| FolderDistance::between("clusters", to).rank();
        assert_eq!(rank("clusters/eu/apps/web"), rank("clusters/us"));
        assert!(rank("clusters") < rank("clusters/us"));
    }

    #[test]
    fn paths_are_made_names_and_never_leave_the_repository() {
        assert_eq!(join("", "./apps//web/"), Some("apps/web".to_owned()));
        assert_eq!(join("a/b", "../c"), Some("a/c".to_owned()));
        assert_eq!(join("a", "../.."), None);
        assert_eq!(ancestors("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
    }
}
