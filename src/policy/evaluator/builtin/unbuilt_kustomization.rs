//! Kustomizations of which it is not known what they make.

use std::collections::HashMap;

use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::kustomize::problem::BuildVerdict;
use crate::source::kustomize::rendering::{Root, Unbuilt};

pub(super) fn refused(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    of_verdict(policy, context, |verdict| verdict == BuildVerdict::Refused)
}

pub(super) fn undecided(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    of_verdict(policy, context, |verdict| {
        matches!(verdict, BuildVerdict::Undecided | BuildVerdict::NotUnderstood)
    })
}

pub(super) fn too_large(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    of_verdict(policy, context, |verdict| verdict == BuildVerdict::TooLarge)
}

/// One finding for each place, however many kustomizations fail there.
fn of_verdict(policy: &Policy, context: Context<'_>, is_meant: fn(BuildVerdict) -> bool) -> Vec<Finding> {
    let mut found: Vec<(Unbuilt, Vec<&Root>)> = Vec::new();
    let mut known = HashMap::new();
    for root in context.roots() {
        let Err(unbuilt) = &root.outcome else { continue };
        if !is_meant(unbuilt.verdict) {
            continue;
        }
        let place = &unbuilt.place;
        let at = *known
            .entry((place.file.path(), place.span, &unbuilt.message))
            .or_insert(found.len());
        match found.get_mut(at) {
            Some((_, roots)) => roots.push(root),
            None => found.push((unbuilt.clone(), vec![root])),
        }
    }
    found
        .into_iter()
        .map(|(unbuilt, roots)| {
            let place = &unbuilt.place;
            let mut finding = Finding::in_file(policy, &place.file, place.span, &unbuilt.message);
            finding.rendered_in = roots.iter().map(|root| root.folder.clone()).collect();
            for (place, text) in unbuilt.related {
                finding = finding.with_related(place, text);
            }
            finding
        })
        .collect()
}
