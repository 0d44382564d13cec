//! Kustomization files that are no text, are written oddly, or are far too long.

use checker::source::kustomize::problem::BuildVerdict;

use super::repository::{CANARY, Repository, config_map};

const KUSTOMIZATION: &str = "resources: [a.yaml]\nnamePrefix: x-\n";

fn of(bytes: impl Into<Vec<u8>>) -> Repository {
    Repository::default()
        .with("kustomization.yaml", bytes)
        .with("a.yaml", config_map("a"))
}

#[test]
fn encodings_that_kustomize_reads_are_read() {
    for bytes in [
        KUSTOMIZATION.as_bytes().to_vec(),
        KUSTOMIZATION.replace('\n', "\r\n").into_bytes(),
        [b"\xEF\xBB\xBF", KUSTOMIZATION.as_bytes()].concat(),
    ] {
        let built = of(bytes).built("").unwrap();
        assert_eq!(built[0]["metadata"]["name"], "x-a");
    }
}

#[test]
fn other_encodings_and_control_characters_are_never_built_wrong() {
    let utf_16 = |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| {
        let units = KUSTOMIZATION.encode_utf16().flat_map(unit);
        mark.into_iter().chain(units).collect::<Vec<u8>>()
    };
    for bytes in [
        utf_16([0xFF, 0xFE], u16::to_le_bytes),
        utf_16([0xFE, 0xFF], u16::to_be_bytes),
        b"resources: [a.yaml]\nnamePrefix: x\0-\n".to_vec(),
        b"resources: [a.yaml]\nnamePrefix: x\x07-\n".to_vec(),
        b"resources: [a.yaml]\nnamePrefix: \xFF-\n".to_vec(),
        vec![0; 1 << 20],
        vec![0xFF; 1 << 20],
    ] {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
        match of(bytes).built("") {
            Ok(built) => assert_eq!(built[0]["metadata"]["name"], "x-a", "{shown:?}"),
            Err(unbuilt) => {
                assert_ne!(unbuilt.verdict, BuildVerdict::TooLarge, "{shown:?}");
                assert!(unbuilt.place.file.path() == "kustomization.yaml" || unbuilt.place.file.path() == "a.yaml");
            }
        }
    }
}

#[test]
fn two_kustomizations_in_one_folder_are_refused() {
    of(KUSTOMIZATION)
        .with("kustomization.yml", KUSTOMIZATION)
        .with("Kustomization", KUSTOMIZATION)
        .is_refused("Kustomization", "a folder with two kustomizations");
}

#[test]
fn what_is_no_kustomization_is_refused_where_it_stands() {
    for (text, message, marked) in [
        ("", "an empty kustomization", ""),
        ("---\n", "an empty kustomization", ""),
        ("[]\n", "a kustomization is due here", "[]"),
        ("resources: {a: b}\n", "`resources` is a list of strings", "{a: b}"),
        (
            "resources: [[a.yaml]]\n",
            "`resources` is a list of strings",
            "[a.yaml]",
        ),
        ("namePrefix: [x]\n", "`namePrefix` is a string", "[x]"),
        ("patches: [a.yaml]\n", "`patches` is a list of mappings", "a.yaml"),
        ("resources: [a.yaml]\n---\nresources: [a.yaml]\n", "", ""),
    ] {
        let found = of(text).unbuilt();
        assert!(found.len() <= 1, "{found:?}");
        if !message.is_empty() {
            let found = of(text).is_refused("kustomization.yaml", message);
            assert_eq!(found.marked, marked);
        }
    }
}

#[test]
fn a_kustomization_of_ten_megabytes_is_read_once() {
    of(format!("{KUSTOMIZATION}{}", "# comment\n".repeat(1 << 20))).is_built("", 1);
    let keys: String = (0..200_000).map(|key| format!("unknown{key}: 1\n")).collect();
    let found = of(keys).is_refused("kustomization.yaml", "the unknown field `unknown0`");
    assert_eq!(found.marked, "unknown0");
    of(format!("namePrefix: '{}'\nresources: [a.yaml]\n", "x".repeat(4 << 20)))
        .is_oversized("kustomization.yaml", "longer than 1024 bytes");
    of(format!("namespace: {}\nresources: [a.yaml]\n", "x".repeat(4 << 20)))
        .is_oversized("kustomization.yaml", "longer than 1024 bytes");
    of(format!("? {}\n: x\n", "x".repeat(4 << 20))).is_refused("kustomization.yaml", "the unknown field `xxx");
    of(format!("resources: ['{}']\n", "x".repeat(4 << 20))).is_refused("kustomization.yaml", "finds nothing to take");
    of(format!("resources: ['{}']\n", "../".repeat(1 << 20)))
        .is_refused("kustomization.yaml", "outside the repository");
    of(format!("resources: ['{}a.yaml']\n", "x/../".repeat(1 << 20))).is_built("", 1);
}

#[test]
fn nesting_without_end_is_refused() {
    for open in ["[", "{a: ", "- ", "? "] {
        let text = format!("resources: {}", open.repeat(1_000_000));
        of(text).is_refused("kustomization.yaml", "cannot be read");
    }
    let closed = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    of(format!("resources: {}\n", closed(1_000_000))).is_refused("kustomization.yaml", "cannot be read");
    of(format!("resources: {}\n", closed(5_000))).is_refused("kustomization.yaml", "a list of strings");
    of(format!(
        "metadata: {{annotations: {{a: {}}}}}\nresources: [a.yaml]\n",
        closed(5_000)
    ))
    .is_refused("kustomization.yaml", "a mapping of strings");
    for deep in [300, 9_000] {
        of(KUSTOMIZATION)
            .with("a.yaml", format!("{}data: {}\n", config_map("a"), closed(deep)))
            .is_oversized("a.yaml", "nested deeper than 200 levels");
    }
}

fn bomb(levels: usize) -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..=levels {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    text
}

#[test]
fn alias_bombs_are_refused_before_they_unfold() {
    of(bomb(9)).is_refused("kustomization.yaml", "cannot be read");
    of(KUSTOMIZATION)
        .with("a.yaml", format!("{}{}", config_map("a"), bomb(9)))
        .is_refused("a.yaml", "cannot be read");
    // Within kubectl's budget, yet more than an object may hold, or than the objects of a kustomization may hold in all.
    let text = format!(
        "{}v: &v '{}'\nw: [{}]\n",
        config_map("a"),
        "x".repeat(100_000),
        "*v, ".repeat(2_000)
    );
    of(KUSTOMIZATION)
        .with("a.yaml", text)
        .is_oversized("kustomization.yaml", "more than 2000000 values");
}

#[test]
fn a_file_of_many_values_is_read_as_far_as_memory_is_its() {
    let of_values =
        |count: usize| of(KUSTOMIZATION).with("a.yaml", format!("{}v: [{}]\n", config_map("a"), "1,".repeat(count)));
    of_values(500_000).is_built("", 1);
    of_values(2_100_000).is_oversized("a.yaml", "more than 2000000 values");
}

#[test]
fn nothing_of_a_secret_is_told_whatever_is_wrong_with_it() {
    let secret = |rest: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{rest}");
    let data = format!("stringData: {{password: {CANARY}}}\n");
    for (kustomization, file) in [
        (
            "resources: [a.yaml]\n",
            secret(&format!("stringData: {{password: {CANARY}, password: {CANARY}}}\n")),
        ),
        (
            "resources: [a.yaml]\n",
            secret(&format!("stringData: {{1: {CANARY}, 1: x}}\n")),
        ),
        ("resources: [a.yaml]\n", secret(&format!("stringData: [{CANARY}\n"))),
        (
            "resources: [a.yaml]\n",
            format!("kind: Secret\nstringData: {{password: {CANARY}}}\n"),
        ),
        ("resources: [a.yaml]\nnamePrefix: 1\n", secret(&data)),
        (
            "resources: [a.yaml]\npatches: [{target: {kind: Secret}, patch: '[{op: test, path: /stringData/password, value: x}]'}]\n",
            secret(&data),
        ),
        (
            "resources: [a.yaml]\npatches: [{target: {kind: Secret}, patch: '[{op: add, path: /stringData/password/x, value: x}]'}]\n",
            secret(&data),
        ),
        (
            "resources: [a.yaml]\nreplacements:\n- source: {kind: Secret, fieldPath: stringData.password, options: {delimiter: ':', index: 7}}\n  targets: [{select: {kind: Secret}, fieldPaths: [metadata.name]}]\n",
            secret(&data),
        ),
        (
            "resources: [a.yaml]\nreplacements:\n- source: {kind: Secret, fieldPath: stringData.password}\n  targets: [{select: {kind: Secret}, fieldPaths: [metadata.labels.x.y]}]\n",
            secret(&data),
        ),
        (
            "resources: [a.yaml]\nlabels: [{pairs: {a: b}, fields: [{path: stringData/password/x, create: true}]}]\n",
            secret(&data),
        ),
        (
            "resources: [a.yaml]\nvars: [{name: V, objref: {apiVersion: v1, kind: Secret, name: s}, fieldref: {fieldpath: stringData.password.x}}]\n",
            secret(&data),
        ),
    ] {
        let repository = Repository::default()
            .with("kustomization.yaml", kustomization)
            .with("a.yaml", file);
        // That no canary is told is asserted for each report.
        let _ = repository.unbuilt();
        if let Err(unbuilt) = repository.built("") {
            assert!(!unbuilt.message.contains(CANARY), "{unbuilt:?}");
            assert!(
                unbuilt.related.iter().all(|(_, text)| !text.contains(CANARY)),
                "{unbuilt:?}"
            );
        }
    }
}
