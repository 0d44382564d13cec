//! How each state of the repository is judged: by what is decided now, so that only the manifests make a difference.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::exit::Outcome;
use super::ground::Input;
use crate::model::target::{Target, Targets};
use crate::policy::catalog::Catalog;
use crate::policy::suppression::Decisions;
use crate::report::Report;
use crate::source::classify::FileClass;
use crate::source::decode::skim::Wanted;
use crate::source::helm::{self, AskedRelease, Helm, RenderedCharts};
use crate::source::load::Repository;
use crate::source::release::HelmRelease;

/// What is decided.
pub(super) struct Judgement<'c> {
    pub(super) catalog: &'c Catalog,
    pub(super) targets: &'c Targets,
    pub(super) decisions: &'c Decisions,
    /// The name of the configuration.
    pub(super) configuration: Option<&'c str>,
    pub(super) baselines: &'c [String],
}

/// A state of the repository, and what is found in it.
pub(super) struct Judged {
    pub(super) repository: Repository,
    pub(super) report: Report,
}

impl Judgement<'_> {
    /// Judges what was read.
    pub(super) fn of(&self, mut repository: Repository) -> Result<Judged, Outcome> {
        if let Some(name) = self.configuration {
            repository.set_class(name, FileClass::Configuration);
        }
        for name in self.baselines {
            repository.set_class(name, FileClass::Baseline);
        }
        let report = Report::of(&repository, self.catalog, self.targets, self.decisions).map_err(Outcome::usage)?;
        Ok(Judged { repository, report })
    }

    /// Judges as if some files had other bytes. Charts are not mended, and what was rendered of them stays.
    pub(super) fn again(
        &self,
        input: &Input<'_>,
        changed: &BTreeMap<String, Vec<u8>>,
        charts: RenderedCharts,
    ) -> Result<Judged, Outcome> {
        let mut repository = input.read(changed);
        repository.rendered_charts = charts;
        self.of(repository)
    }
}

impl Judged {
    /// The report alone. The process ends soon: giving back a hundred megabytes node by node would only take time.
    pub(super) fn into_report(self) -> Report {
        std::mem::forget(self.repository);
        self.report
    }
}

/// Renders the charts of a repository.
pub(super) fn render_charts(
    repository: &mut Repository,
    root: &Path,
    targets: &Targets,
    wanted: Option<&Wanted>,
) -> Result<(), Outcome> {
    let helm = Helm::find().map_err(|why| Outcome::usage(why.to_string()))?;
    let releases = asked_releases(targets);
    repository.rendered_charts = helm::render(
        repository,
        root,
        &releases,
        &|instance| targets.selected.iter().any(|target| target.renders(instance)),
        &helm,
        wanted,
    );
    Ok(())
}

/// The releases that the configuration writes down for the targets that are judged.
pub(super) fn asked_releases(targets: &Targets) -> Vec<AskedRelease> {
    let of_target = |target: &Target| {
        let releases = target.releases.iter().map(|release| AskedRelease {
            target: Arc::clone(&target.name),
            release: HelmRelease {
                namespace: release.namespace.clone().or_else(|| target.namespace.clone()),
                ..release.clone()
            },
        });
        releases.collect::<Vec<_>>()
    };
    targets.selected.iter().flat_map(of_target).collect()
}
