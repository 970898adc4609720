//! What Apunto's resources are: which fields are taken, which values are in a list, what is answered and in which words. Not for how any
//! of it is done. Every list of names is one of the API reference's sample replies; `shape` knows what the names stand for.

mod accounting;
mod forwarding;
mod people;
mod sales;

pub(super) use accounting::CFDI;
pub(super) use forwarding::STATUSES;
pub(super) use people::BILLING;
pub(super) use sales::{LEAD_SOURCES, LEAD_STATUSES, OPPORTUNITY_STATUSES, PIPELINE_LISTS};

use serde_json::{Map, Value, json};

pub(super) struct Resource {
    /// As it stands in a path.
    pub(super) name: &'static str,
    /// As it wraps what is sent.
    pub(super) key: &'static str,
    /// An older name for `key` that is still taken.
    pub(super) old_key: &'static str,
    /// As it wraps one object in a reply, and a list of them.
    pub(super) one: &'static str,
    pub(super) many: &'static str,
    /// One object comes without `one` around it; its list pages by `current_page`.
    pub(super) bare: bool,
    /// Its list comes whole.
    pub(super) unpaged: bool,
    pub(super) fields: &'static [Field],
    /// Kept names of which a create needs a value, where several fields can give it.
    pub(super) needs: &'static [&'static str],
    pub(super) defaults: fn() -> Value,
    pub(super) check: Check,
    pub(super) listed: &'static str,
    pub(super) shown: &'static str,
    pub(super) created: &'static str,
    /// What an update answers besides the fields that were sent and `updated_at`.
    pub(super) updated: &'static str,
    pub(super) filters: &'static [(&'static str, Match)],
    pub(super) search: &'static [(&'static str, Match)],
    /// What its `identification` begins with; "" without one.
    pub(super) prefix: &'static str,
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
    /// A list that an installation may have extended: see the setting `service_scope_open`.
    Scope(&'static [&'static str]),
    Many(&'static [&'static str]),
    /// `ocean`, `air`, `truck`, `rail`, `multimodal`, and the modes that stand for the first three.
    Transport,
    Tags,
    Flag,
    /// A number, or a text that is one; kept as it was sent.
    Decimal,
    Whole,
    Date,
    Moment,
    /// Any day; the first of its month is kept.
    Month,
    /// An address inside of another resource.
    Address,
    /// A list of objects with ids of their own.
    Rows(&'static [Field]),
    /// What the API reference doesn't describe.
    Any,
    /// A contact by its alias. Leads are contacts, too.
    Contact,
    /// An address by its alias.
    AddressCode,
    Currency,
    CurrencyId,
    Agent,
    AgentId,
    /// A row of this resource, by its id.
    Id(&'static str),
    /// A row of this resource, by its `identification`.
    Identification(&'static str),
    /// A column of a quotation pipeline.
    PipelineList,
}

impl Field {
    /// Whether an update repeats it: in the API reference's samples neither references, tags nor whole addresses are.
    pub(super) fn repeated(&self) -> bool {
        self.input == self.stored
            && !matches!(self.kind, Kind::Tags | Kind::Address | Kind::Rows(_) | Kind::Id(_) | Kind::PipelineList)
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

fn no_complaint(_: &Map<String, Value>, _: &Map<String, Value>) -> Option<Complaint> {
    None
}

const SILENT: Words = Words { created: "", updated: "", deleted: "", missing: "" };

/// What most resources are.
const PLAIN: Resource = Resource {
    name: "",
    key: "",
    old_key: "",
    one: "",
    many: "",
    bare: false,
    unpaged: false,
    fields: &[],
    needs: &[],
    defaults: || json!({}),
    check: no_complaint,
    listed: "",
    shown: "",
    created: "",
    updated: "id",
    filters: &[],
    search: &[],
    prefix: "",
    words: SILENT,
};

impl Resource {
    pub(super) fn named(name: &str) -> Option<&'static Resource> {
        RESOURCES.iter().find(|r| r.name == name).copied()
    }
}

pub(super) static RESOURCES: [&Resource; 16] = [
    &forwarding::OPERATIONS,
    &forwarding::SERVICES,
    &forwarding::COST_CENTERS,
    &forwarding::FOLDERS,
    &forwarding::ATTACHMENTS,
    &people::CONTACTS,
    &people::ADDRESSES,
    &people::MESSAGES,
    &people::TO_DOS,
    &accounting::INVOICES,
    &accounting::BILLS,
    &sales::LEADS,
    &sales::OPPORTUNITIES,
    &sales::QUOTE_REQUESTS,
    &sales::PRICINGS,
    &sales::QUOTES,
];
