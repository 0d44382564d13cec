//! The text of a comment on a pull request, which GitHub takes up to a length.

use std::fmt;

/// Bytes of a comment. GitHub takes 65,536 characters.
pub(super) const LONGEST: usize = 65_000;
/// Bytes kept for the end of a block and of the comment.
pub(super) const RESERVE: usize = 600;

/// A comment, or a part of one, as far as it is written.
#[derive(Debug)]
pub(super) struct Comment {
    text: String,
    longest: usize,
}

impl Comment {
    /// An empty one of so many bytes at most.
    pub(super) fn new(longest: usize) -> Self {
        Self {
            text: String::new(),
            longest,
        }
    }

    /// Bytes that may be added to what is not there yet of a block, beside its end.
    pub(super) fn room(&self) -> usize {
        self.longest.saturating_sub(self.text.len() + RESERVE)
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Whether there was room for it.
    pub(super) fn push_if_room(&mut self, block: &str) -> bool {
        let is_room = block.len() <= self.room();
        if is_room {
            self.push_str(block);
        }
        is_room
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

impl fmt::Write for Comment {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}
