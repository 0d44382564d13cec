//! Comments that kustomize takes for schemas: JSON in a comment at a list or a mapping changes how a patch merges
//! (kyaml v0.18.1 `fieldmeta/fieldmeta.go`, `yaml/walk/walk.go`). At plain values, where tools such as Flux put theirs, it changes nothing.

use std::collections::BTreeMap;

use crate::source::decode::Style;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::sources::Sources;
use crate::source::kustomize::value::{FileId, Origin, Step, Value};
use crate::source::text::Span;

/// Where such comments are, of the files that were asked for.
#[derive(Debug, Default)]
pub(super) struct Comments {
    of_files: BTreeMap<FileId, Vec<Span>>,
}

impl Comments {
    /// Stops at an object or a patch with such a comment.
    pub(super) fn refuse_schemas(&mut self, value: &Value, sources: &Sources) -> Result<(), Problem> {
        let Origin { file, span, .. } = value.origin;
        let found = self.of_files.entry(file).or_insert_with(|| {
            let text = sources.file(file).map_or("", |file| file.text());
            find(text)
        });
        let first = found.partition_point(|comment| comment.start < span.start);
        match found.get(first) {
            Some(comment) if comment.end <= span.end => Err(Problem::not_understood_at(
                &Origin::new(file, *comment, Style::Plain, Step::Patch),
                "a comment that kustomize takes for a schema",
            )),
            _ => Ok(()),
        }
    }
}

fn find(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut searched = 0;
    for at in memchr::memchr_iter(b'#', text.as_bytes()) {
        if at < searched {
            continue;
        }
        let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let line_end = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |length| at + length);
        let before = &text[line_start..at];
        if !before.is_empty() && !before.ends_with([' ', '\t']) {
            continue;
        }
        searched = line_end;
        let comment = text[at..line_end].trim_start_matches('#').trim();
        let is_json = comment.starts_with('{') && comment.ends_with('}');
        if is_json && !follows_plain_value(before) {
            found.push(Span::new(at, line_end));
        }
    }
    found
}

fn follows_plain_value(before: &str) -> bool {
    let before = before.trim();
    !before.is_empty() && !before.ends_with([':', '-', '|', '>', '+', '[', ']', '{', '}', ','])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_a_comment_counts_at_lists_and_mappings_only() {
        for (text, counts) in [
            ("image: a:1 # {\"$imagepolicy\": \"flux-system:a\"}\n", false),
            ("# {\"$ref\": \"x\"}\nports:\n", true),
            ("ports: # {\"$openapi\": \"x\"}\n", true),
            ("- # {\"a\": 1}\n", true),
            ("# {not json\n", false),
            ("a: b#{}\n", false),
            ("# a # {}\n", false),
        ] {
            assert_eq!(!find(text).is_empty(), counts, "{text}");
        }
    }
}
