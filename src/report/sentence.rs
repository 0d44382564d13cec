//! What a finding says, in plain text that is safe to show: the sentence, and line by line what else there is to say.

use std::sync::Arc;

use super::Report;
use super::faults::Fault;
use super::summary::plural;
use super::visible::visible;
use crate::policy::finding::{Finding, Place};

/// What is wrong with what. A message that names its object needs no name in front.
pub(super) fn sentence(finding: &Finding) -> String {
    let object = finding
        .object
        .as_ref()
        .filter(|identity| !finding.message.contains(&format!("`{}`", identity.display_name())))
        .map(|identity| format!("{identity}: "))
        .unwrap_or_default();
    visible(&format!("{object}{}", finding.message)).into_owned()
}

/// `file:line:column`.
pub(super) fn position(place: &Place) -> String {
    let position = place.file.position(place.span.start);
    format!("{}:{}:{}", visible(place.file.path()), position.line, position.column)
}

/// The words at the place, the places that belong to it, and what was rendered.
pub(super) fn circumstances(finding: &Finding) -> Vec<String> {
    let mut lines = Vec::new();
    let words = finding.primary.words();
    if !words.is_empty() {
        lines.push(format!("{}: {}", position(&finding.primary.place), visible(&words)));
    }
    for label in &finding.related {
        let words = label.words();
        let words = if words.is_empty() { "together with" } else { &*words };
        lines.push(format!("{}: {}", position(&label.place), visible(words)));
    }
    lines.extend(roots_note(finding).map(|note| format!("in {}", visible(&note))));
    lines
}

/// Kustomizations that a finding names.
const NAMED_ROOTS: usize = 4;

/// In what of the repository it was found, if not in the file as it is written.
pub(super) fn roots_note(finding: &Finding) -> Option<String> {
    let roots = &finding.rendered_in;
    let name = |root: &Arc<str>| format!("`{}`", if root.is_empty() { "." } else { root });
    let named: Vec<String> = roots.iter().take(NAMED_ROOTS).map(name).collect();
    let (last, others) = named.split_last()?;
    let makes = plural(roots.len(), "makes", "make");
    Some(match (others, roots.len() - named.len()) {
        ([], _) => format!("what {last} {makes}"),
        (others, 0) => format!("what {} and {last} {makes}", others.join(", ")),
        (_, more) => format!("what {} and {more} more {makes}", named.join(", ")),
    })
}

/// The targets that have a fault, where there are several to choose from.
pub(super) fn targets(fault: &Fault<'_>, report: &Report) -> Option<String> {
    let word = plural(fault.targets.len(), "target", "targets");
    (report.targets.len() > 1).then(|| visible(&format!("{word}: {}", fault.targets.join(", "))).into_owned())
}

/// The mend, as it stands.
pub(super) fn mend(finding: &Finding) -> Vec<String> {
    let lines = finding.help.trim_end().lines();
    lines.map(|line| visible(line).into_owned()).collect()
}
