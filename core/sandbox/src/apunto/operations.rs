//! The 54 documented operations and how a line of them is read: which resource, under which parent, to do what.
//! Not for what a resource is (`table`).

use super::table::Resource;

/// The documented operations. A name in braces under a parent is the API reference's (`operation_id`, `service_id`, `contact_id`).
pub(super) const OPERATIONS: &[&str] = &[
    "POST /auth",
    "GET /operations",
    "GET /operations/{id}",
    "POST /operations",
    "PUT /operations/{id}",
    "DELETE /operations/{id}",
    "GET /services",
    "GET /services/{id}",
    "POST /services",
    "PUT /services/{id}",
    "DELETE /services/{id}",
    "GET /contacts",
    "GET /contacts/{id}",
    "POST /contacts",
    "PATCH /contacts/{id}",
    "GET /contacts/search",
    "GET /addresses",
    "GET /addresses/{id}",
    "POST /addresses",
    "PATCH /addresses/{id}",
    "GET /addresses/search",
    "GET /operations/{operation_id}/messages",
    "GET /operations/{operation_id}/messages/{id}",
    "POST /operations/{operation_id}/messages",
    "PUT /operations/{operation_id}/messages/{id}",
    "DELETE /operations/{operation_id}/messages/{id}",
    "GET /services/{service_id}/messages",
    "GET /services/{service_id}/messages/{id}",
    "POST /services/{service_id}/messages",
    "PUT /services/{service_id}/messages/{id}",
    "DELETE /services/{service_id}/messages/{id}",
    "GET /contacts/{contact_id}/messages",
    "GET /contacts/{contact_id}/messages/{id}",
    "POST /contacts/{contact_id}/messages",
    "PUT /contacts/{contact_id}/messages/{id}",
    "DELETE /contacts/{contact_id}/messages/{id}",
    "GET /operations/{operation_id}/to_dos",
    "GET /operations/{operation_id}/to_dos/{id}",
    "POST /operations/{operation_id}/to_dos",
    "PUT /operations/{operation_id}/to_dos/{id}",
    "POST /operations/{operation_id}/to_dos/{id}/complete",
    "DELETE /operations/{operation_id}/to_dos/{id}",
    "GET /services/{service_id}/to_dos",
    "GET /services/{service_id}/to_dos/{id}",
    "POST /services/{service_id}/to_dos",
    "PUT /services/{service_id}/to_dos/{id}",
    "POST /services/{service_id}/to_dos/{id}/complete",
    "DELETE /services/{service_id}/to_dos/{id}",
    "GET /contacts/{contact_id}/to_dos",
    "GET /contacts/{contact_id}/to_dos/{id}",
    "POST /contacts/{contact_id}/to_dos",
    "PUT /contacts/{contact_id}/to_dos/{id}",
    "POST /contacts/{contact_id}/to_dos/{id}/complete",
    "DELETE /contacts/{contact_id}/to_dos/{id}",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    List,
    Show,
    Create,
    Update,
    Delete,
    Search,
    Complete,
}

/// A line of [`OPERATIONS`], taken apart.
pub(super) struct Call {
    pub(super) resource: &'static Resource,
    pub(super) parent: Option<&'static Resource>,
    pub(super) verb: Verb,
}

impl Call {
    pub(super) fn read(operation: &str) -> Option<Call> {
        let (method, path) = operation.split_once(" /")?;
        let parts: Vec<&str> = path.split('/').collect();
        let (parts, tail) = match parts.split_last() {
            Some((last, rest)) if matches!(*last, "search" | "complete") => (rest, *last),
            _ => (parts.as_slice(), ""),
        };
        let (parent, name, id) = match parts {
            [name] => (None, name, false),
            [name, _] => (None, name, true),
            [parent, _, name] => (Some(Resource::named(parent)?), name, false),
            [parent, _, name, _] => (Some(Resource::named(parent)?), name, true),
            _ => return None,
        };
        let verb = match (method, tail, id) {
            (_, "search", _) => Verb::Search,
            (_, "complete", _) => Verb::Complete,
            ("GET", _, false) => Verb::List,
            ("GET", _, true) => Verb::Show,
            ("POST", _, false) => Verb::Create,
            ("PUT" | "PATCH", _, true) => Verb::Update,
            ("DELETE", _, true) => Verb::Delete,
            _ => return None,
        };
        Some(Call { resource: Resource::named(name)?, parent, verb })
    }
}
