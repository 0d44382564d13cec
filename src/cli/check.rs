//! `checker check`

use std::io;
use std::path::PathBuf;

use clap::Args;

use super::exit::Outcome;
use super::output::{self, Format};
use super::{PolicyArguments, ReportArguments};
use crate::model::inventory;
use crate::model::target::{Target, Targets};
use crate::policy::catalog;
use crate::report::{Report, human, json};
use crate::source::decode::skim::Wanted;
use crate::source::load::{self, Repository};
use crate::source::{limits, walk};

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Files and folders to judge; `-` reads rendered manifests from standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// The namespace of objects that name none, as `kubectl -n`
    #[arg(long, short, value_name = "NAMESPACE")]
    namespace: Option<String>,

    #[command(flatten)]
    policies: PolicyArguments,

    #[command(flatten)]
    report: ReportArguments,
}

/// The name of standard input in findings.
const STANDARD_INPUT: &str = "(standard input)";

pub(super) fn run(arguments: &CheckArguments) -> Result<Outcome, Outcome> {
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(limits::WORKER_STACK_BYTES)
        .build()
        .map_err(Outcome::internal)?;
    pool.install(|| check(arguments))
}

fn check(arguments: &CheckArguments) -> Result<Outcome, Outcome> {
    let to_standard_output = arguments.report.output.iter().filter(|target| target.file.is_none());
    if to_standard_output.count() > 1 {
        return Err(Outcome::usage(
            "only one format can go to standard output; give the others a file: `--output json=FILE`",
        ));
    }
    let catalog = arguments.policies.catalog()?;
    let profile = catalog::default_profile().map_err(Outcome::internal)?;
    let mut target = Target::everything(profile);
    target.namespace.clone_from(&arguments.namespace);
    let targets = Targets::only(target);
    let wanted = (!catalog.judges_every_object()).then(|| Wanted::new(inventory::wanted_kinds()));
    let repository = read(&arguments.paths, wanted.as_ref())?;
    let report = Report::of(&repository, &catalog, &targets).map_err(Outcome::usage)?;
    for target in &arguments.report.output {
        let text = match target.format {
            Format::Human => human::render(
                &report,
                &catalog,
                human::Style {
                    color: target.file.is_none() && output::use_color(arguments.report.color),
                    width: output::width(),
                    verbose: arguments.report.verbose,
                },
            ),
            Format::Json => json::render(&report),
        };
        output::write(target, &text)?;
    }
    // The process ends here: giving back a hundred megabytes node by node would only take time.
    std::mem::forget(repository);
    if let Some(why) = report.incomplete {
        return Ok(Outcome::Unfinished(why));
    }
    let fails = report
        .findings
        .iter()
        .any(|finding| finding.severity >= arguments.report.fail_on);
    Ok(if fails { Outcome::Findings } else { Outcome::Clean })
}

fn read(paths: &[PathBuf], wanted: Option<&Wanted>) -> Result<Repository, Outcome> {
    if paths.iter().any(|path| path.as_os_str() == "-") {
        if paths.len() > 1 {
            return Err(Outcome::usage("`-` stands alone: standard input or paths, not both"));
        }
        let bytes = load::read_from(io::stdin().lock())
            .map_err(|message| Outcome::usage(format!("standard input: {message}")))?;
        // `kustomize build … | checker check -` must not be green because kustomize failed.
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(Outcome::usage("standard input is empty, so nothing was judged"));
        }
        return Ok(load::load_stream(STANDARD_INPUT, bytes));
    }
    let working_directory = std::env::current_dir().map_err(Outcome::internal)?;
    let paths: Vec<PathBuf> = paths
        .iter()
        .map(|path| walk::absolute(&working_directory, path))
        .collect();
    let root = walk::repository_root(&working_directory, &paths);
    let walked = walk::walk(&root, &paths).map_err(Outcome::usage)?;
    Ok(load::load(walked, wanted))
}
