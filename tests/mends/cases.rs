//! One text, and what `--fix --unsafe-fixes` makes of it.

use std::fs;

use crate::{ground, program};

/// A mend that is to be made.
struct Case {
    name: &'static str,
    file: &'static str,
    before: &'static str,
    after: &'static str,
}

/// The head of a workload that the SidecarSet selects.
macro_rules! workload {
    ($template:literal) => {
        concat!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n",
            "  selector: {matchLabels: {app: nginx}}\n",
            $template
        )
    };
}

const CASES: &[Case] = &[
    Case {
        name: "an annotation goes behind the last entry, and comments stay where they are",
        file: "web.yaml",
        before: workload!(
            "  template: # pods\n    metadata:\n      # who\n      labels: {app: nginx} # here\n      # the rest\n\n    spec: {containers: []}\n"
        ),
        after: workload!(
            "  template: # pods\n    metadata:\n      # who\n      labels: {app: nginx} # here\n      annotations:\n        sidecar.istio.io/inject: \"false\"\n      # the rest\n\n    spec: {containers: []}\n"
        ),
    },
    Case {
        name: "an annotation goes to its fellows, by their indentation",
        file: "web.yaml",
        before: workload!(
            "  template:\n      metadata:\n          labels: {app: nginx}\n          annotations:\n              a: 'b'\n      spec: {containers: []}\n"
        ),
        after: workload!(
            "  template:\n      metadata:\n          labels: {app: nginx}\n          annotations:\n              a: 'b'\n              sidecar.istio.io/inject: \"false\"\n      spec: {containers: []}\n"
        ),
    },
    Case {
        name: "behind a block scalar, whose blank lines stay below",
        file: "web.yaml",
        before: workload!(
            "  template:\n    spec: {containers: []}\n    metadata:\n      labels: {app: nginx}\n      annotations:\n        note: |\n          one\n\n          two\n\n---\n# end\n"
        ),
        after: workload!(
            "  template:\n    spec: {containers: []}\n    metadata:\n      labels: {app: nginx}\n      annotations:\n        note: |\n          one\n\n          two\n        sidecar.istio.io/inject: \"false\"\n\n---\n# end\n"
        ),
    },
    Case {
        name: "a key without a value gets one",
        file: "web.yaml",
        before: workload!(
            "  template:\n    metadata:\n      annotations: # none yet\n      labels: {app: nginx}\n    spec: {containers: []}\n"
        ),
        after: workload!(
            "  template:\n    metadata:\n      annotations: # none yet\n        sidecar.istio.io/inject: \"false\"\n      labels: {app: nginx}\n    spec: {containers: []}\n"
        ),
    },
    Case {
        name: "a written null goes",
        file: "web.yaml",
        before: workload!(
            "  template:\n    metadata:\n      annotations: null # none yet\n      labels: {app: nginx}\n    spec: {containers: []}\n"
        ),
        after: workload!(
            "  template:\n    metadata:\n      annotations: # none yet\n        sidecar.istio.io/inject: \"false\"\n      labels: {app: nginx}\n    spec: {containers: []}\n"
        ),
    },
    Case {
        name: "of two mends of one value the one that holds is made",
        file: "web.yaml",
        before: workload!(
            "  template:\n    metadata:\n      labels: {app: nginx}\n      annotations:\n        sidecar.istio.io/inject: no # never\n    spec: {containers: []}\n"
        ),
        after: workload!(
            "  template:\n    metadata:\n      labels: {app: nginx}\n      annotations:\n        sidecar.istio.io/inject: \"false\" # never\n    spec: {containers: []}\n"
        ),
    },
    Case {
        name: "in flow style, with a comma that was there",
        file: "web.yaml",
        before: workload!(
            "  template: {spec: {containers: []}, metadata: {labels: {app: nginx, }, annotations: { a: b, } }}\n"
        ),
        after: workload!(
            "  template: {spec: {containers: []}, metadata: {labels: {app: nginx, }, annotations: { a: b, sidecar.istio.io/inject: \"false\" } }}\n"
        ),
    },
    Case {
        name: "in flow style over several lines, with a comment behind the last entry",
        file: "web.yaml",
        before: workload!(
            "  template: {\n    spec: {containers: []},\n    metadata: {\n      labels: {app: nginx} # who\n    }\n  }\n"
        ),
        after: workload!(
            "  template: {\n    spec: {containers: []},\n    metadata: {\n      labels: {app: nginx}, # who\n      annotations: {sidecar.istio.io/inject: \"false\"}\n    }\n  }\n"
        ),
    },
    Case {
        name: "no line feed at the end stays none",
        file: "web.yaml",
        before: workload!("  template:\n    spec: {containers: []}\n    metadata:\n      labels:\n        app: nginx"),
        after: workload!(
            "  template:\n    spec: {containers: []}\n    metadata:\n      labels:\n        app: nginx\n      annotations:\n        sidecar.istio.io/inject: \"false\""
        ),
    },
    Case {
        name: "JSON stays JSON, in lines",
        file: "web.json",
        before: "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\",\n\t\"metadata\": {\n\t\t\"name\": \"web\",\n\t\t\"namespace\": \"shop\",\n\t\t\"labels\": {\"app\": \"nginx\"}\n\t},\n\t\"spec\": {\"containers\": []}\n}\n",
        after: "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\",\n\t\"metadata\": {\n\t\t\"name\": \"web\",\n\t\t\"namespace\": \"shop\",\n\t\t\"labels\": {\"app\": \"nginx\"},\n\t\t\"annotations\": {\"sidecar.istio.io/inject\": \"false\"}\n\t},\n\t\"spec\": {\"containers\": []}\n}\n",
    },
    Case {
        name: "JSON stays JSON, without a blank",
        file: "web.json",
        before: r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"shop","labels":{"app":"nginx"},"annotations":{}},"spec":{"containers":[]}}"#,
        after: r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"shop","labels":{"app":"nginx"},"annotations":{"sidecar.istio.io/inject":"false"}},"spec":{"containers":[]}}"#,
    },
    Case {
        name: "with carriage returns and a byte order mark, by the quotes of the neighbours, beside an anchor that has no alias",
        file: "map.yaml",
        before: "\u{feff}apiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: m}\r\ndata:\r\n  a: 'x'\r\n  b: &n 0644 # octal\r\n  c: on\r\n",
        after: "\u{feff}apiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: m}\r\ndata:\r\n  a: 'x'\r\n  b: &n '0644' # octal\r\n  c: 'on'\r\n",
    },
    Case {
        name: "each document for itself, a key with quotes and one without",
        file: "several.yaml",
        before: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {y: a, 0644: b}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  'restartpolicy': Never\n  containers:\n  - name: a\n    imagePullPolcy: Always\n    env: [{name: A, value: 1_000}]\n",
        after: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {\"y\": a, \"0644\": b}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  'restartPolicy': Never\n  containers:\n  - name: a\n    imagePullPolicy: Always\n    env: [{name: A, value: \"1_000\"}]\n",
    },
    Case {
        name: "a renamed rollout keeps what is below it",
        file: "other.yaml",
        before: "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: other}\nspec:\n  selector: {matchLabels: {a: b}}\n  containers: [{name: a, image: \"a:1\"}]\n  strategy: # slowly\n    partition: 90%\n    type: RollingUpdate\n",
        after: "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: other}\nspec:\n  selector: {matchLabels: {a: b}}\n  containers: [{name: a, image: \"a:1\"}]\n  updateStrategy: # slowly\n    partition: 90%\n    type: RollingUpdate\n",
    },
    Case {
        name: "lists whose dashes stand under their key, and several items at one place",
        file: "proxy.yaml",
        before: "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: proxy}\nspec:\n  selector: {matchLabels: {a: b}}\n  volumes:\n  - name: istio-podinfo\n    downwardAPI:\n      items:\n      - path: labels\n        fieldRef: {fieldPath: metadata.labels}\n  - name: istiod-ca-cert\n    configMap: {name: istio-ca-root-cert}\n  containers:\n  - image: mesh/asm-istio-proxy:feature-1.6.x-1\n    name: istio-proxy\n    volumeMounts:\n    - {name: istio-podinfo, mountPath: /etc/istio/pod}\n    - {name: istiod-ca-cert, mountPath: /var/run/secrets/istio}\n    env:\n    - name: ISTIO_META_CLUSTER_ID\n      value: c\n",
        after: "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: proxy}\nspec:\n  selector: {matchLabels: {a: b}}\n  volumes:\n  - name: istio-podinfo\n    downwardAPI:\n      items:\n      - path: labels\n        fieldRef: {fieldPath: metadata.labels}\n  - name: istiod-ca-cert\n    configMap: {name: istio-ca-root-cert}\n  - name: istio-data\n    emptyDir: {}\n  - name: istio-envoy\n    emptyDir:\n      medium: Memory\n  containers:\n  - image: mesh/asm-istio-proxy:feature-1.6.x-1\n    name: istio-proxy\n    volumeMounts:\n    - {name: istio-podinfo, mountPath: /etc/istio/pod}\n    - {name: istiod-ca-cert, mountPath: /var/run/secrets/istio}\n    - {name: istio-envoy, mountPath: /etc/istio/proxy}\n    - {name: istio-data, mountPath: /var/lib/istio/data}\n    env:\n    - name: ISTIO_META_CLUSTER_ID\n      value: c\n",
    },
    Case {
        name: "lists that were not there, each made once",
        file: "proxy.yaml",
        before: "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: proxy}\nspec:\n  selector: {matchLabels: {a: b}}\n  containers:\n    - name: istio-proxy # the proxy\n      image: mesh/asm-istio-proxy:feature-1.6.x-1\n      env: [{name: ISTIO_META_CLUSTER_ID, value: c}]\n      volumeMounts: [{name: istio-envoy, mountPath: /etc/istio/proxy}, {name: istio-data, mountPath: /var/lib/istio/data}, {name: istio-podinfo, mountPath: /etc/istio/pod}, {name: istiod-ca-cert, mountPath: /var/run/secrets/istio}]\n",
        after: "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: proxy}\nspec:\n  selector: {matchLabels: {a: b}}\n  containers:\n    - name: istio-proxy # the proxy\n      image: mesh/asm-istio-proxy:feature-1.6.x-1\n      env: [{name: ISTIO_META_CLUSTER_ID, value: c}]\n      volumeMounts: [{name: istio-envoy, mountPath: /etc/istio/proxy}, {name: istio-data, mountPath: /var/lib/istio/data}, {name: istio-podinfo, mountPath: /etc/istio/pod}, {name: istiod-ca-cert, mountPath: /var/run/secrets/istio}]\n  volumes:\n    - name: istio-envoy\n      emptyDir:\n        medium: Memory\n    - name: istio-data\n      emptyDir: {}\n    - name: istio-podinfo\n      downwardAPI:\n        defaultMode: 420\n        items:\n          - path: labels\n            fieldRef:\n              apiVersion: v1\n              fieldPath: metadata.labels\n          - path: annotations\n            fieldRef:\n              apiVersion: v1\n              fieldPath: metadata.annotations\n    - name: istiod-ca-cert\n      configMap:\n        name: istio-ca-root-cert\n        defaultMode: 420\n",
    },
    Case {
        name: "a key and its value at once",
        file: "map.yaml",
        before: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, labels: {on: 1, b: 2}}\ndata:\n  0644: 1\n",
        after: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, labels: {\"on\": \"1\", b: \"2\"}}\ndata:\n  \"0644\": \"1\"\n",
    },
    Case {
        name: "a mode in octal, one that is refused and one that is taken",
        file: "pod.yaml",
        before: "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: a, image: \"a:1\"}]\n  volumes:\n  - name: v\n    configMap: {name: m, defaultMode: 644, items: [{key: k, path: p, mode: 400}]} # who\n",
        after: "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: a, image: \"a:1\"}]\n  volumes:\n  - name: v\n    configMap: {name: m, defaultMode: 0644, items: [{key: k, path: p, mode: 0400}]} # who\n",
    },
    Case {
        name: "a mode in JSON, which knows no octal numbers",
        file: "pod.json",
        before: r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[],"volumes":[{"name":"v","configMap":{"name":"m","defaultMode":644}}]}}"#,
        after: r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[],"volumes":[{"name":"v","configMap":{"name":"m","defaultMode":420}}]}}"#,
    },
    Case {
        name: "kinds and versions that are nearly known, with their quotes, and none that is only guessed",
        file: "types.yaml",
        before: "apiVersion: v1\nkind: 'Configmap'\nmetadata: {name: m}\n---\napiVersion: app/v1 # which?\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: []}}}\n---\napiVersion: v1beta1\nkind: Pod\nmetadata: {name: p}\n",
        after: "apiVersion: v1\nkind: 'ConfigMap'\nmetadata: {name: m}\n---\napiVersion: apps/v1 # which?\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: []}}}\n---\napiVersion: v1beta1\nkind: Pod\nmetadata: {name: p}\n",
    },
];

#[test]
fn what_is_broken_in_the_example_becomes_what_it_was() {
    let cases = [
        ("kind: SidecarSet", "kind: Sidecarset", true),
        ("apps.kruise.io/v1alpha1", "apps.kruise.io/v1alpah1", false),
        ("upgradeType: HotUpgrade", "upgradeType: hot-upgrade", false),
        ("upgradeType: HotUpgrade", "upgradeType: Hot", false),
        // A string that needs quotes now had none, so it is not to the byte; it says the same.
        (
            "- $(ISTIO_META_WORKLOAD_NAME).$(POD_NAMESPACE)",
            "- $(ISTIO_META_WORKLOAD_NAME). $(POD_NAMESPACE)",
            false,
        ),
    ];
    for (right, wrong, is_safe) in cases {
        let folder = tempfile::tempdir().unwrap();
        program::copy(&program::here().join("examples/asm-1.6"), folder.path());
        fs::create_dir(folder.path().join(".git")).unwrap();
        let path = folder.path().join("sidecarset.yaml");
        let due = fs::read_to_string(&path).unwrap();
        let broken = due.replace(right, wrong);
        assert_ne!(broken, due, "{wrong}");
        fs::write(&path, &broken).unwrap();
        let run = program::checker(folder.path(), &["check", "--fix"]);
        let after_safe = fs::read_to_string(&path).unwrap();
        assert_eq!(after_safe == broken, !is_safe, "{wrong}: {}", run.stdout);
        let run = program::checker(folder.path(), &["check", "--fix", "--unsafe-fixes"]);
        let after = fs::read_to_string(&path).unwrap().replace('"', "");
        assert_eq!(after, due.replace('"', ""), "{wrong}: {}", run.stdout);
        assert_eq!(run.code, 0, "{wrong}: {}", run.stdout);
    }
}

#[test]
fn each_text_becomes_what_is_due_to_the_byte() {
    let mut wrong = String::new();
    for case in CASES {
        let folder = tempfile::tempdir().unwrap();
        ground(folder.path());
        program::write(folder.path(), case.file, case.before.as_bytes());
        let run = program::checker(folder.path(), &["check", "--fix", "--unsafe-fixes"]);
        let after = fs::read_to_string(folder.path().join(case.file)).unwrap();
        if after != case.after {
            wrong.push_str(&format!(
                "===== {}\n--- due\n{}\n--- is\n{after}\n--- said\n{}{}\n",
                case.name, case.after, run.stdout, run.stderr
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
