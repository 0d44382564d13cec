//! What the server itself says of the predictions, in words and for programs.

use serde::Serialize;
use serde_json::Value;

use super::SideReport;
use super::field::SECRET;
use crate::diff::redacted::Shown;
use crate::diff::verify::{Disagreement, Verified};
use crate::live::dry_run::RefusedField;
use crate::report::summary::plural;

/// Characters of a value that are shown.
const CHARACTERS: usize = 200;

/// Something that the server says of an object.
pub(super) struct Saying {
    /// The words.
    pub(super) text: String,
    /// Whether it asks for an act.
    pub(super) warns: bool,
}

/// What the server says of one object; nothing of one that becomes what was predicted.
pub(super) fn sayings(verified: &Verified) -> Vec<Saying> {
    let warning = |text: String| Saying { text, warns: true };
    match verified {
        Verified::Taken(taken) => {
            let conflicts = taken.conflicts.iter().map(|conflict| {
                warning(format!(
                    "the server refuses without force: {}",
                    at(&conflict.field, &conflict.message)
                ))
            });
            let disagreements = taken.disagreements.iter().map(|found| {
                warning(format!(
                    "{}: predicted {}, and the server makes it {}",
                    found.path,
                    value(found.predicted.as_ref()),
                    value(found.server.as_ref())
                ))
            });
            let warnings = taken
                .warnings
                .iter()
                .map(|text| warning(format!("the server warns: {text}")));
            conflicts.chain(disagreements).chain(warnings).collect()
        }
        Verified::Refused { message, causes } => {
            let head = warning(format!("the server refuses it: {message}"));
            // Of one cause the message says all.
            let causes = causes.iter().filter(|_| causes.len() > 1);
            let causes = causes.map(|cause| warning(at(&cause.field, &cause.message)));
            std::iter::once(head).chain(causes).collect()
        }
        Verified::NotAsked(why) => vec![Saying {
            text: format!("the server was not asked: {why}"),
            warns: false,
        }],
        Verified::Failed(why) => vec![warning(format!("what the server would say is not known: {why}"))],
    }
}

fn at(field: &str, message: &str) -> String {
    if field.is_empty() {
        message.to_owned()
    } else {
        format!("{}: {message}", field.trim_start_matches('.'))
    }
}

fn value(shown: Option<&Shown>) -> String {
    let text = match shown {
        None => return "nothing".to_owned(),
        Some(Shown::Secret) => return SECRET.to_owned(),
        Some(Shown::Value(value)) => value.to_string(),
    };
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("`{}…`", text.get(..end).unwrap_or_default()),
        None => format!("`{text}`"),
    }
}

/// "verified by the server: 12 as predicted, 1 otherwise, 1 refused"; nothing where it was not asked.
pub(super) fn summary(side: &SideReport) -> Option<String> {
    let verified = side.verified.as_ref()?;
    let count = |is_meant: &dyn Fn(&Verified) -> bool| verified.values().filter(|verified| is_meant(verified)).count();
    let parts = [
        (
            count(&|verified| matches!(verified, Verified::Taken(_)) && !verified.is_finding()),
            "as predicted",
        ),
        (
            count(&|verified| matches!(verified, Verified::Taken(_)) && verified.is_finding()),
            "otherwise",
        ),
        (
            count(&|verified| matches!(verified, Verified::Refused { .. })),
            "refused",
        ),
        (
            count(&|verified| matches!(verified, Verified::NotAsked(_))),
            "not asked",
        ),
        (count(&|verified| matches!(verified, Verified::Failed(_))), "not known"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    let objects = plural(verified.len(), "object", "objects");
    Some(if parts.is_empty() {
        "verified by the server: nothing".to_owned()
    } else {
        format!(
            "verified by the server, {} {objects}: {}",
            verified.len(),
            parts.join(", ")
        )
    })
}

/// For programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsonVerified<'r> {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    causes: Option<Vec<JsonCause<'r>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disagreements: Option<Vec<JsonDisagreement<'r>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conflicts: Option<Vec<JsonCause<'r>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<&'r [String]>,
}

#[derive(Serialize)]
struct JsonCause<'r> {
    field: &'r str,
    reason: &'r str,
    message: &'r str,
}

#[derive(Serialize)]
struct JsonDisagreement<'r> {
    path: String,
    predicted: Option<&'r Value>,
    server: Option<&'r Value>,
    /// The values are kept secret, whatever they are.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    secret: bool,
}

/// A verdict for programs.
pub(super) fn json(verified: &Verified) -> JsonVerified<'_> {
    let bare = |verdict: &'static str| JsonVerified {
        verdict,
        message: None,
        causes: None,
        disagreements: None,
        conflicts: None,
        warnings: None,
    };
    match verified {
        Verified::Taken(taken) => JsonVerified {
            disagreements: Some(taken.disagreements.iter().map(disagreement).collect()),
            conflicts: Some(causes(&taken.conflicts)),
            warnings: Some(&taken.warnings),
            ..bare("taken")
        },
        Verified::Refused { message, causes: all } => JsonVerified {
            message: Some(message),
            causes: Some(causes(all)),
            ..bare("refused")
        },
        Verified::NotAsked(why) => JsonVerified {
            message: Some(why),
            ..bare("not-asked")
        },
        Verified::Failed(why) => JsonVerified {
            message: Some(why),
            ..bare("unknown")
        },
    }
}

fn causes(all: &[RefusedField]) -> Vec<JsonCause<'_>> {
    let causes = all.iter().map(|cause| JsonCause {
        field: &cause.field,
        reason: &cause.reason,
        message: &cause.message,
    });
    causes.collect()
}

fn disagreement(found: &Disagreement) -> JsonDisagreement<'_> {
    let is_secret = |shown: &Option<Shown>| *shown == Some(Shown::Secret);
    JsonDisagreement {
        path: found.path.to_string(),
        predicted: shown(found.predicted.as_ref()),
        server: shown(found.server.as_ref()),
        secret: is_secret(&found.predicted) || is_secret(&found.server),
    }
}

fn shown(shown: Option<&Shown>) -> Option<&Value> {
    match shown? {
        Shown::Value(value) => Some(value),
        Shown::Secret => None,
    }
}
