//! The way from the root of an object to one of its nodes, as people and structured-merge-diff write it:
//! `spec.containers[name=istio-proxy].image`.

use crate::source::decode::{Node, NodeKind};

/// Fields that tell the items of a list apart, in the order in which they are tried.
const ITEM_KEYS: [&str; 5] = ["name", "mountPath", "containerPort", "key", "ip"];

/// The path from `root` to `target`; `None` if the one is not below the other.
///
/// Nodes know no parent, since an alias gives a node several; the way is searched, which only findings pay for.
#[must_use]
pub fn path_to(root: Node<'_>, target: Node<'_>) -> Option<String> {
    struct Visit<'t> {
        node: Node<'t>,
        parent: usize,
        step: Step<'t>,
    }
    enum Step<'t> {
        Root,
        Key(&'t str),
        Item(usize),
    }
    let mut visits = vec![Visit {
        node: root,
        parent: 0,
        step: Step::Root,
    }];
    let mut next = 0;
    let found = loop {
        let visit = visits.get(next)?;
        let node = visit.node;
        if node == target {
            break next;
        }
        // An alias's children are found where its anchor stands: no need to go through it, and no way to go in circles.
        if node.anchor_span().is_none() {
            let parent = next;
            match node.kind() {
                NodeKind::Mapping => visits.extend(node.entries().map(|entry| Visit {
                    node: entry.value(),
                    parent,
                    step: Step::Key(entry.key()),
                })),
                NodeKind::Sequence => {
                    visits.extend(node.items().enumerate().map(|(index, item)| Visit {
                        node: item,
                        parent,
                        step: Step::Item(index),
                    }));
                }
                _ => {}
            }
        }
        next += 1;
    };
    let mut steps = Vec::new();
    let mut at = found;
    while let Some(visit) = visits.get(at) {
        match visit.step {
            Step::Root => break,
            Step::Key(key) => steps.push(key_step(key)),
            Step::Item(index) => steps.push(item_step(visit.node, index)),
        }
        at = visit.parent;
    }
    steps.reverse();
    let path = steps.concat();
    Some(path.strip_prefix('.').map_or(path.clone(), str::to_owned))
}

/// One key below a path.
#[must_use]
pub fn child(path: &str, key: &str) -> String {
    let step = key_step(key);
    if path.is_empty() {
        return step.strip_prefix('.').map_or(step.clone(), str::to_owned);
    }
    format!("{path}{step}")
}

fn key_step(key: &str) -> String {
    let is_plain = !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$'));
    if is_plain {
        format!(".{key}")
    } else {
        format!("[{key:?}]")
    }
}

fn item_step(item: Node<'_>, index: usize) -> String {
    for key in ITEM_KEYS {
        let Some(value) = item.get(key) else {
            continue;
        };
        if let Some(text) = value.as_str() {
            return format!("[{key}={text}]");
        }
        if let Some(number) = value.as_i64() {
            return format!("[{key}={number}]");
        }
    }
    format!("[{index}]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::decode_str;

    fn path(text: &str, find: impl Fn(Node<'_>) -> Node<'_>) -> String {
        let decoded = decode_str("a.yaml", text);
        let tree = decoded.documents[0].tree.clone().unwrap();
        path_to(tree.root(), find(tree.root())).unwrap()
    }

    #[test]
    fn items_are_named_by_what_tells_them_apart() {
        let text = "spec:\n  containers:\n  - name: app\n    args: [a, b]\n    image: x\n";
        fn container(root: Node<'_>) -> Node<'_> {
            root.at(&["spec", "containers"]).unwrap().items().next().unwrap()
        }
        assert_eq!(
            path(text, |root| container(root).get("image").unwrap()),
            "spec.containers[name=app].image"
        );
        assert_eq!(
            path(text, |root| container(root).get("args").unwrap().items().nth(1).unwrap()),
            "spec.containers[name=app].args[1]"
        );
    }

    #[test]
    fn keys_that_are_no_words_are_quoted() {
        let text = "metadata:\n  labels:\n    app.kubernetes.io/name: x\n";
        assert_eq!(
            path(text, |root| root.at(&["metadata", "labels", "app.kubernetes.io/name"]).unwrap()),
            "metadata.labels[\"app.kubernetes.io/name\"]"
        );
    }
}
