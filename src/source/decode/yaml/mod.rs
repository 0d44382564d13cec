//! YAML as Kubernetes' clients read it: the YAML 1.1 of libyaml, in the form of its Go port.
//!
//! kubectl, Argo CD, Flux and the API server all read manifests through `sigs.k8s.io/yaml`, which holds a copy of go-yaml v2. No
//! parser for Rust accepts the same texts: they follow YAML 1.2, and differ in where tabs may stand, which characters end a
//! line, what a simple key is, which escapes and tags there are. Such a difference is either a manifest that passes here and
//! breaks the rollout, or one that is refused here for nothing. So the rules of go-yaml v2's reader, scanner and parser are
//! written down here once more, with the byte ranges that it does not keep, and without its copies.
//!
//! ```text
//! reader (characters) ─ scanner (tokens; scalars, properties) ─ parser (events)
//! ```

mod parser;
mod properties;
mod reader;
mod scalars;
mod scanner;
mod token;

pub(crate) use parser::YamlSource;

#[cfg(test)]
mod tests {
    use super::YamlSource;
    use crate::source::decode::events::{Event, EventSource};
    use crate::source::text::{SourceFile, Span};

    /// The events of a text, one word each; the message if it is refused.
    pub(super) fn events(text: &str) -> Result<String, String> {
        let file = SourceFile::new("f.yaml", text);
        let mut source = YamlSource::new(&file, Span::new(0, text.len()));
        let mut words = Vec::new();
        loop {
            let (event, _) = source.next_event().map_err(|error| error.message)?;
            words.push(match event {
                Event::Scalar { text, anchor, tag, .. } => {
                    let anchor = anchor.map_or(String::new(), |name| format!("&{name}:"));
                    let tag = tag.map_or(String::new(), |tag| format!("!{tag:?}:"));
                    format!("{anchor}{tag}{text:?}")
                }
                Event::Alias(name) => format!("*{name}"),
                Event::SequenceStart { .. } => "[".to_owned(),
                Event::SequenceEnd => "]".to_owned(),
                Event::MappingStart { .. } => "{".to_owned(),
                Event::MappingEnd => "}".to_owned(),
                Event::DocumentEnd { .. } => return Ok(words.join(" ")),
            });
        }
    }

    /// What each scalar of a text is written as.
    pub(super) fn spans(text: &str) -> Vec<&str> {
        let file = SourceFile::new("f.yaml", text);
        let mut source = YamlSource::new(&file, Span::new(0, text.len()));
        let mut slices = Vec::new();
        while let Ok((event, span)) = source.next_event() {
            match event {
                Event::DocumentEnd { .. } => break,
                Event::Scalar { .. } => slices.push(&text[span.range()]),
                _ => {}
            }
        }
        slices
    }

    pub(super) fn assert_events(cases: &[(&str, &str)]) {
        for (text, wanted) in cases {
            assert_eq!(events(text).as_deref(), Ok(*wanted), "{text:?}");
        }
    }

    pub(super) fn assert_refused(texts: &[&str]) {
        for text in texts {
            assert!(events(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn messages_say_what_people_got_wrong() {
        for (text, part) in [
            ("a: b: c", "quote the value if the colon belongs to it"),
            ("a: b\n  c: d", "goes on with the value of the line above"),
            ("a:\n    b: c\n  d: e", "indented unlike the lines above"),
            ("a: 'it's'", "write `''`"),
            ("a: \"b\" c", "nothing can follow the closing quote"),
            ("a: [b] c", "nothing can follow the closing bracket"),
            ("a: [b", "never closed"),
            ("a: 'b", "never closed"),
            ("a:\n\tb: c", "tab"),
            ("{{- if b }}\na: c", "template"),
            ("a: {{ if b }}c{{ else }}\n", "nothing can follow"),
            ("a: {{ \"b\" c }}", "template"),
            ("a: b\n{{- end }}\n", "template"),
            ("a: @b", "cannot begin with `@`"),
            ("a: *.b", "alias"),
            ("a\nb: c", "the line above is no `key: value`"),
            ("a: b\nc\nd: e", "no `:` follows"),
        ] {
            let message = events(text).expect_err(text);
            assert!(message.contains(part), "{text:?}: {message}");
        }
    }

    #[test]
    fn an_open_bracket_is_shown() {
        let text = "a: [b, c\nd: e\n";
        let file = SourceFile::new("f.yaml", text);
        let mut source = YamlSource::new(&file, Span::new(0, text.len()));
        let error = loop {
            if let Err(error) = source.next_event() {
                break error;
            }
        };
        let (span, _) = error.related.expect("where it was opened");
        assert_eq!(&text[span.range()], "[");
    }
}
