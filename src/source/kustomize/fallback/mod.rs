//! Kustomizations that this code does not understand, built by `kustomize` or kubectl on a copy, where that is safe.
//!
//! ```text
//! safety (what it takes: nothing from the network, no programs) ─ copy ─ run ─ locate (documents at the files they come from)
//! ```

mod locate;
mod safety;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::graph::Graph;
use super::problem::Problem;
use super::rendering::RenderedObject;
use super::sources::Sources;
use crate::source::disk::Files;
use crate::source::temporary::TemporaryFolder;
use crate::source::{decode, limits, program, walk};

/// What a build may do, beyond reading the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions {
    /// Fetch bases and files from the network.
    pub remote: bool,
    /// Run the programs that kustomizations name.
    pub programs: bool,
}

/// A program that builds kustomizations.
#[derive(Debug)]
pub struct OtherRenderer {
    program: PathBuf,
    /// Its name for people.
    pub name: &'static str,
    /// What stands before the folder on its command line.
    command: &'static str,
    permissions: Permissions,
    /// How long all builds have taken so far.
    spent: Mutex<Duration>,
}

impl OtherRenderer {
    /// `kustomize`, or else `kubectl`, on the `PATH`.
    #[must_use]
    pub fn find(permissions: Permissions) -> Option<Self> {
        let known = [
            ("kustomize", "kustomize", "build"),
            ("kubectl", "kubectl kustomize", "kustomize"),
        ];
        known.into_iter().find_map(|(file, name, command)| {
            Some(Self {
                program: program::find(file)?,
                name,
                command,
                permissions,
                spent: Mutex::default(),
            })
        })
    }

    /// Whether it may use the network.
    pub(super) fn fetches(&self) -> bool {
        self.permissions.remote
    }

    /// Builds a folder.
    ///
    /// # Errors
    /// It may do more than is permitted, or the program fails.
    pub(super) fn build(
        &self,
        folder: &str,
        graph: &Graph,
        files: &dyn Files,
        sources: &Sources,
    ) -> Result<Vec<RenderedObject>, Problem> {
        safety::check(folder, graph, sources, self.permissions)?;
        if *self.spent() > limits::KUSTOMIZE_TIME_IN_ALL {
            let minutes = limits::KUSTOMIZE_TIME_IN_ALL.as_secs() / 60;
            return Err(Problem::not_understood(format!(
                "`{}` has built others of this repository for {minutes} minutes, and is not asked any more",
                self.name
            )));
        }
        let start = Instant::now();
        let built = self.build_copy(folder, graph, files, sources);
        *self.spent() += start.elapsed();
        built
    }

    fn spent(&self) -> MutexGuard<'_, Duration> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn build_copy(
        &self,
        folder: &str,
        graph: &Graph,
        files: &dyn Files,
        sources: &Sources,
    ) -> Result<Vec<RenderedObject>, Problem> {
        let failed = |message: String| Problem::not_understood(message);
        let place = TemporaryFolder::new("checker-kustomize-").map_err(|error| failed(walk::plain(&error)))?;
        copy(folder, graph, files, place.path()).map_err(failed)?;
        let output = self.run(folder, place.path()).map_err(|why| {
            let name = self.name;
            failed(if may_hold_secrets(folder, graph, sources) {
                let shown = if folder.is_empty() { "." } else { folder };
                format!(
                    "`{name}` does not build it, and its reason may hold values of a Secret: `kubectl kustomize {shown}` shows it"
                )
            } else {
                format!("`{name}` does not build it: {}", cause(&why, place.path()))
            })
        })?;
        let decoded = decode::decode("(rendered)", output);
        if decoded.is_refused() {
            return Err(failed(format!("what `{}` makes of it cannot be read", self.name)));
        }
        locate::objects(&decoded, folder, graph, sources)
    }

    fn run(&self, folder: &str, place: &Path) -> Result<Vec<u8>, String> {
        let home = place.join("home");
        let overlay = place.join(OVERLAY);
        for path in [&home, &overlay] {
            fs::create_dir_all(path).map_err(|error| walk::plain(&error))?;
        }
        // One more overlay, which changes nothing, asks for the file of each object.
        // A folder may be called anything, also so that it would end a string.
        let base = serde_json::Value::from(format!("../{REPOSITORY}/{folder}"));
        let text = format!("buildMetadata: [originAnnotations]\nresources:\n- {base}\n");
        fs::write(overlay.join("kustomization.yaml"), text).map_err(|error| walk::plain(&error))?;
        let mut command = program::command(&self.program, &home);
        command.arg(self.command).arg(&overlay);
        if self.permissions.programs {
            command.args(["--enable-alpha-plugins", "--enable-exec"]);
        }
        if self.permissions.remote || self.permissions.programs {
            // What is fetched and run needs what the user has.
            command.envs(std::env::vars_os().filter(|(name, _)| name.as_os_str() != OsStr::new("TMPDIR")));
        }
        if !self.permissions.remote {
            for (name, value) in NO_NETWORK {
                command.env(name, value);
            }
        }
        program::run(command, limits::KUSTOMIZE_TIME)
    }
}

/// Where the copy of the repository lies, and the overlay around the folder that is built.
const REPOSITORY: &str = "repository";
const OVERLAY: &str = "overlay";

/// What is checked beforehand holds; this keeps it so if the program finds a way to the network that nobody thought of.
const NO_NETWORK: [(&str, &str); 4] = [
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("HTTP_PROXY", "http://127.0.0.1:9"),
    ("HTTPS_PROXY", "http://127.0.0.1:9"),
    ("NO_PROXY", ""),
];

/// Copies what the folder takes, and nothing else: no link, and nothing from outside the repository.
fn copy(folder: &str, graph: &Graph, files: &dyn Files, place: &Path) -> Result<(), String> {
    let mut left = limits::COPIED_BYTES;
    let folders = graph.reachable([folder]).into_iter().chain([folder]);
    let taken = folders.filter_map(|folder| graph.kustomizations.get(folder));
    let of_folders = taken.flat_map(|known| {
        let own = known.files.iter().map(|decoded| decoded.file.path());
        own.chain(known.resources.iter().map(String::as_str))
    });
    let others = graph.inputs.iter().chain(&graph.data).map(String::as_str);
    for name in of_folders.chain(others) {
        // What is not there is for the program to miss.
        let Ok(bytes) = files.read(name) else { continue };
        left = left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| format!("its files are larger than {} MiB together", limits::COPIED_BYTES >> 20))?;
        let path = place.join(REPOSITORY).join(name);
        let folder = path.parent().unwrap_or(place);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, bytes))
            .map_err(|error| walk::plain(&error))?;
    }
    Ok(())
}

/// Whether there may be a Secret in what is built. kustomize quotes objects and literals whole where it complains
/// (kustomize api v0.18.0 `api/internal/builtins/NamespaceTransformer.go`, `api/kv/kv.go`).
fn may_hold_secrets(folder: &str, graph: &Graph, sources: &Sources) -> bool {
    let folders = graph.reachable([folder]).into_iter().chain([folder]);
    let known = folders.filter_map(|folder| graph.kustomizations.get(folder));
    let names = known.flat_map(|known| {
        let own = known.files.iter().map(|decoded| decoded.file.path());
        own.chain(known.resources.iter().map(String::as_str))
    });
    let mut files = names
        .chain(graph.inputs.iter().map(String::as_str))
        .filter_map(|name| sources.file_named(name));
    files.any(|file| {
        let mut words = file.text().as_bytes().windows(SECRET.len());
        words.any(|word| word.eq_ignore_ascii_case(SECRET))
    })
}

const SECRET: &[u8] = b"secret";

/// What a complaint comes down to: kustomize tells of each step on the way to it, and kubectl puts its log's marks around it. The names
/// of the temporary folder mean nothing to anybody.
fn cause(complaint: &str, place: &Path) -> String {
    const PARTS: usize = 2;
    let place = place.to_string_lossy();
    let text = complaint
        .replace(&format!("{place}/{REPOSITORY}/"), "")
        .replace(&format!("{place}/"), "");
    let text = text.split_once("err=").map_or(text.as_str(), |(_, cause)| cause);
    let text = text.trim_matches(['"', '\'', '<', '>', ' ']);
    let parts: Vec<&str> = text.split(": ").collect();
    let last = &parts[parts.len().saturating_sub(PARTS)..];
    last.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_comes_down_to_its_cause() {
        let place = Path::new("/tmp/x");
        for (complaint, due) in [
            (
                "E1126 01:00:43.746062    2677 run.go:72] \"command failed\" err=\"accumulating resources: accumulation err='a': evalsymlink \
                 failure on '/tmp/x/repository/a/b.yaml': no such file\"",
                "evalsymlink failure on 'a/b.yaml': no such file",
            ),
            (
                "Error: no matches for Id Deployment.v1.apps/web",
                "Error: no matches for Id Deployment.v1.apps/web",
            ),
            ("", ""),
        ] {
            assert_eq!(cause(complaint, place), due);
        }
    }
}
