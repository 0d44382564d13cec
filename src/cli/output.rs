//! Where output goes. Nothing else writes to the standard streams.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::str::FromStr;

use clap::ColorChoice;

use super::exit::Outcome;
use crate::policy::catalog::Catalog;
use crate::policy::finding::Severity;
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
    pub(super) render: fn(&Material<'_>) -> String,
}

/// What a format is made from.
pub(super) struct Material<'r> {
    pub(super) report: &'r Report,
    pub(super) catalog: &'r Catalog,
    /// For what a person reads at a terminal.
    pub(super) style: Style,
    /// For what says itself whether the run has failed.
    pub(super) fail_on: Severity,
}

/// One line a format.
#[rustfmt::skip]
static FORMATS: [Format; 7] = [
    Format { name: "human", render: |from| human::render(from.report, from.catalog, from.style) },
    Format { name: "json", render: |from| json::render(from.report) },
    Format { name: "sarif", render: |from| sarif::render(from.report, from.catalog) },
    Format { name: "github", render: |from| github::render(from.report) },
    Format { name: "gitlab", render: |from| gitlab::render(from.report) },
    Format { name: "junit", render: |from| junit::render(from.report, from.catalog, from.fail_on) },
    Format { name: "markdown", render: |from| markdown::render(from.report, from.catalog) },
];

impl FromStr for OutputTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err("a file is due after `=`".to_owned()),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = FORMATS.iter().find(|format| format.name == name).ok_or_else(|| {
            let known: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
            format!("`{name}` is none of {}", known.join(", "))
        })?;
        Ok(Self { format, file })
    }
}

/// Refuses two formats in one place, of which one would be lost or both be unreadable.
pub(super) fn refuse_shared_places(targets: &[OutputTarget]) -> Result<(), Outcome> {
    for (at, target) in targets.iter().enumerate() {
        let is_shared = targets.iter().skip(at + 1).any(|other| other.file == target.file);
        match &target.file {
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

fn wants_color(choice: ColorChoice, is_terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        // https://no-color.org: any value but the empty one.
        ColorChoice::Auto => {
            is_terminal
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && std::env::var_os("TERM").is_none_or(|value| value != "dumb")
        }
    }
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
    match &target.file {
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
