//! What is wrong with a configuration, and where.

use std::sync::Arc;

use crate::source::text::{SourceFile, Span};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The bytes at fault.
    pub span: Span,
    /// What is wrong and what to write instead, in a sentence without a full stop.
    pub message: String,
    /// A second place that belongs to it, with what it is.
    pub related: Option<(Span, String)>,
}

impl Problem {
    /// A problem of one place.
    #[must_use]
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            related: None,
        }
    }
}

/// Everything that is wrong with one file, in its order.
#[derive(Debug)]
pub struct Problems {
    /// The file.
    pub file: Arc<SourceFile>,
    /// At least one.
    pub list: Vec<Problem>,
}

/// Why there is no configuration to go by.
#[derive(Debug)]
pub enum ConfigurationError {
    /// The file is wrong.
    Problems(Problems),
    /// The program is.
    Internal(String),
}
