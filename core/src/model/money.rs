//! Money: a decimal text and an ISO 4217 code, never a binary float.

use super::measure::Amount;
use rust_decimal::Decimal;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

/// `{"amount": "4900.00", "currency": "COP"}`
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Money {
    /// How much.
    pub amount: Amount,
    /// An ISO 4217 code.
    pub currency: String,
}

impl Money {
    /// An amount in a currency.
    pub fn new(amount: Decimal, currency: impl Into<String>) -> Self {
        Self { amount: Amount(amount), currency: currency.into() }
    }

    /// The amount with the usual decimals of its currency (two in all of these countries), or more if it has more.
    pub fn text(&self) -> String {
        let mut amount = self.amount.0.normalize();
        let written = minor_digits(&self.currency);
        if amount.scale() < written {
            amount.rescale(written);
        }
        amount.to_string()
    }
}

/// The number of decimals of a currency in ISO 4217.
pub(crate) fn minor_digits(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

/// `12.500`: in most of these countries, twelve thousand five hundred. `0.125` and `1250.500` can't be that.
pub(crate) fn has_thousands_form(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.trim_start_matches(['+', '-']).split_once('.').is_some_and(|(whole, rest)| {
        digits(whole) && digits(rest) && rest.len() == 3 && whole.len() <= 3 && !whole.starts_with('0')
    })
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut money = serializer.serialize_struct("Money", 2)?;
        money.serialize_field("amount", &self.text())?;
        money.serialize_field("currency", &self.currency)?;
        money.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::measure::decimal;

    #[test]
    fn amounts_are_written_as_the_currency_is() {
        for (amount, currency, text) in [
            ("4900", "COP", "4900.00"),
            ("0.1", "USD", "0.10"),
            ("12.345", "USD", "12.345"),
            ("100.000", "MXN", "100.00"),
            ("100", "CLP", "100"),
        ] {
            assert_eq!(Money::new(decimal(amount).unwrap(), currency).text(), text);
        }
    }
}
