//! The desired state against the repository at another revision.

use super::super::exit::Outcome;
use super::arguments::DiffArguments;
use super::{Desire, left_out, selection_notes, side_report, sort};
use crate::config::{self, Configuration, ConfigurationError};
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
use crate::source::git::{GitError, GitFiles, Moment};
use crate::source::load;

pub(super) fn compare(
    desire: &Desire<'_>,
    arguments: &DiffArguments,
    revision: &str,
    exclusion: &Exclusion,
    report: &mut DiffReport,
) -> Result<(), Outcome> {
    let files = GitFiles::open(&desire.ground.root, Moment::Revision(revision)).map_err(|error| match error {
        GitError::Wrong(message) => Outcome::Usage(message),
        GitError::Failed(message) => Outcome::Unfinished(message),
    })?;
    let targets = desire.targets.iter().map(|target| target.name.to_string()).collect();
    let mut side = side_report(Side::Base(revision.to_owned()), targets);
    let (configuration, name) = configuration_of(desire, arguments, revision, &files, &mut side.notes)?;
    let mut walked = files.walk(&desire.ground.paths).map_err(Outcome::usage)?;
    walked.leave_out(
        configuration
            .as_ref()
            .map_or(exclusion, |configuration| &configuration.exclusion),
    );
    let mut repository = load::load_from(walked, &files, None, arguments.rendering.other().as_ref());
    if let Some(name) = &name {
        repository.set_class(name, FileClass::Configuration);
    }
    let submodules: Vec<String> = files.submodules().map(str::to_owned).collect();
    for (target, inventory) in desire.targets.iter().zip(&desire.inventories) {
        let then = earlier_target(target, configuration.as_ref(), arguments.targets.namespace());
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
    arguments: &DiffArguments,
    revision: &str,
    files: &GitFiles,
    notes: &mut Vec<String>,
) -> Result<(Option<Configuration>, Option<String>), Outcome> {
    if arguments.configuration.is_named() {
        return Ok((None, None));
    }
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
