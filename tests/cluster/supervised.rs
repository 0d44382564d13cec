//! A program that ends with the tests, however they end.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// Starts the program and waits for the end of its own standard input, a pipe whose other end only the test process has. Then, or when the
/// program has ended, nothing of it is left: neither it nor its folder, nor the folder above once that is empty.
const SUPERVISOR: &str = r#"
trap '' HUP INT TERM
folder=$1
shift
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{
    read -r nothing <&3
    kill -KILL "$program" 2>/dev/null
} &
reader=$!
wait "$program"
code=$?
[ -d "$folder" ] && echo "$code" >"$folder/ended"
wait "$reader"
rm -rf "$folder"
rmdir "${folder%/*}" 2>/dev/null
"#;

/// A program under a supervisor.
pub struct Supervised {
    /// Its own folder.
    pub folder: PathBuf,
    supervisor: Child,
    // While this is open, the program runs.
    lifeline: Option<ChildStdin>,
}

impl Supervised {
    /// Starts a program with arguments made for its own folder, and with more environment.
    pub fn start(
        program: &Path,
        folder: PathBuf,
        environment: &[(&str, String)],
        arguments: impl FnOnce(&Path) -> Vec<String>,
    ) -> Self {
        fs::create_dir_all(&folder).unwrap();
        let arguments = arguments(&folder);
        let log = File::create(folder.join("log")).unwrap();
        let mut supervisor = Command::new("sh")
            .args(["-c", SUPERVISOR, "supervisor"])
            .arg(&folder)
            .arg(program)
            .args(arguments)
            .current_dir(&folder)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self {
            folder,
            lifeline: supervisor.stdin.take(),
            supervisor,
        }
    }

    /// How it ended, if it did by itself.
    pub fn ended(&self) -> Option<String> {
        let code = fs::read_to_string(self.folder.join("ended")).ok()?;
        Some(format!("it ended with {}: {}", code.trim(), self.log_end()))
    }

    /// The last lines that it wrote.
    pub fn log_end(&self) -> String {
        let log = fs::read(self.folder.join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        drop(self.supervisor.wait());
    }
}

/// Ports of the loopback address on which nobody listens.
pub fn free_ports<const N: usize>() -> [u16; N] {
    // All are held until all are found, so that they differ.
    let listeners: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
