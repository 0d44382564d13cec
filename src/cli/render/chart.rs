//! What Helm makes of a chart.

use std::path::{Path, PathBuf};

use clap::ColorChoice;

use super::{Form, RenderArguments};
use crate::cli::exit::Outcome;
use crate::cli::ground::{Ground, Reading};
use crate::cli::{judgement, output};
use crate::model::target::Targets;
use crate::report::objects;
use crate::source::helm::{self, Helm, Instance, RenderedChart};

/// Renders the chart in a folder for each of those who install it.
pub(super) fn render(arguments: &RenderArguments, root: &Path, folder: &str) -> Result<Outcome, Outcome> {
    let shown = arguments.folder.display();
    if !arguments.helm {
        return Err(Outcome::usage(format!(
            "{shown}: a chart stands in this folder; `--helm` lets Helm render it"
        )));
    }
    let helm = Helm::find().map_err(|why| Outcome::usage(why.to_string()))?;
    let paths: [PathBuf; 1] = [root.to_owned()];
    let ground = Ground::of(&paths)?;
    let own = [root.join(folder)];
    let found = arguments.configuration.of(root, &own, None, ColorChoice::Auto)?;
    let repository = ground.read(Reading {
        exclusion: &found.configuration.exclusion,
        wanted: None,
        other: None,
    })?;
    let charts = helm::charts(&repository);
    if let Some(Err(why)) = charts.get(folder).map(|chart| &chart.alone) {
        return Err(Outcome::usage(format!("{shown}: {why}")));
    }
    let targets = Targets {
        selected: found.configuration.targets,
        others: Vec::new(),
    };
    let releases = judgement::asked_releases(&targets);
    let is_judged = |instance: &Instance| targets.selected.iter().any(|target| target.renders(instance));
    let rendered = helm::render_chart(&repository, root, &releases, &is_judged, &helm, folder);
    let mut outcome = Outcome::Clean;
    let mut texts = Vec::new();
    for chart in &rendered.all {
        match text(chart, arguments.output) {
            Ok(text) => texts.push(text),
            Err(failed) => outcome = failed,
        }
    }
    let between = match arguments.output {
        Form::Yaml => "---\n",
        Form::Json => "",
    };
    output::print(&texts.join(between))?;
    Ok(outcome)
}

fn text(chart: &RenderedChart, form: Form) -> Result<String, Outcome> {
    let rendered = chart.outcome.as_ref().map_err(|failure| {
        super::complain_at(&failure.file, failure.span, &failure.message);
        Outcome::Findings
    })?;
    let documents = &rendered.decoded.documents;
    if let Some(refused) = rendered.decoded.refused().next() {
        let line = rendered.decoded.file.position(refused.span.start).line;
        let chart = &chart.instance.chart;
        output::complain(&format!("{chart}: line {line} of what Helm renders cannot be read"));
        return Err(Outcome::Findings);
    }
    let objects = documents.iter().filter_map(|document| document.tree.as_ref());
    let objects = objects.map(|tree| tree.root()).filter(|root| !root.is_null());
    Ok(match form {
        Form::Yaml => heading(&chart.instance) + &objects::yaml_of(objects),
        Form::Json => objects::json_lines_of(&chart.instance.chart, objects),
    })
}

/// Whose the objects are, as a comment.
fn heading(instance: &Instance) -> String {
    let namespace = match &instance.namespace {
        Some(name) => format!("in the namespace `{name}`"),
        None => "in a namespace that nobody says".to_owned(),
    };
    let by = match (&instance.said, &instance.target) {
        (Some(said), _) => format!(", as {} installs it", said.by),
        (None, Some(target)) => format!(", as the target `{target}` installs it"),
        (None, None) => String::new(),
    };
    let gap = instance.gap.as_deref();
    let gap = gap.map(|gap| format!("; {gap}")).unwrap_or_default();
    // A name may be any text of the repository.
    let line = format!("# The release `{}` {namespace}{by}{gap}", instance.release);
    format!("{}\n", line.replace(char::is_control, " "))
}
