//! Fruno's signature ("Autenticación", "Cálculo para el valor de la contraseña"): Basic auth whose password is
//! an HMAC of the request and the time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The password: Base64 of HMAC-SHA256 over method, path (no query), time and body, under the account's key.
pub(super) fn password(key: &str, method: &str, path: &str, time: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        // HMAC takes keys of every length.
        return String::new();
    };
    mac.update(method.as_bytes());
    mac.update(path.as_bytes());
    mac.update(time.as_bytes());
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The `Authorization` header.
pub(super) fn basic(account: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{account}:{password}")))
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
