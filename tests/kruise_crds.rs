//! Our types of a SidecarSet against the CRDs of OpenKruise's releases, in both directions.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may stop where it stands"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use checker::policy::schema::fields_of;
use checker::source::decode::{Node, decode};

/// Where the real CRDs are, if they are there.
fn crds() -> Option<PathBuf> {
    let shared = std::env::var_os("CHECKER_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let folder = shared.join("crds");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!(
        "SKIPPED: no CRDs at {}, so our SidecarSet types are not held against them",
        folder.display()
    );
    None
}

/// Releases and the versions they serve. The schema of 1.5.5 is that of 1.5.0 to 1.7.4.
const RELEASES: [(&str, &str); 4] = [
    ("v1.5.5", "v1alpha1"),
    ("v1.8.4", "v1alpha1"),
    ("v1.9.0", "v1alpha1"),
    ("v1.9.0", "v1beta1"),
];

/// Fields of `spec`, dotted, with their types; lists are looked through.
fn crd_fields(folder: &std::path::Path, release: &str, version: &str) -> BTreeMap<String, String> {
    let file = folder.join(format!("sidecarsets.apps.kruise.io-{release}.yaml"));
    let decoded = decode(file.display().to_string(), fs::read(&file).unwrap());
    let tree = decoded.documents[0].tree.clone().unwrap();
    let versions = tree.root().at(&["spec", "versions"]).unwrap();
    let served = versions
        .items()
        .find(|item| item.str_at(&["name"]) == Some(version))
        .unwrap();
    let spec = served.at(&["schema", "openAPIV3Schema", "properties", "spec"]).unwrap();
    let mut fields = BTreeMap::new();
    collect(spec, "", &mut fields);
    fields
}

fn collect(schema: Node<'_>, path: &str, fields: &mut BTreeMap<String, String>) {
    let schema = schema
        .get("items")
        .filter(|items| items.get("properties").is_some())
        .unwrap_or(schema);
    for entry in schema
        .get("properties")
        .into_iter()
        .flat_map(checker::source::decode::Node::entries)
    {
        let field = if path.is_empty() {
            entry.key().to_owned()
        } else {
            format!("{path}.{}", entry.key())
        };
        let value = entry.value();
        let is_int_or_string = value.entry("x-kubernetes-int-or-string").is_some();
        let kind = if is_int_or_string {
            "integer or string"
        } else {
            value.str_at(&["type"]).unwrap_or("any")
        };
        fields.insert(field.clone(), kind.to_owned());
        collect(value, &field, fields);
    }
}

#[test]
fn every_field_of_the_releases_is_ours_with_the_same_type() {
    let Some(folder) = crds() else {
        return;
    };
    for (release, version) in RELEASES {
        let ours = fields_of(&format!("apps.kruise.io/{version}"), "SidecarSet").unwrap();
        for (field, kind) in crd_fields(&folder, release, version) {
            let own = ours.get(&field);
            // Where the CRD gives no type (`volumes`), ours is the more exact one.
            let agrees = own.is_some_and(|own| kind == "any" || *own == kind);
            assert!(agrees, "{release} {version}: spec.{field} is {kind}, ours is {own:?}");
        }
    }
}

/// The CRD keeps these open; Kruise decodes them into types of core/v1.
const OPEN: [&str; 2] = ["containers.", "initContainers."];
const KRUISE_OWN: [&str; 6] = [
    "podInjectPolicy",
    "upgradeStrategy",
    "shareVolumePolicy",
    "shareVolumeDevicePolicy",
    "transferEnv",
    "resourcesPolicy",
];

#[test]
fn no_field_of_ours_is_unknown_to_the_newest_release() {
    let Some(folder) = crds() else {
        return;
    };
    for version in ["v1alpha1", "v1beta1"] {
        let crd = crd_fields(&folder, "v1.9.0", version);
        let mut compared = 0;
        for field in fields_of(&format!("apps.kruise.io/{version}"), "SidecarSet")
            .unwrap()
            .keys()
        {
            let is_core = field.starts_with("volumes.")
                || OPEN.iter().any(|list| {
                    field.strip_prefix(list).is_some_and(|rest| {
                        let own = rest.split('.').next().unwrap();
                        !KRUISE_OWN.contains(&own)
                    })
                });
            if !is_core {
                compared += 1;
                assert!(crd.contains_key(field), "{version}: spec.{field}");
            }
        }
        assert!(compared > 60, "{version}: only {compared} fields were compared");
    }
}
