//! Fruno's address book: a create needs two saved addresses, each saved once and found again.

use super::endpoints::{ADDRESSES_CREATE, ADDRESSES_GET, ADDRESSES_LIST, DISTRICTS_LIST};
use super::errors;
use super::requests;
use crate::connector::body::{Body, Problems, Sources};
use crate::connector::endpoint::Params;
use crate::connector::lenient::{flag, text};
use crate::connector::session::Session;
use crate::connector::{Stage, at_stage};
use crate::json::{Value, json};
use crate::model::address::{Address, filled};
use crate::model::request::{Create, Quote};
use crate::model::shape::plain;
use crate::model::{Code, Error, FieldProblem, Outcome};
use futures_util::future::{join, try_join};
use std::time::Duration;

/// Where ids of saved addresses are remembered, by name.
const FACT: &str = "address";

/// A create's fields for its two ends: from where, and to where.
pub(super) const FIELDS: [&str; 2] = ["id_dirección_fuente", "id_dirección_destino"];

/// One end of a shipment: an id that the caller gave, or an address to be saved under its name.
pub(super) enum End {
    Known(String),
    New { role: &'static str, body: Value, sources: Sources },
}

/// The addresses that this call saved: they stay, and are used again.
pub(super) fn created(made: &[Value]) -> Option<Value> {
    (!made.is_empty()).then(|| json!({"addresses": made}))
}

/// What has to be saved for a create, and its `parcel`, finished. Everything that is wrong with the three of them is
/// reported at once; nothing is sent.
pub(super) fn plan(request: &Create, parcel: Body) -> Result<([End; 2], (Value, Sources)), Error> {
    let end = |role, address: &Address| match filled(&address.carrier_id) {
        Some(id) => Ok(End::Known(id.to_owned())),
        None => requests::address(address, role).map(|(body, sources)| End::New { role, body, sources }),
    };
    match (parcel.end(), end("origin", &request.origin), end("destination", &request.destination)) {
        (Ok(parcel), Ok(origin), Ok(destination)) => Ok(([origin, destination], parcel)),
        (parcel, origin, destination) => {
            let errors = [parcel.err(), origin.err(), destination.err()];
            let problems = errors.into_iter().flatten().flat_map(|error| error.fields.clone()).collect();
            Err(Error::invalid_fields(problems))
        }
    }
}

/// Save both ends, at the same time: their ids. What was made goes to `made`, even where one of them fails.
pub(super) async fn save(
    session: &Session<'_>,
    [origin, destination]: &[End; 2],
    made: &mut Vec<Value>,
) -> Result<[String; 2], Error> {
    // Two ends at one place are one address.
    if let (End::New { body, .. }, End::New { body: other, .. }) = (origin, destination)
        && body == other
    {
        let (id, new) = id_of(session, origin).await?;
        made.extend(new);
        return Ok([id.clone(), id]);
    }
    // Both to their end: one that is dropped on the way might be made without anyone knowing its id.
    let saved = join(id_of(session, origin), id_of(session, destination)).await;
    made.extend([&saved.0, &saved.1].into_iter().flatten().filter_map(|(_, new)| new.clone()));
    Ok([saved.0?.0, saved.1?.0])
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
    let params = Params::none().body(body.clone()).sources(sources);
    let (id, created) = match session.perform(&ADDRESSES_CREATE, params).await {
        Ok(answer) => {
            let id = text(&answer.json, "id").ok_or_else(|| {
                let mut error = Error::new(Code::CarrierResponse, "Fruno saved the address, but its reply has no `id`");
                error.edit().raw = Some(answer.clean(session).into_value());
                error
            })?;
            let created = json!({"role": role, "id": id, "name": name});
            (id, Some(created))
        }
        Err(error) => {
            // The name is taken, or the reply was lost: names are unique, so the list decides.
            let taken = error.code == Code::Conflict
                || error.fields.iter().any(|problem| problem.carrier_field.as_deref() == Some("nombre"));
            let lost = error.outcome == Outcome::Unknown;
            let found = if taken || lost { find(session, &name, body).await? } else { None };
            let Some(id) = found else {
                let mut error = at_stage(Stage::NoShipment, error, session.call.outcome());
                error.edit().retryable |= lost;
                for index in 0..error.fields.len() {
                    let field = &error.fields[index].field;
                    // Of a field that flete doesn't send it is known at least in which address it is.
                    if !field.starts_with(role) {
                        let there = format!("{role}.{field}");
                        error.move_field(index, there);
                    }
                }
                return Err(error);
            };
            (id, None)
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
            let what = format!("Fruno has an address named `{name}` that is another place");
            let mut error = Error::new(Code::Conflict, format!("{what}; give its `carrier_id`, or rename it there"));
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

/// An end of a quote: Fruno's name for it, the caller's path, and its value.
pub(super) type Place = (&'static str, &'static str, String);

/// Both ends of a quote: two saved addresses, or two districts (the API reference's Python sample). Where one is an
/// address and the other a district, the address's district is looked up.
pub(super) async fn places(session: &Session<'_>, request: &Quote) -> Result<[Place; 2], Error> {
    let [from, to] =
        [&request.origin, &request.destination].map(|end| (filled(&end.carrier_id), filled(&end.district_code)));
    if let ((Some(from), _), (Some(to), _)) = (from, to) {
        let [source, target] = FIELDS;
        return Ok([(source, "origin", from.to_owned()), (target, "destination", to.to_owned())]);
    }
    let mut problems = Problems::default();
    for (path, end) in [("origin", from), ("destination", to)] {
        if end == (None, None) {
            problems.add(format!("{path}.district_code"), requests::DISTRICT);
        }
    }
    problems.end(())?;
    let (from, to) = try_join(district(session, from), district(session, to)).await?;
    Ok([
        ("código_distrito_fuente", "origin.district_code", from),
        ("código_distrito_destino", "destination.district_code", to),
    ])
}

/// The code of a district: as given, else that of the saved address.
async fn district(session: &Session<'_>, (id, code): (Option<&str>, Option<&str>)) -> Result<String, Error> {
    if let Some(code) = code {
        return Ok(code.to_owned());
    }
    let address = session.perform(&ADDRESSES_GET, Params::none().path("id", id.unwrap_or_default())).await?;
    text(&address.json, "código_distrito")
        .ok_or_else(|| Error::new(Code::CarrierResponse, "Fruno's address has no `código_distrito`"))
}

/// A result whose error, where it complains that a district has no service, says which of the same canton have it.
pub(super) async fn naming_served<T>(
    session: &Session<'_>,
    ends: [&Address; 2],
    result: Result<T, Error>,
) -> Result<T, Error> {
    let Err(mut error) = result else { return result };
    for (path, end) in ["origin.district_code", "destination.district_code"].into_iter().zip(ends) {
        let complaint = |problem: &FieldProblem| problem.field == path && errors::no_service(&plain(&problem.message));
        let Some(index) = error.fields.iter().position(complaint) else { continue };
        let Some(served) = served(session, filled(&end.district_code).unwrap_or_default()).await else { continue };
        let problem = &mut error.edit().fields[index];
        problem.message =
            format!("{}; in the same canton Fruno serves {served}", problem.message.trim_end_matches('.'));
    }
    Err(error)
}

/// The districts with service in the canton of a district, with their names. The error is worth less than waiting
/// long for them.
async fn served(session: &Session<'_>, code: &str) -> Option<String> {
    const PATIENCE: Duration = Duration::from_secs(2);
    // "Distritos": a district's code begins with its canton's, and that with its province's.
    let (province, canton) = (code.get(..1)?, code.get(..3)?);
    let params = Params::none().path("código_provincia", province).path("código_cantón", canton);
    let asked = tokio::time::timeout(PATIENCE, session.perform(&DISTRICTS_LIST, params)).await;
    let districts = asked.ok()?.ok()?.json;
    let served = |district: &Value| {
        let listed = text(district, "código").filter(|listed| listed != code)?;
        let served = flag(district, "con_servicio").unwrap_or(true);
        served.then(|| format!("`{listed}` ({})", text(district, "nombre").unwrap_or_default()))
    };
    let named: Vec<String> = districts.as_array()?.iter().filter_map(served).collect();
    (!named.is_empty()).then(|| named.join(", "))
}
