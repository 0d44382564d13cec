//! Real objects in a real cluster, brought there by each way: what is predicted of them, and of edits of them, is what the server does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Instant;

use checker::diff::change::{Confidence, ObjectDifference, Status};
use serde_json::Value;

use crate::agreement::{Verdict, judge};
use crate::apply::{Applied, AppliedObject, Way, apply_all, update};
use crate::cluster::Cluster;
use crate::corpora;
use crate::disagreements;
use crate::edits::Editor;
use crate::oracle::{self, Answered};
use crate::prediction::Reading;

/// Of the real objects at least so many are taken by a cluster, whichever way.
const LEAST_APPLIED: usize = 500;

/// So many edits are asked about, all ways together, of which the server takes more than 2,000; unless `CHECKER_EDITS` says how many; `CHECKER_SEED` makes others of them.
const EDITS: usize = 2_700;

/// Of the edits that the server takes at least so many in a thousand are predicted as it says.
const LEAST_AGREEMENT: usize = 990;

/// A cluster of its own with all real objects that it takes.
struct Ground {
    cluster: Cluster,
    applied: Applied,
    /// What the program said of each object directly after it was applied, and the server.
    fresh: Vec<(Answered, ObjectDifference)>,
}

fn prepare(way: Way) -> Option<Ground> {
    let what = format!("real objects in a cluster ({way:?})");
    let mut collections = corpora::collections(&what)?;
    // What becomes of these decides Kruise's manager, which has a cluster of its own.
    for collection in &mut collections {
        collection
            .candidates
            .retain(|candidate| candidate.object["kind"] != "SidecarSet");
    }
    let cluster = Cluster::start(&what)?;
    let started = Instant::now();
    let applied = apply_all(&cluster, way, &collections);
    eprintln!(
        "{way:?}: {} applied, {} refused, in {:?}",
        applied.objects.len(),
        applied.refused.len(),
        started.elapsed()
    );
    for refusal in &applied.refused {
        eprintln!("  {} {}: {}", refusal.origin, refusal.what, first_words(&refusal.why));
    }
    let as_applied: Vec<_> = applied
        .objects
        .iter()
        .map(|object| (object.clone(), object.desired.clone(), Vec::new()))
        .collect();
    let started = Instant::now();
    let predicted = predict(&cluster, &as_applied);
    eprintln!("{way:?}: predicted in {:?}", started.elapsed());
    let answered = oracle::ask(&cluster, way, as_applied);
    let fresh = answered.into_iter().zip(predicted).collect();
    Some(Ground {
        cluster,
        applied,
        fresh,
    })
}

/// The cluster of a way, which its tests share one after the other; `None`, said aloud, where it is not to be had.
fn ground(way: Way) -> Option<MutexGuard<'static, Ground>> {
    static GROUNDS: [OnceLock<Option<Mutex<Ground>>>; 3] = [const { OnceLock::new() }; 3];
    let ground = GROUNDS[way as usize].get_or_init(|| prepare(way).map(Mutex::new));
    // A test that failed leaves it as it is.
    ground
        .as_ref()
        .map(|ground| ground.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

pub fn first_words(text: &str) -> String {
    text.chars().take(300).collect::<String>().replace('\n', " ")
}

pub type Wanted = (AppliedObject, Value, Vec<String>);

pub fn predict(cluster: &Cluster, wanted: &[Wanted]) -> Vec<ObjectDifference> {
    let desired = || wanted.iter().map(|(_, desired, _)| desired);
    Reading::of(cluster, desired()).predict(desired())
}

/// What the server says against it, as text, of the objects that were just applied.
fn assert_no_noise(way: Way) {
    let Some(ground) = ground(way) else {
        return;
    };
    let objects = &ground.applied.objects;
    assert!(objects.len() >= LEAST_APPLIED, "{} only", objects.len());
    assert!(ground.applied.refused.iter().all(|refusal| !refusal.why.is_empty()));
    assert_eq!(ground.fresh.len(), objects.len());
    let of_server: Vec<String> = ground
        .fresh
        .iter()
        .filter(|(answered, _)| answered.changes() != Some(false))
        .map(|(answered, _)| describe(answered))
        .collect();
    assert!(of_server.is_empty(), "{}:\n{}", of_server.len(), of_server.join("\n"));
    let noise: Vec<String> = ground
        .fresh
        .iter()
        .filter(|(_, difference)| difference.status != Status::Same || !difference.changes.is_empty())
        .map(|(answered, difference)| {
            let changes: Vec<String> = difference.changes.iter().map(disagreements::told).collect();
            format!(
                "{} {}: {:?} {:?} {}",
                answered.object.origin,
                answered.object.address,
                difference.status,
                difference.reason,
                changes.join("; ")
            )
        })
        .collect();
    let unsure = ground
        .fresh
        .iter()
        .filter(|(_, difference)| difference.confidence == Confidence::Low)
        .count();
    eprintln!(
        "{way:?}: {} objects just applied, {} with a change, {unsure} with low confidence",
        objects.len(),
        noise.len()
    );
    assert!(noise.is_empty(), "{}:\n{}", noise.len(), noise.join("\n"));
}

/// In which world an edit was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moved {
    /// Git moved on.
    Git,
    /// Somebody else wrote the live object.
    Live,
    /// Both.
    Both,
}

/// Objects to be edited, none twice.
fn chosen(objects: &[AppliedObject], from: usize, count: usize) -> Vec<AppliedObject> {
    // Of most of these nearly nothing may be changed once they are there.
    let rigid = [
        "Pod",
        "PersistentVolumeClaim",
        "PersistentVolume",
        "StorageClass",
        "Job",
    ];
    let objects: Vec<&AppliedObject> = objects
        .iter()
        .filter(|object| !rigid.contains(&object.desired["kind"].as_str().unwrap()))
        .collect();
    let count = count.min(objects.len());
    let from = from % objects.len();
    objects.into_iter().cycle().skip(from).take(count).cloned().collect()
}

/// The objects with what else is wanted of them.
pub fn edited(objects: &[AppliedObject], editor: &mut Editor) -> Vec<Wanted> {
    let objects = objects.iter();
    objects
        .map(|object| {
            let (desired, edits) = editor.edit(&object.desired);
            (object.clone(), desired, edits)
        })
        .collect()
}

/// Somebody else writes the live objects; those of which the server takes an edit, with what was edited.
fn drifted(cluster: &Cluster, objects: &[AppliedObject], editor: &mut Editor) -> Vec<Wanted> {
    let mut all = Vec::new();
    for object in objects {
        let live = cluster.get(&object.address).json();
        editor.learn(&oracle::content(&live));
        for _ in 0..4 {
            let (mut other, edits) = editor.edit(&live);
            keep_last_applied(&live, &mut other);
            if update(cluster, object, &other).is_ok() {
                all.push((object.clone(), object.desired.clone(), edits));
                break;
            }
        }
    }
    all
}

/// Nobody who edits an object touches what kubectl remembers.
fn keep_last_applied(live: &Value, other: &mut Value) {
    let name = "kubectl.kubernetes.io/last-applied-configuration";
    let last_applied = &live["metadata"]["annotations"][name];
    if last_applied.is_string() {
        if !other["metadata"]["annotations"].is_object() {
            other["metadata"]["annotations"] = serde_json::json!({});
        }
        other["metadata"]["annotations"][name] = last_applied.clone();
    }
}

/// Asks about each, and judges the answers.
pub fn judged(cluster: &Cluster, way: Way, moved: Moved, wanted: Vec<Wanted>) -> Vec<Judged> {
    let predicted = predict(cluster, &wanted);
    let answered = oracle::ask(cluster, way, wanted);
    answered
        .into_iter()
        .zip(predicted)
        .map(|(answered, difference)| Judged {
            verdict: judge(cluster, &difference, &answered),
            moved,
            answered,
            difference,
        })
        .collect()
}

/// One question with both answers.
pub struct Judged {
    pub moved: Moved,
    pub answered: Answered,
    pub difference: ObjectDifference,
    pub verdict: Verdict,
}

/// How many of a sort came to what.
#[derive(Default)]
pub struct Count {
    pub agree: usize,
    pub disagree: usize,
    pub refused: usize,
    foreseen: usize,
}

impl Count {
    fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Agrees => self.agree += 1,
            Verdict::Disagrees(_) => self.disagree += 1,
            Verdict::Refused { is_foreseen, .. } => {
                self.refused += 1;
                self.foreseen += usize::from(*is_foreseen);
            }
        }
    }

    pub fn told(&self) -> String {
        let taken = self.agree + self.disagree;
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let rate = 100.0 * self.agree as f64 / taken.max(1) as f64;
        format!(
            "{} of {taken} agree ({rate:.2} %), {} refused by the server, {} of them foreseen",
            self.agree, self.refused, self.foreseen
        )
    }
}

const SORTS: [&str; 5] = [
    "becomes",
    "is added",
    "is removed",
    "change places",
    "is written otherwise",
];

pub fn report(way: Way, all: &[Judged]) -> Count {
    let mut whole = Count::default();
    let mut by_moved: BTreeMap<Moved, Count> = BTreeMap::new();
    let mut by_sort: BTreeMap<&str, Count> = BTreeMap::new();
    for one in all {
        whole.add(&one.verdict);
        by_moved.entry(one.moved).or_default().add(&one.verdict);
        for sort in SORTS {
            if one.answered.edits.iter().any(|edit| edit.contains(sort)) {
                by_sort.entry(sort).or_default().add(&one.verdict);
            }
        }
    }
    eprintln!("{way:?}: {}", whole.told());
    // What is foreseen of an object holds if the server takes it: its validation is known in part only.
    let is_certain = |one: &&Judged| {
        let is_unforeseen = matches!(one.verdict, Verdict::Refused { is_foreseen: false, .. });
        is_unforeseen && one.difference.confidence == Confidence::Exact
    };
    let certain = all.iter().filter(is_certain).count();
    eprintln!("  refused, not foreseen, and said to be exact: {certain}");
    for (moved, count) in &by_moved {
        eprintln!("  {moved:?} moved: {}", count.told());
    }
    for (sort, count) in &by_sort {
        eprintln!("  something {sort}: {}", count.told());
    }
    for one in all {
        match &one.verdict {
            Verdict::Agrees | Verdict::Refused { is_foreseen: true, .. } => {}
            Verdict::Disagrees(why) => eprintln!(
                "  disagrees ({:?}, {:?}): {} {:?}: {}",
                one.moved,
                one.difference.confidence,
                one.answered.object.address,
                one.answered.edits,
                first_words(why)
            ),
            Verdict::Refused { why, .. } => eprintln!(
                "  refused ({:?}): {} {:?}: {}",
                one.moved,
                one.answered.object.address,
                one.answered.edits,
                first_words(why)
            ),
        }
    }
    whole
}

fn describe(answered: &Answered) -> String {
    format!(
        "{} {}: {:?}\n  live:      {}\n  predicted: {}",
        answered.object.origin,
        answered.object.address,
        answered.edits,
        oracle::content(&answered.live),
        match &answered.predicted {
            Ok(predicted) => oracle::content(predicted).to_string(),
            Err(refusal) => refusal.clone(),
        },
    )
}

/// Edits of Git, of the live objects and of both, as many as one way has of all.
fn assert_agreement(way: Way) {
    let Some(ground) = ground(way) else {
        return;
    };
    let wanted = std::env::var("CHECKER_EDITS").ok();
    let wanted = wanted.map_or(EDITS, |count| count.parse().unwrap());
    let count = wanted.div_ceil(3);
    let (cluster, objects) = (&ground.cluster, &ground.applied.objects);
    let seed = std::env::var("CHECKER_SEED")
        .ok()
        .map_or(1, |seed| seed.parse().unwrap());
    let mut editor = Editor::new(seed + way as u64, objects.iter().map(|object| &object.desired));
    let mut all = Vec::new();
    let mut from = 0;
    while all.len() < count {
        let left = count - all.len();
        let round = chosen(objects, from, left.div_ceil(2).min(300));
        from += round.len();
        let started = Instant::now();
        all.extend(judged(cluster, way, Moved::Git, edited(&round, &mut editor)));
        let round = chosen(objects, from, left.div_ceil(4).min(150));
        from += round.len();
        let of_live = drifted(cluster, &round, &mut editor);
        let of_both = of_live.iter().map(|(object, _, drift)| {
            let (desired, mut edits) = editor.edit(&object.desired);
            edits.extend(drift.iter().cloned());
            (object.clone(), desired, edits)
        });
        let of_both = of_both.collect();
        all.extend(judged(cluster, way, Moved::Live, of_live));
        all.extend(judged(cluster, way, Moved::Both, of_both));
        eprintln!("{way:?}: {} of {count} in {:?}", all.len(), started.elapsed());
    }
    let whole = report(way, &all);
    let changing = all.iter().filter(|one| one.answered.changes() == Some(true)).count();
    assert!(whole.refused * 2 < all.len(), "{} refused", whole.refused);
    // Nothing says of a created object what was wanted of it, so nothing that is missed in Git is removed from it.
    assert!(changing * 3 > all.len(), "{changing} change something");
    let kinds: BTreeSet<&str> = all
        .iter()
        .filter_map(|one| one.answered.desired["kind"].as_str())
        .collect();
    assert!(kinds.len() >= 10, "{kinds:?}");
    let unexplained: Vec<String> = all
        .iter()
        .filter_map(|one| match &one.verdict {
            Verdict::Disagrees(why) => disagreements::unexplained(&one.answered, &one.difference, why),
            _ => None,
        })
        .collect();
    let taken = whole.agree + whole.disagree;
    assert!(
        whole.agree * 1000 >= taken * LEAST_AGREEMENT,
        "{}\n{}",
        whole.told(),
        unexplained.join("\n")
    );
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
}

#[test]
fn what_kubectl_apply_has_just_brought_has_no_change() {
    assert_no_noise(Way::ClientSide);
}

#[test]
fn what_server_side_apply_has_just_brought_has_no_change() {
    assert_no_noise(Way::ServerSide);
}

#[test]
fn what_was_just_created_has_no_change() {
    assert_no_noise(Way::Create);
}

#[test]
fn after_edits_the_prediction_is_what_kubectl_apply_does() {
    assert_agreement(Way::ClientSide);
}

#[test]
fn after_edits_the_prediction_is_what_server_side_apply_does() {
    assert_agreement(Way::ServerSide);
}

#[test]
fn after_edits_the_prediction_is_what_server_side_apply_does_of_a_created_object() {
    assert_agreement(Way::Create);
}
