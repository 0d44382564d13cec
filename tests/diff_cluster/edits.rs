//! Random edits of desired objects: whatever the schema, mostly plausible, the same for the same seed.
//!
//! New fields, items and values come from objects of the same kind in which they stand at the same place; so most of them are what the
//! kind allows.

use std::collections::BTreeMap;

use serde_json::Value;

/// A place in an object: fields and positions.
type Place = Vec<Step>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Item(usize),
}

/// The generator of `SplitMix64` (Steele, Lea, Flood 2014): small, and the same everywhere.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn pick<'v, T>(&mut self, values: &'v [T]) -> Option<&'v T> {
        if values.is_empty() {
            None
        } else {
            values.get(self.below(values.len()))
        }
    }
}

/// Edits objects.
#[derive(Debug)]
pub struct Editor {
    random: Random,
    /// By kind and place without positions: the values seen there.
    seen: BTreeMap<(String, String), Vec<Value>>,
    /// By kind and place of an object without positions: how often it was seen, and how often with each field.
    fields: BTreeMap<(String, String), (usize, BTreeMap<String, usize>)>,
}

impl Editor {
    /// An editor that has seen these objects.
    pub fn new<'v>(seed: u64, objects: impl Iterator<Item = &'v Value>) -> Self {
        let mut editor = Self {
            random: Random(seed),
            seen: BTreeMap::new(),
            fields: BTreeMap::new(),
        };
        for object in objects {
            editor.learn(object);
        }
        editor
    }

    /// Learns what stands where in one more object.
    pub fn learn(&mut self, object: &Value) {
        let kind = kind_of(object);
        for place in places(object) {
            let value = at(object, &place).unwrap();
            let general = general(&place);
            let seen = self.seen.entry((kind.clone(), general.clone())).or_default();
            // Enough to choose from; what is seen a thousand times is not chosen a thousand times as often.
            if seen.len() < 50 && !seen.contains(value) {
                seen.push(value.clone());
            }
            if let Value::Object(fields) = value {
                let known = self.fields.entry((kind.clone(), general)).or_default();
                known.0 += 1;
                for field in fields.keys() {
                    *known.1.entry(field.clone()).or_default() += 1;
                }
            }
        }
    }

    /// The object with one to three edits, and what they are.
    pub fn edit(&mut self, object: &Value) -> (Value, Vec<String>) {
        let mut edited = object.clone();
        let mut done = Vec::new();
        let wanted = 1 + self.random.below(3);
        // Not every edit that is thought of fits the object.
        for _ in 0..40 {
            if done.len() == wanted {
                break;
            }
            done.extend(self.edit_once(&mut edited));
        }
        (edited, done)
    }

    fn edit_once(&mut self, object: &mut Value) -> Option<String> {
        let sort = self.random.below(10);
        let mut places = places(object);
        places.retain(|place| may_be_edited(place) && fits(sort, at(object, place)));
        let place = self.random.pick(&places)?.clone();
        let is_of_metadata = general(&place).starts_with("metadata");
        // Small objects are mostly labels.
        if is_of_metadata && self.random.below(2) == 0 {
            return None;
        }
        match sort {
            0..=2 => self.change_leaf(object, &place),
            3 => respell(object, &place),
            4 | 5 => self.add_field(object, &place),
            6 | 7 => self.remove(object, &place),
            8 => self.add_item(object, &place),
            _ => self.reorder(object, &place),
        }
    }

    /// Another value for a leaf: one that was seen there, or one like it.
    fn change_leaf(&mut self, object: &mut Value, place: &Place) -> Option<String> {
        let kind = kind_of(object);
        let is_free = is_free_text(place);
        let value = at_mut(object, place)?;
        if value.is_object() || value.is_array() {
            return None;
        }
        let seen = self.seen.get(&(kind, general(place))).map_or(&[][..], Vec::as_slice);
        let other = match self.random.pick(seen) {
            Some(other) if *other != *value && !other.is_object() && !other.is_array() => other.clone(),
            _ => self.like(value, is_free)?,
        };
        let told = format!("{} becomes {other}, of {value}", general(place));
        *value = other;
        Some(told)
    }

    fn like(&mut self, value: &Value, is_free: bool) -> Option<Value> {
        Some(match value {
            Value::Bool(is_set) => Value::from(!is_set),
            Value::Number(number) => Value::from(number.as_i64()? + [1, 7, -1][self.random.below(3)]),
            Value::String(text) => {
                let digit = text.rfind(|character: char| character.is_ascii_digit());
                match digit {
                    // Another version, another amount.
                    Some(at) => {
                        let digit = char::from(b'1' + u8::try_from(self.random.below(9)).unwrap());
                        Value::from(format!("{}{digit}{}", &text[..at], &text[at + 1..]))
                    }
                    None if is_free => Value::from(format!("{text}-x")),
                    // One of a few words that are allowed, or a name that leads elsewhere.
                    None => return None,
                }
            }
            _ => return None,
        })
    }

    /// A field that other objects of the kind have at this place.
    fn add_field(&mut self, object: &mut Value, place: &Place) -> Option<String> {
        let kind = kind_of(object);
        let fields = at_mut(object, place)?.as_object_mut()?;
        let known = self.fields.get(&(kind.clone(), general(place)))?;
        let missing: Vec<&String> = known.1.keys().filter(|field| !fields.contains_key(*field)).collect();
        let field = (*self.random.pick(&missing)?).clone();
        let mut whole = place.clone();
        whole.push(Step::Field(field.clone()));
        if !may_be_edited(&whole) {
            return None;
        }
        let value = self.random.pick(self.seen.get(&(kind, general(&whole)))?)?.clone();
        let told = format!("{} is added: {value}", general(&whole));
        fields.insert(field, value);
        Some(told)
    }

    /// Another item of a list: one that was seen there, or a copy of one under another name.
    fn add_item(&mut self, object: &mut Value, place: &Place) -> Option<String> {
        let kind = kind_of(object);
        let items = at_mut(object, place)?.as_array_mut()?;
        let mut of_items = place.clone();
        of_items.push(Step::Item(0));
        let seen = self
            .seen
            .get(&(kind, general(&of_items)))
            .map_or(&[][..], Vec::as_slice);
        let mut item = self.random.pick(seen).or_else(|| items.first())?.clone();
        if items.contains(&item) {
            match &mut item {
                Value::Object(fields) => {
                    let name = fields.get("name")?.as_str()?.to_owned();
                    fields.insert("name".to_owned(), Value::from(format!("{name}-x")));
                }
                Value::String(text) => text.push_str("-x"),
                _ => return None,
            }
        }
        let told = format!("{} is added: {item}", general(&of_items));
        let position = self.random.below(items.len() + 1);
        items.insert(position, item);
        Some(told)
    }

    /// Removes what stands at a place, unless it always stands there, or is the last of a list: then it is rarely to be missed.
    fn remove(&mut self, object: &mut Value, place: &Place) -> Option<String> {
        let (last, above) = place.split_last()?;
        let is_daring = self.random.below(20) == 0;
        let kind = kind_of(object);
        let value = at_mut(object, above)?;
        match last {
            Step::Field(field) => {
                let (seen, with) = self.fields.get(&(kind, general(above)))?;
                if with.get(field) == Some(seen) && !is_daring {
                    return None;
                }
                value.as_object_mut()?.remove(field)?;
            }
            Step::Item(at) => {
                let items = value.as_array_mut()?;
                if items.len() == 1 && !is_daring {
                    return None;
                }
                items.remove(*at);
            }
        }
        Some(format!("{} is removed", general(place)))
    }

    fn reorder(&mut self, object: &mut Value, place: &Place) -> Option<String> {
        let items = at_mut(object, place)?.as_array_mut()?;
        if items.len() < 2 {
            return None;
        }
        let (one, other) = (self.random.below(items.len()), self.random.below(items.len()));
        if items[one] == items[other] {
            return None;
        }
        items.swap(one, other);
        Some(format!("{}: items {one} and {other} change places", general(place)))
    }
}

/// Whether an edit of a sort can be made of a value.
fn fits(sort: usize, value: Option<&Value>) -> bool {
    match (sort, value) {
        (0..=2, Some(value)) => !value.is_object() && !value.is_array(),
        (4 | 5, Some(value)) => value.is_object(),
        (8, Some(value)) => value.is_array(),
        (9, Some(value)) => value.as_array().is_some_and(|items| items.len() > 1),
        (_, value) => value.is_some(),
    }
}

/// The same value in other words: for the server nothing changes.
fn respell(object: &mut Value, place: &Place) -> Option<String> {
    let value = at_mut(object, place)?;
    let last = general(place);
    let other = if last.contains("limits") || last.contains("requests") {
        respelled_quantity(value)?
    } else if let Value::Object(fields) = value {
        // Fields have no order.
        let turned = fields.iter().rev().map(|(key, value)| (key.clone(), value.clone()));
        Value::Object(turned.collect())
    } else {
        return None;
    };
    *value = other;
    Some(format!("{last} is written otherwise"))
}

fn respelled_quantity(value: &Value) -> Option<Value> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let Ok(whole) = text.parse::<u32>() {
        return Some(Value::from(format!("{}m", u64::from(whole) * 1000)));
    }
    let gibibytes = text.strip_suffix("Gi")?.parse::<u32>().ok()?;
    Some(Value::from(format!("{}Mi", u64::from(gibibytes) * 1024)))
}

fn kind_of(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{} {}", text(&object["apiVersion"]), text(&object["kind"]))
}

/// What makes the object this one, and what the server writes, stays.
fn may_be_edited(place: &[Step]) -> bool {
    let names: Vec<&str> = place
        .iter()
        .map(|step| match step {
            Step::Field(name) => name.as_str(),
            Step::Item(_) => "",
        })
        .collect();
    match names[..] {
        [] | ["apiVersion" | "kind" | "status", ..] | ["metadata"] => false,
        ["metadata", field, ..] => matches!(field, "labels" | "annotations" | "finalizers"),
        _ => true,
    }
}

/// Whether any text may stand there.
fn is_free_text(place: &[Step]) -> bool {
    let free = [
        "labels",
        "annotations",
        "data",
        "value",
        "args",
        "command",
        "image",
        "path",
        "mountPath",
    ];
    place
        .iter()
        .any(|step| matches!(step, Step::Field(name) if free.contains(&name.as_str())))
}

/// The place without positions, as people write it.
fn general(place: &[Step]) -> String {
    let mut text = String::new();
    for step in place {
        match step {
            Step::Field(name) if text.is_empty() => text.push_str(name),
            Step::Field(name) => {
                text.push('.');
                text.push_str(name);
            }
            Step::Item(_) => text.push_str("[]"),
        }
    }
    text
}

/// All places of an object, from the outside in.
fn places(object: &Value) -> Vec<Place> {
    let mut all = vec![Place::new()];
    let mut at_next = 0;
    while at_next < all.len() {
        let place = all[at_next].clone();
        let below = |step: Step| {
            let mut longer = place.clone();
            longer.push(step);
            longer
        };
        let steps: Vec<Place> = match at(object, &place).unwrap() {
            Value::Object(fields) => fields.keys().map(|key| below(Step::Field(key.clone()))).collect(),
            Value::Array(items) => (0..items.len()).map(|item| below(Step::Item(item))).collect(),
            _ => Vec::new(),
        };
        all.extend(steps);
        at_next += 1;
    }
    all
}

fn at<'v>(object: &'v Value, place: &[Step]) -> Option<&'v Value> {
    place.iter().try_fold(object, |value, step| match step {
        Step::Field(name) => value.get(name),
        Step::Item(item) => value.get(item),
    })
}

fn at_mut<'v>(object: &'v mut Value, place: &[Step]) -> Option<&'v mut Value> {
    place.iter().try_fold(object, |value, step| match step {
        Step::Field(name) => value.get_mut(name),
        Step::Item(item) => value.get_mut(item),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    fn deployment() -> Value {
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
            "spec": {"replicas": 2, "template": {"spec": {"containers": [
                {"name": "web", "image": "web:1.2", "resources": {"limits": {"cpu": "1", "memory": "2Gi"}}},
                {"name": "log", "image": "log:3", "env": [{"name": "A", "value": "x"}, {"name": "B", "value": "y"}]},
            ]}}},
        })
    }

    #[test]
    fn the_same_seed_makes_the_same_edits_of_every_sort_and_never_another_object() {
        let object = deployment();
        let run = |seed: u64| -> Vec<(Value, Vec<String>)> {
            let mut editor = Editor::new(seed, std::iter::once(&object));
            (0..500).map(|_| editor.edit(&object)).collect()
        };
        let edits = run(7);
        assert_eq!(edits, run(7));
        assert_ne!(edits, run(8));
        let mut sorts = BTreeSet::new();
        for (edited, told) in &edits {
            assert!(!told.is_empty());
            for field in ["name", "namespace"] {
                assert_eq!(edited["metadata"][field], object["metadata"][field]);
            }
            assert_eq!(
                (&edited["kind"], &edited["apiVersion"]),
                (&object["kind"], &object["apiVersion"])
            );
            let known = [
                "becomes",
                "is added",
                "is removed",
                "change places",
                "is written otherwise",
            ];
            sorts.extend(
                known
                    .into_iter()
                    .filter(|sort| told.iter().any(|told| told.contains(sort))),
            );
        }
        assert_eq!(sorts.len(), 5, "{sorts:?}");
    }
}
