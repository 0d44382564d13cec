//! What a mesh release needs, as data: `policies/profiles/*.yaml`.

use serde::Deserialize;

use super::image::{ImageReference, TagPattern, VersionBranch};
use super::injection::InjectionProfile;
use super::kruise_version::KruiseVersion;
use super::sidecar_set::SidecarSet;
use crate::source::decode::Node;

/// A profile.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Profile {
    /// Its name.
    pub id: String,
    /// What it is for.
    pub title: String,
    /// How the mesh decides whom it injects.
    pub injection: InjectionProfile,
    /// The release of OpenKruise.
    pub kruise: KruiseVersion,
    /// What makes a SidecarSet a mesh proxy.
    pub recognise: Recognise,
    /// How a pod template keeps the mesh's own injection away.
    pub opt_out: OptOut,
    /// Images.
    pub images: Images,
    /// Volumes that the proxy needs.
    pub volumes: Vec<RequiredVolume>,
    /// Variables that the proxy needs.
    pub required_environment: Vec<RequiredVariable>,
    /// ConfigMaps that Git must hold where they are referred to.
    pub config_maps: Vec<RequiredConfigMap>,
    /// Labels that a pod template must have where the environment of a proxy reads them.
    pub pod_labels: Vec<String>,
    /// Commands that block until the proxy is ready.
    pub blocking_hooks: Vec<String>,
    /// Init containers that redirect the pod's traffic.
    pub redirecting_init_containers: Vec<String>,
}

/// What makes a SidecarSet a mesh proxy.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Recognise {
    /// Names of containers.
    pub containers: Vec<String>,
    /// Image repositories by their last part.
    pub repositories: Vec<String>,
}

/// The annotation that opts a pod out, and its value.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OptOut {
    /// The key.
    pub annotation: String,
    /// The value, a string.
    pub value: String,
}

/// What images are what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Images {
    /// Proxies that can hand over, by the last part of the repository.
    pub hot_capable: Vec<String>,
    /// Proxies that cannot.
    pub not_hot_capable: Vec<String>,
    /// Images that do nothing.
    pub empty: Vec<String>,
    /// How tags tell their branch.
    pub tags: Vec<TagPattern>,
}

impl Images {
    /// The branch of an image's tag.
    #[must_use]
    pub fn branch(&self, image: &ImageReference) -> Option<VersionBranch> {
        image.version_branch(&self.tags)
    }
}

/// A volume the proxy needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RequiredVolume {
    /// Its name.
    pub name: String,
    /// Whether the hand-over of a hot upgrade goes through it.
    #[serde(default)]
    pub hand_over: bool,
    /// The field of its source.
    pub source: String,
    /// Where it must be mounted.
    pub mount_path: String,
    /// What it is for, as the end of a sentence.
    pub why: String,
    /// Text to paste under `volumes`.
    pub declaration: String,
}

/// A variable the proxy needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RequiredVariable {
    /// Its name.
    pub name: String,
    /// What it is for, as the end of a sentence.
    pub why: String,
    /// Text to paste under `env`.
    pub declaration: String,
}

/// A key of a ConfigMap.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RequiredConfigMap {
    /// The ConfigMap's name.
    pub name: String,
    /// The key.
    pub key: String,
}

impl Profile {
    /// The container of a SidecarSet that is a mesh proxy.
    #[must_use]
    pub fn mesh_container<'o>(&self, set: SidecarSet<'o>) -> Option<Node<'o>> {
        set.containers().find(|container| self.is_mesh_proxy(*container))
    }

    /// Whether a container is a mesh proxy, by its name or its image.
    #[must_use]
    pub fn is_mesh_proxy(&self, container: Node<'_>) -> bool {
        container
            .str_at(&["name"])
            .is_some_and(|name| self.recognise.containers.iter().any(|known| known == name))
            || container
                .str_at(&["image"])
                .is_some_and(|image| self.is_mesh_image(image))
    }

    fn is_mesh_image(&self, image: &str) -> bool {
        ImageReference::parse(image).is_ok_and(|image| {
            self.recognise
                .repositories
                .iter()
                .any(|known| known == image.last_segment())
        })
    }
}
