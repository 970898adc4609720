//! The mapping, by every JSON example of the API reference and by the odd forms that replies may come in.

use super::super::endpoints::{
    AUTH_REFRESH, AUTH_TOKEN, DOCUMENTS_IMAGE, PICKUPS_CREATE, QUOTES_RATE, TRACKING_LAST_EVENT,
};
use super::super::zone;
use super::*;
use crate::model::request;

fn quote(value: Value) -> Quote {
    request::read(value, &request::QUOTE).unwrap()
}

fn create(value: Value) -> Create {
    request::read(value, &request::CREATE).unwrap()
}

fn json(text: &str) -> Value {
    crate::json::parse(text).unwrap()
}

fn rate_request(request: &Quote) -> Result<Value, Error> {
    let params = super::rate_request(request, &Native::at("options.almex", &json!({})))?;
    Ok(params.body.unwrap())
}

fn pickup_request(request: &Create, mark: Option<&str>, now: DateTime) -> Result<Value, Error> {
    let params = super::pickup_request(request, &Native::at("options.almex", &json!({})), mark, now)?;
    Ok(params.body.unwrap())
}

/// 10 in the morning in Mexico City.
fn morning() -> DateTime {
    mexico("2021-01-29T16:00:00Z")
}

/// An instant, by Mexico City's clock.
fn mexico(instant: &str) -> DateTime {
    instant.parse::<jiff::Timestamp>().unwrap().to_zoned(zone()).datetime()
}

fn sample_create() -> Value {
    json!({
        "reference": "MX11Ord2222165",
        "origin": {
            "company": "Tepeji Depot MX", "carrier_id": "Costco_224", "street": "Calle Norte 3", "number": "No. 3",
            "neighborhood": "Parque Industrial", "city": "Tepeji del Rio de Ocampo", "state": "HG", "country": "MX",
            "postal_code": "42884", "phone": "123456", "email": "123@123.com",
        },
        "destination": {
            "name": "Centiro", "street": "Benito Juárez", "neighborhood": "Centro",
            "city": "Asuncion Cuyotepeji City", "state": "OA", "postal_code": "64500", "phone": "073001100",
            "email": "Centiro@costco.com",
        },
        "parcels": [{
            "weight": {"value": 172, "unit": "kg"},
            "dimensions": {"length": 142, "width": "94", "height": 94, "unit": "cm"},
        }],
        "pickup": {"date": "2021-01-29"},
    })
}

#[test]
fn rate_is_asked_as_the_document_asks() {
    let sample = json(
        r#"{"origin": {"postalCode": "52227"}, "destination": {"postalCode": "75110"},
            "packages": [{"content": "camisetas rosas", "amount": 1, "type": "box",
                "dimensions": {"length": 1, "width": 1, "height": 1}, "weight": 1, "insurance": 1,
                "declaredValue": 0, "weightUnit": "KGS", "lengthUnit": "MTS"}]}"#,
    );
    let asked = quote(json!({
        "origin": {"postal_code": "52227"},
        "destination": {"postal_code": "75110", "country": "MX"},
        "parcels": [{
            "description": "camisetas rosas",
            "weight": {"value": 1000, "unit": "g"},
            "dimensions": {"length": 100, "width": 1000, "height": 100, "unit": "cm"},
        }],
        "insured_value": {"amount": "0", "currency": "MXN"},
    }));
    let mut expected = sample.clone();
    expected["packages"][0]["dimensions"]["width"] = json!(10);
    assert_eq!(rate_request(&asked).unwrap(), expected);
}

#[test]
fn a_pickup_request_is_written_as_the_document_writes_it() {
    let sample = json(
        r#"{
  "shipper": {"name": "Tepeji Depot MX", "id": "Costco_224", "address_street": "Calle Norte 3 No. 3",
    "address_neighborhood": "Parque Industrial", "city": "Tepeji del Rio de Ocampo", "state": "HG", "country": "MX",
    "zipcode": "42884", "phone_number": "123456", "email": "123@123.com"},
  "consignee": {"name": "Centiro", "id": null, "address_street": "Benito Juárez", "address_neighborhood": "Centro",
    "city": "Asuncion Cuyotepeji City", "state": "OA", "country": "MX", "zipcode": "64500",
    "phone_number": "073001100", "email": "Centiro@costco.com"},
  "services": {"observations": "", "service_type": 3, "shipping_type": 1},
  "accessorials": {
    "insurance": {"types_insurance": 4, "declared_amount": 0},
    "pickup": {"service_needed": true, "date": "2021-01-29T00:00:00",
      "appointment": {"start_time": null, "end_time": null}},
    "delivery": {"service_needed": true, "only_working_days": 1,
      "appointment": {"date": null, "start_time": null, "end_time": null}}},
  "packages": {"weight_unit": "KGS", "length_unit": "MTS", "details": [
    {"package": "BOX", "quantity": 1, "dimensions": {"length": 1.42, "width": 0.94, "height": 0.94}, "weight": 172}]},
  "references": [{"almex_reference_id": 0, "customer_reference": "MX11Ord2222165"}]
}"#,
    );
    assert_eq!(pickup_request(&create(sample_create()), None, morning()).unwrap(), sample);
}

#[test]
fn the_documents_requests_pass_the_table() {
    let login = json(r#"{"userName": "", "password": "", "numberAccount": ""}"#);
    let renewal = json(r#"{"token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.x"}"#);
    let rate = rate_request(&quote(json!({
        "origin": {"postal_code": "52227"}, "destination": {"postal_code": "75110"},
        "parcels": [{"weight": {"value": 1, "unit": "kg"},
                     "dimensions": {"length": 1, "width": 1, "height": 1, "unit": "m"}}],
    })))
    .unwrap();
    let pickup = pickup_request(&create(sample_create()), Some("mark"), morning()).unwrap();
    let image = json!({"id": "07070769168", "documentType": "DR", "documentFormat": "URL"});
    for (endpoint, params) in [
        (&AUTH_TOKEN, login),
        (&AUTH_REFRESH, renewal),
        (&QUOTES_RATE, rate),
        (&PICKUPS_CREATE, pickup),
        (&TRACKING_LAST_EVENT, json!({"id": "07053846188"})),
        (&DOCUMENTS_IMAGE, image),
    ] {
        let sorted = crate::connector::endpoint::sort(endpoint, params.as_object().unwrap().clone());
        assert!(sorted.is_ok(), "{}: {:?}", endpoint.name, sorted.err());
    }
}

// ---- requests

#[test]
fn measures_are_exact_metres_and_kilograms() {
    let asked = quote(json!({
        "origin": {"postal_code": "01000"}, "destination": {"postal_code": "64500"},
        "parcels": [
            {"weight": {"value": "1", "unit": "lb"}, "quantity": 3, "packaging": "envelope",
             "dimensions": {"length": 10, "width": 1, "height": "0.5", "unit": "in"},
             "declared_value": {"amount": "99.90", "currency": "MXN"}},
        ],
    }));
    let body = rate_request(&asked).unwrap();
    let package = &body["packages"][0];
    assert_eq!(package["weight"].to_string(), "0.45359237");
    assert_eq!(package["dimensions"].to_string(), r#"{"length":0.254,"width":0.0254,"height":0.0127}"#);
    assert_eq!((&package["amount"], &package["type"]), (&json!(3), &json!("envelope")));
    assert_eq!((&package["insurance"], package["declaredValue"].to_string()), (&json!(0), "99.9".to_owned()));
    assert_eq!(body["origin"]["postalCode"], "01000");
}

#[test]
fn everything_that_lacks_is_said_at_once() {
    let paths = |error: Error| error.fields.iter().map(|problem| problem.field.clone()).collect::<Vec<_>>();
    let asked = quote(json!({
        "origin": {}, "destination": {"postal_code": "75110", "country": "US"},
        "parcels": [{"weight": {"value": 0, "unit": "kg"}}],
        "insured_value": {"amount": 10, "currency": "USD"},
    }));
    assert_eq!(
        paths(rate_request(&asked).unwrap_err()),
        [
            "origin.postal_code",
            "destination.country",
            "insured_value",
            "parcels[0].dimensions",
            "parcels[0].weight.value"
        ]
    );
    let asked = create(json!({
        "origin": {"name": "A"}, "destination": {"name": "B", "street": "x"},
        "parcels": [{"weight": {"value": 1, "unit": "kg"}}],
        "service": "express", "urgent": true, "with_label": true,
        "declared_value": {"amount": 10, "currency": "COP"},
    }));
    assert_eq!(
        paths(pickup_request(&asked, None, morning()).unwrap_err()),
        [
            "urgent",
            "with_label",
            "service",
            "origin.street",
            "origin.neighborhood",
            "origin.city",
            "origin.state",
            "origin.postal_code",
            "origin.phone",
            "destination.neighborhood",
            "destination.city",
            "destination.state",
            "destination.postal_code",
            "destination.phone",
            "parcels[0].dimensions",
            "declared_value",
        ]
    );
}

#[test]
fn several_parcels_hours_notes_and_the_mark_all_arrive() {
    let mut asked = sample_create();
    asked["parcels"] = json!([
        {"weight": {"value": 1, "unit": "kg"}, "quantity": 2, "packaging": "pallet",
         "dimensions": {"length": 1, "width": 1, "height": 1, "unit": "m"},
         "declared_value": {"amount": "10.50", "currency": "MXN"}},
        {"weight": {"value": 2, "unit": "kg"}, "dimensions": {"length": 2, "width": 1, "height": 1, "unit": "m"}},
    ]);
    asked["pickup"] = json!({"date": "2021-02-01", "from": "09:00", "to": "13:30:00"});
    asked["notes"] = json!("frágil");
    asked["service"] = json!({"code": "1", "name": "Aéreo"});
    asked["destination"]["instructions"] = json!("portón verde");
    let body = pickup_request(&create(asked), Some("fl-mark"), morning()).unwrap();
    assert_eq!(body["packages"]["details"].as_array().unwrap().len(), 2);
    assert_eq!(body["packages"]["details"][0]["package"], "PALLET");
    assert_eq!(
        body["services"],
        json!({"observations": "frágil\nEntrega: portón verde", "service_type": 1, "shipping_type": 1})
    );
    assert_eq!(
        body["accessorials"]["pickup"],
        json!({"service_needed": true, "date": "2021-02-01T00:00:00",
               "appointment": {"start_time": "09:00:00", "end_time": "13:30:00"}})
    );
    assert_eq!(body["accessorials"]["insurance"]["declared_amount"], 21);
    assert_eq!(body["references"][0]["customer_reference"], "MX11Ord2222165");
    assert_eq!(body["references"][1], json!({"almex_reference_id": 0, "customer_reference": "fl-mark"}));
}

#[test]
fn a_pickup_without_a_day_is_today_before_noon_in_mexico_city_and_else_tomorrow() {
    for (now, day) in [
        ("2026-01-31T17:59:00Z", "2026-01-31"),
        ("2026-01-31T18:00:00Z", "2026-02-01"),
        // Still the evening before, in Mexico.
        ("2026-02-01T03:00:00Z", "2026-02-01"),
    ] {
        assert_eq!(next_pickup(mexico(now)), day, "{now}");
    }
}

#[test]
fn a_field_that_almex_names_is_told_by_its_place_in_the_request() {
    let (mut asked, parcel) = (
        sample_create(),
        json!({"weight": {"value": 1, "unit": "kg"},
        "dimensions": {"length": 1, "width": 1, "height": 1, "unit": "m"}}),
    );
    asked["parcels"] = json!([parcel, parcel, parcel]);
    let none = json!({});
    let native = Native::at("options.almex", &none);
    let pickup = super::pickup_request(&create(asked.clone()), &native, None, morning()).unwrap().sources;
    let ends = json!({"origin": {"postal_code": "01000"}, "destination": {"postal_code": "64500"}});
    let mut asked_for = ends.clone();
    asked_for["parcels"] = asked["parcels"].clone();
    let rate = super::rate_request(&quote(asked_for), &native).unwrap().sources;
    for (theirs, ours) in [
        ("origin.postalCode", "origin.postal_code"),
        ("packages[1].dimensions.length", "parcels[1].dimensions.length"),
        ("packages[0].content", "parcels[0].description"),
        ("packages.details[2].weight", "parcels[2].weight"),
        ("packages.details[0].package", "parcels[0].packaging"),
        ("shipper.zipcode", "origin.postal_code"),
        ("consignee.address_neighborhood", "destination.neighborhood"),
        ("services.service_type", "service"),
        ("accessorials.pickup.appointment.start_time", "pickup.from"),
        ("accessorials.insurance.declared_amount", "declared_value"),
        ("references[0].customer_reference", "reference"),
        ("Origin.PostalCode", "origin.postal_code"),
        ("Packages[1].Dimensions.Length", "parcels[1].dimensions.length"),
        ("Packages.Details[2].Weight", "parcels[2].weight"),
        ("Shipper.AddressStreet", "origin.street"),
        ("Consignee.Phone_number", "destination.phone"),
        ("Accessorials.Pickup.Appointment.StartTime", "pickup.from"),
    ] {
        let is_of_quote = theirs.to_lowercase().starts_with("origin") || theirs.to_lowercase().starts_with("packages[");
        let sources = if is_of_quote { &rate } else { &pickup };
        assert_eq!(sources.find(theirs).as_deref(), Some(ours), "{theirs}");
    }
    for odd in ["", "?", "a.b.c", "packages]0[", "title"] {
        assert_eq!(pickup.find(odd), None, "{odd}");
    }
}
