//! Writing and reading.
