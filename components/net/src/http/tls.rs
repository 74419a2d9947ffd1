//! TLS by rustls: which certificates are trusted, and what to say when one is not.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::TrustedRoots;

/// How many partitions keep TLS sessions to resume.
const PARTITIONS: usize = 64;
/// Protocols for requests, by preference.
pub(crate) const HTTP: &[&[u8]] = &[b"h2", b"http/1.1"];
/// Those of a connection that is going to be something else.
pub(crate) const HTTP1_ONLY: &[&[u8]] = &[b"http/1.1"];
/// How many sessions each keeps.
const SESSIONS: usize = 32;

/// Why the trusted certificates could not be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsSetupError {
    /// One of the texts given is not PEM with at least one certificate.
    #[error("certificate authority number {index}: {problem}")]
    NotACertificate {
        /// Which text, from 1.
        index: usize,
        /// What is wrong.
        problem: String,
    },
    /// The operating system's store could not be read.
    #[error("the system's trusted certificates could not be read: {0}")]
    SystemRoots(String),
    /// The cryptography provider does not support the protocol versions needed.
    #[error("TLS cannot be set up: {0}")]
    Protocol(String),
}

/// Makes TLS connections; sessions are resumed within a network partition only.
pub(crate) struct Tls {
    base: Arc<ClientConfig>,
    partitions: RefCell<HashMap<String, TlsConnector>>,
}

impl Tls {
    pub(crate) fn new(roots: TrustedRoots, extra: &[Vec<u8>]) -> Result<Self, TlsSetupError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| TlsSetupError::Protocol(e.to_string()))?
            .with_root_certificates(root_store(roots, extra)?)
            .with_no_client_auth();
        Ok(Self { base: Arc::new(config), partitions: RefCell::default() })
    }

    fn connector(&self, partition: &str) -> TlsConnector {
        let mut partitions = self.partitions.borrow_mut();
        if let Some(connector) = partitions.get(partition) {
            return connector.clone();
        }
        if partitions.len() >= PARTITIONS {
            partitions.clear();
        }
        let mut config = (*self.base).clone();
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        let connector = TlsConnector::from(Arc::new(config));
        partitions.insert(partition.to_owned(), connector.clone());
        connector
    }

    /// Forgets sessions.
    pub(crate) fn clear(&self) {
        self.partitions.borrow_mut().clear();
    }

    /// Shakes hands with `host` over `stream`, for one of these protocols.
    pub(crate) async fn handshake(
        &self,
        partition: &str,
        host: &str,
        stream: TcpStream,
        protocols: &[&[u8]],
    ) -> Result<TlsStream<TcpStream>, NetworkError> {
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let name = ServerName::try_from(bare.trim_end_matches('.').to_owned()).map_err(|_| {
            NetworkError::new(
                NetworkErrorKind::Tls,
                format!("{host} is not a name that a certificate can have"),
            )
        })?;
        let protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let handshake = self.connector(partition).with_alpn(protocols).connect(name, stream);
        handshake.await.map_err(|error| handshake_error(host, &error))
    }
}

fn root_store(roots: TrustedRoots, extra: &[Vec<u8>]) -> Result<RootCertStore, TlsSetupError> {
    let mut store = RootCertStore::empty();
    match roots {
        TrustedRoots::WebPki => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        TrustedRoots::System => {
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                tracing::warn!(%error, "a trusted certificate of the system could not be read");
            }
            let (added, ignored) = store.add_parsable_certificates(found.certs);
            tracing::debug!(added, ignored, "trusted certificates of the system");
            if added == 0 {
                let problem =
                    found.errors.first().map_or_else(|| "there are none".to_owned(), ToString::to_string);
                return Err(TlsSetupError::SystemRoots(problem));
            }
        }
        TrustedRoots::None => {}
    }
    for (index, pem) in extra.iter().enumerate() {
        let error = |problem: String| TlsSetupError::NotACertificate { index: index + 1, problem };
        let mut count = 0;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|e| error(e.to_string()))?;
            store.add(certificate).map_err(|e| error(e.to_string()))?;
            count += 1;
        }
        if count == 0 {
            return Err(error("there is no PEM certificate in it".to_owned()));
        }
    }
    Ok(store)
}

/// What went wrong in a handshake, in words that tell what to do.
fn handshake_error(host: &str, error: &io::Error) -> NetworkError {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        let kind = match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                NetworkErrorKind::Tls
            }
            io::ErrorKind::TimedOut => NetworkErrorKind::TimedOut,
            _ => NetworkErrorKind::ConnectionReset,
        };
        return NetworkError::new(kind, format!("{host} ended the TLS handshake: {error}"));
    };
    let message = match tls {
        rustls::Error::InvalidCertificate(problem) => certificate_problem(host, problem),
        rustls::Error::InvalidMessage(_) => {
            format!("{host} does not speak TLS on this port ({tls}); is it an http: URL?")
        }
        rustls::Error::AlertReceived(alert) => format!("{host} refused the TLS handshake: {alert:?}"),
        other => format!("the TLS handshake with {host} failed: {other}"),
    };
    NetworkError::new(NetworkErrorKind::Tls, message)
}

fn certificate_problem(host: &str, problem: &CertificateError) -> String {
    let why = match problem {
        CertificateError::UnknownIssuer => {
            "unknown issuer; pass the certificate of its authority with --ca-cert to trust it".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it was issued for another name".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet; is the clock right?".to_owned()
        }
        CertificateError::Revoked => "it was revoked".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it was not issued for servers".to_owned()
        }
        CertificateError::Other(inner) if inner.to_string().contains("CaUsedAsEndEntity") => {
            "it is a certificate authority's own certificate; issue one for the server with it".to_owned()
        }
        other => format!("{other}"),
    };
    format!("the certificate of {host} is not trusted: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_certificate_is_named() {
        let error = Tls::new(TrustedRoots::None, &[b"nonsense".to_vec()]).err().unwrap();
        assert_eq!(error.to_string(), "certificate authority number 1: there is no PEM certificate in it");
    }

    #[test]
    fn an_unknown_issuer_says_what_to_do() {
        let message = certificate_problem("a.test", &CertificateError::UnknownIssuer);
        assert!(message.contains("a.test is not trusted: unknown issuer; pass"), "{message}");
    }
}
