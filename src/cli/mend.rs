//! `checker check --fix` and `--diff`: mends of what was found, shown or written.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;

use super::check::{CheckArguments, Run};
use super::exit::Outcome;
use super::output;
use crate::mend::{self, Asked, Mending, write};
use crate::report::{Report, mending};
use crate::source::load::Repository;
use crate::source::walk;

#[derive(Debug, Args)]
pub(super) struct MendArguments {
    /// Mend what is certain in the files, then report what is left
    #[arg(long, group = "mending")]
    fix: bool,

    /// Print what --fix would change as a diff, and write nothing
    #[arg(long, group = "mending")]
    pub(super) diff: bool,

    /// Mend also what may change what runs
    #[arg(long, requires = "mending")]
    unsafe_fixes: bool,
}

/// What is left to report after mends.
pub(super) struct Mended {
    pub(super) repository: Repository,
    pub(super) report: Report,
    /// Whether there are changes that are shown and not written.
    pub(super) has_changes: bool,
}

impl MendArguments {
    pub(super) fn is_asked(&self) -> bool {
        self.fix || self.diff
    }

    /// Refuses what contradicts itself, before anything is read.
    pub(super) fn refuse_what_cannot_be(&self, arguments: &CheckArguments, is_stream: bool) -> Result<(), Outcome> {
        if self.fix && is_stream {
            return Err(Outcome::usage(
                "`--fix` writes files, and standard input is none; `--diff` shows what it would change",
            ));
        }
        if self.diff && arguments.baseline.is_written() {
            return Err(Outcome::usage(
                "`--diff` writes nothing; use `--write-baseline` without it",
            ));
        }
        let mut on_screen = arguments.report.output.iter().filter(|target| target.file.is_none());
        if self.diff && on_screen.any(|target| target.format.name != "human") {
            return Err(Outcome::usage(
                "`--diff` has standard output for itself; give the report a file: `--output json=FILE`",
            ));
        }
        Ok(())
    }

    /// Makes the mends of a report, and gives what is to be reported then.
    pub(super) fn run(
        &self,
        run: &Run<'_>,
        root: &Path,
        mut repository: Repository,
        report: Report,
        arguments: &CheckArguments,
    ) -> Result<Mended, Outcome> {
        // Charts are rendered from files that are not mended.
        let mut charts = std::mem::take(&mut repository.rendered_charts);
        let mut last: Option<(Repository, Report)> = None;
        let old = |name: &str| {
            let file = repository.file(name)?;
            file.decoded.as_ref().map(|decoded| decoded.file.text())
        };
        let can_write = |name: &str| match old(name) {
            Some(text) if !run.is_stream() => write::check(root, name, text),
            _ => Ok(()),
        };
        let asked = Asked {
            is_unsafe_too: self.unsafe_fixes,
        };
        let mut made = mend::plan(&report.findings, &report.mends, asked, can_write, |texts| {
            if let Some((before, _)) = &mut last {
                charts = std::mem::take(&mut before.rendered_charts);
            }
            let changed: BTreeMap<String, Vec<u8>> = texts
                .iter()
                .map(|(name, text)| (name.clone(), text.clone().into_bytes()))
                .collect();
            let mut repository = run.read(&changed);
            repository.rendered_charts = std::mem::take(&mut charts);
            let report = run.judge(&repository)?;
            if let Some(why) = report.incomplete {
                return Err(Outcome::Unfinished(why));
            }
            let findings = report.findings.clone();
            last = Some((repository, report));
            Ok(findings)
        })?;
        if self.diff {
            let style = arguments.style(true);
            output::print(&mending::difference(&made, old, style.color))?;
            output::explain(&mending::summary(&made, style));
            let has_changes = !made.texts.is_empty();
            let report = Report {
                mending: Some(made),
                ..report
            };
            return Ok(Mended {
                repository,
                report,
                has_changes,
            });
        }
        refuse_reports_over_files(&made, root, arguments)?;
        for (at, (name, text)) in made.texts.iter().enumerate() {
            write::replace(root, name, old(name).unwrap_or_default(), text).map_err(|why| {
                let files = made.texts.len();
                Outcome::Unfinished(format!(
                    "cannot write `{name}`: {why} ({at} of {files} files are mended)"
                ))
            })?;
        }
        made.is_written = true;
        let is_told = arguments.report.output.iter().any(|target| {
            let is_on_screen = target.file.is_none();
            is_on_screen && target.format.name == "human"
        });
        if !is_told {
            output::explain(&mending::summary(&made, arguments.style(true)));
        }
        let (repository, report) = match last {
            Some(last) if !made.texts.is_empty() => last,
            _ => (repository, report),
        };
        Ok(Mended {
            repository,
            report: Report {
                mending: Some(made),
                ..report
            },
            has_changes: false,
        })
    }
}

/// A report must not be written over a file that was just mended.
fn refuse_reports_over_files(made: &Mending, root: &Path, arguments: &CheckArguments) -> Result<(), Outcome> {
    let here = std::env::current_dir().map_err(Outcome::internal)?;
    let files = arguments.report.output.iter().filter_map(|target| target.file.as_ref());
    for file in files {
        let path = walk::absolute(&here, file);
        if let Some(name) = made.texts.keys().find(|name| root.join(name) == path) {
            return Err(Outcome::usage(format!(
                "`{name}` is mended and cannot hold a report, too"
            )));
        }
    }
    Ok(())
}
