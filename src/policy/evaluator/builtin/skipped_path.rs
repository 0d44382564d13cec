//! Paths that look like manifests and were passed over: links and special files.

use std::sync::Arc;

use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::text::{SourceFile, Span};
use crate::source::walk::SkipReason;

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    context
        .repository
        .skipped
        .iter()
        .filter_map(|skipped| {
            let why = match skipped.reason {
                SkipReason::BrokenLink => "is a link that leads nowhere or in a circle, and was not followed",
                SkipReason::LinkOutside => "is a link out of the repository, and was not followed",
                SkipReason::DirectoryNamedLikeFile => {
                    "is a folder, though its name promises a manifest; what is in it was read"
                }
                SkipReason::Special => "is no regular file, and was not read",
                SkipReason::Ignored | SkipReason::NotYaml | SkipReason::Link => return None,
            };
            let file = Arc::new(SourceFile::new(skipped.name.clone(), ""));
            Some(Finding::in_file(
                policy,
                &file,
                Span::default(),
                format!("`{}` {why}", skipped.name),
            ))
        })
        .collect()
}
