//! What changes the state of an operation, a service or a quote, by the rules that the API reference has for it; and the catalogues of
//! reasons. Not for what a test moves (`progress`).

use super::super::{Request, Response};
use super::check::{date, maybe_body, number, text};
use super::refusal::{BLANK, NOT_VALID, Refusal};
use super::store::{Data, Row};
use super::table::Resource;
use super::{Apunto, accounting};
use serde_json::{Value, json};

pub(super) struct Move {
    resource: &'static str,
    action: &'static str,
    from: &'static [&'static str],
    to: &'static str,
    /// Whether the API reference shows the reply.
    shown: bool,
    words: &'static str,
    refused: &'static str,
}

const fn step(
    (resource, action): (&'static str, &'static str),
    from: &'static [&'static str],
    to: &'static str,
    shown: bool,
    words: &'static str,
    refused: &'static str,
) -> Move {
    Move { resource, action, from, to, shown, words, refused }
}

static MOVES: [Move; 9] = [
    step(
        ("services", "finish"),
        &["active"],
        "finished",
        false,
        "Servicio finalizado",
        "No se pudo finalizar el servicio",
    ),
    step(("services", "close"), &["finished"], "closed", false, "Servicio cerrado", "No se pudo cerrar el servicio"),
    step(
        ("services", "reopen"),
        &["finished", "closed"],
        "active",
        false,
        "Servicio reabierto",
        "No se pudo reabrir el servicio",
    ),
    step(
        ("services", "cancel"),
        &["active", "finished"],
        "canceled",
        true,
        "Servicio cancelado",
        "No se pudo cancelar el servicio",
    ),
    step(
        ("operations", "close"),
        &["confirmed", "active", "finished"],
        "closed",
        true,
        "Operación cerrada",
        "No se pudo cerrar la operación",
    ),
    step(
        ("operations", "reopen"),
        &["finished", "closed"],
        "active",
        false,
        "Operación reabierta",
        "No se pudo reabrir la operación",
    ),
    step(
        ("operations", "cancel"),
        &["confirmed", "active", "finished"],
        "canceled",
        true,
        "Operación cancelada",
        "No se pudo cancelar la operación",
    ),
    step(
        ("quotes", "approve"),
        &["drafted"],
        "approval_requested",
        false,
        "Aprobación solicitada",
        "No se pudo solicitar la aprobación",
    ),
    step(
        ("quotes", "open"),
        &["approval_requested"],
        "opened",
        false,
        "Cotización abierta",
        "No se pudo abrir la cotización",
    ),
];

impl Move {
    pub(super) fn named(resource: &str, action: &str) -> Option<&'static Move> {
        MOVES.iter().find(|step| step.resource == resource && step.action == action)
    }
}

/// Where the ids of the two catalogues of reasons begin. An id of one is unknown in the other.
const OPERATION_REASONS: u64 = 501;
const SERVICE_REASONS: u64 = 701;

impl Apunto {
    /// The active reasons of an operation or of a service.
    fn reasons(&self, resource: &str) -> Vec<(u64, &str)> {
        let (first, names) = match resource {
            "operations" => (OPERATION_REASONS, &self.settings.operation_reasons),
            _ => (SERVICE_REASONS, &self.settings.service_reasons),
        };
        (first..).zip(names.iter().map(String::as_str)).collect()
    }

    /// `GET /operation_cancellation_reasons` and the other one.
    pub(super) fn reason_list(&self, resource: &str) -> Value {
        let all = self.reasons(resource).into_iter();
        all.map(|(id, name)| json!({"id": id, "name": name, "description": null, "status": "active"})).collect()
    }

    pub(super) fn move_on(
        &mut self,
        resource: &'static Resource,
        step: &'static Move,
        id: u64,
        request: &Request,
    ) -> Result<Response, Refusal> {
        let row = self.store.get(resource.name, id).ok_or(Refusal::NotFound(resource.words.missing))?;
        if !step.from.contains(&row.text("status")) {
            let complaint = format!("es {} y debe ser {}", row.text("status"), step.from.join(" o "));
            return Err(Refusal::state("status", &complaint, step.refused));
        }
        if let Some((field, complaint)) = self.obstacle(step, row) {
            return Err(Refusal::state(field, complaint, step.refused));
        }
        let body = maybe_body(request)?;
        let mut change = if step.action == "cancel" { self.cancellation(step, &body)? } else { Data::new() };
        change.insert("status".into(), step.to.into());
        self.change(resource.name, id, change);
        self.acted(resource, id, "id status", step.shown, step.words)
    }

    /// Another reason to refuse the step: a field and what is wrong with it.
    fn obstacle(&self, step: &Move, row: &Row) -> Option<(&'static str, &'static str)> {
        let services = || self.store.services(row.id);
        let live = |service: &Row| matches!(service.text("status"), "active" | "finished");
        let pod = |row: &Row| {
            let mut tasks = self.store.under("to_dos", Some(("services", row.id)));
            tasks.any(|task| {
                task.text("title").contains("POD") && task.data.get("completed") == Some(&Value::Bool(true))
            })
        };
        match (step.resource, step.action) {
            ("operations", "close") if services().any(live) => {
                Some(("services", "tiene servicios activos o finalizados sin cerrar"))
            }
            ("operations", "cancel") if services().any(|service| !service.is("status", "canceled")) => {
                Some(("services", "todos los servicios deben estar cancelados"))
            }
            ("services", "close") if self.settings.pod_required && row.is("mode", "land") && !pod(row) => {
                Some(("base", "requiere una tarea POD aprobada"))
            }
            ("services", "cancel") if self.is_invoiced(row.id) => {
                Some(("base", "tiene facturas vinculadas que impiden cancelarlo"))
            }
            _ => None,
        }
    }

    /// Whether a cost centre of the service is linked to an invoice.
    fn is_invoiced(&self, service: u64) -> bool {
        let mut centers = self.store.under("cost_centers", Some(("services", service)));
        centers.any(|center| accounting::link(&self.store, "invoices", center.id).is_some())
    }

    /// The day, the reason and the notes of a cancellation.
    fn cancellation(&self, step: &Move, body: &Data) -> Result<Data, Refusal> {
        let kind = if step.resource == "operations" { "operation" } else { "service" };
        let (by_id, by_name) = (format!("{kind}_cancellation_reason_id"), format!("{kind}_cancellation_reason_name"));
        let sent = |name: &str| body.get(name).filter(|value| !value.is_null() && value.as_str() != Some(""));
        let known = self.reasons(step.resource);
        let found = match (sent(&by_id), sent(&by_name)) {
            (Some(_), Some(_)) => {
                return Err(Refusal::state(&by_id, "no puede enviarse junto con el nombre", step.refused));
            }
            (Some(id), None) => Some(known.iter().find(|(known, _)| number(id) == Some(*known))),
            (None, Some(name)) => {
                let name = text(name).unwrap_or_default().to_lowercase();
                Some(known.iter().find(|(_, known)| known.to_lowercase() == name))
            }
            (None, None) => None,
        };
        let reason = match found {
            Some(None) => return Err(Refusal::state(&by_id, NOT_VALID, step.refused)),
            Some(reason) => reason.map(|(id, _)| *id),
            None if known.is_empty() || !self.settings.reason_required => None,
            None => return Err(Refusal::state(&by_id, BLANK, step.refused)),
        };
        let day = match sent("canceled_at") {
            None => super::today(self.now),
            Some(day) => text(day).as_deref().and_then(date).ok_or_else(|| Refusal::field("canceled_at", NOT_VALID))?,
        };
        let mut change = Data::new();
        change.insert("canceled_at".into(), day.to_string().into());
        change.insert("cancellation_reason_id".into(), reason.into());
        change.insert("cancellation_notes".into(), sent("cancellation_notes").cloned().unwrap_or_default());
        Ok(change)
    }
}
