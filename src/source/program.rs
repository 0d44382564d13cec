//! Other programs that are asked to render: found on the `PATH`, started without anything of the user's own, and not for ever.

use std::env;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{limits, walk};

/// The program of this name on the `PATH`. A relative folder of it may be the repository's, and is passed over.
#[must_use]
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&file))
        .find(|program| is_program(program))
}

/// A command with an empty environment, nothing to read, and a group of processes of its own; it works in `folder`, which is also its
/// home and holds its temporary files.
#[must_use]
pub fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    command
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

/// What a command writes to standard output.
///
/// # Errors
/// The first line of what it complains, or why it was not waited for any longer.
pub fn run(mut command: Command, time: Duration) -> Result<Vec<u8>, String> {
    let mut child = command
        .spawn()
        .map_err(|error| format!("cannot be started: {}", walk::plain(&error)))?;
    limit_memory(&child);
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let start = Instant::now();
    let (closed, closing) = mpsc::channel();
    let out = thread::spawn(move || {
        let bytes = read(out);
        // Nobody waits for it any more when the time is over.
        let _ = closed.send(());
        bytes
    });
    let err = thread::spawn(move || read_beginning(err));
    // What has said all is about to end: until then nobody needs to look after it.
    let _ = closing.recv_timeout(time);
    let status = wait_since(start, &mut child, time).inspect_err(|_| end(&mut child));
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

/// Bounds the memory of a process, so that what it reads cannot make it take all of the machine's.
#[cfg(target_os = "linux")]
fn limit_memory(child: &Child) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let limit = Rlimit {
        current: Some(limits::PROGRAM_MEMORY),
        maximum: Some(limits::PROGRAM_MEMORY),
    };
    if let Some(process) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // One that has ended already needs no limit.
        let _ = prlimit(Some(process), Resource::Data, limit);
    }
}

#[cfg(not(target_os = "linux"))]
fn limit_memory(_: &Child) {}

/// Waits for the end, but not for ever.
pub(crate) fn wait(child: &mut Child, time: Duration) -> Result<ExitStatus, String> {
    wait_since(Instant::now(), child, time)
}

fn wait_since(start: Instant, child: &mut Child, time: Duration) -> Result<ExitStatus, String> {
    const LONGEST_STEP: Duration = Duration::from_millis(5);
    // Many programs are done at once: they are not waited for longer than they take.
    let mut step = Duration::from_micros(100);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if start.elapsed() > time => {
                return Err(format!("not done after {} seconds", time.as_secs()));
            }
            Ok(None) => {
                thread::sleep(step);
                step = LONGEST_STEP.min(step * 2);
            }
            Err(error) => return Err(format!("cannot be waited for: {}", walk::plain(&error))),
        }
    }
}

/// Ends the process and those that it has started.
pub(crate) fn end(child: &mut Child) {
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

/// What stands for a complaint that was not made.
pub const NO_WORD: &str = "no word of why";

/// The first line of a complaint, without its `Error: ` and not too long. Of several lines kubectl writes the cause last, below a line
/// that ends with `err=<` (`k8s.io/klog/v2` v2.130.1 `internal/serialize/keyvalues.go`).
#[must_use]
pub fn first_line(bytes: &[u8]) -> String {
    const LONGEST: usize = 2_000;
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = match lines.next() {
        Some(first) if first.ends_with("err=<") => lines.rfind(|line| *line != ">"),
        other => other,
    };
    let line = line.unwrap_or(NO_WORD).trim_start_matches("Error: ");
    line.chars().take(LONGEST).collect()
}
