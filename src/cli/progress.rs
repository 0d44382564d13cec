//! How far reading a cluster has come, on standard error, for a person at a terminal.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::live::progress::Progress;

/// A line that is drawn over and over, and gone at the end.
pub(super) struct ProgressLine {
    bar: ProgressBar,
}

impl ProgressLine {
    pub(super) fn new() -> Self {
        let target = if io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("reading the cluster: {pos} of {len} objects") {
            bar.set_style(style);
        }
        Self { bar }
    }
}

impl Progress for ProgressLine {
    fn objects(&self, read: usize, of: usize) {
        self.bar.set_length(of as u64);
        self.bar.set_position(read as u64);
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
