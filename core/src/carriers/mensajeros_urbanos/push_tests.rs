//! Mensajeros Urbanos' pushes: the API reference's own samples, word for word (comments taken out, a missing brace put
//! back), then the odd forms.

use super::*;
use crate::connector::mutations::{complaints, mutated, mutations};
use crate::json::json;
use crate::model::Status;
use crate::model::reply::PUSH;
use proptest::prelude::*;

const TOKEN: &str = "ASX4DSAD3EGQSAS";

/// A push without the newer header.
fn read(body: &str, token: &str) -> Result<Push, Error> {
    super::read(body, std::iter::empty(), token)
}

/// A push, its word and what that means, who carries it, and the page to follow it on.
type Sample = (&'static str, &'static str, Status, Option<(&'static str, &'static str)>, Option<&'static str>);

/// The six samples: the first as it is, then those of "Respuestas", each with what its heading says.
const PUSHES: &[Sample] = &[
    (
        r#"{
            "token": "ASX4DSAD3EGQSAS",
            "date": "2016 - 12 - 12 10: 22: 03",
            "details": {
                "uuid": "54683902",
                "mensajero": "Jhonnatan DEV",
                "status": "create",
                "status_id": 1,
                "phone": 300600000,
                "num_place": 4543,
                "status_place": 1,
                "url": "localhost"
            }
        }"#,
        "create",
        Status::PreTransit,
        Some(("Jhonnatan DEV", "300600000")),
        Some("localhost"),
    ),
    (
        r#"{
            "token": "ASX4DSAD3EGQSAS",
            "date": "2016 - 12 - 12 10: 22: 03",
            "details": {
                "uuid": "54683902",
                "mensajero": "",
                "status": "on_hold",
                "status_id": 2,
                "phone": 0,
                "num_place":0,
                "status_place": 0,
                "url":NULL
            }
        }"#,
        "on_hold",
        Status::PreTransit,
        None,
        None,
    ),
    (
        r#"{
            "token": "ASX4DSAD3EGQSAS",
            "date": "2016 - 12 - 12 10: 22: 03",
            "details": {
                "uuid": "54683902",
                "mensajero": "Jhonnatan DEV",
                "status": "assigned",
                "status_id": 3,
                "phone": 300600000,
                "num_place":NULL,
                "status_place": NULL,
                "url":
                "dev.front.mentajerosurbanos.com/track-service-external#?uuid=54683902"
            }
        }"#,
        "assigned",
        Status::PreTransit,
        Some(("Jhonnatan DEV", "300600000")),
        Some("dev.front.mentajerosurbanos.com/track-service-external#?uuid=54683902"),
    ),
    (
        r#"{
            "token": "ASX4DSAD3EGQSAS",
            "date": "2016 - 12 - 12 10: 22: 03",
            "details": {
                "uuid": "54683902",
                "mensajero": "Jhonnatan DEV",
                "status": "in_progress",
                "status_id": 4,
                "phone": 300600000,
                "num_place":18342,
                "status_place": 1,
                "url":
                "dev.front.mentajerosurbanos.com/track-service-external#?uuid=54683902"
            }
         }"#,
        "in_progress",
        Status::InTransit,
        Some(("Jhonnatan DEV", "300600000")),
        Some("dev.front.mentajerosurbanos.com/track-service-external#?uuid=54683902"),
    ),
    (
        r#"{
            "token": "ASX4DSAD3EGQSAS",
            "date": "2016 - 12 - 12 10: 22: 03",
            "details": {
                "uuid": "54683902",
                "mensajero": "Jhonnatan DEV",
                "status": "finished",
                "status_id": 5,
                "phone": 300600000,
                "num_place":0,
                "status_place": 0,
                "url":
                "dev.front.mentajerosurbanos.com/track-service-external#?uuid=54683902"
            }
         }"#,
        "finished",
        Status::Delivered,
        Some(("Jhonnatan DEV", "300600000")),
        Some("dev.front.mentajerosurbanos.com/track-service-external#?uuid=54683902"),
    ),
    (
        r#"{
            "token": "ASX4DSAD3EGQSAS",
            "date": "2016 - 12 - 12 10: 22: 03",
            "details": {
                "uuid": "54683902",
                "mensajero": "",
                "status": "cancel",
                "status_id": 6,
                "phone": 0,
                "num_place":0,
                "status_place": 0,
                "url":NULL
            }
        }"#,
        "cancel",
        Status::Cancelled,
        None,
        None,
    ),
];

#[test]
fn each_push_of_the_document_is_read() {
    let mut keys = std::collections::HashSet::new();
    for (number, (text, word, status, courier, url)) in PUSHES.iter().enumerate() {
        let push = read(text, TOKEN).unwrap();
        assert_eq!(push.kind, "tracking");
        assert_eq!(push.shipment_id.as_deref(), Some("54683902"));
        assert_eq!((push.status, push.event.status), (*status, *status), "{word}");
        assert_eq!(push.event.code, Some((number + 1).to_string()));
        assert_eq!(push.event.description.as_deref(), Some(*word));
        assert_eq!(push.event.at.as_deref(), Some("2016-12-12T10:22:03-05:00"));
        let who = push.courier.as_ref().map(|who| (who.name.as_deref().unwrap(), who.phone.as_deref().unwrap()));
        assert_eq!(who, *courier, "{word}");
        assert_eq!(push.tracking_url.as_deref(), *url);
        assert!(!push.raw.to_string().contains(TOKEN), "the token is for flete alone");
        assert_eq!(push.raw["details"]["status"], *word);
        assert_eq!(read(text, TOKEN).unwrap().dedupe_key, push.dedupe_key, "a repeat");
        assert!(keys.insert(push.dedupe_key), "{word}");
    }
}

#[test]
fn a_push_that_isnt_theirs_is_refused() {
    let (sample, ..) = PUSHES[0];
    for (body, token) in [
        (sample.to_owned(), "another"),
        (sample.replace("ASX4DSAD3EGQSAS", "ASX4DSAD3EGQSA"), TOKEN),
        (sample.replace("\"token\"", "\"tokens\""), TOKEN),
        (sample.replace("\"ASX4DSAD3EGQSAS\"", "NULL"), TOKEN),
        ("[1]".to_owned(), TOKEN),
    ] {
        assert_eq!(read(&body, token).unwrap_err().code, Code::Authentication, "{body}");
    }
    let error = read("uuid=1", TOKEN).unwrap_err();
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidRequest, "body"));
    assert!(read("42", "42").is_err());
}

#[test]
fn a_push_in_odd_forms_is_still_read() {
    // NULL inside a text stays; a later stop of the same state is another push; dates come in other forms too.
    let text = r#"{"token": 12345678, "date": "2016-12-12 10:22:03", "details": {"uuid": 54683902,
        "mensajero": "Ana \"NULL\" NULL", "status": "in_progress", "status_id": "4", "phone": "3001", "num_place": 2,
        "url": NULL}, "more": [NULL, {}]}"#;
    let push = read(text, "12345678").unwrap();
    assert_eq!(push.shipment_id.as_deref(), Some("54683902"));
    assert_eq!(push.courier.unwrap().name.as_deref(), Some("Ana \"NULL\" NULL"));
    // The second stop: on the way to the consignee.
    assert_eq!((push.status, push.event.at.as_deref()), (Status::OutForDelivery, Some("2016-12-12T10:22:03-05:00")));
    let next = text.replace("\"num_place\": 2", "\"num_place\": 3");
    assert_ne!(read(&next, "12345678").unwrap().dedupe_key, push.dedupe_key);
    for (date, at) in [
        ("2016 - 12 - 12 10: 22: 03", Some("2016-12-12T10:22:03-05:00")),
        ("2016-12-12T10:22:03Z", Some("2016-12-12T10:22:03Z")),
        ("2016 - 13 - 12 10: 22: 03", None),
        ("mañana", None),
    ] {
        let body = json!({"token": "t", "date": date, "details": {"uuid": "5", "status": "finished"}}).to_string();
        let push = read(&body, "t").unwrap();
        assert_eq!((push.event.at.as_deref(), push.status), (at, Status::Delivered), "{date}");
    }
    let bare = read("{\"token\": \"t\", \"details\": {\"uuid\": 5}}", "t").unwrap();
    assert_eq!((bare.shipment_id.as_deref(), bare.status), (Some("5"), Status::Unknown));
    assert_eq!(read("{\"token\": \"t\"}", "t").unwrap_err().code, Code::CarrierResponse);
}

/// A push of the newer form, with these details.
fn nested(details: Value) -> Value {
    let mut push = json!({"token": TOKEN, "id_company": 12, "type": "json", "date": "2026-11-27 15:04:05", "details": {
        "uuid": "5f2c", "status": "in_progress", "status_id": 4, "order_id": "1042", "mensajero": "Ana Gómez",
        "phone": "3001234567", "vehicle_plate": "ABC12D", "photo_url": "https://mu.example/ana.jpg", "url": "",
        "num_place": 1, "status_place": 1, "finish_status": "", "finish_type": "", "finish_description": "",
    }});
    push["details"].as_object_mut().unwrap().extend(details.as_object().unwrap().clone());
    push
}

#[test]
fn a_newer_push_has_the_order_and_the_courier() {
    let flat = |push: &Value| {
        let mut flat = push["details"].clone();
        flat["token"] = push["token"].clone();
        flat["date"] = push["date"].clone();
        flat
    };
    for push in [nested(json!({})), flat(&nested(json!({})))] {
        let read = read(&push.to_string(), TOKEN).unwrap();
        assert_eq!((read.shipment_id.as_deref(), read.reference.as_deref()), (Some("5f2c"), Some("1042")));
        assert_eq!(read.event.at.as_deref(), Some("2026-11-27T15:04:05-05:00"));
        let courier = read.courier.unwrap();
        let parts = [&courier.name, &courier.phone, &courier.plate, &courier.photo_url, &courier.vehicle];
        let parts = parts.map(|part| part.as_deref());
        assert_eq!(
            parts,
            [Some("Ana Gómez"), Some("3001234567"), Some("ABC12D"), Some("https://mu.example/ana.jpg"), None]
        );
        assert_eq!(read.tracking_url, None);
    }
}

#[test]
fn a_push_tells_its_stop_and_a_failed_delivery() {
    for (details, status) in [
        // At the store, then off to the consignee.
        (json!({}), Status::InTransit),
        (json!({"num_place": 1, "status_place": 2}), Status::OutForDelivery),
        (json!({"num_place": "2", "status_place": "1"}), Status::OutForDelivery),
        (json!({"num_place": 20, "status_place": 2}), Status::OutForDelivery),
        // No stops: ids of places, none, nonsense.
        (json!({"num_place": 21, "status_place": 2}), Status::InTransit),
        (json!({"num_place": 18342, "status_place": 2}), Status::InTransit),
        (json!({"num_place": 0, "status_place": 2}), Status::InTransit),
        (json!({"num_place": -1, "status_place": 2}), Status::InTransit),
        (json!({"num_place": null}), Status::InTransit),
        (json!({"num_place": "x"}), Status::InTransit),
        // A stop counts only in progress.
        (json!({"status_id": 3, "num_place": 2}), Status::PreTransit),
        (json!({"status_id": 6, "num_place": 2, "status_place": 2, "finish_status": 0}), Status::Cancelled),
        // A stop that was left without success; the store's is none.
        (json!({"num_place": 2, "status_place": 2, "finish_status": 0}), Status::DeliveryFailed),
        (json!({"num_place": 2, "status_place": 1, "finish_status": 0}), Status::OutForDelivery),
        (json!({"num_place": 1, "status_place": 2, "finish_status": 0}), Status::OutForDelivery),
        (json!({"num_place": 18342, "status_place": 2, "finish_status": 0}), Status::InTransit),
        // The end.
        (json!({"status_id": 5}), Status::Delivered),
        (json!({"status_id": "5", "finish_status": 1}), Status::Delivered),
        (json!({"status_id": 5, "finish_status": "1"}), Status::Delivered),
        (json!({"status_id": 5, "finish_status": null}), Status::Delivered),
        (json!({"status_id": 5, "finish_status": 0}), Status::DeliveryFailed),
        (json!({"status_id": "5", "finish_status": "0"}), Status::DeliveryFailed),
        (json!({"status_id": 5, "finish_status": " 0.0 "}), Status::DeliveryFailed),
        (json!({"status_id": 5, "finish_status": false}), Status::DeliveryFailed),
        (json!({"status_id": null, "status": "finished", "finish_status": 0}), Status::DeliveryFailed),
        // What nobody has described isn't guessed.
        (json!({"status_id": 5, "finish_status": 2}), Status::Unknown),
        (json!({"status_id": 5, "finish_status": "no sé"}), Status::Unknown),
        (json!({"status_id": 7}), Status::Unknown),
    ] {
        let push = read(&nested(details.clone()).to_string(), TOKEN).unwrap();
        assert_eq!((push.status, push.event.status), (status, status), "{details}");
    }
    let reason = |more: Value| {
        let mut details = json!({"status_id": 5, "status": "finished"});
        details.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        read(&nested(details).to_string(), TOKEN).unwrap().event.description
    };
    for (more, words) in [
        (json!({"finish_status": 0, "finish_description": "No abrió", "finish_type": "ausente"}), "No abrió"),
        (json!({"finish_status": 0, "finish_description": "", "finish_type": "ausente"}), "ausente"),
        (json!({"finish_status": 0, "finish_type": 0}), "finished"),
        (json!({"finish_status": 1, "finish_description": "todo bien"}), "finished"),
    ] {
        assert_eq!(reason(more.clone()).as_deref(), Some(words), "{more}");
    }
}

#[test]
fn the_secret_of_a_push_may_be_in_the_header_the_body_or_both() {
    let sent = |body: Value, headers: &[&str]| {
        let mut push = nested(json!({}));
        push["token"] = body;
        super::read(&push.to_string(), headers.iter().copied(), TOKEN).map(|push| push.raw.get("token").is_none())
    };
    for (body, headers, right) in [
        (json!(TOKEN), &[][..], true),
        (json!(TOKEN), &[TOKEN], true),
        (json!(null), &[TOKEN], true),
        (json!(""), &[TOKEN], true),
        (json!(TOKEN), &[""], true),
        (json!(null), &[TOKEN, TOKEN], true),
        (json!(TOKEN), &["other"], false),
        (json!("other"), &[TOKEN], false),
        (json!(["x"]), &[TOKEN], false),
        (json!(null), &[TOKEN, "other"], false),
        (json!(null), &["ASX4DSAD3EGQSA"], false),
        (json!(null), &[], false),
        (json!(""), &[""], false),
    ] {
        match sent(body.clone(), headers) {
            Ok(kept_out) => assert!(right && kept_out, "{body} {headers:?}"),
            Err(error) => assert!(!right && error.code == Code::Authentication, "{body} {headers:?}: {error}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_push_breaks_the_reader(changes in mutations(), sample in 0..PUSHES.len(), cut in any::<u16>(), more in ".{0,8}") {
        let (written, ..) = PUSHES[sample];
        let json = mutated(parse(written).unwrap(), &changes);
        // As the carrier writes it, with its capital NULLs.
        for body in [json.to_string(), json.to_string().replace(":null", ":NULL")] {
            let genuine = json.get("token").and_then(crate::connector::lenient::as_text).as_deref() == Some(TOKEN);
            match read(&body, TOKEN) {
                Ok(push) => {
                    prop_assert!(genuine);
                    prop_assert_eq!(complaints(&PUSH, &push), [""; 0]);
                    let details = json.get("details").cloned().unwrap_or_default();
                    prop_assert_eq!(push.event.description, text(&details, "status"));
                    let known = ["1", "2", "3", "4", "5", "6"].iter().any(|id| push.event.code.as_deref() == Some(*id));
                    prop_assert_eq!(push.status == Status::Unknown, !known);
                }
                Err(error) => {
                    let named = json.get("details").and_then(|details| id(details, "uuid")).is_some();
                    let code = if genuine { Code::CarrierResponse } else { Code::Authentication };
                    prop_assert!(error.code == code && !(genuine && named), "{}: {}", error, body);
                }
            }
        }
        // The text itself cut anywhere, and with anything in that place.
        let at = usize::from(cut) % written.len();
        let (start, end) = (&written[..at], &written[at..]);
        for body in [start.to_owned(), format!("{start}{more}"), format!("{start}{more}{end}"), more.clone()] {
            if let Ok(push) = read(&body, TOKEN) {
                prop_assert_eq!(complaints(&PUSH, &push), [""; 0]);
            }
        }
    }
}
