//! Charts, rendered by `helm template`, as the documents that come out of them, each at its place in the templates.
//!
//! ```text
//! recognise (which charts, with which values) ─ copy (to a folder of its own) ─ run (helm, without network) ─ locate (documents at the templates)
//! ```
//!
//! Nothing is rendered unless it is asked for: a template is a program, though one that can only write text.

mod copy;
mod lines;
mod locate;
mod recognise;
mod run;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

pub use recognise::{AskedRelease, ChartFolder, ChartOrigin, Instance, NotRendered, charts};
pub use run::{Helm, NoHelm};

use super::decode::skim::Wanted;
use super::decode::{self, Decoded};
use super::folder;
use super::load::Repository;
use super::text::{SourceFile, Span};

/// The namespace of a release whose namespace nobody says, as `.Release.Namespace` gives it to the templates: wherever it comes out, something is
/// still to be filled in.
const NO_NAMESPACE: &str = "<NAMESPACE>";

/// The charts of a repository that were to be rendered; none if nobody asked.
#[derive(Debug, Default)]
pub struct RenderedCharts {
    /// Sorted by their folders.
    pub all: Vec<RenderedChart>,
}

impl RenderedCharts {
    /// Whether the chart in a folder came out, alone or as a part of another, wherever it was to.
    #[must_use]
    pub fn has_come_out(&self, folder: &str) -> bool {
        let mut around = self.around(folder).peekable();
        around.peek().is_some() && around.all(|chart| chart.outcome.is_ok())
    }

    /// Whether nothing at all came out of the templates of the chart in a folder, though it was rendered: its values may switch it off.
    #[must_use]
    pub fn is_silent(&self, folder: &str) -> bool {
        let below = recognise::join(folder, "templates/");
        let is_own = |name: &String| name.starts_with(&below);
        let mut rendered = self.around(folder).filter_map(|chart| chart.outcome.as_ref().ok());
        !rendered.any(|rendered| rendered.templates.iter().any(is_own))
    }

    /// What became of the chart in a folder, or of those that it is a part of.
    pub fn around<'c>(&'c self, folder: &'c str) -> impl Iterator<Item = &'c RenderedChart> {
        self.all.iter().filter(move |chart| {
            let own = &chart.instance.chart;
            let below = recognise::join(own, "charts/");
            own == folder || folder.starts_with(&below)
        })
    }
}

/// One chart, rendered once.
#[derive(Debug)]
pub struct RenderedChart {
    /// What was rendered.
    pub instance: Instance,
    /// What came out, or why nothing did.
    pub outcome: Result<Rendered, RenderFailure>,
}

impl RenderedChart {
    /// A chart that was not rendered, by the name of its `Chart.yaml`.
    #[must_use]
    pub fn failed(chart_file: String, message: &str) -> Self {
        Self {
            instance: Instance::alone(folder::of_file(&chart_file)),
            outcome: Err(RenderFailure {
                message: message.to_owned(),
                file: Arc::new(SourceFile::new(chart_file, "")),
                span: Span::default(),
            }),
        }
    }
}

/// What came out of a chart.
#[derive(Debug)]
pub struct Rendered {
    /// The documents; their nodes stand in the templates.
    pub decoded: Decoded,
    /// The templates that something came out of.
    pub templates: BTreeSet<String>,
}

/// Why a chart was not rendered.
#[derive(Debug, Clone)]
pub struct RenderFailure {
    /// In one line.
    pub message: String,
    /// The file to look at: the template, as far as Helm names it, else `Chart.yaml`.
    pub file: Arc<SourceFile>,
    /// The bytes.
    pub span: Span,
}

/// Renders the charts of a repository: those of `releases` as they say, the others as whoever installs them says, and those that nobody
/// installs by their own values. `is_judged` tells whether a target judges what comes out.
#[must_use]
pub fn render(
    repository: &Repository,
    root: &Path,
    releases: &[AskedRelease],
    is_judged: &dyn Fn(&Instance) -> bool,
    helm: &Helm,
    wanted: Option<&Wanted>,
) -> RenderedCharts {
    render_all(
        recognise::instances(repository, releases, is_judged),
        root,
        helm,
        wanted,
    )
}

/// Renders one chart of a repository, as [`render`] does; more than once, if it is installed more than once.
#[must_use]
pub fn render_chart(
    repository: &Repository,
    root: &Path,
    releases: &[AskedRelease],
    is_judged: &dyn Fn(&Instance) -> bool,
    helm: &Helm,
    folder: &str,
) -> RenderedCharts {
    let mut instances = recognise::instances(repository, releases, is_judged);
    instances.retain(|instance| instance.chart == folder);
    render_all(instances, root, helm, None)
}

fn render_all(instances: Vec<Instance>, root: &Path, helm: &Helm, wanted: Option<&Wanted>) -> RenderedCharts {
    let all = instances
        .into_par_iter()
        .map(|instance| RenderedChart {
            outcome: render_one(&instance, root, helm, wanted),
            instance,
        })
        .collect();
    RenderedCharts { all }
}

fn render_one(
    instance: &Instance,
    root: &Path,
    helm: &Helm,
    wanted: Option<&Wanted>,
) -> Result<Rendered, RenderFailure> {
    let failure = |message: String| RenderFailure {
        message,
        file: Arc::new(SourceFile::new(instance.chart_file(), "")),
        span: Span::default(),
    };
    let copied = copy::Copied::of(instance, root).map_err(failure)?;
    let namespace = instance.namespace.as_deref().unwrap_or(NO_NAMESPACE);
    match helm.template(instance, namespace, &copied) {
        Ok(bytes) => {
            let decoded = decode::decode_wanted(instance.chart.clone(), bytes, wanted);
            let (decoded, templates) = locate::at_templates(decoded, &copied);
            let templates = templates.iter().map(|name| recognise::join(&instance.chart, name));
            Ok(Rendered {
                decoded,
                templates: templates.collect(),
            })
        }
        Err(message) => Err(match locate::named_place(&message, &copied) {
            Some((file, span)) => RenderFailure { message, file, span },
            None => failure(message),
        }),
    }
}

#[cfg(test)]
mod tests;
