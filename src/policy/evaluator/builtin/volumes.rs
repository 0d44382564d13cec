//! Volumes and mounts: those that the profile lists for a mesh proxy, and those that are named and never declared.

use serde_json::json;

use crate::model::object::Object;
use crate::model::profile::RequiredVolume;
use crate::model::relations::SetFacts;
use crate::model::sidecar_set;
use crate::model::volume::{self, Mounts, Volumes};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::policy::mend::{Addition, Mend, Operation, Safety, declared_item};
use crate::source::decode::Node;

/// What is wrong with a required volume.
enum VolumeFault<'o> {
    Absent,
    WrongKind(Node<'o>),
}

/// The question of `missing-volume`. The hand-over volume has a policy of its own.
fn volume_fault<'o>(required: &RequiredVolume, volumes: &Volumes<'o>, mounts: &Mounts<'o>) -> Option<VolumeFault<'o>> {
    if required.hand_over || !volumes.is_certain() || !mounts.is_certain {
        return None;
    }
    let named = volumes.get(&required.name);
    let mount = mounts.at(&required.mount_path);
    let mounted = mount.and_then(|mount| volumes.get(mount.name));
    if [named, mounted]
        .into_iter()
        .flatten()
        .any(|volume| volume::is_of_kind(volume, &required.source))
    {
        return None;
    }
    match named.or(mounted) {
        Some(volume) => Some(VolumeFault::WrongKind(volume)),
        // The path is taken by a volume of another name that nobody declares: that is `undeclared-volume`.
        None if mount.is_some_and(|mount| mount.name != required.name) => None,
        None => Some(VolumeFault::Absent),
    }
}

/// A volume that the profile requires is not declared, or is of another kind.
pub(super) fn missing_volume(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (facts, mesh) in mesh_sets(context) {
        let (volumes, mounts) = (Volumes::of(facts.set), Mounts::of(mesh));
        for required in &context.profile.volumes {
            let Some(fault) = volume_fault(required, &volumes, &mounts) else {
                continue;
            };
            findings.push(missing_volume_finding(policy, facts, required, &mounts, &fault));
        }
    }
    findings
}

fn missing_volume_finding(
    policy: &Policy,
    facts: &SetFacts<'_>,
    required: &RequiredVolume,
    mounts: &Mounts<'_>,
    fault: &VolumeFault<'_>,
) -> Finding {
    let (object, set) = (facts.set.object, facts.set.name());
    let RequiredVolume { name, source, why, .. } = required;
    let finding = match fault {
        VolumeFault::WrongKind(volume) => {
            let is_named = volume.str_at(&["name"]).unwrap_or(name);
            match volume::source(*volume) {
                Some(entry) => {
                    let kind = entry.key();
                    let message = format!(
                        "the volume `{is_named}` of SidecarSet `{set}` is `{kind}` where the mesh proxy needs `{source}`: {why}"
                    );
                    Finding::at_key(policy, object, *volume, entry, message)
                }
                None => Finding::at(
                    policy,
                    object,
                    *volume,
                    format!(
                        "the volume `{is_named}` of SidecarSet `{set}` has no source, which makes it an `emptyDir` where the mesh proxy needs `{source}`: {why}"
                    ),
                ),
            }
            .labelled(format!("`{source}` is due here"))
        }
        VolumeFault::Absent => match mounts.named(name) {
            Some(mount) => {
                let message = format!(
                    "the mesh proxy of SidecarSet `{set}` mounts the volume `{name}`, which `spec.volumes` lacks: {why}"
                );
                let finding = Finding::at(policy, object, mount.volume, message).labelled("not declared");
                // A patch may have put other volumes in their place.
                match object.root().at(&["spec", "volumes"]) {
                    Some(volumes) => finding.with_what_puts(object, volumes, "the volumes"),
                    None => finding,
                }
            }
            None => Finding::missing(
                policy,
                object,
                object.root(),
                &["spec", "volumes"],
                format!("SidecarSet `{set}` lacks the volume `{name}` that the mesh proxy needs: {why}"),
            )
            .labelled(format!("no `{name}` here")),
        },
    };
    let mend = matches!(fault, VolumeFault::Absent)
        .then(|| declare(object, required))
        .flatten();
    finding
        .mended_by(mend)
        .with_help(&[("declaration", &indented(&required.declaration, 2))])
}

/// Declares a required volume with the values of the profile.
fn declare(object: &Object, required: &RequiredVolume) -> Option<Mend> {
    let volume = declared_item(&required.declaration)?;
    Some(Mend::new(
        Safety::Unsafe,
        format!("declare the volume `{}`", required.name),
        Operation::insert(object, object.root(), &["spec", "volumes"], Addition::Item(volume)),
    ))
}

/// Mounts a required volume in a container.
fn mount(object: &Object, container: Node<'_>, required: &RequiredVolume) -> Operation {
    let mount = json!({"name": required.name, "mountPath": required.mount_path});
    Operation::insert(object, container, &["volumeMounts"], Addition::Item(mount))
}

/// A required mount is not there, is at another path, or is of another volume.
pub(super) fn missing_mount(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (facts, mesh) in mesh_sets(context) {
        let (volumes, mounts) = (Volumes::of(facts.set), Mounts::of(mesh));
        if !mounts.is_certain {
            continue;
        }
        for required in context.profile.volumes.iter().filter(|volume| !volume.hand_over) {
            if let Some(finding) = missing_mount_finding(policy, facts, mesh, required, &volumes, &mounts) {
                findings.push(finding.with_help(&[("volume", &required.name), ("path", &required.mount_path)]));
            }
        }
    }
    findings
}

fn missing_mount_finding(
    policy: &Policy,
    facts: &SetFacts<'_>,
    mesh: Node<'_>,
    required: &RequiredVolume,
    volumes: &Volumes<'_>,
    mounts: &Mounts<'_>,
) -> Option<Finding> {
    let (object, set) = (facts.set.object, facts.set.name());
    let container = sidecar_set::container_name(mesh);
    let RequiredVolume {
        name,
        mount_path: path,
        why,
        ..
    } = required;
    if let Some(mount) = mounts.at(path) {
        let other = mount.name;
        let declared = volumes.get(other)?;
        let required_volume = volumes.get(name)?;
        // Of another name is well if it is of the right kind; if there is no better one, the volume is what is missing.
        let is_fine = other == name
            || volume::is_of_kind(declared, &required.source)
            || !volume::is_of_kind(required_volume, &required.source);
        return (!is_fine).then(|| {
            Finding::at(
                policy,
                object,
                mount.volume,
                format!("container `{container}` of SidecarSet `{set}` mounts `{other}` at `{path}` instead of `{name}`: {why}"),
            )
            .labelled(format!("`{name}` is due here"))
            .with_related_node(required_volume, "the volume that is due")
        });
    }
    // A single file of the volume, at its place below the path, serves as well.
    let below = format!("{}/", path.trim_end_matches('/'));
    if mounts
        .list
        .iter()
        .any(|mount| mount.path.starts_with(&below) && mount.node.get("subPath").is_some())
    {
        return None;
    }
    if let Some(mount) = mounts.named(name)
        && let Some(node) = mount.node.get("mountPath")
    {
        let message = format!(
            "container `{container}` of SidecarSet `{set}` mounts `{name}` at `{}` instead of `{path}`: {why}",
            mount.path
        );
        return Some(Finding::at(policy, object, node, message).labelled(format!("`{path}` is due here")));
    }
    let message = format!("container `{container}` of SidecarSet `{set}` mounts nothing at `{path}`: {why}");
    let description = format!("mount the volume `{name}`");
    let mend = Mend::new(Safety::Unsafe, description, mount(object, mesh, required));
    let finding = Finding::missing(policy, object, mesh, &["volumeMounts"], message);
    Some(finding.labelled(format!("no mount of `{name}`")).mended_by(mend))
}

/// The volume through which a hot upgrade hands over is not an emptyDir, declared and mounted.
pub(super) fn hand_over_volume(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (facts, mesh) in mesh_sets(context) {
        if !sidecar_set::is_hot(mesh) {
            continue;
        }
        let (volumes, mounts) = (Volumes::of(facts.set), Mounts::of(mesh));
        for required in context.profile.volumes.iter().filter(|volume| volume.hand_over) {
            let Some(finding) = hand_over_finding(policy, facts, mesh, required, &volumes, &mounts) else {
                continue;
            };
            findings.push(finding.with_help(&[
                ("declaration", &indented(&required.declaration, 4)),
                ("container", mesh.str_at(&["name"]).unwrap_or("istio-proxy")),
                ("volume", &required.name),
                ("path", &required.mount_path),
            ]));
        }
    }
    findings
}

fn hand_over_finding(
    policy: &Policy,
    facts: &SetFacts<'_>,
    mesh: Node<'_>,
    required: &RequiredVolume,
    volumes: &Volumes<'_>,
    mounts: &Mounts<'_>,
) -> Option<Finding> {
    let (object, set) = (facts.set.object, facts.set.name());
    let container = sidecar_set::container_name(mesh);
    let RequiredVolume {
        name,
        source,
        mount_path: path,
        why,
        ..
    } = required;
    if let Some(mount) = mounts.at(path) {
        let named = mount.name;
        let Some(volume) = volumes.get(named) else {
            return volumes.is_certain().then(|| {
                let message = format!(
                    "container `{container}` of SidecarSet `{set}` mounts the hand-over volume `{named}`, which `spec.volumes` lacks: {why}"
                );
                Finding::at(policy, object, mount.volume, message).labelled("not declared")
            });
        };
        if volume::is_of_kind(volume, source) {
            let read_only = mount.node.get("readOnly").filter(|node| node.as_bool() == Some(true))?;
            let message = format!(
                "container `{container}` of SidecarSet `{set}` mounts the hand-over volume `{named}` read-only: {why}"
            );
            return Some(
                Finding::at(policy, object, read_only, message)
                    .labelled("no socket can be made here")
                    .with_mend(policy, "read-only")
                    .with_help(&[("volume", named)]),
            );
        }
        let entry = volume::source(volume)?;
        let kind = entry.key();
        let message =
            format!("the hand-over volume `{named}` of SidecarSet `{set}` is `{kind}` and not `{source}`: {why}");
        return Some(
            Finding::at_key(policy, object, volume, entry, message)
                .labelled(format!("`{source}` is due here"))
                .with_related_node(mount.volume, "mounted here"),
        );
    }
    if !mounts.is_certain {
        return None;
    }
    if let Some(mount) = mounts.named(name)
        && let Some(node) = mount.node.get("mountPath")
    {
        let message = format!(
            "container `{container}` of SidecarSet `{set}` mounts the hand-over volume `{name}` at `{}` instead of `{path}`: {why}",
            mount.path
        );
        return Some(Finding::at(policy, object, node, message).labelled(format!("`{path}` is due here")));
    }
    let message = format!("container `{container}` of SidecarSet `{set}` has no hand-over volume at `{path}`: {why}");
    let finding =
        Finding::missing(policy, object, mesh, &["volumeMounts"], message).labelled(format!("no mount of `{name}`"));
    Some(match volumes.get(name) {
        Some(volume) => {
            let mend = volume::is_of_kind(volume, source).then(|| {
                let description = format!("mount the volume `{name}`");
                Mend::new(Safety::Unsafe, description, mount(object, mesh, required))
            });
            finding
                .with_related_node(volume, "declared, but not mounted")
                .mended_by(mend)
        }
        None if volumes.is_certain() => finding.mended_by(declare(object, required).map(|declared| Mend {
            description: format!("declare the volume `{name}` and mount it"),
            ..declared.and(mount(object, mesh, required))
        })),
        None => finding,
    })
}

/// A mount of any container names a volume that the set does not declare.
pub(super) fn undeclared_volume(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        let (object, set) = (facts.set.object, facts.set.name());
        let volumes = Volumes::of(facts.set);
        if !volumes.is_certain() {
            continue;
        }
        let told = told_elsewhere(facts, context, &volumes);
        for container in facts.set.init_containers().chain(facts.set.containers()) {
            let of = sidecar_set::container_name(container);
            for mount in Mounts::of(container).list {
                let name = mount.name;
                if volumes.get(name).is_some() || told.contains(&name) {
                    continue;
                }
                let meant = volumes
                    .most_like(name)
                    .map_or(String::new(), |known| format!("; did you mean `{known}`?"));
                let message = format!(
                    "container `{of}` of SidecarSet `{set}` mounts the volume `{name}`, which `spec.volumes` lacks{meant}"
                );
                findings.push(
                    Finding::at(policy, object, mount.volume, message)
                        .labelled("not declared")
                        .with_help(&[("volume", name)]),
                );
            }
        }
    }
    findings
}

/// The volumes of which a policy about required volumes says already that they must be declared: one mend, one finding.
fn told_elsewhere<'c>(facts: &SetFacts<'c>, context: Context<'c>, volumes: &Volumes<'c>) -> Vec<&'c str> {
    let Some(mesh) = facts.mesh else {
        return Vec::new();
    };
    let mounts = Mounts::of(mesh);
    context
        .profile
        .volumes
        .iter()
        .filter_map(|required| {
            if required.hand_over {
                let mount = mounts.at(&required.mount_path).filter(|_| sidecar_set::is_hot(mesh))?;
                return volumes.get(mount.name).is_none().then_some(mount.name);
            }
            let fault = volume_fault(required, volumes, &mounts)?;
            matches!(fault, VolumeFault::Absent).then_some(required.name.as_str())
        })
        .collect()
}

fn mesh_sets(context: Context<'_>) -> impl Iterator<Item = (&SetFacts<'_>, Node<'_>)> {
    context
        .relations
        .sets
        .iter()
        .filter_map(|facts| Some((facts, facts.mesh?)))
}

/// The lines of a text, all but the first indented, to stand in a mend.
fn indented(text: &str, by: usize) -> String {
    text.trim_end().replace('\n', &format!("\n{}", " ".repeat(by)))
}
