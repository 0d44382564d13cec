//! Targets: what of a repository is the desired state of which cluster.

use std::sync::Arc;

use super::profile::Profile;
use crate::source::folder;
use crate::source::helm::Instance;
use crate::source::kustomize::rendering::Rendering;
use crate::source::release::HelmRelease;

/// The name of the one target of a repository without configuration.
pub(crate) const DEFAULT_NAME: &str = "default";

/// The path that holds everything.
const ROOT: &str = ".";

/// The desired state of one cluster.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name.
    pub name: Arc<str>,
    /// Files and folders, relative to the root, with `/`; the root itself is `.`.
    pub paths: Vec<String>,
    /// The kubeconfig context of the cluster.
    pub context: Option<String>,
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
    /// What its mesh needs, with the release of OpenKruise that it runs.
    pub profile: Profile,
    /// Charts to render for it.
    pub releases: Vec<HelmRelease>,
}

impl Target {
    /// The target that a repository is without configuration.
    #[must_use]
    pub fn everything(profile: Profile) -> Self {
        Self {
            name: Arc::from(DEFAULT_NAME),
            paths: vec![ROOT.to_owned()],
            context: None,
            namespace: None,
            profile,
            releases: Vec::new(),
        }
    }

    /// The same target, as what a stream from elsewhere holds.
    #[must_use]
    pub fn holding_everything(mut self) -> Self {
        self.paths = vec![ROOT.to_owned()];
        self
    }

    /// Whether a file or folder belongs to the target.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        self.paths.iter().any(|path| path == ROOT || is_within(name, path))
    }

    /// Whether a file belongs to the target: it lies in it, or a kustomization that lies in it takes the file.
    #[must_use]
    pub fn holds_file(&self, name: &str, rendering: &Rendering) -> bool {
        self.holds(name) || rendering.roots_with(name).any(|root| self.holds(root.name()))
    }

    /// Whether a rendered chart belongs to the target: it asks for it, or else holds the object that installs it; a chart that nobody installs
    /// belongs to whoever holds it.
    #[must_use]
    pub fn renders(&self, instance: &Instance) -> bool {
        match (&instance.target, &instance.said) {
            (Some(target), _) => *target == self.name,
            (None, Some(said)) => {
                let is_asked = |release: &HelmRelease| folder::named(&release.chart) == instance.chart;
                self.holds(&said.holder) && !self.releases.iter().any(is_asked)
            }
            (None, None) => self.holds(&instance.chart_file()),
        }
    }

    /// Whether what was never looked into may belong to the target: it lies in the target, or the target in it.
    #[must_use]
    pub fn may_hold(&self, name: &str) -> bool {
        self.holds(name) || name == ROOT || self.paths.iter().any(|path| is_within(path, name))
    }
}

/// Whether a name is `folder`, or below it.
fn is_within(name: &str, folder: &str) -> bool {
    name.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// All targets of a repository, in the order of the configuration.
#[derive(Debug, Clone)]
pub struct Targets {
    /// Those that are judged.
    pub selected: Vec<Target>,
    /// Those that are not asked for.
    pub others: Vec<Target>,
}

/// To whom a file belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belonging {
    /// To a target that is judged.
    Selected,
    /// To targets that are not asked for only.
    Other,
    /// To no target.
    Nobody,
}

impl Targets {
    /// One target alone.
    #[must_use]
    pub fn only(target: Target) -> Self {
        Self {
            selected: vec![target],
            others: Vec::new(),
        }
    }

    /// To whom a file belongs.
    #[must_use]
    pub fn belonging(&self, name: &str, rendering: &Rendering) -> Belonging {
        self.whose(|target| target.holds_file(name, rendering))
    }

    /// To whom what was never looked into may belong.
    #[must_use]
    pub fn possible_belonging(&self, name: &str) -> Belonging {
        self.whose(|target| target.may_hold(name))
    }

    fn whose(&self, holds: impl Fn(&Target) -> bool) -> Belonging {
        if self.selected.iter().any(&holds) {
            Belonging::Selected
        } else if self.others.iter().any(&holds) {
            Belonging::Other
        } else {
            Belonging::Nobody
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn everything() -> Target {
        let profile = include_str!("../../policies/profiles/asm-1.6.yaml");
        Target::everything(serde_yaml::from_str(profile).unwrap())
    }

    #[test]
    fn a_path_holds_itself_and_what_is_below_it_and_no_longer_name() {
        let mut target = everything();
        assert!(target.holds("anything.yaml") && target.may_hold("anything"));
        target.paths = vec!["clusters/eu".to_owned(), "base/web.yaml".to_owned()];
        for (name, holds, may_hold) in [
            ("clusters/eu", true, true),
            ("clusters/eu/web.yaml", true, true),
            ("clusters/eu-west/web.yaml", false, false),
            ("clusters/eu.yaml", false, false),
            ("clusters", false, true),
            (".", false, true),
            ("base/web.yaml", true, true),
            ("base/web.yml", false, false),
            ("other/clusters/eu/web.yaml", false, false),
        ] {
            assert_eq!((target.holds(name), target.may_hold(name)), (holds, may_hold), "{name}");
        }
    }
}
