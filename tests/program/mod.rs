//! Runs of the real binary.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
#![allow(dead_code, reason = "each test uses what it needs")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a run printed, and how it ended.
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

pub fn checker(folder: &Path, arguments: &[&str]) -> Run {
    checker_with_input(folder, arguments, "")
}

/// A run on the day of a time in seconds since 1970.
pub fn checker_at(folder: &Path, arguments: &[&str], seconds: &str) -> Run {
    run(folder, arguments, "", &[("SOURCE_DATE_EPOCH", seconds)])
}

pub fn checker_with_input(folder: &Path, arguments: &[&str], input: &str) -> Run {
    run(folder, arguments, input, &[])
}

/// A run that knows nothing of its surroundings but these variables.
pub fn checker_with(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    run(folder, arguments, "", environment)
}

fn run(folder: &Path, arguments: &[&str], input: &str, environment: &[(&str, &str)]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_checker"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "80")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Run {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}

pub fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Everything a person sees of a run.
pub fn screen(run: &Run) -> String {
    format!(
        "{}--- standard error\n{}--- exit code {}\n",
        run.stdout, run.stderr, run.code
    )
}

pub fn write(folder: &Path, name: &str, text: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
