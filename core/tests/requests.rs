//! Requests as people write them, for every carrier: a clear one is accepted, an ambiguous one is refused before
//! anything is sent, and a request in another spelling is the same request.

use crate::common;
use crate::common::scripted::{Got, Scripted};
use crate::common::{limit, with};
use flete::{Client, Code, Error, Outcome};
use serde_json::{Value, json};

/// All four carriers at one address, with minimal replies.
fn answer(got: &Got) -> (u16, String) {
    let body = match got.line().as_str() {
        "POST /oauth/token" => json!({"access_token": "t", "expires_in": 3600}),
        "POST /delivery/create" => {
            json!({"status": "success", "status_code": 200, "data": {"uuid": "ab12", "status": 1}})
        }
        "POST /delivery/calculation" => {
            json!({"status": "success", "status_code": 200, "data": {"total_service": 5000}})
        }
        "POST /auth/token" => json!({"success": true, "code": 200, "response": {"token": "a.b.c"}}),
        "POST /pickuprequest/generate" => json!({"success": true, "response": {"trackingNumber": "00012345678"}}),
        "POST /quote/rate" => json!({"success": true, "response": {"total": 100, "currency": "MXN"}}),
        "GET /v1/contratos" => json!([]),
        "POST /v1/direcciones" => return (201, json!({"id": format!("d{}", got.body.len())}).to_string()),
        "POST /v1/paquetes" => return (201, json!({"guía": "FR1", "estado": "porrecolectar"}).to_string()),
        "GET /v1/paquetes/costo" => json!({"moneda": "CRC", "precio": 2500, "peso_volumétrico": 1}),
        "GET /v1/direcciones" => json!({"direcciones": []}),
        "POST /operations" => return (201, json!({"operation": {"id": 7, "status": "confirmed"}}).to_string()),
        "PUT /operations/7" => json!({"operation": {"id": 7, "status": "active"}}),
        "GET /operations/7" => json!({"operation": {"id": 7, "status": "active", "services": []}}),
        "GET /operation_cancellation_reasons" => json!({"operation_cancellation_reasons": []}),
        "POST /operations/7/cancel" => json!({"operation": {"id": 7, "status": "canceled"}}),
        _ => return (404, json!({"error": "nothing here"}).to_string()),
    };
    (200, body.to_string())
}

struct Desk {
    carrier: Scripted,
    client: Client,
}

impl Desk {
    fn open() -> Self {
        Self::with(json!({}))
    }

    fn with(more: Value) -> Self {
        let carrier = Scripted::start(answer);
        let url = &carrier.url;
        let config = json!({"accounts": [
            {"carrier": "mensajeros_urbanos", "base_url": url, "client_id": "a", "client_secret": "bbbb", "user_id": 1},
            {"carrier": "almex", "base_url": url, "user_name": "a", "password": "bbbb", "account_number": "c",
             "subscription_key": "dddd"},
            {"carrier": "fruno", "base_url": url, "account": "a", "key": "bbbb"},
            {"carrier": "apunto", "base_url": url, "token": "bbbb"},
        ]});
        Self { client: common::open(with(config, more)), carrier }
    }

    fn did(&self, method: &str, request: Value) -> Value {
        self.client.call(method, request.clone()).unwrap_or_else(|error| panic!("{method} {request}: {error}"))
    }

    /// A refusal before anything is sent.
    fn refused(&self, method: &str, request: Value) -> Error {
        let before = self.carrier.got().len();
        let error = match self.client.call(method, request.clone()) {
            Ok(reply) => panic!("{method} {request} gave {reply}"),
            Err(error) => error,
        };
        assert_eq!((error.code, error.outcome), (Code::InvalidRequest, Outcome::None), "{method} {request}: {error}");
        // Only tokens and what an account offers may be asked for.
        for got in &self.carrier.got()[before..] {
            assert!(
                ["/oauth/token", "/auth/token"].iter().any(|path| got.target == *path),
                "{method} {request}: {got:?}"
            );
        }
        error
    }

    /// The body of the last request of this line.
    fn sent(&self, line: &str) -> Value {
        self.carrier.got().iter().rev().find(|got| got.line() == line).unwrap_or_else(|| panic!("no {line}")).json()
    }

    fn count(&self, line: &str) -> usize {
        self.carrier.got().iter().filter(|got| got.line() == line).count()
    }
}

const CARRIERS: [&str; 4] = ["mensajeros_urbanos", "almex", "fruno", "apunto"];

fn create_line(carrier: &str) -> &'static str {
    match carrier {
        "mensajeros_urbanos" => "POST /delivery/create",
        "almex" => "POST /pickuprequest/generate",
        "fruno" => "POST /v1/paquetes",
        _ => "POST /operations",
    }
}

/// An order that every carrier takes.
fn order(carrier: &str) -> Value {
    let place = |name: &str, street: &str| {
        json!({"name": name, "street": street, "neighborhood": "Centro", "state": "Estado", "city": "Bogotá",
            "postal_code": "52227", "phone": "3214567890"})
    };
    let mut order = json!({
        "account": carrier,
        "origin": place("Tienda", "Calle 1"),
        "destination": place("Ana", "Calle 9"),
        "parcels": [{"weight": {"value": 389, "unit": "g"}, "description": "Café",
            "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"}}],
    });
    if carrier == "fruno" {
        order["origin"]["district_code"] = json!("11501");
        order["destination"]["district_code"] = json!("11502");
    }
    if carrier == "apunto" {
        order["options"] = json!({"apunto": {"contact_code": "ACME", "kind": "domestic", "mode": "land"}});
    }
    order
}

/// What a quote and a create have in common.
fn estimate(carrier: &str) -> Value {
    let mut order = order(carrier);
    order.as_object_mut().unwrap().remove("account");
    with(order, json!({"accounts": [carrier]}))
}

fn options(carrier: &str, native: Value) -> Value {
    let mut order = order(carrier);
    match order["options"][carrier].as_object_mut() {
        Some(own) => own.extend(native.as_object().unwrap().clone()),
        None => order["options"] = json!({carrier: native}),
    }
    order
}

#[test]
fn a_typo_inside_options_is_told_for_every_carrier_and_method() {
    let desk = Desk::open();
    let most = limit("fruno", "parcels.create", "descripción");
    for (method, carrier, native, field, words) in [
        ("create", "fruno", json!({"descripcin": "x"}), "descripcin", "did you mean `descripción`?"),
        (
            "create",
            "fruno",
            json!({"notificaciones": [{"corre": "x"}]}),
            "notificaciones[0].corre",
            "did you mean `correo`?",
        ),
        ("create", "fruno", json!({"descripción": "x".repeat(most + 1)}), "descripción", &format!("at most {most}")),
        ("create", "fruno", json!({"urgente": "sí"}), "urgente", "true or false"),
        ("quote", "fruno", json!({"id_contrat": "x"}), "id_contrat", "did you mean `id_contrato`?"),
        ("create", "mensajeros_urbanos", json!({"type_segmentacion": 1}), "type_segmentacion", "`type_segmentation`?"),
        (
            "create",
            "mensajeros_urbanos",
            json!({"client_data": {"client_nam": "x"}}),
            "client_data.client_nam",
            "`client_name`?",
        ),
        ("create", "mensajeros_urbanos", json!({"client_documen": "x"}), "client_documen", "`client_document`?"),
        ("create", "mensajeros_urbanos", json!({"user_payment_type": 4}), "user_payment_type", "between 1 and 3"),
        ("quote", "mensajeros_urbanos", json!({"type_servic": 4}), "type_servic", "did you mean `type_service`?"),
        ("create", "almex", json!({"reference": []}), "reference", "did you mean `references`?"),
        (
            "create",
            "almex",
            json!({"accessorials": {"delivery": {"only_working_day": 1}}}),
            "accessorials.delivery.only_working_day",
            "did you mean `only_working_days`?",
        ),
        (
            "create",
            "almex",
            json!({"services": {"service_type": "rápido"}}),
            "services.service_type",
            "not a whole number",
        ),
        ("quote", "almex", json!({"packges": []}), "packges", "did you mean `packages`?"),
        ("create", "apunto", json!({"incotern": "FOB"}), "incotern", "did you mean `incoterm`?"),
        (
            "create",
            "apunto",
            json!({"services": [{"mod": "land", "mode": "land"}]}),
            "services[0].mod",
            "did you mean `mode`?",
        ),
        ("create", "apunto", json!({"mode": "Land"}), "mode", "did you mean `land`?"),
    ] {
        let mut request = if method == "quote" { estimate(carrier) } else { options(carrier, native.clone()) };
        request["options"][carrier] = options(carrier, native.clone())["options"][carrier].clone();
        let error = desk.refused(method, request);
        assert_eq!(error.fields[0].field, format!("options.{carrier}.{field}"), "{method} {carrier} {native}: {error}");
        assert!(error.fields[0].message.contains(words), "{method} {carrier} {native}: {error}");
    }
    let error = desk.refused(
        "cancel",
        json!({"account": "apunto", "id": 7, "options": {"apunto": {"cancelled_at": "2026-11-28"}}}),
    );
    assert_eq!(error.fields[0].field, "options.apunto.cancelled_at");
    assert!(error.message.contains("did you mean `canceled_at`?") && error.message.contains("`+`"), "{error}");
}

#[test]
fn what_is_wrong_in_options_and_elsewhere_is_told_at_once_for_every_carrier() {
    let desk = Desk::open();
    let there = |carrier: &str, name: &str| format!("options.{carrier}.{name}");
    for (carrier, native, more, elsewhere) in [
        (
            "fruno",
            json!({"urgente": "sí", "descripcin": "x", "notificaciones": [{"creado": 1}], "etiquetas": ["a", 7]}),
            json!({"destination": {"name": "x".repeat(41)}}),
            "destination.name",
        ),
        (
            "almex",
            json!({"services": {"service_type": "x", "observation": "y"}, "packages": {"details": [{}]}}),
            json!({"urgent": true}),
            "urgent",
        ),
        (
            "mensajeros_urbanos",
            json!({"user_payment_type": 4, "client_documen": "x", "client_data": {"domicile_value": -1}}),
            json!({"declared_value": {"amount": "1", "currency": "USD"}}),
            "declared_value.currency",
        ),
        (
            "apunto",
            json!({"kind": null, "mode": "sea", "incotern": "x", "services": [{"mode": "land", "etd_date": "x"}, {}]}),
            json!({"round_trip": true}),
            "round_trip",
        ),
    ] {
        let mut request = options(carrier, native.clone());
        for (name, value) in more.as_object().unwrap() {
            match value.as_object().filter(|_| name == "destination") {
                Some(fields) => request[name].as_object_mut().unwrap().extend(fields.clone()),
                None => request[name] = value.clone(),
            }
        }
        let error = desk.refused("create", request);
        let native = match carrier {
            "fruno" => {
                ["urgente", "descripcin", "notificaciones[0].creado", "notificaciones[0].correo", "etiquetas[1]"]
                    .as_slice()
            }
            "almex" => &[
                "services.service_type",
                "services.observation",
                "packages.details[0].quantity",
                "packages.details[0].dimensions",
                "packages.details[0].weight",
            ],
            "mensajeros_urbanos" => &["user_payment_type", "client_documen", "client_data.domicile_value"],
            _ => &["kind", "mode", "incotern", "services[0].etd_date", "services[1].mode"],
        };
        let mut expected: Vec<String> = native.iter().map(|name| there(carrier, name)).collect();
        expected.push(elsewhere.to_owned());
        expected.sort();
        let mut told: Vec<String> = error.fields.iter().map(|problem| problem.field.clone()).collect();
        told.sort();
        assert_eq!(told, expected, "{carrier}");
    }
}

#[test]
fn a_name_with_a_plus_goes_out_without_it_unchecked() {
    let desk = Desk::open();
    for carrier in CARRIERS {
        desk.did("create", options(carrier, json!({"+campo_nuevo": {"+a": "0012", "b": null}})));
        let sent = desk.sent(create_line(carrier));
        let body = if carrier == "apunto" { &sent["operation"] } else { &sent };
        assert_eq!(body["campo_nuevo"], json!({"+a": "0012", "b": null}), "{carrier}: {sent}");
        assert!(!sent.to_string().contains("+campo_nuevo"), "{carrier}: {sent}");
    }
    // Within an object, in place of a field that the table has, in a list, in a query.
    desk.did("create", options("almex", json!({"services": {"+nuevo": 1, "+service_type": "x"}})));
    let services = desk.sent(create_line("almex"))["services"].take();
    assert_eq!((&services["nuevo"], &services["service_type"]), (&json!(1), &json!("x")));
    desk.did("create", options("fruno", json!({"notificaciones": [{"correo": "a@b.cr", "+sms": true}]})));
    assert_eq!(desk.sent(create_line("fruno"))["notificaciones"], json!([{"correo": "a@b.cr", "sms": true}]));
    desk.did("quote", with(estimate("fruno"), json!({"options": {"fruno": {"+cupón": "ñ", "+gr_peso": 1}}})));
    let quote = desk.carrier.got().into_iter().rfind(|got| got.line() == "GET /v1/paquetes/costo").unwrap();
    assert_eq!((quote.query("cupón").as_deref(), quote.query("gr_peso").as_deref()), (Some("ñ"), Some("1")));
    desk.did(
        "cancel",
        json!({"account": "apunto", "id": 7, "options": {"apunto": {"+motivo": "x", "cancellation_notes": "n"}}}),
    );
    assert_eq!(desk.sent("POST /operations/7/cancel"), json!({"cancellation_notes": "n", "motivo": "x"}));
    // A city that flete doesn't know, by the carrier's own number.
    for name in ["city", "+city"] {
        let mut request = options("mensajeros_urbanos", json!({name: 12}));
        request["origin"]["city"] = json!("Soacha");
        desk.did("create", request);
        let sent = desk.sent(create_line("mensajeros_urbanos"));
        assert_eq!((&sent["city"], &sent["coordinates"][0]["city"]), (&json!(12), &json!("Soacha")));
    }
    // In `call`'s params, too.
    desk.did(
        "call",
        json!({"account": "apunto", "operation": "operations.update",
        "params": {"id": 7, "operation": {"client_ref": "a", "+nuevo": 1}, "+al_lado": 2}}),
    );
    assert_eq!(desk.sent("PUT /operations/7"), json!({"operation": {"client_ref": "a", "nuevo": 1}, "al_lado": 2}));
    desk.did("call", json!({"account": "fruno", "operation": "addresses.list", "params": {"+filtro": "x y"}}));
    assert_eq!(desk.carrier.got().last().unwrap().query("filtro").as_deref(), Some("x y"));
}

#[test]
fn a_mark_stays_whatever_the_options_say() {
    let folder = std::env::temp_dir().join(format!("flete-marks-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let desk = Desk::with(json!({"state": folder.join("state.db")}));
    for (carrier, native) in [
        ("fruno", json!({"+etiquetas": ["mine"]})),
        ("apunto", json!({"+tag_list": ["mine"]})),
        ("mensajeros_urbanos", json!({"+coordinates": [{"type": "1", "address": "x", "city": "y"}]})),
    ] {
        desk.did("create", with(options(carrier, native), json!({"idempotency_key": carrier})));
        let sent = desk.sent(create_line(carrier)).to_string();
        assert!(sent.contains("fl-"), "{carrier}: {sent}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn native_names_go_by_any_accents_and_case_and_what_another_method_takes_is_no_typo() {
    let desk = Desk::open();
    desk.did("create", options("fruno", json!({"DESCRIPCION": "x", "alto": "30"})));
    let sent = desk.sent(create_line("fruno"));
    assert_eq!((&sent["descripción"], &sent["alto"]), (&json!("x"), &json!(30)));
    let both = json!({"fruno": {"descripción": "x", "id_contrato": "c1"}, "apunto": {"kind": "domestic"},
        "mensajeros_urbanos": {"type_segmentation": 1}, "almex": {"services": {"service_type": 3}}});
    for carrier in ["fruno", "mensajeros_urbanos", "almex"] {
        desk.did("quote", with(estimate(carrier), json!({"options": both})));
    }
    assert!(desk.sent("POST /delivery/calculation").get("type_segmentation").is_none());
    assert!(desk.sent("POST /quote/rate").get("services").is_none());
}

#[test]
fn what_php_writes_for_nothing_is_nothing() {
    let desk = Desk::open();
    for carrier in CARRIERS {
        let nothing = json!({"pickup": [], "declared_value": [], "cash_on_delivery": [], "service": "", "notes": "  ",
            "tags": [], "items": [], "notify": [], "reference": "", "urgent": null, "rate": []});
        let mut request = with(order(carrier), nothing);
        request["destination"]["email"] = json!("");
        request["parcels"][0]["declared_value"] = json!({"amount": "", "currency": ""});
        if carrier != "apunto" {
            request["options"] = json!([]);
        }
        desk.did("create", request);
        let plain = desk.sent(create_line(carrier));
        desk.did("create", order(carrier));
        let mut again = desk.sent(create_line(carrier));
        if carrier == "mensajeros_urbanos" {
            again["start_time"] = plain["start_time"].clone();
        }
        assert_eq!(again, plain, "{carrier}");
    }
    assert!(desk.client.call("call", json!({"account": "fruno", "operation": "contracts.list", "params": []})).is_ok());
    let gaps = json!({"tags": {"0": "a", "2": "b"}});
    let error = desk.refused("create", with(order("fruno"), gaps));
    assert!(error.fields[0].field == "tags" && error.message.contains("`array_values`"), "{error}");
    // An empty key is an error, not an absent key.
    for key in ["", " ", "\u{200b}"] {
        let error = desk.refused("create", with(order("fruno"), json!({"idempotency_key": key})));
        assert_eq!(error.fields[0].field, "idempotency_key", "{error}");
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_refused_for_every_carrier() {
    let desk = Desk::open();
    let money = |amount: Value, currency: &str| json!({"amount": amount, "currency": currency});
    for carrier in CARRIERS {
        for (change, field, words) in [
            (json!({"declared_value": money(json!("12.500"), "COP")}), "declared_value.amount", "`12.500`"),
            (json!({"declared_value": money(json!("12.500"), "COP")}), "declared_value.amount", "\"12500\""),
            (json!({"declared_value": money(json!("1.234.567"), "MXN")}), "declared_value.amount", "`1.234.567`"),
            (json!({"declared_value": money(json!("1,234.50"), "MXN")}), "declared_value.amount", "`1,234.50`"),
            (json!({"declared_value": money(json!("1,5"), "MXN")}), "declared_value.amount", "\"1.5\""),
            (json!({"declared_value": money(json!(-1), "MXN")}), "declared_value.amount", "can't be negative"),
            (json!({"declared_value": money(json!("1"), "mxn")}), "declared_value.currency", "did you mean `MXN`?"),
            (
                json!({"items": [{"name": "x", "quantity": 1, "unit_price": money(json!("12.500"), "COP")}]}),
                "items[0].unit_price.amount",
                "`12.500`",
            ),
            (
                json!({"cash_on_delivery": {"amount": money(json!("8.700"), "COP"), "method": "cash"}}),
                "cash_on_delivery.amount.amount",
                "`8.700`",
            ),
            (
                json!({"cash_on_delivery": {"amount": money(json!("8700"), "COP"), "method": "Cash"}}),
                "cash_on_delivery.method",
                "did you mean `cash`?",
            ),
            (json!({"pickup": {"date": "2036-01-31", "from": "13:00", "to": "09:00"}}), "pickup.to", "`09:00`"),
            (json!({"pickup": {"date": "2026-11-01"}}), "pickup.date", "`2026-11-01` is in the past"),
            (json!({"pickup": {"date": "2026-11-01", "from": "09:00", "to": "13:00"}}), "pickup.date", "in the past"),
        ] {
            let error = desk.refused("create", with(order(carrier), change.clone()));
            assert_eq!(error.fields[0].field, field, "{carrier} {change}: {error}");
            assert!(error.fields[0].message.contains(words), "{carrier} {change}: {error}");
        }
        for end in ["origin", "destination"] {
            for (name, value) in [("latitude", json!(120)), ("latitude", json!("-90.5")), ("longitude", json!(181))] {
                let mut request = order(carrier);
                request[end][name] = value;
                let error = desk.refused("create", request);
                assert_eq!(error.fields[0].field, format!("{end}.{name}"));
            }
        }
        let mut request = order(carrier);
        request["parcels"][0]["weight"]["unit"] = json!("KG");
        assert!(desk.refused("create", request).message.contains("did you mean `kg`?"));
    }
    for carrier in ["mensajeros_urbanos", "almex", "fruno"] {
        let error = desk.refused("quote", with(estimate(carrier), json!({"ship_date": "2026-11-01"})));
        assert_eq!(error.fields[0].field, "ship_date", "{error}");
    }
}

/// Today, until a time that is over: by the carrier's clock, in the carrier's zone.
#[test]
fn a_pickup_that_is_over_today_is_refused_and_one_under_way_is_not() {
    let desk = Desk::open();
    for (carrier, hours) in [("mensajeros_urbanos", -5), ("almex", -6), ("fruno", -6), ("apunto", -6)] {
        let now = jiff::Timestamp::now().to_zoned(jiff::tz::offset(hours).to_time_zone()).datetime();
        let day = now.date().to_string();
        if now.time() < jiff::civil::time(0, 20, 0, 0) || now.time() > jiff::civil::time(23, 50, 0, 0) {
            continue;
        }
        let time = |minutes: i64| {
            now.checked_add(jiff::SignedDuration::from_mins(minutes)).unwrap().strftime("%H:%M").to_string()
        };
        for (pickup, field) in [
            (json!({"date": day, "to": time(-2)}), "pickup.to"),
            (json!({"date": day, "from": "00:00", "to": time(-2)}), "pickup.to"),
            (json!({"date": day, "from": time(-15)}), "pickup.from"),
        ] {
            let error = desk.refused("create", with(order(carrier), json!({"pickup": pickup})));
            assert_eq!(error.fields[0].field, field, "{carrier} {pickup}: {error}");
        }
        for pickup in [
            json!({"date": day, "from": time(-15), "to": time(5)}),
            json!({"date": day, "from": time(-1)}),
            json!({"date": day, "to": time(5)}),
            json!({"date": day}),
        ] {
            desk.did("create", with(order(carrier), json!({"pickup": pickup})));
        }
    }
}

#[test]
fn a_rate_says_the_account_and_the_service() {
    let desk = Desk::open();
    for carrier in ["mensajeros_urbanos", "almex", "fruno"] {
        let rate = desk.did("quote", estimate(carrier))["rates"][0].take();
        assert_eq!(rate["account"], *carrier);
        let mut request = order(carrier);
        request.as_object_mut().unwrap().remove("account");
        request["rate"] = rate.clone();
        assert_eq!(desk.did("create", request)["account"], *carrier);
        let other = with(order(carrier), json!({"rate": rate, "account": "apunto"}));
        let error = desk.refused("create", other);
        assert_eq!(error.fields[0].field, "account", "{error}");
    }
    for (change, field, words) in [
        (json!({"environment": "sandbox"}), "rate.environment", "`sandbox`"),
        (json!({"environment": "test"}), "rate.environment", "`production`"),
        (json!({"carrier": "fruno"}), "rate.carrier", "`fruno`"),
        (json!({"account": "apunto"}), "account", "`apunto`"),
    ] {
        let rate = with(desk.did("quote", estimate("almex"))["rates"][0].take(), change.clone());
        let error = desk.refused("create", with(order("almex"), json!({"rate": rate})));
        let problem = &error.fields[0];
        assert_eq!((error.fields.len(), problem.field.as_str()), (1, field), "{change}: {error}");
        assert!(problem.message.contains(words), "{change}: {error}");
    }
    // One that was quoted before rates had these.
    let rate = json!({"account": "almex", "carrier": null, "environment": ""});
    desk.did("create", with(order("almex"), json!({"rate": rate})));
    let both = json!({"carrier": "fruno", "environment": "test"});
    let error = desk.refused("create", with(order("almex"), json!({"rate": both})));
    assert_eq!(error.fields.len(), 2, "{error}");
    let rate = json!({"account": "mensajeros_urbanos", "service": {"code": "1"}});
    desk.did("create", with(order("mensajeros_urbanos"), json!({"rate": rate})));
    assert_eq!(desk.sent(create_line("mensajeros_urbanos"))["type_service"], 1);
    let error = desk.refused("create", with(order("mensajeros_urbanos"), json!({"rate": rate, "service": "4"})));
    assert_eq!(error.fields[0].field, "service", "{error}");
    let error = desk.refused("create", with(order("fruno"), json!({"rate": {"acount": "fruno"}})));
    assert!(error.message.contains("did you mean `account`?"), "{error}");
}

#[test]
fn text_is_trimmed_and_in_nfc_before_it_is_counted_and_sent() {
    let desk = Desk::open();
    let long: String = "ñ".repeat(limit("fruno", "parcels.create", "entregar_a"));
    let decomposed = long.replace('ñ', "n\u{303}");
    let mut request = order("fruno");
    request["destination"]["name"] = json!(format!("  {decomposed}\u{feff}"));
    request["destination"]["phone"] = json!("\u{202a}+506\u{a0}8896\u{2011}1182\u{202c}");
    desk.did("create", request);
    assert_eq!(desk.sent(create_line("fruno"))["entregar_a"], json!(long));
    let phones: Vec<Value> = desk
        .carrier
        .got()
        .iter()
        .filter(|got| got.line() == "POST /v1/direcciones")
        .map(|got| got.json()["teléfono1"].clone())
        .collect();
    assert!(phones.contains(&json!("88961182")), "{phones:?}");
    for (carrier, place, sent) in [
        ("mensajeros_urbanos", "/coordinates/1/client_data/client_phone", "3214567890"),
        ("almex", "/consignee/phone_number", "+57 321 456 7890"),
    ] {
        let mut request = order(carrier);
        request["destination"]["phone"] = json!("\u{200e}+57 321\u{a0}456 7890\u{2069}");
        desk.did("create", request);
        assert_eq!(desk.sent(create_line(carrier)).pointer(place), Some(&json!(sent)));
    }
    // A number has its own digits, whatever a binary float makes of it.
    let mut request = order("almex");
    request["parcels"][0]["weight"] =
        serde_json::from_str("{\"value\": 0.30000000000000004, \"unit\": \"kg\"}").unwrap();
    desk.did("create", request);
    assert_eq!(desk.sent(create_line("almex"))["packages"]["details"][0]["weight"].to_string(), "0.3");
    let mut request = order("fruno");
    request["parcels"][0]["weight"] = serde_json::from_str("{\"value\": 389.00000000000006, \"unit\": \"g\"}").unwrap();
    request["parcels"][0]["quantity"] = json!(1.0);
    desk.did("create", request);
    assert_eq!(desk.sent(create_line("fruno"))["peso_neto"], 389);
}

#[test]
fn a_number_where_a_text_belongs_is_refused_with_its_value() {
    let desk = Desk::open();
    for name in ["postal_code", "district_code", "phone", "number", "carrier_id"] {
        let mut request = order("almex");
        request["origin"][name] = json!(6500);
        let error = desk.refused("create", request);
        assert_eq!(error.fields[0].field, format!("origin.{name}"));
        assert!(error.message.contains("`6500`") && error.message.contains("quotes"), "{error}");
    }
    // A secret isn't quoted.
    let error =
        desk.refused("call", json!({"account": "almex", "operation": "auth.token", "params": {"password": 424242}}));
    assert!(!error.to_string().contains("424242"), "{error}");
}

#[test]
fn an_order_number_with_letters_goes_where_people_and_a_look_up_find_it() {
    let desk = Desk::open();
    for (reference, order_id) in
        [("1001", Some(1001)), ("#1001", None), ("SO0042", None), ("XKBKNABJK", None), ("007", None)]
    {
        desk.did("create", with(order("mensajeros_urbanos"), json!({"reference": reference})));
        let points = desk.sent(create_line("mensajeros_urbanos"))["coordinates"].take();
        for point in points.as_array().unwrap() {
            assert_eq!(point.get("order_id"), order_id.map(|id| json!(id)).as_ref(), "{reference}: {point}");
            assert!(order_id.is_some() || point["description"].as_str().unwrap().contains(reference), "{point}");
        }
    }
    let error = desk.refused(
        "create",
        options(
            "mensajeros_urbanos",
            json!({"coordinates": [
        {"type": "0", "address": "x", "city": "y", "order_id": "#1"}]}),
        ),
    );
    assert_eq!(error.fields[0].field, "options.mensajeros_urbanos.coordinates[0].order_id");
}

#[test]
fn a_city_is_known_by_its_names_and_its_code_and_an_unknown_one_is_told_with_the_list() {
    let desk = Desk::open();
    for (city, code, id) in [
        ("Bogotá, D.C.", "", 1),
        ("Bogotá, Cundinamarca", "", 1),
        ("Santiago de Cali", "", 2),
        ("Medellín, Antioquia", "", 3),
        ("Cartagena de Indias", "", 8),
        ("Distrito de Santa Marta", "", 9),
        ("", "05001", 3),
        ("Bta.", "11001", 1),
    ] {
        for method in ["quote", "create"] {
            let mut request =
                if method == "quote" { estimate("mensajeros_urbanos") } else { order("mensajeros_urbanos") };
            for end in ["origin", "destination"] {
                request[end]["city"] = json!(city);
                request[end]["district_code"] = json!(code);
            }
            desk.did(method, request);
            let line = if method == "quote" { "POST /delivery/calculation" } else { "POST /delivery/create" };
            let sent = desk.sent(line);
            assert_eq!(sent["city"], id, "{city} {code}");
            let name = sent["coordinates"][1]["city"].as_str().unwrap();
            assert!(!name.contains(',') && !name.contains("Bta"), "{name}");
        }
    }
    for (city, field) in [("Soacha", "origin.city"), ("Bogot", "origin.city"), ("", "origin.city")] {
        let mut request = order("mensajeros_urbanos");
        request["origin"]["city"] = json!(city);
        let error = desk.refused("create", request);
        assert_eq!(error.fields[0].field, field);
        assert!(error.message.contains("Bogotá, Cali, Medellín"), "{error}");
    }
}

/// One key with the same order in another spelling returns the same shipment. A real change is a conflict.
#[test]
fn a_key_stands_for_what_an_order_means_with_every_carrier() {
    let folder = std::env::temp_dir().join(format!("flete-content-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let desk = Desk::with(json!({"state": folder.join("state.db")}));
    for carrier in CARRIERS {
        let keyed = |more: Value| with(with(order(carrier), json!({"idempotency_key": "k"})), more);
        let parcel = |weight: Value| {
            json!({"parcels": [{"weight": weight, "quantity": 1, "description": " Cafe\u{301}",
                "dimensions": {"length": "20.0", "width": 200, "height": 150, "unit": "mm"}}]})
        };
        desk.did("create", keyed(json!({})));
        for same in [
            json!({}),
            json!({"urgent": false, "round_trip": null, "tags": [], "items": [], "notes": "", "pickup": {}}),
            json!({"timeout_ms": 9_000, "with_label": false, "service": [], "cash_on_delivery": null}),
            json!({"rate": {"account": carrier}}),
        ] {
            assert_eq!(desk.did("create", keyed(same.clone()))["replayed"], true, "{carrier} {same}");
        }
        let mut lengths = parcel(json!({"value": "0.3890", "unit": "kg"}));
        lengths["parcels"][0]["dimensions"]["length"] = json!("200.0");
        assert_eq!(desk.did("create", keyed(lengths))["replayed"], true, "{carrier}");
        for other in [
            parcel(json!({"value": 389, "unit": "g"})),
            json!({"reference": "1"}),
            json!({"urgent": true}),
            json!({"tags": ["x"]}),
        ] {
            let error = desk.client.call("create", keyed(other.clone())).unwrap_err();
            assert_eq!(error.code, Code::Conflict, "{carrier} {other}: {error}");
        }
        assert_eq!(desk.count(create_line(carrier)), 1, "{carrier}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
