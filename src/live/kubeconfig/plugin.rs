//! The credential plugin: a program that prints an `ExecCredential` (`client-go plugin/pkg/client/auth/exec/exec.go`).
//!
//! It is run once. What it prints, its arguments and its environment hold tokens, and are in no message.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::entries::{InteractiveMode, Plugin};
use super::secret::Secret;
use crate::source::{program, walk};

/// What the program is told of the cluster.
pub(super) type ClusterInformation = serde_json::Map<String, Value>;

/// What the program gave: a token, a certificate with its key, or all of that.
pub(super) struct Given {
    pub(super) token: Option<Secret<String>>,
    /// Certificate and key, in PEM.
    pub(super) certificate: Option<(Secret<String>, Secret<String>)>,
}

const V1: &str = "client.authentication.k8s.io/v1";
const V1_BETA_1: &str = "client.authentication.k8s.io/v1beta1";

/// How long a program may take that asks nobody.
const TIME: Duration = Duration::from_secs(60);
/// How long a program may take that may ask the user, who may have to log in with a browser.
const TIME_WITH_THE_USER: Duration = Duration::from_secs(300);
/// How long to wait for the rest of what it has printed.
const TIME_AFTER_THE_END: Duration = Duration::from_secs(2);
/// Longest answer, in bytes. A certificate with its key is a few thousand.
const ANSWER_BYTES: u64 = 1 << 20;

/// Runs the program. `user` is whose it is, for messages.
pub(super) fn run(plugin: &Plugin, cluster: Option<ClusterInformation>, user: &str) -> Result<Given, String> {
    let is_terminal = io::stdin().is_terminal();
    run_at(plugin, cluster, user, is_terminal)
}

fn run_at(
    plugin: &Plugin,
    cluster: Option<ClusterInformation>,
    user: &str,
    is_terminal: bool,
) -> Result<Given, String> {
    let api_version = plugin.api_version.as_deref().unwrap_or_default();
    if api_version != V1 && api_version != V1_BETA_1 {
        return Err(format!(
            "the credential plugin of user `{user}` needs `apiVersion: {V1}` or `{V1_BETA_1}`"
        ));
    }
    let Some(command) = plugin.command.as_deref() else {
        return Err(format!("the credential plugin of user `{user}` names no `command`"));
    };
    let is_interactive = is_interactive(plugin, api_version, is_terminal)
        .map_err(|why| format!("the credential plugin of user `{user}` {why}"))?;
    let name = format!("the credential plugin `{command}` of user `{user}`");
    let Some(program) = find(command) else {
        let hint = plugin.install_hint.as_deref().unwrap_or_default();
        // In one line, as every message.
        let hint: Vec<&str> = hint.split_whitespace().collect();
        return Err(if hint.is_empty() {
            format!("{name} is not installed")
        } else {
            format!("{name} is not installed; {}", hint.join(" "))
        });
    };
    let mut specification = json!({"interactive": is_interactive});
    if let (Some(cluster), true) = (cluster, plugin.wants_cluster) {
        specification["cluster"] = Value::Object(cluster);
    }
    let information = json!({"apiVersion": api_version, "kind": "ExecCredential", "spec": specification});
    let mut process = Command::new(program);
    process
        .args(plugin.arguments.iter().map(Secret::expose))
        .envs(plugin.variables.iter().map(|(name, value)| (name, value.expose())))
        .env("KUBERNETES_EXEC_INFO", information.to_string())
        .stdin(if is_interactive {
            Stdio::inherit()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        // What it says to the user, not to us.
        .stderr(Stdio::inherit());
    let time = if is_interactive { TIME_WITH_THE_USER } else { TIME };
    let answer = answer(process, time).map_err(|why| format!("{name} {why}"))?;
    read(&answer, api_version).map_err(|why| format!("{name} {why}"))
}

/// Whether the program may ask the user.
fn is_interactive(plugin: &Plugin, api_version: &str, is_terminal: bool) -> Result<bool, &'static str> {
    match plugin.interactive_mode {
        Some(InteractiveMode::Never) => Ok(false),
        Some(InteractiveMode::Always) if is_terminal => Ok(true),
        Some(InteractiveMode::Always) => {
            Err("has to ask the user (`interactiveMode: Always`), and standard input is no terminal")
        }
        // `client-go tools/clientcmd/validation.go`: v1 has to say it; before that `IfAvailable` was meant.
        None if api_version == V1 => Err("needs `interactiveMode`: `Never`, `IfAvailable` or `Always`"),
        Some(InteractiveMode::IfAvailable) | None => Ok(is_terminal),
    }
}

fn find(command: &str) -> Option<PathBuf> {
    if command.contains(std::path::is_separator) {
        let path = Path::new(command);
        return path.is_file().then(|| path.to_owned());
    }
    program::find(command)
}

/// What the program prints. Why not, without a word of it.
fn answer(mut process: Command, time: Duration) -> Result<Vec<u8>, String> {
    let mut child = process
        .spawn()
        .map_err(|error| format!("cannot be started: {}", walk::plain(&error)))?;
    let out = child.stdout.take();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(out) = out {
            // What was read before a fault is what there is.
            let _ = out.take(ANSWER_BYTES + 1).read_to_end(&mut bytes);
        }
        // Nobody may be waiting any longer.
        let _ = sender.send(bytes);
    });
    let status = program::wait(&mut child, time).inspect_err(|_| program::end(&mut child))?;
    // Something that the program has left behind may keep its output open for ever.
    let bytes = receiver.recv_timeout(TIME_AFTER_THE_END);
    if bytes.as_ref().is_ok_and(|bytes| bytes.len() as u64 > ANSWER_BYTES) {
        return Err(format!("printed more than {} MiB", ANSWER_BYTES >> 20));
    }
    if !status.success() {
        return Err(match status.code() {
            Some(code) => format!("failed with exit code {code}"),
            None => "was ended by a signal".to_owned(),
        });
    }
    bytes.map_err(|_| "has ended, and left its output open".to_owned())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    status: Option<CredentialStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialStatus {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

fn read(answer: &[u8], api_version: &str) -> Result<Given, String> {
    // The error of the library may quote what it read.
    let credential: Credential =
        serde_json::from_slice(answer).map_err(|_| "printed no `ExecCredential` in JSON".to_owned())?;
    if credential.kind != "ExecCredential" || credential.api_version != api_version {
        return Err(format!(
            "printed no `ExecCredential` of {api_version}, as it was asked for"
        ));
    }
    let status = credential.status.ok_or("gave no `status`")?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty()).map(Secret::new);
    let token = filled(status.token);
    let certificate = match (filled(status.client_certificate_data), filled(status.client_key_data)) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => return Err("gave a certificate without its key, or a key without its certificate".to_owned()),
    };
    if token.is_none() && certificate.is_none() {
        return Err("gave neither a token nor a certificate".to_owned());
    }
    Ok(Given { token, certificate })
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
