//! The table of Apunto's API: its first text ("API de Apunto"), and what its pages of July and October 2026 add. Names
//! of fields and lists of values are theirs; an update takes what a create takes, and nothing is required there.

mod billing;
mod commercial;
mod contacts;
mod documents;
mod notes;
mod operations;

use super::replies::pages;
use crate::connector::endpoint::{Endpoint, Paging};
use crate::model::shape::{Field, Kind, TEXT, opt, req};

pub(super) use commercial::{PRICINGS_LIST, QUOTES_CREATE_OPERATION, QUOTES_GET};
pub(super) use contacts::CONTACTS_LIST;
pub(super) use documents::{OPERATION_FOLDERS, SERVICE_FOLDERS};
pub(super) use operations::{
    LOGIN, OPERATION_REASONS, OPERATIONS_CANCEL, OPERATIONS_CREATE, OPERATIONS_GET, OPERATIONS_LIST, OPERATIONS_SEARCH,
    OPERATIONS_UPDATE, SERVICE_OF_CREATE, SERVICE_REASONS, SERVICES_CANCEL, SERVICES_CREATE, SERVICES_GET,
    SERVICES_LIST,
};

/// The pages that say first what an endpoint is: of July 2026, and those on sales, of October.
const JULY: &str = "2026-07";
const OCTOBER: &str = "2026-10";

// ---- lists of values

/// "Operaciones: Valores Permitidos"
const KINDS: Kind = Kind::Choice(&[
    "importation",
    "exportation",
    "domestic",
    "crosstrade",
    "transportation",
    "consulting",
    "export_trading_company",
    "import_trading_company",
]);
const MODES: Kind = Kind::Choice(&["land", "aerial", "maritime"]);
/// "Servicios: Valores Permitidos"
const SERVICE_MODES: Kind = Kind::Choice(&["land", "aerial", "maritime", "customs"]);
/// "Objeto Contact: Atributos"
const CONTACT_KINDS: Kind = Kind::Choice(&["client", "supplier", "prospect", "carrier", "customs_agent"]);

const CONTACT_KIND_LIST: Kind = Kind::List(&CONTACT_KINDS, 5);
const SERVICE_LIST: Kind = Kind::List(&SERVICE_MODES, 4);
const TAG_LIST: Kind = Kind::List(&TEXT, 1_000);
const IDS: Kind = Kind::List(&Kind::Id, 1_000);
/// Sums may be negative: a loss, a discount.
const AMOUNT: Kind = Kind::SignedDecimal;
/// The pages don't say which of the two it is.
const DAY: Kind = Kind::Either(&Kind::Date, &Kind::Instant);

// ---- fields of many operations

const ID: Field = req("id", Kind::Id, "identificador único");
const PAGE: Field = opt("page", Kind::Integer(1, 1_000_000_000), "número de página (1 when left out)");
const PER_PAGE: Field = opt("per_page", Kind::Integer(1, 100), "registros por página (25 when left out)");
const CONTACT_CODE: Field = opt("contact_code", TEXT, "código (alias) del contacto");
const CONTACT_ID: Field = opt("contact_id", Kind::Id, "ID del contacto, instead of its code");
const CURRENCY_CODE: Field = opt("currency_code", Kind::Capitals(3), "código de moneda");
const OPERATION_KIND: Field = opt("operation_kind", KINDS, "tipo de operación");
const OPERATION_MODE: Field = opt("operation_mode", MODES, "modo de transporte");
const EXCHANGE_RATE: Field = opt("exchange_rate", Kind::Decimal, "tipo de cambio");
const INCOTERM: Field = opt("incoterm", TEXT, "INCOTERM");
const CLIENT_REF: Field = opt("client_ref", TEXT, "referencia del cliente");
const TAGS: Field = opt("tag_list", TAG_LIST, "lista de etiquetas");
const SELLER_ID: Field = opt("seller_id", Kind::Id, "ID del vendedor");
const SELLER_EMAIL: Field = opt("seller_email", TEXT, "email del vendedor, instead of its ID");
/// Apunto's own notes count one value more than its page lists, so it takes any text.
const SERVICE_SCOPE: Field = opt(
    "service_scope",
    TEXT,
    "alcance del servicio, according to the mode: door_to_door, door_to_port_cy, door_to_port_cfs, port_cy_to_port_cy, \
     port_cfs_to_port_cfs, port_cy_to_door, port_cfs_to_door, door_to_airport, airport_to_airport, airport_to_door, \
     door_to_rail_ramp, rail_ramp_to_rail_ramp, rail_ramp_to_door, door_to_truck_terminal, \
     truck_terminal_to_truck_terminal, truck_terminal_to_door, port_cy_to_airport, port_cfs_to_airport, \
     airport_to_port_cy, airport_to_port_cfs, port_cy_to_rail_ramp, port_cfs_to_rail_ramp, rail_ramp_to_port_cy, \
     rail_ramp_to_port_cfs, rail_ramp_to_airport, airport_to_rail_ramp",
);

const fn numbered(items: &'static str) -> Paging {
    Paging::Numbered { page: "page", items, last: pages, size: Some("per_page") }
}

/// The first fields of an object, which an operation takes; the first `required` of them it must have.
const fn new<const ALL: usize, const TAKEN: usize>(all: [Field; ALL], required: usize) -> [Field; TAKEN] {
    let mut taken = [ID; TAKEN];
    let mut index = 0;
    while index < TAKEN {
        taken[index] = Field { required: index < required, ..all[index] };
        index += 1;
    }
    taken
}

// ---- the table

const PARTS: &[&[Endpoint]] = &[
    operations::ENDPOINTS,
    contacts::ENDPOINTS,
    notes::OF_OPERATIONS,
    notes::OF_SERVICES,
    notes::OF_CONTACTS,
    documents::OF_OPERATIONS,
    documents::OF_SERVICES,
    documents::ENDPOINTS,
    billing::ENDPOINTS,
    commercial::ENDPOINTS,
];

const fn count() -> usize {
    let (mut count, mut part) = (0, 0);
    while part < PARTS.len() {
        count += PARTS[part].len();
        part += 1;
    }
    count
}

const fn joined() -> [Endpoint; count()] {
    let mut all = [LOGIN; count()];
    let (mut index, mut part, mut row) = (0, 0, 0);
    while index < all.len() {
        if row == PARTS[part].len() {
            (part, row) = (part + 1, 0);
            continue;
        }
        all[index] = PARTS[part][row];
        (index, row) = (index + 1, row + 1);
    }
    all
}

/// Every operation.
pub(super) static ENDPOINTS: &[Endpoint] = &joined();
