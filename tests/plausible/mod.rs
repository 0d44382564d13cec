//! Repositories of kustomizations as somebody may write them.

use std::collections::BTreeMap;

use checker::source::disk::InMemory;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Files of objects.
pub const OBJECTS: [&str; 10] = [
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, labels: {own: x}}\ndata: {a: \"1\", b: two}\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n  annotations: {a: b, m: \"5\"}\ndata:\n  text: |\n    one\n    two\n",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: token, namespace: other}\nstringData: {t: s}\n",
    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}\n",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: nginx:1.25\n        env: [{name: A, value: $(V)}]\n        envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: token}}]\n      - {name: proxy, image: 'registry.example.com:5000/proxy@sha256:aa'}\n      volumes: [{name: v, configMap: {name: more}}]\n",
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {serviceName: web, replicas: 1, template: {spec: {serviceAccountName: robot, containers: [{name: db, image: db}]}}}\n",
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: robot}\nsubjects: [{kind: ServiceAccount, name: robot, namespace: other}, {kind: ServiceAccount, name: default}]\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}\n",
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: reader}\nrules: [{apiGroups: [''], resources: [pods], verbs: [get]}]\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n",
    "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: thing}\nspec: {number: 1.5, nothing: null, yes: true, list: [1, a, {b: c}], image: nginx, deep: {er: {x: 0x10}}}\n",
    "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: listed}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: also}, data: {é: ü}}\n",
];

/// Fields of kustomizations.
pub const FIELDS: [&str; 40] = [
    "namespace: shop\n",
    "namespace: other\n",
    "namePrefix: pre-\n",
    "nameSuffix: -suf\n",
    "namePrefix: \"1\"\n",
    "commonLabels: {team: a, app: web}\n",
    "commonAnnotations: {note: 'x: y', m: \"1\"}\n",
    "labels: [{pairs: {own: z, l: m}}]\n",
    "labels: [{pairs: {l: m}, includeSelectors: true}]\n",
    "labels: [{pairs: {l: m}, includeTemplates: true}, {pairs: {l: n}}]\n",
    "labels: [{pairs: {l: m}, fields: [{path: spec/labels, create: true, kind: Thing}]}]\n",
    "images: [{name: nginx, newTag: \"1.27\"}]\n",
    "images: [{name: nginx, newName: other/nginx, digest: 'sha256:bb'}, {name: db, newTag: v2}]\n",
    "images: [{name: 'registry.example.com:5000/proxy', newTag: é}]\n",
    "replicas: [{name: web, count: 5}]\n",
    "configMapGenerator: [{name: made, literals: [a=b, 'c=\"d\"']}]\n",
    "configMapGenerator: [{name: made, files: [data.txt, k=data.txt], envs: [data.env]}]\n",
    "configMapGenerator: [{name: settings, behavior: merge, literals: [a=9]}]\n",
    "configMapGenerator: [{name: settings, behavior: replace, literals: [z=9], options: {disableNameSuffixHash: true}}]\n",
    "secretGenerator: [{name: hidden, literals: [a=b], type: kubernetes.io/tls, options: {labels: {x: z}}}]\n",
    "secretGenerator: [{name: token, namespace: other, behavior: merge, files: [data.bin]}]\n",
    "generatorOptions: {disableNameSuffixHash: true, labels: {made: \"yes\"}, immutable: true}\n",
    "patches: [{patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 7, template: {spec: {containers: [{name: web, image: x, env: [{name: A, value: b}]}]}}}}'}]\n",
    "patches: [{target: {kind: Deployment}, patch: \"- {op: replace, path: /spec/replicas, value: 9}\\n- {op: add, path: /metadata/labels, value: {j: k}}\"}]\n",
    "patches:\n- target: {kind: ConfigMap, name: 's.*|m.*'}\n  patch: |\n    - op: add\n      path: /data/added\n      value: \"1\"\n",
    "patches: [{target: {name: web}, options: {allowNameChange: true}, patch: '{kind: Any, metadata: {name: renamed}}'}]\n",
    "patches: [path: patch.yaml]\n",
    "patches: [{path: patch.yaml, target: {kind: Service}}]\n",
    "patches: [{target: {kind: Thing}, patch: \"- {op: copy, from: /spec/deep, path: /spec/copy}\\n- {op: move, from: /spec/list, path: /spec/moved}\"}]\n",
    "patches: [{patch: '{apiVersion: v1, kind: Service, metadata: {name: web}, $patch: delete}'}]\n",
    "patchesStrategicMerge: [patch.yaml]\n",
    "patchesStrategicMerge: ['{apiVersion: example.com/v1, kind: Thing, metadata: {name: thing}, spec: {list: null, number: 2}}']\n",
    "patchesJson6902: [{target: {version: v1, kind: Service, name: web}, patch: '[{\"op\": \"remove\", \"path\": \"/spec/ports/0\"}]'}]\n",
    "replacements: [{source: {kind: Service, name: web, fieldPath: spec.ports.0.port}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.port], options: {create: true}}]}]\n",
    "replacements: [{source: {kind: Thing, fieldPath: spec.list}, targets: [{select: {kind: Thing}, fieldPaths: [spec.copy], options: {create: true}}]}]\n",
    "replacements: [{source: {kind: Deployment, name: web}, targets: [{select: {kind: Service}, fieldPaths: ['metadata.annotations.of'], options: {create: true}}]}]\n",
    "vars: [{name: V, objref: {apiVersion: v1, kind: Service, name: web}}]\n",
    "vars: [{name: V, objref: {apiVersion: example.com/v1, kind: Thing, name: thing}, fieldref: {fieldpath: spec.image}}]\n",
    "configurations: [places.yaml]\n",
    "sortOptions: {order: fifo}\n",
];

/// Files that stand in every folder, for the fields that name them.
const BESIDE: [(&str, &str); 5] = [
    (
        "patch.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {patched: x}}\nspec:\n  ports:\n  - {port: 81, name: more}\n  type: NodePort\n",
    ),
    (
        "places.yaml",
        "commonLabels: [{path: spec/deep/labels, create: true, kind: Thing}]\nimages: [{path: spec/image, kind: Thing}]\nnameReference: [{kind: ConfigMap, fieldSpecs: [{path: spec/list, kind: Thing}]}]\n",
    ),
    ("data.env", "A=1\n# no\n B = x\nC\n"),
    ("data.txt", "one\ntwo é\n"),
    ("data.bin", "\u{0}\u{1}binary"),
];

fn fields() -> impl Strategy<Value = String> {
    subsequence(FIELDS.to_vec(), 0..5).prop_map(|fields| {
        // A field stands once.
        let by_name: BTreeMap<&str, &str> = fields
            .iter()
            .map(|field| (field.split(':').next().unwrap_or(""), *field))
            .collect();
        by_name.into_values().collect()
    })
}

/// A base, up to two overlays over it, and a component that one of them takes.
pub fn repository() -> impl Strategy<Value = InMemory> {
    let overlay = (fields(), select(vec!["../base", "../one", "../two"]), any::<bool>());
    (
        subsequence(OBJECTS.to_vec(), 5..=10),
        fields(),
        vec(overlay, 0..3),
        fields(),
        any::<bool>(),
    )
        .prop_map(|(objects, base, overlays, component, at_root)| {
            let mut files = InMemory::default();
            let mut add = |name: String, text: String| {
                let _ = files.files.insert(name, text.into_bytes());
            };
            let names: Vec<String> = (0..objects.len()).map(|at| format!("o{at}.yaml")).collect();
            for (name, object) in names.iter().zip(objects) {
                add(format!("base/{name}"), object.to_owned());
            }
            add(
                "base/kustomization.yaml".to_owned(),
                format!("resources: [{}]\n{base}", names.join(", ")),
            );
            add(
                "part/kustomization.yaml".to_owned(),
                format!("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n{component}"),
            );
            for (name, (fields, taken, with_component)) in ["one", "two", "three"].into_iter().zip(overlays) {
                let taken = if taken.ends_with(name) { "../base" } else { taken };
                let components = if with_component { "components: [../part]\n" } else { "" };
                add(
                    format!("{name}/kustomization.yaml"),
                    format!("resources: [{taken}]\n{components}{fields}"),
                );
            }
            if at_root {
                add(
                    "kustomization.yaml".to_owned(),
                    "resources: [base]\nnamePrefix: root-\n".to_owned(),
                );
            }
            for folder in ["base", "part", "one", "two", "three"] {
                for (name, text) in BESIDE {
                    add(format!("{folder}/{name}"), text.to_owned());
                }
            }
            files
        })
}
