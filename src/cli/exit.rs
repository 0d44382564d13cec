//! The one exit table, for every command and format.

use std::fmt::Display;
use std::process::ExitCode;

use super::output;

/// How a run ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// 0
    Clean,
    /// 1
    Findings,
    /// 2: the command or a configuration is wrong, with what is.
    Usage(String),
    /// 3: the run could not be finished, with why.
    Unfinished(String),
}

impl Outcome {
    pub(super) fn usage(message: impl Display) -> Self {
        Self::Usage(message.to_string())
    }

    pub(super) fn internal(message: impl Display) -> Self {
        Self::Unfinished(message.to_string())
    }

    pub(super) fn finish(self) -> ExitCode {
        let (code, message) = match self {
            Self::Clean => (0, None),
            Self::Findings => (1, None),
            Self::Usage(message) => (2, Some(message)),
            Self::Unfinished(message) => (3, Some(message)),
        };
        if let Some(message) = message {
            output::complain(&message);
        }
        ExitCode::from(code)
    }
}
