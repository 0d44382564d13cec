//! One case: two sides, and what the comparison says as compact lines.

use std::collections::BTreeMap;
use std::sync::Arc;

use checker::diff::change::{Change, Class, Confidence, Effect, ObjectDifference, Operation, Status};
use checker::diff::compare::{Desired, compare};
use checker::diff::options::{Applying, Options};
use checker::diff::redacted::Shown;
use checker::diff::verify::{Verification, Verified};
use checker::live::dry_run::{Proposal, Verdict};
use checker::live::reference::ObjectReference;
use checker::live::state::{Found, LiveObject, Side, State, Surroundings};
use checker::model::object::{Namespace, Object};
use checker::source::decode::objects::objects;
use checker::source::decode::{decode_str, to_json};
use serde_json::{Value, json};

pub const NOON: &str = "2026-05-01T12:00:00Z";
pub const ONE: &str = "2026-05-01T13:00:00Z";

pub struct Case {
    desired: Vec<Object>,
    live: Vec<Value>,
    pub state: State,
    pub options: Options,
}

/// What Git has and what the cluster has, each as YAML of any number of documents.
pub fn case(desired: &str, live: &str) -> Case {
    let live: Vec<Value> = read(live)
        .iter()
        .map(|object| to_json(object.root(), 200).unwrap())
        .collect();
    Case {
        desired: read(desired),
        live,
        state: State {
            side: Side::Context("test".to_owned()),
            objects: BTreeMap::new(),
            kinds: None,
            schemas: BTreeMap::new(),
            namespaces: None,
            surroundings: Surroundings {
                mutating_webhooks: Some(Vec::new()),
                ..Surroundings::default()
            },
            server_version: None,
            taken: None,
            problems: Vec::new(),
        },
        options: Options::default(),
    }
}

pub fn read(text: &str) -> Vec<Object> {
    let decoded = decode_str("git.yaml", text);
    assert!(!decoded.is_refused(), "{:?}\n{text}", decoded.faults);
    let mut all = Vec::new();
    for document in &decoded.documents {
        let Some(tree) = &document.tree else { continue };
        for object in objects(tree.root()).0 {
            let root = tree.node(object.node.id());
            if let (Some(version), Some(kind)) = (object.api_version(), object.kind()) {
                all.push(Object::new(tree, root, version, kind, None));
            }
        }
    }
    all
}

/// A Deployment with this spec.
pub fn deployment(spec: &str) -> String {
    format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n")
}

/// A Deployment with these fields of the spec of its pods.
pub fn pods(spec: &str) -> String {
    deployment(&format!("{{template: {{spec: {spec}}}}}"))
}

/// A Deployment with one container, these fields beside its name.
pub fn container(fields: &str) -> String {
    pods(&format!("{{containers: [{{name: app, {fields}}}]}}"))
}

/// A SidecarSet of v1alpha1 with this spec.
pub fn sidecar_set(spec: &str) -> String {
    format!("apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {{name: mesh}}\nspec: {spec}\n")
}

pub fn reference(object: &Object) -> ObjectReference {
    ObjectReference {
        api_version: object.identity.api_version.clone(),
        kind: object.identity.kind.clone(),
        namespace: match &object.identity.namespace {
            Namespace::Given(name) => Some(name.clone()),
            _ => None,
        },
        name: object.identity.name.clone().unwrap_or_default(),
    }
}

fn json(text: &str) -> Value {
    let decoded = decode_str("fields.yaml", format!("fields: {text}"));
    assert!(!decoded.is_refused(), "{text}");
    let tree = decoded.documents[0].tree.clone().unwrap();
    to_json(tree.root().get("fields").unwrap(), 200).unwrap()
}

impl Case {
    /// The first live object was applied with `kubectl apply`, from this manifest.
    pub fn last_applied(mut self, manifest: &str) -> Self {
        let applied = read(manifest);
        let text = to_json(applied[0].root(), 200).unwrap().to_string();
        let metadata = self.live[0]["metadata"].as_object_mut().unwrap();
        let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
        annotations["kubectl.kubernetes.io/last-applied-configuration"] = Value::from(text);
        self
    }

    fn entry(mut self, manager: &str, operation: &str, time: &str, fields: &str, subresource: Option<&str>) -> Self {
        let mut entry = json!({
            "manager": manager, "operation": operation, "time": time, "apiVersion": "apps/v1",
            "fieldsType": "FieldsV1", "fieldsV1": json(fields),
        });
        if let Some(name) = subresource {
            entry["subresource"] = Value::from(name);
        }
        let metadata = self.live[0]["metadata"].as_object_mut().unwrap();
        let entries = metadata.entry("managedFields").or_insert_with(|| json!([]));
        entries.as_array_mut().unwrap().push(entry);
        self
    }

    /// A manager applied these fields (`fieldsV1`) of the first live object.
    pub fn applied(self, manager: &str, time: &str, fields: &str) -> Self {
        self.entry(manager, "Apply", time, fields, None)
    }

    /// A manager updated these fields of the first live object.
    pub fn updated(self, manager: &str, time: &str, fields: &str) -> Self {
        self.entry(manager, "Update", time, fields, None)
    }

    pub fn updated_through(self, subresource: &str, manager: &str, time: &str, fields: &str) -> Self {
        self.entry(manager, "Update", time, fields, Some(subresource))
    }

    pub fn applying(mut self, applying: Applying) -> Self {
        self.options.applying = applying;
        self
    }

    pub fn server_side(self) -> Self {
        self.applying(Applying::ServerSide)
    }

    /// What the other side answers about a desired object that it does not have.
    pub fn found(mut self, name: &str, found: Found) -> Self {
        let object = self
            .desired
            .iter()
            .find(|object| object.identity.name.as_deref() == Some(name))
            .unwrap();
        self.state.objects.insert(reference(object), found);
        self
    }

    pub fn run(&self) -> Vec<ObjectDifference> {
        compare(&self.desired(), &self.state(), &self.options)
    }

    /// What a dry run of the one object is asked, and what its answer comes to.
    pub fn verify(&self, answer: &Value) -> (Proposal, Verified) {
        let (desired, state) = (self.desired(), self.state());
        let predictions = compare(&desired, &state, &self.options);
        let verification = Verification::of(&desired, &state, &self.options, false);
        let mut questions = verification.questions(&predictions);
        let (reference, proposal) = questions.proposals.pop_first().unwrap();
        let verdict = Verdict::Taken {
            object: Arc::new(answer.clone()),
            warnings: Vec::new(),
            conflicts: Vec::new(),
        };
        let verdicts = BTreeMap::from([(reference.clone(), verdict)]);
        let verified = verification.judge(&predictions, verdicts).remove(&reference);
        (proposal, verified.unwrap())
    }

    fn state(&self) -> State {
        let mut state = self.state.clone();
        for object in &self.desired {
            let reference = reference(object);
            if state.objects.contains_key(&reference) {
                continue;
            }
            let is_it =
                |live: &&Value| live["kind"] == reference.kind && live["metadata"]["name"] == reference.name.as_str();
            let found = match self.live.iter().find(is_it) {
                Some(live) => Found::Object(Arc::new(LiveObject {
                    json: live.clone(),
                    without_values: false,
                })),
                None => Found::Absent,
            };
            state.objects.insert(reference, found);
        }
        state
    }

    fn desired(&self) -> Vec<Desired<'_>> {
        let desired = self.desired.iter().map(|object| Desired {
            object,
            reference: reference(object),
            target: "default",
        });
        desired.collect()
    }

    /// The one object's difference.
    pub fn only(&self) -> ObjectDifference {
        let mut all = self.run();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    /// The changes as lines.
    pub fn lines(&self) -> Vec<String> {
        self.run().iter().flat_map(lines).collect()
    }

    /// Asserts the changes of the one object; its status has to fit.
    #[track_caller]
    pub fn gives(&self, expected: &[&str]) -> ObjectDifference {
        let object = self.only();
        assert_eq!(lines(&object), expected, "{:#?}", object.notes);
        let status = if expected.is_empty() {
            Status::Same
        } else {
            Status::Change
        };
        assert_eq!(object.status, status);
        if object.status == Status::Same {
            assert_ne!(object.confidence, Confidence::Low, "{:?}", object.confidence_reasons);
        }
        object
    }
}

pub fn lines(object: &ObjectDifference) -> Vec<String> {
    object.changes.iter().map(line).collect()
}

fn line(change: &Change) -> String {
    let operation = match change.operation {
        Operation::Add => "add",
        Operation::Remove => "remove",
        Operation::Replace => "replace",
        Operation::Reorder => "reorder",
    };
    let mut line = format!("{operation} {}", change.path);
    let show = |shown: &Shown| match shown {
        Shown::Value(Value::String(text)) if !text.is_empty() && !text.contains(char::is_whitespace) => text.clone(),
        Shown::Value(value) => value.to_string(),
        Shown::Secret => "***".to_owned(),
    };
    match (&change.from, &change.to) {
        (Some(from), Some(to)) => line = format!("{line} {} -> {}", show(from), show(to)),
        (Some(value), None) | (None, Some(value)) => line = format!("{line} {}", show(value)),
        (None, None) => {}
    }
    line += match change.class {
        Class::Intent => " intent",
        Class::Drift => " drift",
        Class::Both => " both",
        Class::Conflict => " conflict",
        Class::Lost => " lost",
        Class::Unknown => " unknown",
    };
    if let Some(actor) = &change.actor {
        line = format!("{line} {}", actor.manager);
    }
    line += match change.effect {
        Effect::None => "",
        Effect::Scale => " effect=scale",
        Effect::NewPodsOnly => " effect=new-pods-only",
        Effect::InPlaceHot => " effect=in-place-hot",
        Effect::InPlaceCold => " effect=in-place-cold",
        Effect::Recreate => " effect=recreate",
        Effect::Replace => " effect=replace",
        Effect::Rejected => " effect=rejected",
    };
    line
}

/// Whether a note with these words is there.
#[track_caller]
pub fn has_note(object: &ObjectDifference, words: &str, warns: bool) {
    let fits = |note: &checker::diff::change::Note| {
        let path = note.path.as_ref().map_or_else(String::new, |path| format!("{path}: "));
        format!("{path}{}", note.message).contains(words) && note.warns == warns
    };
    assert!(object.notes.iter().any(fits), "{words}: {:#?}", object.notes);
}

/// Whether a change has a remark with these words.
#[track_caller]
pub fn has_remark(object: &ObjectDifference, words: &str) {
    let mut remarks = object
        .changes
        .iter()
        .flat_map(|change| change.remarks.iter().chain(&change.rule));
    assert!(
        remarks.any(|remark| remark.contains(words)),
        "{words}: {:#?}",
        object.changes
    );
}
