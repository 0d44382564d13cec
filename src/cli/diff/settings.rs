//! How differences are told, by the command line and the configuration.

use clap::ColorChoice;

use super::super::configuration::refused;
use super::super::exit::Outcome;
use crate::config::{Configuration, IgnoredChange, Problem, Problems};
use crate::diff::ignore::{IgnoreRule, Ignored, PathPattern};
use crate::diff::options::Options;

pub(in crate::cli) fn options(
    configuration: &Configuration,
    show_unmanaged: bool,
    color: ColorChoice,
) -> Result<Options, Outcome> {
    let settings = &configuration.diff;
    let (mut rules, mut problems) = (Vec::new(), Vec::new());
    for ignored in &settings.ignore {
        match rule(ignored) {
            Ok(rule) => rules.push(rule),
            Err(message) => problems.push(Problem::new(ignored.place.span, message)),
        }
    }
    if let (Some(first), false) = (settings.ignore.first(), problems.is_empty()) {
        let problems = Problems {
            file: first.place.file.clone(),
            list: problems,
        };
        return Err(refused(&problems, color));
    }
    Ok(Options {
        managers: settings.field_managers.clone(),
        ignore: rules,
        show_unmanaged,
        ..Options::default()
    })
}

fn rule(ignored: &IgnoredChange) -> Result<IgnoreRule, String> {
    let (written, what) = match (&ignored.path, &ignored.manager) {
        (Some(path), _) => (path, Ignored::Path(PathPattern::parse(path)?)),
        (None, Some(manager)) => (manager, Ignored::Manager(manager.clone())),
        (None, None) => return Err("neither `path` nor `manager` is said".to_owned()),
    };
    Ok(IgnoreRule {
        written: format!("`{written}`: {}", ignored.reason),
        kind: ignored.kind.clone(),
        namespace: ignored.namespace.clone(),
        name: ignored.name.clone(),
        what,
    })
}
