//! Where links of a revision lead, told without following them on the disk.

use std::path::Path;

use super::GitFiles;
use super::tree::Entry;
use crate::source::folder;

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LinkTarget {
    /// A file of this name.
    File(String),
    /// A folder of this name, or a submodule.
    Folder(String),
    /// Nothing, or round in a circle.
    Nowhere,
    /// Out of the root.
    Outside,
}

/// Links that one path is followed through; Linux stops here, too (`MAXSYMLINKS`).
const MOST_LINKS: usize = 40;

impl GitFiles {
    /// What the link of this name leads to in the end.
    pub(super) fn link_target(&self, name: &str, object: &str) -> LinkTarget {
        let Some(written) = self.link_text(name, object) else {
            return LinkTarget::Nowhere;
        };
        let mut place: Vec<String> = parts(folder::of_file(name));
        let Some(mut pending) = self.enter(&written, &mut place) else {
            return LinkTarget::Outside;
        };
        let mut links = 1;
        while let Some(part) = pending.pop() {
            if part == ".." {
                if place.pop().is_none() {
                    return LinkTarget::Outside;
                }
                continue;
            }
            place.push(part);
            let here = place.join("/");
            match self.entries.get(&here) {
                Some(Entry::Link(object)) => {
                    links += 1;
                    let next = self.link_text(&here, object).filter(|_| links <= MOST_LINKS);
                    let Some(written) = next else {
                        return LinkTarget::Nowhere;
                    };
                    place.pop();
                    let Some(inner) = self.enter(&written, &mut place) else {
                        return LinkTarget::Outside;
                    };
                    pending.extend(inner);
                }
                Some(Entry::File(_)) if pending.is_empty() => return LinkTarget::File(here),
                Some(Entry::Submodule) => return LinkTarget::Folder(here),
                None if self.folders.contains(&here) => {}
                _ => return LinkTarget::Nowhere,
            }
        }
        LinkTarget::Folder(place.join("/"))
    }

    fn link_text(&self, name: &str, object: &str) -> Option<String> {
        const LONGEST: usize = 4_096;
        let bytes = self.contents.link(name, object).ok()?;
        String::from_utf8(bytes).ok().filter(|text| text.len() <= LONGEST)
    }

    /// The steps that a link's text asks for, the first last, seen from `place`; `None` if it leads out of the root at once.
    fn enter(&self, written: &str, place: &mut Vec<String>) -> Option<Vec<String>> {
        let written = if written.starts_with('/') {
            place.clear();
            Path::new(written).strip_prefix(&self.root).ok()?.to_str()?
        } else {
            written
        };
        let mut steps = parts(written);
        steps.reverse();
        Some(steps)
    }
}

fn parts(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .map(str::to_owned)
        .collect()
}
