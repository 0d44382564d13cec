//! Links that a terminal opens: names of files and policies that lead there (OSC 8).
//!
//! Without its escape codes a text with links is the text without them, to the byte.

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Where the files of a report lie.
#[derive(Debug)]
pub struct Links {
    root: PathBuf,
}

impl Links {
    /// Links into a repository, by the absolute path of its root.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }
}

/// A text that leads to a file of the report, if there are links and such a file: what came by standard input has a name only.
pub(super) fn to_file(links: Option<&Links>, name: &str, text: &str) -> String {
    let path = links.map(|links| links.root.join(name));
    match path.filter(|path| path.is_file()) {
        Some(path) => to_path(&path, text),
        None => text.to_owned(),
    }
}

/// A text that leads to an absolute path.
pub(super) fn to_path(path: &Path, text: &str) -> String {
    format!("\u{1b}]8;;{}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\", address(path))
}

/// The address of a file. Everything that an address cannot hold is written by its bytes, so no name can end the link.
fn address(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = if cfg!(windows) {
        format!("/{}", path.replace('\\', "/"))
    } else {
        path.into_owned()
    };
    let mut address = String::from("file://");
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~:".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn no_name_can_end_its_link_or_steer_the_terminal() {
        let link = to_path(Path::new("/a b/\u{1b}\\ü%;\u{7}.yaml"), "a.yaml");
        assert_eq!(
            link,
            "\u{1b}]8;;file:///a%20b/%1B%5C%C3%BC%25%3B%07.yaml\u{1b}\\a.yaml\u{1b}]8;;\u{1b}\\"
        );
    }
}
