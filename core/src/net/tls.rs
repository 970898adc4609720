//! TLS: rustls with ring (its first handshake costs 3 ms where aws-lc's costs 26) and the system's own roots.

use crate::config::NetConfig;
use crate::model::{Code, Error};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// The TLS setup for these settings. `secure: false` is for plain http, where reading the roots would be wasted.
pub(crate) fn config(net: &NetConfig, secure: bool) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    if secure {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if let Some(path) = &net.ca_file {
            let unreadable = |error: &dyn std::fmt::Display| {
                Error::config("ca_file", format!("{} can't be read as PEM certificates: {error}", path.display()))
            };
            let before = roots.len();
            let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| unreadable(&error))?;
                roots.add(certificate).map_err(|error| unreadable(&error))?;
            }
            // A key, or DER instead of PEM: else every connection would fail without a word of this file.
            if roots.len() == before {
                return Err(unreadable(&"there is none in it"));
            }
        }
        if roots.is_empty() {
            let why = found.errors.first().map_or_else(String::new, |error| format!(" ({error})"));
            return Err(Error::new(
                Code::Tls,
                format!("no root certificates were found on this system{why}; install them or set `ca_file`"),
            ));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal(format!("TLS could not be set up: {error}")))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
