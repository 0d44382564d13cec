//! `checker test`

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::exit::Outcome;
use super::output;
use crate::model::target::Target;
use crate::policy::catalog::{self, Catalog};
use crate::policy::examples;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  checker test rules")]
pub(super) struct TestArguments {
    /// Folders of policy files; without one, the policies of the program itself
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folders: Vec<PathBuf>,
}

pub(super) fn run(arguments: &TestArguments) -> Result<Outcome, Outcome> {
    let catalog = if arguments.folders.is_empty() {
        Catalog::builtin().map_err(Outcome::internal)?
    } else {
        let mut catalog = Catalog::empty();
        for folder in &arguments.folders {
            catalog.add_folder(folder).map_err(Outcome::usage)?;
        }
        catalog
    };
    let profile = catalog::default_profile().map_err(Outcome::internal)?;
    let run = examples::run(&catalog, &Target::everything(profile));
    let mut text = String::new();
    for broken in &run.broken {
        let _ = writeln!(text, "{}: {}: {}", broken.policy, broken.example, broken.message);
    }
    let _ = writeln!(
        text,
        "{} policies, {} examples, {} broken",
        catalog.policies().len(),
        run.count,
        run.broken.len()
    );
    output::print(&text)?;
    Ok(if run.broken.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}
