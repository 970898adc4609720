use super::*;

fn planned(native: &Value, more: Value) -> Result<(Plan, OfQuote), Vec<String>> {
    let place = json!({"city": "Toluca"});
    let mut request = json!({"origin": place, "destination": place, "reference": "R-1", "tags": ["a"],
        "parcels": [{"weight": {"value": 1, "unit": "kg"}, "description": "Café"}]});
    for (name, value) in more.as_object().unwrap() {
        request[name.as_str()] = value.clone();
    }
    let request: Create = request::read(request, &request::CREATE).unwrap();
    let native = Native::at("options.apunto", native).of(&super::super::CARRIER, Ability::Create);
    let defaults = Defaults { contact_code: Some("ACME"), agent_email: Some("a@b.mx"), ..Defaults::default() };
    let planned = plan(&request, &native, &defaults, Some("fl-1"), quote_id(&native).unwrap());
    planned
        .map(|(plan, of_quote)| (plan, of_quote.unwrap()))
        .map_err(|error| error.fields.iter().map(|one| one.field.clone()).collect())
}

#[test]
fn what_a_quote_has_no_place_for_follows_in_an_update() {
    let native = json!({"quote_id": "9", "visibility_scope": "group", "work_group_id": 3, "regime": "A1",
        "+nuevo": 1, "services": [{"mode": "land"}]});
    let (plan, of_quote) = planned(&native, json!({})).unwrap();
    assert_eq!(Value::Object(plan.operation), json!({"visibility_scope": "group", "work_group_id": 3, "nuevo": 1}));
    assert_eq!((plan.services, &*of_quote.quote_id), (vec![json!({"mode": "land"})], "9"));
    assert_eq!(
        Value::Object(of_quote.update),
        json!({"operational_agent_email": "a@b.mx", "client_ref": "R-1", "goods_description": "Café",
            "tag_list": ["a", "fl-1"], "regime": "A1"}),
    );
}

#[test]
fn what_the_quote_decides_is_refused_by_name() {
    for name in OF_THE_QUOTE {
        let value = match *name {
            "kind" => json!("domestic"),
            "mode" => json!("land"),
            "status" => json!("active"),
            "currency_code" => json!("MXN"),
            name if name.contains("amount") || name.contains("percentage") => json!("1.50"),
            _ => json!("x"),
        };
        let native = json!({"quote_id": 9, *name: value});
        assert_eq!(planned(&native, json!({})).unwrap_err(), [format!("options.apunto.{name}")]);
    }
    let native = json!({"quote_id": 9, "operation_type": "existing", "existing_operation_id": 5});
    assert_eq!(planned(&native, json!({})).unwrap_err(), ["reference"]);
    let (_, of_quote) = planned(&native, json!({"reference": null})).unwrap();
    assert_eq!(Value::Object(of_quote.update), json!({"tag_list": ["a", "fl-1"]}), "it keeps what else it has");
    let native = json!({"quote_id": 9, "operation_type": "existing", "regime": "A1"});
    assert_eq!(
        planned(&native, json!({"reference": null})).unwrap_err(),
        ["options.apunto.regime", "options.apunto.existing_operation_id"]
    );
    let error = planned(&json!({"quote_id": 9}), json!({"round_trip": true})).unwrap_err();
    assert_eq!(error, ["round_trip"]);
}

#[test]
fn an_operation_may_be_the_quotes_unless_both_show_another() {
    let quote = json!({"contact": {"id": 3, "alias": "ACME"}, "operation_kind": "domestic", "operation_mode": "land"});
    for (operation, may) in [
        (json!({}), true),
        (json!({"contact": {"alias": "ACME"}, "kind": "domestic", "mode": "land"}), true),
        (json!({"contact": {"id": "3"}}), true),
        (json!({"contact": {"alias": "ABC"}}), false),
        (json!({"contact": {"id": 4, "alias": "ACME"}}), false),
        (json!({"kind": "importation"}), false),
        (json!({"mode": "aerial"}), false),
    ] {
        assert_eq!(may_be_of(&operation, &quote), may, "{operation}");
    }
}
