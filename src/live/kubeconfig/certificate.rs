//! Certificates and keys, written out in base64 or in files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::entries::Material;
use super::read_named;
use crate::live::connection::ConnectionError;

/// The bytes; `what` names them in messages, which never quote them.
pub(super) fn bytes(material: &Material, what: &str) -> Result<Vec<u8>, ConnectionError> {
    match material {
        Material::File(path) => read_named(path, what),
        Material::Inline(base64) => {
            // Go's decoder passes over line breaks (`encoding/base64`, `StdEncoding`); an editor adds one at the end, or wraps.
            let dense: String = base64.expose().split_ascii_whitespace().collect();
            STANDARD
                .decode(dense)
                .map_err(|_| ConnectionError::Configuration(format!("the {what} is not base64, as `…-data` has to be")))
        }
    }
}

/// The certificates of a PEM text, in DER.
pub(super) fn certificates(pem: &[u8], what: &str) -> Result<Vec<Vec<u8>>, ConnectionError> {
    let blocks = pem::parse_many(pem).unwrap_or_default();
    let certificates: Vec<Vec<u8>> = blocks
        .into_iter()
        .filter(|block| block.tag() == "CERTIFICATE")
        .map(pem::Pem::into_contents)
        .collect();
    if certificates.is_empty() {
        return Err(ConnectionError::Configuration(format!(
            "the {what} holds no certificate (`-----BEGIN CERTIFICATE-----` is due)"
        )));
    }
    Ok(certificates)
}

/// A PEM text as `kube` takes it.
pub(super) fn encoded(pem: &[u8]) -> String {
    STANDARD.encode(pem)
}
