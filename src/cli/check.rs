//! `checker check`

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::configuration::{ConfigurationArguments, TargetArguments};
use super::exit::Outcome;
use super::output::{self, Format};
use super::{PolicyArguments, RenderingArguments, ReportArguments};
use crate::model::inventory;
use crate::model::target::{Target, Targets};
use crate::report::{Report, human, json};
use crate::source::decode::skim::Wanted;
use crate::source::helm::{self, AskedRelease, Helm};
use crate::source::kustomize::fallback::OtherRenderer;
use crate::source::load::{self, Repository};
use crate::source::release::HelmRelease;
use crate::source::{limits, walk};

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Files and folders to judge; `-` reads rendered manifests from standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// Render Helm charts by `helm template` (offline, on a copy) and judge what comes out
    #[arg(long)]
    helm: bool,

    #[command(flatten)]
    targets: TargetArguments,

    #[command(flatten)]
    configuration: ConfigurationArguments,

    #[command(flatten)]
    rendering: RenderingArguments,

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
    let ground = Ground::of(&arguments.paths)?;
    let found = arguments
        .configuration
        .of(&ground.root, &ground.paths, arguments.report.color)?;
    let catalog = arguments.policies.catalog(&found.configuration)?;
    let fail_on = arguments.report.fail_on(&found.configuration);
    let targets = if ground.is_stream {
        arguments.targets.select_for_stream(found.configuration)?
    } else {
        arguments.targets.select(found.configuration)?
    };
    let wanted = (!catalog.judges_every_object()).then(|| Wanted::new(inventory::wanted_kinds()));
    let mut repository = ground.read(wanted.as_ref(), arguments.rendering.other().as_ref())?;
    if arguments.helm && ground.is_stream {
        return Err(Outcome::usage(
            "`--helm` renders the charts of a repository; a stream on standard input is rendered already",
        ));
    }
    if arguments.helm {
        let helm = Helm::find().map_err(|why| Outcome::usage(why.to_string()))?;
        let releases = asked_releases(&targets);
        repository.rendered_charts = helm::render(&repository, &ground.root, &releases, &helm, wanted.as_ref());
    }
    if let Some(name) = &found.name {
        repository.set_configuration(name);
    }
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
    let fails = report.findings.iter().any(|finding| finding.severity >= fail_on);
    Ok(if fails { Outcome::Findings } else { Outcome::Clean })
}

/// The releases that the configuration writes down for the targets that are judged.
fn asked_releases(targets: &Targets) -> Vec<AskedRelease> {
    let of_target = |target: &Target| {
        let releases = target.releases.iter().map(|release| AskedRelease {
            target: Arc::clone(&target.name),
            release: HelmRelease {
                namespace: release.namespace.clone().or_else(|| target.namespace.clone()),
                ..release.clone()
            },
        });
        releases.collect::<Vec<_>>()
    };
    targets.selected.iter().flat_map(of_target).collect()
}

/// Where to read.
struct Ground {
    /// The root of the repository.
    root: PathBuf,
    /// Absolute; for a stream the working directory.
    paths: Vec<PathBuf>,
    /// Whether it is standard input that is judged, not the paths.
    is_stream: bool,
}

impl Ground {
    fn of(paths: &[PathBuf]) -> Result<Self, Outcome> {
        let is_stream = paths.iter().any(|path| path.as_os_str() == "-");
        if is_stream && paths.len() > 1 {
            return Err(Outcome::usage("`-` stands alone: standard input or paths, not both"));
        }
        let working_directory = std::env::current_dir().map_err(Outcome::internal)?;
        let paths: Vec<PathBuf> = if is_stream {
            vec![working_directory.clone()]
        } else {
            let paths = paths.iter();
            paths.map(|path| walk::absolute(&working_directory, path)).collect()
        };
        Ok(Self {
            root: walk::repository_root(&working_directory, &paths),
            paths,
            is_stream,
        })
    }

    fn read(&self, wanted: Option<&Wanted>, other: Option<&OtherRenderer>) -> Result<Repository, Outcome> {
        if !self.is_stream {
            let walked = walk::walk(&self.root, &self.paths).map_err(Outcome::usage)?;
            return Ok(load::load(walked, wanted, other));
        }
        let bytes = load::read_from(io::stdin().lock())
            .map_err(|message| Outcome::usage(format!("standard input: {message}")))?;
        // `kustomize build … | checker check -` must not be green because kustomize failed.
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(Outcome::usage("standard input is empty, so nothing was judged"));
        }
        Ok(load::load_stream(STANDARD_INPUT, bytes))
    }
}
