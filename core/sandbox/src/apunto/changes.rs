//! What a create, an update and a delete do to a row, whatever it is.

use super::super::{Request, Response};
use super::refusal::{NOT_ALLOWED, Refusal};
use super::shape::instant;
use super::store::{Data, Parent};
use super::table::{Kind, Resource};
use super::{Apunto, NOWHERE, check};
use serde_json::{Map, Value, json};

impl Apunto {
    pub(super) fn create(
        &mut self,
        resource: &'static Resource,
        parent: Parent,
        request: &Request,
    ) -> Result<Response, Refusal> {
        let sent = check::unwrapped(request, resource)?;
        if resource.name == "services" && self.settings.fail_service_create > 0 {
            self.settings.fail_service_create -= 1;
            if self.settings.fail_service_create == 0 {
                return Err(Refusal::field("base", "no se pudo guardar el servicio"));
            }
        }
        let mut kept = check::read(resource, &sent, &self.store, &self.settings, None)?;
        match (resource.name, parent) {
            ("folders", _) => self.check_folder(parent, &kept)?,
            ("to_dos", _) => drop(kept.remove("completed")),
            ("leads", _) => add_prospect(&mut kept),
            ("quote_requests", _) => Self::place_request(&mut kept),
            ("quote_request_pricings", Some((_, id))) => self.complete_pricing(id, &mut kept)?,
            ("quotes", _) => drop(kept.insert("status".into(), "drafted".into())),
            _ => {}
        }
        self.number_address(&mut kept, None);
        self.number_rows(resource, &mut kept, None)?;
        let id = self.store.insert(resource, parent, kept, self.now);
        if resource.name == "folders" {
            return self.acted_with(201, resource, id, resource.created, false, resource.words.created);
        }
        self.made(resource, id)
    }

    pub(super) fn update(
        &mut self,
        resource: &'static Resource,
        id: u64,
        request: &Request,
    ) -> Result<Response, Refusal> {
        let missing = || Refusal::NotFound(resource.words.missing);
        let sent = check::unwrapped(request, resource)?;
        let old = self.store.get(resource.name, id).ok_or_else(missing)?;
        let mut kept = check::read(resource, &sent, &self.store, &self.settings, Some(old))?;
        let (billing, before) = (old.data.get("billing_address").cloned(), old.data.clone());
        match resource.name {
            "messages" => drop(kept.insert("edited".into(), true.into())),
            "to_dos" => self.complete_by_update(&mut kept, &before),
            "quote_requests" => Self::place_request(&mut kept),
            _ => {}
        }
        self.number_address(&mut kept, billing);
        self.number_rows(resource, &mut kept, Some(&before))?;
        self.change(resource.name, id, kept.clone());
        let row = self.store.get(resource.name, id).ok_or_else(missing)?;
        let shaper = self.shaper();
        let partial = shaper.partial(resource, row, &kept);
        if resource.name == "attachments" {
            return self.acted(resource, id, "id filename", false, resource.words.updated);
        }
        Ok(self.reply(200, resource, partial, resource.words.updated))
    }

    /// `completed: false` takes a completion back; whether `true` makes one is not in the API reference.
    fn complete_by_update(&self, kept: &mut Data, before: &Data) {
        match (kept.get("completed") == Some(&Value::Bool(true)), self.settings.complete_by_update) {
            (true, false) => drop(kept.remove("completed")),
            (true, true) if before.get("completed") != Some(&Value::Bool(true)) => {
                kept.insert("completed_at".into(), instant(self.now).into());
                kept.insert("completed_by".into(), before.get("owner").cloned().unwrap_or_default());
            }
            (false, _) if kept.contains_key("completed") => {
                kept.insert("completed_at".into(), Value::Null);
                kept.insert("completed_by".into(), Value::Null);
            }
            _ => {}
        }
    }

    /// The objects of a list have ids of their own. An update changes those that it names, deletes those with `_destroy`, adds those without
    /// an id.
    fn number_rows(&mut self, resource: &Resource, kept: &mut Data, before: Option<&Data>) -> Result<(), Refusal> {
        for field in resource.fields.iter().filter(|field| matches!(field.kind, Kind::Rows(_))) {
            let Some(Value::Array(sent)) = kept.get(field.stored).cloned() else {
                continue;
            };
            let old = before.and_then(|data| data.get(field.stored)).and_then(Value::as_array);
            let mut all = old.cloned().unwrap_or_default();
            for mut one in sent {
                let wanted = one.get("id").and_then(check::number);
                let place = all.iter().position(|known| wanted.is_some() && known["id"].as_u64() == wanted);
                if place.is_none() && one.get("id").is_some_and(|id| !id.is_null()) {
                    return Err(Refusal::NotFound(NOWHERE));
                }
                let destroy = one.get("_destroy").and_then(check::flag) == Some(true.into());
                if let Some(one) = one.as_object_mut() {
                    one.retain(|name, _| name != "id" && name != "_destroy");
                }
                match (place, one) {
                    (Some(place), _) if destroy => drop(all.remove(place)),
                    (Some(place), Value::Object(one)) => {
                        if let Some(known) = all[place].as_object_mut() {
                            known.extend(one);
                        }
                    }
                    (None, Value::Object(mut one)) if !destroy => {
                        one.insert("id".into(), self.store.next_id().into());
                        all.push(Value::Object(one));
                    }
                    _ => {}
                }
            }
            kept.insert(field.stored.into(), all.into());
        }
        Ok(())
    }

    /// A contact's billing address has an id of its own, and keeps what an update leaves out.
    fn number_address(&mut self, kept: &mut Data, old: Option<Value>) {
        let Some(Value::Object(new)) = kept.get_mut("billing_address") else {
            return;
        };
        let mut address = match old {
            Some(Value::Object(old)) => old,
            _ => Map::from_iter([("id".to_owned(), self.store.next_id().into())]),
        };
        address.append(new);
        *new = address;
    }

    /// Completing twice changes nothing.
    pub(super) fn complete(&mut self, resource: &'static Resource, id: u64) -> Result<Response, Refusal> {
        let missing = || Refusal::NotFound(resource.words.missing);
        let row = self.store.get_mut(resource.name, id).ok_or_else(missing)?;
        if row.data.get("completed") != Some(&Value::Bool(true)) {
            let owner = row.data.get("owner").cloned().unwrap_or_default();
            row.data.insert("completed".into(), true.into());
            row.data.insert("completed_at".into(), instant(self.now).into());
            row.data.insert("completed_by".into(), owner);
            row.updated = self.now;
        }
        let row = self.store.get(resource.name, id).ok_or_else(missing)?;
        let names = "id title completed completed_at";
        let done = self.shaper().object(resource, row, names);
        Ok(self.reply(200, resource, done, "Tarea marcada como completada"))
    }

    pub(super) fn delete(&mut self, resource: &'static Resource, id: u64) -> Result<Response, Refusal> {
        if resource.name == "operations" && !self.settings.may_delete {
            return Err(Refusal::Forbidden(NOT_ALLOWED));
        }
        if resource.name == "leads" {
            self.check_lead(id)?;
        }
        self.store.delete(resource.name, id);
        if self.settings.delete_204 {
            return Ok(Response::new(204));
        }
        Ok(Response::json(200, &json!({"message": resource.words.deleted})))
    }

    /// Changes a row, as an action does.
    pub(super) fn change(&mut self, resource: &str, id: u64, change: Data) {
        if let Some(row) = self.store.get_mut(resource, id) {
            row.data.extend(change);
            row.updated = self.now;
        }
    }
}

/// A new lead is a prospect, whatever else it is.
fn add_prospect(lead: &mut Data) {
    if let Some(Value::Array(kinds)) = lead.get_mut("kind")
        && !kinds.iter().any(|kind| kind == "prospect")
    {
        kinds.push("prospect".into());
    }
}
