//! The command line: arguments, and one file a command.

mod baseline;
mod check;
mod completions;
mod configuration;
mod decode;
mod diff;
mod exit;
mod ground;
mod init;
mod judgement;
mod kubernetes;
mod man;
mod mend;
mod output;
mod policies;
mod progress;
mod render;
mod snapshot;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueHint};

use crate::config::Configuration;
use crate::policy::catalog::Catalog;
use crate::policy::finding::Severity;
use crate::source::disk::Files;
use crate::source::kustomize::fallback::{OtherRenderer, Permissions};
use crate::source::{limits, walk};
use exit::Outcome;
use output::OutputTarget;

/// Tells from Git whether a mesh data plane can be upgraded without interruption
///
/// Reads a repository of Kubernetes manifests, relates its Deployments and OpenKruise SidecarSets, and judges them by policies. Nothing of the
/// repository is executed, and nothing is sent anywhere.
#[derive(Debug, Parser)]
#[command(name = NAME, version, max_term_width = 100, after_long_help = AFTER_HELP)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What the program is called, in its own help and in completions.
const NAME: &str = "checker";

const AFTER_HELP: &str = "\
Examples:
  checker check                         judge the repository around here
  checker check apps --output json      only a folder, for a program
  checker check --base origin/main      only what is new fails
  kustomize build prod | checker check -
  checker explain double-injection      why a policy is there, and what to write

Exit codes:
  0  clean
  1  findings
  2  wrong usage or configuration
  3  could not finish";

/// Headings of what is seldom needed: `--help` shows it, `-h` does not.
const KUSTOMIZATIONS: &str = "Kustomizations";
const CONFIGURATION: &str = "Configuration";
const DISPLAY: &str = "Display";
const CLUSTER: &str = "Cluster";

#[derive(Debug, Subcommand)]
enum Command {
    /// Read manifests, relate them, and judge them by the policies
    Check(check::CheckArguments),
    /// Say what applying would change in a cluster, or what a branch changes
    Diff(Box<diff::DiffArguments>),
    /// Print every object as Kubernetes reads it, one line of JSON each
    Decode(decode::DecodeArguments),
    /// Print what a kustomization becomes
    Render(render::RenderArguments),
    /// Write what a comparison needs of a cluster into one file
    Snapshot(snapshot::SnapshotArguments),
    /// List the policies
    Policies(policies::PoliciesArguments),
    /// Explain one policy: its reason, its source, its mend, an example
    Explain(policies::ExplainArguments),
    /// Run the examples written in policy files
    Test(test::TestArguments),
    /// Propose a configuration, a hook and a job for a repository
    Init(init::InitArguments),
    /// Print what completes commands in a shell
    Completions(completions::CompletionsArguments),
    /// Write the manual pages
    Man(man::ManArguments),
}

#[derive(Debug, Args)]
struct PolicyArguments {
    /// Folder of further policies; repeatable
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, hide_short_help = true, help_heading = CONFIGURATION)]
    policy_dir: Vec<PathBuf>,
}

impl PolicyArguments {
    /// The policies; those of the configuration's folders from `files` below their root, if the state of the repository that is judged is not
    /// that on the disk.
    fn catalog(
        &self,
        configuration: &Configuration,
        files: Option<(&Path, &dyn Files)>,
        color: ColorChoice,
    ) -> Result<Catalog, Outcome> {
        let mut catalog = Catalog::builtin().map_err(Outcome::internal)?;
        for folder in &self.policy_dir {
            catalog.add_folder(folder).map_err(Outcome::usage)?;
        }
        if self.policy_dir.is_empty() {
            for folder in &configuration.policy_folders {
                let added = match files {
                    Some((root, files)) => catalog.add_folder_of(files, &walk::relative(root, folder)),
                    None => catalog.add_folder(folder),
                };
                added.map_err(Outcome::usage)?;
            }
        }
        configuration
            .set_severities(&mut catalog)
            .map_err(|problems| configuration::refused(&problems, color))?;
        Ok(catalog)
    }
}

#[derive(Debug, Args)]
struct RenderingArguments {
    /// Let kustomize use the network
    #[arg(long, hide_short_help = true, help_heading = KUSTOMIZATIONS)]
    allow_remote: bool,

    /// Let kustomize run the programs of kustomizations
    #[arg(long, hide_short_help = true, help_heading = KUSTOMIZATIONS)]
    allow_exec: bool,
}

impl RenderingArguments {
    /// The program for kustomizations that this one does not understand.
    fn other(&self) -> Option<OtherRenderer> {
        OtherRenderer::find(Permissions {
            remote: self.allow_remote,
            programs: self.allow_exec,
        })
    }
}

#[derive(Debug, Args)]
struct ReportArguments {
    /// human, json, sarif, github, gitlab, junit or markdown
    ///
    /// `FORMAT=FILE` writes the report to a file. Repeatable: one run writes as many as are asked for.
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "human")]
    output: Vec<OutputTarget>,

    /// Least severity that fails: error, warning, info
    ///
    /// From this severity on findings make the exit code 1. Without it the configuration decides, and without that `warning`.
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,

    /// When to use colours
    ///
    /// `auto` goes by the terminal and by `NO_COLOR`, `CLICOLOR_FORCE`, `FORCE_COLOR` and `CLICOLOR`.
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_short_help = true, help_heading = DISPLAY)]
    color: ColorChoice,

    /// Show every finding in full, and every file met
    #[arg(long, short)]
    verbose: bool,

    /// List suppressed findings, each with its reason
    #[arg(long, hide_short_help = true, help_heading = DISPLAY)]
    show_suppressed: bool,
}

impl ReportArguments {
    fn fail_on(&self, configuration: &Configuration) -> Severity {
        self.fail_on.or(configuration.fail_on).unwrap_or(Severity::Warning)
    }
}

/// Works on threads with stacks for deep documents.
fn on_threads(work: impl FnOnce() -> Result<Outcome, Outcome> + Send) -> Result<Outcome, Outcome> {
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(limits::WORKER_STACK_BYTES)
        .build()
        .map_err(Outcome::internal)?;
    pool.install(work)
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Render(arguments) => render::run(&arguments),
        Command::Snapshot(arguments) => snapshot::run(&arguments),
        Command::Policies(arguments) => policies::list(&arguments),
        Command::Explain(arguments) => policies::explain(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    };
    match result {
        Ok(outcome) | Err(outcome) => outcome.finish(),
    }
}
