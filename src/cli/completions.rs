//! `checker completions`

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::diff;
use super::exit::Outcome;
use super::{Arguments, NAME, output};
use crate::policy::catalog::Catalog;
use crate::policy::finding::Severity;

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

const AFTER_HELP: &str = "\
Examples:
  checker completions bash > ~/.local/share/bash-completion/completions/checker
  checker completions zsh > ~/.zfunc/_checker
  checker completions fish > ~/.config/fish/completions/checker.fish";

pub(super) fn run(arguments: &CompletionsArguments) -> Result<Outcome, Outcome> {
    let catalog = Catalog::builtin().map_err(Outcome::internal)?;
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut with_values(&catalog), NAME, &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Clean)
}

/// The commands, with the values that only a run would tell.
fn with_values(catalog: &Catalog) -> Command {
    let policies = catalog
        .policies()
        .iter()
        .map(|policy| PossibleValue::new(policy.id.to_string()).help(policy.title.clone()));
    let policies = PossibleValuesParser::new(policies);
    let severities = PossibleValuesParser::new(Severity::ALL.map(Severity::name));
    let formats = PossibleValuesParser::new(output::format_names());
    let forms_of_differences = PossibleValuesParser::new(diff::format_names());
    Arguments::command()
        .mut_subcommand("explain", |explain| {
            explain.mut_arg("policy", |policy| policy.value_parser(policies))
        })
        .mut_subcommand("diff", |diff| {
            diff.mut_arg("output", |output| output.value_parser(forms_of_differences))
        })
        .mut_subcommand("check", |check| {
            check
                .mut_arg("fail_on", |fail_on| fail_on.value_parser(severities))
                .mut_arg("output", |output| output.value_parser(formats))
        })
}
