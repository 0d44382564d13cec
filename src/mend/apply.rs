//! All mends of one file: what its text becomes, proven value by value.
//!
//! Edits that have to do with the same bytes are made one after the other, each in the text that the ones before it have left.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::locate::Route;
use super::proof::Values;
use super::{Edit, Refusal, bytes};
use crate::policy::mend::Operation;
use crate::source::decode::{self, Decoded};

/// A mend of a file: the number of its finding, and its steps.
pub(super) struct FileMend<'m> {
    pub(super) finding: usize,
    pub(super) steps: Vec<(&'m Route, &'m Operation)>,
}

/// What became of the mends of a file.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// The text afterwards; `None` if it stays as it is.
    pub(super) text: Option<String>,
    /// The mends that were not made, by the number of their findings.
    pub(super) refused: BTreeMap<usize, Refusal>,
}

/// Times that a text is edited and read again: a file needs as many as it has things to put in at one place.
const ROUNDS: usize = 100;
/// Mends of a file that are tried one by one when all of them together go wrong.
const ONE_BY_ONE: usize = 100;

/// Makes the mends of a file.
pub(super) fn apply(path: &str, text: &str, mends: &[FileMend<'_>]) -> Applied {
    let mut refused: BTreeMap<usize, Refusal> = BTreeMap::new();
    loop {
        let chosen: Vec<&FileMend<'_>> = mends
            .iter()
            .filter(|mend| !refused.contains_key(&mend.finding))
            .collect();
        match attempt(path, text, &chosen) {
            Ok(mended) => {
                return Applied {
                    text: mended.filter(|mended| mended != text),
                    refused,
                };
            }
            Err(Failure::Of(finding, why)) => {
                refused.insert(finding, why);
            }
            Err(Failure::Somewhere(why)) if chosen.len() == 1 || chosen.len() > ONE_BY_ONE => {
                refused.extend(chosen.iter().map(|mend| (mend.finding, why.clone())));
            }
            Err(Failure::Somewhere(_)) => {
                let culprits = chosen.iter().filter_map(|mend| {
                    let alone = attempt(path, text, &[*mend]);
                    alone.err().map(|failure| (mend.finding, failure.why()))
                });
                let culprits: Vec<(usize, Refusal)> = culprits.collect();
                if culprits.is_empty() {
                    // Each goes alone, and not all together: the first one is made.
                    let why =
                        Refusal::new("it does not go together with the other mends of the file; run it once more");
                    refused.extend(chosen.iter().skip(1).map(|mend| (mend.finding, why.clone())));
                }
                refused.extend(culprits);
            }
        }
    }
}

enum Failure {
    Of(usize, Refusal),
    Somewhere(Refusal),
}

impl Failure {
    fn why(self) -> Refusal {
        match self {
            Self::Of(_, why) | Self::Somewhere(why) => why,
        }
    }
}

/// Makes all of the mends, or fails; `None` if there is nothing to do.
fn attempt(path: &str, text: &str, mends: &[&FileMend<'_>]) -> Result<Option<String>, Failure> {
    let mut decoded = decode::decode_str(path, text);
    let mut due = Values::of(&decoded).map_err(Failure::Somewhere)?;
    let steps = mends
        .iter()
        .flat_map(|mend| mend.steps.iter().map(|step| (mend.finding, *step)));
    let mut pending: Pending<'_> = steps.collect();
    // Ways lead by the keys as they are written: a key gets its new name when all below it is done, the deepest first.
    pending.sort_by_key(|(_, (route, operation))| match operation {
        Operation::RenameKey { .. } => (true, Reverse(route.steps.len())),
        _ => (false, Reverse(0)),
    });
    let mut mended = None;
    for _ in 0..ROUNDS {
        let (edits, later) = choose(&decoded, pending, &mut due)?;
        pending = later;
        if edits.is_empty() && pending.is_empty() {
            return Ok(mended);
        }
        let new = edited(decoded.file.text(), edits);
        let faults = decoded.faults.len();
        decoded = decode::decode_str(path, new.as_str());
        let is_as_due = Values::of(&decoded).is_ok_and(|values| values.says_the_same(&due));
        if !is_as_due || decoded.faults.len() > faults {
            return Err(Failure::Somewhere(Refusal::new(
                "it would change more than it should: what is read afterwards is not what was meant",
            )));
        }
        mended = Some(new);
    }
    match pending.first() {
        None => Ok(mended),
        Some((finding, _)) => Err(Failure::Of(
            *finding,
            Refusal::new("too much is to be put in at one place; run it once more"),
        )),
    }
}

type Pending<'m> = Vec<(usize, (&'m Route, &'m Operation))>;

/// The edits of the steps that have nothing to do with each other, and the steps that must wait.
fn choose<'m>(decoded: &Decoded, pending: Pending<'m>, due: &mut Values) -> Result<(Vec<Edit>, Pending<'m>), Failure> {
    let mut taken: Taken = Taken::default();
    let mut later = Vec::new();
    for (finding, (route, operation)) in pending {
        let edits = bytes::edits(decoded, route, operation).map_err(|why| Failure::Of(finding, why))?;
        if edits.is_empty() {
            continue;
        }
        let must_wait = matches!(operation, Operation::RenameKey { .. }) && !later.is_empty();
        if must_wait || !taken.is_free(&edits) {
            later.push((finding, (route, operation)));
            continue;
        }
        due.apply(route, operation).map_err(|why| Failure::Of(finding, why))?;
        taken.add(edits);
    }
    Ok((taken.edits.into_values().collect(), later))
}

/// Edits that do not touch each other, by where they begin.
#[derive(Default)]
struct Taken {
    edits: BTreeMap<u32, Edit>,
}

impl Taken {
    fn is_free(&self, edits: &[Edit]) -> bool {
        edits.iter().all(|edit| {
            let before = self.edits.range(..=edit.span.start).next_back();
            let after = self.edits.range(edit.span.start..).next();
            before.into_iter().chain(after).all(|(_, other)| !other.touches(edit))
        })
    }

    fn add(&mut self, edits: Vec<Edit>) {
        for edit in edits {
            // Two edits of one step that begin at one place would be one edit.
            self.edits.insert(edit.span.start, edit);
        }
    }
}

/// The text after edits that stand in order.
fn edited(text: &str, edits: Vec<Edit>) -> String {
    let mut new = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for edit in edits {
        let range = edit.span.range();
        new.push_str(text.get(at..range.start).unwrap_or(""));
        new.push_str(&edit.text);
        at = range.end;
    }
    new.push_str(text.get(at..).unwrap_or(""));
    new
}
