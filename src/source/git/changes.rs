//! What differs between two states of a repository, by name.

use super::GitFiles;

/// Names, each list sorted.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Of what the later state has, and the earlier one has not, or has otherwise.
    pub written: Vec<String>,
    /// Of what the later state has no more; a file that is renamed has left its old name.
    pub removed: Vec<String>,
}

impl GitFiles {
    /// What became of an earlier state.
    #[must_use]
    pub fn changes_since(&self, earlier: &Self) -> Changes {
        let unmerged = self.unreadable.iter().map(|(name, _)| name.as_str());
        let written = self.entries.iter();
        let written = written.filter(|(name, entry)| earlier.entries.get(*name) != Some(entry));
        let mut written: Vec<String> = written.map(|(name, _)| name.clone()).collect();
        written.extend(unmerged.clone().map(str::to_owned));
        written.sort_unstable();
        let is_removed = |name: &&String| {
            !self.entries.contains_key(*name) && !unmerged.clone().any(|unmerged| unmerged == name.as_str())
        };
        Changes {
            written,
            removed: earlier.entries.keys().filter(is_removed).cloned().collect(),
        }
    }
}
