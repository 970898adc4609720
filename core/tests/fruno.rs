//! Fruno over HTTP against its simulator: every operation of its API reference, then flete's methods. The meaning of
//! each field of its replies is tested beside `carriers/fruno/replies.rs`.

use crate::common;
use crate::common::{Shop, checked, consignee, open, order, parcel, store, with};
use flete::{Code, Outcome};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::{Duration, Instant};

const CREATE: &str = "POST /v1/paquetes";
const SAVE: &str = "POST /v1/direcciones";
const COST: &str = "GET /v1/paquetes/costo";
const LABEL: &str = "GET /v1/paquetes/{guía} application/pdf";

/// A quote between two districts of the Gran Área Metropolitana.
fn by_district() -> Value {
    json!({"origin": {"district_code": "11501"}, "destination": {"district_code": "11502"}, "parcels": [parcel()]})
}

fn fields(error: &flete::Error) -> Vec<&str> {
    error.fields.iter().map(|problem| problem.field.as_str()).collect()
}

fn texts<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|entry| entry[name].as_str().unwrap()).collect()
}

// ---- the carrier's own API

#[test]
fn each_of_the_23_operations_is_called() {
    let shop = Shop::open();
    assert!(shop.native("contracts.list", json!({})).as_array().unwrap().is_empty());
    assert_eq!(shop.native("provinces.list", json!({}))[0]["nombre"], "ALAJUELA");
    let cantons = shop.native("cantons.list", json!({"código_provincia": "1"}));
    assert!(texts(&cantons, "código").contains(&"115"));
    let districts = json!({"código_provincia": 5, "código_cantón": "501", "incluir": "sin-servicio"});
    assert_eq!(texts(&shop.native("districts.list", districts), "nombre"), ["Cañas Dulces"]);
    assert!(texts(&shop.native("districts.unserved", json!({})), "código").contains(&"50102"));
    assert!(texts(&shop.native("zones.unserved", json!({})), "nombre").contains(&"1° de mayo"));

    let address = json!({"nombre": "Tienda ABC", "detalle": "125 Sur", "código_distrito": "11501"});
    let from = shop.native("addresses.create", address)["id"].clone();
    let to = json!({"nombre": "Casa XYZ", "detalle": "25 Sur", "código_distrito": "11502"});
    let to = shop.native("addresses.create", to)["id"].clone();
    assert_eq!(shop.native("addresses.update", json!({"id": from, "nombre": "Tienda XYZ"})), Value::Null);
    assert_eq!(shop.native("addresses.get", json!({"id": from}))["nombre"], "Tienda XYZ");
    assert_eq!(shop.native("addresses.list", json!({}))["direcciones"].as_array().unwrap().len(), 2);

    let ends = json!({"id_dirección_fuente": from, "id_dirección_destino": to});
    let size = with(json!({"alto": 15, "ancho": 20, "longitud": 20}), ends);
    let cost = shop.native("parcels.cost", with(size.clone(), json!({"gr_peso": 389})));
    assert_eq!((&cost["precio"], &cost["moneda"]), (&json!(250000), &json!("CRC")));
    let body = json!({"peso_neto": 389, "entregar_a": "Joshua Blanco",
        "notificaciones": [{"correo": "a@example.com", "entregado": true}]});
    let guide = json!({"guía": shop.native("parcels.create", with(size, body))["guía"]});
    assert_eq!(shop.native("parcels.list", json!({}))["paquetes"].as_array().unwrap().len(), 1);
    assert_eq!(shop.native("parcels.status", guide.clone()), json!({"estado": "porrecolectar"}));
    assert_eq!(shop.native("parcels.notifications", guide.clone())["notificaciones"][0]["correo"], "a@example.com");
    assert!(shop.native("parcels.web_url", guide.clone())["url_consulta_web"].as_str().unwrap().starts_with("https"));
    shop.advance(guide["guía"].as_str().unwrap(), "recolectado");
    assert_eq!(shop.native("event_types.list", json!({}))["tipo_eventos"][0]["nombre"], "Paquete creado");
    assert_eq!(shop.native("parcels.events", guide.clone())["eventos"][0]["mensaje"], "Paquete recolectado");
    let image = shop.native("parcels.get", guide.clone())["imágenes_recolecta"][0]["id"].clone();
    let image = shop.native("parcels.image", with(guide.clone(), json!({"id": image})));
    assert_eq!((&image["kind"], &image["content_type"]), (&json!("image"), &json!("image/png")));
    shop.set(json!({"label_not_ready": {"times": 0, "form": "200_empty"}}));
    let label = shop.native("parcels.label", guide);
    assert_eq!((&label["kind"], &label["content_type"]), (&json!("label"), &json!("application/pdf")));
    assert!(label["base64"].as_str().unwrap().starts_with("JVBER"), "%PDF in Base64");
    let other = shop.parcel();
    assert_eq!(shop.native("parcels.cancel", json!({"guía": other})), Value::Null);
    assert_eq!(shop.native("addresses.delete", json!({"id": from})), Value::Null);

    // Every row of the table reached its own operation of the carrier, and the carrier has no others.
    let table = shop.did("describe", json!({"carrier": "fruno"}))["carriers"][0]["operations"].clone();
    let bare = |path: &str| -> String {
        path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
    };
    let rows: HashSet<String> = table
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let file = if row["name"] == "parcels.label" { " application/pdf" } else { "" };
            format!("{} {}{file}", row["method"].as_str().unwrap(), bare(row["path"].as_str().unwrap()))
        })
        .collect();
    let report = shop.control("GET", "requests", Value::Null);
    let addressed: HashSet<String> = report["processed_operations"]
        .as_object()
        .unwrap()
        .keys()
        .map(|operation| {
            let (path, file) = operation.split_once(" application/").unwrap_or((operation, ""));
            format!("{}{}", bare(path), if file.is_empty() { String::new() } else { format!(" application/{file}") })
        })
        .collect();
    assert_eq!(rows.len(), 23);
    assert_eq!(rows, addressed);
}

#[test]
fn all_gathers_every_page_and_keeps_the_filters() {
    for empty_last_page in [false, true] {
        let shop = Shop::open();
        shop.set(json!({"page_size": 2, "empty_last_page": empty_last_page}));
        let made: Vec<String> = (0..5).map(|_| shop.parcel()).collect();
        shop.advance(&made[0], "recolectado");
        let request = json!({"operation": "parcels.list", "params": {"estado": "porrecolectar"}, "all": true});
        let whole = shop.did("call", request);
        assert_eq!(texts(&whole["paquetes"], "guía"), made[1..].iter().map(String::as_str).collect::<Vec<_>>());
        assert!(whole.get("página").is_none(), "there is no next page");
        let asked = shop.requests("GET /v1/paquetes");
        assert_eq!(asked.len(), if empty_last_page { 3 } else { 2 });
        assert!(asked.iter().all(|request| request.query["estado"] == "porrecolectar"));
    }
    let error = Shop::open().failed("call", json!({"operation": "provinces.list", "all": true}));
    assert_eq!((error.code, fields(&error)), (Code::InvalidRequest, vec!["all"]));
}

#[test]
fn a_native_name_is_taken_in_any_spelling_of_its_accents() {
    let shop = Shop::open();
    let guide = shop.parcel();
    for name in ["guía", "gui\u{301}a", "guia", "GUÍA"] {
        assert_eq!(shop.native("parcels.status", json!({name: guide}))["estado"], "porrecolectar", "{name}");
    }
    let error = shop.failed("call", json!({"operation": "parcels.cost", "params": {"alto": 0, "largo": 3}}));
    assert_eq!(error.code, Code::InvalidRequest);
    assert!(fields(&error).contains(&"params.alto") && fields(&error).contains(&"params.longitud"));
}

#[test]
fn a_refusal_of_a_native_call_names_its_parameters() {
    let shop = Shop::open();
    let address = json!({"nombre": "abc", "detalle": "125 Sur", "código_distrito": "99999"});
    let error = shop.failed("call", json!({"operation": "addresses.create", "params": address}));
    assert_eq!(error.code, Code::Validation);
    assert_eq!(error.http_status, Some(400));
    assert_eq!(fields(&error), ["params.código_distrito", "params.nombre"]);
    assert_eq!(error.operation.as_deref(), Some("addresses.create"));
    assert!(error.raw.as_ref().unwrap()["datos-inválidos"].is_array());
}

// ---- quote

#[test]
fn a_refusal_says_what_to_do() {
    let shop = Shop::open();
    let native = |operation: &str| json!({"operation": operation, "timeout_ms": 2_000});
    for (status, words) in [
        (400, "correct what it names"),
        (401, "check the account's"),
        (403, "ask the carrier"),
        (404, "check the id"),
        (429, "allow more time"),
        (500, "try again later"),
        (502, "try again later"),
    ] {
        shop.fault(json!({"fault": "status", "status": status, "times": 0, "operation": "GET /v1/provincias"}));
        let error = shop.failed("call", native("provinces.list"));
        assert!(error.message.contains(words), "{status}: {error}");
        shop.control("DELETE", "faults", Value::Null);
    }
    // A request that may have been done isn't to be retried.
    shop.fault(json!({"fault": "status", "status": 500, "operation": CREATE}));
    let error = shop.failed("create", order());
    assert_eq!((error.code, error.outcome), (Code::CarrierUnavailable, Outcome::Unknown));
    assert!(error.message.contains("outcome"), "{error}");
}

#[test]
fn a_quote_by_district_needs_no_saved_address() {
    let shop = Shop::open();
    let reply = shop.did("quote", by_district());
    let rate = &reply["rates"][0];
    assert_eq!(rate["total"], json!({"amount": "250000.00", "currency": "CRC"}));
    assert_eq!(rate["volumetric_weight"], json!({"value": 2000, "unit": "g"}));
    assert_eq!((&rate["account"], &rate["carrier"]), (&json!("fruno"), &json!("fruno")));
    assert_eq!((&reply["failures"], &reply["skipped"]), (&json!([]), &json!([])));
    let [asked] = &shop.requests(COST)[..] else { panic!("one request") };
    assert_eq!(
        Value::Object(asked.query.clone()),
        json!({"alto": "15", "ancho": "20", "longitud": "20", "gr_peso": "389",
            "código_distrito_fuente": "11501", "código_distrito_destino": "11502"})
    );
    assert_eq!(shop.count(SAVE), 0);
}

#[test]
fn a_quote_takes_saved_addresses_and_mixes_them_with_districts() {
    let shop = Shop::open();
    let save = |name: &str, district: &str| {
        let body = json!({"nombre": name, "detalle": "125 Sur", "código_distrito": district});
        shop.native("addresses.create", body)["id"].as_str().unwrap().to_owned()
    };
    let (from, to) = (save("Tienda ABC", "11501"), save("Casa lejana", "11605"));
    let quote = |origin: Value, destination: Value| {
        let more = json!({"origin": origin, "destination": destination});
        shop.did("quote", with(by_district(), more))["rates"][0]["total"]["amount"].clone()
    };
    assert_eq!(quote(json!({"carrier_id": from}), json!({"carrier_id": to})), "350000.00");
    assert_eq!(quote(json!({"carrier_id": from}), json!({"district_code": "11605"})), "350000.00");
    assert_eq!(quote(json!({"district_code": "11501"}), json!({"carrier_id": from})), "250000.00");
    let ends: Vec<Vec<String>> = shop
        .requests(COST)
        .iter()
        .map(|asked| asked.query.iter().filter(|(name, _)| name.contains("di")).map(|(name, _)| name.clone()).collect())
        .collect();
    assert_eq!(ends[0], ["id_dirección_destino", "id_dirección_fuente"]);
    assert_eq!(ends[1], ["código_distrito_destino", "código_distrito_fuente"]);
    assert_eq!(ends[2], ends[1]);
    assert_eq!(shop.count("GET /v1/direcciones/{id}"), 2, "only the mixed ones look an address up");
}

#[test]
fn several_parcels_are_summed_and_measures_are_rounded_up() {
    let shop = Shop::open();
    let heavy = json!({"weight": {"value": "4.0001", "unit": "kg"}, "quantity": 3,
        "dimensions": {"length": "3.94", "width": 1, "height": "0.1", "unit": "in"}});
    let reply = shop.did("quote", with(by_district(), json!({"parcels": [parcel(), heavy]})));
    // 250000 + 3 × (250000 + 3 × 50000): 4001 g is charged as three more kilograms.
    assert_eq!(reply["rates"][0]["total"], json!({"amount": "1450000.00", "currency": "CRC"}));
    assert_eq!(reply["rates"][0]["volumetric_weight"]["value"], json!(5000));
    assert_eq!(reply["rates"][0]["raw"].as_array().unwrap().len(), 2, "alike parcels are asked for once");
    let asked = shop.requests(COST);
    let heavy = asked.iter().find(|asked| asked.query["gr_peso"] == "4001").unwrap();
    let size = ["longitud", "ancho", "alto"].map(|name| heavy.query[name].as_str().unwrap());
    assert_eq!(size, ["11", "3", "1"]);
}

#[test]
fn prices_may_count_hundredths_if_the_account_says_so() {
    let shop = Shop::with(json!({"price_unit": "minor"}));
    assert_eq!(shop.did("quote", by_district())["rates"][0]["total"]["amount"], "2500.00");
    assert_eq!(shop.did("create", order())["price"]["amount"], "2500.00");
    shop.set(json!({"currency": "USD"}));
    assert_eq!(shop.did("quote", by_district())["rates"][0]["total"]["currency"], "USD");
}

#[test]
fn a_quote_says_which_district_is_wrong() {
    let shop = Shop::open();
    let error = shop.failed("quote", with(by_district(), json!({"destination": {"district_code": "50102"}})));
    assert_eq!((error.code, fields(&error)), (Code::Validation, vec!["destination.district_code"]));
    let error = shop.failed("quote", with(by_district(), json!({"origin": {"carrier_id": "x"}})));
    assert_eq!((error.code, error.outcome), (Code::NotFound, Outcome::None));
    let sent = shop.total();
    let error = shop.failed("quote", with(by_district(), json!({"origin": {}, "destination": {"city": "San José"}})));
    assert_eq!(fields(&error), ["origin.district_code", "destination.district_code"]);
    assert_eq!(shop.total(), sent);
}

// ---- contracts

const CONTRACTS: [(&str, &str); 2] = [("c-1", "Especial encomiendas"), ("c-2", "Carga")];

fn sign_contracts(shop: &Shop, count: usize) {
    let contracts: Vec<_> = CONTRACTS[..count].iter().map(|(id, name)| json!({"id": id, "nombre": name})).collect();
    shop.set(json!({"contracts": contracts}));
}

#[test]
fn each_contract_is_a_rate() {
    for count in 0..=2 {
        let shop = Shop::open();
        sign_contracts(&shop, count);
        let rates = shop.did("quote", by_district())["rates"].clone();
        assert_eq!(rates.as_array().unwrap().len(), count.max(1), "{rates}");
        let services: HashSet<_> =
            rates.as_array().unwrap().iter().map(|rate| rate["service"]["code"].as_str()).collect();
        let expected: HashSet<_> =
            if count == 0 { [None].into() } else { CONTRACTS[..count].iter().map(|(id, _)| Some(*id)).collect() };
        assert_eq!(services, expected);
    }
}

#[test]
fn the_accounts_contract_is_the_only_rate_and_goes_into_a_create() {
    let shop = Shop::with(json!({"contract_id": "c-2"}));
    sign_contracts(&shop, 2);
    let rates = shop.did("quote", by_district())["rates"].clone();
    assert_eq!(rates.as_array().unwrap().len(), 1);
    assert_eq!(shop.requests(COST)[0].query["id_contrato"], "c-2");
    shop.parcel();
    assert_eq!(shop.requests(CREATE)[0].body["id_contrato"], "c-2");
    assert_eq!(shop.count("GET /v1/contratos"), 0, "nothing is to be chosen");
}

#[test]
fn a_create_takes_the_only_contract_and_asks_which_of_several() {
    let shop = Shop::open();
    sign_contracts(&shop, 1);
    shop.parcel();
    assert_eq!(shop.requests(CREATE)[0].body["id_contrato"], "c-1");

    let shop = Shop::open();
    sign_contracts(&shop, 2);
    let error = shop.failed("create", order());
    assert_eq!((error.code, fields(&error)), (Code::InvalidRequest, vec!["service"]));
    assert!(error.message.contains("c-1 (Especial encomiendas), c-2 (Carga)"), "{}", error.message);
    assert_eq!((error.outcome, shop.count(SAVE)), (Outcome::None, 0), "nothing is saved for it");
    // A rate's own `service`, or its code.
    let rate = shop.did("quote", by_district())["rates"][1]["service"].clone();
    let made = [rate.clone(), rate["code"].clone()]
        .map(|service| shop.did("create", with(order(), json!({"service": service}))));
    assert!(made.iter().all(|shipment| shipment["status"] == "pre_transit"));
    assert!(shop.requests(CREATE).iter().all(|request| request.body["id_contrato"] == rate["code"]));
    let error = shop.failed("create", with(order(), json!({"service": "c-9"})));
    assert_eq!((error.code, fields(&error)), (Code::Validation, vec!["service"]));
}

#[test]
fn a_contract_made_since_is_found_at_the_refusal() {
    let shop = Shop::open();
    shop.parcel();
    sign_contracts(&shop, 1);
    shop.parcel();
    let sent: Vec<_> =
        shop.requests(CREATE).iter().map(|request| (request.status, request.body["id_contrato"].clone())).collect();
    assert_eq!(sent, [(201, Value::Null), (400, Value::Null), (201, json!("c-1"))]);
}

// ---- create

#[test]
fn a_create_with_everything_sends_everything() {
    let shop = Shop::with(json!({"on_behalf_of_email": "fulanita@example.com"}));
    let request = json!({
        "account": "fruno",
        "idempotency_key": "order-88243567",
        "reference": "ORDEN-88243567",
        "origin": with(store(), json!({"instructions": "portón verde", "reference": "REFINTERNO88859-358"})),
        "destination": with(consignee(), json!({"email": "joshua@example.com", "phone2": "2222-3333"})),
        "parcels": [with(parcel(), json!({"description": "Pedido tienda virtual", "packaging": "box",
            "declared_value": {"amount": "10.00", "currency": "USD"}}))],
        "pickup": {"date": "2036-11-24", "from": "09:00", "to": "13:00"},
        "urgent": true,
        "notes": "SKU77356895 color blanco",
        "tags": ["ABC123", "REF-987"],
        "items": [{"sku": "SKU1", "name": "Camisa", "quantity": 2, "unit_price": {"amount": 5, "currency": "USD"}}],
        "declared_value": {"amount": "10.00", "currency": "USD"},
        "notify": [{"email": "joshua@example.com", "events": ["created", "picked_up", "at_hub", "in_transit", "delivered", "cancelled"]}],
        "with_label": true,
        "options": {"fruno": {"observaciones": "SKU77356895 color negro"}},
        "timeout_ms": 10_000,
    });
    let shipment = shop.did("create", request);
    assert_eq!(shipment["reference"], "ORDEN-88243567");
    assert_eq!((&shipment["status"], &shipment["carrier_status"]), (&json!("pre_transit"), &json!("porrecolectar")));
    assert_eq!(shipment["price"], json!({"amount": "375000.00", "currency": "CRC"}));
    assert_eq!(shipment["replayed"], false);
    assert!(shipment["label"]["base64"].as_str().unwrap().starts_with("JVBER"));
    let body = shop.requests(CREATE)[0].body.clone();
    for (name, value) in [
        ("entregar_a", json!("Joshua Blanco")),
        ("descripción", json!("Pedido tienda virtual")),
        // The caller's own `options` are merged last.
        ("observaciones", json!("SKU77356895 color negro")),
        ("referencia", json!("ORDEN-88243567")),
        ("urgente", json!(true)),
        ("en_nombre_de_correo", json!("fulanita@example.com")),
        ("peso_neto", json!(389)),
        ("alto", json!(15)),
    ] {
        assert_eq!(body[name], value, "{name}");
    }
    let notices = json!([{"correo": "joshua@example.com", "creado": true, "recolectado": true, "en_cedi": true,
        "en_tránsito": true, "entregado": true, "cancelado": true}]);
    assert_eq!(body["notificaciones"], notices);
    // The mark of the key is among the tags: a lost create is found by it.
    let tags = body["etiquetas"].as_array().unwrap();
    assert_eq!((tags.len(), &tags[0], &tags[1]), (3, &json!("ABC123"), &json!("REF-987")));
    assert!(tags[2].as_str().unwrap().starts_with("fl-"));
    let saved = shop.requests(SAVE);
    let origin = saved.iter().find(|request| request.body["código_distrito"] == "11501").unwrap();
    assert_eq!(origin.body["detalle"], "de la esquina sur oeste del supermercado ABC, 125 Sur, portón verde");
    assert_eq!(
        (&origin.body["teléfono1"], &origin.body["referencia"]),
        (&json!("88961182"), &json!("REFINTERNO88859-358"))
    );
    let destination = saved.iter().find(|request| request.body["código_distrito"] == "11502").unwrap();
    assert_eq!(
        (&destination.body["teléfono2"], &destination.body["correo"]),
        (&json!("22223333"), &json!("joshua@example.com"))
    );
}

#[test]
fn a_create_between_known_addresses_saves_none() {
    let shop = Shop::open();
    shop.parcel();
    let saved = shop.native("addresses.list", json!({}))["direcciones"].clone();
    let [one, other] = [0, 1].map(|index| saved[index]["id"].clone());
    let ends = json!({"origin": {"carrier_id": one}, "destination": {"carrier_id": other, "name": "Joshua Blanco"}});
    shop.did("create", with(order(), ends));
    assert_eq!(shop.count(SAVE), 2, "those of the first");
    // Both ends at one place are one address.
    let here = json!({"origin": store(), "destination": with(store(), json!({"name": "Caja"}))});
    shop.did("create", with(order(), here));
    let sent = shop.requests(CREATE).pop().unwrap().body;
    assert_eq!(sent["id_dirección_fuente"], sent["id_dirección_destino"]);
}

#[test]
fn a_refused_parcel_reports_the_addresses_that_were_made() {
    let shop = Shop::open();
    let error = shop.failed("create", with(order(), json!({"options": {"fruno": {"+alto": 0}}})));
    assert_eq!((error.code, error.outcome, error.retryable), (Code::Validation, Outcome::None, false));
    assert_eq!(fields(&error), ["parcels[0].dimensions.height"]);
    assert_eq!(error.fields[0].carrier_field.as_deref(), Some("alto"));
    let made = Value::from(error.created.as_ref().unwrap()["addresses"].clone());
    let saved = shop.native("addresses.list", json!({}))["direcciones"].clone();
    let ids = |list: &Value| texts(list, "id").into_iter().map(str::to_owned).collect::<HashSet<_>>();
    assert_eq!(ids(&made), ids(&saved));
    assert_eq!(texts(&made, "role").into_iter().collect::<HashSet<_>>(), ["origin", "destination"].into());
    // The addresses are used again, so nothing new is made.
    let error = shop.failed("create", with(order(), json!({"options": {"fruno": {"+alto": 0}}})));
    assert_eq!((error.created.as_ref(), shop.count(SAVE)), (None, 2));
}

#[test]
fn a_refused_address_is_named_with_its_end_and_the_other_is_reported() {
    let shop = Shop::open();
    let nowhere = with(consignee(), json!({"district_code": "99999", "email": "no correo"}));
    let error = shop.failed("create", with(order(), json!({"destination": nowhere})));
    assert_eq!((error.code, error.outcome), (Code::Validation, Outcome::None));
    assert_eq!(fields(&error), ["destination.district_code", "destination.email"]);
    assert_eq!(texts(&error.created.as_ref().unwrap()["addresses"].clone().into(), "role"), ["origin"]);
    let error =
        shop.failed("create", with(order(), json!({"origin": with(store(), json!({"district_code": "50102"}))})));
    assert_eq!(fields(&error), ["origin.district_code"]);
    assert_eq!(shop.count(CREATE), 0);
}

#[test]
fn a_district_without_service_is_named_with_those_of_its_canton_that_have_it() {
    for refused_as in ["address", "parcel"] {
        let shop = Shop::open();
        shop.set(json!({"unserved": refused_as}));
        for end in ["origin", "destination"] {
            let mut request = order();
            request[end]["district_code"] = json!("50102");
            let error = shop.failed("create", request);
            assert_eq!((error.code, error.outcome, error.retryable), (Code::Validation, Outcome::None, false));
            assert_eq!(fields(&error), [format!("{end}.district_code")]);
            let message = &error.fields[0].message;
            let served = "El distrito no cuenta con servicio; in the same canton Fruno serves `50101` (Liberia)";
            assert_eq!(message, served);
            assert!(shop.shipments().is_empty());
        }
        // Both ends, each with its own canton.
        let mut request = order();
        request["origin"]["district_code"] = json!("50102");
        request["destination"]["district_code"] = json!("70102");
        let error = shop.failed("create", request);
        let served: Vec<bool> = error.fields.iter().map(|problem| problem.message.contains("Fruno serves")).collect();
        assert!(!served.is_empty() && served.iter().all(|named| *named), "{error}");
    }
    // A quote says it, too.
    let shop = Shop::open();
    let error = shop.failed("quote", with(by_district(), json!({"destination": {"district_code": "50102"}})));
    assert_eq!(fields(&error), ["destination.district_code"]);
    assert!(error.fields[0].message.contains("`50101` (Liberia)"), "{error}");
    // Without the list the refusal is the same, at once.
    let list = "GET /v1/provincias/{provincia}/cantones/{cantón}/distritos";
    for fault in [json!({"fault": "status", "status": 404}), json!({"fault": "slow", "ms": 20_000})] {
        shop.fault(with(fault, json!({"operation": list})));
        let started = Instant::now();
        let error = shop.failed("quote", with(by_district(), json!({"destination": {"district_code": "50102"}})));
        assert_eq!((error.code, fields(&error)), (Code::Validation, vec!["destination.district_code"]));
        assert!(!error.fields[0].message.contains("canton") && started.elapsed() < Duration::from_secs(8), "{error}");
        shop.control("DELETE", "faults", Value::Null);
    }
}

#[test]
fn a_refusal_inside_a_list_has_its_place_in_the_request() {
    let shop = Shop::open();
    let notify =
        json!([{"email": "a@example.com", "events": ["created"]}, {"email": "nadie", "events": ["delivered"]}]);
    let error = shop.failed("create", with(order(), json!({"notify": notify})));
    assert_eq!((error.code, fields(&error)), (Code::Validation, vec!["notify[1].email"]));
}

// ---- the address book

#[test]
fn an_address_is_saved_once_and_found_again() {
    let shop = Shop::open();
    shop.parcel();
    shop.parcel();
    assert_eq!((shop.count(SAVE), shop.count(CREATE)), (2, 2));
    // A client without cached facts, as in a new process: the names are taken, by the same places.
    shop.set(json!({"page_size": 1}));
    let fresh = shop.another(json!({"price_unit": "minor"}));
    checked(&fresh, "create", order()).unwrap();
    assert_eq!(shop.count(SAVE), 4, "it tried, and was refused");
    let sent = shop.requests(CREATE);
    for end in ["id_dirección_fuente", "id_dirección_destino"] {
        assert_eq!(sent[2].body[end], sent[0].body[end], "the same address, found on whatever page");
    }
    checked(&fresh, "create", order()).unwrap();
    assert_eq!(shop.count(SAVE), 4, "now it knows them");
}

#[test]
fn a_name_that_is_another_place_is_a_conflict() {
    let shop = Shop::open();
    shop.parcel();
    let sent = shop.requests(CREATE)[0].body.clone();
    shop.native("addresses.update", json!({"id": sent["id_dirección_destino"], "detalle": "se mudó"}));
    let fresh = shop.another(json!({"price_unit": "minor"}));
    let error = checked(&fresh, "create", order()).unwrap_err();
    assert_eq!((error.code, error.outcome, error.retryable), (Code::Conflict, Outcome::None, false));
    assert!(error.message.contains("another place") && error.message.contains("carrier_id"), "{}", error.message);
    assert_eq!(shop.count(CREATE), 1);
}

#[test]
fn an_address_deleted_at_the_carrier_is_made_again() {
    // The refusal of a parcel for its address: 400 with its field, or a plain 404.
    for plain_404 in [false, true] {
        let shop = Shop::open();
        shop.parcel();
        let first = shop.requests(CREATE)[0].body.clone();
        shop.native("addresses.delete", json!({"id": first["id_dirección_destino"]}));
        if plain_404 {
            shop.fault(json!({"fault": "status", "status": 404, "operation": CREATE}));
        }
        shop.parcel();
        let sent = shop.requests(CREATE);
        assert_eq!(sent.len(), 3, "the refused one, and the one with the new address");
        assert_eq!(sent[2].body["id_dirección_fuente"], first["id_dirección_fuente"]);
        assert_ne!(sent[2].body["id_dirección_destino"], first["id_dirección_destino"]);
    }
}

#[test]
fn an_address_whose_reply_is_lost_is_found_by_its_name() {
    let shop = Shop::open();
    shop.fault(json!({"fault": "reset_after", "operation": SAVE}));
    let shipment = shop.did("create", order());
    assert_eq!(shipment["status"], "pre_transit");
    assert_eq!((shop.count(SAVE), shop.count("GET /v1/direcciones")), (2, 1));
    assert_eq!(shop.native("addresses.list", json!({}))["direcciones"].as_array().unwrap().len(), 2);
}

// ---- documents

#[test]
fn a_label_comes_through_every_form_of_not_ready() {
    for form in ["200_empty", "200_json", "102_close", "102_empty", "102_then_pdf", "204"] {
        let shop = Shop::open();
        shop.set(json!({"label_not_ready": {"times": 2, "form": form}}));
        let id = shop.parcel();
        let reply = shop.did("document", json!({"id": id, "kind": "label", "timeout_ms": 10_000}));
        let label = &reply["documents"][0];
        assert_eq!((&label["kind"], &label["content_type"]), (&json!("label"), &json!("application/pdf")), "{form}");
        assert!(label["base64"].as_str().unwrap().starts_with("JVBER"), "{form}");
        assert_eq!(shop.count(LABEL), if form == "102_then_pdf" { 1 } else { 3 }, "{form}");
    }
}

#[test]
fn a_label_that_is_never_made_is_not_ready_at_the_deadline() {
    let shop = Shop::open();
    let id = shop.parcel();
    for form in ["200_empty", "200_json", "102_close", "204"] {
        shop.set(json!({"label_not_ready": {"times": 1_000_000, "form": form}}));
        common::soon(Duration::from_secs(1), || {
            let started = Instant::now();
            let error = shop.failed("document", json!({"id": id, "kind": "label", "timeout_ms": 700}));
            assert_eq!((error.code, error.retryable), (Code::NotReady, true), "{form}: {error}");
            started.elapsed()
        });
    }
    shop.set(json!({"label_not_ready": {"times": 1_000_000, "form": "200_empty"}}));
    let error = shop.failed("create", with(order(), json!({"with_label": true, "timeout_ms": 700})));
    assert_eq!((error.code, error.outcome), (Code::NotReady, Outcome::Done));
    assert!(error.created.as_ref().unwrap()["shipment"]["id"].is_string(), "the shipment isn't lost");
    let error = shop.failed("document", json!({"id": "FR999999999", "kind": "label"}));
    assert_eq!(error.code, Code::NotFound, "a label of nothing isn't waited for");
}

#[test]
fn images_come_with_the_pickup_and_the_delivery() {
    let shop = Shop::open();
    let id = shop.parcel();
    let ask = |kind: &str| json!({"id": id, "kind": kind});
    let error = shop.failed("document", ask("proof_of_pickup"));
    assert_eq!(error.code, Code::NotFound);
    shop.advance(&id, "recolectado");
    let reply = shop.did("document", ask("proof_of_pickup"));
    assert_eq!(
        (&reply["documents"][0]["content_type"], &reply["documents"][0]["kind"]),
        (&json!("image/png"), &json!("proof_of_pickup"))
    );
    assert!(reply["documents"][0]["base64"].as_str().unwrap().starts_with("iVBOR"), "PNG in Base64");
    shop.advance(&id, "entregado");
    let folder = std::env::temp_dir().join(format!("flete-images-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let reply = shop.did("document", with(ask("proof_of_delivery"), json!({"save_to": folder.to_str().unwrap()})));
    let path = reply["documents"][0]["path"].as_str().unwrap();
    assert!(path.ends_with(&format!("fruno-{id}-proof_of_delivery.png")), "{path}");
    assert!(std::fs::read(path).unwrap().starts_with(b"\x89PNG"));
    assert_eq!(reply["documents"][0].get("base64"), None);
    std::fs::remove_dir_all(folder).unwrap();
    let documents = shop.did("track", json!({"id": id}))["documents"].clone();
    assert_eq!(texts(&documents, "kind"), ["label", "proof_of_pickup", "proof_of_delivery"]);
}

#[test]
fn a_document_is_asked_for_by_its_id_in_track() {
    let shop = Shop::open();
    let id = shop.parcel();
    for stage in ["recolectado", "entregado"] {
        shop.advance(&id, stage);
    }
    let listed = shop.did("track", json!({"id": id}))["documents"].clone();
    let folder = std::env::temp_dir().join(format!("flete-documents-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut saved = HashSet::new();
    for document in listed.as_array().unwrap().iter().filter(|document| !document["id"].is_null()) {
        let by_id = json!({"id": id, "document_id": document["id"]});
        let got = shop.did("document", by_id.clone())["documents"].clone();
        assert_eq!((got.as_array().unwrap().len(), &got[0]["kind"]), (1, &document["kind"]));
        let of_kind = shop.did("document", json!({"id": id, "kind": document["kind"]}))["documents"].clone();
        assert_eq!(got, of_kind);
        // Two documents of one kind have two names.
        let kept = shop.did("document", with(by_id, json!({"save_to": folder})))["documents"][0].clone();
        let path = kept["path"].as_str().unwrap().to_owned();
        assert!(path.contains(document["id"].as_str().unwrap()), "{path}");
        assert!(std::fs::read(&path).unwrap().starts_with(b"\x89PNG") && saved.insert(path));
    }
    assert_eq!(saved.len(), 2);
    std::fs::remove_dir_all(folder).unwrap();
    let error = shop.failed("document", json!({"id": id, "document_id": "no-such"}));
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::NotFound, "document_id"));
    assert!(error.message.contains("`no-such`") && error.message.contains("`track`"), "{error}");
    let before = shop.total();
    for (wrong, code, field) in [
        (json!({}), Code::InvalidRequest, "kind"),
        (json!({"kind": "label", "document_id": "1"}), Code::InvalidRequest, "document_id"),
        (json!({"document_id": ""}), Code::InvalidRequest, "document_id"),
        (json!({"kind": "lable"}), Code::InvalidRequest, "kind"),
        (json!({"kind": "other"}), Code::Unsupported, ""),
    ] {
        let error = shop.failed("document", with(json!({"id": id}), wrong.clone()));
        assert_eq!(error.code, code, "{wrong}: {error}");
        assert_eq!(error.fields.first().map_or("", |problem| problem.field.as_str()), field, "{wrong}: {error}");
    }
    assert_eq!(shop.total(), before, "nothing was sent");
}

// ---- track

fn statuses(tracking: &Value) -> Vec<&str> {
    texts(&tracking["events"], "status")
}

#[test]
fn a_parcel_is_followed_to_its_delivery() {
    let shop = Shop::open();
    let id = shop.parcel();
    let track = || shop.did("track", json!({"id": id}));
    let first = track();
    assert_eq!((&first["status"], &first["events"]), (&json!("pre_transit"), &json!([])));
    let page = format!("https://logistica.fruno.com/p/buscarguia?guia={id}");
    assert_eq!(first["tracking_url"], page);
    assert_eq!(shop.did("list", json!({}))["shipments"][0]["tracking_url"], page);
    assert!(first["estimated_pickup"]["from"].as_str() < first["estimated_delivery"]["from"].as_str());
    for (stage, status) in [
        ("no_encontrado", "pre_transit"),
        ("recolectado", "in_transit"),
        ("cedi", "in_transit"),
        ("ruta", "in_transit"),
        ("avería", "in_transit"),
        ("rechazo", "in_transit"),
        ("entregado", "delivered"),
    ] {
        shop.advance(&id, stage);
        assert_eq!(track()["status"], status, "{stage}");
    }
    shop.advance_comment(&id);
    let last = track();
    assert_eq!(
        statuses(&last),
        ["pickup_failed", "picked_up", "in_transit", "out_for_delivery", "unknown", "delivery_failed", "delivered"]
    );
    assert_eq!(last["events"][4]["description"], "Avería vehicular");
    assert_eq!((&last["carrier_status"], &last["description"]), (&json!("entregado"), &json!("Entregado")));
    for field in ["picked_up_at", "delivered_at"] {
        assert!(last[field].is_string(), "{field}");
    }
    assert!(last["estimated_delivery"]["from"].is_string());
    assert_eq!(shop.count("GET /v1/paquetes/{guía}/url_consulta_web"), 0, "a parcel's page is known without asking");
    assert_eq!(shop.count("GET /v1/paquetes/tipo_eventos"), 1, "the catalogue is asked once");
}

impl Shop {
    /// A delivered parcel takes no comments, so the comment is on another parcel.
    fn advance_comment(&self, id: &str) {
        let other = self.parcel();
        assert_ne!(other, id);
        self.advance(&other, "comentario:No contesta el teléfono");
        let comments = self.did("track", json!({"id": other}))["comments"].clone();
        assert_eq!(comments[0]["text"], "No contesta el teléfono");
    }
}

#[test]
fn events_are_known_by_the_id_of_their_type_whatever_their_text() {
    let shop = Shop::open();
    let names = ["Paquete recolectado", "Paquete en CEDI", "Paquete en ruta", "Paquete entregado"];
    let changed: serde_json::Map<_, _> = names.iter().map(|name| ((*name).to_owned(), json!("Cambio"))).collect();
    shop.set(json!({"event_names": changed}));
    let id = shop.parcel();
    shop.advance(&id, "entregado");
    let tracking = shop.did("track", json!({"id": id}));
    assert_eq!(statuses(&tracking), ["picked_up", "in_transit", "out_for_delivery", "delivered"]);
    assert!(texts(&tracking["events"], "description").iter().all(|text| *text == "Cambio"));
    // Without the ids the texts decide, and these have no meaning.
    shop.fault(json!({"fault": "status", "status": 500, "times": 0, "operation": "GET /v1/paquetes/{guía}/eventos"}));
    let tracking = shop.did("track", json!({"id": id}));
    assert_eq!(statuses(&tracking), ["unknown"; 4]);
    shop.set(json!({"event_names": {}}));
    let tracking = shop.did("track", json!({"id": id}));
    assert_eq!(statuses(&tracking), ["picked_up", "in_transit", "out_for_delivery", "delivered"]);
    assert_eq!(tracking["events"][0]["code"], Value::Null);
}

#[test]
fn types_of_events_that_stand_several_times_are_told_apart() {
    for event_stage in [false, true] {
        for renamed in [false, true] {
            let shop = Shop::open();
            let other = |name: &str| (name.to_owned(), json!("otro texto"));
            let names = ["El remitente no se encuentra", "Rechazo de destinatario", "Paquete en CEDI"].map(other);
            let names: serde_json::Map<String, Value> = names.into_iter().filter(|_| renamed).collect();
            shop.set(json!({"repeated_event_types": true, "event_stage": event_stage, "event_names": names}));
            let id = shop.parcel();
            for stage in ["no_encontrado", "recolectado", "rechazo"] {
                // Its time tells them apart where nothing else does.
                std::thread::sleep(Duration::from_millis(2));
                shop.advance(&id, stage);
            }
            let tracking = shop.did("track", json!({"id": id}));
            let wanted = ["pickup_failed", "picked_up", "in_transit", "out_for_delivery", "delivery_failed"];
            assert_eq!(statuses(&tracking), wanted, "{event_stage} {renamed}");
        }
    }
}

#[test]
fn the_estimated_windows_come_where_the_carrier_has_them() {
    for (setting, known) in [("usual", true), ("always", true), ("never", false)] {
        let shop = Shop::open();
        shop.set(json!({"estimates": setting}));
        let made = shop.did("create", order());
        assert_eq!(made["raw"].get("recolecta_estimada_a").is_some(), setting == "always");
        let tracking = shop.did("track", json!({"id": made["id"]}));
        for field in ["estimated_pickup", "estimated_delivery"] {
            assert_eq!(tracking[field]["from"].is_string(), known, "{setting} {field}");
        }
    }
}

#[test]
fn a_return_is_returning_and_then_returned() {
    let shop = Shop::open();
    let id = shop.parcel();
    shop.advance(&id, "devolución");
    let tracking = shop.did("track", json!({"id": id}));
    assert_eq!((&tracking["status"], statuses(&tracking).pop()), (&json!("returning"), Some("returning")));
    shop.advance(&id, "entregado");
    let tracking = shop.did("track", json!({"id": id}));
    assert_eq!((&tracking["status"], &tracking["carrier_status"]), (&json!("returned"), &json!("entregado")));
}

#[test]
fn the_accounts_own_status_map_comes_first() {
    let shop = Shop::with(json!({"status_map": {"entránsito": "out_for_delivery", "cancelado": "on_hold"}}));
    let id = shop.parcel();
    let cancelled = shop.parcel();
    shop.advance(&id, "recolectado");
    assert_eq!(shop.did("track", json!({"id": id}))["status"], "out_for_delivery");
    assert_eq!(shop.did("list", json!({}))["shipments"][0]["status"], "out_for_delivery");
    assert_eq!(shop.did("cancel", json!({"id": cancelled}))["status"], "on_hold");
}

#[test]
fn many_are_tracked_at_once_and_one_bad_id_costs_no_other() {
    let shop = Shop::open();
    let ids: Vec<String> = (0..3).map(|_| shop.parcel()).collect();
    let shipments: Vec<Value> = [&ids[0], "FR999999999", &ids[1], "..", &ids[2]]
        .iter()
        .map(|id| json!({"account": "fruno", "id": id}))
        .collect();
    let results = shop.did("track", json!({"shipments": shipments}))["results"].clone();
    let said: Vec<_> =
        results.as_array().unwrap().iter().map(|one| (&one["data"]["id"], &one["error"]["code"])).collect();
    let null = Value::Null;
    assert_eq!(
        said,
        [
            (&json!(ids[0]), &null),
            (&null, &json!("not_found")),
            (&json!(ids[1]), &null),
            (&null, &json!("invalid_request")),
            (&json!(ids[2]), &null)
        ]
    );
}

#[test]
fn names_in_nfd_are_read_as_any() {
    let shop = Shop::open();
    shop.set(json!({"decomposed_names": true, "page_size": 1}));
    let id = shop.parcel();
    shop.parcel();
    shop.advance(&id, "entregado");
    let tracking = shop.did("track", json!({"id": id}));
    assert_eq!((&tracking["tracking_number"], &tracking["status"]), (&json!(id), &json!("delivered")));
    assert_eq!(statuses(&tracking), ["picked_up", "in_transit", "out_for_delivery", "delivered"]);
    assert!(shop.did("list", json!({}))["next_cursor"].is_string(), "página");
    assert_eq!(shop.did("quote", by_district())["rates"][0]["volumetric_weight"]["value"], 2000);
    let error = shop.failed("create", with(order(), json!({"options": {"fruno": {"+peso_neto": 0}}})));
    assert_eq!(fields(&error), ["parcels[0].weight"], "datos-inválidos");
}

// ---- list

#[test]
fn a_list_turns_its_pages_with_either_end_and_its_filters() {
    for empty_last_page in [false, true] {
        let shop = Shop::open();
        shop.set(json!({"page_size": 2, "empty_last_page": empty_last_page}));
        let made: Vec<String> = (0..5).map(|_| shop.parcel()).collect();
        shop.advance(&made[4], "recolectado");
        let today = shop.native("parcels.get", json!({"guía": made[0]}))["fecha_creación"].as_str().unwrap().to_owned();
        let here = today.parse::<jiff::Timestamp>().unwrap().to_zoned(jiff::tz::Offset::constant(-6).to_time_zone());
        let filters = json!({"status": "pre_transit", "date": here.date().to_string()});
        let (mut ids, mut cursor, mut pages) = (Vec::new(), Value::Null, 0);
        loop {
            let page = shop.did("list", with(filters.clone(), json!({"cursor": cursor})));
            ids.extend(texts(&page["shipments"], "id").into_iter().map(str::to_owned));
            cursor = page["next_cursor"].clone();
            pages += 1;
            if cursor.is_null() {
                break;
            }
        }
        assert_eq!(ids, made[..4]);
        assert_eq!(pages, if empty_last_page { 3 } else { 2 });
        let asked = shop.requests("GET /v1/paquetes");
        assert!(
            asked
                .iter()
                .all(|request| request.query["estado"] == "porrecolectar" && request.query.contains_key("fecha"))
        );
        let other_day = shop.did("list", json!({"date": "2021-01-31"}));
        assert_eq!((&other_day["shipments"], &other_day["next_cursor"]), (&json!([]), &Value::Null));
    }
}

#[test]
fn a_list_of_a_status_that_fruno_lacks_says_which_it_has() {
    let shop = Shop::open();
    let error = shop.failed("list", json!({"status": "returned"}));
    assert_eq!((error.code, fields(&error), shop.total()), (Code::InvalidRequest, vec!["status"], 0));
    assert!(error.message.contains("delivered"));
    let error = shop.failed("list", json!({"cursor": "no page"}));
    assert_eq!((error.code, fields(&error), shop.total()), (Code::InvalidRequest, vec!["cursor"], 0));
}

#[test]
fn a_list_of_a_status_has_what_the_account_takes_for_it_and_nothing_else() {
    let map = json!({"porrecolectar": "on_hold", "entránsito": "on_hold"});
    let shop = Shop::with(json!({"status_map": map}));
    let made: Vec<String> = (0..3).map(|_| shop.parcel()).collect();
    shop.advance(&made[1], "recolectado");
    shop.advance(&made[2], "entregado");
    let listed = |status: &str| shop.did("list", json!({"status": status}));
    assert_eq!(texts(&listed("on_hold")["shipments"], "id"), made[..2]);
    assert_eq!(texts(&listed("delivered")["shipments"], "id"), made[2..]);
    let error = shop.failed("list", json!({"status": "in_transit"}));
    assert_eq!((error.code, fields(&error)), (Code::InvalidRequest, vec!["status"]));
}

// ---- cancel

const CANCEL: &str = "PUT /v1/paquetes/{guía}/cancelar";

#[test]
fn a_parcel_is_cancelled_before_its_pickup_and_not_after() {
    let shop = Shop::open();
    let (id, gone) = (shop.parcel(), shop.parcel());
    let reply = shop.did("cancel", json!({"id": id, "reason": "se arrepintió"}));
    assert_eq!((&reply["id"], &reply["status"]), (&json!(id), &json!("cancelled")));
    assert_eq!(shop.did("track", json!({"id": id}))["status"], "cancelled");
    shop.advance(&gone, "recolectado");
    let error = shop.failed("cancel", json!({"id": gone}));
    assert_eq!((error.code, error.http_status, error.retryable), (Code::Conflict, Some(403), false));
    assert_eq!(error.carrier_message.as_deref(), Some("El paquete ya fue recolectado"));
    assert_eq!(shop.failed("cancel", json!({"id": "FR999999999"})).code, Code::NotFound);
    // What the table doesn't know goes out unchecked, as in `call`: into the query, for the operation has no body.
    let other = shop.parcel();
    let native = |fields: Value| json!({"id": other, "options": {"fruno": fields}});
    let error = shop.failed("cancel", native(json!({"motivo": "x"})));
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidRequest, "options.fruno.motivo"));
    assert_eq!(shop.did("cancel", native(json!({"+motivo": "x"})))["status"], "cancelled");
}

#[test]
fn a_cancel_that_comes_too_late_is_a_conflict_in_both_forms() {
    for (form, status) in [("403", 403), ("400", 400)] {
        let shop = Shop::open();
        shop.set(json!({"late_cancel": form}));
        for stage in ["recolectado", "entregado", "cancelado"] {
            let id = shop.parcel();
            shop.advance(&id, stage);
            let error = shop.failed("cancel", json!({"id": id}));
            assert_eq!((error.code, error.outcome, error.retryable), (Code::Conflict, Outcome::None, false), "{stage}");
            assert_eq!(error.http_status, Some(status), "{stage}");
        }
        // Of one whose reply was lost it is found out that it is done.
        let id = shop.parcel();
        shop.fault(json!({"fault": "reset_after", "operation": CANCEL}));
        assert_eq!(shop.did("cancel", json!({"id": id}))["status"], "cancelled");
    }
}

#[test]
fn a_cancel_whose_reply_is_lost_is_repeated_and_is_done() {
    let shop = Shop::open();
    let id = shop.parcel();
    shop.fault(json!({"fault": "reset_after", "operation": CANCEL}));
    assert_eq!(shop.did("cancel", json!({"id": id}))["status"], "cancelled");
    assert_eq!(shop.count(CANCEL), 2, "the second found it cancelled, by the first");
    // If no reply was lost, a second cancel fails as the carrier says.
    assert_eq!(shop.failed("cancel", json!({"id": id})).code, Code::Conflict);
    // A parcel that was picked up meanwhile doesn't count as cancelled.
    let gone = shop.parcel();
    shop.advance(&gone, "recolectado");
    shop.fault(json!({"fault": "reset_after", "operation": CANCEL}));
    assert_eq!(shop.failed("cancel", json!({"id": gone})).code, Code::Conflict);
}

// ---- the signed time

#[test]
fn a_clock_that_is_off_is_corrected_once() {
    for minutes in [-10_i64, 10] {
        let shop = Shop::open();
        shop.control("POST", "clock", json!({"skew_ms": minutes * 60_000}));
        shop.native("provinces.list", json!({}));
        assert_eq!(shop.count("GET /v1/provincias"), 2, "refused, corrected, sent again");
        // A create is corrected as well: the refusal says that nothing was done.
        shop.control("POST", "clock", json!({"skew_ms": -minutes * 60_000}));
        assert_eq!(shop.did("create", order())["status"], "pre_transit");
        let before = shop.total();
        shop.parcel();
        assert_eq!(shop.total(), before + 1, "the clock is right now");
    }
}

#[test]
fn a_clock_that_is_off_fails_no_thread() {
    let shop = Shop::open();
    shop.set(json!({"latency_ms": 30}));
    shop.control("POST", "clock", json!({"skew_ms": 600_000}));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| shop.native("provinces.list", json!({})));
        }
    });
    assert!(shop.total() <= 16, "each was corrected at most once: {}", shop.total());
}

#[test]
fn a_wrong_key_is_an_authentication_error_without_the_key() {
    let shop = Shop::with(json!({"key": "canary-llave-secreta"}));
    let error = shop.failed("call", json!({"operation": "provinces.list"}));
    assert_eq!((error.code, error.http_status, error.outcome), (Code::Authentication, Some(401), Outcome::None));
    assert!(!format!("{error:?} {}", error.to_value()).contains("canary"));
    assert_eq!(shop.total(), 1, "asking again would change nothing");
}

#[test]
fn a_signed_time_never_repeats_in_any_thread() {
    const THREADS: usize = 8;
    const EACH: usize = 50;
    let shop = Shop::open();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..EACH).for_each(|_| drop(shop.native("provinces.list", json!({})))));
        }
    });
    // The simulator refuses a time that it has seen; nothing was refused, and nothing sent twice.
    assert_eq!(shop.total(), (THREADS * EACH) as u64);
    let seen = shop.requests("GET /v1/provincias");
    let times: HashSet<_> = seen.iter().map(|request| request.time.as_str()).collect();
    assert_eq!(times.len(), seen.len());
    assert!(seen.iter().all(|request| request.status == 200));
}

// ---- faults

#[test]
fn a_429_is_waited_out_even_by_a_create() {
    let shop = Shop::open();
    shop.fault(json!({"fault": "status", "status": 429, "operation": CREATE}));
    shop.parcel();
    assert_eq!(shop.count(CREATE), 2, "refused, so nothing was done");
    shop.fault(json!({"fault": "status", "status": 429, "headers": {"Retry-After": "1"}, "operation": COST}));
    let started = Instant::now();
    shop.did("quote", by_district());
    assert!(started.elapsed() >= Duration::from_secs(1));
    // One that doesn't fit fails at once: long before its deadline.
    shop.fault(json!({"fault": "status", "status": 429, "headers": {"Retry-After": "600"}, "operation": COST}));
    let started = Instant::now();
    let error = shop.failed("quote", with(by_district(), json!({"timeout_ms": 300_000})));
    assert_eq!((error.code, error.retryable), (Code::RateLimited, true));
    assert!(error.retry_after_ms.unwrap() >= 600_000 && started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_rate_limit_is_kept_in_whatever_headers_it_is_told() {
    let all = json!(["policy", "remaining", "limit", "reset"]);
    let without_policy = json!(["remaining", "limit", "reset"]);
    for (headers, form, of) in [
        (&all, "seconds", "first"),
        (&all, "unix", "all"),
        (&without_policy, "seconds", "window"),
        (&without_policy, "unix_ms", "first"),
        (&without_policy, "date", "all"),
    ] {
        let shop = Shop::open();
        shop.set(json!({"rate_policy": "6;w=1", "rate_headers": headers, "rate_reset": form, "rate_reset_of": of}));
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| (0..5).for_each(|_| drop(shop.native("provinces.list", json!({})))));
            }
        });
        let refused = shop.requests("GET /v1/provincias").iter().filter(|request| request.status == 429).count();
        assert_eq!((shop.total(), refused), (15, 0), "{headers} {form} {of}");
        let took = started.elapsed();
        assert!(took >= Duration::from_secs(2) && took < Duration::from_secs(9), "{headers} {form} {of}: {took:?}");
    }
}

#[test]
fn where_another_program_used_the_limit_up_the_carriers_time_is_waited_for_or_the_call_fails_at_once() {
    let shop = Shop::open();
    shop.set(json!({"rate_policy": "10;w=3"}));
    let other = shop.another(json!({"on_behalf_of_email": "otra@example.com"}));
    let call = |timeout_ms: u64| json!({"operation": "provinces.list", "timeout_ms": timeout_ms});
    (0..9).for_each(|_| drop(checked(&other, "call", call(30_000)).unwrap()));
    // It hears of the other's at its first reply.
    shop.did("call", call(30_000));
    let started = Instant::now();
    let error = shop.failed("call", call(1_000));
    assert_eq!((error.code, error.retryable), (Code::RateLimited, true));
    assert!((1..=4_000).contains(&error.retry_after_ms.unwrap()) && started.elapsed() < Duration::from_millis(500));
    shop.did("call", call(30_000));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let refused = shop.requests("GET /v1/provincias").iter().filter(|request| request.status == 429).count();
    assert_eq!(refused, 0);
}

#[test]
fn a_429_says_when_to_come_back_by_its_reset_alone() {
    let shop = Shop::open();
    shop.set(json!({"rate_headers": []}));
    let reset = json!({"fault": "status", "status": 429, "headers": {"X-RateLimit-Reset": "600"}, "operation": COST});
    shop.fault(reset);
    let started = Instant::now();
    let error = shop.failed("quote", with(by_district(), json!({"timeout_ms": 300_000})));
    assert_eq!((error.code, error.retryable), (Code::RateLimited, true));
    assert!(error.retry_after_ms.unwrap() >= 600_000 && started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_500_carries_its_incident() {
    let shop = Shop::open();
    shop.fault(json!({"fault": "status", "status": 500, "times": 0}));
    let error = shop.failed("call", json!({"operation": "provinces.list"}));
    assert_eq!((error.code, error.http_status, error.attempts), (Code::CarrierUnavailable, Some(500), 4));
    assert_eq!(error.incident.as_ref().unwrap().len(), 32);
    assert_eq!(error.carrier_message.as_deref(), Some("error interno"));
    assert!(error.retryable);
}

#[test]
fn a_create_that_never_left_is_sent_again() {
    let shop = Shop::open();
    shop.parcel();
    // Patient, so that the listener is back before the last attempt.
    let patient = common::open(json!({"accounts": [shop.sandbox.account("fruno")], "max_attempts": 100}));
    shop.fault(json!({"fault": "refuse", "ms": 1_500}));
    std::thread::sleep(Duration::from_millis(100));
    let started = Instant::now();
    checked(&patient, "create", order()).unwrap();
    assert!(started.elapsed() > Duration::from_millis(200), "it was refused at first: {:?}", started.elapsed());
    assert_eq!(shop.count(CREATE), 2);
    // With one attempt it is an error, and surely nothing was made.
    let hasty = common::open(json!({"accounts": [shop.sandbox.account("fruno")], "max_attempts": 1}));
    shop.fault(json!({"fault": "refuse", "ms": 1_500}));
    std::thread::sleep(Duration::from_millis(100));
    let error = checked(&hasty, "create", order()).unwrap_err();
    assert_eq!((error.code, error.outcome, error.retryable), (Code::Network, Outcome::None, true), "{error}");
}

#[test]
fn a_lost_create_is_found_with_the_status_that_the_account_takes_for_it() {
    let shop = Shop::open();
    let state = std::env::temp_dir().join(format!("flete-fruno-found-{}.db", std::process::id()));
    let mut account = shop.sandbox.account("fruno").unwrap();
    account["status_map"] = json!({"porrecolectar": "on_hold"});
    let client = open(json!({"state": state, "settle_ms": 0, "accounts": [account]}));
    shop.fault(json!({"fault": "reset_after", "operation": CREATE}));
    let order = with(order(), json!({"idempotency_key": "order-1"}));
    assert_eq!(checked(&client, "create", order.clone()).unwrap_err().outcome, Outcome::Unknown);
    let found = checked(&client, "create", order).unwrap();
    std::fs::remove_file(state).unwrap();
    assert_eq!((&found["replayed"], &found["status"]), (&json!(true), &json!("on_hold")));
    let page = format!("https://logistica.fruno.com/p/buscarguia?guia={}", found["id"].as_str().unwrap());
    assert_eq!(found["tracking_url"], page);
    assert_eq!(shop.count(CREATE), 1);
}

#[test]
fn a_create_without_a_waybill_number_is_unknown_and_keeps_the_reply() {
    let shop = Shop::open();
    let body = json!({"estado": "porrecolectar"});
    shop.fault(json!({"fault": "status", "status": 201, "body": body, "after": true, "operation": CREATE}));
    let error = shop.failed("create", order());
    assert_eq!((error.code, error.outcome, error.retryable), (Code::CarrierResponse, Outcome::Unknown, false));
    assert_eq!(error.raw.as_ref().unwrap(), &body);
    assert_eq!(shop.count(CREATE), 1);
}
