//! `checker check --fix` and `--diff`: mends of what was found, shown or written.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;

use super::check::CheckArguments;
use super::exit::Outcome;
use super::ground::Input;
use super::judgement::{Judged, Judgement};
use super::output;
use super::progress::ProgressLine;
use crate::mend::{self, Asked, Mending, Refusal, write};
use crate::policy::touched::Touched;
use crate::report::links::Links;
use crate::report::mending;
use crate::source::text::SourceFile;
use crate::source::walk;

#[derive(Debug, Args)]
pub(super) struct MendArguments {
    /// Mend what is certain, then report what is left
    ///
    /// In the files, and only what is told: with `--base` what is new, with `--touched` in the files that are named.
    #[arg(long, group = "mending")]
    fix: bool,

    /// Print what --fix would change as a patch
    ///
    /// Nothing is written.
    #[arg(long, group = "mending")]
    diff: bool,

    /// Mend also what may change what runs
    #[arg(long, requires = "mending", hide_short_help = true)]
    unsafe_fixes: bool,
}

/// What mends of a run are made by.
pub(super) struct Mender<'m> {
    pub(super) judgement: &'m Judgement<'m>,
    pub(super) input: &'m Input<'m>,
    /// The root of the repository.
    pub(super) root: &'m Path,
    /// The files that are asked for, if not all are.
    pub(super) touched: Option<&'m Touched>,
    pub(super) arguments: &'m CheckArguments,
    pub(super) links: &'m Links,
}

impl MendArguments {
    pub(super) fn is_asked(&self) -> bool {
        self.fix || self.diff
    }

    /// Whether standard output is for a diff.
    pub(super) fn is_diff(&self) -> bool {
        self.diff
    }

    /// Refuses what contradicts itself, before anything is read.
    pub(super) fn refuse_what_cannot_be(&self, arguments: &CheckArguments) -> Result<(), Outcome> {
        if self.fix && arguments.is_stream() {
            return Err(Outcome::usage(
                "`--fix` writes files, and standard input is none; `--diff` shows what it would change",
            ));
        }
        if self.is_asked() && arguments.staged {
            return Err(Outcome::usage(
                "`--fix` and `--diff` mend the files as they lie there, which may not be what is staged; leave `--staged` away",
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

    /// Mends the findings that are `meant`, and gives what is left, and whether there are changes that are shown and not written.
    pub(super) fn run(
        &self,
        mender: &Mender<'_>,
        mut judged: Judged,
        meant: &[bool],
        progress: ProgressLine,
    ) -> Result<(Judged, bool), Outcome> {
        progress.stage("mending and judging again");
        let (mut made, last) = self.plan(mender, &mut judged, meant)?;
        drop(progress);
        let Mender {
            root, arguments, links, ..
        } = mender;
        if self.diff {
            let style = arguments.style(true, links);
            output::print(&mending::difference(&made, style.color))?;
            output::explain(&mending::summary(&made, style));
            let has_changes = !made.texts.is_empty();
            judged.report.mending = Some(made);
            return Ok((judged, has_changes));
        }
        refuse_reports_over_files(&made, root, arguments)?;
        for (at, ((name, text), old)) in made.texts.iter().zip(made.before.values()).enumerate() {
            write::replace(root, name, old.text(), text).map_err(|why| {
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
            output::explain(&mending::summary(&made, arguments.style(true, links)));
        }
        let mut left = last.filter(|_| !made.texts.is_empty()).unwrap_or(judged);
        left.report.mending = Some(made);
        Ok((left, false))
    }

    /// What is mended, and the repository as it would be then, if anything is.
    fn plan(
        &self,
        mender: &Mender<'_>,
        judged: &mut Judged,
        meant: &[bool],
    ) -> Result<(Mending, Option<Judged>), Outcome> {
        let can_write = |file: &SourceFile| match mender.touched {
            Some(touched) if !touched.holds(file.path()) => Err(Refusal::new(format!(
                "it changes `{}`, which is not named",
                file.path()
            ))),
            _ if mender.input.is_stream() => Ok(()),
            _ => write::check(mender.root, file.path(), file.text()),
        };
        let asked = Asked {
            is_unsafe_too: self.unsafe_fixes,
            meant,
        };
        let mut charts = std::mem::take(&mut judged.repository.rendered_charts);
        let mut last: Option<Judged> = None;
        let report = &judged.report;
        let made = mend::plan(&report.findings, &report.mends, asked, can_write, |texts| {
            if let Some(before) = &mut last {
                charts = std::mem::take(&mut before.repository.rendered_charts);
            }
            let changed: BTreeMap<String, Vec<u8>> = texts
                .iter()
                .map(|(name, text)| (name.clone(), text.clone().into_bytes()))
                .collect();
            let again = mender
                .judgement
                .again(mender.input, &changed, std::mem::take(&mut charts))?;
            if let Some(why) = &again.report.incomplete {
                return Err(Outcome::Unfinished(why.clone()));
            }
            let findings = again.report.findings.clone();
            last = Some(again);
            Ok(findings)
        })?;
        Ok((made, last))
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
