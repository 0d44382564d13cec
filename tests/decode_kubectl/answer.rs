//! An answer to a case, and when two of them are the same.

use checker::source::decode::{self, objects};
use serde_json::{Map, Number, Value};

/// What became of a file.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The objects, as they are after `kubectl label zz=1`.
    Objects(Vec<Value>),
    /// Refused, wholly or in part, with the first complaint.
    Refused(String),
}

impl Answer {
    /// Our own answer, as `checker decode` gives it.
    pub fn ours(bytes: &[u8]) -> Self {
        let decoded = decode::decode("case.yaml", bytes.to_vec());
        if let Some(fault) = decoded.faults.iter().find(|fault| fault.kind.is_refusal()) {
            return Self::Refused(fault.message.clone());
        }
        let mut values = Vec::new();
        for document in &decoded.documents {
            let Some(tree) = &document.tree else {
                return Self::Refused("a document without a tree".into());
            };
            let (found, faults) = objects::kubectl_objects(tree.root());
            if let Some(fault) = faults.first() {
                return Self::Refused(fault.message.clone());
            }
            for object in found {
                let mut line = String::new();
                decode::write_object(object, &mut line);
                assert!(!line.contains('\n'), "one line an object");
                values.push(labelled(serde_json::from_str(&line).unwrap()));
            }
        }
        Self::Objects(values)
    }

    pub fn from_json(line: &Map<String, Value>) -> Self {
        match &line.get("objects") {
            Some(Value::Array(objects)) => Self::Objects(objects.clone()),
            _ => Self::Refused(line["refused"].as_str().unwrap_or("").to_owned()),
        }
    }

    pub fn add_to_json(&self, line: &mut Map<String, Value>) {
        match self {
            Self::Objects(objects) => line.insert("objects".into(), objects.clone().into()),
            Self::Refused(complaint) => line.insert("refused".into(), complaint.clone().into()),
        };
    }

    /// How this differs from what kubectl says, if it does.
    pub fn difference(&self, theirs: &Self) -> Option<String> {
        match (self, theirs) {
            (Self::Refused(_), Self::Refused(_)) => None,
            (Self::Objects(ours), Self::Objects(theirs)) if same_list(ours, theirs) => None,
            _ => Some(format!("ours   {self:?}\n  theirs {theirs:?}")),
        }
    }
}

/// What `kubectl label --local zz=1 -o json` does to an object besides reading it: it sets the label (and loses labels that are
/// not all strings, which only the items of a list can have), drops an empty namespace and does not show `managedFields`.
fn labelled(mut value: Value) -> Value {
    let Value::Object(object) = &mut value else {
        return value;
    };
    let metadata = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(metadata) = metadata {
        let mut labels = match metadata.get("labels") {
            Some(Value::Object(labels)) if labels.values().all(Value::is_string) => labels.clone(),
            _ => Map::new(),
        };
        labels.insert("zz".into(), "1".into());
        metadata.insert("labels".into(), Value::Object(labels));
        metadata.remove("managedFields");
        if metadata
            .get("namespace")
            .and_then(Value::as_str)
            .unwrap_or("")
            .is_empty()
        {
            metadata.remove("namespace");
        }
    }
    value
}

fn same_list(left: &[Value], right: &[Value]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
}

/// Equal, numbers by value. The parser of this test goes 128 deep, so recursion is safe.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => same_number(left, right),
        (Value::Array(left), Value::Array(right)) => same_list(left, right),
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}

fn same_number(left: &Number, right: &Number) -> bool {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => left == right,
        _ => left.as_f64() == right.as_f64(),
    }
}
