//! From a context to a connection: its cluster, its user, and what the environment adds.

use std::fmt::Write;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Uri};
use kube::config::AuthInfo;
use serde_json::Value;

use super::entries::{Cluster, Context, User};
use super::plugin::{self, ClusterInformation};
use super::secret::Secret;
use super::{Environment, Impersonation, Kubeconfig, Wishes, certificate, proxy, read_named};
use crate::live::connection::{Connection, ConnectionError, Patience};

/// How the server is reached.
#[derive(Default)]
pub(super) struct Server {
    pub(super) uri: Uri,
    /// In DER; `None` for those that the system trusts.
    pub(super) root_certificates: Option<Vec<Vec<u8>>>,
    pub(super) skips_verification: bool,
    pub(super) tls_server_name: Option<String>,
    pub(super) proxy: Option<Uri>,
    pub(super) disables_compression: bool,
}

/// Who asks.
#[derive(Default)]
pub(super) struct Credentials {
    pub(super) token: Option<Secret<String>>,
    pub(super) name_and_password: Option<(String, Secret<String>)>,
    /// Certificate and key, in PEM.
    pub(super) certificate: Option<(Vec<u8>, Secret<Vec<u8>>)>,
    pub(super) impersonation: Option<Impersonation>,
}

/// The connection of a context.
pub(super) fn connection(
    kubeconfig: &Kubeconfig,
    name: &str,
    context: &Context,
    wishes: &Wishes,
    environment: &Environment<'_>,
) -> Result<Connection, ConnectionError> {
    let refuse = |why: String| ConnectionError::Configuration(format!("context `{name}`: {why}"));
    let cluster_name = context
        .cluster
        .as_deref()
        .ok_or_else(|| refuse("it names no cluster".to_owned()))?;
    let cluster = kubeconfig
        .clusters
        .get(cluster_name)
        .ok_or_else(|| refuse(format!("the kubeconfig has no cluster `{cluster_name}`")))?;
    let mut warnings = Vec::new();
    let nobody = User::default();
    let user_name = context.user.as_deref().unwrap_or_default();
    let user = kubeconfig.users.get(user_name).unwrap_or(&nobody);
    // client-go asks anonymously, without a word.
    if !user_name.is_empty() && !kubeconfig.users.contains_key(user_name) {
        warnings.push(format!(
            "context `{name}` names the user `{user_name}`, whom the kubeconfig does not have: the cluster is asked anonymously"
        ));
    }
    let server = server(cluster, user).map_err(|error| within(name, error))?;
    let mut credentials = credentials(user, user_name, &mut warnings).map_err(|error| within(name, error))?;
    let has_credentials = credentials.token.is_some() || credentials.name_and_password.is_some();
    // What is written down wins over what the program would give (`exec.go`, `RoundTrip`), so it is not run for nothing.
    if let Some(plugin) = user.plugin.as_ref().filter(|_| !has_credentials) {
        let information = cluster_information(cluster, &server)?;
        let given = plugin::run(plugin, Some(information), user_name)
            .map_err(|why| ConnectionError::Credentials(format!("context `{name}`: {why}")))?;
        credentials.token = given.token;
        if let Some((certificate, key)) = given.certificate {
            let key = Secret::new(key.expose().clone().into_bytes());
            credentials.certificate = Some((certificate.expose().clone().into_bytes(), key));
        }
    }
    let mut connection = assemble(name, server, credentials, wishes, environment)?;
    connection.namespace.clone_from(&context.namespace);
    connection.warnings = warnings;
    Ok(connection)
}

fn within(context: &str, error: ConnectionError) -> ConnectionError {
    match error {
        ConnectionError::Configuration(why) => ConnectionError::Configuration(format!("context `{context}`: {why}")),
        ConnectionError::Credentials(why) => ConnectionError::Credentials(format!("context `{context}`: {why}")),
    }
}

fn server(cluster: &Cluster, user: &User) -> Result<Server, ConnectionError> {
    let refuse = |why: &str| ConnectionError::Configuration(why.to_owned());
    let written = cluster
        .server
        .as_deref()
        .ok_or_else(|| refuse("its cluster has no `server`"))?;
    // `client-go rest/url_utils.go`, `DefaultServerURL`.
    let has_tls =
        cluster.certificate_authority.is_some() || user.client_certificate.is_some() || cluster.skips_verification;
    let written = match written.contains("://") {
        true => written.to_owned(),
        false if has_tls => format!("https://{written}"),
        false => format!("http://{written}"),
    };
    let uri: Uri = written
        .parse()
        .ok()
        .filter(|uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
        .ok_or_else(|| refuse("`server` of its cluster is no address; `https://HOST:PORT` is due"))?;
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err(refuse(
            "`server` of its cluster holds a user's name; write it under `users` (`username`, `password`)",
        ));
    }
    let authority = match &cluster.certificate_authority {
        Some(_) if cluster.skips_verification => {
            return Err(refuse(
                "its cluster has a certificate authority and `insecure-skip-tls-verify: true`, of which only one can be meant",
            ));
        }
        Some(material) => {
            let bytes = certificate::bytes(material, "certificate authority of its cluster")?;
            Some(certificate::certificates(
                &bytes,
                "certificate authority of its cluster",
            )?)
        }
        None => None,
    };
    Ok(Server {
        proxy: cluster
            .proxy_url
            .as_ref()
            .map(|written| proxy::of_kubeconfig(written.expose()))
            .transpose()
            .map_err(ConnectionError::Configuration)?,
        // Where nothing is verified, the system need not have certificates either.
        root_certificates: authority
            .or_else(|| (cluster.skips_verification || uri.scheme_str() == Some("http")).then(Vec::new)),
        skips_verification: cluster.skips_verification,
        tls_server_name: cluster.tls_server_name.clone(),
        disables_compression: cluster.disables_compression,
        uri,
    })
}

fn credentials(user: &User, name: &str, warnings: &mut Vec<String>) -> Result<Credentials, ConnectionError> {
    let refuse = |why: String| ConnectionError::Configuration(format!("user `{name}`: {why}"));
    let mut token = token(user, name, warnings)?;
    let name_and_password = match (&user.username, &user.password) {
        (None, None) => None,
        (username, password) => Some((
            username.clone().unwrap_or_default(),
            password.clone().unwrap_or_else(|| Secret::new(String::new())),
        )),
    };
    if token.is_some() && name_and_password.is_some() {
        return Err(refuse(
            "it has a token and a password, of which only one can be meant".to_owned(),
        ));
    }
    if let Some(provider) = &user.auth_provider {
        if user.plugin.is_some() {
            return Err(refuse(
                "it has `auth-provider` and `exec`, of which only one can be meant".to_owned(),
            ));
        }
        if token.is_none() && name_and_password.is_none() {
            token.clone_from(&provider.identity_token);
            if token.is_none() {
                return Err(refuse(format!(
                    "`auth-provider: {}` is no longer a way to log in; use a credential plugin (`exec`)",
                    provider.name
                )));
            }
        }
    }
    let certificate = match (&user.client_certificate, &user.client_key) {
        (None, None) => None,
        (Some(_), None) => return Err(refuse("it has `client-certificate` without `client-key`".to_owned())),
        (None, Some(_)) => return Err(refuse("it has `client-key` without `client-certificate`".to_owned())),
        (Some(certificate), Some(key)) => {
            let certificate = certificate::bytes(certificate, "client certificate of its user")?;
            // Checked here, since an error of the TLS library may quote the lines.
            certificate::certificates(&certificate, "client certificate of its user")?;
            let key = certificate::bytes(key, "client key of its user")?;
            Some((certificate, Secret::new(key)))
        }
    };
    Ok(Credentials {
        token,
        name_and_password,
        certificate,
        impersonation: user.impersonated.checked().map_err(|why| refuse(why.to_owned()))?,
    })
}

/// The token: that of the file, if it can be read, else the one that is written out (`client-go transport/round_trippers.go`).
fn token(user: &User, name: &str, warnings: &mut Vec<String>) -> Result<Option<Secret<String>>, ConnectionError> {
    let Some(file) = &user.token_file else {
        return Ok(user.token.clone());
    };
    let read = read_named(file, "token file").and_then(|bytes| {
        let token = String::from_utf8_lossy(&bytes).trim().to_owned();
        if token.is_empty() {
            let file = file.display();
            return Err(ConnectionError::Configuration(format!(
                "the token file {file} is empty"
            )));
        }
        Ok(Some(Secret::new(token)))
    });
    match (read, &user.token) {
        (Ok(token), _) => Ok(token),
        (Err(error), Some(token)) => {
            warnings.push(format!(
                "user `{name}`: {error}; the token that is written out is taken instead"
            ));
            Ok(Some(token.clone()))
        }
        (Err(error), None) => Err(error),
    }
}

/// What a credential plugin is told of the cluster (`client-go pkg/apis/clientauthentication/v1/types.go`, `Cluster`).
fn cluster_information(cluster: &Cluster, server: &Server) -> Result<ClusterInformation, ConnectionError> {
    let mut information = ClusterInformation::new();
    let mut put = |key: &str, value: Value| {
        information.insert(key.to_owned(), value);
    };
    put("server", cluster.server.clone().unwrap_or_default().into());
    if let Some(name) = &server.tls_server_name {
        put("tls-server-name", name.as_str().into());
    }
    if server.skips_verification {
        put("insecure-skip-tls-verify", true.into());
    }
    if let Some(material) = &cluster.certificate_authority {
        let bytes = certificate::bytes(material, "certificate authority of its cluster")?;
        put("certificate-authority-data", STANDARD.encode(bytes).into());
    }
    if let Some(proxy) = &cluster.proxy_url {
        put("proxy-url", proxy.expose().as_str().into());
    }
    if server.disables_compression {
        put("disable-compression", true.into());
    }
    if let Some(config) = &cluster.plugin_config {
        put("config", config.clone());
    }
    Ok(information)
}

/// The finished configuration.
pub(super) fn assemble(
    context: &str,
    server: Server,
    credentials: Credentials,
    wishes: &Wishes,
    environment: &Environment<'_>,
) -> Result<Connection, ConnectionError> {
    let refuse = |why: String| ConnectionError::Configuration(format!("context `{context}`: {why}"));
    let patience = patience(wishes);
    let proxy = match server.proxy {
        Some(proxy) => Some(proxy),
        None => proxy::of_environment(&server.uri, environment).map_err(ConnectionError::Configuration)?,
    };
    let mut config = kube::Config::new(server.uri);
    config.root_cert = server.root_certificates;
    config.accept_invalid_certs = server.skips_verification;
    config.tls_server_name = server.tls_server_name;
    config.proxy_url = proxy;
    config.disable_compression = server.disables_compression;
    config.read_timeout = Some(patience.silence);
    // Else the time that a connection lay idle would count.
    config.reset_reader_on_write = true;
    // It would ask up to fifteen times and wait as long as the server says (measured with kube 5.0.0); `retry` has bounds.
    config.default_retry = false;
    config.headers = headers(wishes.impersonation.as_ref().or(credentials.impersonation.as_ref())).map_err(refuse)?;
    let mut auth_info = AuthInfo::default();
    if let Some(token) = credentials.token {
        let token = token.expose();
        if HeaderValue::from_str(token).is_err() {
            return Err(refuse(
                "the token of its user has characters that no token has".to_owned(),
            ));
        }
        auth_info.token = Some(token.clone().into());
    }
    if let Some((name, password)) = credentials.name_and_password {
        auth_info.username = Some(name);
        auth_info.password = Some(password.expose().clone().into());
    }
    if let Some((certificate, key)) = credentials.certificate {
        auth_info.client_certificate_data = Some(certificate::encoded(&certificate));
        auth_info.client_key_data = Some(certificate::encoded(key.expose()).into());
    }
    config.auth_info = auth_info;
    Ok(Connection {
        context: context.to_owned(),
        namespace: None,
        warnings: Vec::new(),
        patience,
        cache_folder: cache_folder(environment),
        config,
    })
}

/// Where the user wants caches to be (XDG Base Directory Specification).
fn cache_folder(environment: &Environment<'_>) -> Option<PathBuf> {
    let absolute = |name: &str| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))
}

fn patience(wishes: &Wishes) -> Patience {
    let patience = Patience::default();
    match wishes.request_timeout {
        None => patience,
        Some(time) if time.is_zero() => Patience {
            request: None,
            silence: patience.whole,
            ..patience
        },
        Some(time) => Patience {
            request: Some(time),
            silence: patience.silence.max(time),
            repetition: patience.repetition.max(time),
            whole: patience.whole.max(time),
            ..patience
        },
    }
}

/// Headers of every request.
fn headers(impersonation: Option<&Impersonation>) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    const AGENT: &str = concat!("checker/", env!("CARGO_PKG_VERSION"));
    let mut headers = vec![(http::header::USER_AGENT, HeaderValue::from_static(AGENT))];
    let Some(impersonation) = impersonation else {
        return Ok(headers);
    };
    let mut put = |name: &str, value: &str| -> Result<(), String> {
        let wrong = |_| "whom to ask as cannot be written in a header".to_owned();
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        headers.push((name, value));
        Ok(())
    };
    put("impersonate-user", &impersonation.user)?;
    if let Some(identifier) = &impersonation.identifier {
        put("impersonate-uid", identifier)?;
    }
    for group in &impersonation.groups {
        put("impersonate-group", group)?;
    }
    for (key, values) in &impersonation.extra {
        let key = escaped(key);
        for value in values {
            put(&format!("impersonate-extra-{key}"), value)?;
        }
    }
    Ok(headers)
}

/// A key as part of a header's name: what no name can hold is percent-encoded (`client-go transport/round_trippers.go`).
fn escaped(key: &str) -> String {
    let mut escaped = String::new();
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}
