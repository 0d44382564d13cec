//! Paths that look like manifests and were passed over: links, special files, and folders with a file's name.

use std::sync::Arc;

use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::text::{SourceFile, Span};
use crate::source::walk::{SkipReason, SkippedPath};

/// The mend of a folder, whose content was read.
const MEND_OF_FOLDER: &str =
    "There is nothing to do, unless a file was meant; another name for the folder tells them apart.";

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    context
        .own_skipped()
        .filter_map(|skipped| finding(policy, skipped))
        .collect()
}

fn finding(policy: &Policy, skipped: &SkippedPath) -> Option<Finding> {
    let why = match skipped.reason {
        SkipReason::BrokenLink => "is a link that leads nowhere or in a circle, and was not followed",
        SkipReason::LinkOutside => "is a link out of the repository, and was not followed",
        SkipReason::LinkElsewhere => "is a link that was not followed, and its target is not among the paths to check",
        SkipReason::DirectoryNamedLikeFile => {
            "is a folder, though its name promises a manifest; what is in it was read"
        }
        SkipReason::Special => "is no regular file, and was not read",
        SkipReason::Submodule => "is a submodule, whose files are no part of this revision, and was not read",
        SkipReason::Ignored | SkipReason::NotYaml | SkipReason::Link | SkipReason::Excluded => return None,
    };
    let file = Arc::new(SourceFile::new(skipped.name.clone(), ""));
    let mut finding = Finding::in_file(policy, &file, Span::default(), format!("`{}` {why}", skipped.name));
    if skipped.reason == SkipReason::DirectoryNamedLikeFile {
        finding = finding.with_severity(policy.weaker());
        MEND_OF_FOLDER.clone_into(&mut finding.help);
    }
    Some(finding)
}
