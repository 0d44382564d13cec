//! The cluster that the program itself runs in, as a pod with a service account (`client-go rest/config.go`, `InClusterConfig`).

use std::net::IpAddr;
use std::path::Path;

use http::Uri;

use super::entries::Material;
use super::resolve::{Credentials, Server, assemble};
use super::secret::Secret;
use super::{Environment, Wishes, certificate, read_named, variable};
use crate::live::connection::{Connection, ConnectionError};

const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The name in place of a context.
const NAME: &str = "in-cluster";

/// The connection, if the program runs in a cluster.
pub(super) fn connection(
    wishes: &Wishes,
    environment: &Environment<'_>,
) -> Result<Option<Connection>, ConnectionError> {
    connection_of(Path::new(FOLDER), wishes, environment)
}

pub(super) fn connection_of(
    folder: &Path,
    wishes: &Wishes,
    environment: &Environment<'_>,
) -> Result<Option<Connection>, ConnectionError> {
    let address =
        variable(environment, "KUBERNETES_SERVICE_HOST").zip(variable(environment, "KUBERNETES_SERVICE_PORT"));
    let token_file = folder.join("token");
    let Some((host, port)) = address.filter(|_| token_file.is_file()) else {
        return Ok(None);
    };
    let host = match host.parse() {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => host,
    };
    let uri: Uri = format!("https://{host}:{port}").parse().map_err(|_| {
        ConnectionError::Configuration(
            "`KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT` are no address of a server".to_owned(),
        )
    })?;
    let authority = Material::File(folder.join("ca.crt"));
    let authority = certificate::bytes(&authority, "certificate authority of the service account")?;
    let token = read_named(&token_file, "token of the service account")?;
    let namespace = std::fs::read_to_string(folder.join("namespace")).ok();
    let server = Server {
        uri,
        root_certificates: Some(certificate::certificates(
            &authority,
            "certificate authority of the service account",
        )?),
        ..Server::default()
    };
    let credentials = Credentials {
        token: Some(Secret::new(String::from_utf8_lossy(&token).trim().to_owned())),
        ..Credentials::default()
    };
    let mut connection = assemble(NAME, server, credentials, wishes, environment)?;
    connection.namespace = namespace
        .map(|namespace| namespace.trim().to_owned())
        .filter(|namespace| !namespace.is_empty());
    Ok(Some(connection))
}
