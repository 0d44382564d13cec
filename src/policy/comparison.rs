//! The findings of a repository held against those of an earlier state of it.
//!
//! They are matched by name, never by line: first where they were, then wherever their object is written now, so that a file that is
//! moved brings nothing new. A copy more is new.

use std::collections::{HashMap, VecDeque};

use super::finding::{Finding, NameScope, Since};

/// Notes for each finding of `now` whether it was there `before`, and gives those that are not there any more.
///
/// What somebody had decided not to see and is shown now is new, and what is only hidden now is not gone.
#[must_use]
pub fn compare(now: &mut [Finding], before: Vec<Finding>) -> Vec<Finding> {
    let mut left: Vec<Option<Finding>> = before.into_iter().map(Some).collect();
    for scope in [NameScope::File, NameScope::Repository] {
        // What is shown goes first: of two copies, one of them hidden, the hidden one must not take the place of the other.
        for (is_suppressed, was_suppressed) in [(false, false), (true, true), (true, false)] {
            let mut places: HashMap<String, VecDeque<usize>> = HashMap::new();
            for (at, finding) in left.iter().enumerate() {
                if let Some(finding) = finding.as_ref().filter(|one| one.is_suppressed() == was_suppressed) {
                    places.entry(finding.name(scope)).or_default().push_back(at);
                }
            }
            let open = now.iter_mut().filter(|finding| finding.since.is_none());
            for finding in open.filter(|finding| finding.is_suppressed() == is_suppressed) {
                let place = places.get_mut(&finding.name(scope)).and_then(VecDeque::pop_front);
                if let Some(place) = place.and_then(|at| left.get_mut(at)) {
                    *place = None;
                    finding.since = Some(Since::Stays);
                }
            }
        }
    }
    for finding in now.iter_mut().filter(|finding| finding.since.is_none()) {
        finding.since = Some(Since::New);
    }
    let gone = left.into_iter().flatten();
    gone.filter(|finding| !finding.is_suppressed()).collect()
}
