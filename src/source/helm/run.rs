//! The program `helm`, held to rendering: no plugins, no network, no cluster, nothing of the user's own settings, and not for ever.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::copy::{Copied, CopiedValues};
use super::recognise::Instance;
use crate::source::temporary::TemporaryFolder;
use crate::source::{limits, program, walk};

/// The program, found once.
#[derive(Debug)]
pub struct Helm {
    program: PathBuf,
    /// How long it may take.
    time: Duration,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoHelm {
    /// No folder of `PATH` has it.
    NotFound,
    /// It does not say its version.
    NotUsable(String),
    /// It is older than 3.16.
    TooOld(String),
}

impl fmt::Display for NoHelm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = OLDEST;
        match self {
            Self::NotFound => formatter.write_str("`helm` is not on the PATH"),
            Self::NotUsable(why) => write!(formatter, "`helm` does not say its version: {why}"),
            Self::TooOld(version) => write!(formatter, "`helm` is {version}, older than {major}.{minor}"),
        }?;
        write!(
            formatter,
            "; `--helm` renders charts by it (Helm {major}.{minor} or later). Install it, or leave `--helm` away: then charts are counted and not judged"
        )
    }
}

/// The first that can be told not to follow a schema of values (`--skip-schema-validation`).
const OLDEST: (u32, u32) = (3, 16);

const PROGRAM: &str = "helm";

/// What `.Capabilities.APIVersions` has beside Kubernetes' own: a chart may render a SidecarSet only where there is Kruise, and where this
/// program is used there is.
const KINDS_OF_THE_CLUSTER: [&str; 2] = ["apps.kruise.io/v1alpha1", "apps.kruise.io/v1alpha1/SidecarSet"];

/// Characters of a complaint that are told.
const LONGEST_COMPLAINT: usize = 400;

impl Helm {
    /// The `helm` on the `PATH`.
    ///
    /// # Errors
    /// There is none, or none that can be held to rendering.
    pub fn find() -> Result<Self, NoHelm> {
        let program = program::find(PROGRAM).ok_or(NoHelm::NotFound)?;
        let helm = Self::of(program, limits::HELM_TIME);
        let home = TemporaryFolder::new("checker-helm-").map_err(|error| NoHelm::NotUsable(walk::plain(&error)))?;
        let mut command = helm.command(home.path());
        command.args(["version", "--template", "{{.Version}}"]);
        let output = program::run(command, helm.time).map_err(NoHelm::NotUsable)?;
        let version = String::from_utf8_lossy(&output).trim().to_owned();
        match numbers(&version) {
            Some(found) if found >= OLDEST => Ok(helm),
            Some(_) => Err(NoHelm::TooOld(version)),
            None => Err(NoHelm::NotUsable(program::first_line(&output))),
        }
    }

    pub(super) fn of(program: PathBuf, time: Duration) -> Self {
        Self { program, time }
    }

    /// Renders a chart.
    ///
    /// Helm looks nothing up in a cluster (`lookup` is empty without `--dry-run=server`) or in DNS (`getHostByName` is empty without
    /// `--enable-dns`), and `helm template` alone fetches no dependencies (`helm v3.18.6 cmd/helm/template.go`, `pkg/engine/funcs.go`).
    pub(super) fn template(&self, instance: &Instance, namespace: &str, copied: &Copied) -> Result<Vec<u8>, String> {
        let home = copied.home();
        fs::create_dir_all(&home).map_err(|error| format!("no temporary folder: {}", walk::plain(&error)))?;
        let mut command = self.command(&home);
        command.arg("template").arg("--namespace").arg(namespace);
        command.args(["--skip-tests", "--skip-schema-validation"]);
        for known in KINDS_OF_THE_CLUSTER {
            command.args(["--api-versions", known]);
        }
        for values in &copied.values {
            match values {
                CopiedValues::File(path) => command.arg("--values").arg(path),
                CopiedValues::Set { assignment, is_string } => {
                    let flag = if *is_string { "--set-string" } else { "--set" };
                    command.arg(flag).arg(assignment)
                }
            };
        }
        command.arg("--").arg(&instance.release).arg(copied.chart_folder());
        program::run(command, self.time).map_err(|message| without_paths(&message, copied))
    }

    fn command(&self, home: &Path) -> Command {
        let mut command = program::command(&self.program, home);
        command.env("HELM_NO_PLUGINS", "1");
        let inside = |name: &str| -> OsString { home.join(name).into_os_string() };
        for (variable, name) in [
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("HELM_CACHE_HOME", "cache"),
            ("HELM_CONFIG_HOME", "config"),
            ("HELM_DATA_HOME", "data"),
            ("HELM_PLUGINS", "plugins"),
            ("HELM_REPOSITORY_CACHE", "repository"),
            ("HELM_REPOSITORY_CONFIG", "repositories.yaml"),
            ("HELM_REGISTRY_CONFIG", "registry.json"),
            ("KUBECONFIG", "kubeconfig"),
        ] {
            command.env(variable, inside(name));
        }
        command
    }
}

/// Major and minor of `v3.18.6`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix('v')?.split('.');
    let mut number = || parts.next()?.parse().ok();
    Some((number()?, number()?))
}

/// A message without the names of the temporary folder, which mean nothing to anybody.
fn without_paths(message: &str, copied: &Copied) -> String {
    let chart = copied.chart_folder();
    let chart = chart.to_string_lossy();
    let message = message.replace(&format!("{chart}/"), "").replace(&*chart, "the chart");
    message.chars().take(LONGEST_COMPLAINT).collect()
}
