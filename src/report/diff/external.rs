//! `KUBECTL_EXTERNAL_DIFF`: another program shows the differences of two folders, as `kubectl diff` has it.
//!
//! The files hold masked objects only, in folders that nobody else can look into and that are gone afterwards.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::DiffReport;
use super::unified::{changed, folder_suffix, yaml};
use crate::source::temporary::TemporaryFolder;

/// A command line of `KUBECTL_EXTERNAL_DIFF`. kubectl drops arguments that hold anything but letters, digits, `-` and `=`
/// (`pkg/cmd/diff/diff.go`); here they are all kept, by the rules of a shell for words.
#[derive(Debug, Clone)]
pub struct ExternalDiff {
    program: String,
    arguments: Vec<String>,
}

impl ExternalDiff {
    /// The program that a text names.
    ///
    /// # Errors
    /// It names none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words =
            shlex::split(text).ok_or_else(|| "`KUBECTL_EXTERNAL_DIFF` has a quote that does not end".to_owned())?;
        let mut words = words.into_iter();
        let program = words
            .next()
            .ok_or_else(|| "`KUBECTL_EXTERNAL_DIFF` names no program".to_owned())?;
        Ok(Self {
            program,
            arguments: words.collect(),
        })
    }

    /// Shows a report. The program has the terminal of this one.
    ///
    /// # Errors
    /// The files cannot be written, or the program cannot be started, or does not end with 0 or 1 as `diff` does.
    pub fn show(&self, report: &DiffReport) -> Result<(), String> {
        for side in &report.sides {
            let suffix = folder_suffix(side, report.sides.len());
            let cannot = |error: io::Error| format!("cannot write what `{}` is to show: {error}", self.program);
            let live = TemporaryFolder::new(&format!("LIVE{suffix}-")).map_err(cannot)?;
            let merged = TemporaryFolder::new(&format!("MERGED{suffix}-")).map_err(cannot)?;
            let mut is_empty = true;
            for (object, name) in changed(side) {
                write(live.path(), &name, &yaml(object.before.as_ref())).map_err(cannot)?;
                write(merged.path(), &name, &yaml(object.after.as_ref())).map_err(cannot)?;
                is_empty = false;
            }
            let shown = if is_empty {
                Ok(())
            } else {
                self.run(live.path(), merged.path())
            };
            let closed = live.close().and(merged.close());
            shown?;
            closed.map_err(|error| format!("cannot delete a temporary folder: {error}"))?;
        }
        Ok(())
    }

    fn run(&self, live: &Path, merged: &Path) -> Result<(), String> {
        let status = Command::new(&self.program)
            .args(&self.arguments)
            .arg(live)
            .arg(merged)
            .status()
            .map_err(|error| {
                format!(
                    "`{}` (of `KUBECTL_EXTERNAL_DIFF`) cannot be started: {error}",
                    self.program
                )
            })?;
        match status.code() {
            Some(0 | 1) => Ok(()),
            Some(code) => Err(format!(
                "`{}` (of `KUBECTL_EXTERNAL_DIFF`) failed with {code}",
                self.program
            )),
            None => Err(format!(
                "`{}` (of `KUBECTL_EXTERNAL_DIFF`) was ended by a signal",
                self.program
            )),
        }
    }
}

fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    io::Write::write_all(&mut options.open(folder.join(name))?, text.as_bytes())
}
