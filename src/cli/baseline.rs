//! The baseline of `checker check`: which one is read, and where one is written to.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ColorChoice, ValueHint};

use super::CONFIGURATION;
use super::configuration::complaint;
use super::exit::Outcome;
use crate::config::{self, Configuration};
use crate::policy::catalog::Catalog;
use crate::policy::finding::Finding;
use crate::policy::suppression::{Baseline, baseline};
use crate::source::disk::Files;
use crate::source::{load, walk};

#[derive(Debug, Args)]
pub(super) struct BaselineArguments {
    /// Hide what this file holds
    ///
    /// Without it the file that the configuration names is taken.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    baseline: Option<PathBuf>,

    /// Write what is found now to a file, and hide it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "baseline", hide_short_help = true, help_heading = CONFIGURATION)]
    write_baseline: Option<PathBuf>,
}

/// The baseline of a run.
#[derive(Debug, Default)]
pub(super) struct FoundBaseline {
    pub(super) content: Option<Baseline>,
    /// The names of the files that are baselines, relative to the root of the repository.
    pub(super) names: Vec<String>,
}

impl BaselineArguments {
    /// Reads the baseline, unless it is to be written anew; that of the configuration from `files`, if the state of the repository that is
    /// judged is not that on the disk.
    pub(super) fn read(
        &self,
        configuration: &Configuration,
        root: &Path,
        files: Option<&dyn Files>,
        color: ColorChoice,
    ) -> Result<FoundBaseline, Outcome> {
        let here = std::env::current_dir().map_err(Outcome::internal)?;
        let name_of = |file: &Path| {
            let file = walk::absolute(&here, file);
            if file.starts_with(root) {
                walk::relative(root, &file)
            } else {
                file.display().to_string()
            }
        };
        let mut found = FoundBaseline {
            content: None,
            names: configuration.baseline.iter().cloned().collect(),
        };
        let named = self.baseline.as_ref().or(self.write_baseline.as_ref());
        found.names.extend(named.map(|file| name_of(file)));
        if self.write_baseline.is_some() {
            return Ok(found);
        }
        if let (None, Some(name), Some(files)) = (&self.baseline, &configuration.baseline, files) {
            let bytes = files
                .read(name)
                .map_err(|message| Outcome::usage(format!("`{name}`: {message}")))?;
            found.content = Some(config::read_baseline(name, bytes).map_err(|error| complaint(error, color))?);
            return Ok(found);
        }
        let of_configuration = configuration.baseline.as_ref().map(|name| root.join(name));
        let Some(file) = self.baseline.clone().or(of_configuration) else {
            return Ok(found);
        };
        let name = name_of(&file);
        let bytes = load::read_limited(&file).map_err(|message| Outcome::usage(format!("`{name}`: {message}")))?;
        let content = config::read_baseline(&name, bytes).map_err(|error| complaint(error, color))?;
        found.content = Some(content);
        Ok(found)
    }

    /// Whether a baseline is to be written.
    pub(super) fn is_written(&self) -> bool {
        self.write_baseline.is_some()
    }

    /// Writes the baseline, if asked to, and hides what it holds.
    pub(super) fn write(&self, findings: &mut [Finding], catalog: &Catalog, color: ColorChoice) -> Result<(), Outcome> {
        let Some(file) = &self.write_baseline else {
            return Ok(());
        };
        let text = baseline::write(findings, catalog);
        fs::write(file, &text).map_err(|error| Outcome::usage(format!("cannot write {}: {error}", file.display())))?;
        let name = file.display().to_string();
        let written = config::read_baseline(&name, text.into_bytes()).map_err(|error| complaint(error, color))?;
        // It was written from them: none is stale.
        let _ = written.hide(findings, catalog);
        Ok(())
    }
}
