//! Where output goes. Nothing else writes to the standard streams.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::str::FromStr;

use clap::ColorChoice;

use super::exit::Outcome;
use crate::report::visible::visible;

/// A format, and a file to write it to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutputTarget {
    pub(super) format: Format,
    pub(super) file: Option<PathBuf>,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Human,
    Json,
}

/// One line a format.
const FORMATS: [(&str, Format); 2] = [("human", Format::Human), ("json", Format::Json)];

impl FromStr for OutputTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err("a file is due after `=`".to_owned()),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = FORMATS
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, format)| format)
            .ok_or_else(|| {
                let known: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
                format!("`{name}` is none of {}", known.join(", "))
            })?;
        Ok(Self { format, file })
    }
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
