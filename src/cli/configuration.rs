//! The configuration that a command goes by, and which of its targets.

use std::path::{Path, PathBuf};

use clap::{Args, ColorChoice, ValueHint};

use super::exit::Outcome;
use super::{CONFIGURATION, output};
use crate::config::{self, Configuration, ConfigurationError, Problems};
use crate::model::target::{Target, Targets};
use crate::policy::catalog;
use crate::report::configuration;
use crate::source::disk::Files;
use crate::source::spelling;
use crate::source::{load, walk};

#[derive(Debug, Args)]
pub(super) struct ConfigurationArguments {
    /// The configuration [default: the nearest `.checker.yaml`]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true, help_heading = CONFIGURATION)]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct TargetArguments {
    /// Only this target; repeatable
    ///
    /// As the configuration names them.
    #[arg(long, value_name = "NAME")]
    target: Vec<String>,

    /// The namespace of objects that name none
    #[arg(long, short, value_name = "NAMESPACE")]
    namespace: Option<String>,
}

/// A configuration, and the file it is from.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) configuration: Configuration,
    /// Its name relative to the root of the repository.
    pub(super) name: Option<String>,
}

impl ConfigurationArguments {
    /// Whether a file is named.
    pub(super) fn is_named(&self) -> bool {
        self.config.is_some()
    }

    /// The configuration around the working directory.
    pub(super) fn of_here(&self) -> Result<Configuration, Outcome> {
        let here = std::env::current_dir().map_err(Outcome::internal)?;
        let paths = [here.clone()];
        let root = walk::repository_root(&here, &paths);
        Ok(self.of(&root, &paths, None, ColorChoice::Auto)?.configuration)
    }

    /// The configuration for these paths of a repository, from `files` if it is another state of it than that on the disk.
    pub(super) fn of(
        &self,
        root: &Path,
        paths: &[PathBuf],
        files: Option<&dyn Files>,
        color: ColorChoice,
    ) -> Result<Found, Outcome> {
        if let Some(files) = files.filter(|_| self.config.is_none()) {
            let Some(name) = config::find_in(files, root, paths).map_err(Outcome::usage)? else {
                return Ok(Found::default());
            };
            let bytes = files
                .read(&name)
                .map_err(|message| Outcome::usage(format!("`{name}`: {message}")))?;
            let read = config::read_from(&name, bytes, root, files);
            return found(name, read, color);
        }
        let file = match &self.config {
            Some(file) => {
                let here = std::env::current_dir().map_err(Outcome::internal)?;
                Some(walk::absolute(&here, file))
            }
            None => config::find(root, paths).map_err(Outcome::usage)?,
        };
        let Some(file) = file else {
            return Ok(Found::default());
        };
        let name = if file.starts_with(root) {
            walk::relative(root, &file)
        } else {
            file.display().to_string()
        };
        let bytes = load::read_limited(&file).map_err(|message| Outcome::usage(format!("`{name}`: {message}")))?;
        let read = config::read(&name, bytes, root);
        found(name, read, color)
    }
}

fn found(name: String, read: Result<Configuration, ConfigurationError>, color: ColorChoice) -> Result<Found, Outcome> {
    match read {
        Ok(configuration) => Ok(Found {
            configuration,
            name: Some(name),
        }),
        Err(error) => Err(complaint(error, color)),
    }
}

/// What a file that tells the program what to do ends the run with.
pub(super) fn complaint(error: ConfigurationError, color: ColorChoice) -> Outcome {
    match error {
        ConfigurationError::Internal(message) => Outcome::internal(message),
        ConfigurationError::Problems(problems) => refused(&problems, color),
    }
}

/// Shows what is wrong with such a file.
pub(super) fn refused(problems: &Problems, color: ColorChoice) -> Outcome {
    let is_colored = output::use_color_in_complaints(color);
    output::explain(&configuration::render(problems, is_colored, output::width()));
    let name = problems.file.path();
    Outcome::usage(match problems.list.len() {
        1 => format!("an error in `{name}`, so nothing was done"),
        count => format!("{count} errors in `{name}`, so nothing was done"),
    })
}

impl TargetArguments {
    /// The namespace that is given for the whole run.
    pub(super) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Whether targets are named.
    pub(super) fn is_named(&self) -> bool {
        !self.target.is_empty()
    }

    /// The targets to judge.
    pub(super) fn select(&self, configuration: Configuration) -> Result<Targets, Outcome> {
        let mut all = configuration.targets;
        if all.is_empty() {
            let profile = catalog::default_profile().map_err(Outcome::internal)?;
            all.push(Target::everything(profile));
        }
        for name in &self.target {
            if !all.iter().any(|target| *target.name == **name) {
                return Err(Outcome::usage(unknown_target(name, &all)));
            }
        }
        let is_selected =
            |target: &Target| self.target.is_empty() || self.target.iter().any(|name| **name == *target.name);
        let (mut selected, others): (Vec<Target>, Vec<Target>) = all.into_iter().partition(is_selected);
        if self.namespace.is_some() {
            for target in &mut selected {
                target.namespace.clone_from(&self.namespace);
            }
        }
        Ok(Targets { selected, others })
    }

    /// The target that a stream from elsewhere is: all of it.
    pub(super) fn select_for_stream(&self, configuration: Configuration) -> Result<Targets, Outcome> {
        let Targets { mut selected, .. } = self.select(configuration)?;
        match (selected.pop(), selected.is_empty()) {
            (Some(target), true) => Ok(Targets::only(target.holding_everything())),
            (last, _) => {
                let names: Vec<&str> = selected.iter().chain(&last).map(|target| &*target.name).collect();
                Err(Outcome::usage(format!(
                    "standard input is of one target; say of which with `--target` ({})",
                    names.join(", ")
                )))
            }
        }
    }
}

fn unknown_target(name: &str, all: &[Target]) -> String {
    let names: Vec<&str> = all.iter().map(|target| &*target.name).collect();
    let hint = spelling::nearest(name, names.iter().copied())
        .map(|meant| format!("; did you mean `{meant}`?"))
        .unwrap_or_default();
    format!("there is no target `{name}`{hint} (there are: {})", names.join(", "))
}
