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
mod tests {
    use super::*;

    /// Each expected value was computed as the API reference's shell sample does, with `openssl dgst -sha256 -hmac`:
    /// `printf %s "$METODO$API_PATH$HORA$CUERPO" | openssl dgst -sha256 -hmac "$LLAVE_API" -binary | base64`
    #[test]
    fn the_password_is_what_openssl_computes() {
        for (method, path, time, body, expected) in GOLDEN {
            assert_eq!(password("llave-de-prueba", method, path, time, body.as_bytes()), *expected, "{method} {path}");
        }
    }

    const GOLDEN: &[(&str, &str, &str, &str, &str)] = &[
        ("GET", "/v1/contratos", "2021-03-16T14:22:20-06:00", "", "yOlkL/zX2IKG0EZXlu8dr/uFuGQyGAdEuWRxcM7CN14="),
        (
            "POST",
            "/v1/direcciones",
            "2021-03-16T14:22:20.000000001-06:00",
            "{\"detalle\":\"Cañón 5, señal\"}",
            "yWZH1ARb+6VeAW8MTy7O7YhQXbuxCL1srUemwwhizgc=",
        ),
        (
            "PUT",
            "/v1/paquetes/FR%C3%B1/cancelar",
            "2026-11-22T00:00:00Z",
            "",
            "dqTmRAHFZSysYB8sCKHP50u4Cpno2bhSNT+VmYxOEaE=",
        ),
        // The query is not signed, whatever it holds.
        ("GET", "/v1/paquetes/costo", "2026-11-22T00:00:00Z", "", "5F1EmJ2aEA+x31YCdKOQTfmg0BYVVCvi+RxezZyQFJE="),
    ];

    #[test]
    fn basic_auth_is_account_and_password() {
        assert_eq!(basic("cuenta", "abc="), "Basic Y3VlbnRhOmFiYz0=");
    }
}
