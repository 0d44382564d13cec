//! How far reading has come, for whoever waits.

/// Is told how far reading has come. It is for a person at a terminal only; no output hangs on it.
pub trait Progress {
    /// So many of so many objects have been read.
    fn objects(&self, read: usize, of: usize);
}

/// Nobody waits.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn objects(&self, _read: usize, _of: usize) {}
}
