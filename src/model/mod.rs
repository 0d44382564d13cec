//! What things are: objects, pod templates, selectors, images, and how they hang together.

pub mod equal;
pub mod image;
pub mod injection;
pub mod int_or_percent;
pub mod inventory;
pub mod kruise_version;
pub mod label_query;
pub mod object;
pub mod overlap;
pub mod path;
pub mod placeholder;
pub mod profile;
pub mod quantity;
pub mod read;
pub mod relations;
pub mod rollout;
pub mod selector;
pub mod sidecar_set;
pub mod target;
pub mod unread;
pub mod verdict;
pub mod volume;
pub mod workload;
