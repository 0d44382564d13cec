//! Each way in which the `kube` crate reads a kubeconfig otherwise than kubectl, and what else a user may write.

use std::ffi::OsString;
use std::fs;

use kube::config::AuthInfo;
use serde_json::Value;

use super::*;

const HEAD: &str = "apiVersion: v1\nkind: Config\ncurrent-context: prod\ncontexts:\n- {name: prod, context: {cluster: prod, user: me, namespace: shop}}\n";

/// A certificate only in its form: nothing here connects.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAECAwQF\n-----END CERTIFICATE-----\n";

struct Home {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, OsString)>,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().as_os_str().to_owned();
        Self {
            folder,
            variables: vec![("HOME", home)],
        }
    }

    fn set(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn load(&self) -> Result<Kubeconfig, ConnectionError> {
        Kubeconfig::load(None, &|name| self.variable(name))
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        let found = self.variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone())
    }

    fn connect_as(&self, context: Option<&str>, wishes: &Wishes) -> Result<Connection, ConnectionError> {
        self.load()?.connection(context, wishes, &|name| self.variable(name))
    }

    fn connect(&self) -> Result<Connection, ConnectionError> {
        self.connect_as(None, &Wishes::default())
    }

    fn refusal(&self) -> String {
        self.connect().unwrap_err().to_string()
    }
}

/// A home with one kubeconfig, whose one cluster and user are these.
fn home(cluster: &str, user: &str) -> Home {
    let home = Home::new();
    home.write(
        ".kube/config",
        &format!("{HEAD}clusters:\n- {{name: prod, cluster: {cluster}}}\nusers:\n- {{name: me, user: {user}}}\n"),
    );
    home
}

const CLUSTER: &str = "{server: 'https://prod.example:6443'}";

/// What of the credentials is sent, as JSON.
fn sent(connection: &Connection) -> Value {
    serde_json::to_value(&connection.config.auth_info).unwrap()
}

fn base64(text: &str) -> String {
    use ::base64::Engine;
    ::base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn an_empty_text_is_the_same_as_none() {
    let home = home(
        "{server: 'https://prod.example', certificate-authority-data: '', certificate-authority: '', tls-server-name: '', proxy-url: ''}",
        "{token: '', tokenFile: '', username: '', password: '', client-certificate-data: '', client-key-data: '', as: ''}",
    );
    let connection = home.connect().unwrap();
    assert_eq!(sent(&connection), serde_json::to_value(AuthInfo::default()).unwrap());
    assert_eq!(connection.config.root_cert, None);
    assert_eq!(connection.config.tls_server_name, None);
    assert_eq!(connection.namespace.as_deref(), Some("shop"));
    assert!(connection.warnings.is_empty());
}

#[test]
fn line_breaks_within_base64_are_passed_over() {
    let data = base64(CERTIFICATE);
    let (start, end) = data.split_at(20);
    let home = home(
        &format!("{{server: 'https://prod.example', certificate-authority-data: \"{start}\\n  {end}\\n\"}}"),
        &format!("{{client-certificate-data: \"{data}\\n\", client-key-data: \"{start}\\n{end}\\n\"}}"),
    );
    let connection = home.connect().unwrap();
    assert_eq!(connection.config.root_cert, Some(vec![vec![0, 1, 2, 3, 4, 5]]));
    let sent = sent(&connection);
    assert_eq!(
        (&sent["client-certificate-data"], &sent["client-key-data"]),
        (&data.clone().into(), &data.into())
    );
}

#[test]
fn the_token_of_the_file_wins_and_the_written_one_stands_in() {
    let home = home(CLUSTER, "{token: written, tokenFile: token}");
    home.write(".kube/token", " from-file\n");
    assert_eq!(sent(&home.connect().unwrap())["token"], "from-file");
    for broken in [Some(" \n"), None] {
        match broken {
            Some(text) => drop(home.write(".kube/token", text)),
            None => fs::remove_file(home.folder.path().join(".kube/token")).unwrap(),
        }
        let connection = home.connect().unwrap();
        assert_eq!(sent(&connection)["token"], "written");
        assert_eq!(connection.warnings.len(), 1);
        assert!(
            !connection.warnings[0].contains("written."),
            "{:?}",
            connection.warnings
        );
    }
    let alone = self::home(CLUSTER, "{tokenFile: token}");
    assert!(alone.refusal().contains("token file"), "{}", alone.refusal());
}

#[test]
fn files_of_the_list_are_merged_and_a_missing_one_is_told() {
    let mut home = Home::new();
    let first = home.write(
        "a/first",
        "current-context: one\nusers:\n- {name: me, user: {token: first}}\n",
    );
    let second = home.write(
        "b/second",
        "current-context: two\n\
         contexts:\n- {name: one, context: {cluster: one, user: me}}\n\
         clusters:\n- {name: one, cluster: {server: 'https://one.example', certificate-authority: ca.crt}}\n\
         users:\n- {name: me, user: {username: second, password: second}}\n",
    );
    home.write("b/ca.crt", CERTIFICATE);
    let missing = home.folder.path().join("missing");
    let list = std::env::join_paths([Path::new(""), &missing, &first, &second, &missing]).unwrap();
    home.variables.push((VARIABLE, list));
    let kubeconfig = home.load().unwrap();
    assert_eq!(kubeconfig.warnings().len(), 1);
    assert!(kubeconfig.warnings()[0].contains("missing"));
    let connection = home.connect().unwrap();
    assert_eq!(connection.context, "one");
    // An entry is taken whole from the first file that has it.
    assert_eq!(sent(&connection), serde_json::json!({"token": "first"}));
    // The path is counted from the folder of its own file.
    assert_eq!(connection.config.root_cert, Some(vec![vec![0, 1, 2, 3, 4, 5]]));
    // One that the user names has to be there.
    let named = Kubeconfig::load(Some(&missing), &|name| home.variable(name)).unwrap_err();
    assert!(named.to_string().contains("no such file"), "{named}");
}

#[test]
fn no_message_quotes_what_the_file_holds() {
    for (cluster, user) in [
        (CLUSTER, "{token: hunter2, [}"),
        (CLUSTER, "{token: [hunter2]}"),
        (CLUSTER, "{password: 31337, username: me}"),
        (CLUSTER, "{token: hunter2, password: hunter2}"),
        (CLUSTER, "{token: \"hunter2\\n\"}"),
        (
            CLUSTER,
            "{client-key-data: 'hunter2!', client-certificate-data: 'hunter2!'}",
        ),
        (CLUSTER, "{client-key-data: 'hunter2!'}"),
        (CLUSTER, "{exec: {command: a, args: hunter2}}"),
        (CLUSTER, "{exec: {command: a, interactiveMode: hunter2}}"),
        ("{server: 'https://me:hunter2@prod.example'}", "{}"),
        (
            "{server: 'https://prod.example', proxy-url: 'ftp://me:hunter2@proxy'}",
            "{}",
        ),
        (
            "{server: 'https://prod.example', certificate-authority-data: hunter2!}",
            "{}",
        ),
    ] {
        let refusal = home(cluster, user).refusal();
        assert!(!refusal.contains("hunter2") && !refusal.contains("31337"), "{refusal}");
        assert!(!refusal.contains('\n') && refusal.len() > 20, "{refusal}");
    }
    let wrong_type = home(CLUSTER, "{password: 31337, username: me}").refusal();
    assert!(
        wrong_type.contains("users[0].user.password must be a string"),
        "{wrong_type}"
    );
    assert!(wrong_type.contains("line 9"), "{wrong_type}");
}

#[test]
fn credentials_are_not_in_what_is_printed_to_debug() {
    let home = home(CLUSTER, "{token: hunter2}");
    let printed = format!("{:?} {:?}", home.load().unwrap(), home.connect().unwrap());
    assert!(!printed.contains("hunter2"), "{printed}");
}

#[test]
fn a_repeated_key_is_told_and_the_last_one_counts() {
    let home = home(CLUSTER, "{token: first, token: second}");
    let kubeconfig = home.load().unwrap();
    assert_eq!(kubeconfig.warnings().len(), 1);
    assert!(
        kubeconfig.warnings()[0].contains("line 9 repeats a key"),
        "{:?}",
        kubeconfig.warnings()
    );
    assert_eq!(sent(&home.connect().unwrap())["token"], "second");
}

#[test]
fn a_repeated_name_is_refused() {
    let home = Home::new();
    home.write(
        ".kube/config",
        "users:\n- {name: me, user: {token: a}}\n- {name: me, user: {token: b}}\n",
    );
    let refusal = home.load().unwrap_err().to_string();
    assert!(
        refusal.contains("two entries of the name `me` (the second in line 3)"),
        "{refusal}"
    );
}

#[test]
fn a_user_that_is_not_there_is_told() {
    let home = Home::new();
    home.write(
        ".kube/config",
        &format!("{HEAD}clusters:\n- {{name: prod, cluster: {CLUSTER}}}\n"),
    );
    let connection = home.connect().unwrap();
    assert_eq!(connection.warnings.len(), 1);
    assert!(connection.warnings[0].contains("`me`") && connection.warnings[0].contains("anonymously"));
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let home = home(CLUSTER, "{token: a}");
    let told = home
        .connect_as(Some("prd"), &Wishes::default())
        .unwrap_err()
        .to_string();
    assert!(told.contains("did you mean `prod`? (there are: prod)"), "{told}");
    let empty = Home::new();
    assert!(empty.refusal().contains("no cluster is known"), "{}", empty.refusal());
    empty.write(".kube/config", "contexts:\n- {name: one, context: {cluster: gone}}\n");
    assert!(empty.refusal().contains("name one with `--context` (there are: one)"));
    let told = empty
        .connect_as(Some("one"), &Wishes::default())
        .unwrap_err()
        .to_string();
    assert!(told.contains("no cluster `gone`"), "{told}");
}

#[test]
fn contradictions_are_refused() {
    let authority = base64(CERTIFICATE);
    for (cluster, user, told) in [
        (
            format!(
                "{{server: 'https://a.example', insecure-skip-tls-verify: true, certificate-authority-data: {authority}}}"
            ),
            "{}",
            "insecure-skip-tls-verify",
        ),
        (CLUSTER.to_owned(), "{token: a, username: b}", "a token and a password"),
        (CLUSTER.to_owned(), "{as-groups: [admins]}", "without `as`"),
        (CLUSTER.to_owned(), "{auth-provider: {name: gcp}}", "credential plugin"),
        (CLUSTER.to_owned(), "{client-certificate: a}", "without `client-key`"),
        ("{}".to_owned(), "{}", "no `server`"),
        ("{server: 'ftp://a'}".to_owned(), "{}", "no address"),
    ] {
        let refusal = home(&cluster, user).refusal();
        assert!(
            refusal.starts_with("context `prod`: ") && refusal.contains(told),
            "{refusal}"
        );
    }
}

#[test]
fn an_unverified_server_needs_no_certificates_of_the_system() {
    let connection = home("{server: 'https://a.example', insecure-skip-tls-verify: true}", "{}")
        .connect()
        .unwrap();
    assert!(connection.config.accept_invalid_certs);
    assert_eq!(connection.config.root_cert, Some(Vec::new()));
}

#[test]
fn a_server_without_a_scheme_is_read_as_kubectl_does() {
    for (cluster, server) in [
        ("{server: '10.0.0.1:6443'}", "http://10.0.0.1:6443/"),
        (
            "{server: '10.0.0.1:6443', insecure-skip-tls-verify: true}",
            "https://10.0.0.1:6443/",
        ),
        (
            "{server: 'https://a.example/k8s/clusters/c-1'}",
            "https://a.example/k8s/clusters/c-1",
        ),
    ] {
        assert_eq!(home(cluster, "{}").connect().unwrap().server(), server);
    }
}

#[test]
fn the_proxy_of_the_kubeconfig_is_not_subject_to_no_proxy() {
    let written = "{server: 'https://prod.example', proxy-url: 'http://proxy.example:3128'}";
    let excepted = |cluster| {
        home(cluster, "{}")
            .set("NO_PROXY", "prod.example")
            .set("HTTPS_PROXY", "http://other:1")
    };
    let proxy = |home: Home| home.connect().unwrap().config.proxy_url.map(|uri| uri.to_string());
    assert_eq!(proxy(excepted(written)).as_deref(), Some("http://proxy.example:3128/"));
    assert_eq!(proxy(excepted(CLUSTER)), None);
    let sloppy = home(CLUSTER, "{}")
        .set("NO_PROXY", "localhost,")
        .set("HTTPS_PROXY", "http://other:1");
    assert_eq!(proxy(sloppy).as_deref(), Some("http://other:1/"));
}

#[test]
fn the_way_to_a_server_is_told_without_the_password_of_the_proxy() {
    let cluster = "{server: 'https://prod.example', proxy-url: 'http://me:hunter2@proxy.example:3128'}";
    let way = home(cluster, "{}").connect().unwrap().way();
    assert_eq!(way, "https://prod.example/ (through the proxy proxy.example:3128)");
}

#[test]
fn whom_to_act_as_is_said_by_the_flags_else_by_the_kubeconfig() {
    let home = home(
        CLUSTER,
        "{token: a, as: robot, as-uid: '7', as-groups: [one, two], as-user-extra: {'example.com/reason': [night]}}",
    );
    let headers = |wishes: &Wishes| {
        let headers = home.connect_as(None, wishes).unwrap().config.headers;
        let headers = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
        headers.collect::<Vec<_>>()
    };
    let agent = format!("user-agent: checker/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        headers(&Wishes::default()),
        [
            agent.as_str(),
            "impersonate-user: robot",
            "impersonate-uid: 7",
            "impersonate-group: one",
            "impersonate-group: two",
            "impersonate-extra-example.com%2freason: night",
        ]
    );
    let wishes = Wishes {
        impersonation: Some(Impersonation {
            user: "other".to_owned(),
            ..Impersonation::default()
        }),
        ..Wishes::default()
    };
    assert_eq!(headers(&wishes), [agent.as_str(), "impersonate-user: other"]);
}

#[test]
fn the_time_for_an_answer_is_as_asked() {
    let home = home(CLUSTER, "{}");
    let patience = |time: Option<u64>| {
        let wishes = Wishes {
            request_timeout: time.map(Duration::from_secs),
            ..Wishes::default()
        };
        home.connect_as(None, &wishes).unwrap().patience
    };
    assert_eq!(patience(None).request, Some(Duration::from_secs(60)));
    assert_eq!(patience(Some(0)).request, None);
    assert_eq!(patience(Some(5)).request, Some(Duration::from_secs(5)));
    // A long time is not cut short by another bound.
    let long = patience(Some(3_600));
    assert!(long.whole >= Duration::from_secs(3_600) && long.silence >= Duration::from_secs(3_600));
}

#[test]
fn within_a_cluster_the_service_account_is_taken() {
    let home = Home::new()
        .set("KUBERNETES_SERVICE_HOST", "fd00::1")
        .set("KUBERNETES_SERVICE_PORT", "443");
    let folder = home.folder.path().join("account");
    let connection = || in_cluster::connection_of(&folder, &Wishes::default(), &|name| home.variable(name));
    assert!(connection().unwrap().is_none());
    home.write("account/token", "from-account\n");
    home.write("account/ca.crt", CERTIFICATE);
    home.write("account/namespace", "mesh");
    let connection = connection().unwrap().unwrap();
    assert_eq!(connection.context, "in-cluster");
    assert_eq!(connection.server(), "https://[fd00::1]:443/");
    assert_eq!(connection.namespace.as_deref(), Some("mesh"));
    assert_eq!(sent(&connection)["token"], "from-account");
}
