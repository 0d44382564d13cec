use std::sync::Arc;

use super::super::problem::BuildVerdict;
use super::super::read::{self, Placing};
use super::super::sources::Sources;
use super::super::value::FileId;
use super::*;
use crate::source::decode::{Style, decode_str};
use crate::source::text::Span;

/// From the tests of kustomize's own expansion, and what its code says beyond them.
#[test]
fn a_text_is_expanded_as_kustomize_expands_it() {
    let origin = Origin::new(FileId(0), Span::default(), Style::Plain, Step::Resource);
    let content = |data| Content {
        data: Some(data),
        origin: origin.clone(),
    };
    let text = |text: &str| content(Data::Text(text.into()));
    let mut contents = BTreeMap::from([
        ("A", text("a")),
        ("B", text("b")),
        ("REF", text("$(A)")),
        ("EMPTY", text("")),
        ("INT", content(Data::Int(7))),
        ("BOOL", content(Data::Bool(true))),
    ]);
    contents.insert(
        "MAP",
        Content {
            data: None,
            origin: origin.clone(),
        },
    );
    for (written, wanted) in [
        ("$(A)", "a"),
        ("$(A)-$(A)$(B)", "a-ab"),
        ("$$(B)_$(A)", "$(B)_a"),
        ("x-$$A", "x-$A"),
        (r"x\$(B)y", r"x\by"),
        ("$(A$(B))", "$(A$(B))"),
        ("%$(REF)%", "%$(A)%"),
        ("x$(EMPTY)y", "xy"),
        ("x$(Awhoops", "x$(Awhoops"),
        ("$(NONE)-$(B)", "$(NONE)-b"),
        ("$$$$$$(A)", "$$$(A)"),
        ("$$$$$$$(A)", "$$$a"),
        ("$A)", "$A)"),
        ("${A}", "${A}"),
        ("$(B)__$(", "b__$("),
        ("$(B)$", "b$"),
        ("-$($($$", "-$($($"),
        ("$(x$$y)", "$(x$$y)"),
        ("$()", "$()"),
        ("$(INT)$(BOOL)", "7true"),
        ("x$(MAP)", "x$(MAP)"),
        ("$(MAP)", "$(MAP)"),
        ("é$(A)é", "éaé"),
    ] {
        let mut expansion = Expansion::new(&contents, 1_000);
        let expanded = expansion.expand(written).unwrap();
        let expanded = expanded.map_or(Data::Text(written.into()), |(data, _)| data);
        assert!(
            matches!(&expanded, Data::Text(text) if &**text == wanted),
            "{written}: {expanded:?}"
        );
    }
    let mut expansion = Expansion::new(&contents, 1_000);
    assert!(matches!(expansion.expand("$(INT)"), Ok(Some((Data::Int(7), Some(_))))));
    assert!(matches!(
        expansion.expand("$(BOOL)"),
        Ok(Some((Data::Bool(true), Some(_))))
    ));
    let garbled = expansion.expand("$é").unwrap_err();
    assert_eq!(garbled.verdict, BuildVerdict::NotUnderstood);
    let mut expansion = Expansion::new(&contents, 10);
    assert_eq!(
        expansion.expand("$(A)12345678901").unwrap_err().verdict,
        BuildVerdict::TooLarge
    );
}

/// Objects, and what `vars` of a kustomization make of the last of them.
fn resolve_last(objects: &str, vars: &str) -> Result<Value, Problem> {
    let mut sources = Sources::default();
    let file = sources.add_documents(Arc::new(decode_str("kustomization.yaml", vars)));
    let id = sources.add_documents(Arc::new(decode_str("objects.yaml", objects)));
    let placing = Placing {
        file: id,
        step: Step::Resource,
        map: None,
    };
    let mut resources = Resources::default();
    for resource in read::resources(sources.decoded(id).unwrap(), placing)? {
        resources.append(resource)?;
    }
    let layer = Layer {
        sources: &sources,
        file,
        folder: "",
        schema: crate::source::kustomize::schema::Known::BuiltIn,
    };
    let mut variables = Vec::new();
    let list = sources.decoded(file).unwrap().documents[0]
        .tree
        .as_ref()
        .unwrap()
        .root();
    merge(&mut variables, &mut resources, &layer, list)?;
    resolve(
        &mut resources,
        &variables,
        &Configuration::default_of_kustomize(),
        &sources,
    )?;
    Ok(resources.get(resources.len() - 1).unwrap().value.clone())
}

const SERVICES: &str = "\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: one}
spec:
  ports: [{name: http, port: 80}, {name: metrics, port: 9090}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: two}
---
apiVersion: v1
kind: Pod
metadata:
  name: pod
  annotations: {text: at $(NAME), whole: $(PORT)}
spec:
  containers:
  - name: $(NAME)
    args: [$(NAME), $(PORT), --port=$(PORT), $$(NAME)]
";

#[test]
fn a_variable_is_put_where_kustomize_looks_for_it() {
    let vars = "\
- name: NAME
  objref: {apiVersion: v1, kind: Service, name: web, namespace: one}
- name: PORT
  objref: {apiVersion: v1, kind: Service, name: web, namespace: one}
  fieldref: {fieldpath: 'spec.ports[1].port'}
";
    let pod = resolve_last(SERVICES, vars).unwrap();
    let container = &pod.at(&["spec", "containers"]).unwrap().items()[0];
    let args = container.get("args").unwrap().items();
    assert_eq!(args[0].as_str(), Some("web"));
    assert!(matches!(args[1].data, Data::Int(9090)));
    assert_eq!(args[2].as_str(), Some("--port=9090"));
    assert_eq!(args[3].as_str(), Some("$(NAME)"));
    assert_eq!(container.str_at(&["name"]), Some("$(NAME)"));
    assert_eq!(pod.str_at(&["metadata", "annotations", "text"]), Some("at web"));
    let source = |value: &Value| SERVICES[value.origin.span.range()].to_owned();
    // The whole is the field of the service, a part is the text around it.
    assert_eq!(source(&args[1]), "9090");
    assert_eq!(source(&args[2]), "--port=$(PORT)");
    assert!(
        args[1..3]
            .iter()
            .all(|arg| arg.origin.step == Step::Variable && arg.origin.before.is_some())
    );
}

#[test]
fn a_variable_without_a_certain_value_stops_the_build() {
    use BuildVerdict::{NotUnderstood, Refused};
    let reference = "objref: {apiVersion: v1, kind: Service, name: web, namespace: one}";
    for (vars, verdict, message) in [
        (
            "- name: A\n  objref: {apiVersion: v1, kind: Service, name: web}\n".to_owned(),
            Refused,
            "Service one/web or Service two/web",
        ),
        (
            "- name: A\n  objref: {kind: Service, name: web, namespace: one}\n".to_owned(),
            Refused,
            "means no object",
        ),
        (
            format!("- name: A\n  {reference}\n- name: A\n  {reference}\n"),
            Refused,
            "one name",
        ),
        (
            format!("- name: A\n  {reference}\n  fieldref: {{fieldPath: spec.type}}\n"),
            Refused,
            "no field `spec.type`",
        ),
        (
            format!("- name: A\n  {reference}\n  objRef: {{}}\n"),
            NotUnderstood,
            "twice",
        ),
        (
            format!("- name: A\n  {reference}\n  value: x\n"),
            NotUnderstood,
            "`value`",
        ),
        (format!("- name: 1\n  {reference}\n"), Refused, "`name` is a string"),
    ] {
        let problem = resolve_last(SERVICES, &vars).unwrap_err();
        assert_eq!(problem.verdict, verdict, "{vars}");
        assert!(problem.message.contains(message), "{}", problem.message);
        assert!(problem.spot.is_some(), "{vars}");
    }
}

#[test]
fn what_is_no_string_where_kustomize_looks_for_variables_is_refused() {
    let objects = SERVICES.replace("$$(NAME)", "8080");
    let vars = "- name: NAME\n  objref: {apiVersion: v1, kind: Service, name: web, namespace: one}\n";
    let problem = resolve_last(&objects, vars).unwrap_err();
    assert_eq!(problem.verdict, BuildVerdict::Refused);
    assert_eq!(&objects[problem.spot.unwrap().span.range()], "8080");
}
