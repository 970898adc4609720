//! The mapping, by every JSON example of the API reference and by the odd forms that replies may come in.

use super::super::endpoints::{AUTH_REFRESH, DOCUMENTS_IMAGE, PICKUPS_CREATE, QUOTES_RATE, TRACKING_LAST_EVENT};
use super::super::{auth, errors, rates};
use super::*;
use crate::connector::lenient::list;
use crate::connector::mutations::{complaints, is_instant, mutated, mutations};
use crate::json::json;
use crate::model::reply::{RATE, Rate, SHIPMENT, TRACKING};
use crate::net::http::Reply;
use proptest::prelude::*;
use reqwest::header::HeaderMap;

fn json(text: &str) -> Value {
    crate::json::parse(text).unwrap()
}

// ---- the API reference's examples

#[test]
fn token_is_read_with_its_end() {
    let sample = json(
        r#"{"code": 200, "message": "OK", "response": {
            "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIiLCJqdGkiOiIwYTZlZGM0Ni1kODI1LTQ2YWItOGQ1ZS05ZjE3ZjY5YjRlMGIiLCJ1c2VyTmFtZSI6IiIsIm51bWJlckFjY291bnQiOiIiLCJ1c2VySWQiOjExNzQwLCJjbGllbnRJZCI6NTUxMDU4LCJjdXJyZW5jeUlkIjowLCJkZW5zaXR5IjowLjAsImdyb3VwUHJvamVjdElkIjowLCJwcm9qZWN0SWQiOjAsInR5cGVTZXJ2aWNlIjoxLCJjb21wYW55SWQiOjUsInBhcmlkYWRJZCI6MC4wLCJpdmFJZCI6MSwicm9sZSI6IkFsbWV4IiwibmJmIjoxNjEzMzgzODQwLCJleHAiOjE2MTM5ODg2NDAsImlhdCI6MTYxMzM4Mzg0MCwiaXNzIjoiaHR0cHM6Ly9sb2NhbGhvc3Q6NDQzMzYvIiwiYXVkIjoiaHR0cHM6Ly9sb2NhbGhvc3Q6NDQzMzYvIn0.DtUX_YD892zImsjpOjQBzHSGeDiMGJr4XcfdnMafp6c",
            "refreshToken": "2ep2/QZ+GirsSpVKUmeuN54qN/tQr+NctvJ0BUmofsNm7M/iAxoW8/gjXxPC5OJ4G14oj6ZA5w5Cq5Q2DdATVw=="
        }, "success": true}"#,
    );
    let token = auth::token(&sample).unwrap();
    assert!(
        token.value.starts_with("eyJhbGciOi") && token.value.ends_with("DtUX_YD892zImsjpOjQBzHSGeDiMGJr4XcfdnMafp6c")
    );
    assert_eq!(token.expires_at_ms, Some(1_613_988_640_000));
    assert!(token.refresh.unwrap().starts_with("2ep2/QZ+"));
    assert!(auth::token(&json!({"response": null})).is_none());
}

fn last_event() -> Value {
    json(
        r#"{"response": {"idEvent": 88983549, "trackingIdEvent": 4, "descriptionEvent": "Mercancía Entregada",
            "description2Event": "Goods delivered", "dateLastEvent": "2020-06-10T16:02:38.363",
            "hourLastEvent": "2020-06-10T16:02:38.363", "referenceEvent": "0 MONTERREY (SUC. GUERRERO)",
            "officeName": "MONTERREY (SUC. GUERRERO)", "tractor": {"operatorName": "", "tractorNumber": ""}},
            "success": true, "code": 200, "message": ""}"#,
    )
}

fn documented(code: Option<&str>) -> Status {
    if code == Some(DELIVERED) { Status::Delivered } else { Status::Unknown }
}

#[test]
fn the_last_event_of_the_document_is_a_delivery() {
    let read = tracking(&last_event(), "07053846188", documented);
    assert_eq!(read.status, Status::Delivered);
    assert_eq!(read.tracking_number.as_deref(), Some("07053846188"));
    assert_eq!(read.carrier_status.as_deref(), Some("Mercancía Entregada"));
    // Mexico City had summer time in 2020.
    assert_eq!(read.delivered_at.as_deref(), Some("2020-06-10T16:02:38.363-05:00"));
    assert_eq!(
        read.events,
        [Event {
            at: Some("2020-06-10T16:02:38.363-05:00".to_owned()),
            status: Status::Delivered,
            code: Some("4".to_owned()),
            description: Some("Mercancía Entregada / Goods delivered".to_owned()),
            location: Some("MONTERREY (SUC. GUERRERO)".to_owned()),
        }]
    );
    assert!(read.courier.is_none());
    assert_eq!(read.documents.len(), 1);
}

#[test]
fn the_image_of_the_document_is_a_url() {
    let sample = json(
        r#"{"response": {"url": "http://imagenguias.almex.com.mx/imgCte.asp?Q5fr2ytYSTP55xrRvdrkps4wtQOP0dNB"},
            "success": true, "code": 200, "message": ""}"#,
    );
    let url = "http://imagenguias.almex.com.mx/imgCte.asp?Q5fr2ytYSTP55xrRvdrkps4wtQOP0dNB";
    assert_eq!(image_url(&sample).as_deref(), Some(url));
    for odd in [json!({}), json!({"response": null}), json!({"response": {"url": ""}}), json!({"response": [url]})] {
        assert_eq!(image_url(&odd), None);
    }
}

// ---- odd replies

fn totals(json: Value) -> Vec<String> {
    let one = |rate: Rate| rate.total.map_or("-".to_owned(), |total| format!("{} {}", total.text(), total.currency));
    rates::read(&json).into_iter().map(one).collect()
}

#[test]
fn prices_are_read_in_the_forms_that_have_a_name() {
    let rates = rates::read(&json!({"success": true, "code": 200, "response": [
        {"serviceType": 3, "serviceName": "Terrestre", "total": 180.5, "currency": "MXN", "estimatedDays": 4, "weight": 12},
        {"service_code": "AE", "Service-Name": "Aéreo", "Precio": "1361.00", "moneda": "usd"},
        {"servicio": 7, "precio": "99.90", "deliveryDate": "2026-12-01"},
        {"service": {"code": 8, "name": "Nocturno"}, "importe": {"total": "12.5", "moneda": "USD"}},
        {"serviceName": "Con lista", "total": 250, "restricciones": [], "iva": {"importe": 34.48}},
    ]}));
    let said: Vec<_> = rates
        .iter()
        .map(|rate| {
            let total = rate.total.as_ref().unwrap();
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            format!("{}|{}|{} {}", text(&rate.service.code), text(&rate.service.name), total.text(), total.currency)
        })
        .collect();
    assert_eq!(
        said,
        [
            "3|Terrestre|180.50 MXN",
            "AE|Aéreo|1361.00 USD",
            "7||99.90 MXN",
            "8|Nocturno|12.50 USD",
            "|Con lista|250.00 MXN"
        ]
    );
    assert_eq!(
        (&rates[0].raw["estimatedDays"], rates[2].estimated_delivery.as_deref()),
        (&json!(4), Some("2026-12-01"))
    );
    // Deep, with the currency further out; a reply without `response` is read too.
    let deep = json!({"success": true, "cotizacion": {"moneda": "USD", "servicios": [
        {"servicio": "A", "importe": {"total": 1}}, [{"precio": "2"}]]}});
    assert_eq!(totals(deep), ["1.00 USD", "2.00 USD"]);
    // A count of rates is not the price of them.
    assert_eq!(
        totals(json!({"response": {"total": 2, "items": [{"precio": 180}, {"precio": 361}]}})),
        ["180.00 MXN", "361.00 MXN"]
    );
}

#[test]
fn what_is_not_clearly_a_price_is_never_taken() {
    for nothing in [
        json!({"response": {"folio": "COT-000417", "vigencia": "2026-11-29", "peso": 12, "dias": 3}}),
        json!({"response": {"packages": [{"content": "x", "amount": 1, "weight": 2, "declaredValue": 500}]}}),
        json!({"response": {"total": 2, "servicios": []}}),
        json!({"response": {"total": 2, "servicios": [{"id": 1, "nombre": "Terrestre"}]}}),
        json!({"response": {"terrestre": 180.5, "aereo": 361}}),
        json!({"response": {"impuestos": [{"nombre": "IVA", "importe": 34.48}], "seguro": {"importe": 20}}}),
        json!({"response": 200}),
        json!({"response": "OK"}),
        json!({"response": null, "code": 200}),
        json!([]),
        Value::Null,
    ] {
        let rates = rates::read(&nothing);
        assert_eq!(rates.len(), 1, "{nothing}");
        assert!(rates[0].total.is_none(), "{nothing}");
        assert_eq!(rates[0].raw, nothing);
    }
    // A price that can't be read: no total, and the others stay.
    assert_eq!(
        totals(json!({"response": [
            {"servicio": "A", "total": "1.234,50"}, {"servicio": "B", "total": null}, {"servicio": "C", "total": -1},
            {"servicio": "D", "total": 5, "moneda": "doblones"}, {"servicio": "E", "total": "7"}, 3, null, "x",
            {"servicio": "F", "total": "1,234"}, {"servicio": "G", "total": true}, {"servicio": "H", "total": {}},
            {"total": 2, "avisos": ["x"]}, {"servicio": "I", "precio": "$250"},
        ]})),
        ["-", "-", "-", "-", "7.00 MXN", "-", "-", "-", "-", "-"]
    );
}

#[test]
fn net_and_tax_are_the_breakdown_of_a_price() {
    let parts = |json: Value| {
        let rates = rates::read(&json);
        assert_eq!(rates.len(), 1, "{json}");
        let charge = |charge: &crate::model::reply::Charge| format!("{}={}", charge.description, charge.amount.text());
        rates[0].breakdown.iter().map(charge).collect::<Vec<_>>()
    };
    assert_eq!(
        parts(json!({"response": {"subtotal": "155.60", "iva": "24.90", "total": "180.50"}})),
        ["subtotal=155.60", "iva=24.90"]
    );
    // A percentage isn't a part.
    assert!(parts(json!({"response": {"subtotal": "155.60", "iva": 16, "total": "180.50"}})).is_empty());
}

#[test]
fn an_id_is_found_in_whatever_a_pickup_request_answers() {
    for (response, id, number) in [
        (json!({"trackingNumber": "07053846188", "pickupRequestId": 500100}), Some("07053846188"), Some("07053846188")),
        (json!({"pickupRequestId": 500100, "Número_Guía": "07053846188"}), Some("07053846188"), Some("07053846188")),
        (json!({"folio": "07053846188"}), Some("07053846188"), Some("07053846188")),
        (json!({"folio": "R-17", "id": 5}), Some("R-17"), None),
        (json!([{"guia": "07053846188"}, {"guia": "07053846199"}]), Some("07053846188"), Some("07053846188")),
        (json!({"guias": ["07053846188", "07053846199"]}), Some("07053846188"), Some("07053846188")),
        (json!({"data": {"shipment": {"waybill": "A1"}}, "id": 9}), Some("A1"), Some("A1")),
        (json!({"id": "00000000001", "guia": "07053846188"}), Some("07053846188"), Some("07053846188")),
        (json!({"pickupRequestId": 500100}), Some("500100"), None),
        (json!({"idPickupRequest": 500100}), Some("500100"), None),
        (json!({"idGuia": "07053846188", "idPickupRequest": 500100}), Some("07053846188"), Some("07053846188")),
        (json!({"references": [{"almex_reference_id": 500100, "customer_reference": "R"}]}), Some("500100"), None),
        // The request's own, said again.
        (json!({"references": [{"almex_reference_id": 0}], "id": "0"}), None, None),
        (json!({"shipper": {"id": "Costco_224"}, "consignee": {"id": "64"}}), None, None),
        (json!("07053846188"), Some("07053846188"), Some("07053846188")),
        (json!({}), None, None),
        (json!("Solicitud generada"), None, None),
        (json!({"zipcode": "64500", "phone_number": "07053846188", "guia": "", "id": null}), None, None),
        (Value::Null, None, None),
    ] {
        let reply = json!({"response": response, "success": true, "code": 200, "message": ""});
        let made = shipment(&reply);
        assert_eq!(made.id.as_deref(), id, "{reply}");
        assert_eq!(made.tracking_number.as_deref(), number, "{reply}");
        assert_eq!(made.raw, reply);
    }
}

#[test]
fn events_are_read_as_they_come() {
    let of = |change: &dyn Fn(&mut Value)| {
        let mut reply = last_event();
        change(&mut reply["response"]);
        tracking(&reply, "07053846188", documented)
    };
    let text = of(&|event| event["trackingIdEvent"] = json!("4"));
    assert_eq!(text.status, Status::Delivered);
    let other = of(&|event| event["trackingIdEvent"] = json!(7));
    assert_eq!((other.status, other.delivered_at), (Status::Unknown, None));
    assert_eq!(other.description.as_deref(), Some("Mercancía Entregada / Goods delivered"));
    let driven = of(&|event| event["tractor"]["operatorName"] = json!("Juan Pérez"));
    assert_eq!(driven.courier.unwrap().name.as_deref(), Some("Juan Pérez"));
    for (date, hour, at) in [
        (json!("2026-06-10"), json!("2026-06-10T16:02:38"), Some("2026-06-10T16:02:38-06:00")),
        (json!("2026-06-10"), json!("16:02:38"), Some("2026-06-10T16:02:38-06:00")),
        (json!("2026-06-10T00:00:00"), json!("16:02:38"), Some("2026-06-10T16:02:38-06:00")),
        (json!("2026-06-10T00:00:00"), json!("2026-06-10T16:02:38.5"), Some("2026-06-10T16:02:38.5-06:00")),
        (json!("2026-06-10T00:00:00"), json!("1900-01-01T16:02:38"), Some("2026-06-10T00:00:00-06:00")),
        (json!("2026-06-10T00:00:00"), json!("2026-06-10T00:00:00"), Some("2026-06-10T00:00:00-06:00")),
        (json!("2026-06-10T00:00:00Z"), json!(null), Some("2026-06-10T00:00:00Z")),
        (json!("2026-06-10"), json!(null), Some("2026-06-10T00:00:00-06:00")),
        (json!(null), json!("2026-06-10T16:02:38"), Some("2026-06-10T16:02:38-06:00")),
        (json!("0001-01-01T00:00:00"), json!(null), None),
        (json!("ayer"), json!(12), None),
    ] {
        let read = of(&|event| {
            event["dateLastEvent"] = date.clone();
            event["hourLastEvent"] = hour.clone();
        });
        assert_eq!(read.events[0].at.as_deref(), at, "{date} {hour}");
    }
    for nothing in [json!(null), json!([]), json!({}), json!("x"), json!([null, 3])] {
        let reply = json!({"response": nothing, "success": true});
        let read = tracking(&reply, "07053846188", documented);
        assert_eq!((read.status, read.events.len()), (Status::Unknown, 0), "{reply}");
    }
    let many = json!({"response": [
        {"trackingIdEvent": 4, "dateLastEvent": "2026-06-11T10:00:00"},
        {"trackingIdEvent": 3, "dateLastEvent": "2026-06-10T10:00:00"}]});
    let read = tracking(&many, "07053846188", documented);
    assert_eq!((read.status, read.events.len()), (Status::Delivered, 2));
}

// ---- replies that are wrong anywhere

fn priced() -> Value {
    json!({"success": true, "response": {"moneda": "MXN", "servicios": [
        {"servicio": {"codigo": 3, "nombre": "Terrestre"}, "total": 180.5, "subtotal": "155.60", "iva": "24.90"},
        {"serviceType": "AE", "precio": {"total": "1361.00", "moneda": "usd"}, "fechaEntrega": "mañana"},
        {"servicio": 7, "importe": 100, "desglose": [{"concepto": "Flete", "importe": 90}, {"clave": "S", "monto": 10}]},
    ]}})
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_reply_breaks_a_mapping(changes in mutations(), status in 200_u16..600) {
        let json = mutated(last_event(), &changes);
        let read = tracking(&json, "07053846188", documented);
        prop_assert_eq!(complaints(&TRACKING, &read), [""; 0]);
        prop_assert_eq!(&read.raw, &json);
        let said = json.get("response").filter(|response| response.is_object()).cloned().unwrap_or_default();
        if !said.as_object().is_none_or(|map| map.is_empty()) {
            prop_assert_eq!(read.events.len(), 1);
            // Only the API reference's code is a delivery; any other stays with Almex's words for it.
            let delivered = text(&said, "trackingIdEvent").as_deref() == Some(DELIVERED);
            prop_assert_eq!(read.status, if delivered { Status::Delivered } else { Status::Unknown });
            prop_assert_eq!(&read.events[0].code, &text(&said, "trackingIdEvent"));
            let words = text(&said, "descriptionEvent").or_else(|| text(&said, "description2Event"));
            prop_assert_eq!(&read.carrier_status, &words);
        }

        let made = json!({"success": true, "response": [{"pickupRequestId": 500_100, "envíos": [{"guia": "07053846188"}]}]});
        let made = mutated(made, &changes);
        let read = shipment(&made);
        prop_assert_eq!(complaints(&SHIPMENT, &read), [""; 0]);
        prop_assert!(read.id.as_ref().is_none_or(|id| made.to_string().contains(id.as_str()) || id.contains(['\0', '"'])));
        prop_assert_eq!(read.raw, made);

        let mut rates = rates::read(&mutated(priced(), &changes));
        for one in list(&priced()["response"], "servicios") {
            rates.extend(rates::read(&mutated(one.clone(), &changes)));
        }
        prop_assert!(rates.len() >= 4, "there is always one, even if it has no total");
        for rate in &rates {
            prop_assert_eq!(complaints(&RATE, rate), [""; 0]);
            prop_assert!(rate.total.as_ref().is_none_or(|total| !total.amount.0.is_sign_negative() || total.amount.0.is_zero()));
        }

        let image = json!({"response": {"url": "http://127.0.0.1/imgCte.asp"}, "success": true});
        let _ = image_url(&mutated(image, &changes));
        let login = json!({"response": {"token": "e30.eyJleHAiOiAxNjEzOTg4NjQwfQ.x", "refreshToken": "r"}});
        let _ = auth::token(&mutated(login, &changes));

        let sample = json!({"success": false, "code": 200, "message": "no", "title": "Bad", "traceId": "|1.",
            "errors": {"$.packages[0].weight": ["is bad.", "is worse."], "": ["?"]}});
        let sample = mutated(sample, &changes);
        let reply = Reply { status, headers: HeaderMap::new(), body: Vec::new().into() };
        for endpoint in [&AUTH_REFRESH, &QUOTES_RATE, &PICKUPS_CREATE, &TRACKING_LAST_EVENT, &DOCUMENTS_IMAGE] {
            let read = errors::refusal(endpoint, &reply, Some(&sample));
            let refused = status >= 400 || crate::connector::lenient::flag(&sample, "success") == Some(false);
            prop_assert_eq!(read.is_some(), refused);
        }
    }

    #[test]
    fn one_bad_rate_never_drops_the_others(changes in mutations(), bad in 0_usize..3) {
        let mut reply = priced();
        let whole = rates::read(&reply);
        prop_assert_eq!(whole.len(), 3);
        let list = &mut reply["response"]["servicios"];
        list[bad] = mutated(list[bad].take(), &changes);
        let read: Vec<_> = rates::read(&reply).into_iter().map(|rate| crate::json::to_value(&rate).unwrap()).collect();
        for (index, rate) in whole.iter().enumerate().filter(|(index, _)| *index != bad) {
            prop_assert!(read.contains(&crate::json::to_value(&rate).unwrap()), "rate {} is gone from {:?}", index, read);
        }
    }

    #[test]
    fn one_bad_event_never_drops_the_others(changes in mutations(), bad in 0_usize..3) {
        let entry = |n: usize| {
            let mut entry = last_event()["response"].take();
            entry["trackingIdEvent"] = json!(n);
            entry["hourLastEvent"] = json!(format!("2020-06-10T16:0{n}:00"));
            entry["dateLastEvent"] = json!("2020-06-10");
            entry
        };
        let mut reply = json!({"response": [entry(3), entry(4), entry(5)]});
        let whole = tracking(&reply, "07053846188", documented).events;
        prop_assert_eq!(whole.len(), 3);
        reply["response"][bad] = mutated(reply["response"][bad].take(), &changes);
        let read = tracking(&reply, "07053846188", documented).events;
        for (index, event) in whole.iter().enumerate().filter(|(index, _)| *index != bad) {
            prop_assert!(read.contains(event), "event {} is gone from {:?}", index, read);
        }
        prop_assert!(read.iter().all(|event| is_instant(&event.at)));
    }
}
