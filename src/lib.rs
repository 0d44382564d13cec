//! `checker`: a GitOps diff-and-policy checker for service meshes injected by OpenKruise SidecarSets.

pub mod model;
