//! The `.checker.yaml` that is proposed.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::ProposedFile;
use super::survey::{Proxy, Survey};
use crate::model::profile::Profile;
use crate::model::target::DEFAULT_NAME;
use crate::report::visible::visible;
use crate::source::classify::CONFIGURATION_NAME;
use crate::source::decode::write_yaml;
use crate::source::text::Place;

/// The configuration for what was seen; `profile` is what it is to be judged by.
#[must_use]
pub fn propose(survey: &Survey, profile: &Profile) -> ProposedFile {
    let mut text = String::from(
        "# What `checker` is told about this repository; all keys are in docs/configuration.md of the program.\nversion: 1\n\n\
         # The least severity that fails: error, warning or info.\nfailOn: warning\n\n",
    );
    for line in notes(survey, profile) {
        let _ = writeln!(text, "# {}", visible(&line));
    }
    let targets = targets(survey, profile);
    if targets.is_empty() {
        text.push_str(
            "\n# The repository is taken for one cluster. Where it holds several, give each a target:\n\
             # targets:\n\
             # - name: eu\n\
             #   paths: [base, clusters/eu]\n\
             #   context: the context of its kubeconfig\n",
        );
    } else {
        text.push_str(
            "\n# One a cluster; `context` is the one of the kubeconfig, for what is compared with the cluster itself.\n",
        );
        text.push_str(&write_yaml(&json!({"targets": targets})));
    }
    ProposedFile {
        name: CONFIGURATION_NAME,
        text,
        addition: None,
    }
}

fn targets(survey: &Survey, profile: &Profile) -> Vec<Value> {
    let kruise = survey.kruise.as_ref().map(|(version, _)| version.to_string());
    let target = |name: &str, paths: &[String]| {
        let mut fields = Map::new();
        fields.insert("name".to_owned(), name.into());
        fields.insert("paths".to_owned(), paths.into());
        fields.insert("mesh".to_owned(), profile.id.as_str().into());
        if let Some(kruise) = &kruise {
            fields.insert("kruise".to_owned(), kruise.as_str().into());
        }
        Value::from(fields)
    };
    if survey.clusters.is_empty() {
        // Without a word to say of it the whole repository needs no target.
        return kruise.iter().map(|_| target(DEFAULT_NAME, &[".".to_owned()])).collect();
    }
    let clusters = survey.clusters.iter();
    clusters.map(|cluster| target(&cluster.name, &cluster.paths)).collect()
}

/// What is told of the releases, and where it was seen.
fn notes(survey: &Survey, profile: &Profile) -> Vec<String> {
    const PROXIES: usize = 5;
    let mut lines = Vec::new();
    if survey.proxies.is_empty() {
        lines.push(format!(
            "No SidecarSet injects a mesh proxy, so the mesh is not told: `{}` is assumed.",
            profile.id
        ));
    }
    for proxy in survey.proxies.iter().take(PROXIES) {
        lines.push(proxy_note(proxy, profile));
    }
    if let Some((version, sign)) = &survey.kruise {
        lines.push(format!(
            "`{}` at {} needs OpenKruise {version} or later; write the release that runs.",
            sign.what,
            line_of(&sign.place)
        ));
    } else {
        lines.push(format!(
            "No field tells the release of OpenKruise: {} is assumed. A target's `kruise: \"1.8.3\"` says it.",
            profile.kruise
        ));
    }
    lines
}

fn proxy_note(proxy: &Proxy, profile: &Profile) -> String {
    let place = line_of(&proxy.place);
    match &proxy.branch {
        // Profiles are named by their releases.
        Some(branch) if profile.id.ends_with(&format!("-{}.{}", branch.major, branch.minor)) => {
            format!(
                "The proxy at {place} is of {branch}, as the profile `{}` has it.",
                profile.id
            )
        }
        Some(branch) => format!(
            "The proxy at {place} is of {branch}; the nearest profile is `{}`.",
            profile.id
        ),
        None => format!("The image of the proxy at {place} does not tell its release."),
    }
}

fn line_of(place: &Place) -> String {
    format!("{}:{}", place.file.path(), place.file.position(place.span.start).line)
}
