//! Contents of objects, from a `git cat-file --batch` that lives as long as the files are read.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::command::Git;
use crate::source::{limits, walk};

/// A process that is asked for one object after the other.
#[derive(Debug)]
pub(super) struct Blobs {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// An answer was not read to its end, so that the next one could not be told from it.
    is_broken: bool,
}

impl Blobs {
    /// # Errors
    /// Why git cannot be asked.
    pub(super) fn open(git: &Git) -> Result<Self, String> {
        // `--batch` alone prints what is stored: no filter and no `textconv` of the repository has a part in it.
        let mut command = git.command(&["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stderr(Stdio::null());
        let mut child = command
            .spawn()
            .map_err(|error| format!("git cannot be started: {}", walk::plain(&error)))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => Ok(Self {
                child,
                input,
                output: BufReader::new(output),
                is_broken: false,
            }),
            _ => Err("git cannot be started: it has no streams".to_owned()),
        }
    }

    /// # Errors
    /// Why there is no content of this object.
    pub(super) fn read(&mut self, object: &str) -> Result<Vec<u8>, String> {
        if self.is_broken {
            return Err("git has stopped answering".to_owned());
        }
        self.answer(object).unwrap_or_else(|error| {
            self.is_broken = true;
            Err(format!("git has stopped answering: {}", walk::plain(&error)))
        })
    }

    /// An answer is `object type size LF contents LF`, or `object missing LF`.
    fn answer(&mut self, object: &str) -> io::Result<Result<Vec<u8>, String>> {
        const LONGEST_HEAD: u64 = 1_000;
        writeln!(self.input, "{object}")?;
        self.input.flush()?;
        let mut head = String::new();
        self.output.by_ref().take(LONGEST_HEAD).read_line(&mut head)?;
        let fields: Vec<&str> = head.split_whitespace().collect();
        let size = match fields.as_slice() {
            [_, "missing"] => {
                return Ok(Err(
                    "git does not have its content here (a partial clone?), and nothing is fetched".to_owned(),
                ));
            }
            [_, "blob", size] => size.parse::<u64>().map_err(io::Error::other)?,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        if size > limits::FILE_BYTES {
            io::copy(&mut self.output.by_ref().take(size + 1), &mut io::sink())?;
            return Ok(Err(format!("larger than {} MiB", limits::FILE_BYTES >> 20)));
        }
        let mut bytes = Vec::new();
        self.output.by_ref().take(size + 1).read_to_end(&mut bytes)?;
        if bytes.pop() != Some(b'\n') || bytes.len() as u64 != size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Ok(bytes))
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        // It has nothing to finish, and may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
