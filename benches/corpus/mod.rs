//! Manifests as people write them, made up: the same ones at every run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A file: its name and its text.
pub struct File {
    pub name: String,
    pub text: String,
}

/// A small generator of numbers (xorshift), so that no two manifests are alike.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % 1_000_003).unwrap_or(0) % bound
    }

    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.below(words.len())]
    }
}

const NAMES: &[&str] = &[
    "orders",
    "payment",
    "catalogue",
    "gateway",
    "ledger",
    "search",
    "basket",
    "profile",
    "notifier",
    "pricing",
];
const TEAMS: &[&str] = &["commerce", "platform", "identity", "data"];

/// `count` files in the proportions of an ordinary repository: some hold one document, some several.
pub fn generated(count: usize) -> Vec<File> {
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    let mut last_deployment = String::new();
    (0..count)
        .map(|index| {
            let app = format!("{}-{index}", dice.pick(NAMES));
            let mut text = String::new();
            match index % 8 {
                0..=2 => deployment(&mut text, &app, &mut dice),
                3 => {
                    deployment(&mut text, &app, &mut dice);
                    last_deployment.clone_from(&app);
                    text.push_str("---\n");
                    service(&mut text, &app, &mut dice);
                    text.push_str("---\n");
                    config_map(&mut text, &app, &mut dice);
                }
                4 => sidecar_set(&mut text, &app, &last_deployment, &mut dice),
                5 | 6 => config_map(&mut text, &app, &mut dice),
                _ => service(&mut text, &app, &mut dice),
            }
            File {
                name: format!("{app}.yaml"),
                text,
            }
        })
        .collect()
}

/// The YAML files of the shared corpora; none, with a word about it, where they are absent.
#[allow(dead_code, reason = "one of the two programs asks for it")]
#[expect(clippy::print_stderr, reason = "a measurement that is left out is said to be")]
pub fn shared() -> Vec<File> {
    let shared = std::env::var_os("CHECKER_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let folder = shared.join("corpora");
    if !folder.is_dir() {
        eprintln!("SKIPPED: no corpora in {}; set CHECKER_SHARED", folder.display());
        return Vec::new();
    }
    walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| {
            let extension = entry.path().extension().and_then(|extension| extension.to_str());
            entry.file_type().is_file() && matches!(extension, Some("yaml" | "yml"))
        })
        .filter_map(|entry| {
            let text = std::fs::read_to_string(entry.path()).ok()?;
            Some(File {
                name: entry.path().display().to_string(),
                text,
            })
        })
        .collect()
}

fn metadata(out: &mut String, kind: &str, api_version: &str, app: &str, dice: &mut Dice) {
    let team = dice.pick(TEAMS);
    let _ = write!(
        out,
        "apiVersion: {api_version}
kind: {kind}
metadata:
  name: {app}
  namespace: {team}
  labels:
    app.kubernetes.io/name: {app}
    app.kubernetes.io/part-of: \"{team}\"
    app.kubernetes.io/managed-by: gitops
  annotations:
    description: \"Owned by {team}; ask in #{team}-help\"
"
    );
}

/// About 137 lines.
fn deployment(out: &mut String, app: &str, dice: &mut Dice) {
    metadata(out, "Deployment", "apps/v1", app, dice);
    let (replicas, version) = (1 + dice.below(9), dice.below(40));
    let _ = write!(
        out,
        "spec:
  replicas: {replicas}
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 0
  selector:
    matchLabels:
      app.kubernetes.io/name: {app}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {app}
        mesh.example.com/inject: \"true\"
      annotations:
        prometheus.io/scrape: \"true\"
        prometheus.io/port: \"9090\"
    spec:
      serviceAccountName: {app}
      terminationGracePeriodSeconds: 60
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        fsGroup: 1000
      initContainers:
        - name: migrate
          image: registry.example.com/{app}:1.{version}.0
          command: [\"/bin/migrate\", \"--up\"]
          envFrom:
            - configMapRef:
                name: {app}
      containers:
"
    );
    for (container, port) in [("main", 8080), ("exporter", 9090)] {
        let _ = write!(
            out,
            "        - name: {container}
          image: registry.example.com/{app}-{container}:1.{version}.{port}
          imagePullPolicy: IfNotPresent
          args:
            - --listen=:{port}
            - --log-format=json
            - --log-level=info
          ports:
            - name: http
              containerPort: {port}
              protocol: TCP
          env:
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
            - name: DATABASE_URL
              value: postgres://db.internal:5432/{app}?sslmode=require
            - name: WORKERS
              value: \"{replicas}\"
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
            limits:
              cpu: \"1\"
              memory: 512Mi
          # The first start fills the cache, which takes a while.
          startupProbe:
            httpGet:
              path: /ready
              port: http
            failureThreshold: 30
            periodSeconds: 5
          livenessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 10
          readinessProbe:
            httpGet:
              path: /ready
              port: http
          volumeMounts:
            - name: config
              mountPath: /etc/{app}
              readOnly: true
            - name: scratch
              mountPath: /tmp
"
        );
    }
    let _ = write!(
        out,
        "      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels:
                    app.kubernetes.io/name: {app}
      volumes:
        - name: config
          configMap:
            name: {app}
        - name: scratch
          emptyDir: {{}}
"
    );
}

/// About 250 lines; selects the Deployment of another application.
fn sidecar_set(out: &mut String, app: &str, selected: &str, dice: &mut Dice) {
    metadata(out, "SidecarSet", "apps.kruise.io/v1alpha1", app, dice);
    let version = dice.below(60);
    let _ = write!(
        out,
        "spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: {selected}
  namespaceSelector:
    matchExpressions:
      - key: mesh.example.com/revision
        operator: In
        values: [stable, canary]
  updateStrategy:
    type: RollingUpdate
    partition: 90%
    maxUnavailable: 10%
  injectionStrategy:
    revision:
      revisionName: {app}-{version}
      policy: Always
  containers:
"
    );
    for container in ["proxy", "agent", "logger"] {
        let _ = write!(
            out,
            "    - name: mesh-{container}
      image: registry.example.com/mesh/{container}:1.6.{version}
      podInjectPolicy: BeforeAppContainer
      shareVolumePolicy:
        type: enabled
      upgradeStrategy:
        upgradeType: HotUpgrade
        hotUpgradeEmptyImage: registry.example.com/mesh/empty:1.0.0
      transferEnv:
        - sourceContainerName: main
          envName: WORKERS
      env:
"
        );
        for variable in [
            "CLUSTER",
            "NETWORK",
            "TRUST_DOMAIN",
            "DISCOVERY",
            "DRAIN",
            "TRACING",
            "LOG_LEVEL",
            "REGION",
        ] {
            let _ = write!(
                out,
                "        - name: MESH_{variable}
          value: \"{container}.{variable}.internal\"
"
            );
        }
        let _ = write!(
            out,
            "        - name: POD_IP
          valueFrom:
            fieldRef:
              apiVersion: v1
              fieldPath: status.podIP
        - name: LIMITS
          valueFrom:
            resourceFieldRef:
              containerName: mesh-{container}
              resource: limits.cpu
      ports:
        - containerPort: 15090
          name: {container}-prom
          protocol: TCP
      resources:
        requests:
          cpu: 50m
          memory: 64Mi
        limits: {{cpu: \"2\", memory: 1Gi}}
      securityContext:
        allowPrivilegeEscalation: false
        capabilities:
          drop:
            - ALL
        runAsUser: 1337
      lifecycle:
        preStop:
          exec:
            command:
              - /bin/sh
              - -c
              - |
                # Let running requests end.
                for attempt in 1 2 3; do
                  curl -sf localhost:15000/drain && exit 0
                  sleep 1
                done
        postStart:
          exec:
            command: [\"/bin/sh\", \"-c\", \"mesh wait\"]
      volumeMounts:
        - name: mesh-{container}
          mountPath: /var/run/mesh/{container}
        - name: mesh-token
          mountPath: /var/run/secrets/tokens
"
        );
    }
    out.push_str("  volumes:\n");
    for container in ["proxy", "agent", "logger"] {
        let _ = write!(
            out,
            "    - name: mesh-{container}
      emptyDir:
        medium: Memory
"
        );
    }
    out.push_str(
        "    - name: mesh-token
      projected:
        sources:
          - serviceAccountToken:
              path: token
              expirationSeconds: 43200
",
    );
}

fn config_map(out: &mut String, app: &str, dice: &mut Dice) {
    metadata(out, "ConfigMap", "v1", app, dice);
    let _ = write!(
        out,
        "data:
  LOG_LEVEL: info
  TIMEOUT: \"{}s\"
  FEATURES: 'a,b,c'
  summary: Settings that all replicas of {app}
    share, written over two lines.
  application.properties: |
    server.port=8080
    spring.datasource.url=jdbc:postgresql://db.internal:5432/{app}

    # Pool
    pool.size={}
    pool.timeout=30
  nginx.conf: |-
    server {{
      listen 80;
      location / {{
        proxy_pass http://{app}:8080;
      }}
    }}
",
        dice.below(60),
        dice.below(32),
    );
}

fn service(out: &mut String, app: &str, dice: &mut Dice) {
    metadata(out, "Service", "v1", app, dice);
    let _ = write!(
        out,
        "spec:
  type: ClusterIP
  selector:
    app.kubernetes.io/name: {app}
  ports:
  - name: http
    port: {}
    targetPort: http
  - name: metrics
    port: 9090
    targetPort: 9090
",
        80 + dice.below(8_000),
    );
}
