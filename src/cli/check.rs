//! `checker check`

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::baseline::BaselineArguments;
use super::configuration::{ConfigurationArguments, TargetArguments};
use super::exit::Outcome;
use super::output::{self, Material};
use super::progress::ProgressLine;
use super::{PolicyArguments, RenderingArguments, ReportArguments};
use crate::model::inventory;
use crate::model::target::{Target, Targets};
use crate::policy::suppression::{Date, Decisions};
use crate::report::links::Links;
use crate::report::{Report, human};
use crate::source::classify::FileClass;
use crate::source::decode::skim::Wanted;
use crate::source::exclusion::Exclusion;
use crate::source::helm::{self, AskedRelease, Helm};
use crate::source::kustomize::fallback::OtherRenderer;
use crate::source::load::{self, Repository};
use crate::source::release::HelmRelease;
use crate::source::{limits, walk};

#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(super) struct CheckArguments {
    /// Files and folders to judge; `-` reads standard input
    ///
    /// All of the repository around them is related; what is found in these is told.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// Judge what Helm makes of charts, too
    ///
    /// `helm template` works on a copy of each chart, without network and plugins.
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
    baseline: BaselineArguments,

    #[command(flatten)]
    report: ReportArguments,
}

const AFTER_HELP: &str = "\
Examples:
  checker check                                 judge the repository around here
  checker check apps/shop -n shop               only a folder, in this namespace
  checker check --output human --output sarif=checker.sarif
  helm template shop charts/shop | checker check -
  checker check --write-baseline .checker-baseline.yaml";

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
    output::refuse_shared_places(&arguments.report.output)?;
    let ground = Ground::of(&arguments.paths)?;
    let found = arguments
        .configuration
        .of(&ground.root, &ground.paths, arguments.report.color)?;
    let color = arguments.report.color;
    let catalog = arguments.policies.catalog(&found.configuration, color)?;
    let fail_on = arguments.report.fail_on(&found.configuration);
    let baseline = arguments.baseline.read(&found.configuration, &ground.root, color)?;
    let decisions = Decisions {
        rules: found.configuration.rules.clone(),
        baseline: baseline.content.clone(),
        today: today()?,
        is_whole: ground.is_whole(),
    };
    let exclusion = found.configuration.exclusion.clone();
    let targets = if ground.is_stream {
        arguments.targets.select_for_stream(found.configuration)?
    } else {
        arguments.targets.select(found.configuration)?
    };
    let wanted = (!catalog.judges_every_object()).then(|| Wanted::new(inventory::wanted_kinds()));
    let progress = ProgressLine::beside(ground.is_stream);
    progress.stage("reading files");
    let mut repository = ground.read(&exclusion, wanted.as_ref(), arguments.rendering.other().as_ref())?;
    if arguments.helm && ground.is_stream {
        return Err(Outcome::usage(
            "`--helm` renders the charts of a repository; a stream on standard input is rendered already",
        ));
    }
    if arguments.helm {
        let helm = Helm::find().map_err(|why| Outcome::usage(why.to_string()))?;
        let releases = asked_releases(&targets);
        progress.stage("rendering charts");
        repository.rendered_charts = helm::render(&repository, &ground.root, &releases, &helm, wanted.as_ref());
    }
    if let Some(name) = &found.name {
        repository.set_class(name, FileClass::Configuration);
    }
    for name in &baseline.names {
        repository.set_class(name, FileClass::Baseline);
    }
    progress.stage("judging");
    let mut report = Report::of(&repository, &catalog, &targets, &decisions).map_err(Outcome::usage)?;
    drop(progress);
    if report.incomplete.is_none() {
        arguments.baseline.write(&mut report.findings, &catalog, color)?;
    }
    let links = Links::new(&ground.root);
    for target in &arguments.report.output {
        let text = (target.format.render)(&Material {
            report: &report,
            catalog: &catalog,
            style: human::Style {
                color: target.file.is_none() && output::use_color(arguments.report.color),
                width: output::width(),
                verbose: arguments.report.verbose,
                show_suppressed: arguments.report.show_suppressed,
                links: (target.file.is_none() && output::use_links(arguments.report.color)).then_some(&links),
            },
            fail_on,
        });
        output::write(target, &text)?;
    }
    // The process ends here: giving back a hundred megabytes node by node would only take time.
    std::mem::forget(repository);
    if let Some(why) = report.incomplete {
        return Ok(Outcome::Unfinished(why));
    }
    let fails = report.shown().any(|finding| finding.severity >= fail_on);
    Ok(if fails { Outcome::Findings } else { Outcome::Clean })
}

/// The day of the run, in UTC: that of `SOURCE_DATE_EPOCH`, if it is set, so that a run can be repeated to the byte.
fn today() -> Result<Date, Outcome> {
    const VARIABLE: &str = "SOURCE_DATE_EPOCH";
    let seconds = match std::env::var(VARIABLE) {
        Ok(text) => text.parse().ok(),
        Err(_) => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| i64::try_from(since.as_secs()).ok()),
    };
    seconds
        .and_then(Date::of_unix_seconds)
        .ok_or_else(|| Outcome::usage(format!("`{VARIABLE}` must be a time in seconds since 1970")))
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

    /// Whether all of the repository is judged.
    fn is_whole(&self) -> bool {
        !self.is_stream && self.paths.iter().any(|path| self.root.starts_with(path))
    }

    fn read(
        &self,
        exclusion: &Exclusion,
        wanted: Option<&Wanted>,
        other: Option<&OtherRenderer>,
    ) -> Result<Repository, Outcome> {
        if !self.is_stream {
            let mut walked = walk::walk(&self.root, &self.paths).map_err(Outcome::usage)?;
            walked.leave_out(exclusion);
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
