//! What a run takes of this machine.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// The most memory that a run has had at once, in KiB, and its exit code.
pub fn most_memory(command: &mut Command) -> (u64, i32) {
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let file = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        let status = fs::read_to_string(&file).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(now.unwrap_or(0));
        if let Some(ended) = child.try_wait().unwrap() {
            return (most, ended.code().unwrap());
        }
        thread::sleep(Duration::from_millis(2));
    }
}
