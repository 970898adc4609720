//! Apunto's six resources as data: what may be sent, what is answered and in which words. Not for how any of it is done.
//! Every list of names below is one of the API reference's sample replies; `shape` knows what the names stand for.

use serde_json::{Map, Value, json};

pub(super) struct Resource {
    /// As it stands in a path and over a list.
    pub(super) name: &'static str,
    /// As it wraps what is sent, and what is answered unless `bare`.
    pub(super) key: &'static str,
    pub(super) bare: bool,
    pub(super) fields: &'static [Field],
    pub(super) defaults: fn() -> Value,
    pub(super) check: Check,
    pub(super) listed: &'static str,
    pub(super) shown: &'static str,
    pub(super) created: &'static str,
    /// What an update answers besides the fields that were sent and `updated_at`.
    pub(super) updated: &'static str,
    pub(super) filters: &'static [(&'static str, Match)],
    pub(super) search: &'static [(&'static str, Match)],
    pub(super) words: Words,
}

/// What a row was and what is asked of it → what is wrong with that.
pub(super) type Check = fn(&Map<String, Value>, &Map<String, Value>) -> Option<Complaint>;

/// A field and what is wrong with it.
pub(super) type Complaint = (&'static str, &'static str);

/// The `message` texts; "" where the API reference's sample has none.
pub(super) struct Words {
    pub(super) created: &'static str,
    pub(super) updated: &'static str,
    pub(super) deleted: &'static str,
    pub(super) missing: &'static str,
}

pub(super) enum Match {
    Is(&'static str),
    In(&'static [&'static str]),
}

pub(super) struct Field {
    /// The name it is sent under.
    pub(super) input: &'static str,
    /// The name it is kept and complained about under: the API reference reports a bad `contact_code` as `contact_id`.
    pub(super) stored: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

pub(super) enum Kind {
    Text,
    Short(usize),
    Email,
    /// A contact's alias: without spaces, and no other contact's.
    Alias,
    Country,
    One(&'static [&'static str]),
    Many(&'static [&'static str]),
    Tags,
    Flag,
    Date,
    Moment,
    /// An address inside of another resource.
    Address,
    Contact,
    Currency,
    Agent,
    Operation,
}

impl Field {
    /// Whether an update repeats it: in the API reference's samples neither references, tags nor whole addresses are.
    pub(super) fn repeated(&self) -> bool {
        self.input == self.stored && !matches!(self.kind, Kind::Tags | Kind::Address | Kind::Operation)
    }
}

const fn may(name: &'static str, kind: Kind) -> Field {
    named(name, name, kind)
}

const fn must(name: &'static str, kind: Kind) -> Field {
    Field { required: true, ..named(name, name, kind) }
}

const fn named(input: &'static str, stored: &'static str, kind: Kind) -> Field {
    Field { input, stored, kind, required: false }
}

const MODES: &[&str] = &["land", "aerial", "maritime"];
const SERVICE_MODES: &[&str] = &["land", "aerial", "maritime", "customs"];
const LIFE: &[&str] = &["active", "inactive"];
const CONTACT_KINDS: &[&str] = &["client", "supplier", "prospect", "carrier", "customs_agent"];
const ADDRESS_TYPES: &[&str] = &["billing", "shipping", "port", "customs", "airport", "general"];
pub(super) const STATUSES: &[&str] = &["confirmed", "active", "finished", "closed", "canceled"];
const SERVICE_STATUSES: &[&str] = &["active", "finished", "closed", "canceled"];
const KINDS: &[&str] = &[
    "importation",
    "exportation",
    "domestic",
    "crosstrade",
    "transportation",
    "consulting",
    "export_trading_company",
    "import_trading_company",
];

/// `billing_address_attributes`. The API reference's own samples leave out what an address by itself must have.
pub(super) const BILLING: &[Field] = &[
    may("street", Kind::Text),
    may("city", Kind::Text),
    may("state", Kind::Text),
    may("postal_code", Kind::Text),
    may("country", Kind::Country),
    may("address_type", Kind::One(ADDRESS_TYPES)),
];

fn no_complaint(_: &Map<String, Value>, _: &Map<String, Value>) -> Option<Complaint> {
    None
}

/// What the operation was, and what is asked of it.
fn closed_stays(old: &Map<String, Value>, new: &Map<String, Value>) -> Option<Complaint> {
    let is = |of: &Map<String, Value>, status: &str| of.get("status").is_some_and(|s| s == status);
    (is(old, "closed") && is(new, "canceled")).then_some(("status", "no se puede cancelar una operación cerrada"))
}

impl Resource {
    pub(super) fn named(name: &str) -> Option<&'static Resource> {
        RESOURCES.iter().find(|r| r.name == name)
    }
}

pub(super) static RESOURCES: [Resource; 6] = [
    Resource {
        name: "operations",
        key: "operation",
        bare: false,
        fields: &[
            Field { required: true, ..named("contact_code", "contact_id", Kind::Contact) },
            named("currency_code", "currency_id", Kind::Currency),
            named("operational_agent_email", "operational_agent_id", Kind::Agent),
            must("kind", Kind::One(KINDS)),
            must("mode", Kind::One(MODES)),
            may("status", Kind::One(STATUSES)),
            may("client_ref", Kind::Text),
            may("goods_description", Kind::Text),
            may("incoterm", Kind::Text),
            may("service_scope", Kind::Text),
            may("quote_external_id", Kind::Text),
            may("nomenclature", Kind::Text),
            named("tag_list", "tags", Kind::Tags),
        ],
        defaults: || json!({"status": "confirmed", "currency_id": "MXN", "tags": []}),
        check: closed_stays,
        listed: "id identification kind mode status client_ref contact currency operational_agent \
            profit_amount profit_percentage services_count comments_count tasks_count folders_count \
            created_at updated_at",
        shown: "id identification kind mode status client_ref contact currency goods_description \
            incoterm service_scope quote_external_id nomenclature profit_amount profit_percentage \
            services_count comments_count tasks_count folders_count tags services created_at \
            updated_at",
        created: "id identification kind mode status client_ref goods_description incoterm created_at",
        updated: "id identification",
        filters: &[],
        search: &[],
        words: Words {
            created: "Operación creada exitosamente",
            updated: "Operación actualizada exitosamente",
            deleted: "Operación eliminada exitosamente",
            missing: "No se encontró la operación solicitada",
        },
    },
    Resource {
        name: "services",
        key: "service",
        bare: false,
        fields: &[
            must("operation_id", Kind::Operation),
            named("supplier_code", "supplier_id", Kind::Contact),
            named("service_agent_email", "service_agent_id", Kind::Agent),
            must("mode", Kind::One(SERVICE_MODES)),
            may("status", Kind::One(SERVICE_STATUSES)),
            may("shipment_type", Kind::One(&["fcl", "lcl", "air", "truck"])),
            may("shipment_kind", Kind::One(&["international", "domestic"])),
            may("bl", Kind::Text),
            may("booking", Kind::Text),
            may("eta_date", Kind::Date),
            may("etd_date", Kind::Date),
            // From here on attributes that the API reference shows but lists among no parameters.
            may("pickup_date", Kind::Date),
            may("delivery_date", Kind::Date),
            may("guide_number", Kind::Text),
            may("flight_number", Kind::Text),
            may("awb_number", Kind::Text),
            may("airline_name", Kind::Text),
            may("shipping_line_name", Kind::Text),
            may("customs_reference", Kind::Text),
            may("dispatch_appointment_at", Kind::Moment),
            may("observations", Kind::Text),
            may("mbl", Kind::Text),
            may("hbl", Kind::Text),
            may("mawb", Kind::Text),
            may("hawb", Kind::Text),
            may("pedimento", Kind::Text),
            may("carta_porte", Kind::Text),
            may("manifiesto_carga", Kind::Text),
            named("tag_list", "tags", Kind::Tags),
        ],
        defaults: || json!({"status": "active", "tags": []}),
        check: no_complaint,
        listed: "id identification mode status shipment_type shipment_kind operation supplier \
            service_agent eta_date etd_date pickup_date delivery_date comments_count tasks_count \
            folders_count created_at updated_at",
        shown: "id identification mode status shipment_type shipment_kind operation supplier \
            service_agent bl booking guide_number flight_number awb_number airline_name \
            shipping_line_name customs_agent customs_address customs_reference \
            dispatch_appointment_at observations eta_date etd_date pickup_date delivery_date mbl hbl \
            mawb hawb pedimento carta_porte manifiesto_carga comments_count tasks_count \
            folders_count tags created_at updated_at",
        created: "id identification mode status operation supplier bl booking created_at",
        updated: "id identification",
        filters: &[],
        search: &[],
        words: Words {
            created: "Servicio creado exitosamente",
            updated: "Servicio actualizado exitosamente",
            deleted: "Servicio eliminado exitosamente",
            missing: "No se encontró el servicio solicitado",
        },
    },
    Resource {
        name: "contacts",
        key: "contact",
        bare: true,
        fields: &[
            must("name", Kind::Text),
            must("alias", Kind::Alias),
            must("kind", Kind::Many(CONTACT_KINDS)),
            may("identification", Kind::Text),
            may("legal_name", Kind::Text),
            may("email", Kind::Email),
            may("phone", Kind::Text),
            may("services", Kind::Many(SERVICE_MODES)),
            may("status", Kind::One(LIFE)),
            named("billing_address_attributes", "billing_address", Kind::Address),
            may("tags", Kind::Tags),
        ],
        defaults: || json!({"status": "active", "services": [], "tags": []}),
        check: no_complaint,
        listed: "id name alias kind status",
        // The object as the API reference defines it; its sample of a single contact leaves some of these out.
        shown: "id name alias identification legal_name kind services email phone status billing_address \
            tags created_at",
        created: "id name alias kind status created_at",
        updated: "id name",
        filters: &[
            ("kind", Match::Is("kind")),
            ("status", Match::Is("status")),
            ("search", Match::In(&["name", "alias", "identification"])),
        ],
        search: &[("q", Match::In(&["name", "alias", "identification"])), ("kind", Match::Is("kind"))],
        words: Words { missing: "No se encontró el contacto solicitado", ..SILENT },
    },
    Resource {
        name: "addresses",
        key: "address",
        bare: true,
        fields: &[
            must("name", Kind::Text),
            must("address_type", Kind::One(ADDRESS_TYPES)),
            must("street", Kind::Text),
            must("neighborhood", Kind::Text),
            must("city", Kind::Text),
            must("state", Kind::Text),
            must("postal_code", Kind::Text),
            must("country", Kind::Country),
            may("alias", Kind::Text),
            may("outdoor_number", Kind::Text),
            may("internal_number", Kind::Text),
            may("description", Kind::Short(255)),
            may("contact_information", Kind::Short(255)),
            may("status", Kind::One(LIFE)),
        ],
        defaults: || json!({"status": "active"}),
        check: no_complaint,
        listed: "id name alias address_type city status",
        shown: "id name alias address_type status street outdoor_number internal_number neighborhood \
            city state postal_code country full_address description contact_information created_at",
        created: "id name alias address_type city status created_at",
        updated: "id name",
        filters: &[
            ("address_type", Match::Is("address_type")),
            ("status", Match::Is("status")),
            ("city", Match::Is("city")),
            ("country", Match::Is("country")),
            ("search", Match::In(&["name", "alias"])),
        ],
        // Its list says `address_type` for what its search calls `type`.
        search: &[
            ("q", Match::In(&["name", "alias", "city"])),
            ("type", Match::Is("address_type")),
            ("country", Match::Is("country")),
        ],
        words: Words { missing: "No se encontró la dirección solicitada", ..SILENT },
    },
    Resource {
        name: "messages",
        key: "message",
        bare: false,
        fields: &[must("content", Kind::Text)],
        defaults: || json!({"edited": false, "owner": {"email": "usuario@apunto.com", "name": "Juan Pérez"}}),
        check: no_complaint,
        listed: MESSAGE,
        shown: MESSAGE,
        created: MESSAGE,
        updated: "id content edited",
        filters: &[],
        search: &[],
        words: Words {
            deleted: "Comentario eliminado exitosamente",
            missing: "No se encontró el comentario solicitado",
            ..SILENT
        },
    },
    Resource {
        name: "to_dos",
        key: "to_do",
        bare: false,
        fields: &[
            must("title", Kind::Text),
            may("description", Kind::Text),
            may("start_at", Kind::Moment),
            may("end_at", Kind::Moment),
            may("required", Kind::Flag),
        ],
        defaults: || {
            json!({
                "completed": false, "rejected": false, "required": false,
                "owner": {"email": "operador@apunto.com", "name": "Carlos Ramírez"},
            })
        },
        check: no_complaint,
        listed: "id title start_at end_at completed rejected required completed_at owner completed_by \
            created_at updated_at",
        // `description` is among the attributes and in no sample: it has to come back somewhere.
        shown: "id title description start_at end_at completed rejected required completed_at owner \
            completed_by created_at updated_at",
        created: "id title start_at end_at completed rejected required completed_at owner completed_by \
            created_at",
        updated: "id title",
        filters: &[("completed", Match::Is("completed"))],
        search: &[],
        words: Words {
            deleted: "Tarea eliminada exitosamente",
            missing: "No se encontró la tarea solicitada",
            ..SILENT
        },
    },
];

const SILENT: Words = Words { created: "", updated: "", deleted: "", missing: "" };

const MESSAGE: &str = "id content owner edited created_at updated_at";
