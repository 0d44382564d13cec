//! What people should know of a change beside its values.

use serde_json::Value;

use super::change::Operation;
use super::differences::Difference;
use super::path::PathElement;

/// Remarks on a difference; `is_wanted` says whether the desired object has the field at all.
pub(crate) fn of(difference: &Difference, is_wanted: bool) -> Vec<String> {
    let mut remarks = Vec::new();
    if !is_wanted && difference.to.is_some() && difference.operation != Operation::Reorder {
        remarks.push("not written in Git: the default".to_owned());
    }
    if let (Some(Value::String(from)), Some(Value::String(to))) = (&difference.from, &difference.to) {
        remarks.extend(texts(from, to).map(str::to_owned));
    }
    if difference.operation == Operation::Reorder {
        remarks.extend(order(&difference.path.0).map(str::to_owned));
    }
    if difference.may_mean_the_same {
        remarks.push("the two may mean the same: the schema does not say what the text stands for".to_owned());
    }
    if difference.is_by_position {
        remarks.push("two items have the same keys: items were compared by their positions".to_owned());
    }
    remarks
}

fn texts(from: &str, to: &str) -> Option<&'static str> {
    let is_structure = |text: &str| text.trim_start().starts_with(['{', '[']);
    if is_structure(from)
        && is_structure(to)
        && let (Ok(left), Ok(right)) = (serde_json::from_str::<Value>(from), serde_json::from_str::<Value>(to))
        && left == right
    {
        return Some("formatting only: the same JSON");
    }
    if from.replace("\r\n", "\n") == to.replace("\r\n", "\n") {
        return Some("line ends only: CRLF and LF");
    }
    if from.trim_end() == to.trim_end() {
        return Some("white space at the end only");
    }
    from.split_whitespace()
        .eq(to.split_whitespace())
        .then_some("white space only")
}

fn order(path: &[PathElement]) -> Option<&'static str> {
    match path.last() {
        Some(PathElement::Field(name)) if name == "envFrom" => {
            Some("order counts: of two sources with one name the later wins")
        }
        Some(PathElement::Field(name)) if name == "env" => {
            Some("order counts: $(NAME) stands for variables above only")
        }
        _ => None,
    }
}
