//! Amounts of money in replies. An amount that can be read in two ways isn't a price; the reply's `raw` has it.

use crate::json::Value;
use crate::model::measure::decimal;
use crate::model::money::{Money, has_thousands_form, minor_digits};
use rust_decimal::Decimal;
use std::str::FromStr;

/// ISO 4217's active codes ("List one", 2024), without funds and metals.
const CURRENCIES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN \
    BWP BYN BZD CAD CDF CHF CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS \
    GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK \
    LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB \
    PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS \
    TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG";

/// A currency's code, in any case.
pub(crate) fn currency(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_uppercase();
    let is_known = code.len() == 3 && CURRENCIES.as_bytes().chunks(4).any(|known| known[..3] == *code.as_bytes());
    is_known.then_some(code)
}

/// An amount that is a price: a number or a plain decimal text, not negative. `12.500` as a text is twelve and a half
/// or twelve thousand five hundred, where the currency has no third decimal.
pub(crate) fn price(value: &Value, currency: &str) -> Option<Money> {
    let amount = number(value)?;
    let text = value.as_str().unwrap_or_default().trim();
    let readable = minor_digits(currency) >= 3 || !has_thousands_form(text);
    (readable && (!amount.is_sign_negative() || amount.is_zero())).then(|| Money::new(amount.abs(), currency))
}

/// A decimal from a JSON number or a decimal text, without the noise of a binary float: `4900.000000001`.
pub(crate) fn number(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.as_str(),
        Value::String(text) => text.trim(),
        _ => return None,
    };
    // A float may have more digits than a decimal holds; they are noise, or it isn't a price.
    let exact = decimal(text).or_else(|| {
        let plain = text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
        plain.then(|| Decimal::from_str(text).ok()).flatten()
    })?;
    Some(without_noise(exact))
}

/// "a difference below one part in 10⁹ from a value of at most 6 decimals is no digit"
fn without_noise(value: Decimal) -> Decimal {
    if value.scale() <= 6 {
        return value;
    }
    let rounded = value.round_dp(6);
    let noise = (value - rounded).abs().checked_mul(Decimal::from(1_000_000_000));
    if noise.is_some_and(|noise| noise < value.abs()) { rounded } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    fn read(json: &str, currency: &str) -> Option<String> {
        price(&crate::json::parse(json).unwrap(), currency).map(|money| money.text())
    }

    #[test]
    fn a_price_is_read_or_it_is_none() {
        for (json, currency, text) in [
            ("4900", "COP", Some("4900.00")),
            ("4900.000000001", "COP", Some("4900.00")),
            ("0.30000000000000004", "USD", Some("0.30")),
            ("4899.999999999999", "MXN", Some("4900.00")),
            ("0.1000000000000000055511151231257827", "USD", Some("0.10")),
            ("\"4900.0000000000009\"", "COP", Some("4900.00")),
            ("1e3", "MXN", Some("1000.00")),
            ("12.3456789", "USD", Some("12.3456789")),
            ("12.500", "COP", Some("12.50")),
            ("\"12.500\"", "COP", None),
            ("\" 12.500 \"", "CRC", None),
            ("\"+12.500\"", "MXN", None),
            ("\"120.500\"", "MXN", None),
            ("\"12.500\"", "KWD", Some("12.500")),
            ("\"0.500\"", "USD", Some("0.50")),
            ("\"4900.000\"", "COP", Some("4900.00")),
            ("\"12.5000\"", "USD", Some("12.50")),
            ("\"1.234.567\"", "COP", None),
            ("\"1.234,56\"", "COP", None),
            ("\"1,234.56\"", "MXN", None),
            ("\"12,5\"", "MXN", None),
            ("\"$ 4900\"", "COP", None),
            ("\"COP 4900\"", "COP", None),
            ("\"4900 COP\"", "COP", None),
            ("\"\"", "COP", None),
            ("-1", "COP", None),
            ("\"-4900.00\"", "COP", None),
            ("-0.0", "COP", Some("0.00")),
            ("0", "COP", Some("0.00")),
            ("true", "COP", None),
            ("null", "COP", None),
            ("[4900]", "COP", None),
            ("1e40", "COP", None),
        ] {
            assert_eq!(read(json, currency).as_deref(), text, "{json} {currency}");
        }
    }

    #[test]
    fn a_currency_is_one_of_iso_4217() {
        for (text, code) in [
            ("CRC", Some("CRC")),
            (" crc ", Some("CRC")),
            ("Usd", Some("USD")),
            ("XYZ", None),
            ("colones", None),
            ("₡", None),
            ("", None),
            ("US D", None),
        ] {
            assert_eq!(currency(text).as_deref(), code, "{text}");
        }
        assert_eq!(number(&json!("1.1")), number(&json!(1.1)));
    }
}
