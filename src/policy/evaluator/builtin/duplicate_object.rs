//! One object written twice: the later overwrites the earlier.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::model::equal::volumes_equal;
use crate::model::inventory;
use crate::model::object::{Namespace, Object};
use crate::model::sidecar_set::SidecarSet;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;

/// What makes two objects one for the API server, in one place of the repository: versions of a group are views of one object.
#[derive(PartialEq, Eq, Hash)]
struct Key<'o> {
    /// A file; for a [`SidecarSet`] its folder.
    place: &'o str,
    group: &'o str,
    kind: &'o str,
    /// Where it is not known, as it is written: two placeholders may be two namespaces.
    namespace: Option<&'o str>,
    name: &'o str,
}

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let judged: HashSet<&str> = inventory::wanted_kinds().collect();
    let kustomized: BTreeSet<&str> = context
        .files()
        .filter(|file| file.is_kustomized())
        .map(|file| file.name.as_str())
        .collect();
    let mut in_file = HashMap::new();
    let mut in_folder = HashMap::new();
    let mut findings = Vec::new();
    for object in &context.inventory.objects {
        // What a kustomization makes has each object once, or kustomize refuses it.
        if !judged.contains(object.identity.kind.as_str()) || object.rendered().is_some() {
            continue;
        }
        let file = object.file().path();
        let Some(key) = key_of(object, file) else {
            continue;
        };
        // One template may come out once a cluster: by whoever installs its chart.
        let in_this_file = *in_file.entry((object.folder(), key)).or_insert(object);
        if !std::ptr::eq(in_this_file, object) {
            findings.extend(finding(policy, object, in_this_file));
            continue;
        }
        // Files that a kustomization takes may go to different clusters.
        if SidecarSet::of(object).is_none() || kustomized.contains(file) {
            continue;
        }
        let Some(key) = key_of(object, object.folder()) else {
            continue;
        };
        // What holds for volumes holds for any object: the order of keys and defaults written out are no difference.
        let in_this_folder = *in_folder.entry(key).or_insert(object);
        if !std::ptr::eq(in_this_folder, object) && !volumes_equal(in_this_folder.root(), object.root()) {
            let finding = finding(policy, object, in_this_folder);
            // A folder may also hold versions of which one is applied at a time.
            findings.extend(finding.map(|finding| finding.with_severity(policy.weaker())));
        }
    }
    findings
}

fn key_of<'o>(object: &'o Object, place: &'o str) -> Option<Key<'o>> {
    let identity = &object.identity;
    Some(Key {
        place,
        group: identity.group(),
        kind: &identity.kind,
        namespace: match &identity.namespace {
            Namespace::Given(name) => Some(name),
            Namespace::ClusterScoped => None,
            Namespace::Unresolved => object.root().str_at(&["metadata", "namespace"]),
        },
        name: identity.name.as_deref().filter(|name| !name.is_empty())?,
    })
}

fn finding(policy: &Policy, object: &Object, first: &Object) -> Option<Finding> {
    let name = object.root().at(&["metadata", "name"])?;
    let name_of_first = first.root().at(&["metadata", "name"])?;
    let finding = Finding::at(
        policy,
        object,
        name,
        "this object is written twice, and this one overwrites the other",
    )
    .labelled("the one that stays")
    .with_related_node(name_of_first, "the one that is lost");
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::model::target::Target;
    use crate::policy::catalog::{self, Catalog};
    use crate::policy::evaluate::{Context, evaluate_one};
    use crate::source::kustomize::rendering::Role;
    use crate::source::load::{self, Repository};

    fn found(files: &[(&str, &str)], is_kustomized: bool) -> Vec<String> {
        let mut repository = Repository::default();
        for (name, paused) in files {
            let text = format!(
                "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {{name: a}}\nspec: {{{paused}}}\n"
            );
            repository
                .files
                .append(&mut load::load_stream(name, text.into_bytes()).files);
        }
        for file in &mut repository.files {
            file.role = if is_kustomized { Role::Taken } else { Role::None };
        }
        let catalog = Catalog::builtin().unwrap();
        let policy = catalog
            .policies()
            .iter()
            .find(|policy| &*policy.id == "duplicate-object")
            .unwrap();
        let target = Target::everything(catalog::default_profile().unwrap());
        Context::with(&repository, &target, &[], |context| evaluate_one(policy, context))
            .unwrap()
            .iter()
            .map(|finding| finding.primary.place.file.path().to_owned())
            .collect()
    }

    #[test]
    fn two_sets_of_one_name_in_one_folder_differ_or_are_no_harm() {
        let differing = [("k/a.yaml", "x: 1"), ("k/b.yaml", "x: 2")];
        assert_eq!(found(&differing, false), ["k/b.yaml"]);
        assert!(found(&differing, true).is_empty());
        assert!(found(&[("k/a.yaml", "x: 1, y: 2"), ("k/b.yaml", "y: 2, x: 1")], false).is_empty());
        assert!(found(&[("eu/a.yaml", "x: 1"), ("us/a.yaml", "x: 2")], false).is_empty());
    }
}
