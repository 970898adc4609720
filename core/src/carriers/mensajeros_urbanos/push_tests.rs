//! Mensajeros Urbanos' pushes: the API reference's own samples, word for word (comments taken out, a missing brace put
//! back), then the odd forms.

use super::*;
use crate::connector::mutations::{complaints, mutated, mutations};
use crate::model::Status;
use crate::model::reply::PUSH;
use proptest::prelude::*;
use serde_json::json;

const TOKEN: &str = "ASX4DSAD3EGQSAS";

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
    assert_eq!((push.status, push.event.at.as_deref()), (Status::InTransit, Some("2016-12-12T10:22:03-05:00")));
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
