//! TLS: rustls with ring (its first handshake costs 3 ms where aws-lc's costs 26) and the system's own roots.

use super::descriptors::{EXHAUSTED, exhausted};
use super::options::NetConfig;
use crate::model::{Code, Error, Why};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use rustls_native_certs::ErrorKind;
use std::sync::Arc;

/// The certificates in a PEM file, or what is wrong with it.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Why> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(Why::of)?;
    let mut roots = RootCertStore::empty();
    for certificate in &found {
        roots.add(certificate.clone()).map_err(Why::of)?;
    }
    // Otherwise every connection would fail, and no message would name this file.
    let is = |mark: &[u8]| pem.windows(mark.len()).any(|window| window == mark);
    match pem {
        _ if !found.is_empty() => Ok(found),
        [] => Err(Why::plain("it is empty")),
        [0x30, 0x80..=0x84, ..] => {
            Err(Why::plain("there is none in it; it is DER, which `openssl x509 -inform der` turns into PEM"))
        }
        _ if is(b"PRIVATE KEY-----") => Err(Why::plain("there is none in it, only a private key")),
        _ => Err(Why::plain("there is none in it; one begins with -----BEGIN CERTIFICATE-----")),
    }
}

/// The TLS setup for these settings. `secure: false` is for plain http, where reading the roots would be wasted.
pub(crate) fn config(net: &NetConfig, secure: bool) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    let mut given = Vec::new();
    if secure {
        let found = rustls_native_certs::load_native_certs();
        // An incomplete set of roots would be kept for all later calls.
        let lacking =
            |error: &rustls_native_certs::Error| matches!(&error.kind, ErrorKind::Io { inner, .. } if exhausted(inner));
        let mut failed = found.errors;
        if let Some(at) = failed.iter().position(lacking) {
            return Err(Error::new(Code::Network, EXHAUSTED).caused_by(failed.swap_remove(at)));
        }
        roots.add_parsable_certificates(found.certs);
        if let Some(path) = &net.ca_file {
            let unreadable = |why: Why| {
                let message = format!("{} can't be read as PEM certificates: {why}", path.display());
                Error::config("ca_file", message).because(why)
            };
            // The file was read at open, too, but may have changed since.
            let bytes = std::fs::read(path).map_err(|error| unreadable(Why::of(error)))?;
            given = certificates(&bytes).map_err(unreadable)?;
            for certificate in &given {
                roots.add(certificate.clone()).map_err(|error| unreadable(Why::of(error)))?;
            }
        }
        if roots.is_empty() {
            let none = |why: &str| {
                Error::new(
                    Code::Tls,
                    format!("no root certificates were found on this system{why}; install them or set `ca_file`"),
                )
            };
            return Err(match failed.into_iter().next() {
                Some(error) => none(&format!(" ({error})")).caused_by(error),
                None => none(""),
            });
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal(format!("TLS could not be set up: {error}")).caused_by(error))?;
    if given.is_empty() {
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    }
    let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| Error::internal(format!("TLS could not be set up: {error}")).caused_by(error))?;
    let verifier = Arc::new(Verifier { chains, given });
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Verifies as rustls does, with one exception. `openssl req -x509` marks its certificates as an authority's, and
/// webpki refuses those as a server's. OpenSSL accepts one that the user trusts by name, and so does this; its dates
/// and names are checked all the same.
#[derive(Debug)]
struct Verifier {
    chains: Arc<WebPkiServerVerifier>,
    /// The certificates of `ca_file`.
    given: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.chains.verify_server_cert(certificate, others, name, ocsp, now) {
            // webpki checks the dates before this, and the names after it.
            Err(error) if is_authoritys(&error) && self.given.contains(certificate) => {
                rustls::client::verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

/// Whether webpki refused a server's certificate only because it is marked as an authority's.
fn is_authoritys(error: &rustls::Error) -> bool {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(other))) => {
            matches!(other.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
        }
        _ => false,
    }
}
