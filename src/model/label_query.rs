//! Labels as they are asked for on a command line: `app=web,tier in (front, back),!canary`
//! (`k8s.io/apimachinery pkg/labels/selector.go`, `Parse`).

use super::selector::{LabelSelector, Operator, Requirement, label_key_faults, label_value_faults};

/// Reads a query.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<LabelSelector, String> {
    let mut selector = LabelSelector::default();
    for part in split(text)? {
        selector.match_expressions.push(requirement(part.trim())?);
    }
    if selector.match_expressions.is_empty() {
        return Err("no label is named; write `app=web`".to_owned());
    }
    Ok(selector)
}

/// The parts between commas that stand in no parentheses.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let mut parts = Vec::new();
    let (mut start, mut is_inside) = (0, false);
    for (at, character) in text.char_indices() {
        match character {
            '(' if is_inside => return Err(format!("`{text}` has a parenthesis within another")),
            '(' => is_inside = true,
            ')' if !is_inside => return Err(format!("`{text}` has a `)` without its `(`")),
            ')' => is_inside = false,
            ',' if !is_inside => {
                parts.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    if is_inside {
        return Err(format!("`{text}` has a `(` without its `)`"));
    }
    parts.extend(text.get(start..).filter(|last| !last.trim().is_empty() || start > 0));
    Ok(parts)
}

fn requirement(part: &str) -> Result<Requirement, String> {
    let (key, operator, values) = if let Some(key) = part.strip_prefix('!') {
        (key.trim(), Operator::DoesNotExist, Vec::new())
    } else if let Some((head, list)) = part.split_once('(') {
        let list = list
            .strip_suffix(')')
            .ok_or_else(|| format!("`{part}`: nothing may follow the `)`"))?;
        let head = head.trim_end();
        let (key, operator) = head
            .strip_suffix(" notin")
            .map(|key| (key, Operator::NotIn))
            .or_else(|| head.strip_suffix(" in").map(|key| (key, Operator::In)))
            .ok_or_else(|| format!("`{part}`: `in` or `notin` is due before the `(`"))?;
        (
            key.trim(),
            operator,
            list.split(',').map(|value| value.trim().to_owned()).collect(),
        )
    } else if let Some((key, value)) = part.split_once("!=") {
        (key.trim(), Operator::NotIn, vec![value.trim().to_owned()])
    } else if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        (key.trim(), Operator::In, vec![value.trim().to_owned()])
    } else if part.contains(['<', '>']) {
        return Err(format!("`{part}`: `<` and `>` are not known here"));
    } else {
        (part, Operator::Exists, Vec::new())
    };
    if let Some(fault) = label_key_faults(key).first() {
        return Err(format!("`{key}` in `{part}` is no key of a label: {fault}"));
    }
    for value in &values {
        if let Some(fault) = label_value_faults(value).first() {
            return Err(format!("`{value}` in `{part}` is no value of a label: {fault}"));
        }
    }
    Ok(Requirement {
        key: key.to_owned(),
        operator,
        values,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::selector::Labels;

    #[test]
    fn a_query_selects_as_kubectl_does() {
        let labels: Labels = [("app", "web"), ("tier", "front")].into_iter().collect();
        for (query, matches) in [
            ("app=web", true),
            ("app==web", true),
            ("app = web , tier=front", true),
            ("app=web,tier=back", false),
            ("app!=web", false),
            ("other!=web", true),
            ("tier in (back, front)", true),
            ("tier notin (back)", true),
            ("tier notin (front),app", false),
            ("!canary", true),
            ("!app", false),
            ("app=", false),
        ] {
            assert_eq!(parse(query).unwrap().matches(&labels), matches, "{query}");
        }
    }

    #[test]
    fn what_is_no_query_is_refused() {
        for query in [
            "",
            " ",
            "app=web,",
            "a in web",
            "a in (b",
            "a b)",
            "a in (b) c",
            "a (b)",
            "=web",
            "a/b/c=d",
            "a=b c",
            "a>1",
            "((a))",
        ] {
            assert!(parse(query).is_err(), "{query}");
        }
    }
}
