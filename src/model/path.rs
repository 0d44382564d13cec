//! The way from the root of an object to one of its nodes, as people and structured-merge-diff write it:
//! `spec.containers[name=istio-proxy].image`.

use std::collections::HashSet;

use crate::source::decode::{Node, NodeKind};

/// Fields that tell the items of a list apart, in the order in which they are tried.
const ITEM_KEYS: [&str; 5] = ["name", "mountPath", "containerPort", "key", "ip"];

/// The path from `root` to `target`; `None` if the one is not below the other.
///
/// Where the target is written decides, unless it is written outside of `root` or comes to its place by an alias or `<<`.
#[must_use]
pub fn path_to(root: Node<'_>, target: Node<'_>) -> Option<String> {
    written_path(root, target).or_else(|| used_path(root, target))
}

fn written_path(root: Node<'_>, target: Node<'_>) -> Option<String> {
    let mut steps = Vec::new();
    let mut node = target;
    while node != root {
        let (parent, index) = node.parent()?;
        steps.push(match parent.entries().nth(index) {
            Some(entry) => key_step(entry.key()),
            None => item_step(node, index),
        });
        node = parent;
    }
    // A template kept beside the object's own fields (`x-base: &base`) is not where the value is used.
    let is_own = steps.last().is_none_or(|first| !is_template_field(root, first));
    is_own.then(|| join(steps))
}

/// Fields that begin an object's own content; others may hold anchors for use elsewhere.
fn is_template_field(root: Node<'_>, first: &str) -> bool {
    root.get("apiVersion").is_some() && first.trim_start_matches(['.', '[', '"']).starts_with("x-")
}

/// Searches the way through aliases and merges; each node is visited once, so a knot of aliases costs no more than the document.
fn used_path(root: Node<'_>, target: Node<'_>) -> Option<String> {
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
    let mut seen = HashSet::new();
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
        let parent = next;
        next += 1;
        if !seen.insert(node.target_id()) {
            continue;
        }
        let is_root = parent == 0;
        match node.kind() {
            NodeKind::Mapping => {
                let entries = node
                    .entries()
                    .filter(|entry| !(is_root && entry.key().starts_with("x-")));
                visits.extend(entries.map(|entry| Visit {
                    node: entry.value(),
                    parent,
                    step: Step::Key(entry.key()),
                }));
            }
            NodeKind::Sequence => visits.extend(node.items().enumerate().map(|(index, item)| Visit {
                node: item,
                parent,
                step: Step::Item(index),
            })),
            _ => {}
        }
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
    Some(join(steps))
}

/// Steps from the inside out, as one path.
fn join(mut steps: Vec<String>) -> String {
    steps.reverse();
    let path = steps.concat();
    path.strip_prefix('.').map_or(path.clone(), str::to_owned)
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

    fn container(root: Node<'_>) -> Node<'_> {
        root.at(&["spec", "containers"]).unwrap().items().next().unwrap()
    }

    #[test]
    fn items_are_named_by_what_tells_them_apart() {
        let text = "spec:\n  containers:\n  - name: app\n    args: [a, b]\n    image: x\n";
        assert_eq!(
            path(text, |root| container(root).get("image").unwrap()),
            "spec.containers[name=app].image"
        );
        assert_eq!(
            path(text, |root| container(root)
                .get("args")
                .unwrap()
                .items()
                .nth(1)
                .unwrap()),
            "spec.containers[name=app].args[1]"
        );
    }

    #[test]
    fn an_anchor_kept_aside_is_named_by_where_it_is_used() {
        fn image(root: Node<'_>) -> Node<'_> {
            let container = root.at(&["spec", "containers"]).unwrap().items().next().unwrap();
            container.get("image").unwrap()
        }
        for text in [
            "apiVersion: v1\nx-base: &base {name: app, image: a}\nspec:\n  containers: [*base]\n",
            "apiVersion: v1\nx-base: &base {image: a}\nspec:\n  containers: [{name: app, <<: *base}]\n",
        ] {
            assert_eq!(path(text, image), "spec.containers[name=app].image", "{text}");
        }
    }

    #[test]
    fn keys_that_are_no_words_are_quoted() {
        let text = "metadata:\n  labels:\n    app.kubernetes.io/name: x\n";
        assert_eq!(
            path(text, |root| root
                .at(&["metadata", "labels", "app.kubernetes.io/name"])
                .unwrap()),
            "metadata.labels[\"app.kubernetes.io/name\"]"
        );
    }
}
