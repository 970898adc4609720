//! Every JSON example of Fruno's API reference, word for word (`examples/`), and what its text says of it; then the odd
//! forms that its replies come in, and replies that are wrong anywhere. Nothing here is sent: that is `tests/fruno.rs`.

use super::super::book::plan;
use super::super::endpoints::{ADDRESSES_CREATE, ENDPOINTS, PARCELS_CREATE};
use super::super::examples::example;
use super::*;
use crate::connector::endpoint::{self, Body, sort};
use crate::connector::lenient::list;
use crate::model::Code;

fn create(more: Value) -> Create {
    let mut request = json!({
        "reference": "ORDEN-88243567",
        "tags": ["ABC123", "REF-987"],
        "urgent": true,
        "origin": {"company": "Tienda ABC", "street": "125 Sur", "district_code": "11605"},
        "destination": {"name": "Joshua Blanco", "street": "25 Sur", "district_code": "11605"},
        "parcels": [{
            "weight": {"value": 389, "unit": "g"},
            "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"},
            "description": "Pedido tienda virtual, SKU77356895 color blanco",
        }],
    });
    for (name, value) in more.as_object().unwrap() {
        request[name.as_str()] = value.clone();
    }
    crate::model::request::read(request, &crate::model::request::CREATE).unwrap()
}

fn built(request: &Create, mark: Option<&str>, on_behalf_of: Option<&str>) -> Result<(Value, Sources), Error> {
    let mut body = parcel(request, mark, on_behalf_of);
    body.native(&Native::at("options.fruno", &json!({})));
    body.end()
}

fn problems(error: &Error) -> Vec<&str> {
    error.fields.iter().map(|problem| problem.field.as_str()).collect()
}

#[test]
fn a_saved_address_is_the_place_that_was_sent() {
    let sent = example!("send_address");
    assert!(same_place(&example!("address_created"), &sent));
    let page = example!("addresses_list");
    let [listed] = list(&page, "direcciones") else { panic!("one address") };
    assert_eq!(*listed, example!("address"));
    assert!(!same_place(listed, &sent), "it is in another district");
}

#[test]
fn what_the_document_sends_fits_its_table() {
    let map = |value: Value| value.as_object().unwrap().clone();
    let sent = example!("send_parcel");
    assert_eq!(sort(&PARCELS_CREATE, map(sent.clone())).unwrap().body, Some(sent.clone()));
    let mut notified = sent.clone();
    notified["notificaciones"] = example!("send_notifications")["notificaciones"].clone();
    assert_eq!(sort(&PARCELS_CREATE, map(notified.clone())).unwrap().body, Some(notified));
    assert!(sort(&ADDRESSES_CREATE, map(example!("send_address"))).is_ok());
    let change = endpoint::find(ENDPOINTS, "addresses.update", &crate::json::Map::new()).unwrap();
    let mut params = map(example!("send_address_change"));
    params.insert("id".to_owned(), json!("12334017"));
    assert_eq!(sort(change, params).unwrap().body, Some(example!("send_address_change")));
    assert_eq!(ENDPOINTS.len(), 23);
    assert!(ENDPOINTS.iter().all(|row| !row.source.is_empty()));
    // Only what makes something is a POST, and only what makes a parcel makes a shipment.
    let shipments = ENDPOINTS.iter().filter(|row| row.repeat == endpoint::Repeat::Shipment);
    assert_eq!(shipments.map(|row| row.name).collect::<Vec<_>>(), ["parcels.create"]);
    assert!(ENDPOINTS.iter().all(|row| (row.method == "POST") == (row.repeat != endpoint::Repeat::Safe)));
    assert!(ENDPOINTS.iter().all(|row| row.method != "GET" || matches!(row.body, Body::None)));
}

#[test]
fn a_create_is_written_as_the_documents_sample() {
    let (mut written, _) = built(&create(json!({})), None, Some("fulanita@example.com")).unwrap();
    let sample = example!("send_parcel");
    for name in ["id_dirección_fuente", "id_dirección_destino"] {
        written[name] = sample[name].clone();
    }
    assert_eq!(written, sample);
    let notified = create(json!({"notify": [{"email": "fulanita@example.com", "events": ["picked_up", "delivered"]}]}));
    let (written, _) = built(&notified, None, None).unwrap();
    assert_eq!(written["notificaciones"], example!("send_notifications")["notificaciones"]);
    // Absent is absent: Fruno may refuse an explicit null.
    assert!(written.as_object().unwrap().values().all(|value| !value.is_null()));
}

// ---- what is sent

#[test]
fn an_address_has_a_name_of_its_content() {
    let written = |more: Value| {
        let mut value = json!({"company": "Tienda ABC", "street": "125 Sur", "number": "5", "district_code": "01501",
            "phone": "+506 8896-1182", "phone2": "(506) 22", "email": "a@b.cr", "instructions": "portón verde"});
        for (name, entry) in more.as_object().unwrap() {
            value[name.as_str()] = entry.clone();
        }
        address(&crate::json::from_value(value).unwrap(), "origin").map(|(body, _)| body)
    };
    let one = written(json!({})).unwrap();
    assert_eq!(one["detalle"], "125 Sur 5, portón verde");
    assert_eq!(one["código_distrito"], "01501", "codes keep their zeros");
    assert_eq!((&one["teléfono1"], &one["teléfono2"]), (&json!("88961182"), &json!("50622")));
    let name = |body: &Value| body["nombre"].as_str().unwrap().to_owned();
    assert!(name(&one).starts_with("Tienda ABC "));
    assert_eq!(name(&one), name(&written(json!({})).unwrap()));
    assert_ne!(name(&one), name(&written(json!({"number": "6"})).unwrap()));
    let long = written(json!({"company": "ñ".repeat(60)})).unwrap();
    assert_eq!(name(&long).chars().count(), 40);

    // Limits are in characters: 200 accented letters are 400 bytes, and fit.
    let bare = json!({"number": null, "instructions": null});
    let street = |count: usize| {
        let mut more = bare.clone();
        more["street"] = json!("ñ".repeat(count));
        written(more)
    };
    assert!(street(200).is_ok());
    assert_eq!(problems(&street(201).unwrap_err()), ["origin.street"]);
    let wrong = written(json!({"street": "", "number": "", "instructions": " ", "district_code": null,
        "phone": "12345678901", "phone2": "12345678901", "reference": "r".repeat(41)}));
    assert_eq!(
        problems(&wrong.unwrap_err()),
        ["origin.street", "origin.district_code", "origin.phone", "origin.phone2", "origin.reference"]
    );
}

#[test]
fn every_limit_of_a_create_is_kept_by_refusing() {
    let long = |count: usize| "ñ".repeat(count);
    let destination = |name: String| json!({"name": name, "street": "25 Sur", "district_code": "11605"});
    let described = |text: String| {
        json!([{"weight": {"value": 1, "unit": "g"}, "description": text,
            "dimensions": {"length": 1, "width": 1, "height": 1, "unit": "cm"}}])
    };
    let notices = |count: usize| json!(vec![json!({"email": "a@b.cr", "events": ["created"]}); count]);
    let at_most: Vec<(Value, Value, &str)> = vec![
        (
            json!({"destination": destination(long(40))}),
            json!({"destination": destination(long(41))}),
            "destination.name",
        ),
        (json!({"parcels": described(long(150))}), json!({"parcels": described(long(151))}), "parcels[0].description"),
        (json!({"notes": long(2000)}), json!({"notes": long(2001)}), "notes"),
        (json!({"reference": long(40)}), json!({"reference": long(41)}), "reference"),
        (json!({"tags": [long(20)]}), json!({"tags": [long(21)]}), "tags[0]"),
        (json!({"tags": vec!["a"; 10]}), json!({"tags": vec!["a"; 11]}), "tags"),
        (json!({"notify": notices(3)}), json!({"notify": notices(4)}), "notify"),
    ];
    for (fits, too_long, field) in at_most {
        assert!(built(&create(fits), None, None).is_ok(), "{field}");
        let error = built(&create(too_long), None, None).unwrap_err();
        assert_eq!((error.code, problems(&error)), (Code::InvalidRequest, vec![field]));
        assert!(error.message.contains("at most"), "{}", error.message);
    }
    // A key's mark takes the place of one tag.
    assert!(built(&create(json!({"tags": vec!["a"; 9]})), Some("fl-mark"), None).is_ok());
    let error = built(&create(json!({"tags": vec!["a"; 10]})), Some("fl-mark"), None).unwrap_err();
    assert!(error.message.contains("at most 9"), "{}", error.message);
}

#[test]
fn what_fruno_does_not_do_is_refused_by_name() {
    let two = json!([{"weight": {"value": 1, "unit": "g"}, "quantity": 2,
        "dimensions": {"length": 1, "width": 1, "height": 1, "unit": "cm"}}]);
    for (more, field) in [
        (json!({"parcels": two}), "parcels"),
        (json!({"round_trip": true}), "round_trip"),
        (
            json!({"cash_on_delivery": {"amount": {"amount": "1", "currency": "CRC"}, "method": "cash"}}),
            "cash_on_delivery",
        ),
        (json!({"destination": {"street": "25 Sur"}}), "destination.name"),
        (json!({"parcels": [{"weight": {"value": 1, "unit": "g"}}]}), "parcels[0].dimensions"),
        (
            json!({"parcels": [{"weight": {"value": 0, "unit": "g"},
                "dimensions": {"length": 1, "width": 1, "height": 1, "unit": "cm"}}]}),
            "parcels[0].weight.value",
        ),
    ] {
        assert_eq!(problems(&built(&create(more), None, None).unwrap_err()), [field]);
    }
}

#[test]
fn a_create_says_everything_that_is_wrong_with_its_parcel_and_both_addresses() {
    let wrong = create(json!({
        "round_trip": true,
        "notes": "n".repeat(2001),
        "origin": {"company": "Tienda ABC", "street": "125 Sur", "phone": "12345678901"},
        "destination": {"district_code": "11605"},
        "parcels": [{"weight": {"value": 1, "unit": "g"}}],
    }));
    let mut body = parcel(&wrong, Some("fl-mark"), None);
    let native = json!({"etiquetas": "one", "urgente": "maybe", "peso_net": 1});
    body.native(&Native::at("options.fruno", &native));
    let Err(error) = plan(&wrong, body) else { panic!("much is wrong") };
    let mut said = problems(&error);
    said.sort_unstable();
    assert_eq!(
        said,
        [
            "destination.name",
            "destination.street",
            "notes",
            "options.fruno.etiquetas",
            "options.fruno.peso_net",
            "options.fruno.urgente",
            "origin.district_code",
            "origin.phone",
            "parcels[0].dimensions",
            "round_trip",
        ]
    );
}

#[test]
fn a_quote_says_everything_that_is_wrong_with_its_parcels_and_once_what_is_wrong_with_its_options() {
    let sides = |height: u32| json!({"length": 1, "width": 1, "height": height, "unit": "cm"});
    let request = json!({
        "origin": {"carrier_id": "1"},
        "destination": {"carrier_id": "2"},
        "parcels": [
            {"weight": {"value": 0, "unit": "g"}, "dimensions": sides(1)},
            {"weight": {"value": 1, "unit": "g"}},
            {"weight": {"value": 1, "unit": "g"}, "dimensions": sides(0)},
        ],
    });
    let request = crate::model::request::read(request, &crate::model::request::QUOTE).unwrap();
    let ends =
        [("id_dirección_fuente", "origin", "1".to_owned()), ("id_dirección_destino", "destination", "2".to_owned())];
    let native = json!({"id_contrato": ["x"]});
    let error = costs(&request, &ends, None, &Native::at("options.fruno", &native)).unwrap_err();
    assert_eq!(
        problems(&error),
        [
            "parcels[0].weight.value",
            "options.fruno.id_contrato",
            "parcels[1].dimensions",
            "parcels[2].dimensions.height",
        ]
    );
}

#[test]
fn the_hours_of_a_pickup_stand_in_the_remarks() {
    let request = create(json!({"notes": "frágil", "pickup": {"date": "2026-11-23", "from": "09:00", "to": "13:00"}}));
    let (written, _) = built(&request, None, None).unwrap();
    assert_eq!(written["observaciones"], "frágil\nRecolecta: 2026-11-23 desde 09:00 hasta 13:00");
}

#[test]
fn every_field_of_a_create_has_its_place_in_the_callers_request() {
    let notified = json!({"notify": [{"email": "a@b.cr", "events": ["created"]}]});
    let (_, sources) = built(&create(notified), None, None).unwrap();
    for field in PARCELS_CREATE.body_fields() {
        assert!(sources.find(field.name).is_some(), "{}", field.name);
    }
    assert_eq!(sources.find("alto").as_deref(), Some("parcels[0].dimensions.height"));
    assert_eq!(sources.find("notificaciones[0].correo").as_deref(), Some("notify[0].email"));
    assert_eq!(sources.find("notificaciones[0].creado").as_deref(), Some("notify[0].events"));
    assert_eq!(sources.find("otro"), None);
    let place = json!({"street": "125 Sur", "district_code": "01501"});
    let (_, sources) = address(&crate::json::from_value(place).unwrap(), "origin").unwrap();
    for field in ADDRESSES_CREATE.body_fields() {
        assert!(sources.find(field.name).is_some_and(|path| path.starts_with("origin.")), "{}", field.name);
    }
}

#[test]
fn a_parcel_may_be_filed_under_either_side_of_either_midnight() {
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    for (sent, now, all) in [
        ("2026-11-27T12:00:00-06:00", "2026-11-27T12:01:00-06:00", &["2026-11-27"][..]),
        ("2026-11-27T20:00:00-06:00", "2026-11-27T20:01:00-06:00", &["2026-11-27", "2026-11-28"]),
        ("2026-12-31T23:59:50-06:00", "2027-01-01T00:00:20-06:00", &["2026-12-31", "2027-01-01"]),
        ("2026-12-31T17:50:00-06:00", "2026-12-31T17:51:00-06:00", &["2026-12-31", "2027-01-01"]),
        ("2026-02-27T10:00:00-06:00", "2026-03-01T10:00:00-06:00", &["2026-02-27", "2026-03-01"]),
    ] {
        let mut days = days(at(sent), at(now));
        days.sort();
        assert_eq!(days, all, "{sent}");
    }
}
