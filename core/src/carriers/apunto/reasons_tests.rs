use super::*;

fn asked(request: Value) -> Result<Asked, Error> {
    let native = request["native"].clone();
    let native = Native::at("options.apunto", &native).of(&super::super::CARRIER, Ability::Cancel);
    let reason = request["reason"].as_str().map(str::to_owned);
    super::asked(&request::Cancel { reason, ..request::Cancel::new("mx", "7") }, &native)
}

fn reasons(first: u64, names: &[&str]) -> Vec<Value> {
    names.iter().zip(first..).map(|(name, id)| json!({"id": id, "name": name, "status": "active"})).collect()
}

/// What is sent for an operation and for its services; or every problem.
fn resolved(operations: &[&str], services: Option<&[&str]>, request: Value) -> Result<(Value, Value), Vec<String>> {
    let mut catalogues = vec![Catalogue::new(OPERATIONS, &reasons(501, operations))];
    catalogues.extend(services.map(|names| Catalogue::new(SERVICES, &reasons(701, names))));
    let made = asked(request).and_then(|asked| bodies(asked, &catalogues));
    made.map(|made| (made.of_operation, made.of_services))
        .map_err(|error| error.fields.iter().map(|one| format!("{}: {}", one.field, one.message)).collect())
}

#[test]
fn a_reason_is_found_in_each_catalogue_that_is_needed_or_goes_into_the_notes() {
    let both = ["Cliente desistió", "Clima"];
    let id = |of: &str, id: u64| json!({format!("{of}_cancellation_reason_id"): id});
    for (operations, services, request, sent) in [
        (&[][..], None, json!({}), (json!({}), json!(null))),
        (&[], Some(&[][..]), json!({}), (json!({}), json!({}))),
        (
            &[],
            Some(&[]),
            json!({"reason": "x"}),
            (json!({"cancellation_notes": "x"}), json!({"cancellation_notes": "x"})),
        ),
        (
            &[],
            None,
            json!({"reason": "x", "native": {"cancellation_notes": "y"}}),
            (json!({"cancellation_notes": "x\ny"}), json!(null)),
        ),
        // By name in any case and Unicode form, and by id.
        (&both, None, json!({"reason": " CLIENTE DESISTIO\u{301} "}), (id("operation", 501), json!(null))),
        (&both, None, json!({"reason": "502"}), (id("operation", 502), json!(null))),
        (&both, Some(&["Clima"]), json!({"reason": "clima"}), (id("operation", 502), id("service", 701))),
        // One catalogue is empty.
        (&both, Some(&[]), json!({"reason": "Clima"}), (id("operation", 502), json!({"cancellation_notes": "Clima"}))),
        (&[], Some(&both), json!({"reason": "Clima"}), (json!({"cancellation_notes": "Clima"}), id("service", 702))),
        // Each by its own name.
        (
            &["A"],
            Some(&["B"]),
            json!({"native": {"operation_cancellation_reason_name": "a", "service_cancellation_reason_id": 701,
                "canceled_at": "2026-11-28"}}),
            (
                json!({"canceled_at": "2026-11-28", "operation_cancellation_reason_id": 501}),
                json!({"canceled_at": "2026-11-28", "service_cancellation_reason_id": 701}),
            ),
        ),
        (
            &["A"],
            Some(&["B"]),
            json!({"reason": "B", "native": {"operation_cancellation_reason_id": "501"}}),
            (id("operation", 501), id("service", 701)),
        ),
    ] {
        assert_eq!(resolved(operations, services, request.clone()), Ok(sent), "{operations:?} {services:?} {request}");
    }
}

#[test]
fn a_reason_that_does_not_stand_in_them_is_refused_with_the_choices() {
    for (operations, services, request, told) in [
        (&["A", "B"][..], None, json!({}), &["reason: is required by Apunto: choose one of `A`, `B`"][..]),
        (&[], Some(&["C"][..]), json!({}), &["reason: is required by Apunto: choose one of `C`"]),
        (
            &["A", "B"],
            None,
            json!({"reason": "Aa"}),
            &["reason: `Aa` is not one of the account's reasons for operations: choose one of `A`, `B`"],
        ),
        (
            &["A", "B"],
            Some(&["B", "C"]),
            json!({"reason": "A"}),
            &["reason: `A` is not one of the account's reasons for services: choose one of `B`"],
        ),
        // An id of one catalogue says nothing in the other.
        (
            &["B"],
            Some(&["B"]),
            json!({"reason": "501"}),
            &["reason: `501` is not one of the account's reasons for services: choose one of `B`"],
        ),
        (
            &["A"],
            Some(&["C"]),
            json!({"reason": "C"}),
            &["reason: `C` is not one of the account's reasons for operations; no reason is in both catalogues: give \
               options.apunto `operation_cancellation_reason_name` (`A`) and `service_cancellation_reason_name` (`C`)"],
        ),
        (
            &["A"],
            None,
            json!({"native": {"operation_cancellation_reason_id": 7}}),
            &["options.apunto.operation_cancellation_reason_id: `7` is not one of the account's reasons for \
               operations: `A`"],
        ),
        (
            &[],
            None,
            json!({"native": {"operation_cancellation_reason_name": "A"}}),
            &["options.apunto.operation_cancellation_reason_name: `A` can't be given: the account has no reasons for \
               operations; leave it out"],
        ),
        (
            &["A"],
            None,
            json!({"native": {"operation_cancellation_reason_id": 501, "operation_cancellation_reason_name": "A"}}),
            &["options.apunto.operation_cancellation_reason_id: can't be given with \
               `operation_cancellation_reason_name`"],
        ),
        (
            &[],
            None,
            json!({"native": {"canceled_at": "mañana"}}),
            &["options.apunto.canceled_at: `mañana` is not a date, like 2026-01-31"],
        ),
    ] {
        let error = resolved(operations, services, request.clone()).unwrap_err();
        assert_eq!(error, told, "{operations:?} {services:?} {request}");
    }
}

#[test]
fn one_id_for_two_reasons_is_refused() {
    let catalogues =
        [Catalogue::new(OPERATIONS, &reasons(1, &["A", "B"])), Catalogue::new(SERVICES, &reasons(1, &["B"]))];
    let error = bodies(asked(json!({"reason": "1"})).unwrap(), &catalogues).unwrap_err();
    assert_eq!(error.fields[0].message, "`1` is another reason for operations than for services: choose one of `B`");
}

#[test]
fn many_choices_are_cut_and_inactive_ones_left_out() {
    let names: Vec<String> = (0..30).map(|number| format!("motivo {number}")).collect();
    let mut listed = reasons(1, &names.iter().map(String::as_str).collect::<Vec<_>>());
    listed[0]["status"] = json!("inactive");
    let error = bodies(asked(json!({})).unwrap(), &[Catalogue::new(OPERATIONS, &listed)]).unwrap_err();
    let message = &error.fields[0].message;
    assert!(!message.contains("`motivo 0`") && message.contains("`motivo 20`, …"), "{message}");
}
