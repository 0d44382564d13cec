//! `checker check`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::baseline::BaselineArguments;
use super::configuration::{ConfigurationArguments, TargetArguments};
use super::diff::{self, AskedRevision};
use super::exit::Outcome;
use super::ground::{self, Ground, Input, Reading};
use super::judgement::{self, Judged, Judgement};
use super::mend::{MendArguments, Mender};
use super::output::{self, Material};
use super::progress::ProgressLine;
use super::{PolicyArguments, RenderingArguments, ReportArguments};
use crate::model::inventory;
use crate::policy::catalog::Catalog;
use crate::policy::comparison;
use crate::policy::finding::{Finding, Severity};
use crate::policy::suppression::{Date, Decisions};
use crate::policy::touched::Touched;
use crate::report::diff::DiffReport;
use crate::report::links::Links;
use crate::report::{Report, human};
use crate::source::decode::skim::Wanted;
use crate::source::git::{GitFiles, Moment};

#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(super) struct CheckArguments {
    /// Files and folders to judge; `-` reads standard input [default: .]
    ///
    /// All of the repository around them is related; what is found in these is told.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Tell and fail by what is new since this commit
    #[arg(long, value_name = "REV")]
    base: Option<String>,

    /// Judge all of the repository, and tell what concerns the paths
    #[arg(long)]
    touched: bool,

    /// Judge what is staged, not the files as they lie there
    #[arg(long)]
    pub(super) staged: bool,

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
    mend: MendArguments,

    #[command(flatten)]
    pub(super) baseline: BaselineArguments,

    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const AFTER_HELP: &str = "\
Examples:
  checker check                                 judge the repository around here
  checker check apps/shop -n shop               only a folder, in this namespace
  checker check --output human --output sarif=checker.sarif
  helm template shop charts/shop | checker check -
  checker check --diff                          what --fix would change
  checker check --write-baseline .checker-baseline.yaml";

pub(super) fn run(arguments: &CheckArguments) -> Result<Outcome, Outcome> {
    super::on_threads(|| check(arguments))
}

fn check(arguments: &CheckArguments) -> Result<Outcome, Outcome> {
    output::refuse_shared_places(&arguments.report.output)?;
    arguments.mend.refuse_what_cannot_be(arguments)?;
    let ground = arguments.ground()?;
    let color = arguments.report.color;
    let found = (arguments.configuration).of(&ground.root, &ground.paths, ground.files(), color)?;
    // Git lists an earlier state while the policies are read.
    let (catalog, earlier) = rayon::join(
        || {
            let files = ground.files().map(|files| (ground.root.as_path(), files));
            arguments.policies.catalog(&found.configuration, files, color)
        },
        || arguments.earlier(&ground),
    );
    let (catalog, earlier) = (catalog?, earlier?);
    let fail_on = arguments.report.fail_on(&found.configuration);
    let baseline = (arguments.baseline).read(&found.configuration, &ground.root, ground.files(), color)?;
    let decisions = Decisions {
        rules: found.configuration.rules.clone(),
        baseline: baseline.content.clone(),
        today: today()?,
        is_whole: ground.is_whole(),
    };
    let exclusion = found.configuration.exclusion.clone();
    let options = (arguments.shows_changes())
        .then(|| diff::options(&found.configuration, false, color))
        .transpose()?;
    let targets = if ground.is_stream() {
        arguments.targets.select_for_stream(found.configuration)?
    } else {
        arguments.targets.select(found.configuration)?
    };
    let wanted = (!catalog.judges_every_object()).then(|| Wanted::new(inventory::wanted_kinds()));
    let progress = ProgressLine::beside(ground.is_stream());
    progress.stage("reading and judging");
    let other = arguments.rendering.other();
    let reading = Reading {
        exclusion: &exclusion,
        wanted: wanted.as_ref(),
        other: other.as_ref(),
    };
    let judgement = Judgement {
        catalog: &catalog,
        targets: &targets,
        decisions: &decisions,
        configuration: found.name.as_deref(),
        baselines: &baseline.names,
    };
    let input = ground.input(reading)?;
    let (mut judged, before) = arguments.judge(&ground, &input, reading, &judgement, &earlier)?;
    let links = Links::new(&ground.root);
    let mut has_changes = false;
    let mut incomplete = std::iter::once(&judged.report).chain(&before);
    if arguments.mend.is_asked() && incomplete.all(|report| report.incomplete.is_none()) {
        let meant = earlier.told(&judged.report, before.as_ref());
        let mender = Mender {
            judgement: &judgement,
            input: &input,
            root: &ground.root,
            touched: earlier.touched.as_ref(),
            arguments,
            links: &links,
        };
        (judged, has_changes) = arguments.mend.run(&mender, judged, &meant, progress)?;
    } else {
        drop(progress);
    }
    let mut report = judged.into_report();
    report.is_fixable = !ground.is_stream() && !arguments.staged;
    // After the mends: what they change is told, too.
    let changes = options.zip(earlier.base.as_ref()).map(|(options, (name, files))| {
        let asked = AskedRevision {
            name,
            files,
            is_configured: arguments.configuration.is_named(),
            namespace: arguments.targets.namespace(),
            exclusion: &exclusion,
            other: other.as_ref(),
        };
        let name = judgement.configuration;
        diff::changes(&ground, name, &targets.selected, options, asked)
    });
    let changes = changes.transpose()?;
    if report.incomplete.is_none() {
        arguments.baseline.write(&mut report.findings, &catalog, color)?;
    }
    earlier.hold_against(&mut report, before);
    arguments.write(&report, &catalog, changes.as_ref(), &links, fail_on)?;
    if let Some(why) = report.incomplete {
        return Ok(Outcome::Unfinished(why));
    }
    let fails = has_changes || report.shown().any(|finding| finding.severity >= fail_on);
    Ok(if fails { Outcome::Findings } else { Outcome::Clean })
}

impl CheckArguments {
    /// What is found now, and what was found in the earlier state. Both are read at the same time.
    fn judge(
        &self,
        ground: &Ground,
        input: &Input<'_>,
        reading: Reading<'_>,
        judgement: &Judgement<'_>,
        earlier: &Earlier,
    ) -> Result<(Judged, Option<Report>), Outcome> {
        let judge = || {
            let mut repository = input.read(&BTreeMap::new());
            if self.helm {
                judgement::render_charts(&mut repository, &ground.root, judgement.targets, reading.wanted)?;
            }
            judgement.of(repository)
        };
        let judge_earlier = |files| Ok(judgement.of(ground.read_from(files, reading)?)?.into_report());
        let (judged, before) = rayon::join(judge, || earlier.state().map(judge_earlier));
        Ok((judged?, before.transpose()?))
    }

    /// Writes the report in every form that is asked for, but for what a patch takes the place of.
    fn write(
        &self,
        report: &Report,
        catalog: &Catalog,
        changes: Option<&DiffReport>,
        links: &Links,
        fail_on: Severity,
    ) -> Result<(), Outcome> {
        for target in &self.report.output {
            if target.file.is_none() && self.mend.is_diff() {
                continue;
            }
            let text = (target.format.render)(&Material {
                report,
                catalog,
                changes,
                style: self.style(target.file.is_none(), links),
                fail_on,
            });
            output::write(target, &text)?;
        }
        Ok(())
    }

    /// How what a person reads is to look.
    pub(super) fn style<'l>(&self, is_on_screen: bool, links: &'l Links) -> human::Style<'l> {
        let ReportArguments { color, .. } = self.report;
        human::Style {
            color: is_on_screen && output::use_color(color),
            width: output::width(),
            verbose: self.report.verbose,
            show_suppressed: self.report.show_suppressed,
            links: (is_on_screen && output::use_links(color)).then_some(links),
        }
    }

    /// Whether standard input is asked for.
    pub(super) fn is_stream(&self) -> bool {
        self.paths.iter().any(|path| path.as_os_str() == "-")
    }

    fn ground(&self) -> Result<Ground, Outcome> {
        if self.is_stream() {
            for (is_given, flag) in [
                (self.helm, "`--helm` renders the charts of a repository"),
                (self.touched, "`--touched` is about the files of a repository"),
                (self.staged, "`--staged` reads a repository"),
                (
                    self.base.is_some(),
                    "`--base` compares with an earlier state of a repository",
                ),
            ] {
                if is_given {
                    return Err(Outcome::usage(format!(
                        "{flag}; a stream on standard input is rendered already, and all there is"
                    )));
                }
            }
        }
        if self.helm && (self.staged || self.base.is_some()) {
            return Err(Outcome::usage(
                "`--helm` renders charts as they lie there, not as they are staged or were: leave it, or `--staged` and `--base`, away",
            ));
        }
        let ground = if self.touched {
            Ground::of_repository()?
        } else {
            Ground::of(&self.paths)?
        };
        if self.staged { ground.staged() } else { Ok(ground) }
    }

    /// Whether the report tells what has changed since the base, as it does for all of a request: who names files asks for less.
    fn shows_changes(&self) -> bool {
        let is_shown = self.report.output.iter().any(|target| target.format.shows_changes);
        self.base.is_some() && !self.touched && is_shown
    }

    fn earlier(&self, ground: &Ground) -> Result<Earlier, Outcome> {
        let mut earlier = Earlier::default();
        if self.touched {
            let (touched, head) = ground.touched(&self.paths)?;
            earlier.touched = Some(touched);
            earlier.head = head;
        }
        if let Some(base) = &self.base {
            let files = ground::open(&ground.root, Moment::Revision(base))?;
            earlier.base = Some((base.clone(), files));
        }
        Ok(earlier)
    }
}

/// What the findings are held against, and to what they are narrowed.
#[derive(Default)]
struct Earlier {
    base: Option<(String, GitFiles)>,
    /// The state before what is staged, if that removes files: what it brings is told wherever it is.
    head: Option<GitFiles>,
    touched: Option<Touched>,
}

impl Earlier {
    /// The state that is judged, too. What is new since a base holds what is new since the last commit.
    fn state(&self) -> Option<&GitFiles> {
        self.base.as_ref().map(|(_, files)| files).or(self.head.as_ref())
    }

    /// For each finding of a report whether it will be told, when that is held against what was found `before`.
    fn told(&self, report: &Report, before: Option<&Report>) -> Vec<bool> {
        let mut findings = report.findings.clone();
        if let (Some(_), Some(before)) = (&self.base, before) {
            // What is gone needs no mend.
            let _ = comparison::compare(&mut findings, before.findings.clone());
        }
        let is_touched = |finding: &Finding| {
            let touched = self.touched.as_ref();
            touched.is_none_or(|touched| touched.concerns(finding))
        };
        let told = findings.iter().map(|finding| finding.is_told() && is_touched(finding));
        told.collect()
    }

    fn hold_against(self, report: &mut Report, before: Option<Report>) {
        let removes = self.head.is_some();
        let before = match (self.base, before) {
            (Some((base, _)), Some(before)) => {
                report.compare(base, before);
                None
            }
            (_, before) => before,
        };
        if let Some(touched) = self.touched {
            report.narrow(touched, before, removes);
        }
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
