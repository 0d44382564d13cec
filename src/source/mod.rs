//! Where the desired state comes from: files, walked, read, decoded and told apart.

pub mod classify;
pub mod decode;
pub mod delivery;
pub mod disk;
pub mod exclusion;
pub mod folder;
pub mod git;
pub mod helm;
pub mod kustomize;
pub mod limits;
pub mod load;
pub mod program;
pub mod release;
pub mod spelling;
pub mod temporary;
pub mod text;
pub mod walk;
