//! Kustomizations that go round in a circle: those that take, over any number of steps, their own folder, or one above it
//! (kustomize api v0.18.0 `internal/loader/fileloader.go` `errIfGitContainmentViolation`, `errIfArgEqualOrHigher`).

use std::collections::BTreeMap;

use super::graph::Graph;
use crate::source::limits;

/// All circles of a graph.
#[derive(Debug, Default)]
pub(super) struct Circles<'g> {
    /// For each folder that is in a circle, or takes one that is: what it takes that leads round.
    by_folder: BTreeMap<&'g str, &'g str>,
    /// Whether the search took more steps than it may, so that no folder is certain not to be in a circle.
    pub(super) is_unfinished: bool,
}

impl<'g> Circles<'g> {
    /// Finds them; `left` are the folders that the levels of the graph leave.
    pub(super) fn of(graph: &'g Graph, left: &[&'g str]) -> Self {
        let mut circles = Self::default();
        for &folder in left {
            let takes = graph
                .kustomizations
                .get(folder)
                .into_iter()
                .flat_map(|known| &known.takes);
            // What is left is sorted, and takes another one that is left.
            let next = takes
                .map(String::as_str)
                .find(|taken| left.binary_search(taken).is_ok());
            circles.by_folder.insert(folder, next.unwrap_or(folder));
        }
        circles.add_those_through_folders_above(graph);
        circles
    }

    /// What a folder takes that leads round.
    pub(super) fn next(&self, folder: &str) -> Option<&'g str> {
        self.by_folder.get(folder).copied()
    }

    fn add_those_through_folders_above(&mut self, graph: &'g Graph) {
        let mut takers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (folder, known) in &graph.kustomizations {
            for taken in &known.takes {
                takers.entry(taken).or_default().push(folder);
            }
        }
        let mut steps = 0;
        for above in folders_with_others_below(graph) {
            let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
            let mut pending = vec![above];
            while let Some(taken) = pending.pop() {
                for &taker in takers.get(taken).into_iter().flatten() {
                    steps += 1;
                    if steps > limits::CIRCLE_STEPS {
                        self.is_unfinished = true;
                        return;
                    }
                    if taker != above && !seen.contains_key(taker) {
                        seen.insert(taker, taken);
                        pending.push(taker);
                    }
                }
            }
            for (taker, taken) in seen {
                if is_above(above, taker) {
                    self.by_folder.entry(taker).or_insert(taken);
                }
            }
        }
    }
}

/// The folders that others take, and below which there are more.
fn folders_with_others_below(graph: &Graph) -> impl Iterator<Item = &str> {
    let folders = &graph.kustomizations;
    let taken = folders.iter().filter(|(_, known)| known.is_taken);
    taken.map(|(folder, _)| folder.as_str()).filter(|folder| {
        let below = if folder.is_empty() {
            "\0".to_owned()
        } else {
            format!("{folder}/")
        };
        let mut next = folders.range(below..);
        next.next().is_some_and(|(other, _)| is_above(folder, other))
    })
}

/// Whether `folder` holds `other`.
fn is_above(folder: &str, other: &str) -> bool {
    let rest = other.strip_prefix(folder);
    rest.is_some_and(|rest| folder.is_empty() && !rest.is_empty() || rest.starts_with('/'))
}
