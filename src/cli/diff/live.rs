//! The desired state against clusters, or a snapshot of one.

use std::collections::{BTreeSet, HashSet};

use super::super::exit::Outcome;
use super::super::progress::ProgressLine;
use super::arguments::{DiffArguments, ScopeArguments, target_of};
use super::{Desire, ambiguous, left_out, selection_notes, side_report, sort};
use crate::diff::change::Status;
use crate::diff::compare::{self, Desired};
use crate::diff::selection::{self, Selection};
use crate::diff::verify::{Verification, Verified};
use crate::live::asked::{Asked, PruneScope};
use crate::live::connection::Connection;
use crate::live::dry_run;
use crate::live::snapshot::Snapshot;
use crate::live::state::{Found, Side, State};
use crate::live::{self};
use crate::report::diff::{DiffReport, SideReport};
use crate::report::plural;

/// The namespace of a context that names none, as kubectl has it.
const DEFAULT_NAMESPACE: &str = "default";

/// Kinds that are looked for when objects are pruned, beside those in Git: what kubectl looks for by default
/// (`kubectl pkg/util/prune/prune.go`, `GetRESTMappings`), but for pods, which others make.
const PRUNED_KINDS: [(&str, &str); 13] = [
    ("v1", "ConfigMap"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "Secret"),
    ("v1", "Service"),
    ("v1", "ServiceAccount"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("networking.k8s.io/v1", "Ingress"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps.kruise.io/v1alpha1", "SidecarSet"),
    ("policy/v1", "PodDisruptionBudget"),
];

pub(super) fn clusters(
    desire: &Desire<'_>,
    arguments: &DiffArguments,
    clusters: &[(Connection, usize)],
    report: &mut DiffReport,
) -> Result<(), Outcome> {
    let mut questions = Vec::new();
    for (connection, at) in clusters {
        let namespace = connection.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
        let selection = desire.select(*at, namespace, None)?;
        let mut asked = Asked::of(selection.chosen.iter().map(|(_, object)| *object), namespace);
        asked.objects = selection
            .chosen
            .iter()
            .map(|(reference, _)| reference.clone())
            .collect();
        asked.prune = arguments.scope.prune.then(|| scope(&arguments.scope, &asked));
        questions.push((connection, asked));
    }
    let states = {
        let progress = ProgressLine::new();
        let questions: Vec<(&Connection, &Asked)> = questions
            .iter()
            .map(|(connection, asked)| (*connection, asked))
            .collect();
        live::read_all(&questions, &progress)
    };
    for ((connection, at), state) in clusters.iter().zip(states) {
        let namespace = connection.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
        let origin = format!("that of the context `{}`", connection.context);
        let mut side = desire.compare(*at, namespace, &origin, &state)?;
        if arguments.verification.verify.is_some() {
            desire.verify(
                *at,
                connection,
                &state,
                arguments.verification.force_conflicts,
                &mut side,
            )?;
        }
        if arguments.scope.prune && state.surroundings.prune_candidates.is_none() && side.problems.is_empty() {
            side.problems
                .push("what Git has no longer could not be looked for".to_owned());
        }
        report.sides.push(side);
    }
    Ok(())
}

pub(super) fn snapshot(
    desire: &Desire<'_>,
    snapshot: Box<(String, Snapshot)>,
    report: &mut DiffReport,
) -> Result<(), Outcome> {
    let (file, snapshot) = *snapshot;
    let at = match desire.targets {
        [_] => 0,
        targets => target_of(&snapshot.context, targets, false)?,
    };
    let mut state = snapshot.state;
    state.side = Side::Snapshot(file);
    let namespace = snapshot.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
    let selection = desire.select(at, namespace, state.kinds.as_deref())?;
    // What is not in the file was never asked for: nothing is known of it, not even that it is not there.
    for (reference, _) in &selection.chosen {
        state.objects.entry(reference.clone()).or_insert_with(|| {
            Found::Failed(
                "the snapshot says nothing of it: it was taken for another state of the repository".to_owned(),
            )
        });
    }
    let origin = format!("that of the context `{}` of the snapshot", snapshot.context);
    report.sides.push(desire.compare(at, namespace, &origin, &state)?);
    Ok(())
}

impl Desire<'_> {
    fn select(
        &self,
        at: usize,
        namespace: &str,
        kinds: Option<&[live::state::ServedKind]>,
    ) -> Result<Selection<'_>, Outcome> {
        let (Some(target), Some(inventory)) = (self.targets.get(at), self.inventories.get(at)) else {
            return Err(Outcome::internal("a target is lost"));
        };
        Ok(selection::select(inventory, &self.wish(target, Some(namespace)), kinds))
    }

    fn compare(&self, at: usize, namespace: &str, origin: &str, state: &State) -> Result<SideReport, Outcome> {
        let selection = self.select(at, namespace, state.kinds.as_deref())?;
        let target = self.targets.get(at).map_or("", |target| &*target.name);
        let desired = desired(&selection, target);
        let mut side = side_report(state.side.clone(), vec![target.to_owned()]);
        side.objects = compare::compare(&desired, state, &self.options);
        // An object in Git is never superfluous, whatever its labels are now.
        let in_git = self.identities(at);
        side.objects.retain(|object| {
            let reference = &object.object;
            let key = (
                reference.group().to_owned(),
                reference.kind.clone(),
                reference.name.clone(),
            );
            object.status != Status::Prune || !in_git.contains(&key)
        });
        side.objects.extend(ambiguous(&selection, target));
        sort(&mut side.objects);
        side.server_version.clone_from(&state.server_version);
        side.taken.clone_from(&state.taken);
        side.problems.clone_from(&state.problems);
        side.notes = selection_notes(&selection);
        if selection.without_namespace > 0 {
            let count = selection.without_namespace;
            let objects = plural(count, "object names", "objects name");
            side.notes.push(format!(
                "{count} {objects} no namespace; `{namespace}` is taken for it, {origin} (`-n` or the target's `namespace` says another)."
            ));
        }
        side.left_out = left_out(&selection);
        Ok(side)
    }

    /// Has the server say what it would make of the objects, and holds the predictions against that.
    fn verify(
        &self,
        at: usize,
        connection: &Connection,
        state: &State,
        force: bool,
        side: &mut SideReport,
    ) -> Result<(), Outcome> {
        let namespace = connection.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
        let selection = self.select(at, namespace, state.kinds.as_deref())?;
        let target = self.targets.get(at).map_or("", |target| &*target.name);
        let desired = desired(&selection, target);
        let verification = Verification::of(&desired, state, &self.options, force);
        let questions = verification.questions(&side.objects);
        let Some(kinds) = &state.kinds else {
            side.problems
                .push("the server was not asked what it would do: which kinds it serves is not known".to_owned());
            return Ok(());
        };
        let verdicts = {
            let progress = ProgressLine::new();
            dry_run::apply(connection, &questions.proposals, kinds, &progress)
        };
        let mut verified = questions.not_asked;
        verified.extend(verification.judge(&side.objects, verdicts));
        let failed = verified
            .values()
            .filter(|verified| matches!(verified, Verified::Failed(_)))
            .count();
        if failed > 0 {
            side.problems.push(format!(
                "what the server would make of {failed} {} is not known",
                plural(failed, "object", "objects")
            ));
        }
        side.verified = Some(verified);
        Ok(())
    }

    /// Group, kind and name of everything in Git.
    fn identities(&self, at: usize) -> HashSet<(String, String, String)> {
        let objects = self
            .inventories
            .get(at)
            .into_iter()
            .flat_map(|inventory| &inventory.objects);
        objects
            .filter_map(|object| {
                let identity = &object.identity;
                Some((
                    identity.group().to_owned(),
                    identity.kind.clone(),
                    identity.name.clone()?,
                ))
            })
            .collect()
    }
}

fn desired<'d>(selection: &'d Selection<'d>, target: &'d str) -> Vec<Desired<'d>> {
    let chosen = selection.chosen.iter().map(|(reference, object)| Desired {
        object,
        reference: reference.clone(),
        target,
    });
    chosen.collect()
}

fn scope(arguments: &ScopeArguments, asked: &Asked) -> PruneScope {
    let in_git = asked.objects.iter();
    let in_git = in_git.map(|reference| (reference.api_version.clone(), reference.kind.clone()));
    let known = PRUNED_KINDS
        .iter()
        .map(|(version, kind)| ((*version).to_owned(), (*kind).to_owned()));
    let mut kinds: BTreeSet<(String, String)> = in_git.collect();
    let named: BTreeSet<String> = kinds.iter().map(|(_, kind)| kind.clone()).collect();
    kinds.extend(known.filter(|(_, kind)| !named.contains(kind)));
    PruneScope {
        kinds,
        namespaces: arguments.prune_namespace.iter().cloned().collect(),
        label_selector: arguments
            .selector_text
            .as_ref()
            .map(|selector| selector.written.clone()),
    }
}
