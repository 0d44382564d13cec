//! U+0085, U+2028 and U+2029: line ends for YAML 1.1, and so for Kubernetes, but not for editors, nor for YAML 1.2.
//!
//! A field can hide behind `#` this way, so each one is a finding.

use std::fmt::Write;

use super::fault::{Fault, FaultKind};
use crate::source::limits;
use crate::source::text::Span;

const BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// The hidden line breaks of a text that starts at `base`.
pub(crate) fn find(text: &str, base: usize) -> Vec<Fault> {
    if text.is_ascii() {
        return Vec::new();
    }
    let mut breaks = text.match_indices(BREAKS);
    let mut faults: Vec<Fault> = breaks
        .by_ref()
        .take(limits::FAULTS_PER_DOCUMENT)
        .map(|(at, found)| {
            let code = found.chars().next().map_or(0, u32::from);
            Fault::new(
                FaultKind::HiddenLineBreak,
                Span::new(base + at, base + at + found.len()),
                format!("U+{code:04X} ends the line for Kubernetes, but editors show one line"),
            )
        })
        .collect();
    let more = breaks.count();
    if more > 0
        && let Some(last) = faults.last_mut()
    {
        let _ = write!(last.message, "; {more} more of them in this document are not listed");
    }
    faults
}
