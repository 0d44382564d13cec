//! Files that mean harm cost little time, little stack, and say what is wrong with them.
//!
//! The bounds are for a debug build on a slow machine that has other things to do; what they rule out is quadratic.
#![allow(
    clippy::unwrap_used,
    clippy::format_push_string,
    clippy::format_collect,
    reason = "a test says what it means, and may fail anywhere"
)]

use std::thread;
use std::time::{Duration, Instant};

use checker::source::decode::{self, Decoded, FaultKind};

/// Whatever a test does it does in this time.
const BOUND: Duration = Duration::from_secs(60);

/// A tenth of what a test's own thread has: the decoder's stack does not grow with the depth of a document.
const STACK_BYTES: usize = 200 << 10;

/// Decodes on a thread with a small stack, and drops the result there.
fn decode_with<T: Send>(bytes: impl Into<Vec<u8>>, look: impl FnOnce(&Decoded) -> T + Send) -> T {
    let bytes = bytes.into();
    thread::scope(|scope| {
        thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || {
                let start = Instant::now();
                let decoded = decode::decode("hostile.yaml", bytes);
                let took = start.elapsed();
                assert!(took < BOUND, "took {took:?}");
                look(&decoded)
            })
            .unwrap()
            .join()
            .unwrap()
    })
}

fn is_refused_for(text: &str, kind: FaultKind) {
    let kinds = decode_with(text, |decoded| {
        decoded.faults.iter().map(|fault| fault.kind).collect::<Vec<_>>()
    });
    assert!(
        kinds.contains(&kind),
        "{:?}: {kinds:?}",
        text.chars().take(60).collect::<String>()
    );
}

fn is_read(text: &str) {
    let faults = decode_with(text, |decoded| {
        let written: usize = decoded
            .documents
            .iter()
            .filter_map(|document| document.tree.as_ref())
            .map(|tree| {
                let mut out = String::new();
                decode::write_json(tree.root(), &mut out);
                out.len()
            })
            .sum();
        assert!(written > 0);
        decoded
            .faults
            .iter()
            .filter(|fault| fault.kind.is_refusal())
            .map(|fault| fault.message.clone())
            .collect::<Vec<_>>()
    });
    assert_eq!(faults, [""; 0], "{:?}", text.chars().take(60).collect::<String>());
}

/// The forms that nest, each so many times: what opens, and what closes again.
fn nested(depth: usize) -> Vec<String> {
    let flow = |open: &str, inner: &str, close: &str| {
        format!("kind: A\nv: {}{inner}{}\n", open.repeat(depth), close.repeat(depth))
    };
    vec![
        flow("[", "", "]"),
        flow("{a: ", "b", "}"),
        flow("[{a: ", "b", "}]"),
        flow("[a: ", "b", "]"),
        format!("kind: A\nv:\n  {}a\n", "- ".repeat(depth)),
        format!("kind: A\nv:\n  {}a\n", "? ".repeat(depth)),
        format!("{{\"kind\": \"A\", \"v\": {}{}}}", "[".repeat(depth), "]".repeat(depth)),
        format!(
            "{{\"kind\": \"A\", \"v\": {}1{}}}",
            "{\"a\":".repeat(depth),
            "}".repeat(depth)
        ),
    ]
}

/// Mappings nested line by line; the text grows with the square of the depth.
fn nested_by_lines(depth: usize) -> String {
    let mut text = "kind: A\n".to_owned();
    for level in 0..depth {
        text.push_str(&" ".repeat(level));
        text.push_str("a:\n");
    }
    text
}

#[test]
fn depth_within_kubectls_bound_is_read() {
    for (index, text) in nested(4_900).iter().enumerate() {
        // `? ? a` nests mappings as keys, which are refused for that.
        if index != 5 {
            is_read(text);
        }
    }
    for (index, text) in nested(9_000).iter().enumerate() {
        // Two collections a step are too deep already.
        if !matches!(index, 2 | 3 | 5) {
            is_read(text);
        }
    }
    is_read(&nested_by_lines(2_000));
}

#[test]
fn depth_beyond_kubectls_bound_is_refused() {
    for (index, text) in nested(100_000).iter().enumerate() {
        if index != 5 {
            is_refused_for(text, FaultKind::TooDeep);
        }
    }
    is_refused_for(&nested(100_000)[5], FaultKind::InvalidKey);
    // One level too many, by either of kubectl's two bounds and by both together.
    is_read(&format!("kind: A\nv: {}{}\n", "[".repeat(9_999), "]".repeat(9_999)));
    is_refused_for(
        &format!("kind: A\nv: {}{}\n", "[".repeat(10_000), "]".repeat(10_000)),
        FaultKind::TooDeep,
    );
    is_refused_for(
        &format!(
            "kind: A\nv:\n {}{}{}\n",
            "- ".repeat(5_000),
            "[".repeat(5_000),
            "]".repeat(5_000)
        ),
        FaultKind::TooDeep,
    );
}

#[test]
fn depth_that_an_alias_makes_counts() {
    let half = format!("{}{}", "[".repeat(6_000), "]".repeat(6_000));
    is_read(&format!("kind: A\nv: &a {half}\nw: [*a]\n"));
    let open = "[".repeat(6_000);
    let close = "]".repeat(6_000);
    is_refused_for(
        &format!("kind: A\nv: &a {half}\nw: {open}*a{close}\n"),
        FaultKind::TooDeep,
    );
    // A duplicate key takes the deep value away again.
    is_read(&format!("kind: A\nv: &a {half}\nw: {open}*a{close}\nw: 1\n"));
}

#[test]
fn unclosed_brackets_are_found_at_once() {
    for open in ["[", "{", "{a: ", "[a, ", "- [", "'", "\"", "[\"", "|\n[", "? ["] {
        for count in [1, 1_001, 1_000_000 / open.len() / 2 * 2 + 1] {
            let text = format!("kind: A\nv: {}", open.repeat(count));
            decode_with(text, |decoded| assert!(decoded.is_refused(), "{open} {count}"));
        }
    }
}

fn bomb(levels: usize, width: usize, merge: bool) -> String {
    let mut text = "kind: A\na0: &a0 {x: y}\n".to_owned();
    for level in 1..=levels {
        let before = level - 1;
        let aliases = vec![format!("*a{before}"); width].join(", ");
        if merge {
            text.push_str(&format!("a{level}: &a{level}\n  k{level}: 1\n  <<: [{aliases}]\n"));
        } else {
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
    }
    text
}

#[test]
fn alias_bombs_are_refused_before_they_unfold() {
    is_refused_for(&bomb(9, 10, false), FaultKind::ExcessiveAliasing);
    is_refused_for(&bomb(64, 2, false), FaultKind::ExcessiveAliasing);
    is_refused_for(&bomb(100, 100, false), FaultKind::ExcessiveAliasing);
    is_refused_for(&bomb(9, 10, true), FaultKind::ExcessiveAliasing);
    is_refused_for(&bomb(64, 2, true), FaultKind::ExcessiveAliasing);
    is_read(&bomb(3, 5, false));
    is_read(&bomb(3, 5, true));
}

#[test]
fn many_merges_of_a_large_mapping_are_refused() {
    let mut text = "kind: A\nbase: &base\n".to_owned();
    for key in 0..5_000 {
        text.push_str(&format!("  k{key}: 1\n"));
    }
    for key in 0..5_000 {
        text.push_str(&format!("v{key}: {{<<: *base}}\n"));
    }
    is_refused_for(&text, FaultKind::ExcessiveAliasing);
}

#[test]
fn a_long_string_and_many_aliases_are_refused() {
    let text = format!(
        "kind: A\nv: &a '{}'\nw: [{}]\n",
        "x".repeat(1 << 20),
        "*a, ".repeat(100_000)
    );
    is_refused_for(&text, FaultKind::ExcessiveAliasing);
}

#[test]
fn aliases_in_their_own_anchors_are_refused() {
    is_refused_for("kind: A\nv: &a [*a]\n", FaultKind::ExcessiveAliasing);
    let many = format!("kind: A\nv: {}", "&a [*a, ".repeat(100_000));
    decode_with(many, |decoded| assert!(decoded.is_refused()));
    let deep = format!("kind: A\nv: {}{}", "&a [*a, ".repeat(5_000), "]".repeat(5_000));
    is_refused_for(&deep, FaultKind::ExcessiveAliasing);
    let names: String = (0..100_000).map(|name| format!("- &a{name} x\n- *a{name}\n")).collect();
    is_read(&format!("kind: A\nv:\n{names}"));
}

#[test]
fn many_keys_are_read_in_linear_time() {
    let distinct: String = (0..100_000).map(|key| format!("  k{key}: 1\n")).collect();
    is_read(&format!("kind: A\nv:\n{distinct}"));
    let equal = "  k: 1\n".repeat(100_000);
    let faults = decode_with(format!("kind: A\nv:\n{equal}"), |decoded| decoded.faults.len());
    assert!((1..=1_000).contains(&faults), "{faults} findings");
    let flow: String = (0..100_000).map(|key| format!("k{key}: 1, ")).collect();
    is_read(&format!("kind: A\nv: {{{flow}}}\n"));
}

#[test]
fn long_lines_are_read_in_linear_time() {
    const LENGTH: usize = 30 << 20;
    is_read(&format!("kind: A\nv: {}\n", "x".repeat(LENGTH)));
    is_read(&format!("kind: A\nv: [{}]\n", "a, ".repeat(1 << 20)));
    is_read(&format!("kind: A\nv: \"{}\"\n", "\\n".repeat(1 << 20)));
    is_read(&format!("kind: A\nv: '{}'\n", "x ".repeat(1 << 20)));
    is_read(&format!("kind: A # {}\n", "# ".repeat(1 << 20)));
    is_read(&format!("kind: A\nv: {}\n", "\u{1F600}".repeat(1 << 20)));
    is_read(&format!("{{\"kind\": \"A\", \"v\": \"{}\"}}", "x".repeat(LENGTH)));
    is_read(&format!("kind: A\n? {}\n: b\n", "x".repeat(1 << 20)));
    is_refused_for(&format!("kind: A\n{}: b\n", "x".repeat(1 << 20)), FaultKind::Syntax);
    is_refused_for(
        &format!("kind: A\nv: {{{}: b}}: c\n", "x".repeat(1 << 20)),
        FaultKind::Syntax,
    );
}

#[test]
fn many_lines_of_little_are_read_in_linear_time() {
    is_read(&format!("kind: A\n{}", "\n".repeat(1 << 20)));
    is_read(&format!("kind: A\n{}", "# c\n".repeat(1 << 19)));
    is_read(&format!("kind: A\nv: a{}\n  b\n", "\n".repeat(1 << 20)));
    is_read(&format!("kind: A\nv: |\n{}  b\n", "\n".repeat(1 << 20)));
    is_read(&format!("kind: A\nv: a\n{}", "  b\n".repeat(1 << 18)));
    is_read(&format!("kind: A\n{}", "---\n".repeat(1 << 18)));
    is_read(&format!("kind: A\n{}", "---\nkind: B\n".repeat(1 << 16)));
    is_read(&format!("kind: A\nv:\n{}", "-\n".repeat(1 << 18)));
    is_read(&format!("{{\"kind\": \"A\"}}{}", "{\"kind\":\"A\"}".repeat(1 << 16)));
}

#[test]
fn many_broken_pieces_are_all_found() {
    for piece in ["v: [\n", "--- a\n", "----\n", "@\n", "%A\n", "\0\n"] {
        let text = format!("kind: A\n{}", format!("---\n{piece}").repeat(20_000));
        decode_with(text, |decoded| assert!(decoded.is_refused(), "{piece:?}"));
    }
    let json = format!("{{\"kind\": \"A\"}}\n{}", "{\n}x\n{\n".repeat(20_000));
    decode_with(json, |decoded| assert!(decoded.is_refused()));
}

#[test]
fn directives_are_read_in_linear_time() {
    for line in ["%TAG !a! b\n", "%YAML 1.1\n", "%A\n", "%\n"] {
        decode_with(line.repeat(1 << 16), |decoded| {
            assert!(decoded.is_refused(), "{line:?}");
        });
    }
    // Only with carriage returns do directives reach kubectl's parser at all.
    let many: String = (0..20_000).map(|name| format!("%TAG !a{name}! b\r")).collect();
    is_read(&format!("{many}---\rkind: A\r"));
}

#[test]
fn bytes_that_are_no_text_are_findings() {
    is_refused_for("kind: A\nv: a\0b\n", FaultKind::Syntax);
    is_refused_for("\0", FaultKind::Syntax);
    let nul = decode_with(vec![0; 1 << 20], Decoded::is_refused);
    assert!(nul);
    let invalid = decode_with(vec![0xFF; 1 << 20], |decoded| {
        decoded.faults.iter().any(|fault| fault.kind == FaultKind::InvalidUtf8)
    });
    assert!(invalid);
    let in_the_midst = decode_with(b"kind: A\nv: caf\xE9\n".to_vec(), |decoded| {
        let fault = &decoded.faults[0];
        (
            fault.kind,
            decoded.file.position(fault.span.start).offset,
            decoded.is_refused(),
        )
    });
    assert_eq!(in_the_midst, (FaultKind::InvalidUtf8, 14, false));
    let odd = decode_with([vec![0xFF, 0xFE], vec![0xD8; 100_001]].concat(), |decoded| {
        decoded.documents.len()
    });
    assert!(odd <= 1);
    let hidden = "kind: A # \u{2028}".repeat(100_000);
    let faults = decode_with(hidden, |decoded| decoded.faults.len());
    assert!(faults <= 4_000, "{faults} findings");
}
