//! What the server itself says of a manifest: a server-side apply of which nothing is kept. It is only asked for `--verify=server`, and
//! needs the right to `patch`.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::CONCURRENT_REQUESTS;
use super::connection::Connection;
use super::discovery::segment;
use super::fetch::collection;
use super::progress::Progress;
use super::reference::ObjectReference;
use super::retry::TYPED_REFUSAL;
use super::secret_values::is_secret;
use super::state::ServedKind;
use super::transport::{NoAnswer, Question, Status, Transport, bare, shown};

/// How the manifests are applied.
#[derive(Debug, Clone)]
pub struct DryRun {
    /// As whom: fields that this manager has set and a manifest lacks are removed.
    pub field_manager: String,
    /// Whether fields of other managers are taken from them.
    pub force: bool,
    /// What becomes of fields that the kind does not have.
    pub field_validation: FieldValidation,
}

/// What becomes of fields that a kind does not have. kubectl's default is strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldValidation {
    /// They are refused.
    Strict,
    /// They are dropped, with a warning.
    Warn,
}

/// What the server says of one manifest.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It takes it.
    Taken {
        /// The object as it would be. Of a Secret it holds the values.
        object: Arc<Value>,
        /// What it says to whoever applies, text by text; of a Secret nothing, since it may quote values.
        warnings: Vec<String>,
    },
    /// It does not take the manifest: a fault of the manifest, or other managers own its fields.
    Refused {
        /// In words.
        message: String,
        /// Field by field, as far as it says.
        causes: Vec<RefusedField>,
    },
    /// The namespace is not there, so the server cannot say.
    NamespaceAbsent,
    /// The server does not serve the kind at that version.
    UnknownKind,
    /// To apply it, even as a dry run, is forbidden.
    Forbidden(String),
    /// The question failed: a fault of the run, not an answer.
    Failed(String),
}

/// A field that the server does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedField {
    /// The path, as the server writes it.
    pub field: String,
    /// In one word: `FieldValueInvalid`, `FieldManagerConflict`.
    pub reason: String,
    /// In words.
    pub message: String,
}

/// Asks the server of each manifest. `kinds` are those that it serves, as [`super::state::State::kinds`] has them.
#[must_use]
pub fn apply(
    connection: &Connection,
    manifests: &BTreeMap<ObjectReference, Value>,
    kinds: &[ServedKind],
    how: &DryRun,
    progress: &dyn Progress,
) -> BTreeMap<ObjectReference, Verdict> {
    let all_failed = |why: String| {
        let references = manifests.keys();
        references
            .map(|reference| (reference.clone(), Verdict::Failed(why.clone())))
            .collect()
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return all_failed(format!("the network cannot be used: {error}")),
    };
    let index: BTreeMap<(&str, &str), &ServedKind> = kinds
        .iter()
        .map(|kind| ((kind.api_version.as_str(), kind.kind.as_str()), kind))
        .collect();
    let verdicts = runtime.block_on(async {
        let transport = match Transport::open(connection, Arc::new(Semaphore::new(CONCURRENT_REQUESTS))) {
            Ok(transport) => transport,
            Err(why) => return all_failed(why),
        };
        let done = std::cell::Cell::new(0);
        let questions = manifests.iter().map(|(reference, manifest)| {
            let (transport, index, done) = (&transport, &index, &done);
            async move {
                let key = (reference.api_version.as_str(), reference.kind.as_str());
                let verdict = match index.get(&key) {
                    Some(served) => ask(transport, served, reference, manifest, how).await,
                    None => Verdict::UnknownKind,
                };
                done.set(done.get() + 1);
                progress.objects(done.get(), manifests.len());
                (reference.clone(), verdict)
            }
        });
        join_all(questions).await.into_iter().collect()
    });
    // A name that is still looked up is not waited for.
    runtime.shutdown_background();
    verdicts
}

async fn ask(
    transport: &Transport,
    served: &ServedKind,
    reference: &ObjectReference,
    manifest: &Value,
    how: &DryRun,
) -> Verdict {
    let namespace = reference.namespace.as_deref().filter(|_| served.namespaced);
    if served.namespaced && namespace.is_none() {
        return Verdict::Failed(format!("{reference} cannot be asked for: its namespace is not known"));
    }
    let path = format!("{}/{}", collection(served, namespace), segment(&reference.name));
    let parameters = format!(
        "fieldManager={}&force={}&fieldValidation={}",
        segment(&how.field_manager),
        how.force,
        match how.field_validation {
            FieldValidation::Strict => "Strict",
            FieldValidation::Warn => "Warn",
        }
    );
    let manifest_text = manifest.to_string();
    let question = Question::DryRunApply {
        path: &path,
        parameters: &parameters,
        manifest: &manifest_text,
    };
    let hides = is_secret(manifest);
    match transport.ask(question).await {
        Ok(answer) => match serde_json::from_slice(&answer.body) {
            Ok(object) => Verdict::Taken {
                object: Arc::new(object),
                warnings: if hides { Vec::new() } else { warnings(&answer.headers) },
            },
            Err(_) => Verdict::Failed(format!("the answer for {reference} is not what an API server says")),
        },
        Err(NoAnswer::Refused(status, said)) => verdict(status, &said, hides, question),
        Err(NoAnswer::Unreachable(why) | NoAnswer::Wrong(why)) => Verdict::Failed(why),
    }
}

/// What a refusal means. What it says of a Secret is left out: the server quotes wrong values.
fn verdict(status: StatusCode, said: &Status, hides: bool, question: Question<'_>) -> Verdict {
    let message = || {
        if hides {
            format!("the server does not take the Secret ({status})")
        } else {
            said.said().unwrap_or_else(|| bare(question, status))
        }
    };
    let refused = || {
        let causes = said.causes().iter();
        Verdict::Refused {
            message: message(),
            causes: causes
                .map(|cause| RefusedField {
                    field: shown(&cause.field),
                    reason: shown(&cause.reason),
                    message: if hides { String::new() } else { shown(&cause.message) },
                })
                .collect(),
        }
    };
    match status.as_u16() {
        // A webhook denies with whatever status it likes, 403 if it names none (apiserver pkg/admission/plugin/webhook/errors).
        _ if said.mentions("admission webhook") && said.mentions("denied the request") => refused(),
        400 | 409 | 413 | 422 => refused(),
        // Not a fault of the server (kube-apiserver v1.36.2, measured).
        500 if said.mentions(TYPED_REFUSAL) => refused(),
        403 => Verdict::Forbidden(message()),
        404 => match said.details.as_ref().map(|details| details.kind.as_str()) {
            Some("namespaces") => Verdict::NamespaceAbsent,
            Some(kind) if !kind.is_empty() => Verdict::Failed(message()),
            _ => Verdict::UnknownKind,
        },
        _ => Verdict::Failed(message()),
    }
}

/// The texts of `Warning` headers (RFC 7234, 5.5): `299 - "text"`.
fn warnings(headers: &HeaderMap) -> Vec<String> {
    let texts = headers.get_all(http::header::WARNING).iter();
    let texts = texts.filter_map(|header| {
        let text = header.to_str().ok()?;
        let text = text.split_once('"')?.1.rsplit_once('"')?.0;
        Some(shown(&text.replace("\\\"", "\"")))
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn word(status: u16, body: &Value, hides: bool) -> String {
        let said: Status = serde_json::from_value(body.clone()).unwrap_or_default();
        let question = Question::DryRunApply {
            path: "/apis/apps/v1/namespaces/shop/deployments/web",
            parameters: "",
            manifest: "{}",
        };
        match verdict(StatusCode::from_u16(status).unwrap(), &said, hides, question) {
            Verdict::Refused { message, causes } => format!("refused: {message} {causes:?}"),
            other => format!("{other:?}"),
        }
    }

    fn status(message: &str, details: &Value) -> Value {
        json!({"kind": "Status", "message": message, "details": details})
    }

    #[test]
    fn a_refusal_is_told_apart_from_a_failure() {
        let typed = "failed to create typed patch object (shop/new; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema";
        for (code, message, details, told) in [
            (500, typed, json!(null), "refused: failed to create typed"),
            (500, "etcdserver: leader changed", json!(null), "Failed("),
            (
                500,
                "failed calling webhook \"msidecarset.kb.io\": connection refused",
                json!(null),
                "Failed(",
            ),
            (
                403,
                "admission webhook \"vsidecarset.kb.io\" denied the request: no",
                json!(null),
                "refused: admission",
            ),
            (
                403,
                "deployments.apps \"web\" is forbidden: User \"me\"",
                json!(null),
                "Forbidden(",
            ),
            (
                404,
                "namespaces \"nope\" not found",
                json!({"name": "nope", "kind": "namespaces"}),
                "NamespaceAbsent",
            ),
            (404, "", json!(null), "UnknownKind"),
            (429, "too many", json!(null), "Failed("),
            (
                422,
                "invalid",
                json!({"causes": [{"reason": "FieldValueInvalid", "field": "spec.selector", "message": "field is immutable"}]}),
                "field: \"spec.selector\", reason: \"FieldValueInvalid\"",
            ),
        ] {
            let word = word(code, &status(message, &details), false);
            assert!(word.contains(told), "{code} {message}: {word}");
        }
    }

    #[test]
    fn what_is_said_of_a_secret_is_not_repeated() {
        let causes = json!({"causes": [{"field": "data", "reason": "FieldValueInvalid", "message": "Invalid value: \"hunter2\""}]});
        for code in [400, 403, 422, 500] {
            let word = word(code, &status("Invalid value: \"hunter2\"", &causes), true);
            assert!(!word.contains("hunter2"), "{word}");
        }
        assert!(word(422, &status("a", &causes), true).contains("field: \"data\""));
    }
}
