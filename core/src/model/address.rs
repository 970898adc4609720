//! Where a parcel is picked up or delivered.

use super::measure::Amount;
use super::shape::{Field, Kind, Shape, opt};
use serde::Deserialize;

/// A place and who is there. Carriers take different parts of it; none is required by the shape itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "each field is described in FIELDS, once")]
pub struct Address {
    pub name: Option<String>,
    pub company: Option<String>,
    pub street: Option<String>,
    pub number: Option<String>,
    pub interior: Option<String>,
    pub neighborhood: Option<String>,
    pub city: Option<String>,
    pub district_code: Option<String>,
    pub state: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub phone: Option<String>,
    pub phone2: Option<String>,
    pub email: Option<String>,
    pub tax_id: Option<String>,
    pub tax_id_type: Option<String>,
    pub latitude: Option<Amount>,
    pub longitude: Option<Amount>,
    pub instructions: Option<String>,
    pub reference: Option<String>,
    pub carrier_id: Option<String>,
}

const TEXT: Kind = super::shape::TEXT;

/// The documents of identity that shops in these countries ask for.
const TAX_ID_TYPES: &[&str] = &["nit", "cc", "ce", "rfc", "cedula", "cuit", "cpf", "cnpj", "passport", "other"];

const FIELDS: &[Field] = &[
    opt("name", TEXT, "the person who hands over or receives the parcel"),
    opt("company", TEXT, "the shop or company at the address"),
    opt("street", TEXT, "the street, or the whole address in words"),
    opt("number", TEXT, "the number on the street"),
    opt("interior", TEXT, "flat, floor, office"),
    opt("neighborhood", TEXT, "neighbourhood, colonia, barrio"),
    opt("city", TEXT, "the city's name"),
    opt(
        "district_code",
        TEXT,
        "the official code of the place (a Costa Rican district, a Colombian municipality), as text",
    ),
    opt("state", TEXT, "state, province or department"),
    opt("postal_code", TEXT, "the postal code, as text"),
    opt("country", Kind::Capitals(2), "ISO 3166-1 alpha-2: CR, CO, MX"),
    opt("phone", Kind::Phone, "a telephone at the address"),
    opt("phone2", Kind::Phone, "another telephone"),
    opt("email", TEXT, "an e-mail address"),
    opt("tax_id", Kind::Text(100), "the number of the person's or company's document of identity"),
    opt("tax_id_type", Kind::Choice(TAX_ID_TYPES), "which document that is"),
    opt("latitude", Kind::SignedDecimal, "degrees north"),
    opt("longitude", Kind::SignedDecimal, "degrees east"),
    opt("instructions", TEXT, "how to find the place"),
    opt("reference", TEXT, "the caller's own name for the address"),
    opt("carrier_id", TEXT, "the id of an address that the carrier knows already"),
];

/// Its shape.
pub static ADDRESS: Shape = Shape { name: "Address", fields: FIELDS };

/// The text, if there is any in it.
pub fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

impl Address {
    /// Street, number and interior as one line.
    pub fn street_line(&self) -> String {
        let parts = [filled(&self.street), filled(&self.number), filled(&self.interior)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}
