//! What the server itself says of a change: a patch of which nothing is kept. It is only asked for `--verify=server`, and needs the right to
//! `patch`: the right to a dry run is no other than that to the change (kubernetes.io, "API concepts", dry-run authorization).

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
use super::transport::{NoAnswer, PatchForm, Question, Status, Transport, bare, shown};

/// A change that the server is asked about.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// As what it is sent.
    pub change: ProposedChange,
    /// As whom.
    pub field_manager: String,
}

/// What is sent.
#[derive(Debug, Clone)]
pub enum ProposedChange {
    /// A manifest for server-side apply: fields that the manager has set and the manifest lacks are removed.
    Apply {
        /// The manifest.
        manifest: Value,
        /// Whether fields are taken from their other managers. If not, these are told as conflicts.
        force: bool,
    },
    /// A JSON merge patch, for what a client merges by itself.
    Merge(Value),
}

/// What becomes of fields that a kind does not have: they are refused, as kubectl asks for by default.
const FIELD_VALIDATION: &str = "Strict";

/// What the server says of one change.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It takes it.
    Taken {
        /// The object as it would be. Of a Secret it holds the values.
        object: Arc<Value>,
        /// What it says to whoever applies, text by text; of a Secret nothing, since it may quote values.
        warnings: Vec<String>,
        /// Fields that other managers own: the server takes them from these with force only. The object is as it would be with force.
        conflicts: Vec<RefusedField>,
    },
    /// It does not take the change: a fault of the manifest, not of the server.
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

/// Asks the server of each change. `kinds` are those that it serves, as [`super::state::State::kinds`] has them.
#[must_use]
pub fn apply(
    connection: &Connection,
    proposals: &BTreeMap<ObjectReference, Proposal>,
    kinds: &[ServedKind],
    progress: &dyn Progress,
) -> BTreeMap<ObjectReference, Verdict> {
    let all_failed = |why: String| {
        let references = proposals.keys();
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
        let questions = proposals.iter().map(|(reference, proposal)| {
            let (transport, index, done) = (&transport, &index, &done);
            async move {
                let key = (reference.api_version.as_str(), reference.kind.as_str());
                let verdict = match index.get(&key) {
                    Some(served) => ask(transport, served, reference, proposal).await,
                    None => Verdict::UnknownKind,
                };
                done.set(done.get() + 1);
                progress.objects(done.get(), proposals.len());
                (reference.clone(), verdict)
            }
        });
        join_all(questions).await.into_iter().collect()
    });
    // A name that is still looked up is not waited for.
    runtime.shutdown_background();
    verdicts
}

async fn ask(transport: &Transport, served: &ServedKind, reference: &ObjectReference, proposal: &Proposal) -> Verdict {
    let namespace = reference.namespace.as_deref().filter(|_| served.namespaced);
    if served.namespaced && namespace.is_none() {
        return Verdict::Failed(format!("{reference} cannot be asked for: its namespace is not known"));
    }
    let address = Address {
        path: format!("{}/{}", collection(served, namespace), segment(&reference.name)),
        reference,
        parameters: format!(
            "fieldManager={}&fieldValidation={FIELD_VALIDATION}",
            segment(&proposal.field_manager)
        ),
    };
    let (manifest, force) = match &proposal.change {
        ProposedChange::Merge(patch) => {
            // A patch says nothing of the kind.
            let hides = reference.is_core("Secret");
            return address.send(transport, PatchForm::Merge, patch, "", hides).await;
        }
        ProposedChange::Apply { manifest, force } => (in_namespace(manifest, namespace), *force),
    };
    let hides = is_secret(&manifest) || reference.is_core("Secret");
    let mut conflicts = Vec::new();
    if !force {
        let parameters = "&force=false";
        let verdict = address
            .send(transport, PatchForm::Apply, &manifest, parameters, hides)
            .await;
        match verdict {
            // What would become of it with force is worth knowing all the same.
            Verdict::Refused { causes, .. } if is_conflict(&causes) => conflicts = causes,
            other => return other,
        }
    }
    let parameters = "&force=true";
    match address
        .send(transport, PatchForm::Apply, &manifest, parameters, hides)
        .await
    {
        Verdict::Taken { object, warnings, .. } => Verdict::Taken {
            object,
            warnings,
            conflicts,
        },
        other => other,
    }
}

/// Whether nothing but other owners is in the way.
fn is_conflict(causes: &[RefusedField]) -> bool {
    !causes.is_empty() && causes.iter().all(|cause| cause.reason == "FieldManagerConflict")
}

/// The manifest with the namespace that it is sent to; none where the kind has none, as kubectl drops it.
fn in_namespace(manifest: &Value, namespace: Option<&str>) -> Value {
    let mut manifest = manifest.clone();
    if let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) {
        match namespace {
            Some(namespace) => {
                metadata.insert("namespace".to_owned(), namespace.into());
            }
            None => {
                metadata.shift_remove("namespace");
            }
        }
    }
    manifest
}

/// Where and how an object is asked about.
struct Address<'a> {
    path: String,
    reference: &'a ObjectReference,
    parameters: String,
}

impl Address<'_> {
    async fn send(&self, transport: &Transport, form: PatchForm, patch: &Value, further: &str, hides: bool) -> Verdict {
        let patch = patch.to_string();
        let parameters = format!("{}{further}", self.parameters);
        let question = Question::DryRun {
            form,
            path: &self.path,
            parameters: &parameters,
            patch: &patch,
        };
        match transport.ask(question).await {
            Ok(answer) => match serde_json::from_slice(&answer.body) {
                Ok(object) => Verdict::Taken {
                    object: Arc::new(object),
                    warnings: if hides { Vec::new() } else { warnings(&answer.headers) },
                    conflicts: Vec::new(),
                },
                Err(_) => Verdict::Failed(format!(
                    "the answer for {} is not what an API server says",
                    self.reference
                )),
            },
            Err(NoAnswer::Refused(status, said)) => verdict(status, &said, hides, question),
            Err(NoAnswer::Unreachable(why) | NoAnswer::Wrong(why)) => Verdict::Failed(why),
        }
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
        let question = Question::DryRun {
            form: PatchForm::Apply,
            path: "/apis/apps/v1/namespaces/shop/deployments/web",
            parameters: "",
            patch: "{}",
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
    fn a_quoted_patch_does_not_hide_what_is_wrong_with_it() {
        let patch = format!("{{\\\"a\\\": \\\"{}\\\"}}", "x".repeat(5_000));
        let message = format!(
            "\"\" is invalid: patch: Invalid value: \"{patch}\": strict decoding error: unknown field \"spec.a\""
        );
        let word = word(422, &status(&message, &json!({})), false);
        assert!(
            word.contains("Invalid value: \"…\": strict decoding error: unknown field \"spec.a\""),
            "{word}"
        );
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
