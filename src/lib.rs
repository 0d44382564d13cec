//! `checker`: a GitOps diff-and-policy checker for service meshes injected by OpenKruise SidecarSets.
//!
//! The modules, in the order in which data flows through them:
//!
//! ```text
//! files ─ source (walk, decode, classify) ─ model (inventory, relations) ─ policy (findings) ─ report
//! ```
//!
//! No module reads a later one.

pub mod source;

pub mod model;

pub mod policy;

pub mod report;

pub mod cli;
