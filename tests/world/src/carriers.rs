//! The smallest carriers that their API references describe: for each operation the API reference's own
//! example as a reply, a list of what was made, and what flete should read in it. Written from the API references alone.

use crate::host::{Asked, Reply};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// The text of an unneeded field of each reply, to be replaced by a damaged one.
pub const TEXT: &str = "@@texto@@";
/// Why a shipment is cancelled, for carriers that want to know.
pub const REASON: &str = "Cliente desistió";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    Fruno,
    MensajerosUrbanos,
    /// Its second API.
    MensajerosUrbanosV2,
    Apunto,
    Almex,
}

use Carrier::{Almex, Apunto, Fruno, MensajerosUrbanos, MensajerosUrbanosV2};

/// A method, the carrier's operation whose reply it uses, and what must be read from that reply.
pub struct Reads {
    pub method: &'static str,
    /// The carrier's operation whose reply is damaged.
    pub op: &'static str,
    pub request: Value,
    pub good: Vec<(&'static str, Value)>,
    /// Whether the reply has a JSON body with `TEXT` in it.
    pub text: bool,
}

impl Carrier {
    pub const ALL: [Self; 5] = [Fruno, MensajerosUrbanos, MensajerosUrbanosV2, Apunto, Almex];

    /// The account's id: the carrier's code, where nothing else is needed.
    pub fn code(self) -> &'static str {
        match self {
            Fruno => "fruno",
            MensajerosUrbanos => "mensajeros_urbanos",
            MensajerosUrbanosV2 => "mensajeros_urbanos_v2",
            Apunto => "apunto",
            Almex => "almex",
        }
    }

    /// What an account has as `carrier`.
    pub fn carrier(self) -> &'static str {
        if self == MensajerosUrbanosV2 { MensajerosUrbanos.code() } else { self.code() }
    }

    /// An account in the sandbox, without credentials.
    pub fn sandbox(self) -> Value {
        let mut account = json!({"id": self.code(), "carrier": self.carrier(), "environment": "sandbox"});
        if self == MensajerosUrbanosV2 {
            account["api"] = json!("v2");
        }
        account
    }

    /// Whether a lost create can be looked for.
    pub fn finds(self) -> bool {
        !matches!(self, Almex | MensajerosUrbanosV2)
    }

    pub fn account(self, url: &str, number: u64) -> Value {
        let mut account = match self {
            Fruno => json!({
                "account": format!("cuenta-{number}"), "key": format!("llave-secreta-{number}"),
                "contract_id": "3e7f8e3c-da5c-493e-b774-b47f9223d30b",
            }),
            MensajerosUrbanos => json!({
                "client_id": format!("cliente-{number}"), "client_secret": format!("secreto-mu-{number}"),
                "user_id": 1234, "city": 1, "webhook_token": format!("aviso-secreto-{number}"),
            }),
            MensajerosUrbanosV2 => json!({
                "id": self.code(), "api": "v2", "token": format!("ficha-secreta-{number}"), "store_id": "TIENDA-1",
                "webhook_token": format!("aviso-secreto-{number}"),
            }),
            Apunto => json!({"email": format!("u{number}@example.com"), "password": format!("clave-secreta-{number}")}),
            Almex => json!({
                "user_name": format!("usuario-{number}"), "password": format!("clave-secreta-{number}"),
                "account_number": "700", "subscription_key": format!("suscripcion-secreta-{number}"),
            }),
        };
        account["carrier"] = json!(self.carrier());
        account["base_url"] = json!(url);
        account
    }

    /// What the API reference has at the place that was asked.
    pub fn op(self, asked: &Asked) -> &'static str {
        let path = asked.path.trim_end_matches('/');
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (self, asked.method.as_str(), &parts[..]) {
            (Fruno, "GET", ["v1", "contratos"]) => "contracts",
            (Fruno, "GET", ["v1", "provincias"]) => "provinces",
            (Fruno, "POST", ["v1", "direcciones"]) => "address",
            (Fruno, "GET", ["v1", "direcciones"]) => "addresses",
            (Fruno, "GET", ["v1", "direcciones", _]) => "address_get",
            (Fruno, "DELETE", ["v1", "direcciones", _]) => "address_delete",
            (Fruno, "PUT", ["v1", "direcciones", _]) => "address_change",
            (Fruno, "GET", ["v1", "paquetes", "costo"]) => "quote",
            (Fruno, "GET", ["v1", "paquetes", "tipo_eventos"]) => "event_types",
            (Fruno, "POST", ["v1", "paquetes"]) => "create",
            (Fruno, "GET", ["v1", "paquetes"]) => "list",
            (Fruno, "GET", ["v1", "paquetes", _]) if asked.header("accept").contains("pdf") => "label",
            (Fruno, "GET", ["v1", "paquetes", _]) => "track",
            (Fruno, "GET", ["v1", "paquetes", _, "eventos"]) => "events",
            (Fruno, "GET", ["v1", "paquetes", _, "estado"]) => "state",
            (Fruno, "GET", ["v1", "paquetes", _, "url_consulta_web"]) => "web_url",
            (Fruno, "GET", ["v1", "paquetes", _, "imagenes", _]) => "image",
            (Fruno, "PUT", ["v1", "paquetes", _, "cancelar"]) => "cancel",
            (MensajerosUrbanos, "POST", ["oauth", "token"]) => "token",
            (MensajerosUrbanos, "POST", ["delivery", "calculation"]) => "quote",
            (MensajerosUrbanos, "POST", ["delivery", "create"]) => "create",
            (MensajerosUrbanos, "POST", ["tasksP"]) => "list",
            (MensajerosUrbanos, "POST", ["task"]) => "track",
            (MensajerosUrbanosV2, "POST", ["api", "calculate"]) => "quote",
            (MensajerosUrbanosV2, "POST", ["api", "create"]) => "create",
            (MensajerosUrbanosV2, "POST", ["api", "track"]) => "track",
            (MensajerosUrbanosV2, "POST", ["api", "cancel"]) => "cancel",
            (MensajerosUrbanosV2, "POST", ["api", "Add-store"]) => "store",
            (Apunto, "POST", ["auth"]) => "token",
            (Apunto, "GET", ["operations"]) => "list",
            (Apunto, "POST", ["operations"]) => "create",
            (Apunto, "GET", ["operations", "search"]) => "search",
            (Apunto, "GET", ["operations", _]) => "track",
            (Apunto, "POST", ["operations", _, "cancel"]) => "cancel",
            (Apunto, "POST", ["services", _, "cancel"]) => "service_cancel",
            (Apunto, "GET", ["operation_cancellation_reasons"]) => "reasons",
            (Apunto, "GET", ["service_cancellation_reasons"]) => "service_reasons",
            (Apunto, "DELETE", ["operations", _]) => "delete",
            (Apunto, "GET", ["services"]) => "service",
            (Apunto, "GET", ["contacts"]) => "contacts",
            (Apunto, "POST", ["services"]) => "service_create",
            (Almex, "POST", ["auth", "token"]) => "token",
            (Almex, "POST", ["quote", "rate"]) => "quote",
            (Almex, "POST", ["pickuprequest", "generate"]) => "create",
            (Almex, "GET", ["tracking", _, "lastevent"]) => "track",
            (Almex, "GET", ["imaging", _, "imaging", _]) => "document",
            _ => "other",
        }
    }

    pub fn place(self, name: &str, street: &str) -> Value {
        match self {
            Fruno => json!({"name": name, "street": street, "district_code": "11501", "phone": "22223333"}),
            MensajerosUrbanos | MensajerosUrbanosV2 => {
                json!({"name": name, "street": street, "city": "Bogotá", "phone": "3214567890"})
            }
            Apunto | Almex => json!({
                "name": name, "street": street, "number": "12", "neighborhood": "Centro", "city": "Toluca",
                "state": "MX", "country": "MX", "postal_code": "52227", "phone": "5512345678",
                "email": "tienda@example.com",
            }),
        }
    }

    fn parcels() -> Value {
        json!([{
            "weight": {"value": 389, "unit": "g"},
            "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"}, "description": "Camisetas",
        }])
    }

    pub fn quote(self) -> Value {
        json!({
            "origin": self.place("Tienda ABC", "Calle 1"), "destination": self.place("Ana Ruiz", "Calle 9"),
            "parcels": Self::parcels(),
        })
    }

    pub fn order(self) -> Value {
        let mut order = self.quote();
        order["account"] = json!(self.code());
        order["reference"] = json!("34344");
        if self == Apunto {
            order["options"] = json!({"apunto": {"contact_code": "ACME", "kind": "domestic", "mode": "land"}});
        }
        order
    }

    pub fn keyed(self, key: &str) -> Value {
        let mut order = self.order();
        order["idempotency_key"] = json!(key);
        order
    }

    /// A shipment that is at the carrier from the beginning.
    pub fn seeded(self) -> &'static str {
        match self {
            Fruno => "GUIA456",
            MensajerosUrbanos => "task:28852",
            MensajerosUrbanosV2 => "56ce313b3235d",
            Apunto => "123",
            Almex => "07053846188",
        }
    }

    /// Every method that reads a reply of this carrier, and what it must find there.
    pub fn reads(self) -> Vec<Reads> {
        let mut all = Vec::new();
        let mut add = |method, op, request, text, good: &[(&'static str, Value)]| {
            all.push(Reads { method, op, request, good: good.to_vec(), text });
        };
        let id = json!({"account": self.code(), "id": self.seeded()});
        let call = |operation: &str| json!({"account": self.code(), "operation": operation});
        match self {
            Fruno => {
                let quoted =
                    [("/data/rates/0/total/amount", json!(250_000)), ("/data/rates/0/total/currency", json!("CRC"))];
                let tracked = [
                    ("/data/id", json!("GUIA456")),
                    ("/data/status", json!("delivered")),
                    ("/data/carrier_status", json!("entregado")),
                    ("/data/reference", json!("ORDEN-88243567")),
                    ("/data/events/0/at", json!("2022-11-22T03:42:49.564-06:00")),
                    ("/data/events/1/description", json!("Paquete entregado")),
                ];
                add("quote", "quote", self.quote(), true, &quoted);
                add("create", "create", self.order(), true, &[("/data/id", json!("1001"))]);
                add("create", "address", self.order(), true, &[("/data/id", json!("1001"))]);
                add("track", "track", id.clone(), true, &tracked[..4]);
                add("track", "events", id.clone(), true, &tracked[1..]);
                let listed = [("/data/shipments/0/id", json!("GUIA456")), ("/data/shipments/1/id", json!("9000"))];
                add("list", "list", json!({"account": "fruno"}), true, &listed);
                let proof = json!({"account": "fruno", "id": "GUIA456", "kind": "proof_of_delivery"});
                add("document", "track", proof, true, &[("/data/documents/0/content_type", json!("image/png"))]);
                let label = json!({"account": "fruno", "id": "GUIA456", "kind": "label"});
                add("document", "label", label, false, &[("/data/documents/0/content_type", json!("application/pdf"))]);
                add("cancel", "cancel", id, false, &[("/data/status", json!("cancelled"))]);
                let contract = [("/data/0/id", json!("3e7f8e3c-da5c-493e-b774-b47f9223d30b"))];
                add("call", "contracts", call("contracts.list"), true, &contract);
            }
            MensajerosUrbanos => {
                let quoted =
                    [("/data/rates/0/total/amount", json!(4900)), ("/data/rates/0/total/currency", json!("COP"))];
                let tracked = [
                    ("/data/status", json!("cancelled")),
                    ("/data/carrier_status", json!("Cancelado")),
                    ("/data/events/0/at", json!("2015-12-11T15:46:23-05:00")),
                    ("/data/events/2/status", json!("delivered")),
                ];
                add("quote", "token", self.quote(), true, &quoted);
                add("quote", "quote", self.quote(), true, &quoted);
                add("create", "token", self.order(), true, &[("/data/id", json!("abc1001"))]);
                add("create", "create", self.order(), true, &[("/data/id", json!("abc1001"))]);
                add("track", "track", id, true, &tracked);
                add("track", "token", json!({"account": self.code(), "id": self.seeded()}), true, &tracked);
                let listed =
                    [("/data/shipments/0/id", json!("56ce313b3235d")), ("/data/shipments/1/id", json!("9000"))];
                add("list", "list", json!({"account": self.code()}), true, &listed);
                let mut tasks = call("tasks.list");
                tasks["params"] = json!({"type": 1, "page": 1});
                add("call", "list", tasks, true, &[("/data/data/result/0/uuid", json!("56ce313b3235d"))]);
            }
            MensajerosUrbanosV2 => {
                let quoted =
                    [("/data/rates/0/total/amount", json!(4900)), ("/data/rates/0/total/currency", json!("COP"))];
                let tracked = [
                    ("/data/status", json!("pre_transit")),
                    ("/data/carrier_status", json!("on_hold")),
                    ("/data/events/0/at", json!("2026-11-27T15:46:23-05:00")),
                    ("/data/events/1/status", json!("pre_transit")),
                ];
                add("quote", "quote", self.quote(), true, &quoted);
                add("create", "create", self.order(), true, &[("/data/id", json!("abc1001"))]);
                add("track", "track", id.clone(), true, &tracked);
                add("cancel", "cancel", id, true, &[("/data/status", json!("cancelled"))]);
                let mut shown = call("deliveries.track");
                shown["params"] = json!({"uuid": self.seeded()});
                add("call", "track", shown, true, &[("/data/data/uuid", json!(self.seeded()))]);
            }
            Apunto => {
                let tracked = [
                    ("/data/id", json!("123")),
                    ("/data/status", json!("in_transit")),
                    ("/data/carrier_status", json!("active")),
                    ("/data/reference", json!("REF-001")),
                ];
                add("create", "token", self.order(), true, &[("/data/id", json!("1001"))]);
                add("create", "create", self.order(), true, &[("/data/id", json!("1001"))]);
                add("track", "token", id.clone(), true, &tracked);
                add("track", "track", id.clone(), true, &tracked);
                // Past days of the service: the pickup, the departure, the arrival.
                let mut of_service = tracked.to_vec();
                of_service.push(("/data/events/0/at", json!("2024-01-18T00:00:00-06:00")));
                add("track", "service", id.clone(), true, &of_service);
                let cancelled = [("/data/id", json!("123")), ("/data/status", json!("cancelled"))];
                // Each of its requests: what they change stays changed where only the reply is spoilt.
                let mut cancel = id;
                cancel["reason"] = json!(REASON);
                add("cancel", "reasons", cancel.clone(), true, &cancelled);
                add("cancel", "service_reasons", cancel.clone(), true, &cancelled);
                add("cancel", "cancel", cancel, true, &cancelled);
                let listed = [("/data/shipments/0/id", json!("123")), ("/data/shipments/1/id", json!("9000"))];
                add("list", "list", json!({"account": self.code()}), true, &listed);
                let contacts = [("/data/contacts/0/alias", json!("ACME"))];
                add("call", "contacts", call("contacts.list"), true, &contacts);
            }
            Almex => {
                let quoted =
                    [("/data/rates/0/total/amount", json!(350)), ("/data/rates/0/total/currency", json!("MXN"))];
                let tracked = [
                    ("/data/status", json!("delivered")),
                    ("/data/carrier_status", json!("Mercancía Entregada")),
                    ("/data/events/0/at", json!("2020-06-10T16:02:38.363-05:00")),
                ];
                add("quote", "token", self.quote(), true, &quoted);
                add("quote", "quote", self.quote(), true, &quoted);
                add("create", "token", self.order(), true, &[("/data/id", json!("07000001001"))]);
                add("create", "create", self.order(), true, &[("/data/id", json!("07000001001"))]);
                add("track", "token", id.clone(), true, &tracked);
                add("track", "track", id, true, &tracked);
                let proof = json!({"account": "almex", "id": self.seeded(), "kind": "proof_of_delivery"});
                let url = "http://imagenguias.almex.com.mx/imgCte.asp?Q5fr2ytYSTP55xrRvdrkps4wtQOP0dNB";
                add("document", "document", proof, true, &[("/data/documents/0/url", json!(url))]);
                let mut last = call("tracking.last_event");
                last["params"] = json!({"id": self.seeded()});
                add("call", "track", last, true, &[("/data/response/trackingIdEvent", json!(4))]);
            }
        }
        all
    }
}

/// A label for a printer.
pub const LABEL: &str = "%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";
/// The smallest picture.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82";

/// A carrier's memory.
pub struct Model {
    carrier: Carrier,
    /// The shipments that were made, as the carrier returns them.
    pub made: Vec<Value>,
    /// Every shipment's state, if a row wants another than in the API reference's sample.
    pub state: Option<Value>,
    /// The size of a list's page.
    pub per_page: usize,
    addresses: Vec<Value>,
}

impl Model {
    pub fn new(carrier: Carrier) -> Self {
        Self { carrier, made: Vec::new(), state: None, per_page: 100, addresses: Vec::new() }
    }

    pub fn answer(&mut self, asked: &Asked) -> Reply {
        match self.carrier {
            Fruno => self.fruno(asked),
            MensajerosUrbanos => self.mensajeros_urbanos(asked),
            MensajerosUrbanosV2 => self.mensajeros_urbanos_v2(asked),
            Apunto => self.apunto(asked),
            Almex => self.almex(asked),
        }
    }

    fn next(&self) -> usize {
        1001 + self.made.len()
    }

    fn fruno_parcel(&self, id: &str) -> Value {
        let sample = json!({
            "guía": id, "estado": "entregado", "descripción_estado": "Entregado", "urgente": true,
            "devolución": false, "fecha_creación": "2021-05-10T05:24:11.757647Z",
            "fecha_recolecta": "2021-05-10T08:30:01.391475Z", "fecha_entrega": "2021-05-11T05:35:01.632862Z",
            "recolecta_estimada_a": "2021-05-09T00:00:00Z", "recolecta_estimada_b": "2021-05-10T00:00:00Z",
            "entrega_estimada_a": "2021-05-13T00:00:00Z", "entrega_estimada_b": "2021-05-14T00:00:00Z",
            "referencia": "ORDEN-88243567", "etiquetas": ["Z01"], "observaciones": TEXT,
            "alto": 15, "ancho": 20, "longitud": 20, "peso_volumétrico": 2000, "peso_neto": 389,
            "moneda": "CRC", "precio": 250_000, "entregar_a": "Joshua Blanco",
            "eventos": [{"fecha": "2021-05-10T05:30:01.391475Z", "mensaje": "Paquete recibido en CEDI"},
                        {"fecha": "2021-05-11T05:35:01.632862Z", "mensaje": "Paquete entregado"}],
            "comentarios": [],
            "imágenes_recolecta": [],
            "imágenes_entrega": [{"id": "e7704fe5-c379-4718-8869-47bf80da7820", "ContentType": "image/png"}],
        });
        let mut parcel = self.made.iter().find(|parcel| parcel["guía"] == id).cloned().unwrap_or(sample);
        for (name, value) in self.state.as_ref().and_then(Value::as_object).into_iter().flatten() {
            parcel[name] = value.clone();
        }
        parcel
    }

    fn fruno(&mut self, asked: &Asked) -> Reply {
        let id = asked.path.split('/').nth(3).unwrap_or_default().to_owned();
        match asked.op {
            "contracts" => Reply::json(200, &json!([{"id": "3e7f8e3c-da5c-493e-b774-b47f9223d30b", "nombre": TEXT}])),
            "provinces" => Reply::json(200, &json!([{"código": "1", "nombre": TEXT}])),
            "quote" => {
                Reply::json(200, &json!({"nota": TEXT, "moneda": "CRC", "precio": 250_000, "peso_volumétrico": 1000}))
            }
            "address" => {
                let mut address = asked.json.clone();
                address["id"] = json!(format!("a9fbbed2-9196-4995-aaf6-{:012}", self.addresses.len()));
                address["nota"] = json!(TEXT);
                address["fecha_creación"] = json!(now());
                self.addresses.push(address.clone());
                Reply::json(201, &address)
            }
            "addresses" => Reply::json(200, &json!({"direcciones": self.addresses})),
            "address_get" => match self.addresses.iter().find(|address| address["id"] == id) {
                Some(address) => Reply::json(200, address),
                None => Reply::json(404, &json!({"type": "", "title": "no existe"})),
            },
            "address_delete" => Reply::new(200, "", ""),
            "address_change" => Reply::new(204, "", ""),
            "create" => {
                let mut parcel = json!({
                    "guía": self.next().to_string(), "estado": "porrecolectar",
                    "descripción_estado": "Por recolectar", "observaciones": TEXT, "fecha_creación": now(),
                    "fecha_recolecta": null, "fecha_entrega": null, "moneda": "CRC", "precio": 250_000,
                    "factura": "", "eventos": [], "comentarios": [], "imágenes_recolecta": [],
                    "imágenes_entrega": [],
                });
                for (name, value) in asked.json.as_object().into_iter().flatten() {
                    if name != "observaciones" {
                        parcel[name] = value.clone();
                    }
                }
                self.made.push(parcel.clone());
                Reply::json(201, &parcel)
            }
            "list" => {
                let other = json!({
                    "guía": "9000", "estado": "entregado", "descripción": TEXT, "referencia": "OTRA",
                    "etiquetas": [], "fecha_creación": now(),
                });
                let mut all = vec![self.fruno_parcel("GUIA456"), other];
                all.extend(self.made.iter().cloned());
                if let Some(state) = asked.param("estado") {
                    all.retain(|parcel| parcel["estado"] == state);
                }
                for parcel in &mut all {
                    parcel["observaciones"] = json!("");
                }
                // The name of the last of a page goes on after it.
                let after = asked.param("pág_despues_de").unwrap_or_default();
                let start = all.iter().position(|parcel| parcel["guía"] == after).map_or(0, |at| at + 1);
                let page: Vec<Value> = all.iter().skip(start).take(self.per_page).cloned().collect();
                let mut reply = json!({"paquetes": page});
                if start + page.len() < all.len() {
                    reply["página"] = page.last().map_or(Value::Null, |last| last["guía"].clone());
                }
                Reply::json(200, &reply)
            }
            "track" => Reply::json(200, &self.fruno_parcel(&id)),
            "state" => Reply::json(200, &json!({"estado": self.fruno_parcel(&id)["estado"]})),
            "events" => Reply::json(
                200,
                &json!({"eventos": [
                    {"id": "67da48aa-f697-453e-909c-d393ada8ceed", "fecha": "2022-11-22T09:42:49.564Z",
                     "mensaje": TEXT, "id_tipo_evento": "8c98ae18-eeb4-45e7-abf5-7fd4ce006438"},
                    {"id": "bbb0869d-a5c9-4f73-ba48-fae1c5fc5b61", "fecha": "2022-11-22T09:54:05.643053Z",
                     "mensaje": "Paquete entregado", "id_tipo_evento": "43ce2ff6-c161-4faa-a1fb-ca5e98af0f02"},
                ]}),
            ),
            "event_types" => Reply::json(
                200,
                &json!({"tipo_eventos": [
                    {"id": "8c98ae18-eeb4-45e7-abf5-7fd4ce006438", "nombre": "Paquete recolectado",
                     "descripción": "", "etapa": "recolecta"},
                    {"id": "43ce2ff6-c161-4faa-a1fb-ca5e98af0f02", "nombre": "Paquete entregado",
                     "descripción": "", "etapa": "entrega"},
                ]}),
            ),
            "web_url" => Reply::json(200, &json!({"url_consulta_web": "https://logistica.fruno.com/a/1/consulta"})),
            "label" => Reply::new(200, "application/pdf", LABEL),
            "image" => Reply::new(200, "image/png", PNG),
            "cancel" => {
                self.state = Some(json!({"estado": "cancelado"}));
                Reply::new(204, "", "")
            }
            _ => Reply::json(404, &json!({"type": "", "title": "no existe"})),
        }
    }

    fn mensajeros_urbanos(&mut self, asked: &Asked) -> Reply {
        let good = |message: &str, data: Value| {
            let href = "http://dev.api.mensajerosurbanos.com";
            let all = json!({
                "version": "v1", "status": "success", "status_code": 200, "message": message, "href": href,
                "data": data,
            });
            Reply::json(200, &all)
        };
        let task = json!({
            "task_id": 28852, "type_task_id": 4, "type_task": "Domicilios", "date_created": "2016-02-24",
            "total_value": 9000, "city_id": 1, "city": "Bogotá DC", "uuid": "56ce313b3235d", "status_id": 6,
            "status": "Cancelado",
            "address": [{"address": "Calle 134 # 57-20", "descripcion": null, "lat": "4.72", "log": "-74.06"},
                        {"address": "Carrera 20a #188a-25", "descripcion": null, "lat": "4.76", "log": "-74.04"}],
            "history": [{"status_id": "2", "status": "En espera", "date": "2015-12-11 15:46:23"},
                        {"status_id": "4", "status": "En Proceso", "date": "2015-12-11 15:46:39"},
                        {"status_id": "5", "status": "Finalizada", "date": "2015-12-11 16:22:25"}],
        });
        match asked.op {
            "token" => Reply::json(
                200,
                &json!({"scope": TEXT, "access_token": "d0590dfe87126ba6e8993ade0407307282cb693c", "expires_in": 3600,
                        "token_type": "Bearer"}),
            ),
            "quote" => good(
                TEXT,
                json!({"base_value": 2900, "distance_surcharge": 1000, "surcharge_stops": 0,
                       "roundtrip_surcharge": 1000, "total_service": 4900, "total_distance": 3,
                       "total_surcharge": 2000, "stops": 1, "add_distancia": 1, "surcharge_KM": 1000,
                       "roundtrip": 1}),
            ),
            "create" => {
                let uuid = format!("abc{}", self.next());
                let points = asked.json["coordinates"].as_array().cloned().unwrap_or_default();
                let addresses: Vec<Value> = points
                    .iter()
                    .map(|point| {
                        json!({"address": point["address"], "descripcion": point["description"], "lat": 4.6,
                               "log": -74.0, "status": 0})
                    })
                    .collect();
                let today = now();
                self.made.push(json!({
                    "task_id": 70_000 + self.next(), "start_date": &today[..10], "start_time": "11:43:02",
                    "type_task": "Express", "date_created": &today[..10], "total_value": 6900, "city_id": 1,
                    "city": "Bogotá DC", "uuid": uuid, "status_id": 1, "status": "Creada", "address": addresses,
                    "history": [],
                }));
                let data =
                    json!({"uuid": uuid, "status": 1, "total": 6900, "date": "2016-06-22 11:11:33", "distance": 3});
                good(TEXT, data)
            }
            "list" => {
                let active = bare(&asked.json["type"]) == "1";
                let mut other = task.clone();
                other["task_id"] = json!(9000);
                other["uuid"] = json!("9000");
                other["address"][0]["descripcion"] = json!(TEXT);
                let mut first = task;
                first["status_id"] = json!(1);
                first["status"] = json!("Creada");
                let mut all = if active { vec![first, other] } else { Vec::new() };
                if active {
                    all.extend(self.made.iter().cloned());
                }
                let page = bare(&asked.json["page"]).parse::<usize>().unwrap_or(1).max(1);
                let pages = all.len().div_ceil(self.per_page).max(1);
                let shown: Vec<Value> = all.into_iter().skip((page - 1) * self.per_page).take(self.per_page).collect();
                good("OK", json!({"total_pages": pages, "result": shown}))
            }
            "track" => {
                let same = |made: &Value, name: &str| bare(&made[name]) == bare(&asked.json[name]);
                let is = |made: &&Value| same(made, "task_id") || same(made, "uuid");
                let mut found = self.made.iter().find(is).cloned().unwrap_or(task);
                for (name, value) in self.state.as_ref().and_then(Value::as_object).into_iter().flatten() {
                    found[name] = value.clone();
                }
                good(TEXT, found)
            }
            _ => Reply::json(404, &json!({"status": "error", "status_code": 404, "message": "no existe"})),
        }
    }

    fn mensajeros_urbanos_v2(&mut self, asked: &Asked) -> Reply {
        let good = |data: Value| {
            Reply::json(
                200,
                &json!({"version": "v2", "status": "success", "status_code": 200, "message": TEXT, "data": data}),
            )
        };
        match asked.op {
            "quote" => good(json!({
                "base_value": 2900, "distance_surcharge": 1000, "iva": 1000, "total_service": 4900,
                "total_distance": 3,
            })),
            "create" => {
                let uuid = format!("abc{}", self.next());
                self.made.push(json!({"uuid": uuid, "body": asked.json}));
                good(json!({"uuid": uuid, "status": 1, "total": 6900, "date": "2026-11-27 11:11:33"}))
            }
            "track" => {
                let mut task = json!({
                    "task_id": 28852, "uuid": asked.json["uuid"], "status_id": 2, "status": "on_hold",
                    "total_value": 9000, "city": "Bogotá",
                    "resource": {"name": "Ana", "phone": "3001234567", "plate_number": "ABC12D"},
                    "history": [{"status_id": 1, "status": "create", "date": "2026-11-27 15:46:23"},
                                {"status_id": 2, "status": "on_hold", "date": "2026-11-27 15:46:39"}],
                });
                for (name, value) in self.state.as_ref().and_then(Value::as_object).into_iter().flatten() {
                    task[name] = value.clone();
                }
                good(task)
            }
            "cancel" => {
                self.state = Some(json!({"status_id": 6, "status": "cancel"}));
                good(json!([]))
            }
            "store" => good(json!({"id": 8466})),
            _ => Reply::json(404, &json!({"status": "error", "status_code": 404, "message": "no existe"})),
        }
    }

    fn apunto(&mut self, asked: &Asked) -> Reply {
        let id = asked.path.split('/').nth(2).unwrap_or_default().to_owned();
        let sample = json!({
            "id": 123, "identification": "IMP-001-2024", "kind": "importation", "mode": "maritime",
            "status": "active", "client_ref": "REF-001", "contact": {"alias": "ACME", "name": TEXT},
            "currency": {"code": "MXN", "name": "Peso Mexicano"}, "goods_description": "Maquinaria industrial",
            "profit_amount": 5000.00, "services_count": 1, "tags": ["urgente", "cliente-vip"],
            "services": [{"id": 789, "identification": "SRV-001-2024", "mode": "maritime", "status": "active"}],
            "created_at": "2024-01-15T10:30:00Z", "updated_at": "2024-01-15T10:30:00Z",
        });
        match asked.op {
            "token" => Reply::json(200, &json!({"message": TEXT, "token": jwt()})),
            "create" => {
                let mut operation = asked.json["operation"].clone();
                operation["id"] = json!(self.next());
                operation["identification"] = json!(format!("DOM-{}-2026", self.next()));
                operation["status"] = json!("confirmed");
                operation["tags"] = operation["tag_list"].clone();
                operation["created_at"] = json!(now());
                operation["updated_at"] = json!(now());
                self.made.push(operation.clone());
                Reply::json(201, &json!({"message": TEXT, "operation": operation}))
            }
            "list" => {
                let mut other = sample.clone();
                other["id"] = json!(9000);
                other["created_at"] = json!(now());
                let mut all = vec![sample, other];
                all[0]["contact"]["name"] = json!("ACME SA DE CV");
                all.extend(self.made.iter().cloned());
                for operation in &mut all {
                    // Tags and services stand in the detail alone.
                    if let Value::Object(operation) = operation {
                        operation.retain(|name, _| !["tags", "tag_list", "services"].contains(&name.as_str()));
                    }
                }
                let number = |name: &str, default: usize| {
                    asked.param(name).and_then(|text| text.parse().ok()).unwrap_or(default)
                };
                let (page, per_page) = (number("page", 1).max(1), number("per_page", 25).min(self.per_page).max(1));
                let total = all.len();
                let shown: Vec<Value> = all.into_iter().skip((page - 1) * per_page).take(per_page).collect();
                let pagination = json!({"page": page, "per_page": per_page, "total": total});
                Reply::json(200, &json!({"operations": shown, "pagination": pagination}))
            }
            "track" => {
                let mut found = self.made.iter().find(|made| bare(&made["id"]) == id).cloned().unwrap_or(sample);
                if found["id"] == 123 && id != "123" {
                    found["id"] = json!(id.parse::<u64>().unwrap_or(9000));
                    found["services"] = json!([]);
                }
                for (name, value) in self.state.as_ref().and_then(Value::as_object).into_iter().flatten() {
                    found[name] = value.clone();
                }
                Reply::json(200, &json!({"operation": found}))
            }
            "cancel" => {
                self.state = Some(json!({"status": "canceled"}));
                let number: u64 = id.parse().unwrap_or_default();
                let operation = json!({"id": number, "status": "canceled", "updated_at": now()});
                Reply::json(200, &json!({"message": TEXT, "operation": operation}))
            }
            "delete" => Reply::json(200, &json!({"message": TEXT})),
            "service" => Reply::json(
                200,
                &json!({
                    "services": [{
                        "id": 789, "observations": TEXT, "mode": "maritime", "status": "active",
                        "etd_date": "2024-01-20", "eta_date": "2024-02-15", "pickup_date": "2024-01-18",
                        "delivery_date": null, "operation": {"id": 123},
                    }],
                    "pagination": {"page": 1, "per_page": 100, "total": 1},
                }),
            ),
            // How it matches isn't documented: the list has to do without it.
            "search" => Reply::json(200, &json!({"operations": []})),
            "reasons" => {
                let reasons = json!([{"id": 4, "name": REASON, "description": TEXT, "status": "active"}]);
                Reply::json(200, &json!({"operation_cancellation_reasons": reasons}))
            }
            "service_reasons" => {
                let reasons = json!([{"id": 7, "name": REASON, "description": null, "status": "active"}]);
                Reply::json(200, &json!({"service_cancellation_reasons": reasons}))
            }
            "service_cancel" => {
                Reply::json(200, &json!({"message": TEXT, "service": {"id": 789, "status": "canceled"}}))
            }
            "contacts" => Reply::json(
                200,
                &json!({"contacts": [{"id": 1, "alias": "ACME", "name": TEXT, "kind": ["client"], "status": "active"}],
                        "pagination": {"current_page": 1, "total_pages": 1, "total_count": 1}}),
            ),
            _ => Reply::json(404, &json!({"error": "not found."})),
        }
    }

    fn almex(&mut self, asked: &Asked) -> Reply {
        let good = |response: Value| {
            Reply::json(200, &json!({"message": TEXT, "success": true, "code": 200, "response": response}))
        };
        match asked.op {
            "token" => good(json!({"token": jwt(), "refreshToken": "2ep2/QZ+GirsSpVKUmeuN54qN"})),
            "quote" => good(json!([{"service": "Terrestre", "total": 350, "currency": "MXN"}])),
            "create" => {
                let waybill = format!("0700000{}", self.next());
                self.made.push(json!({"waybill": waybill, "body": asked.json}));
                good(json!({"trackingNumber": waybill, "pickupRequestId": waybill}))
            }
            "track" => good(json!({
                "idEvent": 88_983_549, "trackingIdEvent": 4, "descriptionEvent": "Mercancía Entregada",
                "description2Event": "Goods delivered", "dateLastEvent": "2020-06-10T16:02:38.363",
                "hourLastEvent": "2020-06-10T16:02:38.363", "referenceEvent": "0 MONTERREY (SUC. GUERRERO)",
                "officeName": "MONTERREY (SUC. GUERRERO)", "tractor": {"operatorName": "", "tractorNumber": ""},
            })),
            "document" => {
                good(json!({"url": "http://imagenguias.almex.com.mx/imgCte.asp?Q5fr2ytYSTP55xrRvdrkps4wtQOP0dNB"}))
            }
            _ => Reply::json(404, &json!({"statusCode": 404, "message": "Resource not found"})),
        }
    }
}

/// A number or a text, as text.
fn bare(value: &Value) -> String {
    value.to_string().trim_matches('"').to_owned()
}

/// A token that ends in the year 2100.
fn jwt() -> &'static str {
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjQxMDI0NDQ4MDB9.DtUXYD892zImsjpOjQBzHSGeDiMGJr4XcfdnMafp6c"
}

/// Now, as RFC 3339 in UTC.
pub fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |past| past.as_secs());
    instant(i64::try_from(seconds).unwrap_or_default())
}

/// The date this many days from today, in UTC.
pub fn day(from_today: i64) -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |past| past.as_secs());
    instant(i64::try_from(seconds).unwrap_or_default() + from_today * 86_400)[..10].to_owned()
}

fn instant(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days to a civil date, by Howard Hinnant's algorithm.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest % 3600 / 60, rest % 60)
}
