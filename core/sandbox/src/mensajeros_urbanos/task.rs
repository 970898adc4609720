//! A task: its two shapes (a number in one is a text in the other), and the text that the carrier pushes about it.

use super::check::{Order, Point};
use super::progress::{Progress, Stage};
use super::reply::{Answer, COURIER, COURIER_PHONE, PHOTO, PLATE, put_finish};
use super::settings::{Finish, Place, Settings};
use super::{bogota, fare};
use jiff::Timestamp;
use serde_json::{Value, json};

const STOP: i64 = 18_342;

#[derive(Debug)]
pub(super) struct Task {
    pub(super) id: i64,
    pub(super) uuid: String,
    pub(super) progress: Progress,
    pub(super) created: Timestamp,
    /// The company's user who ordered it.
    pub(super) user: i64,
    order: Order,
    total: i64,
    distance: i64,
}

impl Task {
    pub(super) fn new(id: i64, uuid: String, order: Order, user: i64, full_breakdown: bool, now: Timestamp) -> Self {
        Task {
            id,
            uuid,
            progress: Progress::new(now),
            created: now,
            total: fare::total(&order, full_breakdown),
            distance: fare::distance(&order),
            user,
            order,
        }
    }

    pub(super) fn reference(&self) -> Option<&str> {
        self.order.reference()
    }

    /// The data of the reply of `/delivery/create`. The API reference's says 2 for a service that has only just been made.
    pub(super) fn receipt(&self, task_id: bool) -> Value {
        let mut receipt = json!({
            "uuid": self.uuid,
            "status": 2,
            "total": self.total,
            "date": moment(self.created),
            "distance": self.distance,
        });
        if task_id {
            receipt["task_id"] = self.id.into();
        }
        receipt
    }

    /// A row of `tasksP`.
    pub(super) fn row(&self, settings: &Settings) -> Value {
        let start = self.order.start.unwrap_or_else(|| bogota(self.created));
        let visited = i64::from(self.progress.stage == Stage::Finished);
        let address = |point: &Point| {
            let (lat, lng) = fare::place(point, self.order.city);
            json!({
                "address": point.address,
                "address_": format!("{} ", point.address.trim()),
                "descripcion": point.description,
                "lat": lat,
                "log": lng,
                "status": visited,
            })
        };
        let mut row = json!({
            "task_id": self.id,
            "type_task_id": self.order.kind,
            "start_date": start.strftime("%Y-%m-%d").to_string(),
            "start_time": start.strftime("%H:%M:%S").to_string(),
            "type_task": self.kind(),
            "date_created": day(self.created),
            "total_value": self.total,
            "city_id": self.order.city,
            "city": self.city(),
            "status_payout_id": 3,
            "status_payout": "Pospago",
            "uuid": self.uuid,
            "distance": self.distance,
            "status_id": self.progress.stage.id(),
            "status": self.progress.stage.spanish(),
            "address": self.route().map(address).collect::<Value>(),
            "history": self.history(),
            "invoice": false,
        });
        self.put_finish(&mut row, settings);
        row
    }

    /// Where it says how the delivery ended. The API reference never does: by default only a failed one tells.
    fn finish(&self, settings: &Settings) -> Finish {
        settings.finish_status.unwrap_or(if self.progress.failed { Finish::BOTH } else { Finish::NOWHERE })
    }

    fn put_finish(&self, data: &mut Value, settings: &Settings) {
        let finish = self.finish(settings);
        if finish.track {
            put_finish(data, &self.progress);
        }
        if let Some(last) = data["history"].as_array_mut().and_then(|lines| lines.last_mut()).filter(|_| finish.history)
        {
            put_finish(last, &self.progress);
        }
    }

    /// The data of the reply of `/task`.
    pub(super) fn detail(&self, settings: &Settings) -> Answer {
        let address = |point: &Point| {
            let (lat, lng) = fare::place(point, self.order.city);
            json!({
                "address": point.address,
                "descripcion": point.description,
                "lat": lat.to_string(),
                "log": lng.to_string(),
            })
        };
        let mut data = json!({
            "task_id": self.id,
            "type_task_id": self.order.kind,
            "type_task": self.kind(),
            "date_created": day(self.created),
            "total_value": self.total,
            "city_id": self.order.city,
            "city": self.city(),
            "status_payout_id": 3,
            "status_payout": "Pospago",
            "uuid": self.uuid,
            "status_id": self.progress.stage.id(),
            "status": self.progress.stage.spanish(),
            "address": self.route().map(address).collect::<Value>(),
            "history": self.history(),
        });
        self.put_finish(&mut data, settings);
        let mut answer = Answer::of(data);
        let resource = settings.resource.unwrap_or(Place::Absent);
        answer.put_resource(resource, settings.resource_list, self.progress.stage);
        answer
    }

    /// What the sandbox tells a test.
    pub(super) fn summary(&self) -> Value {
        let points = &self.order.points;
        let deliveries = || points.iter().filter(|point| !point.pickup);
        let descriptions: Vec<_> = points.iter().map(|p| &p.description).collect();
        json!({
            "id": self.uuid,
            "api": "2016",
            "reference": self.reference(),
            "status": self.progress.stage.word(),
            "status_id": self.progress.stage.id(),
            "task_id": self.id,
            "total": self.total,
            "description": deliveries().find_map(|p| p.description.clone()),
            "descriptions": descriptions,
            "observation": self.order.observation,
        })
    }

    /// The text that is posted to the shop, with the API reference's spaces and its `NULL`, which is no JSON. The fields that the
    /// API reference doesn't have come after its own.
    pub(super) fn push(&self, token: Option<&str>, settings: &Settings, now: Timestamp) -> String {
        let quoted = |text: &str| Value::from(text).to_string();
        let number = |n: i64| if settings.numbers_as_text { quoted(&n.to_string()) } else { n.to_string() };
        let host = "dev.front.mentajerosurbanos.com/track-service-external#?uuid=";
        let url = quoted(&format!("{host}{}", self.uuid));
        let null = || "NULL".to_owned();
        let progress = &self.progress;
        let with_courier = (Stage::Assigned..=Stage::Finished).contains(&progress.stage);
        let (courier, phone, url) = if with_courier { (COURIER, COURIER_PHONE, url) } else { ("", 0, null()) };
        let (place, place_status) = match (progress.stage, progress.stop) {
            (_, Some(stop)) if settings.counted_stops == Some(true) => (number(stop.place), number(stop.status)),
            (Stage::Assigned, _) => (null(), null()),
            (Stage::InProgress, _) => (number(STOP), number(1)),
            _ => (number(0), number(0)),
        };
        let date = bogota(now).strftime("%Y - %m - %d %H: %M: %S");
        let mut details = vec![
            format!("        \"uuid\": {}", quoted(&self.uuid)),
            format!("        \"mensajero\": {}", quoted(courier)),
            format!("        \"status\": {}", quoted(progress.stage.word())),
            format!("        \"status_id\": {}", number(progress.stage.id())),
            format!("        \"phone\": {}", number(phone)),
            format!("        \"num_place\":{place}"),
            format!("        \"status_place\": {place_status}"),
            format!("        \"url\":{url}"),
        ];
        let finish = self.finish(settings).push;
        if let Some(status) = progress.finish_status().filter(|_| finish) {
            let (kind, description) = progress.finish_reason();
            details.push(format!("        \"finish_status\": {}", number(status)));
            details.push(format!("        \"finish_type\": {}", quoted(kind)));
            details.push(format!("        \"finish_description\": {}", quoted(description)));
        }
        if with_courier && settings.resource.is_some_and(|place| place != Place::Absent) {
            details.push(format!("        \"vehicle_plate\": {}", quoted(PLATE)));
            details.push(format!("        \"photo_url\": {}", quoted(PHOTO)));
        }
        let mut lines = vec!["{".to_owned()];
        lines.extend(token.map(|token| format!("    \"token\": {},", quoted(token))));
        lines.extend([format!("    \"date\": \"{date}\","), "    \"details\": {".to_owned()]);
        lines.extend([details.join(",\n"), "    }".to_owned(), "}".to_owned()]);
        lines.join("\n")
    }

    /// The points in order; a round trip ends where it began (both samples of the API reference).
    fn route(&self) -> impl Iterator<Item = &Point> {
        let points = &self.order.points;
        let back = points.first().filter(|_| self.order.round_trip);
        points.iter().chain(back)
    }

    fn history(&self) -> Value {
        let line = |(stage, at): &(Stage, Timestamp)| {
            json!({
                "status_id": stage.id().to_string(),
                "status": stage.spanish(),
                "date": moment(*at),
            })
        };
        self.progress.history.iter().map(line).collect()
    }

    /// API reference: 1 is "Express", 4 "Domicilios"; the others it does not name.
    fn kind(&self) -> String {
        match self.order.kind {
            1 => "Express".to_owned(),
            4 => "Domicilios".to_owned(),
            other => format!("Servicio {other}"),
        }
    }

    fn city(&self) -> &'static str {
        match self.order.city {
            2 => "Cali",
            3 => "Medellín",
            4 => "Barranquilla",
            5 => "Villavicencio",
            8 => "Cartagena",
            9 => "Santa Marta",
            10 => "Bucaramanga",
            11 => "Ibagué",
            _ => "Bogotá DC",
        }
    }
}

pub(super) fn moment(at: Timestamp) -> String {
    bogota(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn day(at: Timestamp) -> String {
    bogota(at).strftime("%Y-%m-%d").to_string()
}
