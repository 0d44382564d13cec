//! Real objects in a real cluster, brought there by each way: what they are held against when a prediction is tested.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::apply::{Applied, AppliedObject, Way, apply_all};
use crate::cluster::Cluster;
use crate::corpora;
use crate::edits::Editor;
use crate::oracle::{self, Answered};

/// Of the real objects at least so many are taken by a cluster, whichever way.
const LEAST_APPLIED: usize = 500;

/// So many of them are edited for one run.
const EDITS: usize = 300;

/// A cluster of its own with all real objects that it takes.
fn cluster_with_real_objects(way: Way) -> Option<(Cluster, Applied)> {
    let what = format!("real objects in a cluster ({way:?})");
    let collections = corpora::collections(&what)?;
    let cluster = Cluster::start(&what)?;
    if !cluster.apply_crd("sidecarsets.apps.kruise.io-v1.9.0.yaml") {
        return None;
    }
    let applied = apply_all(&cluster, way, &collections);
    eprintln!(
        "{way:?}: {} applied, {} refused",
        applied.objects.len(),
        applied.refused.len()
    );
    for refusal in &applied.refused {
        eprintln!("  {} {}: {}", refusal.origin, refusal.what, first_words(&refusal.why));
    }
    Some((cluster, applied))
}

fn first_words(text: &str) -> String {
    text.chars().take(300).collect::<String>().replace('\n', " ")
}

/// Each object once, with what it was applied with.
fn as_applied(objects: &[AppliedObject]) -> Vec<(AppliedObject, Value, Vec<String>)> {
    let objects = objects.iter();
    objects
        .map(|object| (object.clone(), object.desired.clone(), Vec::new()))
        .collect()
}

/// As many edited objects as asked for, in rounds through all: no object twice in one round, since an answer is found by its object.
fn edited(objects: &[AppliedObject], count: usize, seed: u64) -> Vec<Vec<(AppliedObject, Value, Vec<String>)>> {
    let mut editor = Editor::new(seed, objects.iter().map(|object| &object.desired));
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
    let mut rounds = Vec::new();
    let mut left = count;
    while left > 0 && !objects.is_empty() {
        let round: Vec<_> = objects
            .iter()
            .take(left)
            .map(|object| {
                let (desired, edits) = editor.edit(&object.desired);
                ((*object).clone(), desired, edits)
            })
            .collect();
        left -= round.len();
        rounds.push(round);
    }
    rounds
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

/// What is applied as it is in the cluster changes nothing, and of edits most are taken and most change something.
fn assert_the_server_answers(way: Way) {
    let Some((cluster, applied)) = cluster_with_real_objects(way) else {
        return;
    };
    assert!(applied.objects.len() >= LEAST_APPLIED, "{} only", applied.objects.len());
    assert!(applied.refused.iter().all(|refusal| !refusal.why.is_empty()));

    let unedited = oracle::ask(&cluster, way, as_applied(&applied.objects));
    let noise: Vec<String> = unedited
        .iter()
        .filter(|answered| answered.changes() != Some(false))
        .map(describe)
        .collect();
    assert!(
        noise.is_empty(),
        "{} of {}:\n{}",
        noise.len(),
        unedited.len(),
        noise.join("\n")
    );

    let rounds = edited(&applied.objects, EDITS, 1).into_iter();
    let edited: Vec<Answered> = rounds.flat_map(|round| oracle::ask(&cluster, way, round)).collect();
    let refused = edited.iter().filter(|answered| answered.changes().is_none()).count();
    let changing = edited
        .iter()
        .filter(|answered| answered.changes() == Some(true))
        .count();
    eprintln!(
        "{way:?}: of {} edited {changing} change something, {refused} are refused",
        edited.len()
    );
    for answered in &edited {
        if let Err(why) = &answered.predicted {
            eprintln!(
                "  refused: {} {:?}: {}",
                answered.desired["kind"],
                answered.edits,
                first_words(why)
            );
        }
    }
    assert!(refused * 2 < edited.len(), "{refused} refused");
    // Nothing says of a created object what was wanted of it, so nothing that is missed in Git is removed from it.
    assert!(changing * 3 > edited.len(), "{changing} change something");
    let kinds: BTreeSet<&str> = edited
        .iter()
        .filter_map(|answered| answered.desired["kind"].as_str())
        .collect();
    assert!(kinds.len() >= 10, "{kinds:?}");
}

#[test]
fn the_server_takes_real_objects_from_kubectl_apply_and_sees_no_change_in_them_but_their_edits() {
    assert_the_server_answers(Way::ClientSide);
}

#[test]
fn the_server_takes_real_objects_by_server_side_apply_and_sees_no_change_in_them_but_their_edits() {
    assert_the_server_answers(Way::ServerSide);
}

#[test]
fn the_server_takes_real_objects_by_create_and_sees_no_change_in_them_but_their_edits() {
    assert_the_server_answers(Way::Create);
}
