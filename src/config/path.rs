//! Paths that a configuration names: inside the repository, and there.

use crate::policy::finding::shortened;
use crate::source::disk::{self, Files};
use crate::source::spelling;

/// The sort of thing that a path must lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathKind {
    /// A file or a folder.
    Any,
    File,
    Folder,
}

/// The name, relative to the root and with `/`, of what a written path leads to; the root itself is `.`.
///
/// Every step is looked at before the next one is taken: a link could lead out of the repository, and is not followed.
///
/// # Errors
/// What is wrong with the path, as a message.
pub(super) fn resolve(files: &dyn Files, path: &str, due: PathKind) -> Result<String, String> {
    let written = shortened(path);
    if path.starts_with('/') {
        return Err(format!(
            "`{written}` is absolute; write it relative to the root of the repository"
        ));
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                let outside = || format!("`{written}` leads out of the repository; paths are relative to its root");
                parts.pop().ok_or_else(outside)?;
            }
            part => parts.push(part),
        }
    }
    let mut place = String::new();
    let mut is_folder = true;
    for part in &parts {
        let parent = place.clone();
        place = if parent.is_empty() {
            (*part).to_owned()
        } else {
            format!("{parent}/{part}")
        };
        match files.kind(&place) {
            disk::PathKind::Missing => return Err(absent(&written, files, &parent, part)),
            disk::PathKind::Link => {
                return Err(format!(
                    "`{written}` leads through the link `{part}`, and links are not followed; name what it leads to"
                ));
            }
            found => is_folder = found == disk::PathKind::Folder,
        }
    }
    match (due, is_folder) {
        (PathKind::Folder, false) => return Err(format!("`{written}` is no folder")),
        (PathKind::File, true) => return Err(format!("`{written}` is a folder, and a file is due here")),
        _ => {}
    }
    Ok(if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    })
}

fn absent(written: &str, files: &dyn Files, parent: &str, part: &str) -> String {
    let names = files.names_in(parent);
    let nearest = || {
        spelling::nearest(part, names.iter().map(String::as_str))
            .map(|meant| format!("; did you mean `{meant}` for `{part}`?"))
            .unwrap_or_default()
    };
    let hint = if part.contains('\\') {
        "; write `/` between folders, on every system".to_owned()
    } else if part.contains(['*', '?', '[', '{']) {
        "; this is a path, and patterns are not taken: name the folder, or each of them".to_owned()
    } else {
        nearest()
    };
    format!("`{written}` is not in the repository{hint}")
}
