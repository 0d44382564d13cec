//! What `checker diff` is told.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ColorChoice, ValueEnum};

use super::super::configuration::{ConfigurationArguments, TargetArguments};
use super::super::exit::Outcome;
use super::super::ground::Ground;
use super::super::kubernetes::KubernetesArguments;
use super::super::{CLUSTER, DISPLAY, RenderingArguments};
use super::output::DiffOutput;
use crate::live::connection::Connection;
use crate::live::snapshot::{self, Snapshot};
use crate::model::label_query;
use crate::model::selector::LabelSelector;
use crate::model::target::Target;

#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP, group = ArgGroup::new("side").args(["context", "snapshot", "base"]))]
pub(in crate::cli) struct DiffArguments {
    /// Files and folders of the desired state; `-` reads standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,

    /// Compare with a file of `checker snapshot`
    #[arg(long, value_name = "FILE")]
    pub(super) snapshot: Option<PathBuf>,

    /// Compare with the repository at a git revision
    #[arg(long, value_name = "REVISION")]
    pub(super) base: Option<String>,

    #[command(flatten)]
    pub(super) kubernetes: KubernetesArguments,

    #[command(flatten)]
    pub(super) targets: TargetArguments,

    #[command(flatten)]
    pub(super) scope: ScopeArguments,

    #[command(flatten)]
    pub(super) verification: VerificationArguments,

    /// Name fields that nobody is known to have applied
    #[arg(long, hide_short_help = true, help_heading = DISPLAY)]
    pub(super) show_unmanaged: bool,

    #[command(flatten)]
    pub(super) configuration: ConfigurationArguments,

    #[command(flatten)]
    pub(super) rendering: RenderingArguments,

    /// human, json, markdown or unified
    ///
    /// `FORMAT=FILE` writes the report to a file. Repeatable.
    #[arg(long, short, value_name = "FORMAT[=FILE]")]
    pub(super) output: Vec<DiffOutput>,

    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_short_help = true, help_heading = DISPLAY)]
    pub(super) color: ColorChoice,

    /// Show every change in full, and what is the same
    #[arg(long, short)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
pub(super) struct ScopeArguments {
    /// Only objects with these labels
    ///
    /// As kubectl writes them: `app=web,tier in (a, b),!canary`.
    #[arg(long = "selector", short = 'l', value_name = "LABELS", value_parser = selector)]
    pub(super) selector_text: Option<Selector>,

    /// Show what Git has no longer, too
    ///
    /// `-l`, `--prune-namespace` or both say among what.
    #[arg(long, conflicts_with_all = ["snapshot", "base"])]
    pub(super) prune: bool,

    /// A namespace to look for such objects in; repeatable. Kinds without namespaces are looked for by `-l` only
    #[arg(long, value_name = "NAMESPACE", requires = "prune", hide_short_help = true, help_heading = CLUSTER)]
    pub(super) prune_namespace: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct VerificationArguments {
    /// Have the server check the prediction by a dry run, too: `server`. It takes the right to patch
    #[arg(long, value_name = "BY", conflicts_with_all = ["snapshot", "base"], help_heading = CLUSTER)]
    pub(super) verify: Option<Verifier>,

    /// With `--verify=server`: take fields from their other managers
    #[arg(long, requires = "verify", hide_short_help = true, help_heading = CLUSTER)]
    pub(super) force_conflicts: bool,
}

const AFTER_HELP: &str = "\
The cluster is only read; `--verify=server` sends dry runs, too, of which nothing is kept. Values of Secrets are never shown. KUBECTL_EXTERNAL_DIFF is used as by kubectl.

Examples:
  checker diff --context prod               what applying the repository would change
  checker diff --context eu --context us    of two clusters at once
  checker diff --verify=server              and hold it against a dry run of the server
  checker diff --base origin/main           what a branch changes, rendered
  checker diff clusters/eu --snapshot eu.snapshot -o markdown=comment.md

Exit codes:
  0  no change
  1  changes
  2  wrong usage or configuration
  3  could not finish";

/// By whom a prediction is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Verifier {
    /// The API server, by dry runs.
    Server,
}

/// A label query, as it was written and as it is meant.
#[derive(Debug, Clone)]
pub(super) struct Selector {
    pub(super) written: String,
    pub(super) meant: LabelSelector,
}

fn selector(text: &str) -> Result<Selector, String> {
    Ok(Selector {
        written: text.to_owned(),
        meant: label_query::parse(text)?,
    })
}

/// What to compare with.
pub(super) enum AskedSide {
    /// Clusters, each with the position of its target.
    Live(Vec<(Connection, usize)>),
    Snapshot(Box<(String, Snapshot)>),
    Base(String),
}

impl ScopeArguments {
    /// Pruning without a scope would call everything superfluous that others have put into the cluster.
    pub(super) fn check(&self) -> Result<(), Outcome> {
        if self.prune && self.selector_text.is_none() && self.prune_namespace.is_empty() {
            return Err(Outcome::usage(
                "`--prune` needs a scope, or everything that others have put into the cluster would be superfluous: give `-l LABELS`, \
                 `--prune-namespace NAMESPACE` or both",
            ));
        }
        Ok(())
    }

    pub(super) fn selector(&self) -> Option<&LabelSelector> {
        self.selector_text.as_ref().map(|selector| &selector.meant)
    }
}

impl DiffArguments {
    /// Which side is asked for.
    pub(super) fn side(&self, ground: &Ground, targets: &[Target]) -> Result<AskedSide, Outcome> {
        if let Some(revision) = &self.base {
            if ground.is_stream() {
                return Err(Outcome::usage(
                    "`--base` compares files with a revision, and standard input is at none",
                ));
            }
            return Ok(AskedSide::Base(revision.clone()));
        }
        if let Some(file) = &self.snapshot {
            let snapshot = snapshot::read(file).map_err(Outcome::usage)?;
            return Ok(AskedSide::Snapshot(Box::new((file.display().to_string(), snapshot))));
        }
        self.clusters(targets).map(AskedSide::Live)
    }

    fn clusters(&self, targets: &[Target]) -> Result<Vec<(Connection, usize)>, Outcome> {
        if self.kubernetes.context.is_empty() {
            let is_lost = |target: &&Target| target.context.is_none();
            if let Some(lost) = targets.iter().find(is_lost).filter(|_| targets.len() > 1) {
                return Err(Outcome::usage(format!(
                    "the target `{}` says no `context`; write it into the configuration, or name one target with `--target` and its cluster \
                     with `--context`",
                    lost.name
                )));
            }
            let contexts: Vec<Option<&str>> = targets.iter().map(|target| target.context.as_deref()).collect();
            let connections = self.kubernetes.connections_of(&contexts)?;
            return Ok(connections.into_iter().zip(0..).collect());
        }
        let connections = self.kubernetes.connections(None)?;
        let with_targets = connections.into_iter().map(|connection| {
            let at = target_of(&connection.context, targets, self.targets.is_named())?;
            Ok((connection, at))
        });
        with_targets.collect()
    }
}

/// The position of the target that a context is of.
pub(super) fn target_of(context: &str, targets: &[Target], is_named: bool) -> Result<usize, Outcome> {
    let of_context: Vec<usize> = (0..)
        .zip(targets)
        .filter(|(_, target)| target.context.as_deref() == Some(context))
        .map(|(at, _)| at)
        .collect();
    match (of_context.as_slice(), targets) {
        ([at], _) => Ok(*at),
        // The one that is named, or the whole repository.
        ([], [target]) if is_named || target.context.is_none() => Ok(0),
        _ => {
            let names: Vec<&str> = targets.iter().map(|target| &*target.name).collect();
            let count = if of_context.is_empty() { "no" } else { "more than one" };
            Err(Outcome::usage(format!(
                "{count} target is of the context `{context}`; say which with `--target` ({})",
                names.join(", ")
            )))
        }
    }
}
