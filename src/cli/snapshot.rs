//! `checker snapshot`

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ColorChoice};

use super::RenderingArguments;
use super::configuration::{ConfigurationArguments, TargetArguments};
use super::exit::Outcome;
use super::ground::{Ground, Reading};
use super::judgement;
use super::kubernetes::KubernetesArguments;
use super::output;
use super::progress::ProgressLine;
use crate::live::asked::Asked;
use crate::live::connection::Connection;
use crate::live::state::{Found, State};
use crate::live::{self, snapshot};
use crate::model::inventory::Inventory;
use crate::model::target::{Target, Targets};
use crate::report::plural;

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct SnapshotArguments {
    /// Files and folders whose objects to look up
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// The file to write; one that is there is replaced
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,

    /// Look up what Helm makes of charts, too (offline, on a copy)
    #[arg(long)]
    helm: bool,

    #[command(flatten)]
    kubernetes: KubernetesArguments,

    #[command(flatten)]
    targets: TargetArguments,

    #[command(flatten)]
    configuration: ConfigurationArguments,

    #[command(flatten)]
    rendering: RenderingArguments,
}

const AFTER_HELP: &str = "\
The cluster is only read. The file holds the objects that Git has, as the cluster has them, and what a comparison needs beside \
them; of Secrets it holds the names of keys and no values. Only its owner can read it.

Examples:
  checker snapshot --context prod -o prod.snapshot
  checker diff --snapshot prod.snapshot";

pub(super) fn run(arguments: &SnapshotArguments) -> Result<Outcome, Outcome> {
    super::on_threads(|| take(arguments))
}

fn take(arguments: &SnapshotArguments) -> Result<Outcome, Outcome> {
    if arguments.kubernetes.context.len() > 1 {
        return Err(Outcome::usage("a snapshot is of one cluster; give `--context` once"));
    }
    let ground = Ground::of(&arguments.paths)?;
    let found = arguments
        .configuration
        .of(&ground.root, &ground.paths, ground.files(), ColorChoice::Auto)?;
    let exclusion = found.configuration.exclusion.clone();
    let targets = if ground.is_stream() {
        arguments.targets.select_for_stream(found.configuration)?
    } else {
        arguments.targets.select(found.configuration)?
    };
    // Before the repository is read: what is wrong here is told at once.
    let fallback = if arguments.kubernetes.context.is_empty() {
        common_context(&targets)?
    } else {
        None
    };
    let connections = arguments.kubernetes.connections(fallback)?;
    let [connection] = &connections[..] else {
        return Err(Outcome::internal("a snapshot is of one cluster"));
    };
    let of_cluster: Vec<&Target> = targets
        .selected
        .iter()
        .filter(|target| {
            let is_its = target
                .context
                .as_ref()
                .is_none_or(|context| *context == connection.context);
            is_its || arguments.targets.is_named()
        })
        .collect();
    if of_cluster.is_empty() {
        return Err(Outcome::usage(format!(
            "no target of the configuration is of the context `{}`; name one with `--target`",
            connection.context
        )));
    }
    let mut repository = ground.read(Reading {
        exclusion: &exclusion,
        wanted: None,
        other: arguments.rendering.other().as_ref(),
    })?;
    if arguments.helm {
        judgement::render_charts(&mut repository, &ground.root, &targets, None)?;
    }
    let inventories: Vec<Inventory> = of_cluster
        .iter()
        .map(|target| Inventory::of(&repository, target))
        .collect();
    let namespace = connection.namespace.as_deref().unwrap_or("default");
    let asked = Asked::of(inventories.iter().flat_map(|inventory| &inventory.objects), namespace);
    if asked.objects.is_empty() {
        return Err(Outcome::usage(
            "there is no object to look up, so no snapshot was taken",
        ));
    }
    let state = {
        let progress = ProgressLine::new();
        live::read(connection, &asked, &progress)
    };
    if state.kinds.is_none() && state.objects.values().all(|found| matches!(found, Found::Failed(_))) {
        return Ok(unfinished(connection, &state, "no snapshot was written"));
    }
    snapshot::write(&state, Some(namespace), &arguments.output).map_err(Outcome::usage)?;
    output::print(&summary(arguments, connection, &state))?;
    if inventories.iter().any(|inventory| inventory.lacks_objects) {
        output::complain(
            "warning: the repository holds objects that cannot be read, and are not in the snapshot; `checker check` says which",
        );
    }
    if let Some(why) = inventories.iter().find_map(|inventory| inventory.incomplete.clone()) {
        return Ok(Outcome::Unfinished(why));
    }
    Ok(if state.faults().next().is_some() {
        unfinished(connection, &state, "the snapshot is not whole")
    } else {
        Outcome::Clean
    })
}

/// The context of the targets, if they name one.
fn common_context(targets: &Targets) -> Result<Option<&str>, Outcome> {
    let contexts: BTreeSet<&str> = targets
        .selected
        .iter()
        .filter_map(|target| target.context.as_deref())
        .collect();
    if contexts.len() > 1 {
        let names: Vec<&str> = contexts.into_iter().collect();
        return Err(Outcome::usage(format!(
            "a snapshot is of one cluster, and the targets are of several contexts ({}); name one with `--context` or `--target`",
            names.join(", ")
        )));
    }
    Ok(contexts.into_iter().next())
}

/// Tells what could not be read, each fault once.
fn unfinished(connection: &Connection, state: &State, consequence: &str) -> Outcome {
    const SHOWN: usize = 10;
    let faults: BTreeSet<&str> = state.faults().collect();
    for fault in faults.iter().take(SHOWN) {
        output::complain(fault);
    }
    if let Some(more) = faults.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        output::complain(&format!("and {more} more"));
    }
    Outcome::Unfinished(format!(
        "not all of the context `{}` could be read: {consequence}",
        connection.context
    ))
}

fn summary(arguments: &SnapshotArguments, connection: &Connection, state: &State) -> String {
    let there = state
        .objects
        .values()
        .filter(|found| matches!(found, Found::Object(_)))
        .count();
    let objects = state.objects.len();
    let pods = state.surroundings.pods.as_ref().map_or(0, Vec::len);
    format!(
        "{}: {objects} {} of context `{}`, {there} of them there, {pods} {}\n",
        arguments.output.display(),
        plural(objects, "object", "objects"),
        connection.context,
        plural(pods, "pod", "pods"),
    )
}
