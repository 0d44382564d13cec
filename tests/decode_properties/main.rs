//! What holds whatever is decoded.

#![allow(
    clippy::format_push_string,
    reason = "a test says what it means, and may fail anywhere"
)]

mod invariants;

use checker::source::decode;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

/// Pieces that broken YAML is made of.
fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "\n",
            "\n  ",
            "\n- ",
            "\n    ",
            "\r\n",
            "\r",
            "\t",
            " ",
            ": ",
            ":",
            "- ",
            "? ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            "#",
            " # c",
            "&a ",
            "*a",
            "<<: ",
            "!",
            "!!str ",
            "!!binary ",
            "|",
            ">-",
            "|2\n",
            "'",
            "\"",
            "\\",
            "\\u0041",
            "%",
            "@",
            "---\n",
            "\n---\n",
            "\n...\n",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\u{e9}",
            "\u{1F600}",
            "\0",
            "yes",
            "0644",
            "1.5",
            "~",
            "key",
            "value",
        ])
        .prop_map(str::to_owned),
        "[a-c]{1,3}: [a-z0-9]{0,6}\n",
        "[ -~]{0,12}",
        any::<String>(),
    ]
}

/// A small document that is right.
fn document() -> impl Strategy<Value = String> {
    vec(("[a-z]{1,8}", "[a-z0-9 ]{0,8}[a-z0-9]", 0_usize..4), 1..5).prop_map(|entries| {
        let mut text = "kind: Thing\n".to_owned();
        for (index, (key, value, form)) in entries.into_iter().enumerate() {
            let value = match form {
                0 => format!("'{value}'"),
                1 => format!("[\"{value}\", {{k{key}: 1}}]"),
                2 => format!("|\n  {value}\n"),
                _ => format!("\n- k{key}: '{value}'\n  b: 2"),
            };
            text.push_str(&format!("{key}{index}: {value}\n"));
        }
        text
    })
}

/// Texts that cannot be read, none of which holds a separator.
const BROKEN: &[&str] = &[
    "a: [\n",
    "a: 'b\n",
    "a: b: c\n",
    "\ta: b\n",
    "a: *nope\n",
    "a: !!int b\n",
    "{a: }b: {\n",
    "%a\n",
    "@\n",
    "? [a]\n",
];

proptest! {
    // The same cases in every run; it is the fuzzer that goes on looking.
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        invariants::check(&bytes);
    }

    #[test]
    fn any_fragments(fragments in vec(fragment(), 0..30)) {
        invariants::check(fragments.concat().as_bytes());
    }

    #[test]
    fn any_fragments_in_utf_16(fragments in vec(fragment(), 0..10)) {
        let mut bytes = vec![0xFF, 0xFE];
        bytes.extend(fragments.concat().encode_utf16().flat_map(u16::to_le_bytes));
        invariants::check(&bytes);
    }

    #[test]
    fn any_json_like_text(fragments in vec(select(vec![
        "{", "}", "[", "]", ",", ":", "\"a\"", "\"", "\\", "\\u00e9", "\\ud83d", "1", "-", "0", "1e3", ".5", "true", "null", " ", "\n", "\n{",
    ]), 0..30)) {
        invariants::check(format!("{{{}", fragments.concat()).as_bytes());
    }

    #[test]
    fn right_documents_are_read(documents in vec(document(), 1..5)) {
        let decoded = invariants::check(documents.join("---\n").as_bytes());
        prop_assert!(!decoded.is_refused(), "{:?}", decoded.faults);
        prop_assert_eq!(decoded.documents.len(), documents.len());
    }

    #[test]
    fn a_broken_document_never_loses_its_neighbours(
        mut documents in vec(document(), 1..5),
        place in any::<prop::sample::Index>(),
        broken in select(BROKEN.to_vec()),
    ) {
        let alone = |text: &str| -> String {
            let decoded = decode::decode_str("file.yaml", text);
            let mut out = String::new();
            for tree in decoded.documents.iter().filter_map(|document| document.tree.as_ref()) {
                decode::write_json(tree.root(), &mut out);
            }
            out
        };
        let wanted: String = documents.iter().map(|text| alone(text)).collect();
        let place = place.index(documents.len() + 1);
        // At the start of the file `{` would mean JSON.
        let broken = if place == 0 { format!("---\n{broken}") } else { broken.to_owned() };
        documents.insert(place, broken);
        let text = documents.join("---\n");
        let decoded = invariants::check(text.as_bytes());
        prop_assert!(decoded.is_refused());
        prop_assert_eq!(decoded.documents.len(), documents.len());
        prop_assert_eq!(alone(&text), wanted);
    }
}

/// Each made the decoder answer something that cannot be.
#[test]
fn what_fuzzing_found_stays_mended() {
    let found: &[&[u8]] = &[
        // A span that cut the character behind the header of a block scalar.
        "v: |\u{e9}\n".as_bytes(),
        "v: >-\u{1F600}".as_bytes(),
        // Spans of the line feed that is read behind a last line without one.
        b"a: 1",
        b"- a\n-",
        b"? a",
        b"a: |",
        b"a: [",
        b"%A",
        // A value in YAML behind JSON, in one file.
        b"{}\n  ---\n\n\xFF\xFF",
        b"{}\n---\na: \xFF",
    ];
    for bytes in found {
        invariants::check(bytes);
    }
}
