//! What a parcel costs and weighs by volume, and the estimate. The figures are made up to agree with the API reference's samples.

use super::super::{Request, Response};
use super::addresses::Book;
use super::check::measure;
use super::territory::{self, District};
use super::{Outcome, Settings, ok, problem};
use serde_json::{Value, json};

/// The sizes of a parcel, in centimetres and grams.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) height: u64,
    pub(crate) width: u64,
    pub(crate) length: u64,
    pub(crate) weight: u64,
}

impl Size {
    /// 15 × 20 × 20 cm is 2000 in the API reference, 10 × 10 × 10 cm is 1000: a third of the volume, and never under 1000, agrees with both.
    pub(crate) fn volumetric(self) -> u64 {
        let volume = self.height * self.width * self.length;
        ((volume + 1) / 3).max(1000)
    }

    /// 250000 for both samples, each under 2 kg by either weight; more weight, the country and urgency cost more.
    pub(crate) fn price(self, ends: [&District; 2], urgent: bool) -> u64 {
        let charged = self.weight.max(self.volumetric());
        let more = charged.saturating_sub(2000).div_ceil(1000);
        let mut price = 250_000 + more * 50_000;
        if ends.iter().any(|d| !d.metropolitan) {
            price += 100_000;
        }
        if urgent { price + price / 2 } else { price }
    }
}

/// `GET /v1/paquetes/costo`. Each end is an address's id, as in the table, or a district's code, as in the Python sample.
pub(crate) fn quote(request: &Request, book: &Book, settings: &Settings) -> Outcome {
    let mut errors = Vec::new();
    let mut number = |name: &'static str| {
        let text = request.query(name);
        let digits = text.filter(|t| !t.is_empty() && t.bytes().all(|c| c.is_ascii_digit()));
        let number = digits.and_then(|t| t.parse().ok()).filter(|n| measure(*n));
        if number.is_none() {
            errors.push((
                name,
                if text.is_none() {
                    "El campo es requerido."
                } else {
                    "El valor debe ser un número entero mayor a 0."
                },
            ));
        }
        number.unwrap_or(1)
    };
    let size =
        Size { height: number("alto"), width: number("ancho"), length: number("longitud"), weight: number("gr_peso") };
    let names =
        [("id_dirección_fuente", "código_distrito_fuente"), ("id_dirección_destino", "código_distrito_destino")];
    let mut ends = Vec::new();
    for (id, code) in names {
        match end(request, book, id, code) {
            Ok(district) => ends.push(district),
            Err(error) => errors.push(error),
        }
    }
    let contract = request.query("id_contrato");
    if contract.is_some_and(|c| !has_contract(settings, c)) {
        errors.push(("id_contrato", "El contrato no existe."));
    }
    match ends[..] {
        [from, to] if errors.is_empty() => Ok(ok(json!({
            "moneda": settings.currency,
            "precio": size.price([from, to], false),
            "peso_volumétrico": size.volumetric(),
        }))),
        _ => Err(invalid(&errors)),
    }
}

fn invalid(errors: &[(&str, &str)]) -> Response {
    problem::invalid("calcular-estimado-de-costo", errors)
}

fn end(
    request: &Request,
    book: &Book,
    id: &'static str,
    code: &'static str,
) -> Result<&'static District, (&'static str, &'static str)> {
    if let Some(wanted) = request.query(id) {
        let address = book.find(wanted).ok_or((id, "La dirección no existe."))?;
        let district = territory::district(address.text("código_distrito")).ok_or((id, "El distrito no existe."))?;
        return if district.served { Ok(district) } else { Err((id, "El distrito no cuenta con servicio.")) };
    }
    let Some(wanted) = request.query(code) else {
        return Err((id, "El campo es requerido."));
    };
    let district = territory::district(wanted).ok_or((code, "El distrito no existe."))?;
    if district.served { Ok(district) } else { Err((code, "El distrito no cuenta con servicio.")) }
}

pub(crate) fn has_contract(settings: &Settings, id: &str) -> bool {
    let known = |c: &Value| c["id"].as_str() == Some(id);
    settings.contracts.iter().any(known) || settings.own_contracts.iter().any(|own| own == id)
}
