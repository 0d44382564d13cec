//! The findings that concern some files, out of those of the whole repository.
//!
//! Who changes a file is to be told of what that does, also to others: the whole repository is judged, and a finding concerns a file when
//! it is in it, when a place that belongs to it is, or when it is about an object of which a part is written there, or that is rendered of it.

use std::collections::BTreeSet;

use super::finding::Finding;
use crate::model::object::ObjectKey;
use crate::source::classify::KUSTOMIZATION_NAMES;
use crate::source::folder::{self, join};
use crate::source::helm::ChartOrigin;

/// Files and folders by their names: relative to the root of the repository, with `/`. `.` is all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The names.
    pub names: BTreeSet<String>,
}

impl Touched {
    /// Whether a finding concerns any of them.
    #[must_use]
    pub fn concerns(&self, finding: &Finding) -> bool {
        let related = finding.related.iter().map(|label| &label.place.file);
        let written = finding.subject.iter().flat_map(ObjectKey::files);
        std::iter::once(&finding.primary.place.file)
            .chain(related)
            .chain(written)
            .any(|file| self.holds(file.path()))
            // Of what several kustomizations make only the object of the first is at hand.
            || finding.rendered_in.iter().any(|folder| self.holds_kustomization(folder))
            || finding.chart.as_ref().is_some_and(|chart| self.holds_chart(chart))
    }

    /// Whether one of the files is of a chart, or goes into what it renders.
    fn holds_chart(&self, chart: &ChartOrigin) -> bool {
        let is_inside = |name: &String| folder::ancestors(folder::of_file(name)).any(|around| around == chart.folder);
        self.names.iter().any(is_inside) || chart.files.iter().any(|name| self.holds(name))
    }

    fn holds_kustomization(&self, folder: &str) -> bool {
        let mut names = KUSTOMIZATION_NAMES.iter();
        names.any(|name| join(folder, name).is_some_and(|name| self.names.contains(&name)))
    }

    /// Whether a file is one of them, or lies in one of them.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        let ends = name.match_indices('/').map(|(at, _)| at);
        let mut ways = ends.chain([name.len()]).filter_map(|end| name.get(..end));
        self.names.contains(".") || ways.any(|way| self.names.contains(way))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_holds_what_lies_in_it_and_nothing_that_begins_like_it() {
        let touched = |name: &str| Touched {
            names: BTreeSet::from([name.to_owned()]),
        };
        for (name, file, is_held) in [
            ("apps/web.yaml", "apps/web.yaml", true),
            ("apps", "apps/web.yaml", true),
            ("apps/w", "apps/web.yaml", false),
            ("app", "apps/web.yaml", false),
            ("apps/web.yaml", "apps", false),
            (".", "a.yaml", true),
        ] {
            assert_eq!(touched(name).holds(file), is_held, "{name} {file}");
        }
    }
}
