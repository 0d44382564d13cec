//! What another side than the repository holds: a live cluster, a snapshot of one, or the same repository at another revision.
//!
//! Whatever it is, it ends as a [`state::State`], which is all that a comparison reads. Of a cluster only GET and LIST are asked.

pub mod reference;
pub mod state;
