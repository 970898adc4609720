//! A parcel's way through Fruno's four states, step by step. Not what is shown of it: that is `parcels`.

use super::super::Response;
use super::super::util::Ids;
use super::events::{self, Kind};
use super::{Outcome, problem};
use jiff::{SignedDuration, Timestamp};

/// Finer than the four states, for events come between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Made,
    Collected,
    AtHub,
    OnRoute,
    Delivered,
    Cancelled,
}

#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) kind: &'static Kind,
}

/// Where a parcel is and what happened to it.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) stage: Stage,
    pub(crate) made: Timestamp,
    pub(crate) collected: Option<Timestamp>,
    pub(crate) at_hub: Option<Timestamp>,
    pub(crate) delivered: Option<Timestamp>,
    pub(crate) left_at_hub: bool,
    pub(crate) returning: bool,
    pub(crate) events: Vec<Event>,
    pub(crate) comments: Vec<(Timestamp, String)>,
    pub(crate) pickup_image: Option<String>,
    pub(crate) delivery_image: Option<String>,
    automatic: u64,
}

impl Progress {
    pub(crate) fn new(made: Timestamp) -> Self {
        Progress {
            stage: Stage::Made,
            made,
            collected: None,
            at_hub: None,
            delivered: None,
            left_at_hub: false,
            returning: false,
            events: Vec::new(),
            comments: Vec::new(),
            pickup_image: None,
            delivery_image: None,
            automatic: 0,
        }
    }

    /// `estado` and `descripción_estado`.
    pub(crate) fn state(&self) -> (&'static str, &'static str) {
        match self.stage {
            Stage::Made => ("porrecolectar", "Por recolectar"),
            Stage::Collected | Stage::AtHub | Stage::OnRoute => ("entránsito", "En tránsito"),
            Stage::Delivered => ("entregado", "Entregado"),
            Stage::Cancelled => ("cancelado", "Cancelado"),
        }
    }

    fn ended(&self) -> bool {
        matches!(self.stage, Stage::Delivered | Stage::Cancelled)
    }

    fn note(&mut self, kind: &'static Kind, ids: &mut Ids, at: Timestamp) {
        let id = ids.uuid();
        self.events.push(Event { id, at, kind });
    }

    fn step(&mut self, ids: &mut Ids, at: Timestamp) {
        match self.stage {
            Stage::Made => {
                self.stage = Stage::Collected;
                self.collected = Some(at);
                self.pickup_image = Some(ids.uuid());
                let left = self.left_at_hub;
                let kind = if left { &events::LEFT_AT_HUB } else { &events::COLLECTED };
                self.note(kind, ids, at);
            }
            Stage::Collected => {
                self.stage = Stage::AtHub;
                self.at_hub = Some(at);
                self.note(&events::AT_HUB, ids, at);
            }
            Stage::AtHub => {
                self.stage = Stage::OnRoute;
                self.note(&events::ON_ROUTE, ids, at);
            }
            Stage::OnRoute => {
                self.stage = Stage::Delivered;
                self.delivered = Some(at);
                self.delivery_image = Some(ids.uuid());
                self.note(&events::DELIVERED, ids, at);
            }
            Stage::Delivered | Stage::Cancelled => {}
        }
    }

    fn reach(&mut self, stage: Stage, ids: &mut Ids, at: Timestamp) -> Result<(), String> {
        if self.ended() || self.stage > stage {
            return Err(format!("the parcel is {} already", self.state().0));
        }
        while self.stage < stage {
            self.step(ids, at);
        }
        Ok(())
    }

    /// What a control request asks for: the next stage, or one by name.
    pub(crate) fn advance(&mut self, to: Option<&str>, ids: &mut Ids, at: Timestamp) -> Result<(), String> {
        if self.ended() {
            return Err(format!("the parcel is {}", self.state().0));
        }
        match to {
            None => self.step(ids, at),
            Some("recolectado" | "entránsito") => self.reach(Stage::Collected, ids, at)?,
            Some("cedi") => self.reach(Stage::AtHub, ids, at)?,
            Some("ruta") => self.reach(Stage::OnRoute, ids, at)?,
            Some("entregado") => self.reach(Stage::Delivered, ids, at)?,
            Some("cancelado") => self.cancel(ids, at),
            Some("recolectado_en_cedi") => {
                self.left_at_hub |= self.stage == Stage::Made;
                self.reach(Stage::Collected, ids, at)?;
            }
            Some("rechazo") => {
                self.reach(Stage::OnRoute, ids, at)?;
                self.note(&events::REJECTED, ids, at);
            }
            Some("devolución") => {
                self.reach(Stage::OnRoute, ids, at)?;
                self.returning = true;
                self.note(&events::RETURNING, ids, at);
            }
            Some("avería") => {
                self.reach(Stage::OnRoute, ids, at)?;
                self.note(&events::BREAKDOWN, ids, at);
            }
            Some("no_encontrado") => {
                self.reach(Stage::Made, ids, at)?;
                self.note(&events::SENDER_AWAY, ids, at);
            }
            Some("dirección_incorrecta") => {
                self.reach(Stage::Made, ids, at)?;
                self.note(&events::WRONG_PICKUP, ids, at);
            }
            Some(other) => match other.strip_prefix("comentario:") {
                Some(text) => self.comments.push((at, text.trim().to_owned())),
                None => return Err(format!("no stage {other:?}")),
            },
        }
        Ok(())
    }

    fn cancel(&mut self, ids: &mut Ids, at: Timestamp) {
        let before = self.stage == Stage::Made;
        let kind = if before { &events::CANCELLED_BEFORE } else { &events::CANCELLED_AFTER };
        self.stage = Stage::Cancelled;
        self.note(kind, ids, at);
    }

    /// `PUT …/cancelar`. One section of the API reference allows it in transit, the section on cancelling says 403: the stricter one holds.
    /// `invalid`: the refusal is a 400 about the state, as the carrier's own PHP client expects it.
    pub(crate) fn cancel_by_request(&mut self, invalid: bool, ids: &mut Ids, at: Timestamp) -> Outcome {
        let refused = |title| {
            let error = "El paquete no se encuentra en un estado en el que pueda ser cancelado.";
            Err(if invalid {
                problem::invalid("cancelar", &[("estado", error)])
            } else {
                problem::new(403, "cancelar", title)
            })
        };
        match self.stage {
            Stage::Made => {
                self.cancel(ids, at);
                Ok(Response::new(204))
            }
            Stage::Cancelled => refused("El paquete ya fue cancelado"),
            _ => refused("El paquete ya fue recolectado"),
        }
    }

    /// Takes the steps that are due by themselves, each dated when it was due.
    pub(crate) fn settle(&mut self, every_ms: u64, ids: &mut Ids, now: Timestamp) {
        while !self.ended() {
            let due = every_ms.saturating_mul(self.automatic + 1);
            let due = SignedDuration::from_millis(i64::try_from(due).unwrap_or(i64::MAX));
            let Ok(at) = self.made.checked_add(due) else {
                return;
            };
            if at > now {
                return;
            }
            self.automatic += 1;
            self.step(ids, at);
        }
    }
}
