//! Certificates for the test domains and the closed network, from an authority that exists for one run only.
//!
//! Those that come with a checkout expire; these are made fresh.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::ServerError;
use super::hosts;

/// The names of the closed network: what tests ask the real Internet for.
pub const CLOSED_HOSTS: [&str; 2] = ["example", "example.com"];

/// What was made, as files in the run's folder.
#[derive(Debug)]
pub struct Certificates {
    /// The authority that a browser is told to trust, as PEM.
    pub authority: PathBuf,
    /// The key of the test domains, as PEM.
    pub host_key: PathBuf,
    /// The certificate of the test domains, as PEM.
    pub host_certificate: PathBuf,
    /// The certificate and key of the closed network.
    pub closed: (CertificateDer<'static>, PrivateKeyDer<'static>),
}

impl Certificates {
    /// Makes an authority and two certificates of it.
    ///
    /// # Errors
    /// If they cannot be made or written.
    pub fn make(folder: &Path) -> Result<Self, ServerError> {
        let failed = |error: rcgen::Error| ServerError::Certificates(error.to_string());
        let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "wpt-runner, one run only");
        let key = KeyPair::generate().map_err(failed)?;
        let authority = CertifiedIssuer::self_signed(params, key).map_err(failed)?;

        let (certificate, key) = leaf(hosts::resolving(), &authority).map_err(failed)?;
        let write = |name: &str, text: String| {
            let path = folder.join(name);
            match fs::write(&path, text) {
                Ok(()) => Ok(path),
                Err(source) => Err(ServerError::File { path, source }),
            }
        };
        let closed_names = CLOSED_HOSTS.iter().map(|name| (*name).to_owned()).collect();
        let (closed, closed_key) = leaf(closed_names, &authority).map_err(failed)?;
        Ok(Self {
            authority: write("authority.pem", authority.pem())?,
            host_key: write("host.key", key.serialize_pem())?,
            host_certificate: write("host.pem", certificate.pem())?,
            closed: (closed.der().clone(), PrivatePkcs8KeyDer::from(closed_key.serialize_der()).into()),
        })
    }
}

fn leaf(
    names: Vec<String>,
    authority: &CertifiedIssuer<'_, KeyPair>,
) -> Result<(rcgen::Certificate, KeyPair), rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "wpt-runner");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, authority)?;
    Ok((certificate, key))
}
