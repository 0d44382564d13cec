use super::*;
use crate::source::decode::decode_str;

fn describe(text: &str) -> Vec<String> {
    let decoded = decode_str("a.yaml", text);
    let tree = decoded.documents[0].tree.clone().unwrap();
    let root = tree.root();
    let schema = schema_of(root.str_at(&["apiVersion"]).unwrap(), root.str_at(&["kind"]).unwrap())
        .unwrap()
        .unwrap();
    let mut faults: Vec<String> = schema
        .faults(root)
        .iter()
        .map(|fault| match &fault.kind {
            FaultKind::UnknownField { entry, suggestion, .. } => {
                format!("unknown {} -> {}", entry.key(), suggestion.as_deref().unwrap_or("-"))
            }
            FaultKind::UnquotedString => format!("{} is not quoted", fault.node.source()),
            FaultKind::WrongType { expected } => format!("{} is not {expected}", fault.node.source()),
            FaultKind::InvalidValue { expected } => format!("{} is no {expected}", fault.node.source()),
        })
        .collect();
    faults.sort();
    faults
}

#[test]
fn every_schema_compiles() {
    for kind in kinds::KINDS {
        assert!(schema_of(kind.api_version, kind.kind).unwrap().is_some());
    }
}

#[test]
fn an_ordinary_deployment_has_no_fault() {
    let text = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, creationTimestamp: null, managedFields: [{fieldsV1: {"f:spec": {}}}]}
spec:
  replicas: 3.0
  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
  template:
    spec:
      restartPolicy:
      containers:
        - name: app
          resources: {limits: {cpu: 2, memory: 1.5Gi}, requests: {cpu: 0.5, memory: 128974848}}
          ports: [{containerPort: 80}]
          livenessProbe: {httpGet: {port: http}, initialDelaySeconds: "${DELAY}"}
      volumes: [{name: a, configMap: {name: a, defaultMode: 0644}}]
status: {replicas: 3}
"#;
    assert_eq!(describe(text), Vec::<String>::new());
}

#[test]
fn misspelt_fields_and_wrong_types_are_found_in_a_deployment() {
    let text = "
apiVersion: apps/v1
kind: Deployment
spec:
  replica: 3
  replicas: two
  template:
    spec:
      containers:
        - name: app
          imagePullPolcy: Always
          ports: [{containerPort: '80'}]
          resources: {limits: {cpu: true, memory: lots}}
          args: x
          image: 1.10
";
    assert_eq!(
        describe(text),
        [
            "'80' is not a whole number",
            "1.10 is not quoted",
            "lots is no a quantity such as 100m, 2 or 1Gi",
            "true is not a number or a string",
            "two is not a whole number",
            "unknown imagePullPolcy -> imagePullPolicy",
            "unknown replica -> replicas",
            "x is not a list",
        ]
    );
}

#[test]
fn what_the_crd_keeps_open_is_closed_here() {
    let text = "
apiVersion: apps.kruise.io/v1alpha1
kind: SidecarSet
spec:
  strategy: {partition: 0}
  namespace: a
  containers:
    - name: c
      image: x
      podInjectPolicy: BeforeAppContainer
      lifecycle: {postStar: {exec: {command: [a]}}}
      upgradeStrategy: {upgradeType: HotUpgrade, hotUpgradeEmptyImag: y}
      resourcesPolicy: {targetContainerMode: sum}
      targetContainerMode: sum
  volumes: [{name: a, emptydir: {}}]
";
    assert_eq!(
        describe(text),
        [
            "unknown emptydir -> emptyDir",
            "unknown hotUpgradeEmptyImag -> hotUpgradeEmptyImage",
            "unknown postStar -> postStart",
            "unknown strategy -> updateStrategy",
            "unknown targetContainerMode -> -",
            "unknown targetContainerMode -> targetContainersMode",
        ]
    );
    let beta = "apiVersion: apps.kruise.io/v1beta1\nkind: SidecarSet\nspec: {namespace: a, customVersion: v1}\n";
    assert_eq!(describe(beta), ["unknown namespace -> -"]);
}
