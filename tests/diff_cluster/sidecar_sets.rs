//! Real SidecarSets beside Kruise's own manager: its webhook's defaults, its hashes and what it drops.

use std::collections::BTreeSet;

use checker::diff::change::{Class, Confidence, ObjectDifference};

use crate::agreement::{Verdict, at};
use crate::apply::{AppliedObject, Way, apply_all};
use crate::cluster::{Cluster, Kruise, User};
use crate::corpora::{self, Collection};
use crate::disagreements;
use crate::edits::Editor;
use crate::oracle::{self, Answered};
use crate::real_objects::{Judged, Moved, edited, first_words, judged, predict, report};

/// Of the real SidecarSets the manager takes at least so many.
const LEAST_APPLIED: usize = 24;

/// How often each is edited.
const EDITS: usize = 4;

#[test]
fn what_kruise_makes_of_sidecar_sets_is_no_change_and_their_edits_are_predicted() {
    let what = "real SidecarSets beside the manager of Kruise";
    let Some(mut collections) = corpora::collections(what) else {
        return;
    };
    for collection in &mut collections {
        collection
            .candidates
            .retain(|candidate| candidate.object["kind"] == "SidecarSet");
    }
    let Some(cluster) = Cluster::start(what) else {
        return;
    };
    let Some(_kruise) = Kruise::start(&cluster, what) else {
        return;
    };
    for way in [Way::ClientSide, Way::ServerSide, Way::Create] {
        assert_way(&cluster, way, &collections);
    }
}

fn assert_way(cluster: &Cluster, way: Way, collections: &[Collection]) {
    let mut left = collections
        .iter()
        .map(|collection| Collection {
            candidates: collection.candidates.clone(),
        })
        .collect::<Vec<_>>();
    let (mut fresh, mut edits) = (Vec::new(), Vec::new());
    let mut refusals = Vec::new();
    // Those that say the same of the same pods cannot stand beside each other: they come one after the other.
    loop {
        let applied = apply_all(cluster, way, &left);
        if applied.objects.is_empty() {
            refusals.extend(applied.refused);
            break;
        }
        fresh.extend(just_applied(cluster, way, &applied.objects));
        let desired = applied.objects.iter().map(|object| &object.desired);
        let mut editor = Editor::new(fresh.len() as u64, desired);
        for _ in 0..EDITS {
            let wanted = edited(&applied.objects, &mut editor);
            edits.extend(judged(cluster, way, Moved::Git, wanted));
        }
        for object in &applied.objects {
            let answer = cluster.request(User::Admin, "DELETE", &object.address, "", "");
            assert!(answer.is_success(), "{answer:?}");
        }
        let taken: BTreeSet<&str> = applied.objects.iter().map(|object| object.origin.as_str()).collect();
        for collection in &mut left {
            collection
                .candidates
                .retain(|candidate| !taken.contains(candidate.origin.as_str()));
        }
    }
    for refusal in &refusals {
        eprintln!("  {} {}: {}", refusal.origin, refusal.what, first_words(&refusal.why));
    }
    assert!(fresh.len() >= LEAST_APPLIED, "{} only", fresh.len());
    assert_no_noise(way, &fresh);
    assert_agreement(way, &edits);
}

fn just_applied(cluster: &Cluster, way: Way, objects: &[AppliedObject]) -> Vec<(Answered, ObjectDifference)> {
    let wanted: Vec<_> = objects
        .iter()
        .map(|object| (object.clone(), object.desired.clone(), Vec::new()))
        .collect();
    let predicted = predict(cluster, &wanted);
    oracle::ask(cluster, way, wanted).into_iter().zip(predicted).collect()
}

/// Nothing changes; what the server has not kept is told as lost.
fn assert_no_noise(way: Way, fresh: &[(Answered, ObjectDifference)]) {
    let mut lost = 0;
    let mut noise = Vec::new();
    for (answered, difference) in fresh {
        for change in &difference.changes {
            if change.class == Class::Lost && at(&answered.live, &change.path.0).is_none() {
                lost += 1;
                eprintln!("  lost: {}: {}", answered.object.origin, change.path);
            } else {
                noise.push(format!(
                    "{}: {:?} {}",
                    answered.object.origin,
                    change.class,
                    disagreements::told(change)
                ));
            }
        }
        if difference.confidence == Confidence::Low {
            eprintln!(
                "  unsure: {}: {:?}",
                answered.object.origin, difference.confidence_reasons
            );
        }
    }
    eprintln!(
        "{way:?}: {} SidecarSets just applied, {} changes, {lost} fields lost",
        fresh.len(),
        noise.len()
    );
    assert!(noise.is_empty(), "{}", noise.join("\n"));
    assert!(lost > 0, "something is lost");
}

fn assert_agreement(way: Way, edits: &[Judged]) {
    let whole = report(way, edits);
    let unexplained: Vec<String> = edits
        .iter()
        .filter_map(|one| match &one.verdict {
            Verdict::Disagrees(why) => disagreements::unexplained(&one.answered, &one.difference, why),
            _ => None,
        })
        .collect();
    // Of what is written into SidecarSets the webhook refuses much.
    assert!(whole.refused * 3 < edits.len() * 2, "{}", whole.told());
    assert!(whole.agree >= whole.disagree * 9, "{}", whole.told());
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
}
