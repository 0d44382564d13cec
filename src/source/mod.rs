//! Where the desired state comes from: files, walked, read, decoded and told apart.

pub mod classify;
pub mod decode;
pub mod delivery;
pub mod folder;
pub mod kustomization;
pub mod limits;
pub mod load;
pub mod text;
pub mod walk;
