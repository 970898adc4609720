//! Fruno's simulator as a signed client sees it, over real sockets.

use super::super::tests::{Reply, Wire};
use super::super::{Sandbox, util};
use super::auth::password;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

struct Shop {
    sandbox: Sandbox,
    wire: Wire,
    last: Timestamp,
}

impl Shop {
    fn open() -> Shop {
        let sandbox = Sandbox::start().expect("a sandbox");
        let wire = Wire::open(&sandbox);
        Shop { sandbox, wire, last: Timestamp::now() }
    }

    /// A time that was never used, of now.
    fn time(&mut self) -> String {
        let next = self.last + SignedDuration::from_nanos(1);
        self.last = next.max(Timestamp::now());
        self.last.to_string()
    }

    fn signed(&mut self, time: &str, password: &str, method: &str, target: &str, more: &str, body: &str) -> Reply {
        let credentials = STANDARD.encode(format!("sandbox:{password}"));
        let length = body.len();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\nX-Fr-Hora: {time}\r\n{more}Content-Length: {length}\r\n\r\n{body}"
        );
        self.wire.send(&head).expect("a reply")
    }

    fn ask(&mut self, method: &str, target: &str, more: &str, body: &str) -> Reply {
        let time = self.time();
        let path = target.split('?').next().unwrap_or(target);
        let password = password(method, path, &time, body.as_bytes());
        self.signed(&time, &password, method, target, more, body)
    }

    fn get(&mut self, target: &str) -> Reply {
        self.ask("GET", target, "", "")
    }

    fn post(&mut self, target: &str, body: &Value) -> Reply {
        let json = "Content-Type: application/json; charset=utf-8\r\n";
        self.ask("POST", target, json, &body.to_string())
    }

    fn control(&self, method: &str, path: &str, body: Value) -> Value {
        self.sandbox.control("fruno", method, path, &body)
    }

    fn address(&mut self, name: &str, code: &str) -> String {
        let body = json!({"nombre": name, "detalle": "125 Sur", "código_distrito": code, "teléfono1": "88961182"});
        let reply = self.post("/v1/direcciones", &body);
        assert_eq!(reply.status, 201, "{:?}", reply.json());
        reply.json()["id"].as_str().expect("an id").to_owned()
    }

    fn order(&mut self) -> Value {
        let names = self.control("GET", "requests", Value::Null)["total"].to_string();
        let from = self.address(&format!("Tienda {names}"), "11501");
        let to = self.address(&format!("Casa de {names}"), "11501");
        json!({
            "id_dirección_fuente": from, "id_dirección_destino": to, "alto": 15, "ancho": 20, "longitud": 20, "peso_neto": 389,
            "entregar_a": "Joshua Blanco", "referencia": "ORDEN-1", "etiquetas": ["ABC123"],
        })
    }

    fn parcel(&mut self) -> String {
        let order = self.order();
        let reply = self.post("/v1/paquetes/", &order);
        assert_eq!(reply.status, 201, "{:?}", reply.json());
        reply.json()["guía"].as_str().expect("a guía").to_owned()
    }

    fn label(&mut self, guia: &str) -> Reply {
        let target = format!("/v1/paquetes/{guia}");
        self.ask("GET", &target, "Accept: application/pdf\r\n", "")
    }
}

/// The names of the fields that a 400 complains of.
fn refused(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 400, "{:?}", reply.json());
    assert_eq!(reply.header("content-type"), Some("application/problem+json; charset=utf-8"));
    let fields = reply.json()["datos-inválidos"].clone();
    let names = fields.as_array().into_iter().flatten();
    names.filter_map(|f| f["nombre"].as_str().map(str::to_owned)).collect()
}

#[test]
fn the_signature_is_over_method_path_time_and_body_without_the_query() {
    let mut shop = Shop::open();
    let reply = shop.get("/v1/provincias?x=1");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("x-ratelimit-remaining"), Some("2999"));
    assert_eq!(reply.header("x-ratelimit-policy"), Some("3000;w=60"));
    let time = shop.time();
    let of = |path| password("GET", path, &time, b"");
    let wrong = of("/v1/provincias?x=1");
    let reply = shop.signed(&time, &wrong, "GET", "/v1/provincias?x=1", "", "");
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("x-ratelimit-remaining"), Some("2998"));
    let body = r#"{"nombre":"Tienda"}"#;
    let time = shop.time();
    let right = password("POST", "/v1/direcciones", &time, body.as_bytes());
    let other = r#"{"nombre":"TiendA"}"#;
    let reply = shop.signed(&time, &right, "POST", "/v1/direcciones", "", other);
    assert_eq!(reply.status, 401);
    // An address that is not there, so that only the signature decides between 401 and 404.
    for path in ["/v1/paquetes/gu%C3%ADa", "/v1/paquetes/guía"] {
        let time = shop.time();
        let mac = password("GET", path, &time, b"");
        let reply = shop.signed(&time, &mac, "GET", "/v1/paquetes/gu%C3%ADa", "", "");
        assert_eq!(reply.status, 404, "{path}");
    }
}

#[test]
fn a_time_must_be_near_and_new() {
    let mut shop = Shop::open();
    let time = shop.time();
    let mac = password("GET", "/v1/provincias", &time, b"");
    let status = |shop: &mut Shop| shop.signed(&time, &mac, "GET", "/v1/provincias", "", "");
    assert_eq!(status(&mut shop).status, 200);
    let reply = status(&mut shop);
    assert_eq!((reply.status, &reply.json()["title"]), (400, &json!("X-Fr-Hora repetido")));
    shop.control("POST", "clock", json!({"skew_ms": 61_500}));
    let reply = shop.get("/v1/provincias");
    assert_eq!((reply.status, &reply.json()["title"]), (400, &json!("X-Fr-Hora caducó")));
    shop.control("POST", "clock", json!({"skew_ms": -55_000}));
    assert_eq!(shop.get("/v1/provincias").status, 200);
    shop.control("POST", "clock", json!({"skew_ms": 0}));
    shop.control("POST", "faults", json!({"fault": "expired_token"}));
    assert_eq!(shop.get("/v1/provincias").status, 401);
    assert_eq!(shop.get("/v1/provincias").status, 200);
}

#[test]
fn the_window_slides_and_429_comes_when_it_is_full() {
    let mut shop = Shop::open();
    shop.control("POST", "settings", json!({"rate_policy": "2;w=1", "retry_after": true}));
    assert_eq!(shop.get("/v1/contratos").header("x-ratelimit-remaining"), Some("1"));
    assert_eq!(shop.get("/v1/contratos").header("x-ratelimit-remaining"), Some("0"));
    let reply = shop.get("/v1/contratos");
    assert_eq!((reply.status, reply.header("x-ratelimit-policy")), (429, Some("2;w=1")));
    assert_eq!(reply.header("retry-after"), Some("1"));
    std::thread::sleep(std::time::Duration::from_millis(1050));
    assert_eq!(shop.get("/v1/contratos").status, 200);
}

#[test]
fn the_headers_about_the_limit_have_every_form() {
    let mut shop = Shop::open();
    shop.control("POST", "settings", json!({"rate_policy": "30;w=60"}));
    let seen = |shop: &mut Shop| {
        let reply = shop.get("/v1/contratos");
        let names = ["policy", "limit", "remaining", "reset"];
        names.map(|name| reply.header(&format!("x-ratelimit-{name}")).map(str::to_owned))
    };
    let text = |value: &str| Some(value.to_owned());
    assert_eq!(seen(&mut shop), [text("30;w=60"), text("30"), text("29"), text("60")]);
    let now = Timestamp::now().as_second();
    let near = |at: i64| (at - now - 60).abs() <= 2;
    for of in ["first", "all", "window"] {
        for form in ["seconds", "unix", "unix_ms", "date", "rfc3339"] {
            shop.control("POST", "settings", json!({"rate_reset": form, "rate_reset_of": of}));
            let reset = seen(&mut shop)[3].clone().expect("a reset");
            let right = match form {
                "seconds" => reset.parse::<i64>().is_ok_and(|wait| near(now + wait)),
                "unix" => reset.parse().is_ok_and(near),
                "unix_ms" => reset.parse::<i64>().is_ok_and(|at| near(at / 1000)),
                "date" => reset.ends_with(" GMT"),
                _ => reset.parse::<Timestamp>().is_ok_and(|at| near(at.as_second())),
            };
            assert!(right, "{form} of {of}: {reset}");
        }
    }
    shop.control("POST", "settings", json!({"rate_headers": ["limit"]}));
    assert_eq!(seen(&mut shop), [None, text("30"), None, None]);
    for wrong in
        [json!({"rate_headers": ["x"]}), json!({"rate_headers": 1}), json!({"rate_reset": "x"}), json!({"unserved": 1})]
    {
        assert!(shop.control("POST", "settings", wrong.clone())["error"].is_string(), "{wrong}");
    }
}

#[test]
fn a_place_without_service_is_refused_as_an_address_or_as_a_parcel() {
    let mut shop = Shop::open();
    let there = r#"{"nombre":"Lejos","detalle":"125 Sur","código_distrito":"50102"}"#;
    assert_eq!(refused(&shop.ask("POST", "/v1/direcciones", "", there)), ["código_distrito"]);
    shop.control("POST", "settings", json!({"unserved": "parcel"}));
    let far = shop.ask("POST", "/v1/direcciones", "", there).json()["id"].as_str().expect("an id").to_owned();
    let near = r#"{"nombre":"Cerca","detalle":"125 Sur","código_distrito":"11501"}"#;
    let near = shop.ask("POST", "/v1/direcciones", "", near).json()["id"].as_str().expect("an id").to_owned();
    for (from, to, name) in [(&far, &near, "id_dirección_fuente"), (&near, &far, "id_dirección_destino")] {
        let body = json!({"alto": 1, "ancho": 1, "longitud": 1, "peso_neto": 1, "entregar_a": "Ana",
            "id_dirección_fuente": from, "id_dirección_destino": to});
        let reply = shop.ask("POST", "/v1/paquetes", "", &body.to_string());
        assert_eq!(refused(&reply), [name]);
        assert_eq!(reply.json()["datos-inválidos"][0]["error"], "El distrito no cuenta con servicio");
    }
}

#[test]
fn types_of_events_may_stand_several_times_in_the_catalogue() {
    let mut shop = Shop::open();
    let mut types = |repeated: bool| {
        shop.control("POST", "settings", json!({"repeated_event_types": repeated, "event_stage": repeated}));
        let listed = shop.get("/v1/paquetes/tipo_eventos").json()["tipo_eventos"].clone();
        let listed = listed.as_array().expect("a list").clone();
        let mut pairs: Vec<_> = listed.iter().map(|of| (of["id"].to_string(), of["etapa"].to_string())).collect();
        let all = pairs.len();
        pairs.sort();
        pairs.dedup();
        assert_eq!(pairs.len(), all, "an id and a stage are one type");
        let mut ids: Vec<_> = pairs.into_iter().map(|(id, _)| id).collect();
        ids.dedup();
        all - ids.len()
    };
    assert_eq!((types(false), types(true)), (0, 3));
    let guia = shop.parcel();
    shop.control("POST", "advance", json!({"id": guia, "to": "rechazo"}));
    let events = shop.get(&format!("/v1/paquetes/{guia}/eventos")).json()["eventos"].clone();
    assert_eq!((&events[0]["etapa"], &events[3]["etapa"]), (&json!("recolecta"), &json!("entrega")));
}

#[test]
fn districts_are_those_with_service_unless_asked_otherwise() {
    let mut shop = Shop::open();
    let mut codes = |query: &str| -> Vec<String> {
        let reply = shop.get(&format!("/v1/provincias/5/cantones/501/distritos{query}")).json();
        let list = reply.as_array().expect("a list").iter();
        list.map(|d| d["código"].as_str().expect("a code").to_owned()).collect()
    };
    assert_eq!(codes(""), ["50101"]);
    assert_eq!(codes("?incluir=con-servicio"), ["50101"]);
    assert_eq!(codes("?incluir=sin-servicio"), ["50102"]);
    assert_eq!(codes("?incluir=todos"), ["50102", "50101"]);
    assert_eq!(refused(&shop.get("/v1/provincias/5/cantones/501/distritos?incluir=x")), ["incluir"]);
    assert_eq!(shop.get("/v1/provincias/1/cantones/501/distritos").status, 404);
    assert_eq!(shop.get("/v1/provincias/9/cantones").status, 404);
    let zones = shop.get("/v1/provincias/1/cantones/106/distritos").json();
    let shown: Vec<&Value> = zones.as_array().expect("a list").iter().map(|d| &d["zonas_sin_servicio"]).collect();
    assert!(shown.contains(&&json!([{"nombre": "1° de mayo"}])));
    assert!(shown.contains(&&json!([])) && shown.contains(&&Value::Null));
    assert_eq!(shop.get("/v1/zonas-sin-servicio").json()[0]["nombre_cantón"], "ASERRI");
    assert_eq!(shop.get("/v1/distritos-sin-servicio").json()[0]["nombre"], "Cañas Dulces");
}

#[test]
fn an_address_is_kept_changed_and_deleted() {
    let mut shop = Shop::open();
    let id = shop.address("Tienda ABC", "11605");
    let target = format!("/v1/direcciones/{id}");
    let reply = shop.get(&target).json();
    assert_eq!(reply["creado_por_usuario_correo"], "sandbox@example.com");
    assert!(reply["fecha_creación"].as_str().is_some_and(|f| f.ends_with("-06:00")));
    assert!(reply.get("referencia").is_none());
    shop.address("Tienda DEF", "11605");
    let reply = shop.ask("PUT", &target, "", r#"{"nombre": "Tienda DEF"}"#);
    assert_eq!(refused(&reply), ["nombre"]);
    let reply = shop.ask("PUT", &target, "", r#"{"código_distrito": "11501"}"#);
    assert_eq!(refused(&reply), ["código_distrito"]);
    let reply = shop.ask("PUT", &target, "", r#"{"nombre": "Tienda XYZ"}"#);
    assert_eq!((reply.status, reply.body.len(), reply.header("content-length")), (204, 0, None));
    assert_eq!(shop.get(&target).json()["nombre"], "Tienda XYZ");
    let reply = shop.ask("DELETE", &target, "", "");
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(shop.get(&target).status, 404);
    shop.address("Tienda XYZ", "11605");
}

#[test]
fn a_bad_address_is_refused_with_every_field_at_fault() {
    let mut shop = Shop::open();
    shop.address("Tienda ABC", "11501");
    let long = "ñ".repeat(40);
    let body = json!({"nombre": long, "detalle": "x", "código_distrito": "11501", "referencia": long});
    assert_eq!(shop.post("/v1/direcciones", &body).status, 201, "40 characters, 80 bytes");
    let body = json!({
        "nombre": "Tien", "detalle": " ", "código_distrito": "50206", "teléfono1": "12345678901",
        "teléfono2": null, "correo": "nadie", "referencia": 5, "color": "rojo",
    });
    let mut names = refused(&shop.post("/v1/direcciones", &body));
    names.sort();
    let expected = ["color", "correo", "código_distrito", "detalle", "nombre", "referencia", "teléfono1", "teléfono2"];
    assert_eq!(names, expected);
    assert_eq!(refused(&shop.post("/v1/direcciones", &json!({}))), ["código_distrito", "nombre", "detalle"]);
    let body = json!({"nombre": "Tienda ABC", "detalle": "x", "código_distrito": "99999"});
    assert_eq!(refused(&shop.post("/v1/direcciones", &body)), ["código_distrito", "nombre"]);
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    assert_eq!(shop.ask("POST", "/v1/direcciones", form, "{}").status, 400);
    assert_eq!(shop.ask("POST", "/v1/direcciones", "", "[1").status, 400);
}

#[test]
fn an_estimate_goes_by_address_or_by_district() {
    let mut shop = Shop::open();
    let id = shop.address("Tienda ABC", "11501");
    let costo = "/v1/paquetes/costo?alto=15&ancho=20&longitud=20&gr_peso=389";
    let end = |name: &str, value: &str| format!("&id_direcci%C3%B3n_{name}={value}");
    let by_id = format!("{costo}{}{}", end("fuente", &id), end("destino", &id));
    let expected = json!({"moneda": "CRC", "precio": 250_000, "peso_volumétrico": 2000});
    assert_eq!(shop.get(&by_id).json(), expected);
    let code = "&c%C3%B3digo_distrito_fuente=11601&c%C3%B3digo_distrito_destino=11601";
    assert_eq!(shop.get(&format!("{costo}{code}")).json()["precio"], 350_000);
    let wrong = shop.get("/v1/paquetes/costo?alto=1.5&ancho=0&longitud=20&c%C3%B3digo_distrito_fuente=50206");
    let expected = ["alto", "ancho", "gr_peso", "código_distrito_fuente", "id_dirección_destino"];
    assert_eq!(refused(&wrong), expected);
}

#[test]
fn a_parcel_is_checked_field_by_field_and_made_whole_or_not_at_all() {
    let mut shop = Shop::open();
    let good = shop.order();
    let mut wrong = |field: &str, value: Value| {
        let mut order = good.clone();
        order[field] = value;
        refused(&shop.post("/v1/paquetes", &order))
    };
    for (field, value) in [
        ("alto", json!("15")),
        ("alto", json!(15.5)),
        ("alto", json!(0)),
        ("peso_neto", json!(-1)),
        ("id_dirección_fuente", json!("62a73bf1-b84c-4fc3-afa0-eacc086794ef")),
        ("entregar_a", json!("ñ".repeat(41))),
        ("descripción", json!("x".repeat(151))),
        ("observaciones", json!("x".repeat(2001))),
        ("referencia", json!("x".repeat(41))),
        ("etiquetas", json!(["x".repeat(21)])),
        ("etiquetas", json!(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"])),
        ("urgente", json!("true")),
        ("en_nombre_de_correo", json!(format!("{}@example.com", "x".repeat(49)))),
        ("observaciones", Value::Null),
        ("id_contrato", json!("no")),
        ("gr_peso", json!(5)),
    ] {
        assert_eq!(wrong(field, value.clone()), [field], "{value}");
    }
    let notices = json!([{"correo": "a@b.c", "creado": 1}, {"enviado": true}]);
    let names = wrong("notificaciones", notices);
    let expected = ["notificaciones[0].creado", "notificaciones[1].correo", "notificaciones[1].enviado"];
    assert_eq!(names, expected);
    assert_eq!(shop.control("GET", "shipments", Value::Null)["shipments"], json!([]));
    assert_eq!(shop.post("/v1/paquetes", &good).status, 201);
    assert_eq!(shop.control("GET", "shipments", Value::Null)["shipments"][0]["tags"], json!(["ABC123"]));
}

#[test]
fn a_contract_is_required_once_there_is_one() {
    let mut shop = Shop::open();
    let mut order = shop.order();
    let contract = json!({"id": "3e7f8e3c", "nombre": "Especial encomiendas"});
    shop.control("POST", "settings", json!({"contracts": [contract]}));
    assert_eq!(shop.get("/v1/contratos").json(), json!([contract]));
    assert_eq!(refused(&shop.post("/v1/paquetes/", &order)), ["id_contrato"]);
    order["id_contrato"] = json!("3e7f8e3c");
    assert_eq!(shop.post("/v1/paquetes/", &order).status, 201);
}

#[test]
fn a_parcel_goes_its_way_to_the_door() {
    let mut shop = Shop::open();
    let mut order = shop.order();
    order["urgente"] = json!(true);
    order["notificaciones"] = json!([{"correo": "a@b.c", "entregado": true, "creado": false}]);
    let made = shop.post("/v1/paquetes/", &order).json();
    assert_eq!((&made["precio"], &made["eventos"]), (&json!(375_000), &json!([])));
    let path = "/v1/paquetes/FR000000001";
    assert_eq!(made["guía"], "FR000000001");
    let notices = shop.get(&format!("{path}/notificaciones")).json();
    assert_eq!(notices, json!({"notificaciones": [{"correo": "a@b.c", "entregado": true}]}));
    assert_eq!(shop.get(&format!("{path}/estado")).json(), json!({"estado": "porrecolectar"}));
    let mut states = Vec::new();
    for _ in 0..4 {
        let now = shop.control("POST", "advance", json!({"id": "FR000000001"}));
        states.push(now["status"].as_str().expect("a state").to_owned());
    }
    assert_eq!(states, ["entránsito", "entránsito", "entránsito", "entregado"]);
    let info = shop.get(path).json();
    assert_eq!((&info["estado"], &info["devolución"]), (&json!("entregado"), &json!(false)));
    assert_eq!((&info["provincia_destino"], &info["cantón_destino"]), (&json!("SAN JOSÉ"), &json!("MONTES DE OCA")));
    assert!(info["fecha_cedi"].is_string() && info["fecha_entrega"].is_string());
    assert_eq!(info["eventos"][3]["mensaje"], "Paquete entregado");
    assert!(info["eventos"][3].get("id_tipo_evento").is_none());
    let events = shop.get(&format!("{path}/eventos")).json();
    assert_eq!(events["eventos"][3]["id_tipo_evento"], "43ce2ff6-c161-4faa-a1fb-ca5e98af0f02");
    let kinds = shop.get("/v1/paquetes/tipo_eventos").json();
    assert_eq!(kinds["tipo_eventos"][1]["id"], "8c98ae18-eeb4-45e7-abf5-7fd4ce006438");
    let image = info["imágenes_entrega"][0]["id"].as_str().expect("an image");
    let reply = shop.get(&format!("{path}/imagenes/{image}"));
    assert_eq!((reply.header("content-type"), &reply.body[1..4]), (Some("image/png"), &b"PNG"[..]));
    assert_eq!(shop.get(&format!("{path}/imagenes/no")).status, 404);
    assert!(shop.control("POST", "advance", json!({"id": "FR000000001"}))["error"].is_string());
}

#[test]
fn cancelling_is_for_what_was_not_picked_up() {
    let mut shop = Shop::open();
    let (one, two) = (shop.parcel(), shop.parcel());
    let cancel = |shop: &mut Shop, guia: &str| {
        let target = format!("/v1/paquetes/{guia}/cancelar");
        shop.ask("PUT", &target, "", "").status
    };
    assert_eq!(cancel(&mut shop, &one), 204);
    assert_eq!(cancel(&mut shop, &one), 403);
    shop.control("POST", "advance", json!({"id": two, "to": "devolución"}));
    assert_eq!(cancel(&mut shop, &two), 403);
    assert_eq!(cancel(&mut shop, "FR000000009"), 404);
    shop.control("POST", "settings", json!({"late_cancel": "400"}));
    for gone in [&one, &two] {
        assert_eq!(refused(&shop.ask("PUT", &format!("/v1/paquetes/{gone}/cancelar"), "", "")), ["estado"]);
    }
    let now = shop.control("POST", "advance", json!({"id": two, "to": "entregado"}));
    assert_eq!(now["estado"], "entregado");
    assert_eq!(shop.get(&format!("/v1/paquetes/{two}")).json()["devolución"], true);
}

#[test]
fn a_list_is_paged_and_filtered_and_ends_in_either_way() {
    let mut shop = Shop::open();
    let order = shop.order();
    for _ in 0..5 {
        assert_eq!(shop.post("/v1/paquetes/", &order).status, 201);
    }
    shop.control("POST", "advance", json!({"id": "FR000000002", "to": "cancelado"}));
    let gather = |shop: &mut Shop, query: &str| {
        let (mut pages, mut token) = (Vec::new(), String::new());
        loop {
            let reply = shop.get(&format!("/v1/paquetes?{query}{token}")).json();
            let page = reply["paquetes"].as_array().expect("a list").iter();
            pages.push(page.map(|p| p["guía"].as_str().expect("a guía")[8..].to_owned()).collect::<Vec<_>>());
            match reply.get("página") {
                Some(next) => token = format!("&p%C3%A1g_despues_de={}", next.as_str().expect("a token")),
                None => return pages,
            }
        }
    };
    assert_eq!(gather(&mut shop, ""), [["001", "002", "003", "004", "005"]]);
    shop.control("POST", "settings", json!({"page_size": 2}));
    assert_eq!(gather(&mut shop, ""), [vec!["001", "002"], vec!["003", "004"], vec!["005"]]);
    assert_eq!(gather(&mut shop, "estado=porrecolectar"), [["001", "003"], ["004", "005"]]);
    shop.control("POST", "settings", json!({"empty_last_page": true, "newest_first": true}));
    assert_eq!(gather(&mut shop, "estado=porrecolectar"), [vec!["005", "004"], vec!["003", "001"], vec![]]);
    let today = util::day(Timestamp::now(), -6);
    assert_eq!(gather(&mut shop, &format!("fecha={today}&estado=cancelado")), [vec!["002"], vec![]]);
    assert_eq!(gather(&mut shop, "fecha=2021-01-31"), [Vec::<String>::new()]);
    assert_eq!(refused(&shop.get("/v1/paquetes?fecha=31-01-2021")), ["fecha"]);
    assert_eq!(refused(&shop.get("/v1/paquetes?estado=en_tr%C3%A1nsito")), ["estado"]);
    assert_eq!(refused(&shop.get("/v1/paquetes?p%C3%A1g_despues_de=AAAAAAAA")), ["pág_despues_de"]);
}

#[test]
fn a_label_takes_a_moment_in_every_form_that_the_document_allows() {
    let mut shop = Shop::open();
    let guia = shop.parcel();
    let first = shop.label(&guia);
    assert_eq!((first.status, first.body.len()), (200, 0));
    let label = shop.label(&guia);
    assert_eq!(label.header("content-type"), Some("application/pdf"));
    assert!(label.body.starts_with(b"%PDF-") && label.body.ends_with(b"%%EOF\n"));
    assert!(label.body.windows(11).any(|w| w == guia.as_bytes()));
    for (form, status, interim) in [("200_json", 200, vec![]), ("102_empty", 200, vec![102]), ("204", 204, vec![])] {
        shop.control("POST", "settings", json!({"label_not_ready": {"times": 1, "form": form}}));
        let guia = shop.parcel();
        let reply = shop.label(&guia);
        assert_eq!((reply.status, reply.interim), (status, interim), "{form}");
        assert!(!reply.body.starts_with(b"%PDF"), "{form}");
        assert!(shop.label(&guia).body.starts_with(b"%PDF"), "{form}");
    }
    shop.control("POST", "settings", json!({"label_not_ready": {"times": 1, "form": "102_then_pdf"}}));
    let guia = shop.parcel();
    let reply = shop.label(&guia);
    assert_eq!((reply.interim, &reply.body[..4]), (vec![102], &b"%PDF"[..]));
    let wrong = shop.control("POST", "settings", json!({"label_not_ready": {"times": 1, "form": "soon"}}));
    assert!(wrong["error"].is_string());
}

#[test]
fn time_moves_parcels_on_when_it_is_told_to() {
    let mut shop = Shop::open();
    let guia = shop.parcel();
    shop.control(
        "POST",
        "settings",
        json!({"auto_advance_ms": 60_000, "event_names": {"Paquete en CEDI": "En bodega"}}),
    );
    let state = |shop: &Shop| shop.control("GET", "shipments", Value::Null)["shipments"][0]["estado"].clone();
    assert_eq!(state(&shop), "porrecolectar");
    shop.control("POST", "clock", json!({"skew_ms": 130_000}));
    assert_eq!(state(&shop), "entránsito");
    shop.control("POST", "clock", json!({"skew_ms": 0}));
    let info = shop.get(&format!("/v1/paquetes/{guia}")).json();
    assert_eq!(info["eventos"].as_array().map(Vec::len), Some(2));
    assert_eq!(info["eventos"][1]["mensaje"], "En bodega");
    let at = |field: &str| -> Timestamp {
        let text = info[field].as_str().expect("a date");
        text.parse().expect("a date")
    };
    assert_eq!(at("fecha_cedi").duration_since(at("fecha_recolecta")).as_secs(), 60);
}

#[test]
fn names_can_come_decomposed_and_errors_carry_an_incident() {
    let mut shop = Shop::open();
    shop.control("POST", "settings", json!({"decomposed_names": true}));
    let reply = shop.get("/v1/provincias").json();
    let names: Vec<&String> = reply[0].as_object().expect("an object").keys().collect();
    assert_eq!(names[0], "co\u{301}digo");
    shop.control("POST", "faults", json!({"fault": "status", "status": 500, "operation": "GET /v1/provincias"}));
    let reply = shop.get("/v1/provincias");
    assert_eq!(reply.status, 500);
    assert_eq!(reply.json()["incidente"].as_str().map(str::len), Some(32));
    assert!(reply.header("x-ratelimit-policy").is_some());
}
