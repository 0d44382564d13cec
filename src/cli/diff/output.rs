//! In which forms differences are reported, and where.

use std::path::PathBuf;
use std::str::FromStr;

use super::super::exit::Outcome;
use super::super::output;
use super::arguments::DiffArguments;
use crate::report::diff::external::ExternalDiff;
use crate::report::diff::{DiffReport, human, json, markdown, unified};
use crate::report::human::Style;

/// A format, and a file to write it to.
#[derive(Debug, Clone)]
pub(in crate::cli) struct DiffOutput {
    format: &'static Format,
    file: Option<PathBuf>,
}

/// A form that a report of differences can have.
#[derive(Debug)]
struct Format {
    name: &'static str,
    render: fn(&DiffReport, Style) -> String,
}

/// One line a format.
#[rustfmt::skip]
static FORMATS: [Format; 4] = [
    Format { name: "human", render: human::render },
    Format { name: "json", render: |report, _| json::render(report) },
    Format { name: "markdown", render: |report, _| markdown::render(report) },
    Format { name: "unified", render: unified::render },
];

/// The names of all forms.
pub(in crate::cli) fn format_names() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|format| format.name)
}

impl FromStr for DiffOutput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, file) = output::split_target(text)?;
        let format = FORMATS.iter().find(|format| format.name == name).ok_or_else(|| {
            let known: Vec<&str> = format_names().collect();
            format!("`{name}` is none of {}", known.join(", "))
        })?;
        Ok(Self { format, file })
    }
}

/// Everything that is to come out.
pub(super) struct Outputs {
    formats: Vec<DiffOutput>,
    /// In place of the standard form.
    external: Option<ExternalDiff>,
}

/// The variable that names a program to show differences with.
const EXTERNAL: &str = "KUBECTL_EXTERNAL_DIFF";

pub(super) fn outputs(arguments: &DiffArguments) -> Result<Outputs, Outcome> {
    let files: Vec<_> = arguments.output.iter().map(|output| output.file.as_deref()).collect();
    output::refuse_shared_files(&files)?;
    if !arguments.output.is_empty() {
        return Ok(Outputs {
            formats: arguments.output.clone(),
            external: None,
        });
    }
    let external = std::env::var(EXTERNAL).ok().filter(|text| !text.trim().is_empty());
    let external = external.as_deref().map(ExternalDiff::parse).transpose();
    let external = external.map_err(Outcome::usage)?;
    let human = FORMATS.iter().take(1).filter(|_| external.is_none());
    Ok(Outputs {
        formats: human.map(|format| DiffOutput { format, file: None }).collect(),
        external,
    })
}

impl Outputs {
    pub(super) fn write(&self, report: &DiffReport, arguments: &DiffArguments) -> Result<(), Outcome> {
        for target in &self.formats {
            let style = Style {
                color: target.file.is_none() && output::use_color(arguments.color),
                width: output::width(),
                verbose: arguments.verbose,
                show_suppressed: false,
                links: None,
            };
            output::write_to(target.file.as_deref(), &(target.format.render)(report, style))?;
        }
        // Forms without room for it leave what is not known to standard error.
        let says_all = |format: &str| matches!(format, "human");
        if !self
            .formats
            .iter()
            .any(|target| target.file.is_none() && says_all(target.format.name))
        {
            for problem in problems(report) {
                output::complain(&problem);
            }
        }
        if let Some(external) = &self.external {
            external.show(report).map_err(Outcome::internal)?;
        }
        Ok(())
    }
}

/// What is not known, a line each.
fn problems(report: &DiffReport) -> Vec<String> {
    const SHOWN: usize = 20;
    let of_sides = report.sides.iter().flat_map(|side| {
        let unknown = side.objects.iter().filter(|object| object.status.is_unknown());
        let unknown =
            unknown.map(|object| format!("{}: {}", object.object, object.reason.as_deref().unwrap_or("not known")));
        side.problems.iter().cloned().chain(unknown)
    });
    let mut all: Vec<String> = report.problems.iter().cloned().chain(of_sides).collect();
    if all.len() > SHOWN {
        let more = all.len() - SHOWN;
        all.truncate(SHOWN);
        all.push(format!("and {more} more"));
    }
    all
}
