//! What can be wrong with a file before anyone asks what it means.

use crate::source::text::Span;

/// One thing that the decoder met: a text that kubectl refuses, or one that it reads otherwise than people do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What sort of fault it is.
    pub kind: FaultKind,
    /// The bytes at fault.
    pub span: Span,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// A second place that belongs to it, with what it is.
    pub related: Option<(Span, String)>,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, span: Span, message: impl Into<String>) -> Self {
        Self {
            kind,
            span,
            message: message.into(),
            related: None,
        }
    }

    pub(crate) fn with_related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related = Some((span, message.into()));
        self
    }
}

/// The sorts of [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// Not YAML, or not JSON.
    Syntax,
    /// A line that begins with `---` and goes on with text: kubectl's own cut refuses it, though it may be valid YAML.
    Separator,
    /// Nested deeper than kubectl reads.
    TooDeep,
    /// Aliases that would unfold to far more than the text (a "billion laughs" bomb).
    ExcessiveAliasing,
    /// A key that cannot be one in JSON: null, a list, a mapping.
    InvalidKey,
    /// `<<` with a value that is no mapping and no list of mappings.
    InvalidMerge,
    /// A tag that its scalar does not fit, such as `!!int abc`.
    InvalidTag,
    /// `.inf`, `.nan`, or a JSON number out of range: JSON has no such number.
    InvalidNumber,
    /// The document is a list or a scalar, not an object.
    NotAnObject,
    /// A field of `metadata` of another type than it must have, such as a label that is a number.
    InvalidMetadata,
    /// Bytes that are not UTF-8; kubectl replaces them in silence.
    InvalidUtf8,
    /// One key twice in one mapping; the last one wins in silence.
    DuplicateKey,
    /// A `<<` below an explicit key of the same name: for Kubernetes the merged value wins.
    MergeOverridesKey,
    /// Text after the end of the first document of a piece (`...`); kubectl ignores it in silence.
    IgnoredText,
    /// U+0085, U+2028 or U+2029: ends a line for kubectl, not for an editor.
    HiddenLineBreak,
}

impl FaultKind {
    /// Whether kubectl, and so the cluster, refuses the document.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        match self {
            Self::Syntax
            | Self::Separator
            | Self::TooDeep
            | Self::ExcessiveAliasing
            | Self::InvalidKey
            | Self::InvalidMerge
            | Self::InvalidTag
            | Self::InvalidNumber
            | Self::NotAnObject
            | Self::InvalidMetadata => true,
            Self::InvalidUtf8
            | Self::DuplicateKey
            | Self::MergeOverridesKey
            | Self::IgnoredText
            | Self::HiddenLineBreak => false,
        }
    }
}
