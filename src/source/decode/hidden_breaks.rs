//! U+0085, U+2028 and U+2029: line ends for YAML 1.1, and so for Kubernetes, but not for editors, nor for YAML 1.2.
//!
//! A field can hide behind `#` this way, so each one is a finding.

use super::fault::{Fault, FaultKind};
use crate::source::limits;
use crate::source::text::Span;

const BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// The hidden line breaks of a text that starts at `base`.
pub(crate) fn find(text: &str, base: usize) -> Vec<Fault> {
    if text.is_ascii() {
        return Vec::new();
    }
    text.match_indices(BREAKS)
        .take(limits::FAULTS_PER_FILE)
        .map(|(at, found)| {
            let code = found.chars().next().map_or(0, u32::from);
            Fault::new(
                FaultKind::HiddenLineBreak,
                Span::new(base + at, base + at + found.len()),
                format!("U+{code:04X} ends the line for Kubernetes, but editors show one line"),
            )
        })
        .collect()
}
