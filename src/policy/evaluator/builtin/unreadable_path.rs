//! Files and folders that the system did not let us read, or that are larger than anything a cluster takes.

use std::sync::Arc;

use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::text::{SourceFile, Span};

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    context
        .own_unreadable()
        .map(|path| {
            let file = Arc::new(SourceFile::new(path.name.clone(), ""));
            Finding::in_file(
                policy,
                &file,
                Span::default(),
                format!("`{}` was not read: {}", path.name, path.message),
            )
        })
        .collect()
}
