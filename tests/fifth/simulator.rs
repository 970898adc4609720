//! Quetzal, simulated: a carrier that doesn't exist. See `tests/fifth/run`.

use super::{Request, Response, Simulator, util};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

const RATES: &str = "POST /rates";
const CREATE: &str = "POST /parcels";
const GET: &str = "GET /parcels/{waybill}";

#[derive(Default)]
pub(super) struct Quetzal {
    /// Where each parcel is: its place is its waybill's number.
    parcels: Vec<&'static str>,
}

impl Quetzal {
    pub(super) fn new() -> Self {
        Self::default()
    }
}

impl Simulator for Quetzal {
    fn operations(&self) -> &'static [&'static str] {
        &[RATES, CREATE, GET]
    }

    fn account(&self) -> Value {
        json!({"api_key": "sandbox-llave"})
    }

    fn handle(&mut self, request: &Request, _now: Timestamp) -> Response {
        if request.header("x-api-key") != Some("sandbox-llave") {
            return Response::json(401, &json!({"error": "wrong key"}));
        }
        let body = request.json().unwrap_or_default();
        match request.operation {
            Some(RATES | CREATE) if body["to"] == "nowhere" => {
                Response::json(422, &json!({"error": "unknown city", "field": "to"}))
            }
            Some(RATES) => {
                Response::json(200, &json!({"services": [{"code": "std", "name": "Standard", "price": "35.50"}]}))
            }
            Some(CREATE) => {
                self.parcels.push("made");
                Response::json(201, &json!({"waybill": format!("Q{:05}", self.parcels.len()), "status": "made"}))
            }
            Some(GET) => match self.find(request.param(0)) {
                Some(status) => {
                    let event = json!({"at": "2026-06-10T16:02:38", "status": status});
                    Response::json(200, &json!({"status": status, "events": [event]}))
                }
                None => Response::json(404, &json!({"error": "unknown waybill"})),
            },
            _ => Response::json(404, &json!({"error": "unknown path"})),
        }
    }

    fn shipments(&mut self, _now: Timestamp) -> Value {
        let parcel = |(at, status)| json!({"id": format!("Q{:05}", at + 1), "reference": null, "status": status});
        self.parcels.iter().enumerate().map(parcel).collect()
    }

    fn advance(&mut self, id: &str, _to: Option<&str>, _now: Timestamp) -> Result<Value, String> {
        *self.find(id).ok_or("no such parcel")? = "delivered";
        Ok(json!({"id": id, "status": "delivered"}))
    }

    fn settings(&mut self, settings: &Map<String, Value>) -> Result<(), String> {
        settings.iter().try_for_each(|(name, value)| {
            util::text(name, value)?;
            Err(format!("quetzal has no setting {name:?}"))
        })
    }
}

impl Quetzal {
    fn find(&mut self, waybill: &str) -> Option<&mut &'static str> {
        let number: usize = waybill.strip_prefix('Q')?.parse().ok()?;
        self.parcels.get_mut(number.checked_sub(1)?)
    }
}
