//! `checker render`

mod chart;

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::RenderingArguments;
use super::configuration::ConfigurationArguments;
use super::exit::Outcome;
use super::output;
use crate::report::objects;
use crate::source::classify::KUSTOMIZATION_NAMES;
use crate::source::disk::{Disk, Files, PathKind};
use crate::source::folder::join;
use crate::source::kustomize::problem::BuildVerdict;
use crate::source::kustomize::rendering::{Rendering, Root, Unbuilt};
use crate::source::text::{SourceFile, Span};
use crate::source::{classify, limits, walk};

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct RenderArguments {
    /// Folder with a kustomization, or with a chart
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath, default_value = ".")]
    folder: PathBuf,

    /// How to print the objects
    ///
    /// `json` is an object a line, with the place of each field that its base does not give.
    #[arg(long, short, value_name = "FORMAT", default_value = "yaml")]
    output: Form,

    /// Let Helm render a chart
    ///
    /// As whoever installs it says, in `.checker.yaml` or in objects of Flux and Argo CD; else with its own values. `helm template` works on
    /// a copy, without network and plugins.
    #[arg(long)]
    helm: bool,

    #[command(flatten)]
    rendering: RenderingArguments,

    #[command(flatten)]
    configuration: ConfigurationArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Yaml,
    Json,
}

const AFTER_HELP: &str = "\
Examples:
  checker render clusters/eu
  checker render clusters/eu --output json | jq .
  checker render charts/shop --helm";

pub(super) fn run(arguments: &RenderArguments) -> Result<Outcome, Outcome> {
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(limits::WORKER_STACK_BYTES)
        .build()
        .map_err(Outcome::internal)?;
    pool.install(|| render(arguments))
}

fn render(arguments: &RenderArguments) -> Result<Outcome, Outcome> {
    let working_directory = std::env::current_dir().map_err(Outcome::internal)?;
    let folder = walk::absolute(&working_directory, &arguments.folder);
    if !folder.is_dir() {
        let folder = arguments.folder.display();
        return Err(Outcome::usage(format!("{folder}: there is no such folder")));
    }
    let root = walk::repository_root(&working_directory, std::slice::from_ref(&folder));
    let name = walk::relative(&root, &folder);
    let within = if name == "." { "" } else { name.as_str() };
    let disk = Disk::new(&root);
    let Some(built) = Rendering::of_folder(&disk, within, arguments.rendering.other().as_ref()) else {
        if let Some((name, why)) = unreadable(&disk, within) {
            return Ok(Outcome::Unfinished(format!("{name} was not read: {why}")));
        }
        if folder.join(classify::CHART_NAME).is_file() {
            return chart::render(arguments, &root, within);
        }
        return Err(Outcome::usage(format!(
            "{}: there is no kustomization in this folder (`kustomization.yaml`, `kustomization.yml` or `Kustomization`), and no chart (`Chart.yaml`)",
            arguments.folder.display()
        )));
    };
    print(&built, arguments.output)
}

/// A kustomization that is there, and why it was not read.
fn unreadable(files: &dyn Files, folder: &str) -> Option<(String, String)> {
    let names = KUSTOMIZATION_NAMES.iter().filter_map(|name| join(folder, name));
    let mut there = names.filter(|name| files.kind(name) == PathKind::File);
    there.find_map(|name| files.read(&name).err().map(|why| (name, why)))
}

fn print(root: &Root, form: Form) -> Result<Outcome, Outcome> {
    let built = match &root.outcome {
        Ok(built) => built,
        Err(unbuilt) => return Ok(complain(unbuilt)),
    };
    output::print(&match form {
        Form::Yaml => objects::yaml(&built.objects),
        Form::Json => objects::json_lines(root.name(), &built.objects),
    })?;
    Ok(Outcome::Clean)
}

fn complain_at(file: &SourceFile, span: Span, message: &str) {
    let position = file.position(span.start);
    let (path, line, column) = (file.path(), position.line, position.column);
    output::complain(&format!("{path}:{line}:{column}: {message}"));
}

fn complain(unbuilt: &Unbuilt) -> Outcome {
    complain_at(&unbuilt.place.file, unbuilt.place.span, &unbuilt.message);
    match unbuilt.verdict {
        BuildVerdict::Refused => Outcome::Findings,
        BuildVerdict::NotUnderstood | BuildVerdict::Undecided | BuildVerdict::TooLarge => {
            Outcome::Unfinished("so this kustomization was not built".to_owned())
        }
    }
}
