//! The report for a person at a terminal: a summary first, then object by object what changes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use super::field::{self, Bounds, Field, FieldLine};
use super::verification::{self, Saying};
use super::{Counts, DiffReport, SideReport, matrix, words};
use crate::diff::change::{Change, Effect, Note, ObjectDifference, Operation, Status};
use crate::live::state::Side;
use crate::report::human::{BOLD, CYAN, DIM, GREEN, RED, Style, YELLOW, paint, wrap};
use crate::report::sentence::position;
use crate::report::summary::plural;
use crate::report::visible::visible;

/// Changes of one object that are shown, if not all are asked for.
const CHANGES: usize = 60;
/// Rows of the matrix that are shown.
const ROWS: usize = 60;
/// Objects that were not compared that are listed by name for one reason.
const NAMED: usize = 5;

/// Renders the report.
#[must_use]
pub fn render(report: &DiffReport, style: Style) -> String {
    let mut out = String::new();
    write_summary(&mut out, report, style);
    for side in &report.sides {
        write_side(&mut out, report, side, style);
    }
    out
}

fn write_summary(out: &mut String, report: &DiffReport, style: Style) {
    let several = report.sides.len() > 1;
    for side in &report.sides {
        let mut title = visible(&words::side_title(side, report.sides.len())).into_owned();
        if let Some(taken) = side.taken.as_ref().filter(|_| matches!(side.side, Side::Snapshot(_))) {
            let _ = write!(title, " of {}", visible(taken));
        }
        let _ = writeln!(out, "{}: {}", paint(&title, BOLD, style), colored_counts(side, style));
        if let Some(summary) = verification::summary(side) {
            let _ = writeln!(out, "  {summary}");
        }
    }
    if several {
        write_matrix(out, report, style);
    }
    for problem in &report.problems {
        write_paragraph(
            out,
            "",
            &format!("{} {}", paint("not looked at:", RED, style), visible(problem)),
            style,
        );
    }
    for note in &report.notes {
        write_paragraph(out, "", &visible(note), style);
    }
}

fn colored_counts(side: &SideReport, style: Style) -> String {
    let counts = side.counts();
    let text = words::counts(&counts, matches!(side.side, Side::Base(_)));
    let Counts {
        create,
        change,
        prune,
        unknown,
        ..
    } = counts;
    let color = if unknown > 0 {
        RED
    } else if create + change + prune > 0 {
        YELLOW
    } else {
        GREEN
    };
    paint(&text, color, style)
}

fn write_matrix(out: &mut String, report: &DiffReport, style: Style) {
    let rows = matrix::rows(report);
    if rows.is_empty() {
        return;
    }
    let names: Vec<String> = report
        .sides
        .iter()
        .map(|side| visible(words::side_name(&side.side)).into_owned())
        .collect();
    let shown = if style.verbose { rows.len() } else { ROWS };
    let width = rows
        .iter()
        .take(shown)
        .map(|row| row.object.chars().count())
        .max()
        .unwrap_or(0);
    let width = width.min(style.width / 2);
    out.push('\n');
    let _ = write!(out, "  {:width$}", "");
    for name in &names {
        let _ = write!(out, "  {name:11}");
    }
    trim_line(out);
    for row in rows.iter().take(shown) {
        let _ = write!(out, "  {:width$}", visible(&row.object));
        for (status, name) in row.statuses.iter().zip(&names) {
            let column = name.chars().count().max(11);
            let _ = write!(out, "  {:column$}", status.unwrap_or("—"));
        }
        trim_line(out);
    }
    if rows.len() > shown {
        let _ = writeln!(out, "  and {} more (-v shows them all)", rows.len() - shown);
    }
}

fn trim_line(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

fn write_side(out: &mut String, report: &DiffReport, side: &SideReport, style: Style) {
    let is_shown = |object: &&ObjectDifference| {
        let is_doubted = || {
            side.verified(object)
                .is_some_and(|verified| !verification::sayings(verified).is_empty())
        };
        style.verbose || object.status != Status::Same || object.notes.iter().any(|note| note.warns) || is_doubted()
    };
    let objects: Vec<&ObjectDifference> = side.objects.iter().filter(is_shown).collect();
    let is_empty = objects.is_empty() && side.left_out.is_empty() && side.problems.is_empty() && side.notes.is_empty();
    if report.sides.len() > 1 && !is_empty {
        let title = visible(&words::side_title(side, report.sides.len())).into_owned();
        let _ = writeln!(out, "\n{}", paint(&format!("── {title} ──"), BOLD, style));
    }
    let same = if style.verbose {
        Vec::new()
    } else {
        unknown_alike(&objects)
    };
    for object in objects {
        match same.iter().find(|(reason, _)| is_unknown_for(object, reason)) {
            None => write_object(out, object, side, style),
            Some((reason, all)) if std::ptr::eq(*all.first().unwrap_or(&object), object) => {
                write_unknown(out, reason, all, style);
            }
            Some(_) => {}
        }
    }
    let ignored: usize = side
        .objects
        .iter()
        .flat_map(|object| &object.ignored)
        .map(|(_, count)| count)
        .sum();
    let has_end = !side.problems.is_empty() || !side.notes.is_empty() || !side.left_out.is_empty() || ignored > 0;
    if has_end {
        out.push('\n');
    }
    for problem in &side.problems {
        write_paragraph(
            out,
            "",
            &format!("{} {}", paint("not known:", RED, style), visible(problem)),
            style,
        );
    }
    for note in &side.notes {
        write_paragraph(out, "", &visible(note), style);
    }
    if ignored > 0 {
        let are = plural(ignored, "difference was", "differences were");
        let more = if style.verbose { "" } else { " (-v says which)" };
        write_paragraph(
            out,
            "",
            &format!("{ignored} {are} ignored, as the configuration asks{more}."),
            style,
        );
    }
    for sentence in left_out(side, style.verbose) {
        write_paragraph(out, "", &sentence, style);
    }
}

fn is_unknown_for(object: &ObjectDifference, reason: &str) -> bool {
    object.status.is_unknown() && object.reason.as_deref() == Some(reason)
}

/// Objects that are unknown for one reason, where they are so many that it is enough to say it once: a cluster that is out of reach.
fn unknown_alike<'o>(objects: &[&'o ObjectDifference]) -> Vec<(&'o str, Vec<&'o ObjectDifference>)> {
    const MANY: usize = 4;
    let mut alike: BTreeMap<&str, Vec<&ObjectDifference>> = BTreeMap::new();
    for object in objects.iter().filter(|object| object.status.is_unknown()) {
        if let Some(reason) = &object.reason {
            alike.entry(reason).or_default().push(object);
        }
    }
    alike.into_iter().filter(|(_, all)| all.len() >= MANY).collect()
}

fn write_unknown(out: &mut String, reason: &str, objects: &[&ObjectDifference], style: Style) {
    let title = paint(&format!("unknown {} objects", objects.len()), RED, style);
    let _ = writeln!(out, "\n{title}");
    let mut names: Vec<String> = objects
        .iter()
        .take(NAMED)
        .map(|object| visible(&object.object.to_string()).into_owned())
        .collect();
    if objects.len() > NAMED {
        names.push(format!("and {} more (-v names them all)", objects.len() - NAMED));
    }
    write_paragraph(out, "  ", &names.join(", "), style);
    write_paragraph(out, "  ", &visible(reason), style);
}

/// "2 objects were not compared, without a name (`generateName`): Job a.yaml:1, Job b.yaml:4".
pub(super) fn left_out(side: &SideReport, is_whole: bool) -> Vec<String> {
    let mut reasons: Vec<&str> = side.left_out.iter().map(|object| object.reason.as_str()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    let sentence = |reason: &str| {
        let objects: Vec<_> = side.left_out.iter().filter(|object| object.reason == reason).collect();
        let limit = if is_whole { objects.len() } else { NAMED };
        let mut names: Vec<String> = objects
            .iter()
            .take(limit)
            .map(|object| match &object.place {
                Some(place) => format!("{} ({})", visible(&object.object), position(place)),
                None => visible(&object.object).into_owned(),
            })
            .collect();
        if objects.len() > limit {
            names.push(format!("and {} more", objects.len() - limit));
        }
        let were = plural(objects.len(), "object was", "objects were");
        format!(
            "{} {were} not compared, {}: {}",
            objects.len(),
            visible(reason),
            names.join(", ")
        )
    };
    reasons.into_iter().map(sentence).collect()
}

fn write_object(out: &mut String, object: &ObjectDifference, side: &SideReport, style: Style) {
    let color = match object.status {
        Status::Create => GREEN,
        Status::Change => YELLOW,
        Status::Same => DIM,
        Status::Prune | Status::Unknown(_) | Status::Terminating => RED,
    };
    let name = object.object.to_string();
    let mut head = format!(
        "\n{} {}",
        paint(words::status_shown(object.status, &side.side), color, style),
        paint(&visible(&name), BOLD, style)
    );
    if let Some(place) = &object.place {
        let _ = write!(head, "  {}", paint(&position(place), DIM, style));
    }
    let _ = writeln!(out, "{head}");
    let effect = super::gravest(object);
    if object.status == Status::Change
        && let Some(meaning) = words::effect_meaning(effect)
    {
        let _ = writeln!(out, "  {}", paint(meaning, effect_color(effect), style));
    }
    if let Some(reason) = &object.reason {
        write_paragraph(out, "  ", &visible(reason), style);
    }
    let shown = if style.verbose { object.changes.len() } else { CHANGES };
    for change in object.changes.iter().take(shown) {
        write_change(out, change, effect, style);
    }
    if object.changes.len() > shown {
        let _ = writeln!(
            out,
            "  … {} more changes (-v shows them all)",
            object.changes.len() - shown
        );
    }
    let doubts = words::doubts(object).filter(|_| style.verbose || object.status != Status::Same);
    for text in doubts
        .into_iter()
        .chain(words::ignored(object).filter(|_| style.verbose))
    {
        write_paragraph(out, "  ", &paint(&visible(&text), DIM, style), style);
    }
    for note in &object.notes {
        write_note(out, note, style);
    }
    for saying in side.verified(object).map(verification::sayings).into_iter().flatten() {
        write_saying(out, &saying, style);
    }
}

fn write_saying(out: &mut String, saying: &Saying, style: Style) {
    let color = if saying.warns { YELLOW } else { CYAN };
    let text = format!("{}: {}", paint("server", color, style), visible(&saying.text));
    write_paragraph(out, "  ", &text, style);
}

fn effect_color(effect: Effect) -> &'static str {
    match effect {
        Effect::None | Effect::NewPodsOnly | Effect::Scale => CYAN,
        Effect::InPlaceHot => GREEN,
        Effect::InPlaceCold | Effect::Recreate => YELLOW,
        Effect::Replace | Effect::Rejected => RED,
    }
}

fn write_change(out: &mut String, change: &Change, of_object: Effect, style: Style) {
    let mark = words::mark(change.operation);
    let color = match change.operation {
        Operation::Add => GREEN,
        Operation::Remove => RED,
        Operation::Replace => YELLOW,
        Operation::Reorder => CYAN,
    };
    let path = change.path.to_string();
    let lead = format!("  {} {}", paint(&mark.to_string(), color, style), visible(&path));
    let room = style.width.saturating_sub(path.chars().count() + 8);
    let bounds = Bounds {
        lines: if style.verbose { 2_000 } else { 20 },
        characters: if style.verbose { 2_000 } else { 200 },
        short: room.clamp(24, 80),
    };
    let order = if change.operation == Operation::Reorder {
        " (order)"
    } else {
        ""
    };
    match field::field(change, bounds) {
        Field::Short(text) if text.is_empty() => {
            let _ = writeln!(out, "{lead}{order}");
        }
        Field::Short(text) => {
            let _ = writeln!(out, "{lead}{order}: {text}");
        }
        Field::Long(lines) => {
            let _ = writeln!(out, "{lead}{order}");
            write_lines(out, &lines, style);
        }
    }
    let mut parts: Vec<Cow<'_, str>> = change.place.iter().map(|place| position(place).into()).collect();
    // What holds for the whole object is said above.
    let meaning = words::effect_meaning(change.effect).filter(|_| change.effect == of_object);
    let circumstances = words::circumstances(change).into_iter();
    let circumstances = circumstances.filter(|text| meaning != Some(text.as_str()));
    parts.extend(circumstances.map(|text| visible(&text).into_owned().into()));
    for (at, line) in wrap(&parts.join("; "), style.width.saturating_sub(6))
        .iter()
        .enumerate()
    {
        let indent = if at == 0 { "      " } else { "        " };
        let _ = writeln!(out, "{indent}{}", paint(line, DIM, style));
    }
}

fn write_lines(out: &mut String, lines: &[FieldLine], style: Style) {
    for line in lines {
        let color = match line.mark {
            '-' => RED,
            '+' => GREEN,
            _ => DIM,
        };
        let is_partial =
            line.pieces.iter().any(|(_, is_shared)| *is_shared) && line.pieces.iter().any(|(_, is_shared)| !is_shared);
        let mut text = String::new();
        for (piece, is_shared) in &line.pieces {
            let code = if *is_shared || !is_partial {
                color.to_owned()
            } else {
                format!("1;4;{color}")
            };
            text.push_str(&paint(piece, &code, style));
        }
        let _ = writeln!(out, "      {} {text}", paint(&line.mark.to_string(), color, style));
        // Without colours what differs is marked below.
        if is_partial && !style.color {
            let marks: String = line
                .pieces
                .iter()
                .flat_map(|(piece, is_shared)| piece.chars().map(move |_| if *is_shared { ' ' } else { '^' }))
                .collect();
            let _ = writeln!(out, "        {}", marks.trim_end());
        }
    }
}

fn write_note(out: &mut String, note: &Note, style: Style) {
    let (word, color) = if note.warns {
        ("warning", YELLOW)
    } else {
        ("note", CYAN)
    };
    let path = note.path.as_ref().map_or(String::new(), |path| format!("{path}: "));
    let text = visible(&format!("{path}{}", note.message)).into_owned();
    write_paragraph(out, "  ", &format!("{}: {text}", paint(word, color, style)), style);
}

fn write_paragraph(out: &mut String, indent: &str, text: &str, style: Style) {
    for (at, line) in wrap(text, style.width.saturating_sub(indent.len() + 2))
        .iter()
        .enumerate()
    {
        let hang = if at == 0 { "" } else { "  " };
        let _ = writeln!(out, "{indent}{hang}{line}");
    }
}
