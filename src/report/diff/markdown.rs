//! `checker diff --output markdown`: a comment for a pull request. The counts come first, each object can be unfolded.

use std::fmt::Write;

use super::field::{self, Bounds, Field};
use super::{DiffReport, SideReport, human, is_changed, matrix, verification, words};
use crate::diff::change::{Change, ObjectDifference, Operation, Status};
use crate::live::state::Side;
use crate::report::comment::{Comment, LONGEST, RESERVE};
use crate::report::prose::{code_block, code_span, html_prose, prose};
use crate::report::sentence::position;
use crate::report::visible::visible;

/// Rows of a table.
const ROWS: usize = 50;
/// Bytes of what is noted of the whole run.
const LONGEST_NOTES: usize = 8_000;
const BOUNDS: Bounds = Bounds {
    lines: 30,
    characters: 300,
    short: 0,
};

/// The report as Markdown of at most 65,000 bytes.
#[must_use]
pub fn render(report: &DiffReport) -> String {
    let is_base = report.sides.iter().all(|side| matches!(side.side, Side::Base(_)));
    let found = words::counts(&report.counts(), is_base);
    let mut out = Comment::new(LONGEST);
    // By the comment at its head a program finds the comment that it wrote for an earlier commit.
    let _ = writeln!(out, "<!-- checker diff -->\n### checker diff: {found}\n");
    write_notes(&mut out, report);
    write_sides(&mut out, report);
    if report.sides.len() > 1 {
        write_matrix(&mut out, report);
    }
    write_objects(&mut out, report);
    out.into_text()
}

/// What has changed since a revision, as a part of another comment that has room for so many bytes.
#[must_use]
pub(in crate::report) fn section(report: &DiffReport, longest: usize) -> String {
    let mut out = Comment::new(longest);
    let names = report.sides.iter().map(|side| words::side_name(&side.side));
    let names: Vec<String> = names.map(|name| code_span(&shortened(name))).collect();
    let found = words::counts(&report.counts(), true);
    let _ = writeln!(out, "### What changes since {}: {found}\n", names.join(", "));
    write_notes(&mut out, report);
    write_objects(&mut out, report);
    out.into_text()
}

fn write_notes(out: &mut Comment, report: &DiffReport) {
    for problem in &report.problems {
        write_line(out, &format!("**Not looked at:** {}", prose(&shortened(problem))));
    }
    for note in &report.notes {
        write_line(out, &prose(&shortened(note)));
    }
}

fn write_objects(out: &mut Comment, report: &DiffReport) {
    let mut unseen = 0;
    for side in &report.sides {
        unseen += write_side(out, report, side);
    }
    if unseen > 0 {
        let _ = writeln!(out, "{unseen} more objects for which there is no room here.");
    }
}

fn write_line(out: &mut Comment, line: &str) {
    if out.len() + line.len() < LONGEST_NOTES {
        let _ = writeln!(out, "{line}\n");
    }
}

/// A text of which only the beginning matters.
fn shortened(text: &str) -> String {
    const CHARACTERS: usize = 500;
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A cell of a table: a bar would end it, also within code.
fn cell(text: &str) -> String {
    code_span(&shortened(text).replace('|', "¦"))
}

fn write_sides(out: &mut Comment, report: &DiffReport) {
    out.push_str("| side | create | change | drifted | prune | unknown | same |\n|---|--:|--:|--:|--:|--:|--:|\n");
    for (at, side) in report.sides.iter().enumerate() {
        if at >= ROWS {
            let _ = writeln!(out, "| and {} more | | | | | | |", report.sides.len() - at);
            break;
        }
        let counts = side.counts();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            cell(&words::side_title(side, report.sides.len())),
            counts.create,
            counts.change,
            counts.drift,
            counts.prune + counts.terminating,
            counts.unknown,
            counts.same
        );
    }
    out.push_str("\n");
}

fn write_matrix(out: &mut Comment, report: &DiffReport) {
    let rows = matrix::rows(report);
    if rows.is_empty() {
        return;
    }
    let mut table = String::from("| object |");
    for side in &report.sides {
        let _ = write!(table, " {} |", cell(words::side_name(&side.side)));
    }
    let _ = writeln!(table, "\n|---|{}", "---|".repeat(report.sides.len()));
    for row in rows.iter().take(ROWS) {
        let _ = write!(table, "| {} |", cell(&row.object));
        for status in &row.statuses {
            let _ = write!(table, " {} |", status.unwrap_or("—"));
        }
        table.push('\n');
    }
    if rows.len() > ROWS {
        let _ = writeln!(table, "\n… and {} more objects.", rows.len() - ROWS);
    }
    table.push('\n');
    // With many sides a row is long.
    if table.len() <= out.room() / 2 {
        out.push_str(&table);
    }
}

/// Writes what there is room for, and gives the number of objects that are not there at all.
fn write_side(out: &mut Comment, report: &DiffReport, side: &SideReport) -> usize {
    let is_shown = |object: &&ObjectDifference| {
        is_changed(object)
            || matches!(object.status, Status::Unknown(_) | Status::Terminating)
            || object.notes.iter().any(|note| note.warns)
            || side
                .verified(object)
                .is_some_and(|verified| !verification::sayings(verified).is_empty())
    };
    let mut objects: Vec<&ObjectDifference> = side.objects.iter().filter(is_shown).collect();
    // The gravest first, so that it is not what there is no room for.
    objects.sort_by_key(|object| std::cmp::Reverse((object.status.is_unknown(), super::gravest(object))));
    if report.sides.len() > 1 && !objects.is_empty() {
        let title = format!("#### {}\n\n", prose(&words::side_title(side, report.sides.len())));
        out.push_if_room(&title);
    }
    let mut unseen = 0;
    for object in objects {
        let block = object_block(object, side, out.room());
        unseen += usize::from(!out.push_if_room(&block));
    }
    let verified = verification::summary(side).map(|summary| prose(&summary));
    let lines = side
        .problems
        .iter()
        .map(|problem| format!("**Not known:** {}", prose(&shortened(problem))));
    let notes = side.notes.iter().map(|note| prose(&shortened(note)));
    let left_out = human::left_out(side, false);
    let left_out = left_out.iter().map(|sentence| prose(&shortened(sentence)));
    for line in lines.chain(verified).chain(notes).chain(left_out) {
        out.push_if_room(&format!("{line}\n\n"));
    }
    unseen
}

fn object_block(object: &ObjectDifference, side: &SideReport, room: usize) -> String {
    let effect = words::effect_meaning(super::gravest(object)).filter(|_| object.status == Status::Change);
    let effect = effect.map_or(String::new(), |meaning| format!(": {meaning}"));
    let mut block = format!(
        "<details><summary>{} <code>{}</code>{}</summary>\n\n",
        words::status_shown(object.status, &side.side),
        escaped(&object.object.to_string()),
        html_prose(&effect)
    );
    if let Some(place) = &object.place {
        let _ = writeln!(block, "{}\n", code_span(&position(place)));
    }
    if let Some(reason) = &object.reason {
        let _ = writeln!(block, "{}\n", prose(&shortened(reason)));
    }
    let mut shown = 0;
    for change in &object.changes {
        let text = change_block(change);
        if block.len() + text.len() + RESERVE > room {
            break;
        }
        block.push_str(&text);
        shown += 1;
    }
    if object.changes.len() > shown {
        let _ = writeln!(block, "… and {} more changes.\n", object.changes.len() - shown);
    }
    let notes = object.notes.iter().map(|note| {
        let word = if note.warns { "Warning" } else { "Note" };
        let path = note.path.as_ref().map_or(String::new(), |path| format!("`{path}`: "));
        format!("**{word}:** {}", prose(&shortened(&format!("{path}{}", note.message))))
    });
    let sayings = side.verified(object).map(verification::sayings).into_iter().flatten();
    let sayings = sayings.map(|saying| format!("**Server:** {}", prose(&shortened(&saying.text))));
    let doubts = words::doubts(object).map(|text| prose(&shortened(&text)));
    // What the server says comes first: it is what there should be room for.
    for line in sayings.chain(notes).chain(doubts) {
        if block.len() + line.len() + RESERVE <= room {
            let _ = writeln!(block, "{line}\n");
        }
    }
    block.push_str("</details>\n\n");
    block
}

/// Text within a summary, where no Markdown is read.
fn escaped(text: &str) -> String {
    let text = visible(text);
    let text: String = shortened(&text);
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('@', "&#64;")
}

fn change_block(change: &Change) -> String {
    let order = if change.operation == Operation::Reorder {
        " (order)"
    } else {
        ""
    };
    let path = shortened(&change.path.to_string());
    let mut lines = vec![format!("@@ {}{order} @@", visible(&path))];
    match field::field(change, BOUNDS) {
        Field::Short(text) if text.is_empty() => {}
        Field::Short(text) => lines.push(format!("! {text}")),
        Field::Long(shown) => lines.extend(shown.iter().map(|line| {
            let text: String = line.pieces.iter().map(|(piece, _)| piece.as_str()).collect();
            format!("{} {text}", line.mark)
        })),
    }
    let mut block = code_block("diff", &lines);
    let place = change.place.as_ref().map(|place| code_span(&position(place)));
    let circumstances = words::circumstances(change)
        .into_iter()
        .map(|text| prose(&shortened(&text)));
    let parts: Vec<String> = place.into_iter().chain(circumstances).collect();
    if !parts.is_empty() {
        let _ = writeln!(block, "\n{}", parts.join("; "));
    }
    block.push('\n');
    block
}
