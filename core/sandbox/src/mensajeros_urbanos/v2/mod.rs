//! The second generation, "Domicilios API v2": six calls with a fixed token in the body, one delivery a service, stores by their id.
//! Written from public integrations; each point that they disagree about is a setting. Here: the gate, the stores and the services.

mod check;
mod places;
mod service;

use super::super::Request;
use super::progress::Stage;
use super::reply::{Answer, Refusal};
use super::settings::{CancelReply, CreateUuid, DeclaredValue, Repeated, Settings, StoreBy, UnknownUuid};
use super::{WEBHOOK_TOKEN, bogota};
use check::{Hook, Order, Rules};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use service::{Fare, Service};

pub(super) const QUOTE: &str = "POST /api/calculate";
pub(super) const CREATE: &str = "POST /api/create";
pub(super) const TRACK: &str = "POST /api/track";
pub(super) const CANCEL: &str = "POST /api/cancel";
pub(super) const ADD_STORE: &str = "POST /api/Add-store";
pub(super) const WEBHOOK: &str = "POST /api/webhook";

pub(super) const TOKEN: &str = "sandbox-v2-token";
pub(super) const STORE: &str = "SANDBOX-1";
/// Far from the numbers of the older generation's tasks.
const FIRST_SERVICE: i64 = 7_100_001;
const FIRST_STORE: i64 = 8466;

/// A company that uses the API.
#[derive(Debug)]
struct Company {
    token: String,
    webhook_token: Option<String>,
    hook: Option<Hook>,
}

#[derive(Debug)]
struct Store {
    /// The carrier's own number, as a text.
    id: String,
    id_point: String,
    address: String,
    parking: i64,
}

#[derive(Default)]
pub(super) struct V2 {
    /// Those that were let in, after the fixed one.
    companies: Vec<Company>,
    stores: Vec<Store>,
    services: Vec<Service>,
}

impl V2 {
    pub(super) fn new() -> Self {
        let mut v2 = V2::default();
        v2.company(TOKEN, None);
        v2.store(STORE.to_owned(), "Cra 48 # 10-45".to_owned(), 0);
        v2
    }

    fn company(&mut self, token: &str, webhook_token: Option<String>) {
        self.companies.push(Company { token: token.to_owned(), webhook_token, hook: None });
    }

    fn store(&mut self, id_point: String, address: String, parking: i64) -> String {
        let id = (FIRST_STORE + i64::try_from(self.stores.len()).unwrap_or_default()).to_string();
        self.stores.push(Store { id: id.clone(), id_point, address, parking });
        id
    }

    /// Lets a company in, and with it the store that its account names.
    pub(super) fn admit(&mut self, account: &Map<String, Value>) {
        let text = |name: &str| account.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(token) = text("token") {
            self.company(&token, text("webhook_token"));
        }
        if let Some(store) = text("store_id").filter(|id| !self.stores.iter().any(|store| store.id_point == *id)) {
            self.store(store, "Calle 10 # 43-21".to_owned(), 0);
        }
    }

    pub(super) fn uuids(&self) -> impl Iterator<Item = &str> {
        self.services.iter().map(|service| service.uuid.as_str())
    }

    pub(super) fn launch(&mut self, now: Timestamp) {
        self.services.iter_mut().for_each(|service| service.launch(now));
    }

    /// `uuid` is for the service that the request may make; `expired` makes a good token a bad one.
    pub(super) fn handle(
        &mut self,
        request: &Request,
        settings: &Settings,
        expired: bool,
        uuid: String,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let invalid = |message| Refusal::new(settings.bad_body_status, message);
        if request.content_type().as_deref() != Some("application/json") {
            return Err(invalid("[Content-Type] The header must be application/json\n".to_owned()));
        }
        let body = request.json().ok().filter(Value::is_object);
        let body = body.ok_or_else(|| invalid("[body] The body is not a JSON object\n".to_owned()))?;
        let cancel = (request.operation == Some(CANCEL)).then_some(settings.cancel_token);
        let token = check::token(&body, cancel).unwrap_or_default();
        let company = self.companies.iter_mut().rev().find(|company| company.token == token);
        let Some(company) = company.filter(|_| !expired) else {
            return Err(Refusal::new(settings.bad_token_status, "Invalid token"));
        };
        match request.operation {
            Some(QUOTE) => {
                let price = check::price(&body, settings).map_err(invalid)?;
                judge(settings, &[&price.from, &price.to], price.declared_value)?;
                Ok(Answer::of(quote(&price, settings)))
            }
            Some(CREATE) => {
                let stores: Vec<&str> = self.stores.iter().flat_map(|store| store.ids(settings.store_by)).collect();
                let rules = Rules { settings, now: bogota(now), stores: &stores };
                let order = check::order(&body, &rules).map_err(invalid)?;
                judge(settings, &[&order.address], order.declared_value)?;
                if settings.no_balance {
                    return Err(Refusal::new(400, "La empresa no tiene saldo suficiente para crear el servicio"));
                }
                if settings.create_uuid == CreateUuid::NotMade {
                    return Ok(Answer::of(json!({"error": 1})));
                }
                self.create(order, token.to_owned(), settings, uuid, now)
            }
            Some(TRACK) => {
                let uuid = check::track(&body).map_err(invalid)?;
                let Some(service) = self.find(&uuid) else { return unknown(settings) };
                let mut answer = service.detail(settings);
                if settings.track_list {
                    answer.data = answer.data.map(|data| json!([data]));
                }
                Ok(answer)
            }
            Some(CANCEL) => {
                let uuid = check::cancel(&body).map_err(invalid)?;
                self.cancel(&uuid, settings, now)
            }
            Some(ADD_STORE) => {
                let new = check::new_store(&body, settings).map_err(invalid)?;
                if self.stores.iter().any(|store| store.id_point == new.id_point) {
                    return Err(Refusal::new(400, format!("El punto {} ya existe", new.id_point)));
                }
                let id = self.store(new.id_point, new.address, new.parking);
                Ok(Answer::of(json!({"id": id})))
            }
            Some(WEBHOOK) => {
                company.hook = Some(check::hook(&body).map_err(invalid)?);
                Ok(Answer::default())
            }
            _ => Err(Refusal::new(404, "Not Found")),
        }
    }

    fn find(&mut self, uuid: &str) -> Option<&mut Service> {
        self.services.iter_mut().find(|service| service.uuid == uuid)
    }

    fn create(
        &mut self,
        order: Order,
        owner: String,
        settings: &Settings,
        uuid: String,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let same = |service: &&Service| service.owner == owner && service.order.order_id == order.order_id;
        if settings.repeated_order_id != Repeated::Another
            && let Some(first) = self.services.iter().find(same)
        {
            return match settings.repeated_order_id {
                Repeated::Same => Ok(Answer::of(first.receipt(settings))),
                _ => Err(Refusal::new(400, format!("El pedido {} ya existe", order.order_id))),
            };
        }
        let store = self.stores.iter().find(|store| store.ids(settings.store_by).any(|id| id == order.store_id));
        let (from, parking) = store.map_or_else(Default::default, |store| (store.address.clone(), store.parking));
        let price =
            Fare::new(&from, &order.address, order.round_trip, order.declared_value, parking, settings.full_breakdown);
        let id = FIRST_SERVICE + i64::try_from(self.services.len()).unwrap_or_default();
        let service = Service::new(id, uuid, owner, order, from, price, now);
        let answer = Answer::of(service.receipt(settings));
        self.services.push(service);
        Ok(answer)
    }

    /// Only before a courier has accepted.
    fn cancel(&mut self, uuid: &str, settings: &Settings, now: Timestamp) -> Result<Answer, Refusal> {
        let Some(service) = self.find(uuid) else { return unknown(settings) };
        let stage = service.progress.stage;
        let free = stage < Stage::Assigned || (settings.cancel_any_time && stage != Stage::Finished);
        if !free {
            let text = format!("El servicio no se puede cancelar: está en estado {}", stage.spanish());
            return Err(Refusal::new(400, text));
        }
        service.progress.advance(Some(Stage::Cancelled.word()), now).map_err(|text| Refusal::new(400, text))?;
        Ok(match settings.cancel_reply {
            CancelReply::Absent => Answer::default(),
            CancelReply::EmptyList => Answer::of(json!([])),
            CancelReply::Object => Answer::of(json!({
                "uuid": service.uuid,
                "status_id": service.progress.stage.id(),
                "status": service.progress.stage.spanish(),
            })),
        })
    }

    pub(super) fn shipments(&self) -> impl Iterator<Item = Value> + '_ {
        self.services.iter().map(Service::summary)
    }

    /// Moves a service on, where the id is one's: what it is now, and the push that tells the shop.
    pub(super) fn advance(
        &mut self,
        id: &str,
        number: Option<i64>,
        to: Option<&str>,
        settings: &Settings,
        now: Timestamp,
    ) -> Option<Result<Value, String>> {
        let services = &mut self.services;
        let place = services.iter().position(|service| service.uuid == id);
        let place = place.or_else(|| services.iter().position(|service| Some(service.id) == number))?;
        let service = services.get_mut(place)?;
        if let Err(error) = service.progress.advance(to, now) {
            return Some(Err(error));
        }
        let company = self.companies.iter().rev().find(|company| company.token == service.owner);
        let hook = company.and_then(|company| company.hook.as_ref());
        let own = company.and_then(|company| company.webhook_token.as_deref());
        let registered = hook.and_then(|hook| hook.secret.as_deref());
        let secret = settings.webhook_token.as_deref().or(registered).or(own).unwrap_or(WEBHOOK_TOKEN);
        let (body, header) = settings.push_secret.unwrap_or((true, true));
        let kind = hook.and_then(|hook| hook.kind.as_deref());
        let push = service.push(body.then_some(secret), kind, settings, now);
        Some(Ok(json!({
            "id": service.uuid,
            "task_id": service.id,
            "status": service.progress.stage.word(),
            "status_id": service.progress.stage.id(),
            "push": push.to_string(),
            "push_headers": super::push_headers(header.then_some(secret)),
            "push_url": hook.map(|hook| hook.endpoint.as_str()),
        })))
    }
}

impl Store {
    /// What `store_id` may be.
    fn ids(&self, by: StoreBy) -> impl Iterator<Item = &str> {
        let own = (by != StoreBy::Id).then_some(self.id_point.as_str());
        let given = (by != StoreBy::IdPoint).then_some(self.id.as_str());
        own.into_iter().chain(given)
    }
}

/// The answer about a service that does not exist.
fn unknown(settings: &Settings) -> Result<Answer, Refusal> {
    match settings.unknown_uuid {
        UnknownUuid::Refused(status) => Err(Refusal::new(status, "El servicio no existe")),
        UnknownUuid::Empty => Ok(Answer::of(json!([]))),
    }
}

/// What is refused of a body that is well formed.
fn judge(settings: &Settings, addresses: &[&String], declared_value: i64) -> Result<(), Refusal> {
    if let Some(unknown) = &settings.unknown_address
        && let Some(address) = addresses.iter().find(|address| address.contains(unknown.as_str()))
    {
        return Err(Refusal::new(400, format!("No fue posible encontrar la dirección {address}")));
    }
    let above = |max| u64::try_from(declared_value).is_ok_and(|value| value > max);
    if settings.declared_value_max.is_some_and(above) {
        return Err(Refusal::new(400, format!("El valor declarado {declared_value} no es válido")));
    }
    Ok(())
}

/// The data of the reply of `/api/calculate`.
fn quote(price: &check::Price, settings: &Settings) -> Value {
    let check::Price { round_trip, declared_value, parking, from, to } = price;
    let fare = Fare::new(from, to, *round_trip, *declared_value, *parking, settings.full_breakdown);
    let mut data = fare.breakdown(settings);
    let declared = match settings.quote_declared_value {
        DeclaredValue::Value => Some(*declared_value),
        DeclaredValue::Charge => Some(super::fare::insurance(*declared_value)),
        DeclaredValue::Absent => None,
    };
    data.extend(declared.map(|declared| ("declared_value".to_owned(), declared.into())));
    data.into()
}
