//! Folders of the repository by their names: relative to its root, with `/`, and empty for the root itself.

/// The folder of a file.
#[must_use]
pub fn of_file(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// How far two folders are apart: the steps up and down from the one to the other.
#[must_use]
pub fn distance(one: &str, other: &str) -> usize {
    let parts = |folder: &str| folder.split('/').filter(|part| !part.is_empty()).count();
    let common = one
        .split('/')
        .zip(other.split('/'))
        .take_while(|(left, right)| left == right && !left.is_empty())
        .count();
    parts(one) + parts(other) - 2 * common
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
    fn distance_counts_steps_between_folders() {
        assert_eq!(distance("a/b", "a/b"), 0);
        assert_eq!(distance("", "a"), 1);
        assert_eq!(distance("clusters/eu/web", "clusters/us/web"), 4);
    }

    #[test]
    fn paths_are_made_names_and_never_leave_the_repository() {
        assert_eq!(join("", "./apps//web/"), Some("apps/web".to_owned()));
        assert_eq!(join("a/b", "../c"), Some("a/c".to_owned()));
        assert_eq!(join("a", "../.."), None);
        assert_eq!(ancestors("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
    }
}
