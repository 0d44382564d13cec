use std::fs;

use super::*;
use crate::source::load::{self, Repository};
use crate::source::walk;

fn repository(files: &[(&str, &str)]) -> Repository {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    load::load(walk::walk(root, &[root.to_owned()]).unwrap(), None, None)
}

/// The namespace of an object that names `written`; `?` for unknown, `-` for none.
fn outcome(delivered: &Delivered<'_>, written: Option<&str>) -> String {
    match delivered.namespace(written) {
        NamespaceOutcome::AsWritten => written.unwrap_or("-").to_owned(),
        NamespaceOutcome::Given(name, _) => name.to_owned(),
        NamespaceOutcome::Unknown => "?".to_owned(),
    }
}

fn of_file(repository: &Repository, name: &str) -> String {
    outcome(&repository.deliveries.of_file(name), None)
}

fn reasons(repository: &Repository) -> Vec<&str> {
    let undecided = repository.deliveries.undecided.iter();
    undecided.map(|undecided| undecided.why.as_str()).collect()
}

fn flux(spec: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: apps, namespace: flux-system}}\nspec: {spec}\n"
    )
}

fn argo(spec: &str) -> String {
    format!("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: shop}}\nspec: {spec}\n")
}

fn set(spec: &str) -> String {
    format!("apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: all}}\nspec: {spec}\n")
}

#[test]
fn flux_sets_the_namespace_down_to_the_next_kustomization() {
    let repository = repository(&[
        ("clusters/a.yaml", &flux("{path: ./apps, targetNamespace: shop}")),
        ("apps/web.yaml", ""),
        ("apps/deep/web.yaml", ""),
        ("apps/own/kustomization.yaml", ""),
        ("apps/own/web.yaml", ""),
        ("apps/own/base/web.yaml", ""),
        ("other/web.yaml", ""),
    ]);
    for (name, expected) in [
        ("apps/web.yaml", "shop"),
        ("apps/deep/web.yaml", "shop"),
        ("apps/own/web.yaml", "-"),
        ("apps/own/base/web.yaml", "-"),
        ("other/web.yaml", "-"),
    ] {
        assert_eq!(of_file(&repository, name), expected, "{name}");
    }
    let deliveries = &repository.deliveries;
    assert_eq!(outcome(&deliveries.of_folder("apps/own"), None), "shop");
    assert_eq!(outcome(&deliveries.of_folder("apps/own"), Some("written")), "shop");
    assert_eq!(outcome(&deliveries.of_folder("apps/own/base"), None), "-");
    let NamespaceOutcome::Given(_, said) = deliveries.of_file("apps/web.yaml").namespace(None) else {
        panic!("not given");
    };
    assert_eq!(
        (said.by.as_str(), said.file.slice(said.span)),
        ("Flux Kustomization `apps`", "shop")
    );
}

#[test]
fn argo_only_fills_in_a_namespace() {
    let repository = repository(&[
        (
            "argo.yaml",
            &argo("{source: {path: apps/flat}, destination: {namespace: shop}}"),
        ),
        (
            "deep.yaml",
            &argo("{sources: [{path: apps/deep, directory: {recurse: true}}], destination: {namespace: deep}}"),
        ),
        (
            "kustomized.yaml",
            &argo("{source: {path: k, kustomize: {namespace: set, images: [a=b]}}, destination: {namespace: unused}}"),
        ),
        ("apps/flat/web.yaml", ""),
        ("apps/flat/below/web.yaml", ""),
        ("apps/deep/below/web.yaml", ""),
        ("k/kustomization.yaml", ""),
        ("k/web.yaml", ""),
    ]);
    for (name, expected) in [
        ("apps/flat/web.yaml", "shop"),
        ("apps/flat/below/web.yaml", "-"),
        ("apps/deep/below/web.yaml", "deep"),
        ("k/web.yaml", "-"),
    ] {
        assert_eq!(of_file(&repository, name), expected, "{name}");
    }
    let flat = repository.deliveries.of_file("apps/flat/web.yaml");
    assert_eq!(outcome(&flat, Some("written")), "written");
    let kustomized = repository.deliveries.of_folder("k");
    assert_eq!(outcome(&kustomized, Some("written")), "set");
    assert_eq!(reasons(&repository), ["it also changes its objects by images"]);
}

#[test]
fn several_deliveries_that_disagree_leave_the_namespace_open() {
    let same = flux("{path: apps, targetNamespace: shop}");
    let other = flux("{path: apps, targetNamespace: store}");
    for (second, expected) in [(&same, "shop"), (&other, "?")] {
        let repository = repository(&[("a.yaml", &same), ("b.yaml", second), ("apps/web.yaml", "")]);
        assert_eq!(of_file(&repository, "apps/web.yaml"), expected);
    }
}

#[test]
fn what_is_not_plainly_said_is_not_decided() {
    for (text, reason) in [
        (flux("{path: '${PATH}'}"), Some("its path is still to be filled in")),
        (
            flux("{path: apps, targetNamespace: '${NS}'}"),
            Some("its target namespace is still to be filled in"),
        ),
        (
            flux("{path: ./}"),
            Some("its path is the root of a repository that may be another one"),
        ),
        (
            flux("{path: apps, patches: []}"),
            Some("it also changes its objects by patches"),
        ),
        (flux("{path: not/here, targetNamespace: a}"), None),
        (
            argo("{source: {path: apps, plugin: {}}}"),
            Some("a plugin makes its manifests"),
        ),
        (
            argo("{source: {path: apps, directory: {include: a}}}"),
            Some("it takes some files of its folder only"),
        ),
        (argo("{source: {path: ., chart: a}}"), None),
        (
            set("{generators: [{clusters: {}}], template: {spec: {}}}"),
            Some("its clusters generator asks more than Git"),
        ),
        (
            set("{generators: [{git: {files: [{path: a}]}}], template: {spec: {}}}"),
            Some("its git generator reads files"),
        ),
        (
            set("{generators: [{list: {elements: [{a: b}]}}], template: {spec: {source: {path: '{{c}}'}}}}"),
            Some("its path is still to be filled in"),
        ),
    ] {
        let repository = repository(&[("a.yaml", &text), ("apps/web.yaml", "")]);
        assert_eq!(reasons(&repository), reason.into_iter().collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn a_set_makes_one_application_for_each_folder_or_element() {
    let folders = set(
        "{goTemplate: true, generators: [{git: {directories: [{path: apps/*}, {path: apps/old, exclude: true}]}}], \
         template: {spec: {source: {path: '{{.path.path}}'}, destination: {namespace: '{{.path.basename}}'}}}}",
    );
    let list = set(
        "{generators: [{list: {elements: [{cluster: eu, values: {ns: shop}}]}}], \
         template: {spec: {source: {path: 'clusters/{{cluster}}'}, destination: {namespace: '{{values.ns}}-{{cluster}}'}}}}",
    );
    let repository = repository(&[
        ("folders.yaml", &folders),
        ("list.yaml", &list),
        ("apps/web/a.yaml", ""),
        ("apps/old/a.yaml", ""),
        ("clusters/eu/a.yaml", ""),
    ]);
    assert_eq!(of_file(&repository, "apps/web/a.yaml"), "web");
    assert_eq!(of_file(&repository, "apps/old/a.yaml"), "-");
    assert_eq!(of_file(&repository, "clusters/eu/a.yaml"), "shop-eu");
}

#[test]
fn the_root_counts_when_its_source_is_this_repository() {
    let source = "sourceRef: {kind: GitRepository, name: flux-system}";
    let root = flux(&format!("{{path: ./, targetNamespace: shop, {source}}}"));
    let apps = flux(&format!("{{path: ./apps, {source}}}"));
    let elsewhere = flux(&format!("{{path: ./missing, {source}}}"));
    let files = [
        ("a.yaml", root.as_str()),
        ("b.yaml", &apps),
        ("apps/x.yaml", ""),
        ("web.yaml", ""),
    ];
    assert_eq!(of_file(&repository(&files), "web.yaml"), "shop");
    let mut more = files.to_vec();
    more.push(("c.yaml", &elsewhere));
    assert_eq!(of_file(&repository(&more), "web.yaml"), "-");
}

#[test]
fn variables_come_from_the_object_and_from_config_maps_in_git() {
    use variables::Lookup::{Known, Unknown, Unset};
    let map = |folder: &str, data: &str| {
        (
            format!("{folder}/map.yaml"),
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: flux-system}}\ndata: {data}\n"
            ),
        )
    };
    let from_map = "substituteFrom: [{kind: ConfigMap, name: settings}]";
    let from_both = "substituteFrom: [{kind: ConfigMap, name: settings}, {kind: Secret, name: s, optional: true}]";
    for (post_build, name, expected) in [
        ("substitute: {A: inline}", "A", Known("inline")),
        ("substitute: {A: inline}", "B", Unset),
        ("substitute: {A: '${X}'}", "A", Unknown),
        (
            "substitute: {A: 'ENC[AES256_GCM,data:ab,iv:c,tag:d,type:str]'}",
            "A",
            Unknown,
        ),
        (from_map, "A", Known("near")),
        (from_map, "B", Unset),
        (&format!("{from_map}, substitute: {{A: inline}}"), "A", Known("inline")),
        // The Secret may set it too.
        (from_both, "A", Unknown),
        (from_both, "B", Unknown),
        (&format!("{from_both}, substitute: {{A: inline}}"), "A", Known("inline")),
        ("substituteFrom: [{kind: ConfigMap, name: elsewhere}]", "A", Unknown),
    ] {
        let near = map("clusters/eu", "{A: \"ne\\nar\"}");
        let far = map("clusters/us", "{A: far}");
        let kustomization = flux(&format!("{{path: apps, postBuild: {{{post_build}}}}}"));
        let repository = repository(&[
            ("clusters/eu/apps.yaml", &kustomization),
            (&near.0, &near.1),
            (&far.0, &far.1),
            ("apps/web.yaml", ""),
        ]);
        let variables = repository.deliveries.of_file("apps/web.yaml").variables();
        assert_eq!(variables.look_up(name), expected, "{post_build}");
    }
}

#[test]
fn what_a_kustomization_makes_of_the_objects_counts_and_not_what_is_written() {
    let kustomization =
        flux("{path: apps, targetNamespace: base, postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}}");
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: flux-system}\ndata: {A: base}\n";
    let overlay = |cluster: &str| {
        format!(
            "resources: [../../base]\npatches:\n\
             - target: {{kind: Kustomization}}\n  patch: '[{{\"op\": \"replace\", \"path\": \"/spec/targetNamespace\", \"value\": \"{cluster}\"}}]'\n\
             - target: {{kind: ConfigMap}}\n  patch: '[{{\"op\": \"replace\", \"path\": \"/data/A\", \"value\": \"of-{cluster}\"}}]'\n"
        )
    };
    let (eu, us) = (overlay("eu"), overlay("us"));
    let base = [
        ("base/apps.yaml", kustomization.as_str()),
        ("base/map.yaml", map),
        ("base/kustomization.yaml", "resources: [apps.yaml, map.yaml]\n"),
        ("clusters/eu/kustomization.yaml", &eu),
        ("apps/web.yaml", ""),
    ];
    let one = repository(&base);
    let delivered = one.deliveries.of_file("apps/web.yaml");
    assert_eq!(outcome(&delivered, None), "eu");
    assert_eq!(delivered.variables().look_up("A"), variables::Lookup::Known("of-eu"));

    let mut files = base.to_vec();
    files.push(("clusters/us/kustomization.yaml", &us));
    let two = repository(&files);
    let delivered = two.deliveries.of_file("apps/web.yaml");
    assert_eq!(outcome(&delivered, None), "?");
    let of_us = two.deliveries.of_file("apps/web.yaml");
    let of_us = of_us.preferring(|holder| holder == "clusters/us");
    assert_eq!(outcome(&of_us, None), "us");
    assert_eq!(of_us.variables().look_up("A"), variables::Lookup::Known("of-us"));
}

#[test]
fn a_folder_that_only_a_patch_delivers_is_built_for_its_own_sake() {
    let kustomization = flux("{path: old, targetNamespace: shop}");
    let repository = repository(&[
        ("base/apps.yaml", kustomization.as_str()),
        ("base/kustomization.yaml", "resources: [apps.yaml]\n"),
        (
            "eu/kustomization.yaml",
            "resources: [../base]\npatches:\n- target: {kind: Kustomization}\n  patch: '[{\"op\": \"replace\", \"path\": \"/spec/path\", \"value\": \"new\"}]'\n",
        ),
        ("new/kustomization.yaml", "resources: [web.yaml]\n"),
        ("new/web.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"),
        ("old/kustomization.yaml", "resources: [web.yaml]\n"),
        ("old/web.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"),
        (
            "all/kustomization.yaml",
            "resources: [../new, ../old]\nnamespace: all\n",
        ),
    ]);
    let roots: Vec<&str> = repository.rendering.roots.iter().map(|root| &*root.folder).collect();
    assert_eq!(roots, ["all", "eu", "new"]);
    assert_eq!(outcome(&repository.deliveries.of_folder("new"), None), "shop");
}

#[test]
fn charts_of_the_repository_are_known_by_who_installs_them() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: flux}\n\
                   spec: {chart: {spec: {chart: ./charts/web, valuesFiles: [charts/web/prod.yaml], sourceRef: {kind: GitRepository}}}, \
                   targetNamespace: shop, values: {replicas: 2}}\n";
    let application = argo(
        "{source: {path: charts/web, helm: {valueFiles: [prod.yaml, /all.yaml], values: 'a: 1', parameters: [{name: b, value: '2'}]}}, \
         destination: {namespace: store}}",
    );
    let repository = repository(&[
        ("flux.yaml", release),
        ("argo.yaml", &application),
        ("charts/web/Chart.yaml", "name: web\n"),
    ]);
    let charts = &repository.deliveries.charts;
    let [flux, argo] = charts.as_slice() else {
        panic!("{charts:?}");
    };
    assert_eq!(
        (flux.release.as_deref(), flux.namespace.as_deref()),
        (Some("shop-web"), Some("shop"))
    );
    let file = |name: &str| ValuesSource::File(name.to_owned());
    let inline = |text: &str| ValuesSource::Inline(text.to_owned());
    assert_eq!(flux.values, [file("charts/web/prod.yaml"), inline("{\"replicas\":2}")]);
    assert_eq!(
        (argo.release.as_deref(), argo.namespace.as_deref()),
        (Some("shop"), Some("store"))
    );
    let parameter = ValuesSource::Set {
        name: "b".to_owned(),
        value: "2".to_owned(),
        is_string: false,
    };
    assert_eq!(
        argo.values,
        [
            file("charts/web/prod.yaml"),
            file("all.yaml"),
            inline("a: 1"),
            parameter
        ]
    );
}

fn release(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n"
    )
}

#[test]
fn what_is_not_plainly_said_of_a_chart_is_told() {
    let git = "sourceRef: {kind: GitRepository, name: all}";
    let chart = |more: &str| format!("{{chart: {{spec: {{chart: charts/web, {git}{more}}}}}}}");
    for (text, charts, reason) in [
        (release("web", &chart("")), 1, None),
        (
            release(
                "web",
                &format!("{{chart: {{spec: {{chart: 'charts/${{X}}', {git}}}}}}}"),
            ),
            0,
            Some("the path of its chart is still to be filled in"),
        ),
        (
            release("web", "{chartRef: {kind: HelmChart, name: web}}"),
            0,
            Some("another object says which chart it installs"),
        ),
        (release("web", "{chartRef: {kind: OCIRepository, name: web}}"), 0, None),
        (
            release("web", &chart(", valuesFiles: [../outside.yaml]")),
            1,
            Some("a file of its values is not plainly named, or not in this repository"),
        ),
        (
            release("web", &chart(", valuesFiles: ['${ENVIRONMENT}.yaml']")),
            1,
            Some("a file of its values is not plainly named, or not in this repository"),
        ),
        (
            release(
                "web",
                "{chart: {spec: {chart: charts/web, sourceRef: {kind: GitRepository}}}, values: {a: '${A}'}}",
            ),
            1,
            Some("its values are still to be filled in"),
        ),
        (
            release("'${NAME}'", &chart("")),
            1,
            Some("its name is still to be filled in"),
        ),
        (
            argo("{source: {path: charts/web, helm: {parameters: [{name: a, value: $ARGOCD_APP_NAME}]}}}"),
            1,
            Some("a parameter is still to be filled in"),
        ),
        (
            argo("{source: {path: charts/web, helm: {valueFiles: ['values-*.yaml']}}}"),
            1,
            Some("a file of its values is not plainly named, or not in this repository"),
        ),
        (
            argo("{source: {path: charts/web, helm: {apiVersions: [a/v1]}}}"),
            1,
            Some("it names the kinds of its cluster, which are not taken over"),
        ),
    ] {
        let repository = repository(&[("a.yaml", &text), ("charts/web/Chart.yaml", "name: web\n")]);
        assert_eq!(reasons(&repository), reason.into_iter().collect::<Vec<_>>(), "{text}");
        let found = &repository.deliveries.charts;
        assert_eq!(found.len(), charts, "{text}");
        assert!(found.iter().all(|chart| chart.gap.as_deref() == reason), "{text}");
    }
}

#[test]
fn a_release_goes_where_those_put_it_who_deliver_its_object() {
    let chart = "chart: {spec: {chart: charts/web, sourceRef: {kind: GitRepository, name: all}}}";
    let own = release("web", &format!("{{{chart}}}"));
    let targeted = release("web", &format!("{{targetNamespace: front, {chart}}}"));
    let to = |namespace: &str| flux(&format!("{{path: apps, targetNamespace: {namespace}}}"));
    for (text, kustomizations, expected) in [
        (&own, vec![], Some("shop")),
        (&own, vec![to("back")], Some("back")),
        (&targeted, vec![to("back")], Some("front")),
        (&own, vec![to("back"), to("other")], None),
    ] {
        for kustomization in [None, Some("resources: [release.yaml]\n")] {
            let names: Vec<String> = (0..kustomizations.len()).map(|at| format!("{at}.yaml")).collect();
            let mut files = vec![
                ("apps/release.yaml", text.as_str()),
                ("charts/web/Chart.yaml", "name: web\n"),
            ];
            files.extend(
                names
                    .iter()
                    .zip(&kustomizations)
                    .map(|(name, text)| (name.as_str(), text.as_str())),
            );
            files.extend(kustomization.map(|text| ("apps/kustomization.yaml", text)));
            let repository = repository(&files);
            let [found] = repository.deliveries.charts.as_slice() else {
                panic!("{:?}", repository.deliveries.charts);
            };
            assert_eq!(found.namespace.as_deref(), expected, "{text} {kustomizations:?}");
        }
    }
}

#[test]
fn a_chart_gets_the_names_files_and_parameters_that_its_installer_makes_of_them() {
    let long = "a-name-that-is-longer-than-helm-takes-with-its-target-namespace";
    let flux = release(
        long,
        "{targetNamespace: front, chart: {spec: {chart: charts/web, valuesFiles: [a.yaml], ignoreMissingValuesFiles: true, \
         sourceRef: {kind: GitRepository, name: all}}}}",
    );
    let argo = argo(
        "{source: {path: charts/web, helm: {namespace: own, valueFiles: [a.yaml], ignoreMissingValueFiles: true, \
         parameters: [{name: a, value: 'x,y\\,z'}, {name: b, value: '{x,y}'}]}}, destination: {namespace: other}}",
    );
    let repository = repository(&[
        ("a.yaml", &argo),
        ("flux.yaml", &flux),
        ("charts/web/Chart.yaml", "name: web\n"),
    ]);
    let [flux, argo] = repository.deliveries.charts.as_slice() else {
        panic!("{:?}", repository.deliveries.charts);
    };
    let name = flux.release.as_deref().unwrap();
    // `sha256sum` of the long name.
    assert_eq!(name, "front-a-name-that-is-longer-than-helm-ta-60ab1f854eb4");
    let if_there = |name: &str| ValuesSource::FileIfThere(name.to_owned());
    assert_eq!((flux.replaces_defaults, argo.replaces_defaults), (true, false));
    assert_eq!(flux.values, [if_there("a.yaml")]);
    let set = |name: &str, value: &str| ValuesSource::Set {
        name: name.to_owned(),
        value: value.to_owned(),
        is_string: false,
    };
    assert_eq!(
        argo.values,
        [if_there("charts/web/a.yaml"), set("a", "x\\,y\\,z"), set("b", "{x,y}")]
    );
    assert_eq!(argo.namespace.as_deref(), Some("own"));
}

#[test]
fn what_a_delivery_changes_further_is_known_by_the_objects_that_it_means() {
    let deployment = "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{image: 'reg:5000/app:1'}]}}}\n";
    let json_patch = |target: &str| format!("patches: [{{target: {target}, patch: '[]'}}]");
    let text_patch = |name: &str| format!("patches: [{{patch: 'kind: Deployment\n\n  metadata: {{name: {name}}}'}}]");
    let (anything, metadata) = (Some(Extent::Anything), Some(Extent::Metadata));
    for (field, expected) in [
        (json_patch("{kind: Deployment, name: w.*}"), anything),
        (json_patch("{kind: Deployment, name: w}"), None),
        (json_patch("{kind: SidecarSet}"), None),
        (json_patch("{labelSelector: a=b}"), anything),
        (json_patch("{name: '${NAME}'}"), anything),
        (json_patch("{name: '['}"), anything),
        (text_patch("web"), anything),
        (text_patch("other"), None),
        (
            "patchesStrategicMerge: [{kind: Deployment, metadata: {name: web}}]".to_owned(),
            anything,
        ),
        (
            "patchesStrategicMerge: [{kind: Deployment, metadata: {name: wes}}]".to_owned(),
            None,
        ),
        ("images: [{name: 'reg:5000/app', newTag: '2'}]".to_owned(), anything),
        ("images: [{name: app, newTag: '2'}]".to_owned(), None),
        ("components: [../x]".to_owned(), anything),
        ("commonMetadata: {labels: {a: b}}".to_owned(), metadata),
        ("namePrefix: a-".to_owned(), None),
    ] {
        let kustomization = flux(&format!("{{path: apps, {field}}}"));
        let repository = repository(&[("a.yaml", &kustomization), ("apps/web.yaml", deployment)]);
        let delivered = repository.deliveries.of_file("apps/web.yaml");
        let file = repository.file("apps/web.yaml").unwrap().decoded.as_ref().unwrap();
        let object = file.documents[0].tree.as_ref().unwrap().root();
        let extent = delivered.further().find_map(|change| change.extent(object));
        assert_eq!(extent, expected, "{field}");
    }
    let images =
        argo("{source: {path: apps, kustomize: {images: ['reg:5000/app=b:2'], replicas: [{name: other, count: 1}]}}}");
    let repository = repository(&[
        ("a.yaml", &images),
        ("apps/web.yaml", deployment),
        ("apps/kustomization.yaml", "resources: [web.yaml]\n"),
    ]);
    let file = repository.file("apps/web.yaml").unwrap().decoded.as_ref().unwrap();
    let object = file.documents[0].tree.as_ref().unwrap().root();
    let delivered = repository.deliveries.of_folder("apps");
    let extents: Vec<_> = delivered.further().map(|change| change.extent(object)).collect();
    assert_eq!(extents, [anything, None]);
}
