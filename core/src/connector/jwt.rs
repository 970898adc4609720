//! JSON Web Tokens, as far as a client reads them: when they end.

use super::lenient::decimal;
use crate::json::Value;
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// When a token ends, by its `exp`. `None` if it doesn't say so: it is then used until the carrier rejects it.
pub(crate) fn expiry_ms(token: &str) -> Option<i64> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let payload = token.split('.').nth(1)?;
    let bytes =
        [URL_SAFE, STANDARD].iter().find_map(|alphabet| GeneralPurpose::new(alphabet, lenient).decode(payload).ok())?;
    let claims: Value = crate::json::parse_slice(&bytes).ok()?;
    decimal(&claims, "exp")?.checked_mul(Decimal::from(1000))?.trunc().to_i64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    #[test]
    fn a_tokens_end_is_read_in_any_base64() {
        let claims = r#"{"exp": 1613988640, "x": "¿?~~>>"}"#;
        for text in [URL_SAFE.encode(claims), STANDARD.encode(claims), URL_SAFE.encode(claims).replace('=', "")] {
            assert_eq!(expiry_ms(&format!("e30.{text}.sig")), Some(1_613_988_640_000), "{text}");
        }
        let fraction = URL_SAFE.encode(r#"{"exp": "1613988640.5"}"#);
        assert_eq!(expiry_ms(&format!("e30.{fraction}.s")), Some(1_613_988_640_500));
        let none = URL_SAFE.encode(r#"{"sub": "usuario@ejemplo.com"}"#);
        assert_eq!(expiry_ms(&format!("e30.{none}.x")), None);
        // The last is the sample of Apunto's API reference, which is cut off.
        for odd in ["", "abc", "a.b", "a.!!.c", "e30.e30.x", "e30.bnVsbA.x", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."]
        {
            assert_eq!(expiry_ms(odd), None, "{odd}");
        }
    }
}
