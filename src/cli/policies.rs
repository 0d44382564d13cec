//! `checker policies` and `checker explain`

use std::fmt::Write;

use clap::{Args, ColorChoice};

use super::configuration::ConfigurationArguments;
use super::exit::Outcome;
use super::{PolicyArguments, output};
use crate::policy::definition::Policy;
use crate::policy::examples;
use crate::policy::finding::with_holes;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  checker policies\n  checker policies --policy-dir rules")]
pub(super) struct PoliciesArguments {
    #[command(flatten)]
    configuration: ConfigurationArguments,

    #[command(flatten)]
    policies: PolicyArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  checker explain double-injection")]
pub(super) struct ExplainArguments {
    /// The policy's id, as findings show it
    #[arg(value_name = "POLICY")]
    policy: String,

    #[command(flatten)]
    configuration: ConfigurationArguments,

    #[command(flatten)]
    policies: PolicyArguments,
}

pub(super) fn list(arguments: &PoliciesArguments) -> Result<Outcome, Outcome> {
    let configuration = arguments.configuration.of_here()?;
    let catalog = arguments.policies.catalog(&configuration, None, ColorChoice::Auto)?;
    let off = catalog.off().iter().map(|policy| (policy, "off"));
    let on = catalog.policies().iter().map(|policy| (policy, policy.severity.name()));
    let mut all: Vec<(&Policy, &str)> = on.chain(off).collect();
    all.sort_by_key(|(policy, _)| (policy.chapter, &policy.id));
    let width = all.iter().map(|(policy, _)| policy.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut chapter = None;
    for (policy, severity) in all {
        if chapter != Some(policy.chapter) {
            let gap = if chapter.is_none() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}{}", policy.chapter.title());
            chapter = Some(policy.chapter);
        }
        let _ = writeln!(text, "  {severity:<7}  {:<width$}  {}", policy.id, policy.title);
    }
    output::print(&text)?;
    Ok(Outcome::Clean)
}

pub(super) fn explain(arguments: &ExplainArguments) -> Result<Outcome, Outcome> {
    let configuration = arguments.configuration.of_here()?;
    let catalog = arguments.policies.catalog(&configuration, None, ColorChoice::Auto)?;
    let Some(policy) = catalog.get(&arguments.policy) else {
        let hint = catalog
            .suggest(&arguments.policy)
            .map(|id| format!("; did you mean `{id}`?"))
            .unwrap_or_default();
        return Err(Outcome::usage(format!(
            "there is no policy `{}`{hint} (`checker policies` lists them)",
            arguments.policy
        )));
    };
    output::print(&explanation(policy, catalog.is_off(policy), output::width()))?;
    Ok(Outcome::Clean)
}

fn explanation(policy: &Policy, is_off: bool, width: usize) -> String {
    let severity = if is_off { "off" } else { policy.severity.name() };
    let mut text = format!("{} ({severity})\n{}\n\n", policy.id, policy.title);
    let wrapped = |text: &mut String, paragraph: &str| {
        for line in paragraph.trim_end().lines() {
            if line.starts_with("  ") || line.trim().is_empty() {
                let _ = writeln!(text, "{line}");
            } else {
                for part in textwrap::wrap(line, width) {
                    let _ = writeln!(text, "{part}");
                }
            }
        }
    };
    wrapped(&mut text, &policy.why);
    if !policy.suppressible {
        text.push_str("\nIt cannot be suppressed.\n");
    }
    text.push_str("\nMend\n");
    wrapped(&mut text, &with_holes(&policy.mend));
    text.push_str("\nSource\n");
    for source in &policy.source {
        for (index, part) in textwrap::wrap(source, width.saturating_sub(4)).iter().enumerate() {
            let _ = writeln!(text, "  {} {part}", if index == 0 { "-" } else { " " });
        }
    }
    for (title, list) in [("Fails", &policy.examples.fail), ("Passes", &policy.examples.pass)] {
        if let Some(example) = list.first() {
            let _ = writeln!(text, "\n{title}: {}", example.name);
            for line in examples::without_marks(&example.manifests).trim_end().lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
    }
    text
}
