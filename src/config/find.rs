//! Where the configuration of a repository is.

use std::fs;
use std::path::{Path, PathBuf};

use crate::source::classify::CONFIGURATION_NAME;
use crate::source::disk::{Files, PathKind};
use crate::source::folder;
use crate::source::walk;

/// The nearest `.checker.yaml` from the paths upwards, not above the root.
///
/// # Errors
/// If it is no regular file: a link could lead out of the repository.
pub fn find(root: &Path, paths: &[PathBuf]) -> Result<Option<PathBuf>, String> {
    let start = walk::common_folder(paths).unwrap_or_else(|| root.to_owned());
    let folders = start.ancestors().take_while(|folder| folder.starts_with(root));
    for folder in folders {
        let file = folder.join(CONFIGURATION_NAME);
        let Ok(metadata) = fs::symlink_metadata(&file) else {
            continue;
        };
        if !metadata.is_file() {
            let name = walk::relative(root, &file);
            return Err(format!(
                "`{name}` is no regular file, and links are not followed; `--config` names a file of any place"
            ));
        }
        return Ok(Some(file));
    }
    Ok(None)
}

/// As [`find`], in files that need not lie on the disk: the name of the configuration.
///
/// # Errors
/// If it is no regular file.
pub fn find_in(files: &dyn Files, root: &Path, paths: &[PathBuf]) -> Result<Option<String>, String> {
    let start = walk::common_folder(paths).unwrap_or_else(|| root.to_owned());
    let start = walk::relative(root, &start);
    let start = if start == "." { "" } else { &start };
    for around in folder::ancestors(start) {
        let Some(name) = folder::join(around, CONFIGURATION_NAME) else {
            continue;
        };
        match files.kind(&name) {
            PathKind::File => return Ok(Some(name)),
            PathKind::Missing => {}
            _ => {
                return Err(format!(
                    "`{name}` is no regular file, and links are not followed; `--config` names a file of any place"
                ));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_one_upwards_is_taken_and_none_above_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let above = folder.path();
        let root = above.join("root");
        fs::create_dir_all(root.join("a/b/c")).unwrap();
        fs::create_dir_all(root.join("d")).unwrap();
        fs::write(above.join(CONFIGURATION_NAME), "").unwrap();
        assert_eq!(find(&root, &[root.join("a")]), Ok(None));
        fs::write(root.join(CONFIGURATION_NAME), "").unwrap();
        fs::write(root.join("a/b").join(CONFIGURATION_NAME), "").unwrap();
        fs::write(root.join("a/b/c/x.yaml"), "").unwrap();
        for (paths, found) in [
            (&["a/b/c"][..], "a/b/.checker.yaml"),
            (&["a/b/c/x.yaml"], "a/b/.checker.yaml"),
            (&["a/b"], "a/b/.checker.yaml"),
            (&["a"], ".checker.yaml"),
            (&["a/b/c", "d"], ".checker.yaml"),
        ] {
            let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
            assert_eq!(find(&root, &paths), Ok(Some(root.join(found))));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::os::unix::fs::symlink("/etc/passwd", root.join(CONFIGURATION_NAME)).unwrap();
        assert!(
            find(root, &[root.to_owned()])
                .unwrap_err()
                .contains("links are not followed")
        );
    }
}
