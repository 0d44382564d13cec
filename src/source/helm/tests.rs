use std::fs;

use super::*;
use crate::source::decode::Node;
use crate::source::load::{self, Repository};
use crate::source::walk;

fn repository(files: &[(&str, &str)]) -> (tempfile::TempDir, Repository) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let walked = walk::walk(folder.path(), &[folder.path().to_owned()]).unwrap();
    let repository = load::load(walked, None, None);
    (folder, repository)
}

#[test]
fn charts_within_charts_and_libraries_are_not_rendered_alone() {
    let (_folder, repository) = repository(&[
        ("Chart.yaml", "name: root\n"),
        ("templates/a.yaml", "kind: Pod\n"),
        ("charts/sub/Chart.yaml", "name: sub\n"),
        ("charts/sub/templates/a.yaml", ""),
        ("charts/sub/templates/b.yaml", ""),
        ("other/web/Chart.yaml", "name: web\n"),
        ("other/lib/Chart.yaml", "name: lib\ntype: library\n"),
    ]);
    let charts = charts(&repository);
    let known: Vec<_> = charts
        .values()
        .map(|chart| (chart.folder.as_str(), chart.templates, chart.alone.clone()))
        .collect();
    assert_eq!(
        known,
        [
            ("", 1, Ok(())),
            ("charts/sub", 2, Err(NotRendered::PartOf(String::new()))),
            ("other/lib", 0, Err(NotRendered::Library)),
            ("other/web", 0, Ok(())),
        ]
    );
    let releases: Vec<_> = recognise::instances(&repository, &[], &|_| true)
        .into_iter()
        .map(|instance| (instance.chart, instance.release))
        .collect();
    let pair = |chart: &str, release: &str| (chart.to_owned(), release.to_owned());
    assert_eq!(releases, [pair("", "release"), pair("other/web", "web")]);
}

/// A rendered document over a template, each value with the bytes that it is found at; `~` before one that is only near.
fn located(template: &str, rendered: &str) -> Vec<String> {
    let (folder, _) = repository(&[("c/Chart.yaml", "name: web\n"), ("c/templates/a.yaml", template)]);
    let copied = copy::Copied::of(&Instance::alone("c"), folder.path()).unwrap();
    let stream = format!("---\n# Source: web/templates/a.yaml\n{rendered}");
    let (decoded, _) = locate::at_templates(decode::decode_str("c", stream), &copied);
    let tree = decoded.documents[0].tree.clone().unwrap();
    let mut found = Vec::new();
    leaves(tree.root(), "", &mut found);
    found
}

fn leaves(node: Node<'_>, way: &str, found: &mut Vec<String>) {
    let near = if node.is_near() { "~" } else { "" };
    for entry in node.entries() {
        leaves(entry.value(), &format!("{way}.{}", entry.key()), found);
    }
    for item in node.items() {
        leaves(item, &format!("{way}[]"), found);
    }
    if node.entries().len() + node.items().len() == 0 {
        found.push(format!("{way}={} at {near}{}", node.written(), node.source()));
    }
}

#[test]
fn values_are_found_by_their_line_their_keys_and_their_order() {
    for (template, rendered, expected) in [
        (
            "a: {{ .x }}\nb: 1\n",
            "a: 5\nb: 1\n",
            &[".a=5 at {{ .x }}", ".b=1 at 1"][..],
        ),
        // The keys around tell two lines apart.
        (
            "a:\n  name: {{ .x }}\nb:\n  name: {{ .y }}\n",
            "a:\n  name: one\nb:\n  name: two\n",
            &[".a.name=one at {{ .x }}", ".b.name=two at {{ .y }}"],
        ),
        // The order does, when each of them came out once.
        (
            "a:\n- name: {{ .x }}\n- name: {{ .y }}\n",
            "a:\n- name: one\n- name: two\n",
            &[".a[].name=one at {{ .x }}", ".a[].name=two at {{ .y }}"],
        ),
        // And nothing does, when one of them may be left out.
        (
            "a:\n- name: {{ .x }}\n{{ if .z }}\n- name: {{ .y }}\n{{ end }}\n",
            "a:\n- name: one\n",
            &[".a[].name=one at ~a"],
        ),
        // A loop comes out many times.
        (
            "a:\n{{ range .x }}\n- port: {{ . }}\n{{ end }}\n",
            "a:\n- port: 1\n- port: 2\n",
            &[".a[].port=1 at {{ . }}", ".a[].port=2 at {{ . }}"],
        ),
        // What a helper or a value writes is near the key around it.
        (
            "meta:\n  labels: {{- toYaml .x | nindent 4 }}\n",
            "meta:\n  labels:\n    a: b\n",
            &[".meta.labels.a=b at ~labels"],
        ),
        (
            "{{ include \"all\" . }}\n",
            "a: b\n",
            &[".a=b at ~{{ include \"all\" . }}"],
        ),
        // Documents are told apart by their kinds.
        (
            "kind: A\nname: {{ .x }}\n---\nkind: B\nname: {{ .y }}\n",
            "kind: B\nname: b\n",
            &[".kind=B at B", ".name=b at {{ .y }}"],
        ),
        (
            "a: [x, {{ .y }}]\n",
            "a: [x, z]\n",
            &[".a[]=x at [x, {{ .y }}]", ".a[]=z at [x, {{ .y }}]"],
        ),
        ("a: |\n  {{ .x }}\n", "a: |\n  text\n", &[".a=text\n at |"]),
        // Within a line without actions each value has its own bytes, however deep the line is put.
        (
            "a: {b: 1, c: [x, \"y\"]} # {{ .no }}\nd: [e, {f: 2}]\n",
            "a: {b: 1, c: [x, \"y\"]} # no\nd: [e, {f: 2}]\n",
            &[
                ".a.b=1 at {b: 1, c: [x, \"y\"]} # {{ .no }}",
                ".a.c[]=x at {b: 1, c: [x, \"y\"]} # {{ .no }}",
                ".a.c[]=y at {b: 1, c: [x, \"y\"]} # {{ .no }}",
                ".d[]=e at e",
                ".d[].f=2 at 2",
            ],
        ),
        // A key of a helper is none of the template that has the same name elsewhere.
        (
            "kind: A\nspec:\n  template: {{- include \"pod\" . | nindent 4 }}\n",
            "kind: A\nspec:\n  template:\n    spec:\n      port: 1\n",
            &[".kind=A at A", ".spec.template.spec.port=1 at ~template"],
        ),
        // One that is defined in the same file is found there.
        (
            "{{- define \"pod\" }}\nspec:\n  port: {{ .p }}\n{{- end }}\nkind: A\nspec:\n  template: {{- include \"pod\" . | nindent 4 }}\n",
            "kind: A\nspec:\n  template:\n    spec:\n      port: 1\n",
            &[".kind=A at A", ".spec.template.spec.port=1 at {{ .p }}"],
        ),
    ] {
        assert_eq!(located(template, rendered), expected, "{template}");
    }
}

#[test]
fn subcharts_are_known_by_their_names_not_their_folders() {
    let (folder, _) = repository(&[
        ("c/Chart.yaml", "name: web\n"),
        ("c/charts/folder/Chart.yaml", "name: store\n"),
        ("c/charts/folder/templates/a.yaml", "a: {{ .x }}\n"),
    ]);
    let copied = copy::Copied::of(&Instance::alone("c"), folder.path()).unwrap();
    let stream = "---\n# Source: web/charts/store/templates/a.yaml\na: 1\n";
    let (decoded, templates) = locate::at_templates(decode::decode_str("c", stream), &copied);
    assert!(templates.contains("charts/folder/templates/a.yaml"));
    let tree = decoded.documents[0].tree.clone().unwrap();
    assert_eq!(tree.file().path(), "c/charts/folder/templates/a.yaml");
    let complaint = "execution error at (web/charts/store/templates/a.yaml:1:6): no";
    let (file, span) = locate::named_place(complaint, &copied).unwrap();
    assert_eq!(
        (file.path(), file.slice(span)),
        ("c/charts/folder/templates/a.yaml", ".x }}")
    );
}

#[test]
fn a_chart_that_stands_in_for_several_dependencies_is_known_by_all_their_names() {
    let (folder, _) = repository(&[
        (
            "c/Chart.yaml",
            "name: web\ndependencies:\n- {name: db, alias: primary}\n- {name: db, alias: replica}\n- {name: other}\n",
        ),
        ("c/charts/db/Chart.yaml", "name: db\n"),
        (
            "c/charts/db/requirements.yaml",
            "dependencies: [{name: log, alias: trail}]\n",
        ),
        ("c/charts/db/charts/log/Chart.yaml", "name: log\n"),
    ]);
    let copied = copy::Copied::of(&Instance::alone("c"), folder.path()).unwrap();
    let names = copied.folders_by_chart_name();
    for (name, folder) in [
        ("web", ""),
        ("web/charts/db", "charts/db"),
        ("web/charts/replica", "charts/db"),
        ("web/charts/primary/charts/log", "charts/db/charts/log"),
        ("web/charts/primary/charts/trail", "charts/db/charts/log"),
    ] {
        assert_eq!(names.get(name).map(String::as_str), Some(folder), "{name}");
    }
    assert_eq!(names.len(), 10);
}

#[test]
fn only_regular_files_of_the_chart_are_copied() {
    let (folder, _) = repository(&[
        ("c/Chart.yaml", "name: web\n"),
        ("c/.gitignore", "secret.txt\n"),
        ("c/secret.txt", "x"),
        ("c/values.schema.json", "{}"),
        ("c/files/a.conf", "x"),
        ("outside.yaml", "x"),
    ]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("../outside.yaml", folder.path().join("c/values.yaml")).unwrap();
    let copied = copy::Copied::of(&Instance::alone("c"), folder.path()).unwrap();
    let there = |name: &str| copied.chart_folder().join(name).exists();
    assert!(there("Chart.yaml") && there("files/a.conf"));
    for name in ["secret.txt", "values.schema.json", "values.yaml"] {
        assert!(!there(name), "{name}");
    }
    for values in ["../outside.yaml", "c/values.yaml", "no/such.yaml"] {
        let mut instance = Instance::alone("c");
        instance
            .values
            .push(crate::source::delivery::ValuesSource::File(values.to_owned()));
        assert!(copy::Copied::of(&instance, folder.path()).is_err(), "{values}");
    }
}

#[test]
fn values_that_stand_in_place_of_the_charts_own_leave_these_out() {
    let (folder, _) = repository(&[
        ("c/Chart.yaml", "name: web\n"),
        ("c/values.yaml", "a: 1\n"),
        ("c/charts/d/values.yaml", "b: 1\n"),
        ("c/prod.yaml", "a: 2\n"),
    ]);
    let mut instance = Instance::alone("c");
    instance.replaces_defaults = true;
    instance.values = ["c/prod.yaml", "c/missing.yaml"]
        .map(|name| crate::source::delivery::ValuesSource::FileIfThere(name.to_owned()))
        .to_vec();
    let copied = copy::Copied::of(&instance, folder.path()).unwrap();
    assert!(!copied.chart_folder().join("values.yaml").exists());
    assert!(copied.chart_folder().join("charts/d/values.yaml").exists());
    assert_eq!(copied.values.len(), 1);
}

#[cfg(unix)]
mod process {
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Duration, Instant};

    use super::*;

    /// What a `helm` that is this script makes of a chart.
    fn with_script(script: &str, time: Duration) -> Result<Vec<u8>, String> {
        let (folder, _) = repository(&[("c/Chart.yaml", "name: web\n")]);
        let program = folder.path().join("helm");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let instance = Instance::alone("c");
        let copied = copy::Copied::of(&instance, folder.path()).unwrap();
        Helm::of(program, time).template(&instance, NO_NAMESPACE, &copied)
    }

    #[test]
    fn helm_gets_nothing_of_the_users_own() {
        let time = Duration::from_secs(30);
        let output = with_script("/usr/bin/env; echo \"$@\"; cat", time).unwrap();
        let output = String::from_utf8(output).unwrap();
        for line in output.lines() {
            let name = line.split('=').next().unwrap();
            let is_ours = ["HOME", "TMPDIR", "KUBECONFIG", "PWD", "OLDPWD", "SHLVL", "_"].contains(&name)
                || name.starts_with("HELM_")
                || name.starts_with("XDG_")
                || name.starts_with("template ");
            assert!(is_ours, "{line}");
        }
        let arguments = "template --namespace <NAMESPACE> --skip-tests --skip-schema-validation --api-versions apps.kruise.io/v1alpha1 \
                         --api-versions apps.kruise.io/v1alpha1/SidecarSet -- c /";
        assert!(output.contains(arguments), "{output}");
    }

    #[test]
    fn helm_that_does_not_end_is_ended_with_its_children() {
        let start = Instant::now();
        // The child holds the output open: without its end reading would go on.
        let result = with_script("sleep 600 & sleep 600", Duration::from_millis(200));
        assert_eq!(result, Err("not done after 0 seconds".to_owned()));
        assert!(start.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_complaint_is_one_line_without_the_temporary_folder() {
        let time = Duration::from_secs(30);
        let script = "for last; do :; done; echo \"Error: no $last/templates/a.yaml\" >&2; echo more >&2; exit 1";
        assert_eq!(with_script(script, time), Err("no templates/a.yaml".to_owned()));
    }
}
