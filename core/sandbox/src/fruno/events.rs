//! The catalogue of what can happen to a parcel. Identifiers in the API reference are the API reference's; the others are made up, and fixed.

use serde_json::{Value, json};

/// A kind of event.
#[derive(Debug)]
pub(crate) struct Kind {
    id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) stage: &'static str,
}

impl Kind {
    /// Its identifier. Where types are `repeated`, two that are alike in their stages share one.
    pub(crate) fn id(&self, repeated: bool) -> &'static str {
        match self.id {
            id if !repeated => id,
            id if id == CANCELLED_AFTER.id => CANCELLED_BEFORE.id,
            id if id == REJECTED.id => SENDER_AWAY.id,
            id => id,
        }
    }
}

const fn kind(id: &'static str, name: &'static str, stage: &'static str) -> Kind {
    Kind { id, name, stage }
}

const CREATED: Kind = kind("56ef0258-6ccb-437e-a33b-e56b2051cbaf", "Paquete creado", "recolecta");
pub(crate) const COLLECTED: Kind = kind("8c98ae18-eeb4-45e7-abf5-7fd4ce006438", "Paquete recolectado", "recolecta");
/// The sample of the catalogue has it at `recolecta`, the table at `entrega`; the sample has the identifier.
pub(crate) const AT_HUB: Kind = kind("06204837-1032-46db-b23f-3574144a9795", "Paquete en CEDI", "recolecta");
pub(crate) const DELIVERED: Kind = kind("43ce2ff6-c161-4faa-a1fb-ca5e98af0f02", "Paquete entregado", "entrega");
pub(crate) const LEFT_AT_HUB: Kind =
    kind("5a0d0001-7b1e-4c52-9f10-000000000001", "Paquete recolectado en CEDI", "recolecta");
pub(crate) const CANCELLED_BEFORE: Kind = kind("5a0d0001-7b1e-4c52-9f10-000000000002", "Cancelado", "recolecta");
pub(crate) const SENDER_AWAY: Kind =
    kind("5a0d0001-7b1e-4c52-9f10-000000000003", "El remitente no se encuentra", "recolecta");
pub(crate) const WRONG_PICKUP: Kind =
    kind("5a0d0001-7b1e-4c52-9f10-000000000004", "Dirección de recolecta incorrecta", "recolecta");
pub(crate) const CANCELLED_AFTER: Kind = kind("5a0d0001-7b1e-4c52-9f10-000000000005", "Cancelado", "entrega");
pub(crate) const ON_ROUTE: Kind = kind("5a0d0001-7b1e-4c52-9f10-000000000006", "Paquete en ruta", "entrega");
pub(crate) const RETURNING: Kind =
    kind("5a0d0001-7b1e-4c52-9f10-000000000007", "Cambio de destino por devolución", "entrega");
pub(crate) const REJECTED: Kind = kind("5a0d0001-7b1e-4c52-9f10-000000000008", "Rechazo de destinatario", "entrega");
/// From the samples of messages; in no table.
pub(crate) const BREAKDOWN: Kind = kind("5a0d0001-7b1e-4c52-9f10-000000000009", "Avería vehicular", "entrega");

const ALL: &[Kind] = &[
    CREATED,
    COLLECTED,
    AT_HUB,
    LEFT_AT_HUB,
    CANCELLED_BEFORE,
    SENDER_AWAY,
    WRONG_PICKUP,
    CANCELLED_AFTER,
    ON_ROUTE,
    DELIVERED,
    RETURNING,
    REJECTED,
    BREAKDOWN,
];

/// The table of the API reference has it at this stage.
const AT_HUB_LATER: Kind = kind(AT_HUB.id, AT_HUB.name, "entrega");

pub(crate) fn catalogue(repeated: bool) -> Value {
    let one = |k: &Kind| json!({"id": k.id(repeated), "nombre": k.name, "descripción": "", "etapa": k.stage});
    let again = repeated.then_some(&AT_HUB_LATER);
    ALL.iter().chain(again).map(one).collect()
}
