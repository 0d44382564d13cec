//! What holds for every file, however broken. The fuzzer asks the same.

use checker::source::decode::{self, Decoded, Node, NodeKind, Style, objects};
use checker::source::text::{SourceFile, Span};

/// Decodes and checks; panics with what is wrong.
pub fn check(bytes: &[u8]) -> Decoded {
    let decoded = decode::decode("file.yaml", bytes.to_vec());
    let file = &decoded.file;
    let mut last_end = 0;
    for (index, document) in decoded.documents.iter().enumerate() {
        assert_eq!(document.index, index, "documents are counted");
        assert_inside(file, document.span);
        assert!(
            document.span.start >= last_end,
            "documents do not overlap and are in order"
        );
        last_end = document.span.end;
        let Some(tree) = &document.tree else {
            assert!(
                decoded.is_refused(),
                "a document is only missing when something is refused"
            );
            continue;
        };
        check_tree(file, tree.root(), document.span);
        let mut out = String::new();
        for object in objects::kubectl_objects(tree.root()).0 {
            decode::write_object(object, &mut out);
            assert!(!out.contains('\n'), "an object is one line");
            out.clear();
        }
    }
    for fault in &decoded.faults {
        assert_inside(file, fault.span);
        assert!(!fault.message.is_empty());
        if let Some((span, _)) = fault.related {
            assert_inside(file, span);
        }
        let _ = file.position(fault.span.start);
    }
    assert!(
        decoded.faults.windows(2).all(|pair| pair[0].span <= pair[1].span),
        "faults are in the order of the file"
    );
    decoded
}

fn assert_inside(file: &SourceFile, span: Span) {
    let text = file.text();
    let range = span.range();
    assert!(
        range.start <= range.end && range.end <= text.len(),
        "{span:?} is not inside the file"
    );
    assert!(
        text.is_char_boundary(range.start) && text.is_char_boundary(range.end),
        "{span:?} cuts a character"
    );
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn is_alias(node: Node<'_>) -> bool {
    node.anchor_span().is_some()
}

fn check_tree(file: &SourceFile, root: Node<'_>, document: Span) {
    // Tags change what a scalar is, and are no part of its span.
    let has_tags = file.slice(document).contains('!');
    assert!(holds(document, root.span()), "the root lies in its document");
    let mut checked = 0;
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        assert_inside(file, node.span());
        if is_alias(node) {
            assert!(node.source().starts_with('*'), "an alias lies where it is written");
            continue;
        }
        let mut last_end = node.span().start;
        for item in node.items() {
            assert!(holds(node.span(), item.span()), "an item lies in its list");
            assert!(item.span().start >= last_end, "items do not overlap and are in order");
            last_end = item.span().end;
            pending.push(item);
        }
        for entry in node.entries() {
            assert_inside(file, entry.key_span());
            if entry.is_merged() {
                continue;
            }
            assert!(holds(node.span(), entry.key_span()), "a key lies in its mapping");
            assert!(holds(node.span(), entry.value().span()), "a value lies in its mapping");
            assert!(
                entry.key_span().end <= entry.value().span().start,
                "a key stands in front of its value"
            );
            pending.push(entry.value());
        }
        // Decoding once more is slow; a few hundred a file tell enough.
        if !has_tags && checked < 300 && !node.span().is_empty() && is_quoted_or_plain(node) {
            checked += 1;
            check_scalar(node);
        }
    }
}

/// Block scalars need their indentation, and plain scalars of several lines too.
fn is_quoted_or_plain(node: Node<'_>) -> bool {
    const LINE_ENDS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
    !matches!(node.kind(), NodeKind::Sequence | NodeKind::Mapping)
        && match node.style() {
            Style::Literal | Style::Folded => false,
            Style::Plain => !node.source().contains(LINE_ENDS),
            _ => true,
        }
}

/// The text of a scalar alone is the same scalar.
fn check_scalar(node: Node<'_>) {
    // In flow context a plain scalar may end with a colon, in block context it may hold brackets, and JSON knows other escapes.
    const SETTINGS: &[(&str, &str)] = &[("v: ", "\n"), ("v: [", "\n]\n"), ("{\"v\":", "}")];
    let source = node.source();
    let mut wanted = String::new();
    decode::write_json(node, &mut wanted);
    let found: Vec<String> = SETTINGS
        .iter()
        .map(|(before, after)| alone(&format!("{before}{source}{after}")))
        .collect();
    assert!(found.contains(&wanted), "{source:?} is {wanted}, but alone {found:?}");
}

fn alone(text: &str) -> String {
    let decoded = decode::decode_str("alone.yaml", text);
    let mut out = String::new();
    let tree = decoded.documents.first().and_then(|document| document.tree.as_deref());
    if let Some(value) = tree.and_then(|tree| tree.root().entry("v")) {
        let value = value.value();
        decode::write_json(value.items().next().unwrap_or(value), &mut out);
    }
    out
}
