//! What is shipped.

use super::measure::{Dimensions, LENGTH_UNITS, WEIGHT_UNITS, Weight};
use super::money::Money;
use super::shape::{Kind, Shape, TEXT, opt, req};
use serde::{Deserialize, Serialize};

/// A parcel's `packaging` when none is given.
pub const USUAL_PACKAGING: &str = "box";

/// One parcel, or `quantity` alike.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Parcel {
    /// How heavy one is.
    pub weight: Weight,
    /// How big one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<Dimensions>,
    /// How many are alike.
    #[serde(default = "one", deserialize_with = "quantity")]
    pub quantity: u32,
    /// What is inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What one is worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_value: Option<Money>,
    /// `box`, `envelope`, `pallet`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packaging: Option<String>,
}

impl Parcel {
    /// One parcel of this weight, with nothing else known.
    pub fn new(weight: Weight) -> Self {
        Self { weight, dimensions: None, quantity: 1, description: None, declared_value: None, packaging: None }
    }
}

fn one() -> u32 {
    1
}

/// A count as a number or its text.
pub(crate) fn quantity<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let value = super::measure::Amount::deserialize(deserializer)?;
    let whole = value.0.is_integer().then(|| value.0.try_into().ok()).flatten();
    whole.ok_or_else(|| serde::de::Error::custom("a whole number is needed"))
}

/// The shape of [`Weight`].
pub static WEIGHT: Shape = Shape {
    name: "Weight",
    fields: &[
        req("value", Kind::Decimal, "how many of the unit, as a number or a decimal text"),
        req("unit", Kind::Choice(WEIGHT_UNITS), "the unit"),
    ],
};

/// The shape of [`Dimensions`].
pub static DIMENSIONS: Shape = Shape {
    name: "Dimensions",
    fields: &[
        req("length", Kind::Decimal, "in the unit"),
        req("width", Kind::Decimal, "in the unit"),
        req("height", Kind::Decimal, "in the unit"),
        req("unit", Kind::Choice(LENGTH_UNITS), "the unit of all three"),
    ],
};

/// The shape of [`Money`].
pub static MONEY: Shape = Shape {
    name: "Money",
    fields: &[
        req("amount", Kind::Decimal, "a decimal text, like \"4900.00\""),
        req("currency", Kind::Capitals(3), "an ISO 4217 code, like COP"),
    ],
};

/// The shape of [`Parcel`].
pub static PARCEL: Shape = Shape {
    name: "Parcel",
    fields: &[
        req("weight", Kind::Object(&WEIGHT), "how heavy one is, like {\"value\": 389, \"unit\": \"g\"}"),
        opt("dimensions", Kind::Object(&DIMENSIONS), "how big one is"),
        opt("quantity", Kind::Integer(1, 10_000), "how many are alike; 1 when left out"),
        opt("description", TEXT, "what is inside"),
        opt("declared_value", Kind::Object(&MONEY), "what one is worth"),
        opt("packaging", Kind::Text(40), "box, envelope, pallet, …"),
    ],
};
