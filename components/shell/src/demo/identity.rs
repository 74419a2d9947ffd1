//! The demo server's certificate: made once for a profile, and trusted by that profile only.

use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How long a new certificate is valid.
const VALIDITY: time::Duration = time::Duration::days(3650);

/// File of the authority's certificate: what a client has to trust.
pub const CA_FILE: &str = "ca.pem";
const CERTIFICATE_FILE: &str = "certificate.pem";
const KEY_FILE: &str = "key.pem";

/// A server's certificate and key, with the authority that signed it. The authority's key is not kept.
#[derive(Clone)]
pub struct Identity {
    ca_pem: String,
    certificate_pem: String,
    key_pem: String,
}

/// Why there is no usable certificate.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// It could not be made.
    #[error("a certificate for the demo's server could not be made: {0}")]
    Make(#[from] rcgen::Error),
    /// A file of it could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// What was read is not a certificate with its key.
    #[error("the demo's certificate cannot be used: {0}; remove the folder that holds it to have a new one")]
    Unusable(String),
}

impl Identity {
    /// A new one for `localhost` and the loopback addresses.
    ///
    /// # Errors
    /// [`IdentityError::Make`].
    pub fn generate() -> Result<Self, IdentityError> {
        Self::generate_for(&["localhost", "127.0.0.1", "::1"])
    }

    /// A new one for the given host names and addresses.
    ///
    /// # Errors
    /// [`IdentityError::Make`].
    pub fn generate_for(hosts: &[&str]) -> Result<Self, IdentityError> {
        let now = time::OffsetDateTime::now_utc();
        let lifetime = |params: &mut CertificateParams| {
            // A clock may be a little behind, also that of the machine in a container.
            params.not_before = now - time::Duration::DAY;
            params.not_after = now + VALIDITY;
        };
        let mut ca = CertificateParams::default();
        lifetime(&mut ca);
        ca.distinguished_name.push(DnType::CommonName, "bgfetch demo authority");
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?;

        let names: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut server = CertificateParams::new(names)?;
        lifetime(&mut server);
        server.distinguished_name.push(DnType::CommonName, "bgfetch demo server");
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = server.signed_by(&key, &ca)?;
        Ok(Self { ca_pem: ca.pem(), certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }

    /// The one that was saved in `folder`, if one was.
    ///
    /// # Errors
    /// [`IdentityError::File`].
    pub fn load(folder: &Path) -> Result<Option<Self>, IdentityError> {
        let read = |name: &str| {
            let path = folder.join(name);
            match fs::read_to_string(&path) {
                Ok(text) => Ok(Some(text)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(IdentityError::File { path: path.display().to_string(), error }),
            }
        };
        Ok(match (read(CA_FILE)?, read(CERTIFICATE_FILE)?, read(KEY_FILE)?) {
            (Some(ca_pem), Some(certificate_pem), Some(key_pem)) => {
                Some(Self { ca_pem, certificate_pem, key_pem })
            }
            _ => None,
        })
    }

    /// Saves it in `folder`, the key readable by its owner only.
    ///
    /// # Errors
    /// [`IdentityError::File`].
    pub fn save(&self, folder: &Path) -> Result<(), IdentityError> {
        for (name, text) in
            [(KEY_FILE, &self.key_pem), (CERTIFICATE_FILE, &self.certificate_pem), (CA_FILE, &self.ca_pem)]
        {
            let path = folder.join(name);
            write_private(&path, text)
                .map_err(|error| IdentityError::File { path: path.display().to_string(), error })?;
        }
        Ok(())
    }

    /// The authority's certificate in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// A TLS server that offers HTTP/2 and HTTP/1.1.
    ///
    /// # Errors
    /// [`IdentityError::Unusable`].
    pub fn server_config(&self) -> Result<Arc<rustls::ServerConfig>, IdentityError> {
        let unusable = |error: &dyn std::fmt::Display| IdentityError::Unusable(error.to_string());
        let chain: Vec<_> = CertificateDer::pem_slice_iter(self.certificate_pem.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| unusable(&error))?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).map_err(|error| unusable(&error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| unusable(&error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;

    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_identity_comes_back_and_serves() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Identity::load(folder.path()).unwrap().is_none());
        let identity = Identity::generate().unwrap();
        identity.save(folder.path()).unwrap();
        let again = Identity::load(folder.path()).unwrap().unwrap();
        assert_eq!(again.ca_pem(), identity.ca_pem());
        again.server_config().unwrap();
    }

    #[test]
    fn a_damaged_key_is_refused_with_what_to_do() {
        let damaged = Identity { key_pem: "nothing".into(), ..Identity::generate().unwrap() };
        let message = damaged.server_config().unwrap_err().to_string();
        assert!(message.contains("remove the folder"), "{message}");
    }
}
