//! Whether two volumes are the same volume, after the defaults that the API server and Kruise's webhook write into both.

use super::quantity::Quantity;
use crate::source::decode::{Entry, Node, NodeKind};

/// Fields of a volume whose default need not be written (`kubernetes pkg/apis/core/v1/defaults.go`).
const DEFAULTS: [(&str, Default); 5] = [
    ("defaultMode", Default::Integer(420)),
    ("apiVersion", Default::Text("v1")),
    ("expirationSeconds", Default::Integer(3600)),
    ("type", Default::Text("")),
    ("medium", Default::Text("")),
];

enum Default {
    Integer(i64),
    Text(&'static str),
}

/// Whether two volumes are equal as the API server stores them: keys in any order, null as absent, defaults written or not.
#[must_use]
pub fn volumes_equal(left: Node<'_>, right: Node<'_>) -> bool {
    let mut pending = vec![(left, right)];
    while let Some((left, right)) = pending.pop() {
        if left.kind() != right.kind() {
            return false;
        }
        match left.kind() {
            NodeKind::Mapping => {
                let (left, right) = (written(left), written(right));
                if left.len() != right.len() {
                    return false;
                }
                for (left, right) in left.into_iter().zip(right) {
                    if left.key() != right.key() {
                        return false;
                    }
                    if !same_quantity(left, right) {
                        pending.push((left.value(), right.value()));
                    }
                }
            }
            NodeKind::Sequence => {
                if left.items().len() != right.items().len() {
                    return false;
                }
                pending.extend(left.items().zip(right.items()));
            }
            _ => {
                let same = left.as_str() == right.as_str()
                    && left.as_bool() == right.as_bool()
                    && left.as_f64() == right.as_f64();
                if !same {
                    return false;
                }
            }
        }
    }
    true
}

/// The entries that say something, by key. A volume with nothing but a name is an `emptyDir`.
fn written(mapping: Node<'_>) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = mapping
        .entries()
        .filter(|entry| !entry.value().is_null() && !is_default(*entry) && !is_bare_empty_dir(*entry))
        .collect();
    entries.sort_by_key(|entry| entry.key());
    entries
}

fn is_default(entry: Entry<'_>) -> bool {
    DEFAULTS.iter().any(|(key, value)| {
        entry.key() == *key
            && match value {
                Default::Integer(number) => entry.value().as_i64() == Some(*number),
                Default::Text(text) => entry.value().as_str() == Some(*text),
            }
    })
}

fn is_bare_empty_dir(entry: Entry<'_>) -> bool {
    let value = entry.value();
    entry.key() == "emptyDir" && value.kind() == NodeKind::Mapping && written_shallow(value) == 0
}

fn written_shallow(mapping: Node<'_>) -> usize {
    mapping
        .entries()
        .filter(|entry| !entry.value().is_null() && !is_default(*entry))
        .count()
}

/// `1Gi` and `1024Mi` are one size.
fn same_quantity(left: Entry<'_>, right: Entry<'_>) -> bool {
    if left.key() != "sizeLimit" && left.key() != "storage" {
        return false;
    }
    let read = |entry: Entry<'_>| entry.value().as_str().and_then(|text| Quantity::parse(text).ok());
    match (read(left), read(right)) {
        (Some(left), Some(right)) => left.to_string() == right.to_string(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::decode_str;

    fn equal(left: &str, right: &str) -> bool {
        // What begins with `{` is read as JSON, so the volume stands under a key.
        let tree = |text: &str| {
            let decoded = decode_str("a.yaml", format!("volume: {text}"));
            decoded.documents[0].tree.clone().unwrap()
        };
        let (left, right) = (tree(left), tree(right));
        volumes_equal(left.root().get("volume").unwrap(), right.root().get("volume").unwrap())
    }

    #[test]
    fn equal_as_the_api_server_stores_them() {
        for (left, right, expected) in [
            ("{name: a, emptyDir: {}}", "{emptyDir: {}, name: a}", true),
            ("{name: a, emptyDir: {}}", "{name: a}", true),
            ("{name: a, emptyDir: null}", "{name: a, emptyDir: {}}", true),
            ("{name: a, emptyDir: {medium: \"\"}}", "{name: a, emptyDir: {}}", true),
            (
                "{name: a, emptyDir: {medium: Memory}}",
                "{name: a, emptyDir: {}}",
                false,
            ),
            (
                "{name: a, emptyDir: {sizeLimit: 1Gi}}",
                "{name: a, emptyDir: {sizeLimit: 1024Mi}}",
                true,
            ),
            (
                "{name: a, emptyDir: {sizeLimit: 1Gi}}",
                "{name: a, emptyDir: {sizeLimit: 2Gi}}",
                false,
            ),
            (
                "{name: a, configMap: {name: c}}",
                "{name: a, configMap: {name: c, defaultMode: 0644}}",
                true,
            ),
            (
                "{name: a, configMap: {name: c}}",
                "{name: a, configMap: {name: d}}",
                false,
            ),
            (
                "{name: a, hostPath: {path: /x}}",
                "{name: a, hostPath: {path: /x, type: \"\"}}",
                true,
            ),
            (
                "{name: a, hostPath: {path: /x}}",
                "{name: a, hostPath: {path: /x, type: Directory}}",
                false,
            ),
            ("{name: a, emptyDir: {}}", "{name: a, hostPath: {path: /x}}", false),
            (
                "{name: a, downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}]}}",
                "{name: a, downwardAPI: {items: [{path: l, fieldRef: {apiVersion: v1, fieldPath: metadata.labels}}]}}",
                true,
            ),
        ] {
            assert_eq!(equal(left, right), expected, "{left} | {right}");
            assert_eq!(equal(right, left), expected, "{right} | {left}");
        }
    }
}
