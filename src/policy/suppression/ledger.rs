//! What suppresses what: each finding is held against the suppressions around it, and each suppression that hides something is noted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::fault::Faults;
use super::written::{self, Written};
use super::{Decisions, Malformed, Means, Reach, Spot, Suppressed, Suppression, spot};
use crate::model::object::ObjectKey;
use crate::model::target::{Belonging, Target, Targets};
use crate::policy::catalog::Catalog;
use crate::policy::definition::Chapter;
use crate::policy::evaluate::Context;
use crate::policy::finding::{Finding, Place};
use crate::source::classify::FileClass;
use crate::source::decode;
use crate::source::load::Repository;
use crate::source::text::SourceFile;

/// The suppressions of a run. It is opened for a repository, asked for each target, and closed with what is to say about them.
#[derive(Debug)]
pub struct Ledger<'r> {
    repository: &'r Repository,
    catalog: &'r Catalog,
    decisions: &'r Decisions,
    rules: Vec<Suppression>,
    /// Those that files hold, also files beside the repository's own that findings point into.
    in_files: HashMap<String, Vec<Suppression>>,
    /// Each suppression among the manifests once, however many objects are made of what it is written in.
    known: BTreeMap<Spot, Suppression>,
    malformed: BTreeMap<Spot, Malformed>,
    /// The names of policies that are of use.
    used: HashSet<Spot>,
    /// Whether objects are not known that findings could be about.
    lacks_objects: bool,
}

impl<'r> Ledger<'r> {
    /// Reads what the files of the repository hold.
    #[must_use]
    pub fn open(repository: &'r Repository, catalog: &'r Catalog, decisions: &'r Decisions) -> Self {
        let mut ledger = Self {
            repository,
            catalog,
            decisions,
            rules: decisions.rules.iter().map(super::Rule::suppression).collect(),
            in_files: HashMap::new(),
            known: BTreeMap::new(),
            malformed: BTreeMap::new(),
            used: HashSet::new(),
            lacks_objects: false,
        };
        for file in &repository.files {
            let is_ours =
                file.class.is_checked() || matches!(file.class, FileClass::Kustomization | FileClass::KustomizePatch);
            if let Some(decoded) = file.decoded.as_ref().filter(|_| is_ours) {
                let written = written::in_file(decoded);
                let suppressions = ledger.note(written);
                if !suppressions.is_empty() {
                    ledger.in_files.insert(file.name.clone(), suppressions);
                }
            }
        }
        ledger
    }

    /// Keeps what is written in files of the repository, to be told of if something is wrong with it.
    fn note(&mut self, written: Written) -> Vec<Suppression> {
        for malformed in written.malformed {
            self.malformed.entry(spot(&malformed.place)).or_insert(malformed);
        }
        for suppression in &written.suppressions {
            let known = self.known.entry(spot(&suppression.place));
            known.or_insert_with(|| suppression.clone());
        }
        written.suppressions
    }

    /// Hides findings of a target. They are those of single objects, before copies become one.
    pub fn hide(&mut self, findings: &mut [Finding], context: Context<'_>) {
        self.lacks_objects |= context.inventory.lacks_objects;
        #[expect(clippy::mutable_key_type, reason = "a key is hashed by its address")]
        let mut of_objects: HashMap<ObjectKey, Vec<Suppression>> = HashMap::new();
        for suppression in self.note(written::in_inventory(context.inventory)) {
            if let Reach::Object(key) | Reach::Pods(key, _) = &suppression.reach {
                of_objects.entry(key.clone()).or_default().push(suppression);
            }
        }
        self.read_beside(findings);
        for finding in findings {
            let Some(policy) = self.catalog.get(&finding.policy).filter(|policy| policy.suppressible) else {
                continue;
            };
            let is_about_pods = matches!(policy.chapter, Chapter::Selection | Chapter::Injection);
            let in_file = self.in_files.get(finding.primary.place.file.path());
            let of_object = finding.subject.as_ref().and_then(|subject| of_objects.get(subject));
            let around = in_file.into_iter().chain(of_object).flatten().chain(&self.rules);
            for suppression in around.filter(|suppression| !suppression.has_ended(self.decisions.today)) {
                let mut named = suppression
                    .policies
                    .iter()
                    .filter(|(id, _)| **id == *finding.policy)
                    .peekable();
                if named.peek().is_none() || !suppression.reaches(finding, is_about_pods) {
                    continue;
                }
                self.used.extend(named.map(|(_, place)| spot(place)));
                finding.suppressed.get_or_insert_with(|| Suppressed {
                    means: suppression.means,
                    reason: suppression.reason.clone(),
                    until: suppression.until,
                    place: suppression.place.clone(),
                });
            }
        }
    }

    /// A kustomization may take files from beside the paths to check. Their comments count, but nothing is said about them.
    fn read_beside(&mut self, findings: &[Finding]) {
        for finding in findings {
            let file: &SourceFile = &finding.primary.place.file;
            let name = file.path();
            if self.in_files.contains_key(name) || self.repository.file(name).is_some() {
                continue;
            }
            let written = written::in_file(&decode::decode_str(name, file.text()));
            self.in_files.insert(name.to_owned(), written.suppressions);
        }
    }

    /// Hides what the baseline holds, and gives what is to say about the suppressions.
    #[must_use]
    pub fn close(self, findings: &mut [Finding], targets: &Targets) -> Vec<Finding> {
        let mut told = Vec::new();
        // What is not looked at may hold what a rule or an entry is for.
        let is_whole = self.decisions.is_whole && targets.others.is_empty();
        let first = targets.selected.first().map(|target| Arc::clone(&target.name));
        let faults = Faults::new(self.catalog);
        if let Some(baseline) = &self.decisions.baseline {
            let stale = baseline.hide(findings, self.catalog);
            told.extend(
                stale
                    .into_iter()
                    .filter(|_| is_whole)
                    .filter_map(|(place, message)| faults.stale(&place, message)),
            );
        }
        let open = OpenFindings::of(findings);
        for rule in &self.rules {
            let about = self.about(rule, &faults, &open).into_iter();
            told.extend(
                about
                    .filter(|told| is_whole || !told.is_unused)
                    .map(|told| told.finding),
            );
        }
        for finding in &mut told {
            finding.target = first.clone().unwrap_or_default();
        }
        for malformed in self.malformed.values() {
            let Some(target) = self.target_of(malformed.place.file.path(), targets) else {
                continue;
            };
            told.extend(faults.malformed(malformed).map(|finding| of_target(finding, target)));
        }
        for suppression in self.known.values() {
            let name = suppression.place.file.path();
            let Some(target) = self.target_of(name, targets) else {
                continue;
            };
            let rendering = &self.repository.rendering;
            let is_shared = targets.others.iter().any(|other| other.holds_file(name, rendering));
            let is_certain = self.decisions.is_whole && !is_shared && !self.lacks_objects;
            for about in self.about(suppression, &faults, &open) {
                let is_weak = about.is_unused && !is_certain && !about.is_local;
                let finding = if is_weak {
                    faults.weakened(about.finding)
                } else {
                    about.finding
                };
                told.push(of_target(finding, target));
            }
        }
        told
    }

    /// The first target that a file is of, if it is one of the repository.
    fn target_of<'t>(&self, name: &str, targets: &'t Targets) -> Option<&'t Target> {
        self.repository.file(name)?;
        let rendering = &self.repository.rendering;
        if targets.belonging(name, rendering) != Belonging::Selected {
            return None;
        }
        let mut selected = targets.selected.iter();
        selected.find(|target| target.holds_file(name, rendering))
    }

    /// Everything that is to say about a suppression.
    fn about(&self, suppression: &Suppression, faults: &Faults<'_>, open: &OpenFindings<'_>) -> Vec<About> {
        let mut told: Vec<Option<About>> = Vec::new();
        let mut due: Vec<usize> = Vec::new();
        for (at, (id, place)) in suppression.policies.iter().enumerate() {
            match self.catalog.get(id) {
                None => told.push(faults.unknown(suppression, id, place).map(About::certain)),
                Some(policy) if !policy.suppressible => {
                    told.push(faults.forbidden(suppression, id, place).map(About::certain));
                }
                Some(_) => due.push(at),
            }
        }
        if !due.is_empty() {
            if suppression.reason.is_none() {
                told.push(faults.without_reason(suppression).map(About::certain));
            }
            if let Some(until) = suppression
                .until
                .filter(|_| suppression.has_ended(self.decisions.today))
            {
                told.push(faults.expired(suppression, until).map(About::certain));
                due.clear();
            }
        }
        for (id, place) in due.into_iter().filter_map(|at| suppression.policies.get(at)) {
            if self.used.contains(&spot(place)) {
                continue;
            }
            let elsewhere = open.nearest(suppression, id);
            let chapter = self.catalog.get(id).map(|policy| policy.chapter);
            told.push(faults.unused(suppression, id, place, elsewhere).map(|finding| About {
                finding,
                is_unused: true,
                is_local: matches!(suppression.reach, Reach::Nothing)
                    || matches!(chapter, Some(Chapter::Reading | Chapter::Schema)),
            }));
        }
        told.into_iter().flatten().collect()
    }
}

/// A finding about a suppression.
struct About {
    finding: Finding,
    /// Whether it says that the suppression hides nothing.
    is_unused: bool,
    /// Whether it does not depend on other files what could be hidden.
    is_local: bool,
}

impl About {
    fn certain(finding: Finding) -> Self {
        Self {
            finding,
            is_unused: false,
            is_local: true,
        }
    }
}

fn of_target(mut finding: Finding, target: &Target) -> Finding {
    finding.target = Arc::clone(&target.name);
    finding
}

/// The places of the findings that nothing hides, in their order, by file and policy.
struct OpenFindings<'f> {
    places: HashMap<(&'f str, &'f str), Vec<&'f Place>>,
}

impl<'f> OpenFindings<'f> {
    fn of(findings: &'f [Finding]) -> Self {
        let mut places: HashMap<_, Vec<&'f Place>> = HashMap::new();
        for finding in findings.iter().filter(|finding| !finding.is_suppressed()) {
            let place = &finding.primary.place;
            places
                .entry((place.file.path(), &*finding.policy))
                .or_default()
                .push(place);
        }
        Self { places }
    }

    /// Where the finding of a policy is that a comment was perhaps meant for.
    fn nearest(&self, suppression: &Suppression, id: &str) -> Option<&'f Place> {
        if suppression.means != Means::Comment {
            return None;
        }
        let own = &suppression.place;
        let places = self.places.get(&(own.file.path(), id))?;
        let after = places.partition_point(|place| place.span.start < own.span.start);
        let around = [after.checked_sub(1), Some(after)];
        let around = around.into_iter().flatten().filter_map(|at| places.get(at));
        around
            .copied()
            .min_by_key(|place| place.span.start.abs_diff(own.span.start))
    }
}
