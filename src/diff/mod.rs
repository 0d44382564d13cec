//! The desired state held against another side, field by field: offline server-side apply, ownership first.
//!
//! A live field that Git does not mention and that no record of intent claims is never a difference.

pub mod change;
pub mod path;
pub mod redacted;
