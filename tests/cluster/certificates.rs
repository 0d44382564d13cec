//! Certificates for one run.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

/// An authority and a server certificate by it, for the loopback address.
pub struct Certificates {
    authority: CertifiedIssuer<'static, KeyPair>,
    server: String,
    server_key: String,
}

impl Certificates {
    pub fn make() -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        authority.distinguished_name.push(DnType::CommonName, "checker-tests");
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut server = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
        server.use_authority_key_identifier_extension = true;
        let certificate = server.signed_by(&key, &authority).unwrap();
        Self {
            authority,
            server: certificate.pem(),
            server_key: key.serialize_pem(),
        }
    }

    /// Writes `server.crt` and `server.key`; the key signs the tokens of ServiceAccounts, too.
    pub fn write(&self, folder: &Path) {
        fs::write(folder.join("server.crt"), &self.server).unwrap();
        fs::write(folder.join("server.key"), &self.server_key).unwrap();
    }

    pub fn authority_der(&self) -> Vec<u8> {
        self.authority.der().to_vec()
    }

    /// As a kubeconfig has it.
    pub fn authority_base64(&self) -> String {
        STANDARD.encode(self.authority.pem())
    }
}
