//! What is asked of the second generation: what integrations send, and what a request may lack. Values are invented.

use super::super::endpoints;
use super::*;
use crate::connector::endpoint::{Endpoint, sort};
use crate::model::Code;
use crate::model::request;
use jiff::civil::date;

/// What is wrong with a request, by the paths of its fields.
fn paths(error: &Error) -> Vec<&str> {
    assert_eq!(error.code, Code::InvalidRequest);
    error.fields.iter().map(|problem| problem.field.as_str()).collect()
}

fn errand() -> Value {
    json!({
        "origin": {"street": "Cra 48", "number": "10-45", "city": "medellin", "instructions": "Recogida en tienda"},
        "destination": {
            "name": "Ana Gómez", "phone": "+57 300 123 4567", "street": "Calle 10", "number": "# 43-21",
            "interior": "Apto 301", "neighborhood": "El Poblado", "instructions": "Portería", "city": "Medellín",
        },
        "parcels": [{"weight": {"value": 1, "unit": "kg"}, "description": "Café", "quantity": 2}],
    })
}

fn native_of(native: &Value) -> Native<'_> {
    Native::at("options.mensajeros_urbanos", native)
}

fn priced(change: impl FnOnce(&mut Value), native: Value) -> Result<Value, Error> {
    let mut request = errand();
    change(&mut request);
    let request: Quote = request::read(request, &request::QUOTE)?;
    super::quote(&request, &native_of(&native)).map(|(body, _)| body)
}

fn ordered(change: impl FnOnce(&mut Value), native: Value, mark: Option<&str>) -> Result<Value, Error> {
    let mut request = errand();
    change(&mut request);
    let request: Create = request::read(request, &request::CREATE)?;
    let now = date(2026, 11, 27).at(15, 4, 5, 678_000_000);
    super::create(&request, Some("TIENDA-1"), &native_of(&native), mark, now).map(|(body, _)| body)
}

fn created(change: impl FnOnce(&mut Value)) -> Result<Value, Error> {
    ordered(change, json!({}), None)
}

/// A native call takes what flete sends.
fn takes(endpoint: &'static Endpoint, body: &Value) {
    let params = sort(endpoint, body.as_object().unwrap().clone()).unwrap();
    assert_eq!(params.body.as_ref(), Some(body));
}

#[test]
fn a_quote_is_asked_as_integrations_do() {
    let body = priced(|_| {}, json!({})).unwrap();
    assert_eq!(
        body,
        json!({
            "type_service": 4, "roundtrip": 0, "declared_value": 0, "city": 3, "parking_surcharge": 0,
            "coordinates": [
                {"address": "Cra 48 10-45", "city": "medellin", "observation": "Recogida en tienda"},
                {"address": "Calle 10 # 43-21, Apto 301", "city": "Medellín", "observation": "Portería"},
            ],
        })
    );
    takes(&endpoints::QUOTE, &body);
    let valued = |request: &mut Value| {
        request["insured_value"] = json!({"amount": "50000", "currency": "COP"});
        request["round_trip"] = json!(true);
    };
    let body = priced(valued, json!({})).unwrap();
    assert_eq!((&body["declared_value"], &body["roundtrip"]), (&json!(50000), &json!(1)));
}

#[test]
fn a_create_is_asked_as_integrations_do() {
    let order = |request: &mut Value| {
        request["reference"] = json!("1042");
        request["destination"]["email"] = json!("ana@example.com");
        request["destination"]["tax_id"] = json!("989839");
        request["declared_value"] = json!({"amount": "50000.00", "currency": "COP"});
        request["items"] = json!([
            {"sku": "SKU-9", "name": "Café", "quantity": 2, "unit_price": {"amount": 25000, "currency": "COP"}},
            {"name": "Taza Ñandú nº 3", "quantity": 1, "unit_price": {"amount": 900, "currency": "COP"},
             "image_url": "https://tienda.example/taza.png"},
        ]);
        request["notes"] = json!("Timbre dañado");
        request["pickup"] = json!({"date": "2026-11-28", "from": "09:00", "to": "12:00"});
    };
    let body = created(order).unwrap();
    assert_eq!(
        body,
        json!({
            "type_service": 4, "roundtrip": 0, "declared_value": 50000, "dane_code": "05001",
            "start_date": "2026-11-28", "start_time": "09:00:00",
            "description": "2 × Café", "observation": "Timbre dañado\nRecoger a más tardar a las 12:00",
            "os": "NEW API 2.0", "store_id": "TIENDA-1",
            "coordinates": [{
                "order_id": "1042", "address": "Calle 10 # 43-21, Apto 301", "description": "El Poblado, Portería",
                "token": "",
                "client_data": {
                    "client_name": "Ana Gómez", "client_phone": "3001234567", "client_email": "ana@example.com",
                    "client_document": "989839", "products_value": "50900", "domicile_value": "0", "payment_type": "3",
                },
                "products": [
                    {"store_id": "TIENDA-1", "sku": "SKU-9", "product_name": "Café", "quantity": 2, "value": 25000},
                    {"store_id": "TIENDA-1", "sku": "taza-nandu-n-3", "product_name": "Taza Ñandú nº 3", "quantity": 1,
                     "value": 900, "url_img": "https://tienda.example/taza.png"},
                ],
            }],
        })
    );
    takes(&endpoints::CREATE, &body);
}

#[test]
fn a_plain_create_has_all_that_the_carrier_demands() {
    let body = created(|request| {
        request["parcels"] =
            json!([{"weight": {"value": 1, "unit": "kg"}, "quantity": 2}, {"weight": {"value": 1, "unit": "kg"}}]);
        let to = request["destination"].as_object_mut().unwrap();
        to.retain(|name, _| ["name", "phone", "street", "city"].contains(&name.as_str()));
    })
    .unwrap();
    let point = &body["coordinates"][0];
    assert_eq!((&body["description"], &point["description"]), (&json!("3 × paquete"), &json!("3 × paquete")));
    assert_eq!((&body["declared_value"], &body["observation"]), (&json!(100), &json!("")));
    assert_eq!((&body["start_date"], &body["start_time"]), (&json!("2026-11-27"), &json!("15:04:05")));
    assert_eq!((&point["order_id"], &point["address"]), (&json!("20261127150405678"), &json!("Calle 10")));
    assert_eq!(
        point["products"],
        json!([{"store_id": "TIENDA-1", "sku": "1", "product_name": "3 × paquete", "quantity": 1, "value": 100}])
    );
    assert_eq!(
        (&point["client_data"]["products_value"], &point["client_data"]["client_email"]),
        (&json!("100"), &json!(""))
    );
    takes(&endpoints::CREATE, &body);
    // Items name the goods where no parcel does.
    let items = json!([{"name": "Café", "quantity": 2, "unit_price": {"amount": 25000, "currency": "COP"}}]);
    let body = created(|request| {
        request["parcels"][0]["description"] = json!(null);
        request["items"] = items;
    });
    assert_eq!(body.unwrap()["description"], "2 × Café");
}

#[test]
fn the_place_is_a_municipality_by_its_code_or_its_name() {
    let at = |city: Option<&str>, code: Option<&str>, native: Value| {
        let place = move |request: &mut Value| {
            request["destination"]["city"] = json!(city);
            request["destination"]["district_code"] = json!(code);
        };
        let made = ordered(place, native.clone(), None).map(|body| body["dane_code"].as_str().map(str::to_owned));
        let price = priced(place, native).map(|body| body["city"].as_i64());
        (made.map_err(|error| paths(&error).join(" ")), price.map_err(|error| paths(&error).join(" ")))
    };
    let (city, district) = ("destination.city", "destination.district_code");
    // Name, code; the municipality of a create, or the field that is wrong; the city of a quote, likewise.
    for (name, code, made, price) in [
        (Some("Bogotá D.C."), None, Ok("11001"), Ok(1)),
        (Some("CALI"), None, Ok("76001"), Ok(2)),
        (Some("medellin"), None, Ok("05001"), Ok(3)),
        (Some("Barranquilla, Atlántico"), None, Ok("08001"), Ok(4)),
        (Some("Villavicencio"), None, Ok("50001"), Ok(5)),
        (Some("Cartagena de Indias"), None, Ok("13001"), Ok(8)),
        (Some("sta_marta"), None, Ok("47001"), Ok(9)),
        (Some("Bucaramanga"), None, Ok("68001"), Ok(10)),
        (Some("ibague"), None, Ok("73001"), Ok(11)),
        (Some("Armenia"), None, Ok("63001"), Err(city)),
        (Some("Pereira"), None, Ok("66001"), Err(city)),
        (Some("Manizales, Caldas"), None, Ok("17001"), Err(city)),
        (Some("Neiva"), None, Ok("41001"), Err(city)),
        (Some("Valledupar"), None, Ok("20001"), Err(city)),
        (Some("CHIA"), None, Ok("25175"), Err(city)),
        (Some("Envigado"), None, Ok("05266"), Err(city)),
        (Some("Bello, Antioquia"), None, Ok("05088"), Err(city)),
        (Some("ant_itagui"), None, Ok("05360"), Err(city)),
        (Some("Itagui\u{308}\u{301}"), None, Ok("05360"), Err(city)),
        (Some("sabaneta"), None, Ok("05631"), Err(city)),
        (Some("La Estrella"), None, Ok("05380"), Err(city)),
        (Some("Caldas (Antioquia)"), None, Ok("05129"), Err(city)),
        // Any code, also one that no name is known for.
        (Some("Soacha"), Some("25754"), Ok("25754"), Err(city)),
        (Some("Soacha"), Some("25754000"), Ok("25754"), Err(city)),
        (Some("Bogotá"), Some("25754"), Ok("25754"), Ok(1)),
        (Some("Mi barrio"), Some("11001"), Ok("11001"), Ok(1)),
        (Some("Medellín"), Some("5001"), Ok("05001"), Ok(3)),
        (Some("Medellín"), Some("05001000"), Ok("05001"), Ok(3)),
        (Some("Medellín"), Some("n/a"), Ok("05001"), Ok(3)),
        (None, Some("11001"), Ok("11001"), Ok(1)),
        // Nowhere.
        (Some("Leticia"), None, Err(city), Err(city)),
        (Some("Leticia"), Some("9100"), Err(city), Err(city)),
        (None, Some("1100"), Err(district), Err(district)),
        (None, Some("11O01"), Err(district), Err(district)),
        (None, None, Err(city), Err(city)),
        (Some("Cali"), Some("11001"), Err(district), Err(district)),
    ] {
        let found = at(name, code, json!({}));
        let expected = (made.map(|code| Some(code.to_owned())), price.map(Some));
        assert_eq!(found, (expected.0.map_err(str::to_owned), expected.1.map_err(str::to_owned)), "{name:?} {code:?}");
    }
    // The list is in the message, and so is the way out.
    let error = created(|request| request["destination"]["city"] = json!("Leticia")).unwrap_err();
    for known in ["Leticia", "Bogotá", "Envigado", "Chía", "La Estrella"] {
        assert!(error.message.contains(known), "{error}");
    }
    let error = priced(|request| request["destination"]["city"] = json!("Envigado"), json!({})).unwrap_err();
    assert!(error.message.contains("options.mensajeros_urbanos.city"), "{error}");
    // The carrier's own number is for what isn't known.
    let numbered = at(Some("Leticia"), None, json!({"city": 77}));
    assert_eq!(numbered, (Ok(None), Ok(Some(77))));
    let coded =
        ordered(|request| request["destination"]["city"] = json!("Leticia"), json!({"dane_code": "91001"}), None);
    assert_eq!(coded.unwrap()["dane_code"], "91001");
}

#[test]
fn couriers_collect_at_a_store() {
    let store = |origin: Option<&str>, account: Option<&str>, native: Value| {
        let mut request = errand();
        request["origin"]["carrier_id"] = json!(origin);
        let request: Create = request::read(request, &request::CREATE).unwrap();
        let now = date(2026, 11, 27).at(15, 4, 5, 0);
        super::create(&request, account, &native_of(&native), None, now)
            .map(|(body, _)| [body["store_id"].clone(), body["coordinates"][0]["products"][0]["store_id"].clone()])
    };
    for (origin, account, native, id) in [
        (Some("8466"), Some("TIENDA-1"), json!({}), "8466"),
        (None, Some("TIENDA-1"), json!({}), "TIENDA-1"),
        (Some("8466"), None, json!({}), "8466"),
        (None, Some("TIENDA-1"), json!({"store_id": "OTRA"}), "OTRA"),
        (None, None, json!({"store_id": "OTRA"}), "OTRA"),
    ] {
        assert_eq!(store(origin, account, native).unwrap(), [json!(id), json!(id)]);
    }
    let error = store(None, None, json!({})).unwrap_err();
    assert_eq!(paths(&error), ["origin.carrier_id"]);
    assert!(error.message.contains("stores.create") && error.message.contains("`store_id`"), "{error}");
}

#[test]
fn what_a_request_lacks_is_told_at_once() {
    let error = created(|request| {
        request["origin"] = json!({});
        request["destination"] = json!({"phone": "ninguno"});
        request["urgent"] = json!(true);
        request["service"] = json!("moto");
        request["declared_value"] = json!({"amount": "10.50", "currency": "COP"});
        request["items"] = json!([{"name": "Café", "quantity": 1, "unit_price": {"amount": 1, "currency": "USD"}}]);
        request["cash_on_delivery"] = json!({"amount": {"amount": 1, "currency": "MXN"}, "method": "cash"});
        request["pickup"] = json!({"date": "2026-11-29"});
    })
    .unwrap_err();
    let mut wrong = paths(&error);
    wrong.sort_unstable();
    assert_eq!(
        wrong,
        [
            "cash_on_delivery.amount.currency",
            "declared_value.amount",
            "destination.city",
            "destination.name",
            "destination.phone",
            "destination.street",
            "items[0].unit_price.currency",
            "pickup.from",
            "service",
            "urgent",
        ]
    );
    let error = priced(
        |request| {
            request["origin"] = json!({});
            request["destination"] = json!({});
            request["urgent"] = json!(true);
        },
        json!({}),
    );
    let error = error.unwrap_err();
    let mut wrong = paths(&error);
    wrong.sort_unstable();
    assert_eq!(wrong, ["destination.city", "destination.street", "origin.city", "origin.street", "urgent"]);
    // Wrong native fields are named beside the rest, where they stand.
    let error = ordered(
        |request| request["urgent"] = json!(true),
        json!({"payment_type": 9, "dane_code": "110010", "storeid": "x"}),
        None,
    );
    let error = error.unwrap_err();
    let mut wrong = paths(&error);
    wrong.sort_unstable();
    let place = "options.mensajeros_urbanos";
    assert_eq!(
        wrong,
        [&format!("{place}.dane_code"), &format!("{place}.payment_type"), &format!("{place}.storeid"), "urgent"]
    );
}

#[test]
fn cash_is_collected_by_its_method() {
    for (method, code) in [("cash", "1"), ("card", "2"), ("online", "3")] {
        let body = created(|request| {
            request["cash_on_delivery"] = json!({"amount": {"amount": "8700.00", "currency": "COP"}, "method": method});
        });
        let client = body.unwrap()["coordinates"][0]["client_data"].clone();
        assert_eq!((&client["payment_type"], &client["products_value"]), (&json!(code), &json!("8700")), "{method}");
        assert_eq!(client["domicile_value"], "0");
    }
    // What nobody collects says what the goods are worth.
    let body = created(|request| request["declared_value"] = json!({"amount": 70, "currency": "COP"})).unwrap();
    let point = &body["coordinates"][0];
    assert_eq!((&body["declared_value"], &point["client_data"]["products_value"]), (&json!(100), &json!("70")));
    assert_eq!((&point["products"][0]["value"], &point["client_data"]["payment_type"]), (&json!(70), &json!("3")));
    let each = json!({"amount": 4000, "currency": "COP"});
    let body = created(|request| request["parcels"][0]["declared_value"] = each).unwrap();
    assert_eq!(body["declared_value"], 8000);
}

#[test]
fn a_telephone_goes_as_its_ten_digits() {
    for (given, sent) in [
        ("3001234567", "3001234567"),
        ("+57 300 123 4567", "3001234567"),
        ("573001234567", "3001234567"),
        ("0057-300-1234567", "3001234567"),
        ("(300) 123.45.67", "3001234567"),
        ("5712345678", "5712345678"),
        ("+1 212 555 0100", "12125550100"),
    ] {
        let body = created(|request| request["destination"]["phone"] = json!(given)).unwrap();
        assert_eq!(body["coordinates"][0]["client_data"]["client_phone"], sent, "{given}");
    }
}

#[test]
fn the_mark_of_a_key_is_where_a_push_and_people_see_it() {
    const MARK: &str = "fl-0123456789abcdef";
    let made = |reference: Option<&str>, native: Value| {
        let body = ordered(|request| request["reference"] = json!(reference), native, Some(MARK)).unwrap();
        let point = &body["coordinates"][0];
        [&body["observation"], &point["description"], &point["order_id"]].map(Clone::clone)
    };
    let bracketed = format!("[{MARK}]");
    assert_eq!(
        made(None, json!({})),
        [json!(bracketed), json!(format!("El Poblado, Portería {bracketed}")), json!(MARK)]
    );
    let [observation, description, order] = made(Some("1042"), json!({"observation": "Timbre"}));
    assert_eq!(observation, format!("Timbre {bracketed}"));
    assert!(description.as_str().unwrap().ends_with(&bracketed), "{description}");
    assert_eq!(order, "1042");
    // Whatever `options` say.
    let point = json!([{"order_id": "7", "address": "Calle 1", "description": "x", "client_data": {"client_name": "Ana",
        "client_phone": "3001234567", "products_value": "100", "domicile_value": "0", "payment_type": "3"},
        "products": [{"store_id": "T", "sku": "1", "product_name": "x", "quantity": 1, "value": 100}]}]);
    let [observation, description, order] = made(Some("1042"), json!({"+observation": "y", "coordinates": point}));
    assert_eq!(
        (observation, description, order),
        (json!(format!("y {bracketed}")), json!(format!("x {bracketed}")), json!("7"))
    );
}

#[test]
fn native_fields_of_the_consignee_may_stand_alone_or_together() {
    for native in [
        json!({"domicile_value": "3000", "client_document": "7"}),
        json!({"client_data": {"domicile_value": "3000", "client_document": "7"}}),
    ] {
        let body = ordered(|_| {}, native, None).unwrap();
        let client = &body["coordinates"][0]["client_data"];
        assert_eq!((&client["domicile_value"], &client["client_document"]), (&json!("3000"), &json!("7")));
        assert_eq!(client["client_name"], "Ana Gómez");
    }
}
