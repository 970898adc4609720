//! Every JSON example of Fruno's API reference, word for word (`examples/`), and what its text says of it; then the odd
//! forms that its replies come in, and replies that are wrong anywhere. Nothing here is sent: that is `tests/fruno.rs`.

use super::super::examples::example;
use super::super::{errors, replies, requests};
use super::*;
use crate::connector::lenient;
use crate::connector::mutations::{is_instant, mutated, mutations};
use crate::json::json;
use crate::net::http::Reply;
use proptest::prelude::*;
use reqwest::header::HeaderMap;
use unicode_normalization::UnicodeNormalization;

fn service() -> Service {
    Service { code: None, name: None }
}

fn money(text: &str, currency: &str) -> Option<Money> {
    Some(Money::new(text.parse().unwrap(), currency))
}

fn reply(status: u16) -> Reply {
    Reply { status, headers: HeaderMap::new(), body: Vec::new().into() }
}

// ---- the API reference's examples

#[test]
fn the_cost_is_a_rate_with_its_volumetric_weight() {
    let cost = example!("cost");
    let read = rate(&[((&cost).into(), 1)], service(), false);
    assert_eq!(read.total, money("250000", "CRC"));
    assert_eq!(read.volumetric_weight, Some(Weight::new(1000, "g")));
    assert_eq!(read.raw, cost);
    assert_eq!(rate(&[((&cost).into(), 1)], service(), true).total, money("2500", "CRC"));
}

#[test]
fn a_created_parcel_is_a_shipment_before_transit() {
    let json = example!("parcel_created");
    let read = shipment(&json, false);
    assert_eq!(read.id.as_deref(), Some("GUIA123"));
    assert_eq!(read.tracking_number, read.id);
    assert_eq!(read.reference.as_deref(), Some("ORDEN-88243567"));
    assert_eq!((read.status, read.carrier_status.as_deref()), (Status::PreTransit, Some("porrecolectar")));
    assert_eq!(read.price, money("250000", "CRC"));
    assert_eq!(read.created_at.as_deref(), Some("2021-05-10T09:14:01.302388Z"));
    assert_eq!(read.raw, json);
    let tracked = tracking(&json, Vec::new());
    assert_eq!((tracked.picked_up_at, tracked.delivered_at), (None, None));
    assert!(tracked.estimated_delivery.is_none());
}

#[test]
fn a_listed_parcel_is_a_shipment_without_a_price() {
    let page = example!("parcels_list");
    assert_eq!(text(&page, "página").as_deref(), Some("051383a099f34acb46a6b9aeed9fc6baa8c"));
    let [parcel] = list(&page, "paquetes") else { panic!("one parcel") };
    let read = shipment(parcel, false);
    assert_eq!(read.id.as_deref(), Some("GUIA"));
    assert_eq!((read.status, read.price), (Status::PreTransit, None));
    assert_eq!(read.created_at.as_deref(), Some("2021-03-08T14:19:11.186638-06:00"));
}

#[test]
fn a_parcel_in_full_is_its_tracking() {
    let json = example!("parcel");
    let read = tracking(&json, events(list(&json, "eventos"), &[], &Value::Null));
    assert_eq!(read.tracking_number.as_deref(), Some("GUIA456"));
    assert_eq!(read.reference.as_deref(), Some("ORDEN-88243567"));
    assert_eq!((read.status, read.carrier_status.as_deref()), (Status::Delivered, Some("entregado")));
    assert_eq!(read.description.as_deref(), Some("Entregado"));
    assert_eq!(read.picked_up_at.as_deref(), Some("2021-05-10T08:30:01.391475Z"));
    assert_eq!(read.delivered_at.as_deref(), Some("2021-05-11T05:35:01.632862Z"));
    let window = read.estimated_delivery.unwrap();
    assert_eq!(window.from.as_deref(), Some("2021-05-13T00:00:00Z"));
    assert_eq!(window.to.as_deref(), Some("2021-05-14T00:00:00Z"));
    let said: Vec<_> = read.events.iter().map(|event| (event.status, event.description.as_deref().unwrap())).collect();
    // The breakdown is in no table: its words stay, its meaning isn't guessed.
    assert_eq!(
        said,
        [
            (Status::InTransit, "Paquete recibido en CEDI"),
            (Status::Unknown, "Avería vehicular"),
            (Status::Delivered, "Paquete entregado"),
        ]
    );
    let documents: Vec<_> = read.documents.iter().map(|document| (&*document.kind, document.id.as_deref())).collect();
    assert_eq!(
        documents,
        [
            ("label", None),
            ("proof_of_pickup", Some("86c7a545-fa21-4540-a09a-e70760fb2771")),
            ("proof_of_delivery", Some("e7704fe5-c379-4718-8869-47bf80da7820")),
        ]
    );
    let comments: Vec<_> = read.comments.iter().map(|comment| comment.text.as_str()).collect();
    assert_eq!(comments, ["Ejemplo comentario, Teléfono del cliente no contesta", "Ejemplo comentario"]);
    assert_eq!(read.comments[0].at.as_deref(), Some("2021-05-10T05:30:01.391475Z"));
    assert_eq!(read.raw, json);
}

#[test]
fn events_go_by_the_id_of_their_type() {
    let names = catalogue(&example!("event_types"));
    let listed: Vec<_> = names.iter().map(|of| (of.name.as_str(), of.stage.as_deref())).collect();
    assert_eq!(listed[1..], [("Paquete recolectado", Some("recolecta")), ("Paquete en CEDI", Some("recolecta"))]);
    let read = events(list(&example!("parcel_events"), "eventos"), &names, &Value::Null);
    let said: Vec<_> = read.iter().map(|event| (event.status, event.at.as_deref().unwrap())).collect();
    assert_eq!(
        said,
        [(Status::PickedUp, "2022-11-22T09:42:49.564Z"), (Status::Delivered, "2022-11-22T09:54:05.643053Z")]
    );
    assert_eq!(read[0].code.as_deref(), Some("8c98ae18-eeb4-45e7-abf5-7fd4ce006438"));
    assert_eq!(read[1].description.as_deref(), Some("Paquete entregado"));
}

#[test]
fn every_event_of_the_documents_table_has_a_status() {
    for (stage, name, status) in [
        ("recolecta", "Paquete recolectado", Status::PickedUp),
        ("recolecta", "Paquete recolectado en CEDI", Status::PickedUp),
        ("recolecta", "Cancelado", Status::Cancelled),
        ("recolecta", "El remitente no se encuentra", Status::PickupFailed),
        ("recolecta", "Dirección de recolecta incorrecta", Status::PickupFailed),
        ("entrega", "Cancelado", Status::Cancelled),
        ("entrega", "Paquete en CEDI", Status::InTransit),
        ("entrega", "Paquete en ruta", Status::OutForDelivery),
        ("entrega", "Paquete entregado", Status::Delivered),
        ("entrega", "Cambio de destino por devolución", Status::Returning),
        ("entrega", "Rechazo de destinatario", Status::DeliveryFailed),
    ] {
        let types = catalogue(&json!({"tipo_eventos": [{"id": "x", "nombre": name, "etapa": stage}]}));
        let by_id = events(&[json!({"id_tipo_evento": "x", "mensaje": "otro texto"})], &types, &Value::Null);
        let by_text = events(&[json!({"mensaje": name})], &[], &Value::Null);
        assert_eq!((by_id[0].status, by_text[0].status), (status, status), "{name}");
    }
}

#[test]
fn an_id_that_the_catalogue_has_several_times_is_read_by_its_stage() {
    let id = "5a0d";
    let entry = |name: &str, stage: &str| json!({"id": id, "nombre": name, "etapa": stage});
    let (away, rejected) =
        (entry("El remitente no se encuentra", "recolecta"), entry("Rechazo de destinatario", "entrega"));
    let both = [away.clone(), rejected.clone()];
    let swapped = [rejected.clone(), away.clone()];
    let repeated = [entry("Cancelado", "recolecta"), entry("CANCELADO.", "Entrega")];
    let unknown = [entry("Paquete en bodega", "recolecta"), rejected.clone()];
    let (failed, refused) = (Status::PickupFailed, Status::DeliveryFailed);
    let event = |more: Value| {
        let mut event = json!({"id_tipo_evento": id, "fecha": "2022-11-22T10:00:00Z", "mensaje": "otro texto"});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let parcel = |state: &str, collected: Value| json!({"estado": state, "fecha_recolecta": collected});
    let (nothing, waiting) = (parcel("entránsito", Value::Null), parcel("porrecolectar", Value::Null));
    let (before, after) =
        (parcel("entránsito", json!("2022-11-22T03:00:00-06:00")), parcel("entránsito", json!("2022-11-22T11:00:00Z")));
    for (types, more, parcel, status) in [
        // It says its stage.
        (&both, json!({"etapa": "entrega"}), &waiting, refused),
        (&swapped, json!({"etapa": "entrega"}), &waiting, refused),
        (&swapped, json!({"etapa": "Recolecta"}), &before, failed),
        // Its text is one of the names.
        (&both, json!({"mensaje": "rechazo de destinatario"}), &after, refused),
        (&swapped, json!({"mensaje": "El remitente no se encuentra"}), &before, failed),
        // The parcel had been picked up by then, or not.
        (&both, json!({}), &before, refused),
        (&swapped, json!({}), &before, refused),
        (&both, json!({}), &after, failed),
        (&swapped, json!({}), &waiting, failed),
        (&both, json!({"etapa": "otra"}), &before, refused),
        // Nothing tells which.
        (&both, json!({}), &nothing, Status::Unknown),
        (&both, json!({"fecha": null}), &before, Status::Unknown),
        (&both, json!({"fecha": "ayer"}), &Value::Null, Status::Unknown),
        // A meaning that isn't known isn't the other one.
        (&unknown, json!({}), &waiting, Status::Unknown),
        (&unknown, json!({}), &nothing, Status::Unknown),
        (&unknown, json!({}), &before, refused),
        // However often it is listed, it means the same.
        (&repeated, json!({}), &nothing, Status::Cancelled),
    ] {
        let read = events(&[event(more.clone())], &catalogue(&json!({"tipo_eventos": types})), parcel);
        assert_eq!(read[0].status, status, "{more} {types:?} {parcel}");
    }
    // One stage that stands twice, with two meanings.
    let twice = [away, entry("Paquete recolectado", "recolecta")];
    let read = events(&[event(json!({"etapa": "recolecta"}))], &catalogue(&json!({"tipo_eventos": twice})), &waiting);
    assert_eq!(read[0].status, Status::Unknown);
    // A documented id keeps its meaning under a name that isn't known, and in a catalogue that lacks it.
    let delivered = json!({"id_tipo_evento": "43ce2ff6-c161-4faa-a1fb-ca5e98af0f02", "mensaje": "x"});
    for types in [json!([]), json!([{"id": delivered["id_tipo_evento"], "nombre": "Listo", "etapa": "entrega"}])] {
        let types = catalogue(&json!({"tipo_eventos": types}));
        assert_eq!(events(std::slice::from_ref(&delivered), &types, &Value::Null)[0].status, Status::Delivered);
    }
}

#[test]
fn a_parcels_public_page_is_built_from_its_number() {
    for (guide, page) in [
        (json!("GUIA123"), "https://logistica.fruno.com/p/buscarguia?guia=GUIA123"),
        (json!(123), "https://logistica.fruno.com/p/buscarguia?guia=123"),
        (json!("a b&c=ñ/?#"), "https://logistica.fruno.com/p/buscarguia?guia=a%20b%26c%3D%C3%B1%2F%3F%23"),
    ] {
        let json = json!({"guía": guide, "estado": "porrecolectar"});
        assert_eq!(shipment(&json, false).tracking_url.as_deref(), Some(page));
        assert_eq!(tracking(&json, Vec::new()).tracking_url.as_deref(), Some(page));
    }
    assert_eq!(shipment(&json!({"estado": "porrecolectar"}), false).tracking_url, None);
}

#[test]
fn the_window_of_the_pickup_is_its_own() {
    let read = tracking(&example!("parcel"), Vec::new());
    let window = read.estimated_pickup.unwrap();
    assert_eq!(window.from.as_deref(), Some("2021-05-11T00:00:00Z"));
    assert_eq!(window.to.as_deref(), Some("2021-05-12T00:00:00Z"));
    for (from, to, kept) in [
        (json!("2021-05-11T08:00:00-06:00"), json!(null), Some((Some("2021-05-11T08:00:00-06:00"), None))),
        (json!(""), json!("2021-05-11"), Some((None, Some("2021-05-11T00:00:00-06:00")))),
        (json!("0001-01-01T00:00:00Z"), json!("0000-00-00"), None),
        (json!({"a": 1}), json!([]), None),
        (json!(7), json!("mañana"), None),
    ] {
        let json = json!({"guía": "G", "estado": "porrecolectar", "fecha_cedi": from, "recolecta_estimada_a": from,
            "recolecta_estimada_b": to});
        let read = tracking(&json, Vec::new());
        let window = read.estimated_pickup.as_ref().map(|window| (window.from.as_deref(), window.to.as_deref()));
        assert_eq!(window, kept, "{json}");
        assert!(read.estimated_delivery.is_none());
    }
}

#[test]
fn the_four_states_and_a_return() {
    for (state, returning, is) in [
        ("porrecolectar", false, Status::PreTransit),
        ("entránsito", false, Status::InTransit),
        ("entregado", false, Status::Delivered),
        ("cancelado", false, Status::Cancelled),
        ("entránsito", true, Status::Returning),
        ("entregado", true, Status::Returned),
        ("en_tránsito", false, Status::Unknown),
        ("perdido", false, Status::Unknown),
    ] {
        assert_eq!(status(Some(state), returning), is, "{state}");
    }
    assert_eq!(status(None, true), Status::Unknown);
    let state = example!("parcel_status");
    assert_eq!(status(text(&state, "estado").as_deref(), false), Status::PreTransit);
    for state in STATES {
        let listed = ["pre_transit", "in_transit", "delivered", "cancelled"].into_iter().filter(|name| {
            let wanted = Status::named(name).unwrap();
            states_for(wanted, |_, documented| documented) == [*state]
        });
        assert_eq!(listed.count(), 1, "{state} is listed by one status");
    }
    assert!(states_for(Status::Returned, |_, documented| documented).is_empty());
}

#[test]
fn the_other_replies_read_as_they_are() {
    assert_eq!(
        text(&example!("parcel_web_url"), "url_consulta_web").as_deref(),
        Some("https://logistica.fruno.com/a/0123456789/consulta")
    );
    assert_eq!(list(&example!("notifications"), "notificaciones").len(), 1);
    assert!(list(&example!("notifications_none"), "notificaciones").is_empty());
    assert_eq!(example!("contracts")[0]["id"], "3e7f8e3c-da5c-493e-b774-b47f9223d30b");
    for (json, count, first) in [
        (example!("provinces"), 2, "ALAJUELA"),
        (example!("cantons"), 2, "ACOSTA"),
        (example!("districts"), 2, "Aserrí"),
        (example!("districts_unserved"), 2, "Cañas Dulces"),
        (example!("zones_unserved"), 2, "1° de mayo"),
    ] {
        assert_eq!((json.as_array().unwrap().len(), json[0]["nombre"].as_str()), (count, Some(first)));
        let code = json[0].get("código").or_else(|| json[0].get("código_distrito")).unwrap();
        assert!(code.is_string(), "codes are texts: {code}");
    }
}

// ---- odd forms

#[test]
fn numbers_may_be_texts_and_texts_numbers() {
    let cost = json!({"moneda": "CRC", "precio": "250000.50", "peso_volumétrico": "1000"});
    let read = rate(&[((&cost).into(), 1)], service(), false);
    assert_eq!(read.total, money("250000.50", "CRC"));
    assert_eq!(read.volumetric_weight, Some(Weight::new(1000, "g")));
    let read = shipment(
        &json!({"guía": 12345678901234567890_u64, "referencia": 88243567, "devolución": "true",
        "estado": "entregado", "precio": "0.1", "moneda": "USD"}),
        false,
    );
    assert_eq!(read.id.as_deref(), Some("12345678901234567890"));
    assert_eq!(read.reference.as_deref(), Some("88243567"));
    assert_eq!((read.status, read.price), (Status::Returned, money("0.1", "USD")));
}

#[test]
fn a_price_that_cannot_be_read_is_null_and_nothing_is_guessed() {
    let good = json!({"moneda": "CRC", "precio": 100, "peso_volumétrico": 10});
    let other = |json: Value| rate(&[((&good).into(), 2), ((&json).into(), 3)], service(), false);
    assert_eq!(other(json!({"moneda": "CRC", "precio": 50, "peso_volumétrico": 1})).total, money("350", "CRC"));
    assert_eq!(other(json!({"moneda": " crc", "precio": 50, "peso_volumétrico": 1})).total, money("350", "CRC"));
    for odd in [
        json!({}),
        json!(null),
        json!([]),
        json!({"moneda": "CRC"}),
        json!({"precio": 50}),
        json!({"moneda": "CRC", "precio": null}),
        json!({"moneda": "CRC", "precio": "gratis"}),
        json!({"moneda": "CRC", "precio": {}}),
        json!({"moneda": "USD", "precio": 50}),
        json!({"moneda": "colones", "precio": 50}),
        json!({"moneda": "₡₡₡", "precio": 50}),
    ] {
        let read = other(odd.clone());
        assert_eq!((read.total, read.volumetric_weight), (None, None), "{odd}");
        assert_eq!(read.raw[1], odd, "the carrier's words are kept");
    }
}

#[test]
fn dates_have_many_forms_and_never_is_none_of_them() {
    for (written, read) in [
        (json!("2021-01-14T09:06:03.601722-06:00"), Some("2021-01-14T09:06:03.601722-06:00")),
        (json!("2021-05-10T05:24:11Z"), Some("2021-05-10T05:24:11Z")),
        (json!("2022-11-22T09:42:49.564Z"), Some("2022-11-22T09:42:49.564Z")),
        (json!("2021-05-10T05:24:11.123456789+00:00"), Some("2021-05-10T05:24:11.123456789+00:00")),
        (json!("2021-05-10 05:24:11"), Some("2021-05-10T05:24:11-06:00")),
        (json!("2021-05-10"), Some("2021-05-10T00:00:00-06:00")),
        // Forms that are no RFC 3339 are written again; the instant is the same.
        (json!("2021-05-10T05:24:11-06"), Some("2021-05-10T11:24:11Z")),
        (json!("2021-05-10t05:24:11z"), Some("2021-05-10T05:24:11Z")),
        // Go's zero time is how a Go server writes "not yet".
        (json!("0001-01-01T00:00:00Z"), None),
        (json!(null), None),
        (json!(""), None),
        (json!("mañana"), None),
        (json!(1620624251), None),
        (json!({}), None),
    ] {
        let json = json!({"guía": "G", "estado": "entregado", "fecha_entrega": written});
        assert_eq!(tracking(&json, Vec::new()).delivered_at.as_deref(), read, "{written}");
    }
}

#[test]
fn the_zones_without_service_come_in_four_forms_and_none_costs_the_reply() {
    // `call` passes them on as they are; only names are brought into one Unicode form.
    for zones in [json!([{"nombre": "1° de mayo"}]), json!(["1° de mayo"]), json!([]), json!(null)] {
        let name: String = "código".nfd().collect();
        let mut reply = json!([{name: "10601", "zonas_sin_servicio": zones}]);
        replies::compose_names(&mut reply);
        assert_eq!(reply, json!([{"código": "10601", "zonas_sin_servicio": zones}]));
    }
}

#[test]
fn names_are_read_in_any_unicode_form() {
    for json in [example!("parcel"), example!("parcels_list"), example!("cost"), example!("error_address")] {
        let mut apart = decomposed(&json);
        assert_ne!(apart, json);
        replies::compose_names(&mut apart);
        assert_eq!(apart, json);
    }
    let mut again = example!("parcel");
    replies::compose_names(&mut again);
    assert_eq!(again, example!("parcel"), "what is composed stays");
}

fn decomposed(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.nfd().collect::<String>(), decomposed(value))).collect()
        }
        Value::Array(items) => items.iter().map(decomposed).collect(),
        other => other.clone(),
    }
}

#[test]
fn the_end_of_a_list_may_lack_its_page() {
    for page in [json!({"paquetes": []}), json!({"página": null, "paquetes": null}), json!({"página": ""}), json!([])]
    {
        assert!(list(&page, "paquetes").is_empty());
        assert_eq!(text(&page, "página"), None);
    }
}

#[test]
fn events_without_a_date_keep_their_place() {
    let read = events(
        &[
            json!({"fecha": "2022-11-22T10:00:00Z", "mensaje": "b"}),
            json!({"fecha": null, "mensaje": "c"}),
            json!({"fecha": "2022-11-22T09:00:00Z", "mensaje": "a"}),
            json!("no event"),
            json!({"mensaje": 7}),
        ],
        &[],
        &Value::Null,
    );
    let said: Vec<_> = read.iter().map(|event| event.description.as_deref().unwrap()).collect();
    // They come newest first, so the last of them is the oldest.
    assert_eq!(said, ["7", "a", "c", "b"]);
}

#[test]
fn an_unknown_event_keeps_the_carriers_words() {
    let read = events(&[json!({"id_tipo_evento": "new", "mensaje": "Paquete entregado"})], &[], &Value::Null);
    assert_eq!(read[0].status, Status::Unknown, "the id decides, and it isn't known");
    assert_eq!(read[0].description.as_deref(), Some("Paquete entregado"));
}

// ---- replies that are wrong anywhere

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_reply_breaks_a_mapping(changes in mutations(), times in 1_u32..10_000) {
        for json in [example!("parcel"), example!("parcel_created"), example!("parcels_list")["paquetes"][0].clone()] {
            let json = mutated(json, &changes);
            let read = shipment(&json, true);
            prop_assert!(is_instant(&read.created_at));
            let read = tracking(&json, events(list(&json, "eventos"), &[], &Value::Null));
            for at in [&read.picked_up_at, &read.delivered_at] {
                prop_assert!(is_instant(at), "{at:?}");
            }
            let known = text(&json, "estado").is_some_and(|state| {
                STATES.iter().any(|name| plain(name) == plain(&state))
            });
            prop_assert_eq!(read.status == Status::Unknown, !known);
            prop_assert_eq!(&read.raw, &json);
            serde_json::to_string(&read).unwrap();
        }
        let cost = mutated(example!("cost"), &changes);
        let read = rate(&[((&cost).into(), times), ((&example!("cost")).into(), 1)], service(), true);
        prop_assert!(read.total.is_none() || lenient::decimal(&cost, "precio").is_some());
        serde_json::to_string(&read).unwrap();
        for json in [example!("error_time"), example!("error_address"), example!("error_internal")] {
            let mut json = mutated(json, &changes);
            replies::compose_names(&mut json);
            prop_assert!(errors::refusal("parcels.create", &reply(400), Some(&json)).is_some());
        }
        let saved = mutated(example!("address_created"), &changes);
        requests::same_place(&saved, &example!("send_address"));
        let types = catalogue(&mutated(example!("event_types"), &changes));
        prop_assert_eq!(events(list(&example!("parcel_events"), "eventos"), &types, &json!({})).len(), 2);
    }

    #[test]
    fn one_bad_event_never_drops_the_others(changes in mutations(), bad in 0_usize..3) {
        let mut entries: Vec<Value> = (0..3)
            .map(|n| json!({
                "id": n, "fecha": format!("2022-11-22T09:0{n}:00Z"), "mensaje": format!("m{n}"),
                "id_tipo_evento": "8c98ae18-eeb4-45e7-abf5-7fd4ce006438",
            }))
            .collect();
        let whole = events(&entries, &[], &Value::Null);
        entries[bad] = mutated(entries[bad].take(), &changes);
        let read = events(&entries, &[], &Value::Null);
        for (index, event) in whole.iter().enumerate().filter(|(index, _)| *index != bad) {
            prop_assert!(read.contains(event), "event {index} is gone from {read:?}");
        }
        prop_assert_eq!(read.len(), 2 + usize::from(entries[bad].is_object()));
        prop_assert!(read.iter().all(|event| is_instant(&event.at)));
    }
}
