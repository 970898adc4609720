//! Almex's prices. The API reference shows no successful reply: these are forms that it may have, with a made-up tariff.

use super::check::Rate;
use super::mexico;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

/// The shape of a reply.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// Two services, amounts as numbers, each with its currency.
    List,
    /// One price, amounts as texts, no currency.
    Object,
    /// Two services, deep in the reply.
    Nested,
    /// Nothing that is a price.
    Unknown,
}

impl Form {
    pub(super) fn named(name: &str) -> Result<Self, String> {
        match name {
            "list" => Ok(Form::List),
            "object" => Ok(Form::Object),
            "nested" => Ok(Form::Nested),
            "unknown" => Ok(Form::Unknown),
            _ => Err(format!("quote_form is list, object, nested or unknown, not {name:?}")),
        }
    }
}

/// The response of `/quote/rate`.
pub(super) fn rate(rate: &Rate, form: Form, now: Timestamp) -> Value {
    let ground = centavos(rate);
    let air = ground * 2;
    match form {
        Form::List => json!([
            {
                "serviceType": 3,
                "serviceName": "Terrestre",
                "total": pesos(ground),
                "currency": "MXN",
                "estimatedDays": 4,
            },
            {
                "serviceType": 1,
                "serviceName": "Aéreo Express",
                "total": pesos(air),
                "currency": "MXN",
                "estimatedDays": 1,
            },
        ]),
        Form::Object => {
            // 16 % of the net amount, rounded.
            let tax = (ground * 16 + 58) / 116;
            json!({
                "subtotal": text(ground - tax),
                "iva": text(tax),
                "total": text(ground),
            })
        }
        Form::Nested => json!({
            "cotizacion": {
                "servicios": [
                    {"servicio": "Terrestre", "importe": {"total": pesos(ground), "moneda": "MXN"}},
                    {"servicio": "Aéreo Express", "importe": {"total": pesos(air), "moneda": "MXN"}},
                ],
            },
        }),
        Form::Unknown => {
            let today = mexico(now).date();
            let until = today.checked_add(7.days()).unwrap_or(today);
            json!({"folio": "COT-000417", "vigencia": until.to_string()})
        }
    }
}

fn centavos(rate: &Rate) -> i64 {
    let region = |code: &str| code.get(..2).and_then(|two| two.parse::<i64>().ok());
    let regions = region(&rate.origin).zip(region(&rate.destination));
    let apart = regions.map_or(0, |(a, b)| (a - b).abs());
    let mut total = 9_500;
    for package in &rate.packages {
        let volume: f64 = package.sides.iter().product();
        // `check` limits weights and sides, so neither one piece nor their sum overflows an i64.
        let kilos = package.weight.max(volume * 250.0).ceil() as i64;
        total += kilos * package.amount * 850 * (100 + apart) / 100;
        if package.insured {
            total += package.declared.min(1e9).round() as i64;
        }
    }
    total
}

fn pesos(centavos: i64) -> f64 {
    centavos as f64 / 100.0
}

fn text(centavos: i64) -> String {
    format!("{}.{:02}", centavos / 100, centavos % 100)
}
