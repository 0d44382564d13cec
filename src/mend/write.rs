//! A new text in the place of a file: all of it or nothing, with the file's own mode.

use std::fs::{self, Metadata};
use std::io::Write;
use std::path::Path;

use super::Refusal;
use crate::source::disk::{Disk, Files, PathKind};
use crate::source::load;

const MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// Whether a file of a repository can be given a new text, now that `read` is what was read of it.
///
/// # Errors
/// Why not.
pub fn check(root: &Path, name: &str, read: &str) -> Result<(), Refusal> {
    let is_behind_a_link = !Path::new(name).is_absolute() && Disk::new(root).kind(name) == PathKind::Link;
    if is_behind_a_link {
        return Err(Refusal::new("a link leads to the file; mend what it leads to"));
    }
    let path = &root.join(name);
    let metadata = metadata(path)?;
    if metadata.permissions().readonly() {
        return Err(Refusal::new("the file is read-only"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if metadata.nlink() > 1 {
            return Err(Refusal::new(
                "the file has a second name (a hard link), which would keep the old text",
            ));
        }
    }
    mark_of(path, read).map(drop)
}

fn metadata(path: &Path) -> Result<Metadata, Refusal> {
    let metadata = fs::symlink_metadata(path).map_err(|error| Refusal::new(error.to_string()))?;
    if metadata.is_symlink() {
        return Err(Refusal::new("the file is a link; mend what it leads to"));
    }
    if !metadata.is_file() {
        return Err(Refusal::new("this is no file"));
    }
    Ok(metadata)
}

/// The byte order mark of a file, if its text is still what was read.
fn mark_of(path: &Path, read: &str) -> Result<&'static [u8], Refusal> {
    let bytes = load::read_limited(path).map_err(Refusal::new)?;
    if bytes == read.as_bytes() {
        Ok(&[])
    } else if bytes.strip_prefix(MARK) == Some(read.as_bytes()) {
        Ok(MARK)
    } else {
        Err(Refusal::new("the file is not UTF-8, or has changed since it was read"))
    }
}

/// Gives a file a new text. Whoever reads it meanwhile sees the old one or the new one, and so does everybody after a failure.
///
/// # Errors
/// Why the file is still the old one.
pub fn replace(root: &Path, name: &str, read: &str, text: &str) -> Result<(), Refusal> {
    let failed = |error: std::io::Error| Refusal::new(error.to_string());
    check(root, name, read)?;
    let path = &root.join(name);
    let metadata = metadata(path)?;
    let mark = mark_of(path, read)?;
    let folder = path.parent().ok_or_else(|| Refusal::new("the file has no folder"))?;
    let mut beside = tempfile::Builder::new()
        .prefix(".checker-")
        .tempfile_in(folder)
        .map_err(failed)?;
    beside.write_all(mark).map_err(failed)?;
    beside.write_all(text.as_bytes()).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        let own = beside.as_file().metadata().map_err(failed)?;
        if (own.uid(), own.gid()) != (metadata.uid(), metadata.gid()) {
            chown(beside.path(), Some(metadata.uid()), Some(metadata.gid())).map_err(failed)?;
        }
    }
    // After the owner: a change of that takes some bits of the mode away.
    beside
        .as_file()
        .set_permissions(metadata.permissions())
        .map_err(failed)?;
    beside.as_file().sync_all().map_err(failed)?;
    // As late as can be: what somebody wrote in the meantime must not be lost.
    mark_of(path, read)?;
    beside.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
