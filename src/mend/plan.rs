//! Which mends are made: those asked for that hold when everything is judged again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::Refusal;
use super::apply::{Applied, FileMend, apply};
use super::prepare::Prepared;
use crate::policy::finding::{Finding, NameScope, Place};
use crate::policy::mend::Safety;
use crate::source::text::SourceFile;

/// The mends of a run.
#[derive(Debug, Default)]
pub struct Mending {
    /// The new texts by the names of their files; nothing else changes.
    pub texts: BTreeMap<String, String>,
    /// The same files as they were read.
    pub before: BTreeMap<String, Arc<SourceFile>>,
    /// How many findings are mended.
    pub mended: usize,
    /// How many more could be, if unsafe mends were asked for.
    pub held_back: usize,
    /// What is not mended though it was asked for, in the order of the findings.
    pub refused: Vec<RefusedMend>,
    /// Whether the texts are on the disk.
    pub is_written: bool,
}

/// A mend that is not made.
#[derive(Debug, Clone)]
pub struct RefusedMend {
    /// The policy of the finding.
    pub policy: Arc<str>,
    /// Where the finding is.
    pub place: Place,
    /// What would have been done.
    pub description: String,
    /// Why it is not.
    pub why: Refusal,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Also what may change what runs.
    pub is_unsafe_too: bool,
    /// For each finding, in their order, whether it is to be mended at all.
    pub meant: &'a [bool],
}

/// Times that some mends are left away since not all of them hold.
const TRIES: usize = 10;
/// Sorts of mends that are tried to be left away, each for itself, to know which brings a new finding.
const GROUPS: usize = 8;

/// Chooses the mends of a run. `judge_again` gives the findings of the repository with some files changed. When this ends, the last that was
/// asked of it is what comes out, unless nothing does.
///
/// # Errors
/// What `judge_again` fails with.
pub fn plan<E>(
    findings: &[Finding],
    prepared: &[Option<Result<Prepared, Refusal>>],
    asked: Asked<'_>,
    can_write: impl Fn(&SourceFile) -> Result<(), Refusal>,
    mut judge_again: impl FnMut(&BTreeMap<String, String>) -> Result<Vec<Finding>, E>,
) -> Result<Mending, E> {
    let mut plan = Plan::of(findings, prepared, asked, can_write);
    for _ in 0..TRIES {
        let texts = plan.texts();
        if texts.is_empty() {
            return Ok(plan.finish(BTreeMap::new()));
        }
        let found = judge_again(&texts)?;
        plan.drop_what_stays(&found);
        let Compared { new, renamed } = plan.compare(&found);
        let Some(new) = new else {
            if plan.texts() == texts {
                plan.note_what_is_gone(&found, &renamed);
                return Ok(plan.finish(texts));
            }
            continue;
        };
        let why = Refusal::new(format!("it would bring a finding of `{}`: {}", new.policy, new.message));
        let groups = plan.suspects(new);
        let mut culprit = None;
        if groups.len() > 1 {
            for group in groups.iter().take(GROUPS) {
                let texts = plan.texts_without(group);
                let found = if texts.is_empty() {
                    Vec::new()
                } else {
                    judge_again(&texts)?
                };
                if plan.compare(&found).new.is_none() {
                    culprit = Some(group);
                    break;
                }
            }
        }
        let at_fault: Vec<usize> = match culprit {
            Some(group) => group.clone(),
            None => groups.into_iter().flatten().collect(),
        };
        plan.refuse(at_fault, &why);
    }
    let chosen: Vec<usize> = plan.chosen.iter().copied().collect();
    plan.refuse(
        chosen,
        &Refusal::new("the findings that are left change with every try; mend it by hand"),
    );
    Ok(plan.finish(BTreeMap::new()))
}

/// What was found when everything was judged again, against what was found before.
#[derive(Default)]
struct Compared<'f> {
    /// The first finding that was not there before.
    new: Option<&'f Finding>,
    /// The findings from before that are still there, and are of an object that has another name now.
    renamed: BTreeSet<usize>,
}

struct Plan<'p> {
    findings: &'p [Finding],
    prepared: &'p [Option<Result<Prepared, Refusal>>],
    /// The findings whose mends are to be made.
    chosen: BTreeSet<usize>,
    held_back: BTreeSet<usize>,
    refused: BTreeMap<usize, Refusal>,
    /// What became of each file with the mends that were chosen for it.
    files: HashMap<String, (Vec<usize>, Applied)>,
}

impl<'p> Plan<'p> {
    fn of(
        findings: &'p [Finding],
        prepared: &'p [Option<Result<Prepared, Refusal>>],
        asked: Asked<'_>,
        can_write: impl Fn(&SourceFile) -> Result<(), Refusal>,
    ) -> Self {
        let mut plan = Self {
            findings,
            prepared,
            chosen: BTreeSet::new(),
            held_back: BTreeSet::new(),
            refused: BTreeMap::new(),
            files: HashMap::new(),
        };
        let mut writable: HashMap<&str, Result<(), Refusal>> = HashMap::new();
        for (at, (finding, prepared)) in findings.iter().zip(prepared).enumerate() {
            let (Some(mend), Some(prepared)) = (&finding.mend, prepared) else {
                continue;
            };
            if !asked.meant.get(at).is_some_and(|is_meant| *is_meant) {
                continue;
            }
            let can_be_made = prepared.as_ref().map_err(Clone::clone).and_then(|prepared| {
                let file = &*prepared.file;
                writable.entry(file.path()).or_insert_with(|| can_write(file)).clone()
            });
            match (can_be_made, mend.safety) {
                (Ok(()), Safety::Unsafe) if !asked.is_unsafe_too => drop(plan.held_back.insert(at)),
                (Ok(()), _) => drop(plan.chosen.insert(at)),
                // Nobody has asked for it.
                (Err(_), Safety::Unsafe) if !asked.is_unsafe_too => {}
                (Err(why), _) => drop(plan.refused.insert(at, why)),
            }
        }
        plan
    }

    /// The new texts of all files, with the mends that are chosen. One that cannot be made is chosen no more.
    fn texts(&mut self) -> BTreeMap<String, String> {
        let mut by_file: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &at in &self.chosen {
            if let Some(Some(Ok(prepared))) = self.prepared.get(at) {
                by_file.entry(prepared.file.path()).or_default().push(at);
            }
        }
        let mut texts = BTreeMap::new();
        for (name, chosen) in by_file {
            let is_known = self.files.get(name).is_some_and(|(known, _)| *known == chosen);
            if !is_known {
                let applied = self.apply(name, &chosen);
                self.files.insert(name.to_owned(), (chosen, applied));
            }
            if let Some((_, applied)) = self.files.get(name) {
                if let Some(text) = &applied.text {
                    texts.insert(name.to_owned(), text.clone());
                }
                for at in applied.refused.keys() {
                    self.chosen.remove(at);
                }
                self.refused.extend(applied.refused.clone());
            }
        }
        texts
    }

    fn apply(&self, name: &str, chosen: &[usize]) -> Applied {
        let mut text = None;
        let mends: Vec<FileMend<'_>> = chosen
            .iter()
            .filter_map(|&at| {
                let finding = self.findings.get(at)?;
                let Some(Some(Ok(prepared))) = self.prepared.get(at) else {
                    return None;
                };
                let operations = &finding.mend.as_ref()?.operations;
                text = Some(prepared.file.text());
                Some(FileMend {
                    finding: at,
                    steps: prepared.routes.iter().zip(operations).collect(),
                })
            })
            .collect();
        apply(name, text.unwrap_or_default(), &mends)
    }

    /// The new texts without the mends of some findings.
    fn texts_without(&mut self, group: &[usize]) -> BTreeMap<String, String> {
        let (chosen, refused) = (self.chosen.clone(), self.refused.clone());
        for at in group {
            self.chosen.remove(at);
        }
        let texts = self.texts();
        (self.chosen, self.refused) = (chosen, refused);
        texts
    }

    /// Takes the mends back whose finding is still there.
    fn drop_what_stays(&mut self, found: &[Finding]) {
        let (before, after) = (counts(self.findings), counts(found));
        let mut mended: HashMap<String, usize> = HashMap::new();
        let names: Vec<(usize, String)> = self
            .chosen
            .iter()
            .filter_map(|&at| Some((at, name_of(self.findings.get(at)?))))
            .collect();
        for (_, name) in &names {
            *mended.entry(name.clone()).or_default() += 1;
        }
        let of = |counts: &HashMap<String, usize>, name: &str| counts.get(name).copied().unwrap_or(0);
        let stays = names
            .into_iter()
            .filter(|(_, name)| of(&after, name) + of(&mended, name) > of(&before, name))
            .map(|(at, _)| at)
            .collect();
        self.refuse(stays, &Refusal::new("the finding would still be there"));
    }

    /// Holds what is found against what was found before.
    fn compare<'f>(&self, found: &'f [Finding]) -> Compared<'f> {
        let mut left = counts(self.findings);
        let strangers = found.iter().filter(|finding| match left.get_mut(&name_of(finding)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        let strangers: Vec<&Finding> = strangers.collect();
        let mut compared = Compared::default();
        if strangers.is_empty() {
            return compared;
        }
        // An object whose name or kind a mend changes takes along what is not mended of it.
        let after = counts(found);
        let mut lost: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, finding) in self.findings.iter().enumerate() {
            if !self.chosen.contains(&at) && !after.contains_key(&name_of(finding)) {
                lost.entry(name_in_any_object(finding)).or_default().push(at);
            }
        }
        for stranger in strangers {
            match lost.get_mut(&name_in_any_object(stranger)).and_then(Vec::pop) {
                Some(at) => drop(compared.renamed.insert(at)),
                None => compared.new = compared.new.or(Some(stranger)),
            }
        }
        compared
    }

    fn refuse(&mut self, findings: Vec<usize>, why: &Refusal) {
        for at in findings {
            self.chosen.remove(&at);
            self.refused.insert(at, why.clone());
        }
    }

    /// What another mend has put right, too, is neither refused nor held back.
    fn note_what_is_gone(&mut self, found: &[Finding], renamed: &BTreeSet<usize>) {
        let after = counts(found);
        let findings = self.findings;
        let is_gone = |at: usize| {
            let name = findings.get(at).map(name_of);
            name.is_some_and(|name| !after.contains_key(&name)) && !renamed.contains(&at)
        };
        let others = self.refused.keys().chain(&self.held_back).copied();
        let gone: Vec<usize> = others.filter(|&at| is_gone(at)).collect();
        for at in gone {
            self.refused.remove(&at);
            self.held_back.remove(&at);
            self.chosen.insert(at);
        }
    }

    /// The mends that may have brought a finding, by their policies: those of its object, or else of its file, or else all.
    fn suspects(&self, new: &Finding) -> Vec<Vec<usize>> {
        let of = |is_meant: &dyn Fn(&Finding) -> bool| {
            let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for &at in &self.chosen {
                if let Some(finding) = self.findings.get(at).filter(|finding| is_meant(finding)) {
                    groups.entry(&finding.policy).or_default().push(at);
                }
            }
            groups.into_values().collect::<Vec<_>>()
        };
        let path = new.primary.place.file.path();
        let same_file = |finding: &Finding| finding.primary.place.file.path() == path;
        let by_object = of(&|finding| same_file(finding) && finding.object.is_some() && finding.object == new.object);
        if !by_object.is_empty() {
            return by_object;
        }
        let by_file = of(&same_file);
        if by_file.is_empty() { of(&|_| true) } else { by_file }
    }

    fn finish(self, texts: BTreeMap<String, String>) -> Mending {
        let refused = self.refused.iter().filter_map(|(&at, why)| {
            let finding = self.findings.get(at)?;
            Some(RefusedMend {
                policy: Arc::clone(&finding.policy),
                place: finding.primary.place.clone(),
                description: finding.mend.as_ref()?.description.clone(),
                why: why.clone(),
            })
        });
        let files = self.prepared.iter().flatten().flatten().map(|prepared| &prepared.file);
        let files = files.filter(|file| texts.contains_key(file.path()));
        Mending {
            before: files.map(|file| (file.path().to_owned(), Arc::clone(file))).collect(),
            mended: if texts.is_empty() { 0 } else { self.chosen.len() },
            held_back: self.held_back.len(),
            refused: refused.collect(),
            texts,
            is_written: false,
        }
    }
}

/// What a finding is known by, wherever its lines move to.
fn name_of(finding: &Finding) -> String {
    format!("{}{}", finding.name(NameScope::File), u8::from(finding.is_suppressed()))
}

/// The same, whatever the object is called.
fn name_in_any_object(finding: &Finding) -> String {
    let file = finding.primary.place.file.path();
    [&*finding.policy, &*finding.target, file, &finding.path].join("\0")
}

fn counts(findings: &[Finding]) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for finding in findings {
        *counts.entry(name_of(finding)).or_default() += 1;
    }
    counts
}
