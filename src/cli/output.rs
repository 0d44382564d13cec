//! Where output goes. Nothing else writes to the standard streams.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ColorChoice;

use super::exit::Outcome;
use crate::policy::catalog::Catalog;
use crate::policy::finding::Severity;
use crate::report::diff::DiffReport;
use crate::report::human::Style;
use crate::report::visible::visible;
use crate::report::{Report, github, gitlab, human, json, junit, markdown, sarif};

/// A format, and a file to write it to.
#[derive(Debug, Clone)]
pub(super) struct OutputTarget {
    pub(super) format: &'static Format,
    pub(super) file: Option<PathBuf>,
}

/// A form that a report can have.
#[derive(Debug)]
pub(super) struct Format {
    pub(super) name: &'static str,
    /// Whether it tells what has changed since the base.
    pub(super) shows_changes: bool,
    pub(super) render: fn(&Material<'_>) -> String,
}

/// What a format is made from.
pub(super) struct Material<'r> {
    pub(super) report: &'r Report,
    pub(super) catalog: &'r Catalog,
    /// What is otherwise than at the base, if a format shows it.
    pub(super) changes: Option<&'r DiffReport>,
    /// For what a person reads at a terminal.
    pub(super) style: Style<'r>,
    /// For what says itself whether the run has failed.
    pub(super) fail_on: Severity,
}

/// One line a format.
#[rustfmt::skip]
static FORMATS: [Format; 7] = [
    Format { name: "human", shows_changes: false, render: |from| human::render(from.report, from.catalog, from.style) },
    Format { name: "json", shows_changes: false, render: |from| json::render(from.report) },
    Format { name: "sarif", shows_changes: false, render: |from| sarif::render(from.report, from.catalog) },
    Format { name: "github", shows_changes: false, render: |from| github::render(from.report) },
    Format { name: "gitlab", shows_changes: false, render: |from| gitlab::render(from.report) },
    Format { name: "junit", shows_changes: false, render: |from| junit::render(from.report, from.catalog, from.fail_on) },
    Format { name: "markdown", shows_changes: true, render: |from| markdown::render(from.report, from.catalog, from.changes) },
];

impl FromStr for OutputTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, file) = split_target(text)?;
        let format = FORMATS.iter().find(|format| format.name == name).ok_or_else(|| {
            let known: Vec<&str> = format_names().collect();
            format!("`{name}` is none of {}", known.join(", "))
        })?;
        Ok(Self { format, file })
    }
}

/// The name of a format, and the file that is named with it.
pub(super) fn split_target(text: &str) -> Result<(&str, Option<PathBuf>), String> {
    match text.split_once('=') {
        Some((_, "")) => Err("a file is due after `=`".to_owned()),
        Some((name, file)) => Ok((name, Some(PathBuf::from(file)))),
        None => Ok((text, None)),
    }
}

/// Refuses two formats in one place, of which one would be lost or both be unreadable.
pub(super) fn refuse_shared_places(targets: &[OutputTarget]) -> Result<(), Outcome> {
    let files: Vec<Option<&Path>> = targets.iter().map(|target| target.file.as_deref()).collect();
    refuse_shared_files(&files)
}

/// As [`refuse_shared_places`], of the files alone; `None` is standard output.
pub(super) fn refuse_shared_files(files: &[Option<&Path>]) -> Result<(), Outcome> {
    for (at, file) in files.iter().enumerate() {
        let is_shared = files.iter().skip(at + 1).any(|other| other == file);
        match file {
            Some(file) if is_shared => {
                let file = file.display();
                return Err(Outcome::usage(format!("only one format can go to the file {file}")));
            }
            None if is_shared => {
                return Err(Outcome::usage(
                    "only one format can go to standard output; give the others a file: `--output json=FILE`",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Columns of the terminal, or a width that reads well in a log.
pub(super) fn width() -> usize {
    const FALLBACK: usize = 100;
    const WIDEST: usize = 120;
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns
        .or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
        .unwrap_or(FALLBACK)
        .clamp(40, WIDEST)
}

/// Whether to colour what goes to standard output.
pub(super) fn use_color(choice: ColorChoice) -> bool {
    wants_color(choice, io::stdout().is_terminal())
}

/// Whether to colour what goes to standard error.
pub(super) fn use_color_in_complaints(choice: ColorChoice) -> bool {
    wants_color(choice, io::stderr().is_terminal())
}

/// Whether what goes to standard output may hold links: only a terminal that is known to open them gets any.
pub(super) fn use_links(choice: ColorChoice) -> bool {
    io::stdout().is_terminal() && use_color(choice) && supports_hyperlinks::supports_hyperlinks()
}

/// Whether somebody sees a line on standard error that is drawn over and over.
pub(super) fn use_progress() -> bool {
    io::stderr().is_terminal() && !is_dumb()
}

/// Whether standard input is typed.
pub(super) fn is_typed() -> bool {
    io::stdin().is_terminal()
}

fn wants_color(choice: ColorChoice, is_terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        // The order in which the help of every command, which clap colours, goes by them. https://no-color.org and
        // https://force-color.org: any value but the empty one; https://bixense.com/clicolors: any but 0.
        ColorChoice::Auto => {
            let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
            if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
                return false;
            }
            if is_set("CLICOLOR_FORCE") || is_set("FORCE_COLOR") {
                return true;
            }
            let is_off = std::env::var_os("CLICOLOR").is_some_and(|value| value == "0");
            is_terminal && !is_off && !is_dumb()
        }
    }
}

/// Whether the terminal can do nothing but show text.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|value| value == "dumb")
}

/// The names of the formats.
pub(super) fn format_names() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|format| format.name)
}

/// Writes text to standard output.
pub(super) fn print(text: &str) -> Result<(), Outcome> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // That nobody reads on (`| head`) is no fault, and changes nothing of what was found.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Outcome::internal(format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes text to a file, or to standard output.
pub(super) fn write(target: &OutputTarget, text: &str) -> Result<(), Outcome> {
    write_to(target.file.as_deref(), text)
}

/// Writes text to a file, or to standard output.
pub(super) fn write_to(file: Option<&Path>, text: &str) -> Result<(), Outcome> {
    match file {
        None => print(text),
        Some(file) => {
            fs::write(file, text).map_err(|error| Outcome::usage(format!("cannot write {}: {error}", file.display())))
        }
    }
}

/// Writes a text that is made to be shown to standard error.
pub(super) fn explain(text: &str) {
    // As below.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes a line to standard error.
pub(super) fn complain(message: &str) {
    // If even this cannot be written, nobody is there to be told.
    let _ = writeln!(io::stderr().lock(), "checker: {}", visible(message));
}
