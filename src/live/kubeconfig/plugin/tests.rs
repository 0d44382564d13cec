//! Runs of credential plugins.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

/// A program that does this, in a folder of its own.
fn script(text: &str) -> (tempfile::TempDir, Plugin) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("login");
    fs::write(&path, format!("#!/bin/sh\ncd '{}'\n{text}\n", folder.path().display())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let plugin = Plugin {
        api_version: Some(V1.to_owned()),
        command: Some(path.display().to_string()),
        arguments: vec![Secret::new("--password=hunter2".to_owned())],
        variables: vec![("LOGIN_SECRET".to_owned(), Secret::new("hunter2".to_owned()))],
        install_hint: None,
        interactive_mode: Some(InteractiveMode::IfAvailable),
        wants_cluster: true,
    };
    (folder, plugin)
}

fn refusal(plugin: &Plugin, is_terminal: bool) -> String {
    match run_at(plugin, None, "me", is_terminal) {
        Ok(_) => panic!("credentials were given"),
        Err(why) => why,
    }
}

#[test]
fn a_plugin_is_told_what_kubectl_tells_and_gives_what_it_prints() {
    let (folder, plugin) = script(
        r#"printf '%s' "$KUBERNETES_EXEC_INFO" > asked; printf '%s %s' "$1" "$LOGIN_SECRET" > given; cat > input
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t", "clientCertificateData": "", "expirationTimestamp": "2030-01-01T00:00:00Z"}}'"#,
    );
    let cluster = ClusterInformation::from_iter([("server".to_owned(), json!("https://a.example"))]);
    let given = run_at(&plugin, Some(cluster), "me", false).unwrap();
    assert_eq!(given.token.unwrap().expose(), "t");
    assert!(given.certificate.is_none());
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let asked: Value = serde_json::from_str(&read("asked")).unwrap();
    assert_eq!(
        asked,
        json!({"apiVersion": V1, "kind": "ExecCredential", "spec": {"interactive": false, "cluster": {"server": "https://a.example"}}})
    );
    assert_eq!(read("given"), "--password=hunter2 hunter2");
    assert_eq!(read("input"), "");
}

#[test]
fn no_message_holds_what_a_plugin_prints_or_is_given() {
    let v1 = r#""apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential""#;
    for (text, told) in [
        ("echo hunter2; exit 7", "exit code 7"),
        ("echo hunter2; kill -9 $$", "ended by a signal"),
        ("echo hunter2", "no `ExecCredential` in JSON"),
        (
            r#"echo '{"kind": "hunter2", "status": {"token": "hunter2"}}'"#,
            "no `ExecCredential` of",
        ),
        (
            &format!(r#"echo '{{{v1}, "status": {{"token": 5, "a": "hunter2"}}}}'"#),
            "in JSON",
        ),
        (&format!("echo '{{{v1}}}'"), "no `status`"),
        (
            &format!(r#"echo '{{{v1}, "status": {{"token": ""}}}}'"#),
            "neither a token nor",
        ),
        (
            &format!(r#"echo '{{{v1}, "status": {{"clientKeyData": "hunter2"}}}}'"#),
            "without its certificate",
        ),
        ("exec head -c 2000000 /dev/zero", "printed more than 1 MiB"),
    ] {
        let (_folder, plugin) = script(text);
        let refusal = refusal(&plugin, false);
        assert!(refusal.contains(told) && refusal.contains("of user `me`"), "{refusal}");
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }
}

#[test]
fn a_plugin_that_is_missing_is_told_with_its_hint() {
    let (_folder, mut plugin) = script("");
    plugin.command = Some("no-such-login-program".to_owned());
    plugin.install_hint = Some("Install it:\n  brew install login\n".to_owned());
    let refusal = refusal(&plugin, false);
    assert!(
        refusal.ends_with("is not installed; Install it: brew install login"),
        "{refusal}"
    );
}

#[test]
fn only_who_may_ask_the_user_does() {
    let (_folder, mut plugin) = script("");
    let mut asks = |mode, version, is_terminal| {
        plugin.interactive_mode = mode;
        is_interactive(&plugin, version, is_terminal)
    };
    assert_eq!(asks(Some(InteractiveMode::Never), V1, true), Ok(false));
    assert_eq!(asks(Some(InteractiveMode::IfAvailable), V1, true), Ok(true));
    assert_eq!(asks(Some(InteractiveMode::IfAvailable), V1, false), Ok(false));
    assert_eq!(asks(Some(InteractiveMode::Always), V1, true), Ok(true));
    assert!(asks(Some(InteractiveMode::Always), V1, false).is_err());
    assert!(asks(None, V1, true).is_err());
    assert_eq!(asks(None, V1_BETA_1, true), Ok(true));
    plugin.api_version = Some("client.authentication.k8s.io/v1alpha1".to_owned());
    assert!(refusal(&plugin, true).contains("needs `apiVersion: client.authentication.k8s.io/v1`"));
}

#[test]
fn what_a_plugin_leaves_behind_is_not_waited_for() {
    let (_folder, plugin) = script("sleep 30 &");
    let start = std::time::Instant::now();
    assert!(refusal(&plugin, false).contains("left its output open"));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_plugin_that_hangs_is_ended() {
    let mut process = Command::new("sleep");
    process.arg("600").stdout(Stdio::piped());
    let start = std::time::Instant::now();
    let why = answer(process, Duration::from_millis(100)).unwrap_err();
    assert!(why.contains("not done after"), "{why}");
    assert!(start.elapsed() < Duration::from_secs(60));
}
