//! The comparison against corner cases, each with its number in the list that the engine was written after: what Git has, what the cluster
//! has, who set it, and what is to come out.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod case;
mod lists;
mod nothing;
mod objects;
mod ownership;
mod properties;
mod scalars;
mod sidecar_sets;
mod verify;
