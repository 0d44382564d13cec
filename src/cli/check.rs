//! `checker check`

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::baseline::BaselineArguments;
use super::configuration::{ConfigurationArguments, TargetArguments};
use super::exit::Outcome;
use super::mend::MendArguments;
use super::output::{self, Material};
use super::{PolicyArguments, RenderingArguments, ReportArguments};
use crate::model::inventory;
use crate::model::target::{Target, Targets};
use crate::policy::catalog::Catalog;
use crate::policy::suppression::{Date, Decisions};
use crate::report::{Report, human};
use crate::source::classify::FileClass;
use crate::source::decode::skim::Wanted;
use crate::source::exclusion::Exclusion;
use crate::source::helm::{self, AskedRelease, Helm};
use crate::source::kustomize::fallback::OtherRenderer;
use crate::source::limits;
use crate::source::load::{self, Repository};
use crate::source::release::HelmRelease;
use crate::source::walk::{self, Walked};

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Files and folders to judge; `-` reads standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// Judge what Helm makes of charts, too (offline, on a copy)
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
    pub(super) baseline: BaselineArguments,

    #[command(flatten)]
    mend: MendArguments,

    #[command(flatten)]
    pub(super) report: ReportArguments,
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
    output::refuse_shared_places(&arguments.report.output)?;
    let ground = Ground::of(&arguments.paths)?;
    arguments.mend.refuse_what_cannot_be(arguments, ground.is_stream)?;
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
    let run = Run {
        material: ground.material(&exclusion)?,
        wanted: (!catalog.judges_every_object()).then(|| Wanted::new(inventory::wanted_kinds())),
        other: arguments.rendering.other(),
        configuration: found.name,
        baselines: baseline.names,
        catalog: &catalog,
        targets: &targets,
        decisions: &decisions,
    };
    let mut repository = run.read(&BTreeMap::new());
    if arguments.helm && ground.is_stream {
        return Err(Outcome::usage(
            "`--helm` renders the charts of a repository; a stream on standard input is rendered already",
        ));
    }
    if arguments.helm {
        let helm = Helm::find().map_err(|why| Outcome::usage(why.to_string()))?;
        let releases = asked_releases(&targets);
        repository.rendered_charts = helm::render(&repository, &ground.root, &releases, &helm, run.wanted.as_ref());
    }
    let mut report = run.judge(&repository)?;
    let mut has_changes = false;
    if report.incomplete.is_none() && arguments.mend.is_asked() {
        let mended = arguments.mend.run(&run, &ground.root, repository, report, arguments)?;
        (repository, report, has_changes) = (mended.repository, mended.report, mended.has_changes);
    }
    if report.incomplete.is_none() {
        arguments.baseline.write(&mut report.findings, &catalog, color)?;
    }
    for target in &arguments.report.output {
        if target.file.is_none() && arguments.mend.diff {
            continue;
        }
        let text = (target.format.render)(&Material {
            report: &report,
            catalog: &catalog,
            style: arguments.style(target.file.is_none()),
            fail_on,
        });
        output::write(target, &text)?;
    }
    // The process ends here: giving back a hundred megabytes node by node would only take time.
    std::mem::forget(repository);
    if let Some(why) = report.incomplete {
        return Ok(Outcome::Unfinished(why));
    }
    let fails = has_changes || report.shown().any(|finding| finding.severity >= fail_on);
    Ok(if fails { Outcome::Findings } else { Outcome::Clean })
}

impl CheckArguments {
    /// How what a person reads is to look.
    pub(super) fn style(&self, is_on_screen: bool) -> human::Style {
        human::Style {
            color: is_on_screen && output::use_color(self.report.color),
            width: output::width(),
            verbose: self.report.verbose,
            show_suppressed: self.report.show_suppressed,
        }
    }
}

/// What is judged, and by what: as often as need be.
pub(super) struct Run<'r> {
    material: Read,
    wanted: Option<Wanted>,
    other: Option<OtherRenderer>,
    /// The name of the file that configures the run.
    configuration: Option<String>,
    /// The names of the files that are baselines.
    baselines: Vec<String>,
    catalog: &'r Catalog,
    targets: &'r Targets,
    decisions: &'r Decisions,
}

/// Where what is judged comes from.
enum Read {
    Paths(Walked),
    Stream(Vec<u8>),
}

impl Run<'_> {
    /// The repository, as if some files had other bytes.
    pub(super) fn read(&self, changed: &BTreeMap<String, Vec<u8>>) -> Repository {
        let mut repository = match &self.material {
            Read::Paths(walked) => {
                load::load_changed(walked.clone(), changed, self.wanted.as_ref(), self.other.as_ref())
            }
            Read::Stream(bytes) => {
                let bytes = changed.get(STANDARD_INPUT).unwrap_or(bytes);
                load::load_stream(STANDARD_INPUT, bytes.clone())
            }
        };
        if let Some(name) = &self.configuration {
            repository.set_class(name, FileClass::Configuration);
        }
        for name in &self.baselines {
            repository.set_class(name, FileClass::Baseline);
        }
        repository
    }

    /// Whether it is standard input that is judged.
    pub(super) fn is_stream(&self) -> bool {
        matches!(self.material, Read::Stream(_))
    }

    pub(super) fn judge(&self, repository: &Repository) -> Result<Report, Outcome> {
        Report::of(repository, self.catalog, self.targets, self.decisions).map_err(Outcome::usage)
    }
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

    fn material(&self, exclusion: &Exclusion) -> Result<Read, Outcome> {
        if !self.is_stream {
            let mut walked = walk::walk(&self.root, &self.paths).map_err(Outcome::usage)?;
            walked.leave_out(exclusion);
            return Ok(Read::Paths(walked));
        }
        let bytes = load::read_from(io::stdin().lock())
            .map_err(|message| Outcome::usage(format!("standard input: {message}")))?;
        // `kustomize build … | checker check -` must not be green because kustomize failed.
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(Outcome::usage("standard input is empty, so nothing was judged"));
        }
        Ok(Read::Stream(bytes))
    }
}
