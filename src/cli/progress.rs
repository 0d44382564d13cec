//! What a long run is at, on standard error, for a person at a terminal. Reports know nothing of it.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use crate::live::progress::Progress;

/// A run shorter than this shows nothing.
const DELAY: Duration = Duration::from_millis(500);
/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// A line that comes when a run takes long, and is gone when this is dropped.
pub(super) struct ProgressLine {
    bar: ProgressBar,
    waiting: Option<(Sender<()>, JoinHandle<()>)>,
}

impl ProgressLine {
    /// A line, if standard error is a terminal.
    pub(super) fn new() -> Self {
        let bar = ProgressBar::hidden();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style.tick_strings(&["-", "\\", "|", "/", "-"]));
        }
        let waiting = output::use_progress().then(|| show_later(&bar));
        Self { bar, waiting }
    }

    /// A line beside standard input, if that is read: what somebody types is not drawn over.
    pub(super) fn beside(is_input_read: bool) -> Self {
        if is_input_read && output::is_typed() {
            return Self {
                bar: ProgressBar::hidden(),
                waiting: None,
            };
        }
        Self::new()
    }

    /// Says what is done from now on.
    pub(super) fn stage(&self, what: &'static str) {
        self.bar.set_message(what);
    }
}

impl Progress for ProgressLine {
    fn objects(&self, read: usize, of: usize) {
        self.bar
            .set_message(format!("reading the cluster: {read} of {of} objects"));
    }
}

fn show_later(bar: &ProgressBar) -> (Sender<()>, JoinHandle<()>) {
    let (end, ended) = mpsc::channel();
    let bar = bar.clone();
    let thread = thread::spawn(move || {
        if ended.recv_timeout(DELAY) == Err(RecvTimeoutError::Timeout) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
        }
    });
    (end, thread)
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.waiting.take() {
            drop(end);
            // It does not panic, and were it so, the line would be all that is lost.
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}
