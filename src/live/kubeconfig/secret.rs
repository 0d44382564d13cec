//! Text that is shown nowhere.

use std::fmt;

/// A token, a password or a key. It has no `Display`, and its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret<T>(T);

impl<T> Secret<T> {
    pub(super) fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for whoever sends it to the server.
    pub(super) fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}
