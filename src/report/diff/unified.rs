//! `checker diff --output unified`: what `diff -u` would say of both objects as YAML, as `kubectl diff` prints it.
//!
//! Secrets are masked, in both objects alike: a change within one is a header without a hunk, and a line that says so.

use std::collections::HashSet;
use std::fmt::Write;

use similar::DiffOp;

use super::{DiffReport, SideReport, is_changed, lines};
use crate::diff::change::ObjectDifference;
use crate::diff::redacted::RedactedObject;
use crate::report::human::{BOLD, CYAN, GREEN, RED, Style, paint};
use crate::report::visible::is_unsafe;
use crate::source::decode;

/// Lines around those that differ, as `diff -u` shows them.
const CONTEXT: usize = 3;

/// Renders the report.
#[must_use]
pub fn render(report: &DiffReport, style: Style) -> String {
    let mut out = String::new();
    for side in &report.sides {
        let folder = folder_suffix(side, report.sides.len());
        for (object, name) in changed(side) {
            write_object(&mut out, object, &folder, &name, style);
        }
    }
    out
}

/// What tells the folders of several sides apart.
pub(super) fn folder_suffix(side: &SideReport, of: usize) -> String {
    if of < 2 {
        return String::new();
    }
    let target = if let [target] = side.targets.as_slice() {
        target
    } else {
        ""
    };
    format!("-{}", file_name(&[super::words::side_name(&side.side), target]))
}

/// The objects that change, each with a file name that no other of them has.
pub(super) fn changed(side: &SideReport) -> impl Iterator<Item = (&ObjectDifference, String)> {
    let mut taken = HashSet::new();
    side.objects
        .iter()
        .filter(|object| is_changed(object))
        .map(move |object| {
            let reference = &object.object;
            let version = reference.api_version.replace('/', ".");
            let namespace = reference.namespace.as_deref().unwrap_or("");
            let base = file_name(&[&version, &reference.kind, namespace, &reference.name]);
            let mut name = base.clone();
            let mut next = 2;
            while !taken.insert(name.clone()) {
                name = format!("{base}-{next}");
                next += 1;
            }
            (object, name)
        })
}

/// kubectl's name of a file (`GROUP.VERSION.KIND.NAMESPACE.NAME`), of harmless characters only.
fn file_name(parts: &[&str]) -> String {
    const LONGEST: usize = 200;
    let name = parts.join(".");
    let is_harmless = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let name: String = name
        .chars()
        .take(LONGEST)
        .map(|character| if is_harmless(character) { character } else { '_' })
        .collect();
    name.trim_start_matches('.').to_owned()
}

/// An object as YAML, its fields in the order of their names, so that no order of them differs; nothing of one that is not there.
pub(super) fn yaml(object: Option<&RedactedObject>) -> String {
    object.map_or(String::new(), |object| {
        let mut object = object.json().clone();
        object.sort_all_objects();
        decode::write_yaml(&object)
    })
}

fn write_object(out: &mut String, object: &ObjectDifference, folder: &str, name: &str, style: Style) {
    let (old, new) = (yaml(object.before.as_ref()), yaml(object.after.as_ref()));
    let (old, new) = (lines::lines(&old), lines::lines(&new));
    let groups = similar::group_diff_ops(lines::operations(&old, &new), CONTEXT);
    let heads = [
        format!("diff -u -N LIVE{folder}/{name} MERGED{folder}/{name}"),
        format!("--- LIVE{folder}/{name}"),
        format!("+++ MERGED{folder}/{name}"),
    ];
    for head in heads {
        let _ = writeln!(out, "{}", paint(&head, BOLD, style));
    }
    if groups.is_empty() {
        // Only what is masked, or the order of what a map holds, differs.
        let _ = writeln!(out, "# differs in values that are not shown here");
    }
    for group in groups {
        write_group(out, &group, &old, &new, style);
    }
}

fn write_group(out: &mut String, group: &[DiffOp], old: &[&str], new: &[&str], style: Style) {
    let (Some(first), Some(last)) = (group.first(), group.last()) else {
        return;
    };
    let head = format!(
        "@@ -{} +{} @@",
        range(first.old_range().start, last.old_range().end),
        range(first.new_range().start, last.new_range().end)
    );
    let _ = writeln!(out, "{}", paint(&head, CYAN, style));
    for operation in group {
        let is_equal = matches!(operation, DiffOp::Equal { .. });
        for line in old.get(operation.old_range()).unwrap_or_default() {
            let (mark, color) = if is_equal { (' ', None) } else { ('-', Some(RED)) };
            write_line(out, mark, line, color, style);
        }
        if !is_equal {
            for line in new.get(operation.new_range()).unwrap_or_default() {
                write_line(out, '+', line, Some(GREEN), style);
            }
        }
    }
}

/// As `diff` writes it: lines count from 1, a length of one is left out, and an empty range stands at the line before it.
fn range(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        length => format!("{},{length}", start + 1),
    }
}

fn write_line(out: &mut String, mark: char, line: &str, color: Option<&str>, style: Style) {
    let mut text = String::from(mark);
    for character in line.chars() {
        // A tabulator steers nothing, and a patch needs it as it is.
        if character != '\t' && is_unsafe(character) {
            text.extend(character.escape_unicode());
        } else {
            text.push(character);
        }
    }
    let text = color.map_or(text.clone(), |color| paint(&text, color, style));
    out.push_str(&text);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_kubectls_and_lead_nowhere() {
        assert_eq!(
            file_name(&["apps.v1", "Deployment", "shop", "web"]),
            "apps.v1.Deployment.shop.web"
        );
        assert_eq!(file_name(&["v1", "Pod", "../..", "a/b\nc"]), "v1.Pod..._...a_b_c");
        assert_eq!(file_name(&["..", "x"]), "x");
        assert!(file_name(&[&"x".repeat(1_000)]).len() <= 200);
    }

    #[test]
    fn ranges_are_written_as_diff_writes_them() {
        assert_eq!(
            (range(0, 0), range(0, 1), range(4, 9)),
            ("0,0".into(), "1".into(), "5,5".into())
        );
    }
}
