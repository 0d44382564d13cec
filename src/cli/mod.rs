//! The command line: arguments, and one file a command.

mod baseline;
mod check;
mod configuration;
mod decode;
mod exit;
mod mend;
mod output;
mod policies;
mod render;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ColorChoice, Parser, Subcommand};

use crate::config::Configuration;
use crate::policy::catalog::Catalog;
use crate::policy::finding::Severity;
use crate::source::kustomize::fallback::{OtherRenderer, Permissions};
use exit::Outcome;
use output::OutputTarget;

/// Reads a repository of Kubernetes manifests and says whether its mesh data plane can be upgraded without interruption.
#[derive(Debug, Parser)]
#[command(name = "checker", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  checker check                         judge the repository around here
  checker check apps --output json      only a folder, for a program
  kustomize build prod | checker check -
  checker explain double-injection      why a policy is there, and what to write

Exit codes: 0 clean, 1 findings, 2 wrong usage or configuration, 3 could not finish";

#[derive(Debug, Subcommand)]
enum Command {
    /// Read manifests, relate them, and judge them by the policies
    Check(check::CheckArguments),
    /// Print every object as Kubernetes reads it, one line of JSON each
    Decode(decode::DecodeArguments),
    /// Print what a kustomization becomes
    Render(render::RenderArguments),
    /// List the policies
    Policies(policies::PoliciesArguments),
    /// Explain one policy: why it is there, its source, its mend, an example
    Explain(policies::ExplainArguments),
    /// Run the examples written in policy files
    Test(test::TestArguments),
}

#[derive(Debug, Args)]
struct PolicyArguments {
    /// Folder of further policies; repeatable
    #[arg(long, value_name = "DIR")]
    policy_dir: Vec<PathBuf>,
}

impl PolicyArguments {
    fn catalog(&self, configuration: &Configuration, color: ColorChoice) -> Result<Catalog, Outcome> {
        let mut catalog = Catalog::builtin().map_err(Outcome::internal)?;
        let folders = if self.policy_dir.is_empty() {
            &configuration.policy_folders
        } else {
            &self.policy_dir
        };
        for folder in folders {
            catalog.add_folder(folder).map_err(Outcome::usage)?;
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
    #[arg(long)]
    allow_remote: bool,

    /// Let kustomize run the programs of kustomizations
    #[arg(long)]
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
    /// How to report: human, json, sarif, github, gitlab, junit or markdown; `=FILE` writes it there; repeatable
    #[arg(long, short, value_name = "FORMAT[=FILE]", default_value = "human")]
    output: Vec<OutputTarget>,

    /// The least severity that fails: error, warning or info
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,

    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,

    /// Show every finding in full, and every file met
    #[arg(long, short)]
    verbose: bool,

    /// List suppressed findings, each with its reason
    #[arg(long)]
    show_suppressed: bool,
}

impl ReportArguments {
    fn fail_on(&self, configuration: &Configuration) -> Severity {
        self.fail_on.or(configuration.fail_on).unwrap_or(Severity::Warning)
    }
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Render(arguments) => render::run(&arguments),
        Command::Policies(arguments) => policies::list(&arguments),
        Command::Explain(arguments) => policies::explain(&arguments),
        Command::Test(arguments) => test::run(&arguments),
    };
    match result {
        Ok(outcome) | Err(outcome) => outcome.finish(),
    }
}
