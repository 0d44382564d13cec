//! Repositories of kustomizations such as nobody writes.

use checker::source::disk::InMemory;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::plausible::{FIELDS, OBJECTS};

/// Pieces of kustomizations, put together as they come.
pub fn fragments() -> impl Strategy<Value = InMemory> {
    let piece = prop_oneof![
        select(FIELDS.to_vec()).prop_map(str::to_owned),
        select(OBJECTS.to_vec()).prop_map(str::to_owned),
        select(vec![
            "resources:\n- o.yaml\n",
            "resources: [../b]\n",
            "resources: [../a, o.yaml]\n",
            "components: [../b]\n",
            "kind: Component\n",
            "---\n",
            "- ",
            "  ",
            "\n",
            "{",
            "}",
            "[",
            "]",
            ": ",
            "? ",
            "'",
            "\"",
            "|\n  ",
            "&a ",
            "*a",
            "!!str ",
            "#",
            "\r\n",
            "\u{feff}",
            "\u{85}",
            "é",
            "\0",
            "null",
            "yes",
            "$patch: replace\n",
            "metadata: {name: web}\n",
            "spec: {replicas: 1}\n",
            "- {op: add, path: /data/x, value: {a: [1]}}\n",
            "- {op: move, from: /data, path: /metadata/annotations}\n",
            "namePrefix: ",
            "patches: ",
            "patch: ",
        ])
        .prop_map(str::to_owned),
        "[a-z]{1,6}: [a-z0-9]{0,6}\n",
        any::<String>(),
    ];
    let file = vec(piece, 0..6).prop_map(|pieces| pieces.concat());
    vec(file, 6..7).prop_map(|texts| {
        let names = [
            "a/kustomization.yaml",
            "a/o.yaml",
            "a/patch.yaml",
            "b/kustomization.yaml",
            "b/o.yaml",
            "b/data.env",
        ];
        let files = names
            .into_iter()
            .map(str::to_owned)
            .zip(texts.into_iter().map(String::into_bytes));
        InMemory { files: files.collect() }
    })
}
