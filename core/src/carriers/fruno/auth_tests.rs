//! The signature, as the API reference's shell sample computes it.

use super::*;

/// Each expected value was computed as the API reference's shell sample does, with `openssl dgst -sha256 -hmac`:
/// `printf %s "$METODO$API_PATH$HORA$CUERPO" | openssl dgst -sha256 -hmac "$LLAVE_API" -binary | base64`
#[test]
fn the_password_is_what_openssl_computes() {
    for (method, path, time, body, expected) in GOLDEN {
        let signer = Signer::new("cuenta".to_owned(), "llave-de-prueba").unwrap();
        // A second signature doesn't depend on the first.
        for _ in 0..2 {
            assert_eq!(signer.password(method, path, time, body.as_bytes()), *expected, "{method} {path}");
        }
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
    let signer = Signer::new("cuenta".to_owned(), "llave-de-prueba").unwrap();
    let (method, path, time, body, password) = GOLDEN[0];
    assert_eq!(signer.authorization(method, path, time, body.as_bytes()), basic("cuenta", password));
}
