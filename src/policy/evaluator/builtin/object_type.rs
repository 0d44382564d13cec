//! `apiVersion` and `kind`: one of the two missing, nearly one that is judged, or in a version that never was.

use crate::model::object::Object;
use crate::model::placeholder;
use crate::model::sidecar_set;
use crate::model::workload::WORKLOAD_KINDS;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::classify::LeftOut;
use crate::source::decode::objects;

/// Only one of `apiVersion` and `kind` is there.
pub(super) fn incomplete(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in context.own_files() {
        let (true, Some(decoded)) = (file.class.is_checked(), &file.decoded) else {
            continue;
        };
        for tree in decoded.documents.iter().filter_map(|document| document.tree.as_ref()) {
            for object in objects::objects(tree.root()).0 {
                if LeftOut::of(object.node).is_some() {
                    continue;
                }
                let (there, missing) = match (object.api_version(), object.kind()) {
                    (Some(_), None) => ("apiVersion", "kind"),
                    (None, Some(_)) => ("kind", "apiVersion"),
                    _ => continue,
                };
                let Some(entry) = object.node.entry(there) else {
                    continue;
                };
                findings.push(
                    Finding::in_file(
                        policy,
                        &decoded.file,
                        entry.key_span(),
                        format!("this object has `{there}` and no `{missing}`, so it was not judged"),
                    )
                    .with_help(&[("missing", missing)]),
                );
            }
        }
    }
    findings
}

/// A kind that is judged, and the groups it is served under.
struct KnownType {
    kind: &'static str,
    groups: &'static [&'static str],
    api_version: &'static str,
}

fn known_types() -> impl Iterator<Item = KnownType> {
    const KRUISE: &[&str] = &[sidecar_set::KRUISE_GROUP];
    let workloads = WORKLOAD_KINDS.iter().map(|known| KnownType {
        kind: known.kind,
        groups: known.groups,
        api_version: match known.groups[0] {
            "" => "v1",
            "batch" => "batch/v1",
            sidecar_set::KRUISE_GROUP => "apps.kruise.io/v1alpha1",
            _ => "apps/v1",
        },
    });
    let others = [
        KnownType {
            kind: sidecar_set::KIND,
            groups: KRUISE,
            api_version: "apps.kruise.io/v1alpha1",
        },
        KnownType {
            kind: "Namespace",
            groups: &[""],
            api_version: "v1",
        },
        KnownType {
            kind: "ConfigMap",
            groups: &[""],
            api_version: "v1",
        },
    ];
    workloads.chain(others)
}

/// Nearly a kind that is judged.
pub(super) fn misspelt(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let known: Vec<KnownType> = known_types().collect();
    context
        .inventory
        .objects
        .iter()
        .filter_map(|object| misspelt_type(policy, object, &known))
        .collect()
}

fn misspelt_type(policy: &Policy, object: &Object, known: &[KnownType]) -> Option<Finding> {
    let identity = &object.identity;
    let (group, kind) = (identity.group(), identity.kind.as_str());
    let is_known = known
        .iter()
        .any(|known| known.kind == kind && known.groups.contains(&group));
    if is_known {
        let suggestion = misspelt_version(policy, &identity.api_version, group)?;
        return unknown_version(policy, object, &suggestion);
    }
    if let Some(known) = known.iter().find(|known| known.kind == kind) {
        let is_near = is_near(&identity.api_version, known.api_version) || kind == sidecar_set::KIND;
        return is_near.then(|| unknown_version(policy, object, known.api_version))?;
    }
    let known = known
        .iter()
        .find(|known| known.groups.contains(&group) && is_near(kind, known.kind))?;
    let node = object.root().get("kind")?;
    Some(
        Finding::at(
            policy,
            object,
            node,
            format!("`{}` has no kind `{kind}`", identity.api_version),
        )
        .labelled(format!("did you mean `{}`?", known.kind))
        .with_help(&[("suggestion", known.kind)]),
    )
}

fn unknown_version(policy: &Policy, object: &Object, suggestion: &str) -> Option<Finding> {
    let identity = &object.identity;
    let node = object.root().get("apiVersion")?;
    let message = format!("a {} of `{}` is not known", identity.kind, identity.api_version);
    Some(
        Finding::at(policy, object, node, message)
            .labelled(format!("did you mean `{suggestion}`?"))
            .with_help(&[("suggestion", suggestion)]),
    )
}

/// What to write for an `apiVersion` whose group never had this version. Parameter `versions`: the versions of each group, the
/// usual one first.
fn misspelt_version(policy: &Policy, api_version: &str, group: &str) -> Option<String> {
    let written = api_version.rsplit('/').next()?;
    let versions: Vec<&str> = policy
        .parameters
        .get("versions")?
        .get(group)?
        .as_array()?
        .iter()
        .filter_map(serde_json::Value::as_str)
        .collect();
    if versions.contains(&written) || placeholder::find(api_version).is_some() {
        return None;
    }
    // The first of those that are equally near.
    let nearest = versions
        .iter()
        .min_by_key(|version| strsim::damerau_levenshtein(written, version))?;
    Some(if group.is_empty() {
        (*nearest).to_owned()
    } else {
        format!("{group}/{nearest}")
    })
}

/// The same but for case, or one or two letters.
fn is_near(written: &str, known: &str) -> bool {
    const LETTERS: usize = 2;
    const SHORTEST: usize = 5;
    if written.eq_ignore_ascii_case(known) {
        return true;
    }
    let is_long = written.len() >= SHORTEST && known.len() >= SHORTEST;
    is_long && strsim::damerau_levenshtein(&written.to_lowercase(), &known.to_lowercase()) <= LETTERS
}
