//! Fruno's address book: a create needs two saved addresses, each saved once and found again.

use super::endpoints::{ADDRESSES_CREATE, ADDRESSES_GET, ADDRESSES_LIST};
use super::requests;
use crate::connector::body::Sources;
use crate::connector::endpoint::Params;
use crate::connector::lenient::text;
use crate::connector::session::Session;
use crate::model::address::{Address, filled};
use crate::model::request::{Create, Quote};
use crate::model::{Code, Error, FieldProblem, Outcome};
use futures_util::future::{join, try_join};
use serde_json::{Value, json};

/// Where ids of saved addresses are remembered, by name.
const FACT: &str = "address";

/// One end of a shipment: an id that the caller gave, or an address to be saved under its name.
pub(super) enum End {
    Known(String),
    New { role: &'static str, body: Value, sources: Sources },
}

/// Both ends of a create.
pub(super) struct Ends {
    pub(super) origin: End,
    pub(super) destination: End,
}

/// Both ends, saved.
pub(super) struct Saved {
    pub(super) origin: String,
    pub(super) destination: String,
}

/// The addresses that this call saved: they stay, and are used again.
pub(super) fn created(made: &[Value]) -> Option<Value> {
    (!made.is_empty()).then(|| json!({"addresses": made}))
}

/// What has to be saved for a create. Both ends are checked; nothing is sent.
pub(super) fn plan(request: &Create) -> Result<Ends, Error> {
    let (origin, destination) = (end("origin", &request.origin), end("destination", &request.destination));
    match (origin, destination) {
        (Ok(origin), Ok(destination)) => Ok(Ends { origin, destination }),
        (origin, destination) => {
            let problems: Vec<FieldProblem> = [origin.err(), destination.err()]
                .into_iter()
                .flatten()
                .flat_map(|error| error.fields.clone())
                .collect();
            Err(Error::invalid_fields(problems))
        }
    }
}

fn end(role: &'static str, address: &Address) -> Result<End, Error> {
    match filled(&address.carrier_id) {
        Some(id) => Ok(End::Known(id.to_owned())),
        None => {
            let (body, sources) = requests::address(address, role)?;
            Ok(End::New { role, body, sources })
        }
    }
}

/// Save both ends, at the same time. What was made goes to `made`, even where one of them fails.
pub(super) async fn save(session: &Session<'_>, ends: &Ends, made: &mut Vec<Value>) -> Result<Saved, Error> {
    // Two ends at one place are one address.
    if let (End::New { body, .. }, End::New { body: other, .. }) = (&ends.origin, &ends.destination)
        && body == other
    {
        let (id, new) = id_of(session, &ends.origin).await?;
        made.extend(new);
        return Ok(Saved { origin: id.clone(), destination: id });
    }
    // Both to their end: one that is dropped on the way might be made without anyone knowing its id.
    let saved = join(id_of(session, &ends.origin), id_of(session, &ends.destination)).await;
    made.extend([&saved.0, &saved.1].into_iter().flatten().filter_map(|(_, new)| new.clone()));
    let (origin, destination) = (saved.0?.0, saved.1?.0);
    Ok(Saved { origin, destination })
}

/// The id of an end, and what was made for it.
async fn id_of(session: &Session<'_>, end: &End) -> Result<(String, Option<Value>), Error> {
    let (role, body, sources) = match end {
        End::Known(id) => return Ok((id.clone(), None)),
        End::New { role, body, sources } => (*role, body, sources.clone()),
    };
    let name = text(body, "nombre").unwrap_or_default();
    if let Some(id) = session.fact(FACT, &name).await.and_then(|id| id.as_str().map(str::to_owned)) {
        return Ok((id, None));
    }
    let made = session.perform(&ADDRESSES_CREATE, Params::none().body(body.clone()).sources(sources)).await;
    let (id, created) = match made {
        Ok(answer) => {
            let id = text(&answer.json, "id").ok_or_else(|| {
                let mut error = Error::new(Code::CarrierResponse, "Fruno saved the address, but its reply has no `id`");
                error.edit().raw = Some(answer.raw(session));
                error
            })?;
            let created = json!({"role": role, "id": id, "name": name});
            (id, Some(created))
        }
        Err(mut error) => {
            // The name is taken, or the reply was lost: names are unique, so the list decides.
            let taken = error.code == Code::Conflict
                || error.fields.iter().any(|problem| problem.carrier_field.as_deref() == Some("nombre"));
            let lost = error.outcome == Outcome::Unknown;
            let found = if taken || lost { find(session, &name, body).await? } else { None };
            match found {
                Some(id) => (id, None),
                None => {
                    // An address is no shipment.
                    error.edit().outcome = Outcome::None;
                    for index in 0..error.fields.len() {
                        let field = &error.fields[index].field;
                        // Of a field that flete doesn't send it is known at least in which address it is.
                        if !field.starts_with(role) {
                            let there = format!("{role}.{field}");
                            error.move_field(index, there);
                        }
                    }
                    if lost {
                        error.edit().retryable = true;
                    }
                    return Err(error);
                }
            }
        }
    };
    session.remember(FACT, &name, json!(id)).await;
    Ok((id, created))
}

/// The saved address of this name, if it is the same place.
async fn find(session: &Session<'_>, name: &str, wanted: &Value) -> Result<Option<String>, Error> {
    let mut pages = session.pages(&ADDRESSES_LIST, Params::none());
    while let Some(page) = pages.next().await? {
        let mut entries = ADDRESSES_LIST.items(&page.json).iter();
        if let Some(found) = entries.find(|entry| text(entry, "nombre").as_deref() == Some(name)) {
            if requests::same_place(found, wanted) {
                return Ok(text(found, "id"));
            }
            let mut error = Error::new(
                Code::Conflict,
                format!(
                    "Fruno has an address named `{name}` that is another place; give its `carrier_id`, or rename it there"
                ),
            );
            error.edit().carrier_message = Some(name.to_owned());
            return Err(error);
        }
    }
    Ok(None)
}

/// Forget an end that was remembered. False where there is nothing to forget: the caller gave the id.
pub(super) async fn forget(session: &Session<'_>, end: &End) -> bool {
    let End::New { body, .. } = end else { return false };
    session.forget(FACT, &text(body, "nombre").unwrap_or_default()).await;
    true
}

/// Both ends of a quote: two saved addresses, or two districts (the API reference's Python sample). Where one is an
/// address and the other a district, the address's district is looked up.
pub(super) async fn ends(
    session: &Session<'_>,
    request: &Quote,
) -> Result<[(&'static str, String, &'static str); 2], Error> {
    let origin = (filled(&request.origin.carrier_id), filled(&request.origin.district_code));
    let destination = (filled(&request.destination.carrier_id), filled(&request.destination.district_code));
    if let ((Some(from), _), (Some(to), _)) = (origin, destination) {
        return Ok([
            ("id_dirección_fuente", from.to_owned(), "origin"),
            ("id_dirección_destino", to.to_owned(), "destination"),
        ]);
    }
    let mut problems = Vec::new();
    for (path, end) in [("origin", origin), ("destination", destination)] {
        if end == (None, None) {
            problems.push(FieldProblem::new(
                format!("{path}.district_code"),
                "is required by Fruno: five digits, as `call` `districts.list` gives them; or `carrier_id`, the id of \
                 a saved address",
            ));
        }
    }
    if !problems.is_empty() {
        return Err(Error::invalid_fields(problems));
    }
    let (from, to) =
        try_join(district(session, origin.0, origin.1), district(session, destination.0, destination.1)).await?;
    Ok([
        ("código_distrito_fuente", from, "origin.district_code"),
        ("código_distrito_destino", to, "destination.district_code"),
    ])
}

async fn district(session: &Session<'_>, id: Option<&str>, code: Option<&str>) -> Result<String, Error> {
    match (code, id) {
        (Some(code), _) => Ok(code.to_owned()),
        (None, Some(id)) => {
            let address = session.perform(&ADDRESSES_GET, Params::none().path("id", id)).await?;
            text(&address.json, "código_distrito")
                .ok_or_else(|| Error::new(Code::CarrierResponse, "Fruno's address has no `código_distrito`"))
        }
        (None, None) => Err(Error::internal("an end without a district")),
    }
}
