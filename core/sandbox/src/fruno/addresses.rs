//! The account's saved addresses. Deleting one leaves the parcels that used it as they were: they keep a copy.

use super::super::util::{self, Ids};
use super::super::{Request, Response};
use super::check::Check;
use super::{COSTA_RICA, EMAIL, Outcome, Settings, ok, paged, problem, territory};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

const EMPTY_DETAIL: &str = "El detalle de una dirección no puede estar vacío debe contener todas las indicaciones necesarias para encontrar el lugar.";
const SHORT_NAME: &str = "El nombre de la dirección debe ser mayor a 4 caracteres.";

#[derive(Debug, Default)]
pub(crate) struct Book {
    made: u64,
    by_place: BTreeMap<u64, Address>,
    by_id: HashMap<String, u64>,
    by_name: HashMap<String, u64>,
}

/// An address as its replies show it.
#[derive(Debug, Clone)]
pub(crate) struct Address(Map<String, Value>);

impl Address {
    /// A field's text, "" when it has none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn set(&mut self, fields: Vec<(&'static str, String)>) {
        for (name, value) in fields {
            // The samples leave out what an address does not have.
            if value.is_empty() {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.into());
            }
        }
    }
}

impl Book {
    pub(crate) fn find(&self, id: &str) -> Option<&Address> {
        self.by_id.get(id).and_then(|place| self.by_place.get(place))
    }

    pub(crate) fn list(&self, request: &Request, settings: &Settings) -> Outcome {
        let all = self.by_place.iter().map(|(place, a)| (*place, a)).collect();
        let (page, token) = settings.page(request, all)?;
        let page = page.into_iter().map(|a| a.0.clone().into()).collect();
        Ok(paged("direcciones", page, token))
    }

    pub(crate) fn get(&self, id: &str) -> Outcome {
        let address = self.find(id).ok_or_else(problem::not_found)?;
        Ok(ok(address.0.clone().into()))
    }

    pub(crate) fn create(
        &mut self,
        body: &Map<String, Value>,
        settings: &Settings,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Outcome {
        let mut check = Check::new(body, "crear");
        let code = check.required_text("código_distrito", usize::MAX);
        match code.map(territory::district) {
            Some(None) => check.complain("código_distrito", "El distrito no existe."),
            Some(Some(d)) if !d.served && !settings.saves_unserved => {
                check.complain("código_distrito", "El distrito no cuenta con servicio.");
            }
            _ => {}
        }
        for name in ["nombre", "detalle"] {
            if !body.contains_key(name) {
                check.complain(name, if name == "nombre" { SHORT_NAME } else { EMPTY_DETAIL });
            }
        }
        let fields = self.fields(&mut check, None);
        check.finish()?;
        let id = ids.uuid();
        let mut address = Address(Map::new());
        address.set(vec![
            ("id", id.clone()),
            ("código_distrito", code.unwrap_or_default().to_owned()),
            ("fecha_creación", util::at_offset(now, COSTA_RICA)),
            ("creado_por_usuario_correo", EMAIL.to_owned()),
        ]);
        address.set(fields);
        self.made += 1;
        self.by_id.insert(id, self.made);
        self.by_name.insert(address.text("nombre").to_owned(), self.made);
        let reply = Response::json(201, &address.0.clone().into());
        self.by_place.insert(self.made, address);
        Ok(reply)
    }

    /// The table of what may be changed has no district.
    pub(crate) fn change(&mut self, id: &str, body: &Map<String, Value>) -> Outcome {
        let place = *self.by_id.get(id).ok_or_else(problem::not_found)?;
        let mut check = Check::new(body, "cambiar");
        if body.is_empty() {
            check.complain("nombre", "Debe indicarse al menos un campo.");
        }
        let fields = self.fields(&mut check, Some(place));
        check.finish()?;
        if let Some(address) = self.by_place.get_mut(&place) {
            self.by_name.remove(address.text("nombre"));
            address.set(fields);
            self.by_name.insert(address.text("nombre").to_owned(), place);
        }
        Ok(Response::new(204))
    }

    pub(crate) fn delete(&mut self, id: &str) -> Outcome {
        let place = self.by_id.remove(id).ok_or_else(problem::not_found)?;
        if let Some(address) = self.by_place.remove(&place) {
            self.by_name.remove(address.text("nombre"));
        }
        Ok(Response::new(200))
    }

    /// The fields that creating and changing share, of those that were sent.
    fn fields(&self, check: &mut Check, place: Option<u64>) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        if let Some(name) = check.text("nombre", 40) {
            if name.trim().chars().count() <= 4 {
                check.complain("nombre", SHORT_NAME);
            } else if self.by_name.get(name).is_some_and(|at| Some(*at) != place) {
                check.complain("nombre", "Ya existe una dirección con ese nombre.");
            }
            fields.push(("nombre", name.to_owned()));
        }
        if let Some(detail) = check.text("detalle", 200) {
            if detail.trim().is_empty() {
                check.complain("detalle", EMPTY_DETAIL);
            }
            fields.push(("detalle", detail.to_owned()));
        }
        for (name, limit) in [("teléfono1", 10), ("teléfono2", 10), ("referencia", 40)] {
            if let Some(text) = check.text(name, limit) {
                fields.push((name, text.to_owned()));
            }
        }
        if let Some(email) = check.email("correo", usize::MAX) {
            fields.push(("correo", email.to_owned()));
        }
        fields
    }
}
