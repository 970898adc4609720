//! A task: its stages, its two shapes (a number in one is a text in the other), and the text that the carrier pushes about it.

use super::check::{Order, Point};
use super::{bogota, fare};
use jiff::Timestamp;
use serde_json::{Value, json};

const COURIER: &str = "Jhonnatan DEV";
const COURIER_PHONE: i64 = 300_600_000;
const STOP: i64 = 18_342;

/// Document, "Url de seguimiento": the words are the push's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Created = 1,
    OnHold,
    Assigned,
    InProgress,
    Finished,
    Cancelled,
}

impl Stage {
    pub(super) const ALL: [Stage; 6] =
        [Stage::Created, Stage::OnHold, Stage::Assigned, Stage::InProgress, Stage::Finished, Stage::Cancelled];

    pub(super) fn id(self) -> i64 {
        self as i64
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Stage::Created => "create",
            Stage::OnHold => "on_hold",
            Stage::Assigned => "assigned",
            Stage::InProgress => "in_progress",
            Stage::Finished => "finished",
            Stage::Cancelled => "cancel",
        }
    }

    pub(super) fn named(name: &str) -> Option<Stage> {
        let name = match name {
            "created" => "create",
            "cancelled" | "canceled" => "cancel",
            other => other,
        };
        Stage::ALL.into_iter().find(|stage| stage.word() == name)
    }

    /// Document, "Servicios Activos" and "Detalle de un servicio".
    fn spanish(self) -> &'static str {
        match self {
            Stage::Created => "Creada",
            Stage::OnHold => "En espera",
            Stage::Assigned => "Asignada",
            Stage::InProgress => "En Proceso",
            Stage::Finished => "Finalizada",
            Stage::Cancelled => "Cancelado",
        }
    }

    pub(super) fn ended(self) -> bool {
        self >= Stage::Finished
    }

    pub(super) fn next(self) -> Option<Stage> {
        let next = || Stage::ALL.into_iter().find(|stage| *stage > self);
        (!self.ended()).then(next).flatten()
    }
}

#[derive(Debug)]
pub(super) struct Task {
    pub(super) id: i64,
    pub(super) uuid: String,
    pub(super) stage: Stage,
    pub(super) created: Timestamp,
    /// The company's user who ordered it.
    pub(super) user: i64,
    order: Order,
    total: i64,
    distance: i64,
    history: Vec<(Stage, Timestamp)>,
}

impl Task {
    pub(super) fn new(id: i64, uuid: String, order: Order, user: i64, now: Timestamp) -> Self {
        Task {
            id,
            uuid,
            stage: Stage::Created,
            created: now,
            total: fare::total(&order),
            distance: fare::distance(&order),
            history: vec![(Stage::Created, now)],
            user,
            order,
        }
    }

    /// Forward only, through every stage between; `in_progress` may come again, once for each stop, and any push may be repeated.
    pub(super) fn advance(&mut self, to: Stage, now: Timestamp) -> Result<(), String> {
        let again = to == self.stage;
        if again && to != Stage::InProgress {
            return Ok(());
        }
        if self.stage.ended() || to < self.stage {
            let (from, to) = (self.stage.word(), to.word());
            return Err(format!("a task that is {from:?} cannot become {to:?}"));
        }
        if to == Stage::Cancelled {
            // Document, "Detalle de un servicio": the cancelled sample has no line for it in its history.
            self.stage = to;
            return Ok(());
        }
        let passed = |stage: &Stage| (*stage > self.stage || again) && *stage <= to;
        let lines = Stage::ALL.into_iter().filter(passed);
        let lines: Vec<_> = lines.filter(|s| !again || *s == to).collect();
        self.history.extend(lines.into_iter().map(|stage| (stage, now)));
        self.stage = to;
        Ok(())
    }

    /// The data of the reply of `/delivery/create`. The API reference's says 2 for a service that has only just been made.
    pub(super) fn receipt(&self) -> Value {
        json!({
            "uuid": self.uuid,
            "status": 2,
            "total": self.total,
            "date": moment(self.created),
            "distance": self.distance,
        })
    }

    /// A row of `tasksP`.
    pub(super) fn row(&self) -> Value {
        let start = self.order.start.unwrap_or_else(|| bogota(self.created));
        let visited = i64::from(self.stage == Stage::Finished);
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
        json!({
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
            "status_id": self.stage.id(),
            "status": self.stage.spanish(),
            "address": self.route().map(address).collect::<Value>(),
            "history": self.history(),
            "invoice": false,
        })
    }

    /// The data of the reply of `/task`.
    pub(super) fn detail(&self) -> Value {
        let address = |point: &Point| {
            let (lat, lng) = fare::place(point, self.order.city);
            json!({
                "address": point.address,
                "descripcion": point.description,
                "lat": lat.to_string(),
                "log": lng.to_string(),
            })
        };
        json!({
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
            "status_id": self.stage.id(),
            "status": self.stage.spanish(),
            "address": self.route().map(address).collect::<Value>(),
            "history": self.history(),
        })
    }

    /// What the sandbox tells a test.
    pub(super) fn summary(&self) -> Value {
        let points = &self.order.points;
        let deliveries = || points.iter().filter(|point| !point.pickup);
        let reference = deliveries().chain(points).find_map(|p| p.order_id.clone());
        let descriptions: Vec<_> = points.iter().map(|p| &p.description).collect();
        json!({
            "id": self.uuid,
            "reference": reference,
            "status": self.stage.word(),
            "status_id": self.stage.id(),
            "task_id": self.id,
            "total": self.total,
            "description": deliveries().find_map(|p| p.description.clone()),
            "descriptions": descriptions,
            "observation": self.order.observation,
        })
    }

    /// The text that is posted to the shop, with the API reference's spaces and its `NULL`, which is no JSON.
    pub(super) fn push(&self, token: &str, now: Timestamp) -> String {
        let quoted = |text: &str| Value::from(text).to_string();
        let host = "dev.front.mentajerosurbanos.com/track-service-external#?uuid=";
        let url = quoted(&format!("{host}{}", self.uuid));
        let null = "NULL".to_owned();
        let (courier, phone, place, place_status, url) = match self.stage {
            Stage::Created | Stage::OnHold | Stage::Cancelled => ("", 0, "0".to_owned(), "0", null),
            Stage::Assigned => (COURIER, COURIER_PHONE, null, "NULL", url),
            Stage::InProgress => (COURIER, COURIER_PHONE, STOP.to_string(), "1", url),
            Stage::Finished => (COURIER, COURIER_PHONE, "0".to_owned(), "0", url),
        };
        let date = bogota(now).strftime("%Y - %m - %d %H: %M: %S");
        let lines = [
            "{".to_owned(),
            format!("    \"token\": {},", quoted(token)),
            format!("    \"date\": \"{date}\","),
            "    \"details\": {".to_owned(),
            format!("        \"uuid\": {},", quoted(&self.uuid)),
            format!("        \"mensajero\": {},", quoted(courier)),
            format!("        \"status\": {},", quoted(self.stage.word())),
            format!("        \"status_id\": {},", self.stage.id()),
            format!("        \"phone\": {phone},"),
            format!("        \"num_place\":{place},"),
            format!("        \"status_place\": {place_status},"),
            format!("        \"url\":{url}"),
            "    }".to_owned(),
            "}".to_owned(),
        ];
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
        self.history.iter().map(line).collect()
    }

    /// Document: 1 is "Express", 4 "Domicilios"; the others it does not name.
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

fn moment(at: Timestamp) -> String {
    bogota(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn day(at: Timestamp) -> String {
    bogota(at).strftime("%Y-%m-%d").to_string()
}
