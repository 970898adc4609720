//! Fruno's signature ("Autenticación", "Cálculo para el valor de la contraseña"): Basic auth whose password is
//! an HMAC of the request and the time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::InvalidLength;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// An account and its key, as every signature begins with them.
pub(super) struct Signer {
    account: String,
    /// Has read the key, which is half of a signature's work.
    keyed: Hmac<Sha256>,
}

impl Signer {
    pub(super) fn new(account: String, key: &str) -> Result<Self, InvalidLength> {
        Ok(Self { account, keyed: Hmac::new_from_slice(key.as_bytes())? })
    }

    /// The `Authorization` header of a request.
    pub(super) fn authorization(&self, method: &str, path: &str, time: &str, body: &[u8]) -> String {
        basic(&self.account, &self.password(method, path, time, body))
    }

    /// The password: Base64 of HMAC-SHA256 over method, path (no query), time and body, under the account's key.
    fn password(&self, method: &str, path: &str, time: &str, body: &[u8]) -> String {
        let mut mac = self.keyed.clone();
        for part in [method.as_bytes(), path.as_bytes(), time.as_bytes(), body] {
            mac.update(part);
        }
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

fn basic(account: &str, password: &str) -> String {
    let mut header = String::with_capacity(128);
    header.push_str("Basic ");
    STANDARD.encode_string([account, ":", password].concat(), &mut header);
    header
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
