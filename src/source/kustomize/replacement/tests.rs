use super::super::problem::BuildVerdict;
use super::super::testing::{Fixture, lines};
use super::super::value::Step;
use super::*;

const OBJECTS: &str = "\
kind: Source
metadata: {name: source, namespace: one}
spec: {text: a/b/c, number: 42, map: {k: v}, empty: {}}
---
kind: Target
metadata: {name: target, annotations: {a.b/c: old}}
spec:
  list: [{name: first, image: 'x:1', n: 1}, {name: second, n: 2}, {name: second-b}]
  words: [one, two]
";

/// What replacements make of the target.
fn run(replacements: &str) -> Result<(Fixture, Resources), Problem> {
    let mut fixture = Fixture::new(replacements);
    let mut resources = fixture.objects(OBJECTS);
    fixture.run(|layer, list| apply(&mut resources, layer, list, Reading::Kustomization))?;
    Ok((fixture, resources))
}

fn one(from: &str, into: &str, options: &str) -> String {
    format!(
        "- source: {{kind: Source, {from}}}\n  targets: [{{select: {{kind: Target}}, fieldPaths: ['{into}'], options: {{{options}}}}}]\n"
    )
}

#[test]
fn a_field_is_copied_where_the_path_leads() {
    for (from, into, options, wanted) in [
        ("", "metadata.name", "", r#""name":"source","annotations""#),
        (
            "fieldPath: spec.text",
            "metadata.annotations.[a.b/c]",
            "",
            r#""a.b/c":"a/b/c""#,
        ),
        (
            "fieldPath: spec.text",
            r"metadata.annotations.a\.b/c",
            "",
            r#""a.b/c":"a/b/c""#,
        ),
        (
            "fieldPath: spec.number",
            "spec.list.[name=first].n",
            "",
            r#""image":"x:1","n":42"#,
        ),
        (
            "fieldPath: spec.number",
            "spec.list.[name=first].image",
            "",
            r#""image":"42","n":1"#,
        ),
        ("fieldPath: spec.text", "spec.list.[name=second].n", "create: true", ""),
        (
            "fieldPath: spec.text",
            "spec.list.[name=second].o",
            "create: true",
            r#""n":2,"o":"a/b/c"},{"name":"second-b","o":"a/b/c"}"#,
        ),
        (
            "fieldPath: spec.text",
            "spec.list.*.o",
            "create: true",
            r#""n":1,"o":"a/b/c"},{"name":"second","n":2,"o":"a/b/c"}"#,
        ),
        (
            "fieldPath: spec.text",
            "spec.list.[name=new].o",
            "create: true",
            r#"{"name":"new","o":"a/b/c"}]"#,
        ),
        (
            "fieldPath: spec.text",
            "spec.list.3.o.p",
            "create: true",
            r#"{"o":{"p":"a/b/c"}}]"#,
        ),
        (
            "fieldPath: spec.text",
            "spec.words.[=wo]",
            "",
            r#""words":["one","a/b/c"]"#,
        ),
        (
            "fieldPath: spec.number",
            "spec.words.2",
            "create: true",
            r#""words":["one","two",42]"#,
        ),
        ("fieldPath: spec.map", "spec.words", "", r#""words":{"k":"v"}"#),
        (
            "fieldPath: spec.map",
            "spec.new.map",
            "create: true",
            r#""new":{"map":{"k":"v"}}"#,
        ),
        ("fieldPath: spec.map", "spec.words.0", "", r#""words":["","two"]"#),
        (
            "fieldPath: spec.text, options: {delimiter: /, index: 1}",
            "spec.words.0",
            "",
            r#""words":["b","two"]"#,
        ),
        (
            "fieldPath: spec.number",
            "spec.list.0.image",
            "delimiter: ':', index: 1",
            r#""image":"x:42""#,
        ),
        (
            "fieldPath: spec.number",
            "spec.list.0.image",
            "delimiter: ':', index: -1",
            r#""image":"42:x:1""#,
        ),
        (
            "fieldPath: spec.number",
            "spec.list.0.image",
            "delimiter: ':', index: 9",
            r#""image":"x:1:42""#,
        ),
    ] {
        let result = run(&one(from, into, options));
        if wanted.is_empty() {
            // A text where a number is.
            assert!(
                result.is_err_and(|problem| problem.verdict == BuildVerdict::Refused),
                "{into}"
            );
            continue;
        }
        let (_, resources) = result.unwrap_or_else(|problem| panic!("{into}: {problem:?}"));
        let target = lines(&resources).remove(1);
        assert!(target.contains(wanted), "{into}: {target}");
    }
}

#[test]
fn a_copied_value_stands_where_its_source_stands() {
    let (fixture, resources) = run(&one("fieldPath: spec.number", "spec.list.[name=new].n", "create: true")).unwrap();
    let list = resources.get(1).unwrap().value.at(&["spec", "list"]).unwrap();
    let made = list.items().last().unwrap();
    let number = made.get("n").unwrap();
    assert_eq!((fixture.text_at(number), number.origin.step), ("42", Step::Replacement));
    // What is made on the way comes from the path.
    assert_eq!(fixture.text_at(made), "'spec.list.[name=new].n'");
    let (fixture, resources) = run(&one("fieldPath: spec.text", "spec.words.0", "")).unwrap();
    let word = &resources.get(1).unwrap().value.at(&["spec", "words"]).unwrap().items()[0];
    assert_eq!(fixture.text_at(word), "a/b/c");
    assert_eq!(word.origin.before.as_ref().unwrap().step, Step::Resource);
}

#[test]
fn targets_are_selected_and_rejected_by_what_they_are_and_were() {
    let source = "- source: {kind: Source, fieldPath: spec.text}\n  targets: [{fieldPaths: [spec.new], options: {create: true}, ";
    for (target, wanted) in [
        ("select: {}", vec![true, true]),
        ("select: {kind: Tar.*}", vec![false, false]),
        ("select: {name: target}", vec![false, true]),
        ("select: {namespace: default}", vec![false, true]),
        ("select: {namespace: one}", vec![true, false]),
        ("select: {}, reject: [{name: source}]", vec![false, true]),
        ("select: {}, reject: [{}]", vec![true, true]),
        ("select: {}, reject: [{name: source, kind: Target}]", vec![true, true]),
        ("select: {annotationSelector: a.b/c=old}", vec![false, true]),
        (
            "select: {annotationSelector: '!a.b/c', kind: Target}",
            vec![false, false],
        ),
        ("select: {labelSelector: 'app notin (web)'}", vec![true, true]),
        // What is rejected for its labels is rejected whoever it is.
        (
            "select: {}, reject: [{name: source, annotationSelector: a.b/c}]",
            vec![false, false],
        ),
    ] {
        let (_, resources) = run(&format!("{source}{target}}}]\n")).unwrap();
        let changed: Vec<bool> = lines(&resources).iter().map(|line| line.contains("\"new\"")).collect();
        assert_eq!(changed, wanted, "{target}");
    }
}

#[test]
fn what_kustomize_refuses_is_refused_and_what_is_in_doubt_is_not_understood() {
    use BuildVerdict::{NotUnderstood, Refused, TooLarge};
    let text = "fieldPath: spec.text";
    for (replacements, verdict, message) in [
        (one("fieldPath: spec.none", "metadata.name", ""), Refused, "has no field `spec.none`"),
        (one("fieldPath: spec.empty", "metadata.name", ""), Refused, "is empty"),
        (one("name: none", "metadata.name", ""), Refused, "nothing in this kustomization is `{kind: Source, name: none}`"),
        (one(text, "spec.none", ""), Refused, "`options: {create: true}` makes it"),
        (one(text, "spec.words.5", "create: true"), Refused, "no item 5 in a list of 2"),
        (one(text, "spec.words.[a]", ""), Refused, "`[field=value]`"),
        (one(text, "spec.words.a", ""), Refused, "no mapping"),
        (one(text, "spec.words", "delimiter: '/'"), Refused, "`delimiter`"),
        (one("fieldPath: spec.text, options: {delimiter: /, index: 3}", "spec.words.0", ""), Refused, "3 parts"),
        ("- source: {kind: Source}\n".to_owned(), Refused, "at least one of `targets`"),
        ("- source: {}\n  targets: [{select: {kind: Target}}]\n".to_owned(), Refused, "may be"),
        ("- source: {kind: Source}\n  targets: [{fieldPaths: [a]}]\n".to_owned(), Refused, "`select`"),
        (
            "- source: {kind: Source}\n  targets: [{select: {labelSelector: 'a in b'}}]\n".to_owned(),
            Refused,
            "`a in b` is no label selector",
        ),
        (one(text, "spec.list.[name=fir|x].n", ""), NotUnderstood, "regular expression"),
        (one(text, "metadata.annotations", ""), NotUnderstood, "all annotations"),
        (one("fieldPath: metadata", "spec.new", "create: true"), NotUnderstood, "all annotations"),
        (one("sourceValue: a", "metadata.name", ""), NotUnderstood, "`sourceValue`"),
        (
            one(text, "spec.words.0", "").replace("kind: Target", "kind: Source").replace("spec.words.0", "spec"),
            NotUnderstood,
            "its own source",
        ),
        (one(text, &"a.".repeat(limits::RENDERED_DEPTH + 1), "create: true"), TooLarge, "parts"),
        (
            // Each copies the other, over and over.
            (0..40)
                .fold(String::new(), |before, at| {
                    let (from, into) = if at % 2 == 0 { ("Source", "Target") } else { ("Target", "Source") };
                    format!(
                        "{before}- source: {{kind: {from}, fieldPath: spec}}\n  targets: [{{select: {{kind: {into}}}, fieldPaths: [spec.x{at}], options: {{create: true}}}}]\n"
                    )
                }),
            TooLarge,
            "too much",
        ),
    ] {
        let Err(problem) = run(&replacements) else {
            panic!("built: {replacements}");
        };
        assert_eq!(problem.verdict, verdict, "{replacements}: {}", problem.message);
        assert!(problem.message.contains(message), "{}", problem.message);
    }
}
