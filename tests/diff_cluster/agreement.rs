//! Whether a prediction is what the server answers. Nothing here knows how the program compares: what is written in two ways but is the
//! same to the server is decided by the server, in a dry run of an update with the predicted object.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use checker::diff::change::{Change, Class, Confidence, Effect, Note, ObjectDifference, Operation};
use checker::diff::path::{FieldPath, PathElement};
use checker::diff::redacted::Shown;
use serde_json::Value;

use crate::cluster::{Cluster, User};
use crate::oracle::{Answered, content};

/// What became of one question.
#[derive(Debug)]
pub enum Verdict {
    /// The object that is predicted is the one that the server makes, and each change is a difference between it and the live object.
    Agrees,
    /// It is not, with the first thing that is wrong.
    Disagrees(String),
    /// The server refuses the manifest.
    Refused {
        /// Whether the program says that it will.
        is_foreseen: bool,
        /// What the server says.
        why: String,
    },
}

/// Holds a prediction against the answer of the server.
pub fn judge(cluster: &Cluster, difference: &ObjectDifference, answered: &Answered) -> Verdict {
    let refusal = foreseen_refusal(difference);
    let answer = match &answered.predicted {
        Err(why) => {
            return Verdict::Refused {
                is_foreseen: refusal.is_some(),
                why: why.clone(),
            };
        }
        Ok(answer) => content(answer),
    };
    let answer = without_drawn(answer, difference, answered);
    if let Some(rule) = refusal {
        return Verdict::Disagrees(format!("a refusal is foreseen: {rule}"));
    }
    let live = content(&answered.live);
    let Some(after) = difference.after.as_ref().map(|after| unmasked(after.json(), answered)) else {
        return Verdict::Disagrees(format!("nothing is predicted: {:?}", difference.reason));
    };
    let found = unlike("", &after, &answer)
        .or_else(|| as_the_server_writes_it(cluster, &after, &answer, (difference, answered)))
        .or_else(|| wrong_change(&difference.changes, &live, &answer))
        .or_else(|| missing_change(&mut Vec::new(), difference, &live, &answer));
    found.map_or(Verdict::Agrees, Verdict::Disagrees)
}

/// A number that the server draws is another one in each dry run. It is taken out where the program says that it does not know it, and
/// neither Git nor the live object has one.
fn without_drawn(mut answer: Value, difference: &ObjectDifference, answered: &Answered) -> Value {
    let is_meant =
        |note: &&Note| note.message.contains("the server chooses") && difference.confidence < Confidence::Exact;
    for path in difference
        .notes
        .iter()
        .filter(is_meant)
        .filter_map(|note| note.path.as_ref())
    {
        let (Some(PathElement::Field(name)), above) = (path.0.last(), &path.0[..path.0.len() - 1]) else {
            continue;
        };
        let is_given = [&answered.desired, &answered.live]
            .into_iter()
            .any(|object| at(object, &path.0).is_some_and(|value| !is_nothing(value)));
        let Some(PathElement::Key(keys)) = above.last() else {
            answer["spec"]
                .as_object_mut()
                .filter(|_| !is_given)
                .map(|spec| spec.remove(name));
            continue;
        };
        let items = answer["spec"]["ports"].as_array_mut().into_iter().flatten();
        for item in items {
            let fits = keys.iter().all(|(key, value)| item[key] == *value);
            item.as_object_mut()
                .filter(|_| fits && !is_given)
                .map(|item| item.remove(name));
        }
    }
    answer
}

/// The rule by which the program says that the server refuses the object.
fn foreseen_refusal(difference: &ObjectDifference) -> Option<String> {
    let stops = |change: &&Change| matches!(change.effect, Effect::Rejected | Effect::Replace);
    let of_changes = difference.changes.iter().find(stops).map(|change| {
        let rule = change.rule.clone().unwrap_or_default();
        format!("{}: {rule}", change.path)
    });
    let refuses = |message: &&String| message.contains("refuses the object");
    let mut of_notes = difference.notes.iter().map(|note| &note.message).filter(refuses);
    of_changes.or_else(|| of_notes.next().cloned())
}

/// The first place at which two objects differ by more than by what is nothing to Go, and by how a quantity is written.
pub fn unlike(place: &str, ours: &Value, theirs: &Value) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let keys = ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(*key)));
            let value = |of: &serde_json::Map<String, Value>, key: &String| of.get(key).cloned().unwrap_or_default();
            keys.map(|key| unlike(&format!("{place}.{key}"), &value(ours, key), &value(theirs, key)))
                .find_map(|found| found)
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let pairs = left.iter().zip(right).enumerate();
            pairs
                .map(|(at, (ours, theirs))| unlike(&format!("{place}[{at}]"), ours, theirs))
                .find_map(|found| found)
        }
        _ if ours == theirs || (is_nothing(ours) && is_nothing(theirs)) => None,
        _ if is_quantity(place) && quantity(ours).is_some() && quantity(ours) == quantity(theirs) => None,
        (Value::Number(left), Value::Number(right)) if left.as_f64() == right.as_f64() => None,
        _ => Some(format!("{place}: {ours} is predicted, the server has {theirs}")),
    }
}

/// A zero value, or an object of such. Whether it is as good as none at its place is left to the server.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
    }
}

fn is_quantity(place: &str) -> bool {
    let holders = [
        "limits",
        "requests",
        "capacity",
        "hard",
        "default",
        "defaultRequest",
        "max",
        "min",
        "maxLimitRequestRatio",
        "overhead",
    ];
    let fields = ["sizeLimit", "divisor", "averageValue", "value"];
    let mut names = place.rsplit('.');
    let last = names.next().unwrap_or_default();
    fields.contains(&last) || names.next().is_some_and(|above| holders.contains(&above))
}

/// In thousandths; of what no test has, `None`.
fn quantity(value: &Value) -> Option<i128> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let end = text
        .find(|char: char| !char.is_ascii_digit() && char != '.')
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = format!("{fraction:0<3}");
    let thousandths = format!("{whole}{}", fraction.get(..3)?).parse::<i128>().ok()?;
    let factor = match suffix {
        "m" => return (thousandths % 1000 == 0).then_some(thousandths / 1000),
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return None,
    };
    Some(thousandths * factor)
}

/// Of a Secret the program shows which values it takes from where, not the values.
fn unmasked(after: &Value, answered: &Answered) -> Value {
    let mut after = after.clone();
    if after["kind"] != "Secret" {
        return after;
    }
    let values = after["data"].as_object_mut().into_iter().flatten();
    for (key, value) in values {
        let live = &answered.live["data"][key];
        *value = match value.as_str() {
            Some("***") if !live.is_null() => live.clone(),
            Some("***" | "*** (after)") => match answered.desired["stringData"][key].as_str() {
                Some(text) => Value::from(STANDARD.encode(text)),
                None => as_stored(&answered.desired["data"][key]),
            },
            _ => Value::from("not masked"),
        };
    }
    after
}

/// The server writes the base64 of Git anew.
fn as_stored(encoded: &Value) -> Value {
    let decoder = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    let text = encoded.as_str().unwrap_or_default().replace(['\r', '\n'], "");
    decoder
        .decode(text)
        .map_or(Value::Null, |bytes| Value::from(STANDARD.encode(bytes)))
}

/// Both may differ by what is nothing to Go, or it means something there: the server writes the prediction in its own words.
fn as_the_server_writes_it(
    cluster: &Cluster,
    after: &Value,
    answer: &Value,
    (difference, answered): (&ObjectDifference, &Answered),
) -> Option<String> {
    let mut object = after.clone();
    object["metadata"]["resourceVersion"] = answered.live["metadata"]["resourceVersion"].clone();
    let address = format!("{}?dryRun=All&fieldManager=oracle", answered.object.address);
    let written = cluster.request(User::Admin, "PUT", &address, object.to_string(), "application/json");
    if !written.is_success() {
        return Some(format!("the predicted object is refused: {}", written.message()));
    }
    let written = without_drawn(content(&written.json()), difference, answered);
    (written != *answer).then(|| {
        let place = first_difference("", &written, answer).unwrap_or_default();
        format!("{place} (as the server writes the prediction)")
    })
}

fn first_difference(place: &str, left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        _ if left == right => None,
        (Value::Object(one), Value::Object(other)) => {
            let keys = one.keys().chain(other.keys());
            keys.map(|key| first_difference(&format!("{place}.{key}"), &left[key], &right[key]))
                .find_map(|found| found)
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            pairs
                .map(|(at, (left, right))| first_difference(&format!("{place}[{at}]"), left, right))
                .find_map(|found| found)
        }
        _ => Some(format!("{place}: {left} is predicted, the server has {right}")),
    }
}

/// The first change that is none.
fn wrong_change(changes: &[Change], live: &Value, answer: &Value) -> Option<String> {
    changes.iter().find_map(|change| {
        let before = at(live, &change.path.0);
        let after = at(answer, &change.path.0);
        let (is_before, is_after) = (
            before.is_some_and(|value| !is_nothing(value)),
            after.is_some_and(|value| !is_nothing(value)),
        );
        let place = last_field(&change.path.0);
        let has_value = match (&change.to, after) {
            (Some(Shown::Value(to)), Some(after)) => unlike(&place, to, after).is_none(),
            _ => true,
        };
        // A place in a list without keys is one of the list that has the item.
        let is_placed = matches!(change.path.0.last(), Some(PathElement::Index(_)));
        let is_right = match change.operation {
            _ if change.class == Class::Lost => after.is_none(),
            Operation::Add if is_placed => after.is_some() && has_value_of(change.to.as_ref(), after, &place),
            Operation::Remove if is_placed => before.is_some() && has_value_of(change.from.as_ref(), before, &place),
            // What is nothing to Go may be something at its place: `emptyDir: {}`.
            Operation::Add => after.is_some() && !is_before && has_value_of(change.to.as_ref(), after, &place),
            Operation::Remove => before.is_some() && !is_after,
            // What is nothing to Go may be left out.
            Operation::Replace if after.is_none() => {
                before.is_some() && has_value_of(change.to.as_ref(), Some(&Value::Null), &place)
            }
            Operation::Replace => before.is_some() && after.is_some() && before != after && has_value,
            Operation::Reorder => before.is_some() && after.is_some() && before != after,
        };
        (!is_right).then(|| {
            let told = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
            format!(
                "{} is to {:?} {:?} -> {:?}; live: {}, the server has {}",
                change.path,
                change.operation,
                change.from,
                change.to,
                told(before),
                told(after)
            )
        })
    })
}

/// An item that is added has defaults, too: what Git writes of it has to be there.
fn has_value_of(shown: Option<&Shown>, value: Option<&Value>, place: &str) -> bool {
    match (shown, value) {
        (Some(Shown::Value(shown)), Some(value)) => contains(place, shown, value),
        _ => true,
    }
}

fn contains(place: &str, part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part.iter().all(|(key, value)| match whole.get(key) {
            Some(other) => contains(&format!("{place}.{key}"), value, other),
            None => is_nothing(value),
        }),
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(part, whole)| contains(place, part, whole))
        }
        _ => unlike(place, part, whole).is_none(),
    }
}

fn last_field(path: &[PathElement]) -> String {
    let names: Vec<&str> = path
        .iter()
        .filter_map(|element| match element {
            PathElement::Field(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    names.join(".")
}

pub fn at<'v>(object: &'v Value, path: &[PathElement]) -> Option<&'v Value> {
    let found = path.iter().try_fold(object, |value, element| match element {
        PathElement::Field(name) => value.get(name),
        PathElement::Index(index) => value.get(index),
        PathElement::Item(item) => value.as_array()?.iter().find(|other| *other == item),
        PathElement::Key(keys) => value.as_array()?.iter().find(|item| {
            let fits = |(key, value): &(String, Value)| item.get(key).is_none_or(|is| is == value);
            keys.iter().all(fits)
        }),
    });
    found.filter(|value| !value.is_null())
}

/// The first field, outside of lists, that the server changes and nobody tells of.
fn missing_change(
    place: &mut Vec<String>,
    difference: &ObjectDifference,
    live: &Value,
    answer: &Value,
) -> Option<String> {
    if let (Value::Object(before), Value::Object(after)) = (live, answer) {
        let keys = before
            .keys()
            .chain(after.keys().filter(|key| !before.contains_key(*key)));
        for key in keys {
            place.push(key.clone());
            let found = missing_change(place, difference, &live[key], &answer[key]);
            if found.is_some() {
                return found;
            }
            place.pop();
        }
        return None;
    }
    if live == answer {
        return None;
    }
    let tells = |path: &FieldPath| {
        let names = path.0.iter().map(|element| match element {
            PathElement::Field(name) => Some(name),
            _ => None,
        });
        names
            .zip(place.iter())
            .all(|(name, place)| name.is_none_or(|name| name == place))
    };
    // Replicas that an autoscaler sets are told of in a note.
    let notes = difference.notes.iter().filter_map(|note| note.path.as_ref());
    let mut paths = difference.changes.iter().map(|change| &change.path).chain(notes);
    (!paths.any(tells)).then(|| {
        format!(
            ".{} changes from {live} to {answer}, and nothing tells of it",
            place.join(".")
        )
    })
}
