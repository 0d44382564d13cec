//! `checker init`

use std::fmt::Write;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::exit::Outcome;
use super::output;
use crate::model::inventory;
use crate::model::target::Target;
use crate::policy::catalog;
use crate::report::visible::visible;
use crate::setup::pipeline::{OWNER, Pipeline};
use crate::setup::survey::Survey;
use crate::setup::{ProposedFile, configuration, hook};
use crate::source::decode::skim::Wanted;
use crate::source::{load, walk};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  checker init\n  checker init --write")]
pub(super) struct InitArguments {
    /// The repository, or a folder in it
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,

    /// Write the files; without it they are shown only
    #[arg(long)]
    write: bool,

    /// Write also what is there already
    #[arg(long, requires = "write")]
    force: bool,

    /// Who runs the jobs [default: by the files that are there]
    #[arg(long, value_name = "WHO")]
    ci: Option<Jobs>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Jobs {
    Github,
    Gitlab,
}

pub(super) fn run(arguments: &InitArguments) -> Result<Outcome, Outcome> {
    super::on_threads(|| init(arguments))
}

fn init(arguments: &InitArguments) -> Result<Outcome, Outcome> {
    let here = std::env::current_dir().map_err(Outcome::internal)?;
    let folder = walk::absolute(&here, &arguments.folder);
    if !folder.is_dir() {
        return Err(Outcome::usage(format!("{}: no such folder", folder.display())));
    }
    let root = walk::repository_root(&folder, std::slice::from_ref(&folder));
    let walked = walk::walk(&root, std::slice::from_ref(&root)).map_err(Outcome::usage)?;
    let repository = load::load(walked, Some(&Wanted::new(inventory::wanted_kinds())), None);
    let profile = catalog::default_profile().map_err(Outcome::internal)?;
    let everything = Target::everything(profile.clone());
    let survey = Survey::of(&repository, &everything);
    let pipeline = match arguments.ci {
        Some(Jobs::Github) => Pipeline::Github,
        Some(Jobs::Gitlab) => Pipeline::Gitlab,
        None => Pipeline::of(&root),
    };
    let files = [
        configuration::propose(&survey, &profile),
        hook::propose(),
        pipeline.propose(),
    ];
    let mut text = seen(&survey);
    for file in &files {
        // A link may lead out of the repository.
        let is_there = fs::symlink_metadata(root.join(file.name)).is_ok();
        text.push_str(&act(&root, file, is_there, arguments)?);
    }
    if files.iter().any(|file| file.text.contains(OWNER)) {
        let _ = writeln!(
            text,
            "`{OWNER}` stands for where you take checker from: put its name there."
        );
    }
    if !arguments.write {
        text.push_str("Nothing was written: `checker init --write` does it.\n");
    }
    text.push_str(
        "Old findings? `checker check --write-baseline .checker-baseline.yaml` writes them down, so that only new ones show.\n",
    );
    output::print(&text)?;
    Ok(Outcome::Clean)
}

/// What was seen, in a few lines.
fn seen(survey: &Survey) -> String {
    let mut text = format!(
        "Deployments: {}. SidecarSets: {}. Kustomizations that no other takes: {}.\n",
        survey.deployments, survey.sidecar_sets, survey.kustomizations
    );
    if survey.clusters.is_empty() {
        text.push_str("The folders tell of no clusters: the repository is taken for one.\n\n");
    } else {
        let names: Vec<&str> = survey.clusters.iter().map(|cluster| &*cluster.name).collect();
        let _ = writeln!(text, "Clusters by their folders: {}.\n", visible(&names.join(", ")));
    }
    text
}

/// Shows one file, and writes it if that is asked for and harms nothing.
fn act(root: &Path, file: &ProposedFile, is_there: bool, arguments: &InitArguments) -> Result<String, Outcome> {
    let name = file.name;
    if let Some(addition) = file.addition.as_ref().filter(|_| is_there) {
        // Its other lines are somebody's: they are never written over.
        return Ok(format!("{name} is there already; add {addition}\n"));
    }
    if is_there && !arguments.force {
        return Ok(format!(
            "{name} is there already and stays as it is; `--write --force` writes over it. It would be:\n\n{}\n",
            file.text
        ));
    }
    if !arguments.write {
        return Ok(format!("{name} would be:\n\n{}\n", file.text));
    }
    write(&root.join(name), &file.text, is_there)
        .map_err(|error| Outcome::usage(format!("cannot write {name}: {error}")))?;
    Ok(format!("{name} was written:\n\n{}\n", file.text))
}

/// Without `is_there` the file must not be there, and no link may stand in its place.
fn write(path: &Path, text: &str, is_there: bool) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    if is_there {
        if !fs::symlink_metadata(path)?.is_file() {
            return Err(std::io::Error::other("it is no regular file"));
        }
        return fs::write(path, text);
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}
