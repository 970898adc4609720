//! Almex's requests from flete's vocabulary. Pure: no I/O, no clock. Its tests are the API
//! reference's own examples.

use super::endpoints::{PICKUPS_CREATE, QUOTES_RATE};
use crate::connector::body::{Path, Problems};
use crate::connector::prelude::*;
use crate::model::parcel::USUAL_PACKAGING;
use crate::model::shape::shorten;
use jiff::ToSpan;
use jiff::civil::DateTime;

/// "service_type" of the API reference's sample.
pub(super) const USUAL_SERVICE: u32 = 3;

/// A text that Almex can't do without.
fn need(body: &mut Body, name: impl Into<Path>, path: impl Into<Path>, text: Option<&str>) {
    let path = path.into();
    if text.is_none() {
        body.problems.add(path.clone(), "is required by Almex");
    }
    body.put(name, path, text);
}

/// Mexico's postal codes have five digits; a spreadsheet drops the zero that many begin with.
fn postal_code(body: &mut Body, name: impl Into<Path>, path: &'static str, address: &Address) {
    let (path, code) = ((path, "postal_code"), filled(&address.postal_code));
    let is_mexican = filled(&address.country).is_none_or(|country| country == "MX");
    let short = |code: &&str| is_mexican && code.len() == 4 && code.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(code) = code.filter(short) {
        body.problems.add(path, format!("`{code}` has four digits; did you mean `0{code}`?"));
    }
    need(body, name, path, code);
}

/// An amount in pesos; zero where none is given.
fn pesos(problems: &mut Problems, field: impl Into<Path>, money: Option<&Money>) -> Decimal {
    let Some(money) = money else { return Decimal::ZERO };
    if money.currency != "MXN" {
        problems.add(field, format!("is in {}; Almex takes amounts in MXN only", money.currency));
    }
    money.amount.0
}

/// A parcel's sides in metres and its weight in kilograms, exactly. `list` is the parcels' name in the body.
fn measures(body: &mut Body, list: &'static str, index: usize, parcel: &Parcel) {
    let (name, at) = (|field| (list, index, field), |field| ("parcels", index, field));
    let sides = match &parcel.dimensions {
        Some(dimensions) => dimensions.metres(),
        None => {
            let form = "is required by Almex: {\"length\", \"width\", \"height\", \"unit\"}";
            body.problems.add(at("dimensions"), form);
            Some([Decimal::ONE; 3])
        }
    };
    body.sources.add((list, index), ("parcels", index));
    body.sources.add(name("dimensions"), at("dimensions"));
    let side = |index: usize| sides.map(|sides| sides[index]);
    let weight = parcel.weight.kilograms();
    if let (None, Some(dimensions)) = (sides, &parcel.dimensions) {
        body.problems.add(at("dimensions"), dimensions.too_big());
    }
    if weight.is_none() {
        body.problems.add(at("weight"), parcel.weight.too_big());
    }
    for (field, own, value) in [
        ("dimensions.length", "dimensions.length", side(0)),
        ("dimensions.width", "dimensions.width", side(1)),
        ("dimensions.height", "dimensions.height", side(2)),
        ("weight", "weight.value", weight),
    ] {
        if value.is_some_and(|value| value.is_zero()) {
            body.problems.add(at(own), "is 0; it must be more than 0");
        }
        body.put(name(field), at(field), value.map(json_number));
    }
}

/// "Rate": metres and kilograms, `packages` is a list.
pub(super) fn rate_request(request: &Quote, native: &Native<'_>) -> Result<Params, Error> {
    let mut body = Body::new(&QUOTES_RATE, "Almex");
    if request.round_trip {
        body.problems.add("round_trip", "Almex has no round trips; quote the way back by itself");
    }
    for (path, address) in [("origin", &request.origin), ("destination", &request.destination)] {
        // There is no field for it: a postal code of another country would be priced as a Mexican one.
        if filled(&address.country).is_some_and(|country| country != "MX") {
            body.problems.add((path, "country"), "Almex quotes within Mexico (MX) only");
        }
        postal_code(&mut body, (path, "postalCode"), path, address);
    }
    let insured = pesos(&mut body.problems, "insured_value", request.insured_value.as_ref());
    body.put("packages", "parcels", json!([]));
    for (index, parcel) in request.parcels.iter().enumerate() {
        let (name, at) = (|field| ("packages", index, field), |field| ("parcels", index, field));
        for (field, own, value) in [
            ("content", "description", json!(filled(&parcel.description).unwrap_or("Paquete"))),
            ("amount", "quantity", json!(parcel.quantity)),
            ("type", "packaging", json!(filled(&parcel.packaging).unwrap_or(USUAL_PACKAGING))),
        ] {
            body.put(name(field), at(own), value);
        }
        measures(&mut body, "packages", index, parcel);
        // The value to insure is the shipment's: it stands once. Without one, each parcel has its own.
        let of_parcel = at("declared_value");
        let (from, declared) = match &request.insured_value {
            Some(_) => (Path::from("insured_value"), if index == 0 { insured } else { Decimal::ZERO }),
            None => (of_parcel.into(), pesos(&mut body.problems, of_parcel, parcel.declared_value.as_ref())),
        };
        body.put(name("insurance"), "insured_value", i32::from(request.insured_value.is_some()));
        body.put(name("declaredValue"), from, json_number(declared));
        body.fixed(name("weightUnit"), "KGS");
        body.fixed(name("lengthUnit"), "MTS");
    }
    body.native(native);
    body.params()
}

/// "Generate": `packages` is an object, names are in snake_case. `now` is Mexico City's clock.
pub(super) fn pickup_request(
    request: &Create,
    native: &Native<'_>,
    mark: Option<&str>,
    now: DateTime,
) -> Result<Params, Error> {
    let mut body = Body::new(&PICKUPS_CREATE, "Almex");
    for (asked, field, message) in [
        (request.round_trip, "round_trip", "Almex has no round trips; make a second create for the way back"),
        (request.urgent, "urgent", "Almex has no such flag; choose a faster `service`"),
        (request.cash_on_delivery.is_some(), "cash_on_delivery", "Almex doesn't collect money"),
        (!request.notify.is_empty(), "notify", "Almex sends no notices"),
        (request.with_label, "with_label", "Almex has no labels to fetch"),
    ] {
        if asked {
            body.problems.add(field, message);
        }
    }
    let service = match filled(&request.service) {
        None => USUAL_SERVICE,
        Some(code) => code.parse::<u32>().unwrap_or_else(|_| {
            body.problems.add(
                "service",
                format!("is `{}`; it must be the number of Almex's `service_type`, like 3", shorten(code)),
            );
            0
        }),
    };
    party(&mut body, "shipper", "origin", &request.origin);
    party(&mut body, "consignee", "destination", &request.destination);
    body.put("services.observations", "notes", observations(request));
    body.put("services.service_type", "service", service);
    body.fixed("services.shipping_type", 1);
    body.fixed("packages", json!({"weight_unit": "KGS", "length_unit": "MTS"}));
    body.put("packages.details", "parcels", json!([]));
    for (index, parcel) in request.parcels.iter().enumerate() {
        let (name, at) = (|field| ("packages.details", index, field), |field| ("parcels", index, field));
        let packaging = filled(&parcel.packaging).unwrap_or(USUAL_PACKAGING).to_uppercase();
        body.put(name("package"), at("packaging"), packaging);
        body.put(name("quantity"), at("quantity"), parcel.quantity);
        measures(&mut body, "packages.details", index, parcel);
    }
    let declared = declared(&mut body.problems, request);
    body.fixed("accessorials.insurance.types_insurance", 4);
    body.put("accessorials.insurance.declared_amount", "declared_value", json_number(declared));
    let pickup = request.pickup.as_ref();
    let day = pickup.map_or_else(|| next_pickup(now), |pickup| pickup.date.clone());
    let hour =
        |time: Option<&String>| time.map(|time| if time.len() == 5 { format!("{time}:00") } else { time.clone() });
    let from = hour(pickup.and_then(|pickup| pickup.from.as_ref()));
    let to = hour(pickup.and_then(|pickup| pickup.to.as_ref()));
    body.put("accessorials.pickup", "pickup", json!({"service_needed": true}));
    body.put("accessorials.pickup.date", "pickup.date", format!("{day}T00:00:00"));
    body.put("accessorials.pickup.appointment.start_time", "pickup.from", from);
    body.put("accessorials.pickup.appointment.end_time", "pickup.to", to);
    let no_appointment = json!({"date": null, "start_time": null, "end_time": null});
    body.fixed(
        "accessorials.delivery",
        json!({"service_needed": true, "only_working_days": 1, "appointment": no_appointment}),
    );
    let references: Vec<Value> = filled(&request.reference)
        .into_iter()
        // So that a person who looks for a lost create finds it.
        .chain(mark)
        .map(|reference| json!({"almex_reference_id": 0, "customer_reference": reference}))
        .collect();
    body.put("references", "reference", references);
    body.native(native);
    body.params()
}

fn party(body: &mut Body, name: &'static str, path: &'static str, address: &Address) {
    let (field, at) = (|field| (name, field), |field| (path, field));
    let street = address.street_line();
    body.sources.add(name, path);
    for (theirs, ours, text) in [
        ("name", "name", filled(&address.company).or(filled(&address.name))),
        ("address_street", "street", Some(&*street).filter(|street| !street.is_empty())),
        ("address_neighborhood", "neighborhood", filled(&address.neighborhood)),
        ("city", "city", filled(&address.city)),
        ("state", "state", filled(&address.state)),
    ] {
        need(body, field(theirs), at(ours), text);
    }
    postal_code(body, field("zipcode"), path, address);
    need(body, field("phone_number"), at("phone"), filled(&address.phone));
    body.put(field("id"), at("carrier_id"), filled(&address.carrier_id).or(filled(&address.reference)));
    body.put(field("country"), at("country"), filled(&address.country).unwrap_or("MX"));
    body.put(field("email"), at("email"), filled(&address.email));
}

/// The notes, and how to find either place: Almex has no field of its own for that.
fn observations(request: &Create) -> String {
    let way = |word: &str, address: &Address| Some(format!("{word}: {}", filled(&address.instructions)?));
    let ends = [way("Recolección", &request.origin), way("Entrega", &request.destination)];
    let notes = filled(&request.notes).map(str::to_owned);
    std::iter::once(notes).chain(ends).flatten().collect::<Vec<_>>().join("\n")
}

/// What the shipment is worth: as said for the whole, else its parcels together.
fn declared(problems: &mut Problems, request: &Create) -> Decimal {
    if request.declared_value.is_some() {
        return pesos(problems, "declared_value", request.declared_value.as_ref());
    }
    let mut sum = Decimal::ZERO;
    for (index, parcel) in request.parcels.iter().enumerate() {
        let field = ("parcels", index, "declared_value");
        let each = pesos(problems, field, parcel.declared_value.as_ref());
        let all = each.checked_mul(Decimal::from(parcel.quantity)).and_then(|all| sum.checked_add(all));
        match all {
            Some(all) => sum = all,
            None => problems.add(field, format!("`{each}` is too big; check the amount and `quantity`")),
        }
    }
    sum
}

/// The day of pickup where the caller named none: today before noon in Mexico City, else tomorrow.
fn next_pickup(now: DateTime) -> String {
    let day = if now.hour() < 12 { now.date() } else { now.date().saturating_add(1.day()) };
    day.to_string()
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
