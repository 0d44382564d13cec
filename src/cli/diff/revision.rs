//! The desired state against the repository at another revision.

use super::super::exit::Outcome;
use super::super::ground::{Ground, Reading};
use super::{Desire, left_out, selection_notes, side_report, sort};
use crate::config::{self, Configuration, ConfigurationError};
use crate::diff::options::Options;
use crate::diff::revision::Revision;
use crate::diff::selection;
use crate::live::state::Side;
use crate::model::inventory::Inventory;
use crate::model::target::Target;
use crate::model::unread::unread;
use crate::report::diff::DiffReport;
use crate::source::classify::FileClass;
use crate::source::disk::Files;
use crate::source::exclusion::Exclusion;
use crate::source::git::GitFiles;
use crate::source::kustomize::fallback::OtherRenderer;
use crate::source::load;

/// A revision, and how it is read.
#[derive(Clone, Copy)]
pub(in crate::cli) struct AskedRevision<'a> {
    /// As it was given.
    pub(in crate::cli) name: &'a str,
    pub(in crate::cli) files: &'a GitFiles,
    /// Whether the configuration is named, and so holds for the revision, too.
    pub(in crate::cli) is_configured: bool,
    /// The namespace that is given for the whole run.
    pub(in crate::cli) namespace: Option<&'a str>,
    /// What is not looked at, where the revision does not say it itself.
    pub(in crate::cli) exclusion: &'a Exclusion,
    pub(in crate::cli) other: Option<&'a OtherRenderer>,
}

/// What `checker diff --base` tells, for the comment of another command.
///
/// The files are read anew: every kind is compared, and whole, while a judgement looks through what no policy asks for.
pub(in crate::cli) fn changes(
    ground: &Ground,
    configuration: Option<&str>,
    targets: &[Target],
    options: Options,
    asked: AskedRevision<'_>,
) -> Result<DiffReport, Outcome> {
    let mut repository = ground.read(Reading {
        exclusion: asked.exclusion,
        wanted: None,
        other: asked.other,
    })?;
    if let Some(name) = configuration {
        repository.set_class(name, FileClass::Configuration);
    }
    let desire = Desire::of(ground, &repository, targets, None, options);
    let mut report = desire.report();
    compare(&desire, asked, &mut report)?;
    std::mem::forget(desire);
    std::mem::forget(repository);
    Ok(report)
}

pub(super) fn compare(desire: &Desire<'_>, asked: AskedRevision<'_>, report: &mut DiffReport) -> Result<(), Outcome> {
    let AskedRevision {
        name: revision, files, ..
    } = asked;
    let targets = desire.targets.iter().map(|target| target.name.to_string()).collect();
    let mut side = side_report(Side::Base(revision.to_owned()), targets);
    let (configuration, name) = configuration_of(desire, asked, &mut side.notes)?;
    let mut walked = files.walk(&desire.ground.paths).map_err(Outcome::usage)?;
    walked.leave_out(
        configuration
            .as_ref()
            .map_or(asked.exclusion, |configuration| &configuration.exclusion),
    );
    let mut repository = load::load_from(walked, files, None, asked.other);
    if let Some(name) = &name {
        repository.set_class(name, FileClass::Configuration);
    }
    let submodules: Vec<String> = files.submodules().map(str::to_owned).collect();
    for (target, inventory) in desire.targets.iter().zip(&desire.inventories) {
        let then = earlier_target(target, configuration.as_ref(), asked.namespace);
        let earlier = Inventory::of(&repository, &then);
        let mut wish = desire.wish(target, None);
        wish.keeps_copies = true;
        let now = selection::select(inventory, &wish, None);
        let before = selection::select(&earlier, &wish, None);
        let unread = unread(&repository, &then, &earlier);
        let unread_now = super::unread(desire.repository, target, inventory);
        let of_revision = Revision {
            name: revision,
            selection: &before,
            unread: &unread,
            unread_now: &unread_now,
            submodules: &submodules,
        };
        side.objects
            .extend(of_revision.compare(&now, &target.name, &desire.options));
        side.left_out.extend(left_out(&now));
        side.notes.extend(selection_notes(&now));
        side.problems.extend(
            // What was not read then and now is told once.
            unread
                .iter()
                .filter(|unread| !unread_now.contains(unread))
                .map(|unread| format!("at {revision} `{}`: {}", unread.name, unread.why)),
        );
    }
    side.problems.sort();
    side.problems.dedup();
    side.notes.dedup();
    sort(&mut side.objects);
    report.sides.push(side);
    std::mem::forget(repository);
    Ok(())
}

/// The configuration that the revision itself has, with its name.
fn configuration_of(
    desire: &Desire<'_>,
    asked: AskedRevision<'_>,
    notes: &mut Vec<String>,
) -> Result<(Option<Configuration>, Option<String>), Outcome> {
    if asked.is_configured {
        return Ok((None, None));
    }
    let AskedRevision {
        name: revision, files, ..
    } = asked;
    let root = &desire.ground.root;
    let Some(name) = config::find_in(files, root, &desire.ground.paths).map_err(Outcome::usage)? else {
        return Ok((None, None));
    };
    let read = files
        .read(&name)
        .map_err(|why| Outcome::internal(format!("`{name}` at {revision}: {why}")))
        .map(|bytes| config::read_from(&name, bytes, root, files))?;
    match read {
        Ok(configuration) => Ok((Some(configuration), Some(name))),
        Err(ConfigurationError::Internal(message)) => Err(Outcome::internal(message)),
        Err(ConfigurationError::Problems(_)) => {
            notes.push(format!(
                "`{name}` at {revision} is not valid, so that the targets of now are taken for those of then."
            ));
            Ok((None, Some(name)))
        }
    }
}

/// What a target was at the revision: by the configuration that it had, else what it is now.
fn earlier_target(target: &Target, configuration: Option<&Configuration>, namespace: Option<&str>) -> Target {
    let mut all = configuration
        .into_iter()
        .flat_map(|configuration| &configuration.targets);
    let Some(found) = all.find(|other| other.name == target.name) else {
        return target.clone();
    };
    // `-n` holds for both.
    Target {
        namespace: namespace.map(str::to_owned).or_else(|| found.namespace.clone()),
        ..found.clone()
    }
}
