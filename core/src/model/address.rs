//! Where a parcel is picked up or delivered.

use super::measure::Amount;
use super::shape::{Field, Kind, Shape, opt};
use serde::{Deserialize, Serialize};

/// A place and the person there. Carriers need different parts of it, so no field is required here.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Address {
    /// The person who hands over or receives the parcel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The shop or company at the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The street, or the whole address in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// The number on the street.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Flat, floor, office.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interior: Option<String>,
    /// Neighbourhood, colonia, barrio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neighborhood: Option<String>,
    /// The city's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// The country's official code of the place, as text: a Costa Rican district's, a Colombian municipality's DANE code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub district_code: Option<String>,
    /// State, province or department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The postal code, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2: CR, CO, MX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// A telephone at the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Another telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone2: Option<String>,
    /// An e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The number of the person's or company's document of identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_id: Option<String>,
    /// Which document that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_id_type: Option<String>,
    /// Degrees north.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<Amount>,
    /// Degrees east.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<Amount>,
    /// How to find the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// The caller's own name for the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The id of an address, store or point that the carrier has already.
    #[serde(skip_serializing_if = "Option::is_none")]
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
        "the country's official code of the place, as text: a Costa Rican district's, a Colombian municipality's DANE code",
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
    opt("carrier_id", TEXT, "the id of an address, store or point that the carrier knows already"),
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
