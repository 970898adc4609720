//! Bad requests and bad configurations, one table each. The error has its code, the field's path and a helpful message,
//! nothing was sent, and no secret is shown. Refusals by a carrier are tested with the carrier.

use crate::common;
use crate::common::{Shop, consignee, limit, order, parcel, store, with};
use flete::{Client, Code, Error};
use serde_json::{Value, json};

const REQUEST: Code = Code::InvalidRequest;

fn quote(more: Value) -> String {
    with(order(), more).to_string()
}

fn create(more: Value) -> String {
    with(with(order(), json!({"account": "fruno"})), more).to_string()
}

fn parcels(more: Value) -> Value {
    json!({"parcels": [with(parcel(), more)]})
}

fn without(name: &str) -> String {
    let mut request = order();
    request.as_object_mut().unwrap().remove(name);
    request.to_string()
}

fn call(operation: &str, params: Value) -> String {
    json!({"account": "fruno", "operation": operation, "params": params}).to_string()
}

/// Method, request, code, the field's path, words of the message.
type Case = (&'static str, String, Code, &'static str, &'static str);

fn cases() -> Vec<Case> {
    let ten_mb = "x".repeat(10 << 20);
    let text = |text: &str| text.to_owned();
    // One character more than the carrier takes, and the message.
    let too_long = |operation, field| {
        let most = limit("fruno", operation, field);
        ("ñ".repeat(most + 1), &*format!("has {} characters; Fruno takes at most {most}", most + 1).leak())
    };
    let (name, of_name) = too_long("parcels.create", "entregar_a");
    let (street, of_street) = too_long("addresses.create", "detalle");
    vec![
        // Not a request at all.
        ("quote", text("weight=3"), REQUEST, "", "not JSON"),
        ("quote", text("{\"origin\": "), REQUEST, "", "not JSON"),
        ("quote", text("{\"origin\": 'x'}"), REQUEST, "", "not JSON"),
        ("quote", text("{} {}"), REQUEST, "", "not JSON"),
        ("quote", text("\u{feff}{}"), REQUEST, "origin", "required"),
        ("quote", text("{\"a\": 1,}"), REQUEST, "", "remove the comma"),
        ("quote", text("{\"a\": 1} // note"), REQUEST, "", "no comments"),
        ("track", text("\"FR1\""), REQUEST, "", "write {\"account\": \"…\", \"id\": \"FR1\"}"),
        ("cancel", text("\"FR1\""), REQUEST, "", "write {\"account\": \"…\", \"id\": \"FR1\"}"),
        ("document", text("\"FR1\""), REQUEST, "", "\"id\": \"FR1\", \"kind\": \"label\"}"),
        ("track", text("FR1"), REQUEST, "", "not JSON"),
        ("track", text("[{\"id\": \"FR1\"}]"), REQUEST, "", "several shipments go into {\"shipments\": ["),
        ("create", text("\"{}\""), REQUEST, "", "encode it once"),
        ("quote", text("{\"a\": \u{0}}"), REQUEST, "", "not JSON"),
        ("quote", text("[{}]"), REQUEST, "", "an object is needed, not a list"),
        ("quote", text("[]"), REQUEST, "origin", "required"),
        ("quote", text("null"), REQUEST, "", "an object is needed, not null"),
        ("quote", text("\"order\""), REQUEST, "", "an object is needed, not text"),
        ("quote", text("7"), REQUEST, "", "an object is needed, not a number"),
        ("quote", "[".repeat(100_000), REQUEST, "", "not JSON"),
        ("quote", "{\"options\":".repeat(100_000), REQUEST, "", "not JSON"),
        ("create", format!("\"{}\"", "x".repeat(49 << 20)), REQUEST, "", "at most 50331648"),
        ("quote", text(""), REQUEST, "origin", "required"),
        ("quote", text("  \n"), REQUEST, "origin", "required"),
        ("qoute", text("{}"), REQUEST, "method", "did you mean `quote`?"),
        ("", text("{}"), REQUEST, "method", "the methods are: quote, create"),
        // Missing.
        ("quote", without("destination"), REQUEST, "destination", "required"),
        ("create", without("parcels"), REQUEST, "parcels", "required"),
        ("quote", quote(json!({"parcels": []})), REQUEST, "parcels", "at least one parcel"),
        ("create", create(json!({"parcels": []})), REQUEST, "parcels", "at least one parcel"),
        ("quote", quote(json!({"parcels": [{}]})), REQUEST, "parcels[0].weight", "required"),
        ("quote", quote(parcels(json!({"weight": {"value": 1}}))), REQUEST, "parcels[0].weight.unit", "required"),
        ("quote", quote(json!({"origin": null})), REQUEST, "origin", "required"),
        ("track", text("{}"), REQUEST, "id", "required"),
        ("cancel", text("{\"account\": \"fruno\"}"), REQUEST, "id", "required"),
        ("document", text("{\"id\": \"FR1\"}"), REQUEST, "kind", "required"),
        ("call", text("{\"account\": \"fruno\"}"), REQUEST, "operation", "required"),
        ("call", call("parcels.get", json!({})), REQUEST, "params.guía", "required"),
        // Unknown.
        ("quote", quote(parcels(json!({"wieght": 3}))), REQUEST, "parcels[0].wieght", "did you mean `weight`?"),
        (
            "create",
            create(json!({"idempotencykey": "a"})),
            REQUEST,
            "idempotencykey",
            "did you mean `idempotency_key`?",
        ),
        ("create", create(json!({"Reference": "a"})), REQUEST, "Reference", "did you mean `reference`?"),
        ("create", create(json!({"colour": "red"})), REQUEST, "colour", "known here: account, "),
        (
            "quote",
            quote(json!({"origin": with(store(), json!({"distrct_code": "1"}))})),
            REQUEST,
            "origin.distrct_code",
            "did you mean `district_code`?",
        ),
        ("describe", text("{\"carier\": \"fruno\"}"), REQUEST, "carier", "did you mean `carrier`?"),
        ("describe", text("{\"carrier\": \"frunno\"}"), REQUEST, "carrier", "did you mean `fruno`?"),
        ("quote", quote(json!({"accounts": ["fruni"]})), REQUEST, "accounts[0]", "did you mean `fruno`?"),
        ("quote", quote(json!({"accounts": []})), REQUEST, "accounts", "at least one account"),
        (
            "create",
            create(json!({"account": "cr"})),
            REQUEST,
            "account",
            "there is no account `cr`; the accounts are: fruno",
        ),
        ("create", create(json!({"account": "Fruno"})), REQUEST, "account", "did you mean `fruno`?"),
        ("create", create(json!({"options": {"frno": {}}})), REQUEST, "options.frno", "did you mean `fruno`?"),
        ("call", call("parcel.get", json!({})), REQUEST, "operation", "did you mean `parcels.get`?"),
        ("call", call("addresses.create", json!({"nombr": "x"})), REQUEST, "params.nombr", "did you mean `nombre`?"),
        ("call", call("provinces.list", json!({"país": "CR"})), REQUEST, "params.país", "takes none"),
        ("create", create(json!({"x".repeat(1000): 1})), REQUEST, LONG_NAME, "unknown field"),
        // Wrong types.
        ("quote", quote(json!({"origin": "San José"})), REQUEST, "origin", "an object is needed, not text"),
        ("quote", quote(json!({"parcels": {"weight": 1}})), REQUEST, "parcels", "a list is needed, not an object"),
        (
            "quote",
            quote(parcels(json!({"weight": 389}))),
            REQUEST,
            "parcels[0].weight",
            "an object is needed, not a number",
        ),
        ("create", create(json!({"urgent": "yes"})), REQUEST, "urgent", "true or false is needed, not text"),
        ("create", create(json!({"reference": 7})), REQUEST, "reference", "text is needed, not a number"),
        ("create", create(json!({"tags": ["a", 7]})), REQUEST, "tags[1]", "text is needed"),
        ("create", create(json!({"service": 7})), REQUEST, "service", "text is needed, not a number"),
        ("track", text("{\"id\": {}}"), REQUEST, "id", "an id (text) is needed, not an object"),
        ("track", text("{\"id\": 1.5}"), REQUEST, "id", "an id (text) is needed"),
        (
            "call",
            call("parcels.cost", json!({"alto": 1.5, "ancho": 1, "longitud": 1, "gr_peso": 1})),
            REQUEST,
            "params.alto",
            "`1.5` is not a whole number",
        ),
        (
            "call",
            text("{\"operation\": \"provinces.list\", \"params\": [1]}"),
            REQUEST,
            "params",
            "an object is needed",
        ),
        ("call", text("{\"operation\": \"parcels.get\", \"params\": []}"), REQUEST, "params.guía", "required"),
        ("quote", quote(json!({"timeout_ms": "soon"})), REQUEST, "timeout_ms", "`soon` is not a whole number"),
        // Numbers.
        (
            "quote",
            quote(parcels(json!({"weight": {"value": -1, "unit": "g"}}))),
            REQUEST,
            "parcels[0].weight.value",
            "can't be negative",
        ),
        (
            "quote",
            quote(parcels(json!({"weight": {"value": "1,5", "unit": "kg"}}))),
            REQUEST,
            "parcels[0].weight.value",
            "`1,5` is not a decimal number",
        ),
        (
            "quote",
            quote(parcels(json!({"weight": {"value": "NaN", "unit": "kg"}}))),
            REQUEST,
            "parcels[0].weight.value",
            "not a decimal number",
        ),
        (
            "quote",
            quote(parcels(json!({"weight": {"value": 0, "unit": "kg"}}))),
            REQUEST,
            "parcels[0].weight.value",
            "more than 0",
        ),
        (
            "quote",
            quote(json!({"parcels": [{"weight": {"value": 1, "unit": "g"}}]})),
            REQUEST,
            "parcels[0].dimensions",
            "required by Fruno",
        ),
        (
            "quote",
            quote(json!({})).replace("389", "1e400"),
            REQUEST,
            "parcels[0].weight.value",
            "is too big, or has too many digits",
        ),
        (
            "quote",
            quote(json!({})).replace("389", &"9".repeat(60)),
            REQUEST,
            "parcels[0].weight.value",
            "is too big, or has too many digits",
        ),
        (
            "quote",
            quote(parcels(json!({"weight": {"value": "79228162514264337593543950335", "unit": "kg"}}))),
            REQUEST,
            "parcels[0].weight",
            "`79228162514264337593543950335 kg` is too big",
        ),
        (
            "quote",
            quote(parcels(json!({"dimensions":
                {"length": "79228162514264337593543950335", "width": 1, "height": 2, "unit": "m"}}))),
            REQUEST,
            "parcels[0].dimensions",
            "`79228162514264337593543950335 × 1 × 2 m` is too big",
        ),
        ("quote", quote(parcels(json!({"quantity": 0}))), REQUEST, "parcels[0].quantity", "between 1 and 10000"),
        ("quote", quote(parcels(json!({"quantity": 1e9}))), REQUEST, "parcels[0].quantity", "between 1 and 10000"),
        (
            "quote",
            quote(parcels(json!({"quantity": 1.5}))),
            REQUEST,
            "parcels[0].quantity",
            "`1.5` is not a whole number",
        ),
        ("quote", quote(json!({"timeout_ms": 0})), REQUEST, "timeout_ms", "between 1 and 3600000"),
        ("list", text("{\"limit\": 101}"), REQUEST, "limit", "between 1 and 100"),
        // Choices, codes, dates.
        (
            "quote",
            quote(parcels(json!({"weight": {"value": 1, "unit": "st"}}))),
            REQUEST,
            "parcels[0].weight.unit",
            "not one of: g, kg, lb, oz",
        ),
        (
            "quote",
            quote(json!({"origin": with(store(), json!({"country": "Costa Rica"}))})),
            REQUEST,
            "origin.country",
            "2 capital letters",
        ),
        (
            "quote",
            quote(json!({"insured_value": {"amount": "5", "currency": "usd"}})),
            REQUEST,
            "insured_value.currency",
            "3 capital letters",
        ),
        (
            "create",
            create(json!({"declared_value": {"amount": "5", "currency": "COLON"}})),
            REQUEST,
            "declared_value.currency",
            "3 capital letters",
        ),
        ("quote", quote(json!({"ship_date": "2026-02-30"})), REQUEST, "ship_date", "not a date, like 2026-01-31"),
        ("create", create(json!({"pickup": {"date": "23/11/2026"}})), REQUEST, "pickup.date", "not a date"),
        (
            "create",
            create(json!({"pickup": {"date": "2026-11-23", "from": "9am"}})),
            REQUEST,
            "pickup.from",
            "not a time of day",
        ),
        (
            "create",
            create(json!({"notify": [{"email": "a@b.cr", "events": ["lost"]}]})),
            REQUEST,
            "notify[0].events[0]",
            "not one of: created, ",
        ),
        ("list", text("{\"status\": \"gone\"}"), REQUEST, "status", "not one of: pre_transit"),
        ("document", text("{\"id\": \"FR1\", \"kind\": \"invoice\"}"), REQUEST, "kind", "not one of: label"),
        (
            "call",
            call("districts.list", json!({"código_provincia": 1, "código_cantón": 115, "incluir": "nada"})),
            REQUEST,
            "params.incluir",
            "not one of: con-servicio",
        ),
        // Texts: too long, NUL characters, ids that would climb the path.
        ("create", create(json!({"notes": ten_mb})), REQUEST, "notes", "has 10485760 characters; at most 5000"),
        (
            "create",
            create(json!({"destination": with(consignee(), json!({"name": name}))})),
            REQUEST,
            "destination.name",
            of_name,
        ),
        (
            "create",
            create(json!({"origin": with(store(), json!({"street": street}))})),
            REQUEST,
            "origin.street",
            of_street,
        ),
        ("create", create(json!({"tags": vec!["t"; 51]})), REQUEST, "tags", "has 51 items; at most 50"),
        ("create", create(json!({"reference": "a\u{0}b"})), REQUEST, "reference", "NUL character"),
        ("create", create(json!({"idempotency_key": "a\nb"})), REQUEST, "idempotency_key", "control characters"),
        ("create", create(json!({"idempotency_key": " "})), REQUEST, "idempotency_key", "is empty"),
        ("track", text("{\"id\": \"FR\\u0000\"}"), REQUEST, "id", "control character"),
        ("track", text("{\"id\": \"\"}"), REQUEST, "id", "is empty"),
        ("track", json!({"id": "9".repeat(301)}).to_string(), REQUEST, "id", "has 301 bytes; an id has at most 300"),
        ("track", text("{\"id\": \"..\"}"), REQUEST, "id", "`..` can't be an id"),
        ("cancel", text("{\"id\": \".\"}"), REQUEST, "id", "`.` can't be an id"),
        ("document", text("{\"id\": \"..\", \"kind\": \"label\"}"), REQUEST, "id", "can't be an id"),
        ("call", call("addresses.get", json!({"id": ".."})), REQUEST, "params.id", "can't be an id"),
        // Together, or not at all.
        ("track", text("{\"id\": \"FR1\", \"shipments\": []}"), REQUEST, "shipments", "together with `id`"),
        ("track", text("{\"account\": \"fruno\", \"shipments\": []}"), REQUEST, "account", "goes into each"),
        (
            "track",
            json!({"shipments": vec![json!({"id": "1"}); 10_001]}).to_string(),
            REQUEST,
            "shipments",
            "at most 10000",
        ),
        ("call", text("{\"operation\": \"provinces.list\", \"all\": true}"), REQUEST, "all", "has no pages"),
        ("webhook", text("{\"body\": \"{}\"}"), Code::Unsupported, "", "no service for `webhook`"),
        (
            "settle",
            text("{\"idempotency_key\": \"a\", \"made\": false}"),
            Code::NotFound,
            "",
            "no create with this idempotency_key",
        ),
    ]
}

const LONG_NAME: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…";

#[test]
fn a_bad_request_is_explained_and_nothing_is_sent() {
    let shop = Shop::with(json!({"key": "canary-llave"}));
    let cases = cases();
    assert!(cases.len() >= 60);
    for (method, request, code, field, words) in &cases {
        let shown: String = request.chars().take(200).collect();
        let error = match shop.client.invoke(method, request) {
            Ok(reply) => panic!("{method} {shown} gave {reply}"),
            Err(error) => error,
        };
        assert_eq!(error.code, *code, "{method} {shown}: {error}");
        let problem = error.fields.first();
        assert_eq!(problem.map_or("", |problem| problem.field.as_str()), *field, "{method} {shown}: {error}");
        assert!(error.message.contains(words), "{method} {shown}: {error}");
        assert!(error.message.len() < 2_000, "{method}: a message of {} bytes", error.message.len());
        assert!(!error.retryable, "{method} {shown}");
        assert_eq!((error.outcome, error.attempts), (flete::Outcome::None, 0), "{method} {shown}");
        assert!(!everything(&error).contains("canary"), "{method} {shown}");
    }
    assert_eq!((shop.total(), shop.connections()), (0, 0), "something was sent");
}

#[test]
fn every_problem_is_named_at_once() {
    let shop = Shop::open();
    let request = create(json!({"urgent": 1, "tags": [7], "origin": {"country": "x"}, "colour": 1}));
    let error = shop.client.invoke("create", &request).unwrap_err();
    let mut said: Vec<_> = error.fields.iter().map(|problem| problem.field.as_str()).collect();
    said.sort_unstable();
    assert_eq!(said, ["colour", "origin.country", "tags[0]", "urgent"]);
    assert!(error.message.contains("and 3 more"), "{}", error.message);
    assert_eq!(shop.total(), 0);
}

fn everything(error: &Error) -> String {
    format!("{error} {error:?} {}", error.to_value())
}

// ---- configurations

const CANARY: &str = "canary-9f3b-secreto";

fn fruno(more: Value) -> Value {
    with(json!({"carrier": "fruno", "account": "tienda", "key": CANARY}), more)
}

fn of(account: Value) -> String {
    json!({"accounts": [account]}).to_string()
}

fn top(more: Value) -> String {
    with(json!({"accounts": [fruno(json!({}))]}), more).to_string()
}

#[test]
fn a_bad_configuration_is_explained() {
    let folder = std::env::temp_dir();
    let missing = folder.join("flete-no-such-file");
    let missing = missing.to_str().unwrap();
    let empty = folder.join(format!("flete-empty-{}", std::process::id()));
    std::fs::write(&empty, "\n").unwrap();
    let empty = empty.to_str().unwrap();
    let cases: Vec<(String, &str, &str)> = vec![
        (String::new(), "", "not JSON"),
        (format!("{{\"accounts\": [{{\"key\": \"{CANARY}\" "), "", "not JSON"),
        ("[]".to_owned(), "", "an object is needed, not a list; write {\"accounts\": ["),
        ("/etc/flete.json".to_owned(), "", "`/etc/flete.json` looks like a path"),
        ("flete.json".to_owned(), "", "looks like a path"),
        ("\"flete.json\"".to_owned(), "", "looks like a path"),
        ("\"{\\\"accounts\\\": []}\"".to_owned(), "", "encode it once"),
        ("{\"accounts\": [], }".to_owned(), "", "remove the comma before this place"),
        ("{\n  // mine\n  \"accounts\": []}".to_owned(), "", "line 2 column 3; JSON has no comments"),
        ("{'accounts': []}".to_owned(), "", "double quotes"),
        ("{\"accounts\": [], \"state\": None}".to_owned(), "", "lower case"),
        (fruno(json!({})).to_string(), "accounts", "one account is a list of one"),
        ("{\"accounts\": {\"0\": {\"carrier\": \"fruno\"}}}".to_owned(), "accounts", "array_values()"),
        ("{\"accounts\": {\"cr\": {\"carrier\": \"fruno\"}}}".to_owned(), "accounts", "as its `id`"),
        ("{\"accounts\": [], \"accounts\": []}".to_owned(), "accounts", "is given twice"),
        (top(json!({"environment": "test"})), "environment", "belongs to an account"),
        (top(json!({"key": CANARY})), "key", "belongs to an account"),
        (of(fruno(json!({"timeout_ms": 5}))), "accounts[0].timeout_ms", "belongs at the top"),
        (of(fruno(json!({"ca_file": "x"}))), "accounts[0].ca_file", "belongs at the top"),
        ("{}".to_owned(), "accounts", "required"),
        ("{\"accounts\": []}".to_owned(), "accounts", "at least one account"),
        ("{\"accounts\": [\"fruno\"]}".to_owned(), "accounts[0]", "an object is needed"),
        ("{\"accounts\": {\"carrier\": \"fruno\"}}".to_owned(), "accounts", "a list is needed"),
        ("[".repeat(100_000), "", "not JSON"),
        (of(json!({})), "accounts[0].carrier", "one of "),
        (of(json!({"carrier": "furno"})), "accounts[0].carrier", "did you mean `fruno`?"),
        (of(json!({"carrier": "dhl"})), "accounts[0].carrier", "there is no carrier `dhl`; the carriers are: "),
        (of(json!({"carrier": "FRUNO"})), "accounts[0].carrier", "did you mean `fruno`?"),
        (of(json!({"carrier": "Mensajeros Urbanos"})), "accounts[0].carrier", "did you mean `mensajeros_urbanos`?"),
        (of(json!({"carrier": "mensajeros-urbanos"})), "accounts[0].carrier", "did you mean `mensajeros_urbanos`?"),
        (of(json!({"carrier": "MU"})), "accounts[0].carrier", "did you mean `mensajeros_urbanos`?"),
        (of(json!({"carrier": "Almex S.A. de C.V."})), "accounts[0].carrier", "did you mean `almex`?"),
        (of(json!({"carrier": ""})), "accounts[0].carrier", "one of "),
        (
            of(json!({"carrier": "apunto", "subdomain": "https://acme.apunto.io/x", "token": "t"})),
            "accounts[0].subdomain",
            "did you mean `acme`?",
        ),
        (
            of(json!({"carrier": "apunto", "subdomain": "acme.apunto.io", "token": "t"})),
            "accounts[0].subdomain",
            "did you mean `acme`?",
        ),
        (of(json!({"carrier": "apunto", "subdomain": "a b", "token": "t"})), "accounts[0].subdomain", "`a b` must be"),
        (of(json!({"carrier": "apunto"})), "accounts[0].token", "made in Apunto's web application"),
        (
            of(json!({"carrier": "mensajeros_urbanos", "environment": "test", "client_id": "a", "client_secret": "b",
            "user_id": "mine"})),
            "accounts[0].user_id",
            "`mine` is not a whole number",
        ),
        (
            of(json!({"carrier": "mensajeros_urbanos", "client_id": "a", "client_secret": "b", "user_id": "12"})),
            "accounts[0].base_url",
            "gives no host for production",
        ),
        (top(json!({"timeout": 5})), "timeout", "did you mean `timeout_ms`?"),
        (top(json!({"acounts": []})), "acounts", "did you mean `accounts`?"),
        (of(fruno(json!({"enviroment": "test"}))), "accounts[0].enviroment", "did you mean `environment`?"),
        (of(fruno(json!({"api_key": CANARY}))), "accounts[0].api_key", "unknown field"),
        (
            of(fruno(json!({"environment": "prod"}))),
            "accounts[0].environment",
            "`prod` is not one of: production, test, sandbox; did you mean `production`?",
        ),
        (of(fruno(json!({"environment": "Production"}))), "accounts[0].environment", "did you mean `production`?"),
        (of(fruno(json!({"environment": "sandox"}))), "accounts[0].environment", "did you mean `sandbox`?"),
        (of(fruno(json!({"environment": "pruebas"}))), "accounts[0].environment", "did you mean `test`?"),
        (of(fruno(json!({"environment": "moon"}))), "accounts[0].environment", "`moon` is not one of"),
        (of(fruno(json!({"key": null}))), "accounts[0].key", "required: LLAVE_API, the key that Fruno gave you"),
        (of(fruno(json!({"account": null}))), "accounts[0].account", "API account that Fruno gave you"),
        (of(json!({"carrier": "fruno", "environment": "test"})), "accounts[0].account", "required"),
        (of(fruno(json!({"key": 12345678}))), "accounts[0].key", "(the given value is not shown)"),
        (of(fruno(json!({"key": {"not": CANARY}}))), "accounts[0].key", "(the given value is not shown)"),
        (of(fruno(json!({"key": {"env": "A", "default": "b"}}))), "accounts[0].key", "not an object (the given value"),
        (of(fruno(json!({"key": [CANARY]}))), "accounts[0].key", "(the given value is not shown)"),
        (of(fruno(json!({"key": format!("{CANARY}\n{CANARY}")}))), "accounts[0].key", "line break"),
        (of(fruno(json!({"key": {"env": ""}}))), "accounts[0].key", "can't be the name of an environment variable"),
        (of(fruno(json!({"key": {"env": "A=B"}}))), "accounts[0].key", "can't be the name of an environment variable"),
        (of(fruno(json!({"key": {"file": "/dev/zero"}}))), "accounts[0].key", "it is a device"),
        (of(fruno(json!({"key": {"file": "~/key"}}))), "accounts[0].key", "`~` is not expanded"),
        (of(fruno(json!({"account": 42}))), "accounts[0].account", "text is needed, not a number"),
        (
            of(fruno(json!({"key": {"env": "FLETE_NO_SUCH_VARIABLE"}}))),
            "accounts[0].key",
            "FLETE_NO_SUCH_VARIABLE is not set",
        ),
        (of(fruno(json!({"key": {"file": missing}}))), "accounts[0].key", missing),
        (of(fruno(json!({"key": {"file": folder.to_str().unwrap()}}))), "accounts[0].key", "can't be read"),
        (of(fruno(json!({"key": {"evn": "X"}}))), "accounts[0].key", "text is needed, not an object"),
        (of(fruno(json!({"price_unit": "cents"}))), "accounts[0].price_unit", "not one of: major, minor"),
        (of(fruno(json!({"on_behalf_of_email": "x".repeat(61)}))), "accounts[0].on_behalf_of_email", "at most 60"),
        (
            of(fruno(json!({"status_map": {"entregado": "arrived"}}))),
            "accounts[0].status_map.entregado",
            "not one of: ",
        ),
        (
            of(fruno(json!({"rate_limit": "30/60"}))),
            "accounts[0].rate_limit",
            "`30/60` must be requests;w=seconds, like 30;w=60",
        ),
        (of(fruno(json!({"rate_limit": "0;w=60"}))), "accounts[0].rate_limit", "like 30;w=60"),
        (of(fruno(json!({"base_url": "api.logistica.fruno.com"}))), "accounts[0].base_url", "begins with https://"),
        (of(fruno(json!({"base_url": "https:x.cr"}))), "accounts[0].base_url", "`https:x.cr` must be a URL"),
        (of(fruno(json!({"base_url": "https:\\\\x.cr"}))), "accounts[0].base_url", "must be a URL"),
        (of(fruno(json!({"base_url": "https://x\n.cr"}))), "accounts[0].base_url", "must be a URL"),
        (of(fruno(json!({"base_url": "https://x .cr"}))), "accounts[0].base_url", "must be a URL"),
        (of(fruno(json!({"base_url": "https://"}))), "accounts[0].base_url", "must be a URL"),
        (of(fruno(json!({"base_url": "https://x.cr:99999"}))), "accounts[0].base_url", "`https://x.cr:99999` must be"),
        (of(fruno(json!({"base_url": "https://x.cr/v1/"}))), "accounts[0].base_url", "ends with `/v1`"),
        (
            of(json!({"carrier": "apunto", "token": "t", "base_url": "https://acme.apunto.io/"})),
            "accounts[0].base_url",
            "did you mean `https://acme.apunto.io/api/v1`?",
        ),
        (of(fruno(json!({"id": "a\nb"}))), "accounts[0].id", "line break"),
        (of(fruno(json!({"base_url": "https://x.cr/#top"}))), "accounts[0].base_url", "not have a user, query"),
        (
            of(fruno(json!({"base_url": format!("https://x.cr/?subscription-key={CANARY}")}))),
            "accounts[0].base_url",
            "`https://x.cr/?…` must not have",
        ),
        (
            of(fruno(json!({"base_url": format!("u:{CANARY}@x.cr")}))),
            "accounts[0].base_url",
            "`***@x.cr` must be a URL",
        ),
        (of(fruno(json!({"base_url": "ftp://x"}))), "accounts[0].base_url", "begins with https://"),
        (
            of(fruno(json!({"base_url": format!("https://u:{CANARY}@x.cr")}))),
            "accounts[0].base_url",
            "not have a user, query",
        ),
        (
            of(fruno(json!({"base_url": format!("https://:{CANARY}@x.cr")}))),
            "accounts[0].base_url",
            "not have a user, query",
        ),
        (of(fruno(json!({"base_url": "https://x.cr/?a=1"}))), "accounts[0].base_url", "not have a user, query"),
        (
            of(fruno(json!({"base_url": "http://api.example.com"}))),
            "accounts[0].base_url",
            "`http://api.example.com` is plain http://",
        ),
        (of(fruno(json!({"base_url": "http://127.0.0.1.example.com"}))), "accounts[0].base_url", "plain http://"),
        (top(json!({"accounts": [fruno(json!({})), fruno(json!({}))]})), "accounts[1].id", "`fruno` is taken"),
        (top(json!({"timeout_ms": 0})), "timeout_ms", "between 1"),
        (top(json!({"max_attempts": "many"})), "max_attempts", "not a whole number"),
        (top(json!({"max_in_flight": 0})), "max_in_flight", "between 1"),
        (top(json!({"proxy": "squid:3128"})), "proxy", "begins with http://"),
        (top(json!({"proxy": format!("http://me:{CANARY}@squid:99999")})), "proxy", "begins with http://"),
        (top(json!({"proxy": "http://"})), "proxy", "begins with http://"),
        (top(json!({"proxy": "socks5://127.0.0.1:1080"})), "proxy", "is a SOCKS proxy; give an HTTP proxy's URL"),
        (top(json!({"proxy": format!("socks5h://me:{CANARY}@x:1")})), "proxy", "`socks5h://***@x:1` is a SOCKS proxy"),
        (top(json!({"ca_file": folder.to_str().unwrap()})), "ca_file", "it is a directory"),
        (top(json!({"ca_file": "no-such-authority.pem"})), "ca_file", "a relative path starts in"),
        (top(json!({"ca_file": "/dev/zero"})), "ca_file", "it is a device"),
        (top(json!({"timeout_ms": "soon"})), "timeout_ms", "`soon`"),
        (top(json!({"timeout_ms": -1})), "timeout_ms", "is -1"),
        (top(json!({"timeout_ms": 1.5})), "timeout_ms", "`1.5`"),
        (top(json!({"timeout_ms": 1e300})), "timeout_ms", "timeout_ms"),
        (top(json!({"allow_insecure_http": "true"})), "allow_insecure_http", "true or false is needed"),
        (top(json!({"ca_file": missing})), "ca_file", "there is no file"),
        (top(json!({"user_agent": "tienda\r\nX: y"})), "user_agent", "printable ASCII"),
        (top(json!({"state": 7})), "state", "text is needed"),
        (top(json!({"state": ""})), "state", "is empty"),
        (top(json!({"state": {"file": empty}})), "state", "is empty"),
        (of(fruno(json!({"id": ""}))), "accounts[0].id", "is empty"),
        (of(fruno(json!({"key": ""}))), "accounts[0].key", "is empty: LLAVE_API"),
        (of(fruno(json!({"account": {"file": empty}}))), "accounts[0].account", "is empty: CUENTA_API"),
        (of(fruno(json!({"environment": "sandbox", "key": " "}))), "accounts[0].key", "is empty: LLAVE_API"),
    ];
    for (config, field, words) in cases {
        let shown: String = config.chars().take(300).collect();
        let error = match Client::open(&config) {
            Ok(client) => panic!("{shown} opened {client:?}"),
            Err(error) => error,
        };
        assert_eq!(error.code, Code::InvalidConfig, "{shown}: {error}");
        assert_eq!(error.fields.first().map_or("", |problem| problem.field.as_str()), field, "{shown}: {error}");
        assert!(error.message.contains(words), "{shown}: {error}");
        assert!(!everything(&error).contains(CANARY), "{shown}: {error}");
    }
    std::fs::remove_file(empty).unwrap();
}

#[test]
fn a_variable_that_is_not_set_is_the_only_problem_told() {
    let keys = json!({"quote": {"env": "FLETE_NO_SUCH_VARIABLE"}, "pickup": "p"});
    let almex = json!({"carrier": "almex", "environment": "test", "user_name": "u", "password": "p",
        "account_number": "n", "subscription_key": keys});
    for config in [of(fruno(json!({"key": {"env": "FLETE_NO_SUCH_VARIABLE"}}))), of(almex)] {
        let error = Client::open(&config).unwrap_err();
        assert_eq!(error.fields.len(), 1, "{error}: {:?}", error.fields);
        assert!(error.message.ends_with("the environment variable FLETE_NO_SUCH_VARIABLE is not set"), "{error}");
    }
}

#[test]
fn a_good_configuration_opens_and_tells_no_secret() {
    let file = std::env::temp_dir().join(format!("flete-key-{}", std::process::id()));
    std::fs::write(&file, format!("{CANARY}\n")).unwrap();
    let path = file.to_str().unwrap();
    for config in [
        top(json!({})),
        top(json!({"timeout_ms": "5000", "proxy": format!("http://me:{CANARY}@127.0.0.1:9"), "state": null})),
        top(json!({"accounts": [fruno(json!({})), fruno(json!({"id": "cr2", "environment": "test"}))]})),
        of(fruno(json!({"key": {"file": path}}))),
        of(fruno(json!({"account": {"env": "PATH"}, "rate_limit": "30;w=60", "status_map": {"env": "unknown"}}))),
        of(fruno(json!({"base_url": "http://localhost:1"}))),
        of(fruno(json!({"base_url": "http://[::1]:1/"}))),
        of(fruno(json!({"base_url": "http://api.example.com", "allow_insecure_http": true}))),
        top(json!({"allow_insecure_http": true, "accounts": [fruno(json!({"base_url": "http://api.example.com"}))]})),
        of(json!({"carrier": "fruno", "environment": "sandbox"})),
    ] {
        let client = Client::open(&config).unwrap_or_else(|error| panic!("{config}: {error}"));
        assert!(!format!("{client:?}").contains(CANARY), "{client:?}");
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_key_file_is_read_without_its_newline_and_the_sandbox_needs_no_credentials() {
    let file = std::env::temp_dir().join(format!("flete-sandbox-key-{}", std::process::id()));
    let shop = Shop::open();
    let key = shop.sandbox.account("fruno").unwrap()["key"].as_str().unwrap().to_owned();
    std::fs::write(&file, format!("{key}\r\n")).unwrap();
    let client = shop.another(json!({"key": {"file": file.to_str().unwrap()}}));
    assert!(client.call("call", json!({"operation": "provinces.list"})).is_ok());
    std::fs::remove_file(file).unwrap();
    let client = common::client(json!({"carrier": "fruno", "environment": "sandbox"}));
    assert!(client.call("call", json!({"operation": "provinces.list"})).is_ok());
}

#[test]
fn a_file_of_authorities_without_a_certificate_is_told_at_open() {
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n";
    let not_one = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let cut = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    let files: [(&[u8], &str); 6] = [
        (b"hello\n", "there is none in it"),
        (b"", "it is empty"),
        (key.as_bytes(), "only a private key"),
        (b"\x30\x82\x01\x0a\x02\x82", "it is DER"),
        (not_one.as_bytes(), "can't be read as PEM certificates"),
        (cut.as_bytes(), "can't be read as PEM certificates"),
    ];
    for (index, (content, words)) in files.into_iter().enumerate() {
        let file = std::env::temp_dir().join(format!("flete-no-authority-{}-{index}", std::process::id()));
        std::fs::write(&file, content).unwrap();
        let error = Client::open(&top(json!({"ca_file": file}))).unwrap_err();
        assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidConfig, "ca_file"), "{error}");
        assert!(error.message.contains(words) && error.message.contains(file.to_str().unwrap()), "{words}: {error}");
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn no_error_tells_a_secret_of_an_account_or_a_proxy() {
    // Nothing listens on port 9: the connection is refused, and the error must not show the URL.
    let proxied = json!({"accounts": [fruno(json!({"base_url": "http://127.0.0.1:9"}))], "timeout_ms": 2_000,
        "max_attempts": 1, "proxy": format!("http://me:{CANARY}@127.0.0.1:9")});
    let error = common::open(proxied).call("call", json!({"operation": "provinces.list"})).unwrap_err();
    assert_eq!(error.code, Code::Network, "{error}");
    assert!(!everything(&error).contains(CANARY), "{error}");
    // A carrier that repeats the key, in every place of an error.
    let shop = Shop::with(json!({"key": CANARY}));
    let body = json!({"type": format!("https://x/#{CANARY}"), "title": format!("llave {CANARY}"), "incidente": CANARY,
        "datos-inválidos": [{"nombre": CANARY, "error": CANARY}], "token": "x"});
    shop.fault(json!({"fault": "status", "status": 400, "times": 0, "body": body}));
    let error = shop.client.call("call", json!({"operation": "provinces.list"})).unwrap_err();
    assert!(!everything(&error).contains(CANARY), "{}", error.to_value());
    assert_eq!(error.raw.as_ref().unwrap()["token"], "***");
}
