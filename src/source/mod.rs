//! Where the desired state comes from: files, walked, read, decoded and told apart.

pub mod decode;
pub mod limits;
pub mod text;
