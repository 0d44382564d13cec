//! `checker diff`

mod arguments;
mod live;
mod output;
mod revision;
mod settings;

use std::path::Path;

pub(super) use arguments::DiffArguments;
pub(super) use output::format_names;
pub(super) use revision::{AskedRevision, changes};
pub(super) use settings::options;

use super::exit::Outcome;
use super::ground::{self, Ground, Reading};
use crate::diff::change::{NotKnown, ObjectDifference, Status};
use crate::diff::options::Options;
use crate::diff::selection::{Selection, Wish};
use crate::live::state::Side;
use crate::model::inventory::Inventory;
use crate::model::object::Object;
use crate::model::selector::LabelSelector;
use crate::model::target::{Target, Targets};
use crate::model::unread::unread;
use crate::report::diff::{DiffReport, LeftOutObject};
use crate::report::plural;
use crate::source::classify::FileClass;
use crate::source::git::Moment;
use crate::source::load::Repository;
use crate::source::{folder, walk};

pub(super) fn run(arguments: &DiffArguments) -> Result<Outcome, Outcome> {
    super::on_threads(|| diff(arguments))
}

/// What all sides are compared by.
struct Desire<'d> {
    ground: &'d Ground,
    repository: &'d Repository,
    targets: &'d [Target],
    inventories: Vec<Inventory>,
    selector: Option<&'d LabelSelector>,
    options: Options,
}

fn diff(arguments: &DiffArguments) -> Result<Outcome, Outcome> {
    let outputs = output::outputs(arguments)?;
    arguments.scope.check()?;
    let ground = Ground::of(&arguments.paths)?;
    let found = arguments
        .configuration
        .of(&ground.root, &ground.paths, ground.files(), arguments.color)?;
    let options = options(&found.configuration, arguments.show_unmanaged, arguments.color)?;
    let exclusion = found.configuration.exclusion.clone();
    let Targets { selected: targets, .. } = if ground.is_stream() {
        arguments.targets.select_for_stream(found.configuration)?
    } else {
        arguments.targets.select(found.configuration)?
    };
    // Before the repository is read: what is wrong here is told at once.
    let asked = arguments.side(&ground, &targets)?;
    let other = arguments.rendering.other();
    let mut repository = ground.read(Reading {
        exclusion: &exclusion,
        wanted: None,
        other: other.as_ref(),
    })?;
    if let Some(name) = &found.name {
        repository.set_class(name, FileClass::Configuration);
    }
    let desire = Desire::of(&ground, &repository, &targets, arguments.scope.selector(), options);
    let mut report = desire.report();
    match asked {
        arguments::AskedSide::Live(asked) => live::clusters(&desire, arguments, &asked, &mut report)?,
        arguments::AskedSide::Snapshot(snapshot) => live::snapshot(&desire, snapshot, &mut report)?,
        arguments::AskedSide::Base(name) => {
            let files = ground::open(&ground.root, Moment::Revision(&name))?;
            let asked = AskedRevision {
                name: &name,
                files: &files,
                is_configured: arguments.configuration.is_named(),
                namespace: arguments.targets.namespace(),
                exclusion: &exclusion,
                other: other.as_ref(),
            };
            revision::compare(&desire, asked, &mut report)?;
        }
    }
    outputs.write(&report, arguments)?;
    let outcome = outcome(&report);
    // The process ends here: giving back much memory node by node would only take time.
    std::mem::forget((desire, report));
    std::mem::forget(repository);
    Ok(outcome)
}

/// How the run ends: what is not known weighs more than what is.
fn outcome(report: &DiffReport) -> Outcome {
    let count = |status: Status| {
        let objects = report.sides.iter().flat_map(|side| &side.objects);
        objects.filter(|object| object.status == status).count()
    };
    let unread = count(Status::Unknown(NotKnown::Unread));
    let ambiguous = count(Status::Unknown(NotKnown::Ambiguous));
    let problems = report.problems.len() + report.sides.iter().map(|side| side.problems.len()).sum::<usize>();
    if unread > 0 || problems > 0 {
        return Outcome::Unfinished(match (unread, problems) {
            (0, _) => "not everything could be looked at; the report says what".to_owned(),
            (1, _) => "of 1 object it is not known what would change; the report says why".to_owned(),
            (count, _) => format!("of {count} objects it is not known what would change; the report says why"),
        });
    }
    if ambiguous > 0 {
        return Outcome::usage(format!(
            "{ambiguous} {}; name the folder of this cluster, or write its target into `.checker.yaml`",
            plural(
                ambiguous,
                "object stands in the repository in several forms, none nearer than the others",
                "objects stand in the repository in several forms, none nearer than the others"
            )
        ));
    }
    if report.has_changes() {
        Outcome::Findings
    } else {
        Outcome::Clean
    }
}

impl<'d> Desire<'d> {
    fn of(
        ground: &'d Ground,
        repository: &'d Repository,
        targets: &'d [Target],
        selector: Option<&'d LabelSelector>,
        options: Options,
    ) -> Self {
        let inventories = targets.iter().map(|target| Inventory::of(repository, target));
        Self {
            ground,
            repository,
            inventories: inventories.collect(),
            targets,
            selector,
            options,
        }
    }

    /// A report that knows of no side yet.
    fn report(&self) -> DiffReport {
        DiffReport {
            sides: Vec::new(),
            notes: self.notes(),
            problems: self.problems(),
        }
    }

    /// What the objects of a target are selected by.
    fn wish(&self, target: &Target, namespace: Option<&str>) -> Wish {
        let holds_all = target.paths.iter().any(|path| path == ".");
        let near: Vec<String> = if holds_all {
            self.ground.paths.iter().map(|path| self.folder_of(path)).collect()
        } else {
            target
                .paths
                .iter()
                .map(|path| self.folder_of(&self.ground.root.join(path)))
                .collect()
        };
        Wish {
            namespace: namespace.map(str::to_owned),
            selector: self.selector.cloned(),
            near,
            keeps_copies: false,
        }
    }

    /// The folder that a path is, or lies in, by its name.
    fn folder_of(&self, path: &Path) -> String {
        let name = walk::relative(&self.ground.root, path);
        match name.as_str() {
            "." => String::new(),
            name if path.is_dir() => name.to_owned(),
            name => folder::of_file(name).to_owned(),
        }
    }

    /// What of the repository was not looked at: the run cannot be finished then.
    fn problems(&self) -> Vec<String> {
        let targets = self.targets.iter().zip(&self.inventories);
        let mut all: Vec<String> = targets
            .flat_map(|(target, inventory)| unread(self.repository, target, inventory))
            .map(|unread| format!("`{}`: {}", unread.name, unread.why))
            .collect();
        all.sort();
        all.dedup();
        all
    }

    fn notes(&self) -> Vec<String> {
        let is_held = |name: &str| self.targets.iter().any(|target| target.holds(name));
        let count = |class: FileClass| {
            let files = self.repository.files.iter();
            files.filter(|file| file.class == class && is_held(&file.name)).count()
        };
        let mut notes = Vec::new();
        let templates = count(FileClass::HelmTemplate);
        if templates > 0 {
            notes.push(format!(
                "{templates} Helm {} not compared: render the chart (`helm template … | checker diff -`).",
                plural(templates, "template was", "templates were")
            ));
        }
        let templates = count(FileClass::Template);
        if templates > 0 {
            notes.push(format!(
                "{templates} {} not compared: what is filled in there is not in Git.",
                plural(templates, "file with placeholders was", "files with placeholders were")
            ));
        }
        notes
    }
}

/// What is to be told of a selection beside its objects.
fn selection_notes(selection: &Selection<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if selection.not_selected > 0 {
        let count = selection.not_selected;
        let objects = plural(count, "object has", "objects have");
        notes.push(format!("{count} {objects} other labels than `-l` asks for."));
    }
    if let Some(first) = selection.overridden.first() {
        let count = selection.overridden.len();
        let are = plural(count, "object is", "objects are");
        notes.push(format!(
            "{count} {are} overridden by a nearer or later one of the same name: {} in `{}`{}.",
            first.identity,
            first.file().path(),
            plural(count, "", ", …")
        ));
    }
    notes
}

fn left_out(selection: &Selection<'_>) -> Vec<LeftOutObject> {
    let left_out = selection.left_out.iter().map(|(object, why)| LeftOutObject {
        object: object.identity.to_string(),
        reason: why.reason().to_owned(),
        place: Some(place_of(object)),
    });
    left_out.collect()
}

fn place_of(object: &Object) -> crate::source::text::Place {
    let root = object.root();
    let name = root.at(&["metadata", "name"]);
    name.unwrap_or(root).place()
}

/// The objects of which several forms are equally near.
fn ambiguous(selection: &Selection<'_>, target: &str) -> Vec<ObjectDifference> {
    const NAMED: usize = 4;
    let ambiguous = selection.ambiguous.iter().map(|(reference, objects)| {
        let mut places: Vec<String> = objects
            .iter()
            .take(NAMED)
            .map(|object| match object.rendered() {
                Some(rendered) if rendered.root.is_empty() => "what `.` makes".to_owned(),
                Some(rendered) => format!("what `{}` makes", rendered.root),
                None => format!("`{}`", object.file().path()),
            })
            .collect();
        if objects.len() > NAMED {
            places.push(format!("{} more", objects.len() - NAMED));
        }
        let reason = format!(
            "Git has it in several forms, none nearer than the others: {}",
            places.join(", ")
        );
        ObjectDifference {
            place: objects.first().map(|object| place_of(object)),
            ..ObjectDifference::unknown(reference.clone(), target, NotKnown::Ambiguous, reason)
        }
    });
    ambiguous.collect()
}

/// Puts objects into the order of a report.
fn sort(objects: &mut [ObjectDifference]) {
    let file = |object: &ObjectDifference| object.place.as_ref().map(|place| place.file.path().to_owned());
    objects.sort_by_cached_key(|object| {
        let reference = &object.object;
        (
            object.target.clone(),
            reference.namespace.clone(),
            reference.kind.clone(),
            reference.name.clone(),
            reference.api_version.clone(),
            file(object),
        )
    });
}

/// A side without anything in it yet.
fn side_report(side: Side, targets: Vec<String>) -> crate::report::diff::SideReport {
    crate::report::diff::SideReport {
        side,
        targets,
        server_version: None,
        taken: None,
        objects: Vec::new(),
        verified: None,
        left_out: Vec::new(),
        notes: Vec::new(),
        problems: Vec::new(),
    }
}
