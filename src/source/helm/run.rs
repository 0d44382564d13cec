//! The program `helm`, held to rendering: no plugins, no network, no cluster, nothing of the user's own settings, and not for ever.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::copy::{Copied, CopiedValues};
use super::recognise::Instance;
use crate::source::{limits, walk};

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

/// The name of the program.
const PROGRAM: &str = if cfg!(windows) { "helm.exe" } else { "helm" };

impl Helm {
    /// The `helm` on the `PATH`. A relative folder of it may be the repository's, and is passed over.
    ///
    /// # Errors
    /// There is none, or none that can be held to rendering.
    pub fn find() -> Result<Self, NoHelm> {
        let path = env::var_os("PATH").unwrap_or_default();
        let program = env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(PROGRAM))
            .find(|program| is_program(program))
            .ok_or(NoHelm::NotFound)?;
        let helm = Self::of(program, limits::HELM_TIME);
        let home = tempfile::tempdir().map_err(|error| NoHelm::NotUsable(walk::plain(&error)))?;
        let mut command = helm.command(home.path());
        command.args(["version", "--template", "{{.Version}}"]);
        let output = run(command, helm.time).map_err(NoHelm::NotUsable)?;
        let version = String::from_utf8_lossy(&output).trim().to_owned();
        match numbers(&version) {
            Some(found) if found >= OLDEST => Ok(helm),
            Some(_) => Err(NoHelm::TooOld(version)),
            None => Err(NoHelm::NotUsable(first_line(&output))),
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
        run(command, self.time).map_err(|message| without_paths(&message, copied))
    }

    fn command(&self, home: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .env("HELM_NO_PLUGINS", "1")
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let inside = |name: &str| -> OsString { home.join(name).into_os_string() };
        for (variable, name) in [
            ("HOME", ""),
            ("TMPDIR", ""),
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
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            command.process_group(0);
        }
        command
    }
}

fn is_program(path: &Path) -> bool {
    let Ok(metadata) = fs::metadata(path) else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    metadata.is_file()
}

/// Major and minor of `v3.18.6`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix('v')?.split('.');
    let mut number = || parts.next()?.parse().ok();
    Some((number()?, number()?))
}

/// What a command writes to standard output, or the first line of what it complains.
fn run(mut command: Command, time: Duration) -> Result<Vec<u8>, String> {
    let mut child = command
        .spawn()
        .map_err(|error| format!("cannot be started: {}", walk::plain(&error)))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let out = thread::spawn(move || read(out));
    let err = thread::spawn(move || read_beginning(err));
    let status = wait(&mut child, time).inspect_err(|_| end(&mut child));
    let (out, err) = (joined(out), joined(err));
    if out.len() as u64 > limits::FILE_BYTES {
        return Err(format!("more than {} MiB came out", limits::FILE_BYTES >> 20));
    }
    if status?.success() {
        Ok(out)
    } else {
        Err(first_line(&err))
    }
}

/// Waits for the end, but not for ever.
fn wait(child: &mut Child, time: Duration) -> Result<ExitStatus, String> {
    const STEP: Duration = Duration::from_millis(5);
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if start.elapsed() > time => {
                return Err(format!("not done after {} seconds", time.as_secs()));
            }
            Ok(None) => thread::sleep(STEP),
            Err(error) => return Err(format!("cannot be waited for: {}", walk::plain(&error))),
        }
    }
}

/// Ends the process and those that it has started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // When all have ended already, nobody is left to be told.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// All of a stream, or one byte more than is taken; then it is closed, and whoever writes on is ended by that.
fn read(stream: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // What was read before a fault is what there is.
        let _ = stream.take(limits::FILE_BYTES + 1).read_to_end(&mut bytes);
    }
    bytes
}

/// The beginning of a stream; the rest is read over.
fn read_beginning(stream: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        let _ = stream.by_ref().take(limits::COMPLAINT_BYTES).read_to_end(&mut bytes);
        let _ = io::copy(&mut stream, &mut io::sink());
    }
    bytes
}

fn joined(thread: thread::JoinHandle<Vec<u8>>) -> Vec<u8> {
    thread.join().unwrap_or_default()
}

/// The first line of a complaint, without its `Error: ` and not too long.
fn first_line(bytes: &[u8]) -> String {
    const LONGEST: usize = 400;
    let text = String::from_utf8_lossy(bytes);
    let line = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("no word of why");
    let line = line.trim().trim_start_matches("Error: ");
    line.chars().take(LONGEST).collect()
}

/// A message without the names of the temporary folder, which mean nothing to anybody.
fn without_paths(message: &str, copied: &Copied) -> String {
    let chart = copied.chart_folder();
    let chart = chart.to_string_lossy();
    message.replace(&format!("{chart}/"), "").replace(&*chart, "the chart")
}
