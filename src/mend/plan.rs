//! Which mends are made: those asked for that hold when everything is judged again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::Refusal;
use super::apply::{Applied, FileMend, apply};
use super::prepare::Prepared;
use crate::policy::finding::{Finding, Place};
use crate::policy::mend::Safety;

/// The mends of a run.
#[derive(Debug, Default)]
pub struct Mending {
    /// The new texts by the names of their files; nothing else changes.
    pub texts: BTreeMap<String, String>,
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
pub struct Asked {
    /// Also what may change what runs.
    pub is_unsafe_too: bool,
}

/// Times that everything is judged again.
const JUDGEMENTS: usize = 10;

/// Chooses the mends of a run. `judge_again` gives the findings of the repository with some files changed. When this ends, the last that was
/// asked of it is what comes out, unless nothing does.
///
/// # Errors
/// What `judge_again` fails with.
pub fn plan<E>(
    findings: &[Finding],
    prepared: &[Option<Result<Prepared, Refusal>>],
    asked: Asked,
    can_write: impl Fn(&str) -> Result<(), Refusal>,
    mut judge_again: impl FnMut(&BTreeMap<String, String>) -> Result<Vec<Finding>, E>,
) -> Result<Mending, E> {
    let mut plan = Plan::of(findings, prepared, asked, can_write);
    for _ in 0..JUDGEMENTS {
        let texts = plan.texts();
        if texts.is_empty() {
            return Ok(plan.finish(BTreeMap::new()));
        }
        let found = judge_again(&texts)?;
        if plan.hold(&found) {
            return Ok(plan.finish(texts));
        }
    }
    plan.refuse_all("the findings that are left change with every try; mend it by hand");
    Ok(plan.finish(BTreeMap::new()))
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
        asked: Asked,
        can_write: impl Fn(&str) -> Result<(), Refusal>,
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
            if finding.is_suppressed() {
                continue;
            }
            let can_be_made = prepared.as_ref().map_err(Clone::clone).and_then(|prepared| {
                let can_write = writable.entry(&prepared.file).or_insert_with(|| can_write(&prepared.file));
                can_write.clone()
            });
            match (can_be_made, mend.safety) {
                (Ok(()), Safety::Unsafe) if !asked.is_unsafe_too => drop(plan.held_back.insert(at)),
                (Ok(()), _) => drop(plan.chosen.insert(at)),
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
                by_file.entry(&prepared.file).or_default().push(at);
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
                text = text.or_else(|| operations.first().map(|first| first.place().file.text()));
                Some(FileMend {
                    finding: at,
                    steps: prepared.routes.iter().zip(operations).collect(),
                })
            })
            .collect();
        apply(name, text.unwrap_or_default(), &mends)
    }

    /// Whether what was found afterwards is less by what is mended, and nothing else. What is at fault is chosen no more.
    fn hold(&mut self, found: &[Finding]) -> bool {
        let before = counts(self.findings);
        let after = counts(found);
        let mut at_fault: BTreeMap<usize, Refusal> = BTreeMap::new();
        let mut mended: HashMap<String, usize> = HashMap::new();
        for &at in &self.chosen {
            if let Some(finding) = self.findings.get(at) {
                *mended.entry(name_of(finding)).or_default() += 1;
            }
        }
        for &at in &self.chosen {
            let Some(finding) = self.findings.get(at) else {
                continue;
            };
            let name = name_of(finding);
            let count = |counts: &HashMap<String, usize>| counts.get(&name).copied().unwrap_or(0);
            if count(&after) + count(&mended) > count(&before) {
                at_fault.insert(at, Refusal::new("the finding would still be there"));
            }
        }
        let mut seen: HashMap<String, usize> = HashMap::new();
        for new in found {
            let name = name_of(new);
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            if *count <= before.get(&name).copied().unwrap_or(0) {
                continue;
            }
            let why = Refusal::new(format!("it would bring a finding of `{}`: {}", new.policy, new.message));
            for at in self.suspects(new) {
                at_fault.entry(at).or_insert_with(|| why.clone());
            }
        }
        for at in at_fault.keys() {
            self.chosen.remove(at);
        }
        if at_fault.is_empty() {
            self.note_what_is_gone(&after);
            return true;
        }
        self.refused.extend(at_fault);
        false
    }

    /// What another mend has put right, too, is neither refused nor held back.
    fn note_what_is_gone(&mut self, after: &HashMap<String, usize>) {
        let findings = self.findings;
        let is_gone = |at: usize| {
            let name = findings.get(at).map(name_of);
            name.is_some_and(|name| !after.contains_key(&name))
        };
        let others = self.refused.keys().chain(&self.held_back).copied();
        let gone: Vec<usize> = others.filter(|&at| is_gone(at)).collect();
        for at in gone {
            self.refused.remove(&at);
            self.held_back.remove(&at);
            self.chosen.insert(at);
        }
    }

    /// The mends that may have brought a finding: those of its object, or else of its file, or else all.
    fn suspects(&self, new: &Finding) -> Vec<usize> {
        let of = |is_meant: &dyn Fn(&Finding) -> bool| -> Vec<usize> {
            let chosen = self.chosen.iter().copied();
            chosen
                .filter(|&at| self.findings.get(at).is_some_and(is_meant))
                .collect()
        };
        let same_file = |finding: &Finding| finding.primary.place.file.path() == new.primary.place.file.path();
        let by_object = of(&|finding| same_file(finding) && finding.object.is_some() && finding.object == new.object);
        if !by_object.is_empty() {
            return by_object;
        }
        let by_file = of(&same_file);
        if by_file.is_empty() { of(&|_| true) } else { by_file }
    }

    fn refuse_all(&mut self, why: &str) {
        let chosen = std::mem::take(&mut self.chosen);
        let refused = chosen.into_iter().map(|at| (at, Refusal::new(why)));
        self.refused.extend(refused);
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
        Mending {
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
    format!("{}{}", finding.fingerprint(0), u8::from(finding.is_suppressed()))
}

fn counts(findings: &[Finding]) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for finding in findings {
        *counts.entry(name_of(finding)).or_default() += 1;
    }
    counts
}
