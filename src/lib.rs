//! `checker`: a GitOps diff-and-policy checker for service meshes injected by OpenKruise SidecarSets.
//!
//! The modules, in the order in which data flows through them:
//!
//! ```text
//! files ─ source (walk, decode, classify, render) ─ model (inventory, relations) ─┬─ policy (findings, suppressions) ─┬─ report
//!                                               └ config (targets) ┘             └─ diff (changes, effects) ─────────┘
//! git revision, snapshot, cluster ─ live (state) ──────────────────────────────────┘
//! ```
//!
//! No module reads a later one. `mend` stands behind `policy`: it makes edits of what findings say. `config` stands behind `policy`, too,
//! though it is read first: a configuration names profiles and severities. What it says goes into the flow as targets, which are a part
//! of the model. `setup` looks at a repository and proposes its configuration.

pub mod source;

pub mod model;

pub mod policy;

pub mod mend;

pub mod config;

pub mod live;

pub mod diff;

pub mod report;

pub mod setup;

pub mod cli;
