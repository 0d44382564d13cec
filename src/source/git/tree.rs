//! What git lists: names, and what is at them.

use std::collections::BTreeMap;

use super::GitError;

/// What is at a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A file, by the name of its object.
    File(String),
    /// A link, by the name of the object that holds its target.
    Link(String),
    /// A repository of its own.
    Submodule,
}

/// Everything that was listed.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) entries: BTreeMap<String, Entry>,
    /// Names that stand for no file, each with why.
    pub(super) unreadable: Vec<(String, String)>,
}

/// Reads `mode type object TAB name NUL`.
pub(super) fn of_commit(bytes: &[u8]) -> Result<Listed, GitError> {
    listed(bytes, |listed, fields, name| {
        let [mode, _, object] = fields else { return false };
        listed.add(name, mode, object);
        true
    })
}

/// Reads `mode object stage TAB name NUL`.
pub(super) fn of_index(bytes: &[u8]) -> Result<Listed, GitError> {
    listed(bytes, |listed, fields, name| {
        let [mode, object, stage] = fields else { return false };
        if *stage == "0" {
            listed.add(name, mode, object);
        } else {
            listed.refuse(name, "not merged: the index holds several versions of it");
        }
        true
    })
}

fn listed(bytes: &[u8], take: impl Fn(&mut Listed, &[&str], String) -> bool) -> Result<Listed, GitError> {
    let mut listed = Listed::default();
    for record in bytes.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        let is_taken = record.iter().position(|byte| *byte == b'\t').is_some_and(|tab| {
            let (head, name) = record.split_at(tab);
            let head = String::from_utf8_lossy(head);
            let fields: Vec<&str> = head.split(' ').filter(|field| !field.is_empty()).collect();
            // As the walk of a disk names what is no Unicode.
            let name = String::from_utf8_lossy(name.get(1..).unwrap_or_default()).into_owned();
            take(&mut listed, &fields, name)
        });
        if !is_taken {
            let record = String::from_utf8_lossy(record);
            return Err(GitError::Failed(format!(
                "git lists `{record}`, which is not understood"
            )));
        }
    }
    listed.unreadable.sort();
    listed.unreadable.dedup();
    Ok(listed)
}

impl Listed {
    fn add(&mut self, name: String, mode: &str, object: &str) {
        // Git makes no such names, but a tree that somebody wrote by hand can hold them.
        if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
            self.refuse(name, "no path within the repository");
            return;
        }
        let entry = match mode {
            "120000" => Entry::Link(object.to_owned()),
            "160000" => Entry::Submodule,
            _ => Entry::File(object.to_owned()),
        };
        self.entries.insert(name, entry);
    }

    fn refuse(&mut self, name: String, why: &str) {
        self.unreadable.push((name, why.to_owned()));
    }
}
