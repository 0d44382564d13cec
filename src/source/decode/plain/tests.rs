//! Whatever is accepted must be exactly what the full parser tells.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError};

use super::source::PlainSource;
use crate::source::decode::events::{Event, EventSource};
use crate::source::decode::tree::Style;
use crate::source::decode::yaml::YamlSource;
use crate::source::decode::{encoding, json, split};
use crate::source::text::{SourceFile, Span};

fn events<'t>(source: &mut impl EventSource<'t>) -> Result<Vec<(Event<'t>, Span)>, String> {
    let mut all = Vec::new();
    let mut open = Vec::new();
    loop {
        let next = source
            .next_event()
            .map_err(|error| format!("{error:?} after {all:?}"))?;
        let is_last = matches!(next.0, Event::DocumentEnd { .. });
        // Where a block ends the builder asks its last child; where a document ends matters only if text follows.
        let is_unused = match next.0 {
            Event::SequenceEnd | Event::MappingEnd => open.last() == Some(&Style::Block),
            _ => matches!(next.0, Event::DocumentEnd { .. }),
        };
        match next.0 {
            Event::SequenceStart { style, .. } | Event::MappingStart { style, .. } => {
                open.push(style);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
            }
            _ => {}
        }
        all.push(if is_unused { (next.0, Span::default()) } else { next });
        if is_last {
            all.pop();
            return Ok(all);
        }
    }
}

/// Whether the piece is accepted; an error if it is and the full parser tells something else.
fn compare(text: &str, piece: Span) -> Result<bool, String> {
    let file = SourceFile::new("test.yaml", text);
    let Some(mut plain) = PlainSource::new(file.text(), piece) else {
        return Ok(false);
    };
    let ours = events(&mut plain)?;
    let theirs = events(&mut YamlSource::new(&file, piece))?;
    if ours == theirs {
        return Ok(true);
    }
    let at = ours
        .iter()
        .zip(&theirs)
        .position(|(ours, theirs)| ours != theirs)
        .unwrap_or(ours.len().min(theirs.len()));
    Err(format!("event {at}: {:?} for {:?}", ours.get(at), theirs.get(at)))
}

fn accepts(text: &str) -> bool {
    compare(text, Span::new(0, text.len()))
        .unwrap_or_else(|message| panic!("{message}\nin {:?}", text.chars().take(200).collect::<String>()))
}

#[test]
fn ordinary_manifests_are_plain() {
    for text in [
        "",
        "# only a comment\n",
        "---\na: 1\n",
        "--- # c\na: 1",
        "a:\nb:\n  # c\n  d: x # y\n\n# end\ne:\n- 1\n-\n- f: 2\n  g:\n-\n\nh: z\n",
        "k:\n-  # c\n  a: 1\n-   \n- - - b\n    - c\n  -\n    d: e\n",
        "\"a b\": 'it''s'\n'c': \"d\\n\\\"e\\\\ \\t\"\n",
        "a: [x, {b: c, \"d\": 'e'}, [], {}, ]\nb: {a: [1], c: {}}  # c\nc: [a, b] # [c\n",
        "a: [\n  x, y z,\n  {b: c,\n   d: e}\n]\nb: 1\n",
        "a: |\n\n  x\n   y\n\n# c\nb: >-\n  q\n  r\n\n  s\n   t\n  u\nc: |+\n  a\n\nd: x\n",
        "a: foo\n   bar  \n\n   baz # c\nb:\n  next line\n   - more\n",
        "a: 'x\n  y\n\n  z'\nb: \"x \\\n  y\\\n\n   z  \n  w\"\n",
        "url: http://a:80/#b\ntime: 12:30\nargs: [a:b, --c=d, -1, .5, \"x\"]\n",
        "- a\n- b: c\n",
        "é: ü\nä:\n- ö\n",
        "a: |  # comment\n    \ttab\n  \nb: c\n",
        "a:\n  - b\nc: d   ",
    ] {
        if text.contains("|  # comment") {
            // A tab where the indentation is found out.
            assert!(!accepts(text), "{text:?}");
        } else {
            assert!(accepts(text), "{text:?}");
        }
    }
}

#[test]
fn what_is_not_plain_is_declined() {
    for text in [
        "---\n",
        "a",
        "[a]",
        "a: &x 1",
        "a: *x",
        "a: !!str 1",
        "? a\n: b",
        "<<: {}",
        "%YAML 1.1\n---\na: 1",
        "a: 1\n...\n",
        "a:\tb",
        "a: b\tc",
        "\ta: b",
        "a: 1\r\nb: 2\r\n",
        "a: \u{85}",
        "a: \u{2028}",
        "\u{feff}a: 1",
        "a: \0",
        "a: b: c",
        "a: - b",
        "a: \"b\" c",
        "a: 'b",
        "a: [b",
        "a: [b]]",
        "a: {b}",
        "a: [b: c]",
        "a: {b:c}",
        "a\nb: c",
        "a: b\n c: d",
        "a: b # c\n  d",
        "  a: 1\n b: 2",
        "a:\n  b: 1\n c: 2",
        "- a\nb: c",
        "a: |",
        "a: |2\n  x\n",
        "a: |\n   \n  x\n",
        "a: \"\\x41\"",
        "a: \"\\/\"",
        "a: `b",
        "a: @b",
        "a: %b",
        "a : b",
        "a: \"b\n c\": d",
        "a: 1\n---\nb: 2",
        "a: 'b\nc'",
        "a: #b\nc",
        "a: [b#c, # d\n e]",
        "a: [b?c]",
        "a: [-, b]",
        "a: {b: , c: d}",
        "a: {,}",
        "a: [,]",
        "a:\n- b\nc",
    ] {
        assert!(!accepts(text), "{text:?}");
    }
}

#[test]
fn deep_documents_are_left_to_the_parser_with_limits() {
    assert!(accepts(&format!("{}a", "- ".repeat(150))));
    assert!(!accepts(&format!("{}a", "- ".repeat(100_000))));
    assert!(!accepts(&format!("a: {}", "[".repeat(100_000))));
}

#[test]
fn long_lines_and_many_blank_lines_take_linear_time() {
    for text in [
        format!("a: [{}b]\n", "a, ".repeat(200_000)),
        format!("a: \"{}\"\n", "\\\"".repeat(200_000)),
        format!("a: b\n{}c: d\n", "\n".repeat(400_000)),
        format!("a: |\n  b\n{}c: d\n", " \n".repeat(400_000)),
        format!("a: '{}'\n", "x\n  ".repeat(200_000)),
    ] {
        assert!(accepts(&text));
    }
}

/// Texts for mutation, of every form that is accepted.
const SNIPPETS: &[&str] = &[
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web # the web\n  labels: {app: web, \"tier\": 'front'}\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n      - name: web\n        image: \"registry/web:1.2\"\n        args: [\"--port\", '80', -v]\n        env:\n        - name: A\n          value: \"1\"\n        -   name: B\n            value: it's\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  script: |\n    #!/bin/sh\n    echo a: b\n\n      indented\n  strip: |-\n    one\n\n  keep: |+\n    two\n\n  fold: >\n    three\n    four\n     five\n\n    six\n  empty:\n",
    "# head\n---\na:\n  - b\n  -\n    c: d\n  - - e\n    - f\ng: h i\n   j\n\n   k\nl: 'm\n  n''o\n\n  p'\nq: \"r \\\n  s\\n\\\"t\\\"\n  u\"\nv:\n  plain on its own\n  line\n",
    "- a: 1\n  b:\n  - c\n  - d: [e, {f: g}]\n    h: [\n      i,\n      j\n    ]\n-   k\n- \"l\": m\n  'n': o\n",
];

const TOKENS: &[&str] = &[
    ": ",
    ":",
    "- ",
    "-",
    "#",
    " #",
    "# ",
    "'",
    "\"",
    "\\",
    "\n",
    "\n\n",
    "\t",
    "|",
    ">",
    "|\n",
    ">-\n",
    "|+ # c\n",
    "|2\n",
    "&a ",
    "*a",
    "!!str ",
    "[",
    "]",
    "{",
    "}",
    ",",
    ", ",
    "?",
    "? ",
    "<<: ",
    "<<",
    "%",
    "...",
    "...\n",
    "---",
    "---\n",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\u{a0}",
    "\r\n",
    "\r",
    "é",
    "@",
    "`",
    "~",
    "\0",
    "\u{7f}",
    " ",
    "  ",
    "   ",
    "\\\n",
    "''",
    "\\\"",
    "\\n",
    "\\x",
    "a",
    "1",
    "kind: ",
    "a: b",
    "\n  ",
    "\n    ",
    "\n a: b",
    "\n- ",
    "\n  - ",
    "value: ",
    "null",
    "yes",
    "0644",
    ".inf",
    "items:\n",
    "labels:\n",
    "mode: ",
    "data: ",
    "\n# c\n",
    "''''",
    "\"\"",
    "[]",
    "{}",
];

#[derive(Debug, Clone)]
enum Change {
    Insert(usize, usize),
    Replace(usize, usize),
    Delete(usize, usize),
    Indent(usize, usize),
    Outdent(usize, usize),
    Copy(usize, usize),
    Cut(usize),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let at = || 0..10_000_usize;
    let token = || 0..TOKENS.len();
    prop::collection::vec(
        prop_oneof![
            4 => (at(), token()).prop_map(|(at, token)| Change::Insert(at, token)),
            3 => (at(), token()).prop_map(|(at, token)| Change::Replace(at, token)),
            2 => (at(), 1..6_usize).prop_map(|(at, count)| Change::Delete(at, count)),
            2 => (at(), 1..4_usize).prop_map(|(at, count)| Change::Indent(at, count)),
            2 => (at(), 1..4_usize).prop_map(|(at, count)| Change::Outdent(at, count)),
            2 => (at(), at()).prop_map(|(from, to)| Change::Copy(from, to)),
            1 => at().prop_map(Change::Cut),
        ],
        0..4,
    )
}

/// Applies changes at places taken modulo the length.
fn mutate(text: &str, changes: &[Change]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for change in changes {
        let length = characters.len().max(1);
        let line_start = |at: usize, characters: &[char]| {
            let at = (at % length).min(characters.len());
            characters[..at]
                .iter()
                .rposition(|&character| character == '\n')
                .map_or(0, |found| found + 1)
        };
        match *change {
            Change::Insert(at, token) => {
                let at = (at % length).min(characters.len());
                characters.splice(at..at, TOKENS[token].chars());
            }
            Change::Replace(at, token) => {
                let at = (at % length).min(characters.len());
                let end = (at + 1).min(characters.len());
                characters.splice(at..end, TOKENS[token].chars());
            }
            Change::Delete(at, count) => {
                let at = (at % length).min(characters.len());
                let end = (at + count).min(characters.len());
                characters.drain(at..end);
            }
            Change::Indent(at, count) => {
                let at = line_start(at, &characters);
                characters.splice(at..at, std::iter::repeat_n(' ', count));
            }
            Change::Outdent(at, count) => {
                let at = line_start(at, &characters);
                let spaces = characters[at..]
                    .iter()
                    .take(count)
                    .take_while(|&&character| character == ' ')
                    .count();
                characters.drain(at..at + spaces);
            }
            Change::Copy(from, to) => {
                let from = line_start(from, &characters);
                let end = characters[from..]
                    .iter()
                    .position(|&character| character == '\n')
                    .map_or(characters.len(), |found| from + found + 1);
                let line: Vec<char> = characters[from..end].to_vec();
                let to = line_start(to, &characters);
                characters.splice(to..to, line);
            }
            Change::Cut(at) => characters.truncate((at % length).min(characters.len())),
        }
    }
    characters.into_iter().collect()
}

/// Small documents put together from lines at random depths.
fn lines() -> impl Strategy<Value = String> {
    const LINES: &[&str] = &[
        "a: b",
        "a:",
        "b: c # d",
        "c: |",
        "c: |-",
        "c: >",
        "c: >+",
        "d: 'e",
        "f'",
        "g: \"h",
        "i\"",
        "j: \"k\\",
        "- l",
        "-",
        "- m: n",
        "- - o",
        "- |",
        "p q",
        "# r",
        "",
        "- # s",
        "t: [u, v]",
        "w: [",
        "x,",
        "]",
        "y: {z: 1}",
        "{",
        "}",
        "'k': v",
        "\"k\": \"v\"",
        "kind: X",
        "apiVersion: v1",
        "-  - k: v",
        "text: more",
        "- 'a b'",
        "end",
        "- [a, [b]]",
        "? x",
        ": y",
        "  ",
        "k: - v",
        "k: v: w",
        "é: ü",
    ];
    prop::collection::vec((0..6_usize, 0..LINES.len(), 0..12_usize), 1..9).prop_map(|chosen| {
        let mut text = String::new();
        for (indent, line, end) in chosen {
            text.extend(std::iter::repeat_n(' ', indent));
            text.push_str(LINES[line]);
            // Now and then blanks at the end.
            text.push_str(if end == 0 { "  \n" } else { "\n" });
        }
        text
    })
}

/// Mutated snippets and random lines.
pub(in crate::source::decode) fn documents() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..SNIPPETS.len(), changes()).prop_map(|(snippet, changes)| mutate(SNIPPETS[snippet], &changes)),
        lines(),
        (lines(), changes()).prop_map(|(text, changes)| mutate(&text, &changes)),
    ]
}

/// The same cases at every run; many where they are cheap.
pub(in crate::source::decode) fn config() -> Config {
    Config {
        cases: if cfg!(debug_assertions) { 4_000 } else { 100_000 },
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x706c_6169),
        max_shrink_iters: 20_000,
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_accepted_reads_as_the_full_parser_reads_it(text in documents()) {
        compare(&text, Span::new(0, text.len())).map_err(TestCaseError::fail)?;
    }
}

/// Every YAML file of the shared corpora, decoded and split; empty, with a word to the reader, where they are absent.
pub(in crate::source::decode) fn corpus() -> Vec<(PathBuf, String, Vec<Span>)> {
    let shared = std::env::var_os("CHECKER_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let folder = shared.join("corpora");
    if !folder.is_dir() {
        eprintln!("SKIPPED: no corpora in {}; set CHECKER_SHARED", folder.display());
        return Vec::new();
    }
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.unwrap();
        let is_yaml = entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if !is_yaml || !entry.file_type().is_file() {
            continue;
        }
        let bytes = std::fs::read(entry.path()).unwrap();
        let (file, _) = encoding::decode_text(entry.path().display().to_string(), bytes);
        if json::is_json(file.text()) {
            continue;
        }
        let (pieces, _) = split::split(file.text(), 0);
        let pieces = pieces.iter().map(|piece| piece.span).collect();
        files.push((entry.into_path(), file.text().to_owned(), pieces));
    }
    files
}

#[test]
fn real_manifests_read_as_the_full_parser_reads_them() {
    let files = corpus();
    let (mut pieces, mut accepted) = ((0, 0), (0, 0));
    for (path, text, spans) in &files {
        for &span in spans {
            let is_accepted = compare(text, span).unwrap_or_else(|message| panic!("{}: {message}", path.display()));
            pieces = (pieces.0 + 1, pieces.1 + span.len());
            if is_accepted {
                accepted = (accepted.0 + 1, accepted.1 + span.len());
            } else if std::env::var_os("CHECKER_DECLINED").is_some() {
                eprintln!("declined: {} bytes, {}:{}", span.len(), path.display(), span.start);
            }
        }
    }
    eprintln!(
        "plain: {} of {} pieces, {} of {} bytes, {} files",
        accepted.0,
        pieces.0,
        accepted.1,
        pieces.1,
        files.len()
    );
    if !files.is_empty() {
        assert!(accepted.0 * 10 > pieces.0 * 8, "most manifests are plain");
    }
}
