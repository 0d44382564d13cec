//! `apiVersion` and `kind`: one of the two missing, nearly one that is judged, or in a version that never was.

use crate::model::object::Object;
use crate::model::placeholder;
use crate::model::sidecar_set;
use crate::model::workload::WORKLOAD_KINDS;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::policy::mend::{Mend, Operation, Safety};
use crate::source::classify::LeftOut;
use crate::source::decode::{Node, objects};

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
        return unknown_version(policy, object, &suggestion, known);
    }
    if let Some(suggestion) = known
        .iter()
        .find(|known| known.kind == kind)
        .map(|known| known.api_version)
    {
        let is_near = is_near(&identity.api_version, suggestion) || kind == sidecar_set::KIND;
        return is_near.then(|| unknown_version(policy, object, suggestion, known))?;
    }
    let of_group = known.iter().filter(|known| known.groups.contains(&group));
    let kinds: Vec<&str> = of_group.map(|known| known.kind).collect();
    let meant = *kinds.iter().find(|known| is_near(kind, known))?;
    let node = object.root().get("kind")?;
    Some(
        Finding::at(
            policy,
            object,
            node,
            format!("`{}` has no kind `{kind}`", identity.api_version),
        )
        .labelled(format!("did you mean `{meant}`?"))
        .with_help(&[("suggestion", meant)])
        .mended_by(mend(node, meant, &kinds)),
    )
}

fn unknown_version(policy: &Policy, object: &Object, suggestion: &str, known: &[KnownType]) -> Option<Finding> {
    let identity = &object.identity;
    let node = object.root().get("apiVersion")?;
    let of_kind = known.iter().filter(|known| known.kind == identity.kind);
    let versions: Vec<String> = of_kind
        .flat_map(|known| known.groups)
        .flat_map(|group| versions(policy, group).map(|version| versioned(group, version)))
        .collect();
    let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
    let message = format!("a {} of `{}` is not known", identity.kind, identity.api_version);
    Some(
        Finding::at(policy, object, node, message)
            .labelled(format!("did you mean `{suggestion}`?"))
            .with_help(&[("suggestion", suggestion)])
            .mended_by(mend(node, suggestion, &versions)),
    )
}

/// The word that was meant, if it is the only one of the `known` that looks like what is written. Where only the case differs nothing else
/// can have been meant; otherwise an object comes in that nobody has seen so far.
fn mend(node: Node<'_>, meant: &str, known: &[&str]) -> Option<Mend> {
    let written = node.as_str()?;
    let is_case = written.eq_ignore_ascii_case(meant);
    let is_certain =
        is_case || is_near(written, meant) && !known.iter().any(|known| *known != meant && is_near(written, known));
    let safety = if is_case { Safety::Safe } else { Safety::Unsafe };
    is_certain.then(|| Mend::new(safety, format!("write `{meant}`"), Operation::set_text(node, meant)))
}

/// What to write for an `apiVersion` whose group never had this version. Parameter `versions`: the versions of each group, the
/// usual one first.
fn misspelt_version(policy: &Policy, api_version: &str, group: &str) -> Option<String> {
    let written = api_version.rsplit('/').next()?;
    let versions: Vec<&str> = versions(policy, group).collect();
    if versions.contains(&written) || placeholder::find(api_version).is_some() {
        return None;
    }
    // The first of those that are equally near.
    let nearest = versions
        .iter()
        .min_by_key(|version| strsim::damerau_levenshtein(written, version))?;
    Some(versioned(group, nearest))
}

fn versions<'p>(policy: &'p Policy, group: &str) -> impl Iterator<Item = &'p str> + use<'p> {
    let versions = policy.parameters.get("versions").and_then(|groups| groups.get(group));
    let versions = versions.and_then(serde_json::Value::as_array).into_iter().flatten();
    versions.filter_map(serde_json::Value::as_str)
}

fn versioned(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
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
