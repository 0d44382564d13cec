//! What a finding says, in plain text that is safe to show: the sentence, and line by line what else there is to say.

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
    if !finding.rendered_in.is_empty() {
        let roots = finding.rendered_in.join(", ");
        lines.push(format!("rendered in: {}", visible(&roots)));
    }
    lines
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
