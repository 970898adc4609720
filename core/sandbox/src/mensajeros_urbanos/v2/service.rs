//! A service of the second generation: what each reply and the push say about it.

use super::super::progress::{Progress, Stage};
use super::super::reply::{Answer, COURIER, COURIER_PHONE, PHOTO, PLATE, numbers_as_text, put_finish};
use super::super::settings::{CreateUuid, Finish, Place, Settings};
use super::super::task::moment;
use super::super::{bogota, fare};
use super::check::Order;
use super::places;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

/// A service with a later start is launched so long before it.
const LAUNCH: SignedDuration = SignedDuration::from_mins(15);
const COMPANY: i64 = 77;

#[derive(Debug)]
pub(super) struct Service {
    pub(super) id: i64,
    pub(super) uuid: String,
    /// The token of the company that ordered it.
    pub(super) owner: String,
    pub(super) progress: Progress,
    pub(super) order: Order,
    pub(super) price: Fare,
    pub(super) from: String,
    created: Timestamp,
}

/// Whole pesos and kilometres.
#[derive(Debug)]
pub(super) struct Fare {
    pub(super) distance: i64,
    by_distance: i64,
    back: i64,
    insurance: i64,
    parking: i64,
    iva: i64,
}

impl Fare {
    pub(super) fn new(from: &str, to: &str, round_trip: bool, declared_value: i64, parking: i64, full: bool) -> Self {
        // At most a dozen kilometres.
        let distance = fare::between(from, to).ceil() as i64;
        let mut fare = Fare {
            distance,
            by_distance: (distance - fare::BASE_KM).max(0) * fare::PER_KM,
            back: i64::from(round_trip) * fare::ROUND_TRIP,
            insurance: fare::insurance(declared_value),
            parking,
            iva: 0,
        };
        if full {
            fare.iva = fare::iva(fare.total());
        }
        fare
    }

    pub(super) fn total(&self) -> i64 {
        let parts = [fare::BASE, self.by_distance, self.back, self.insurance, self.parking, self.iva];
        parts.into_iter().fold(0, i64::saturating_add)
    }

    /// The data of the reply of `/api/calculate`, but for `declared_value`.
    pub(super) fn breakdown(&self, settings: &Settings) -> Map<String, Value> {
        let mut data = Map::new();
        let mut put = |name: &str, value: Value| data.insert(name.to_owned(), value);
        put("base_value", fare::BASE.into());
        put("distance_surcharge", self.by_distance.into());
        put("insurance_surcharge", self.insurance.into());
        if settings.total {
            put("total_service", self.total().into());
        }
        let distance =
            if settings.distance_as_text { format!("{} km", self.distance).into() } else { self.distance.into() };
        put("total_distance", distance);
        if settings.full_breakdown {
            put("iva", self.iva.into());
            put("parking_surcharge", self.parking.into());
            put("roundtrip_surcharge", self.back.into());
            put("surcharge_stops", 0.into());
            put("total_surcharge", (self.by_distance + self.back + self.insurance + self.parking).into());
            put("stops", 1.into());
            put("add_distancia", (self.distance - fare::BASE_KM).max(0).into());
            put("surcharge_KM", fare::PER_KM.into());
        }
        data
    }
}

impl Service {
    pub(super) fn new(
        id: i64,
        uuid: String,
        owner: String,
        order: Order,
        from: String,
        price: Fare,
        now: Timestamp,
    ) -> Self {
        let progress = Progress::new(now);
        let mut service = Service { id, uuid, owner, progress, order, price, from, created: now };
        service.launch(now);
        service
    }

    /// Looks for a courier as soon as the start is near.
    pub(super) fn launch(&mut self, now: Timestamp) {
        let soon = bogota(now).saturating_add(LAUNCH);
        if self.progress.stage == Stage::Created && self.order.start <= soon {
            // From the first stage to the second: always possible.
            let _ = self.progress.advance(Some(Stage::OnHold.word()), now);
        }
    }

    /// The data of the reply of `/api/create`.
    pub(super) fn receipt(&self, settings: &Settings) -> Value {
        let mut data = json!({
            "status": self.progress.stage.id(),
            "date": moment(self.created),
            "distance": self.price.distance,
            "error": 0,
        });
        if settings.create_uuid == CreateUuid::Given {
            data["uuid"] = self.uuid.clone().into();
        }
        if settings.total {
            data["total"] = self.price.total().into();
        }
        if settings.create_task_id != Some(false) {
            data["task_id"] = self.id.into();
        }
        data
    }

    /// The reply of `/api/track`.
    pub(super) fn detail(&self, settings: &Settings) -> Answer {
        let stage = self.progress.stage;
        let (city, number) = places::named(&self.order.place);
        let mut data = json!({
            "task_id": self.id,
            "uuid": self.uuid,
            "status_id": stage.id(),
            "status": stage.spanish(),
            "city_id": number,
            "city": city,
            "type_task": "Domicilios",
            "date_start": self.order.start.strftime("%Y-%m-%d").to_string(),
            "time_start": self.order.start.strftime("%H:%M:%S").to_string(),
        });
        if settings.total {
            data["total_value"] = self.price.total().into();
        }
        let finish = settings.finish_status.unwrap_or(Finish::BOTH);
        if finish.track {
            put_finish(&mut data, &self.progress);
        }
        let mut answer = Answer::of(data);
        answer.put(settings.address, "address", self.route(number.unwrap_or(1)));
        let resource = settings.resource.unwrap_or(Place::Data);
        answer.put_resource(resource, settings.resource_list, stage);
        let mut history = self.history(settings.history_events);
        if let Some(last) = history.last_mut().filter(|_| finish.history) {
            put_finish(last, &self.progress);
        }
        answer.put(settings.history, "history", history.into());
        answer
    }

    /// The store and the delivery; a round trip ends where it began.
    fn route(&self, city: i64) -> Value {
        let status = i64::from(self.progress.stage == Stage::Finished);
        let stop = |address: &str, description: &str| {
            let (lat, log) = fare::near(address, city);
            json!({
                "address": address,
                "descripcion": description,
                "lat": lat.to_string(),
                "log": log.to_string(),
                "status": status,
            })
        };
        let store = || stop(&self.from, &self.order.store_id);
        let mut route = vec![store(), stop(&self.order.address, &self.order.address_description)];
        if self.order.round_trip {
            route.push(store());
        }
        route.into()
    }

    fn history(&self, events: bool) -> Vec<Value> {
        let line = |(stage, at): &(Stage, Timestamp)| {
            if events {
                json!({"timestamp": moment(*at), "description": stage.spanish(), "location": null})
            } else {
                json!({"status_id": stage.id().to_string(), "status": stage.spanish(), "date": moment(*at)})
            }
        };
        self.progress.history.iter().map(line).collect()
    }

    /// What the sandbox tells a test.
    pub(super) fn summary(&self) -> Value {
        json!({
            "id": self.uuid,
            "api": "v2",
            "reference": self.order.order_id,
            "status": self.progress.stage.word(),
            "status_id": self.progress.stage.id(),
            "task_id": self.id,
            "total": self.price.total(),
            "store_id": self.order.store_id,
            "dane_code": self.order.place,
            "description": self.order.address_description,
            "descriptions": [self.order.description, self.order.address_description],
            "observation": self.order.observation,
        })
    }

    /// The JSON that is posted to the shop.
    pub(super) fn push(&self, token: Option<&str>, kind: Option<&str>, settings: &Settings, now: Timestamp) -> Value {
        let progress = &self.progress;
        let with_courier = (Stage::Assigned..=Stage::Finished).contains(&progress.stage);
        // Without a stop its status is 1 all the same.
        let (place, status) = progress.stop.map_or((0, 1), |stop| (stop.place, stop.status));
        let (place, status) =
            if settings.counted_stops == Some(false) && place > 0 { (18_342, 1) } else { (place, status) };
        let url = format!("plataforma.mensajeros.example/track-service-external#?uuid={}", self.uuid);
        let mut details = json!({
            "uuid": self.uuid,
            "mensajero": if with_courier { COURIER } else { "" },
            "status": progress.stage.word(),
            "status_id": progress.stage.id(),
            "phone": if with_courier { COURIER_PHONE } else { 0 },
            "num_place": place,
            "status_place": status,
            "url": url,
        });
        if with_courier {
            details["vehicle_plate"] = PLATE.into();
            details["photo_url"] = PHOTO.into();
        }
        if progress.stage == Stage::Assigned {
            // In seconds. One integration writes it in capitals.
            details[if settings.flat_push { "ETA" } else { "eta" }] = 540.into();
            details["unique_id_driver"] = 9931.into();
        }
        let finish = settings.finish_status.unwrap_or(Finish::BOTH).push;
        if let Some(status) = progress.finish_status().filter(|_| finish) {
            let (kind, description) = progress.finish_reason();
            details["finish_status"] = status.into();
            details["finish_type"] = kind.into();
            details["finish_description"] = description.into();
        }
        let mut root = json!({"id_company": COMPANY, "type": kind, "date": moment(now)});
        if let Some(token) = token {
            root["token"] = token.into();
        }
        let order_id = if settings.push_order_id_beside { &mut root } else { &mut details };
        order_id["order_id"] = self.order.order_id.clone().into();
        match (settings.flat_push, details) {
            (true, Value::Object(details)) => {
                root.as_object_mut().into_iter().for_each(|root| root.extend(details.clone()));
            }
            (_, details) => root["details"] = details,
        }
        if settings.numbers_as_text {
            numbers_as_text(&mut root);
        }
        root
    }
}
