//! The account's parcels: made whole or not at all, found, listed. Not how one is shown: that is `views`.

use super::super::util::{self, Ids};
use super::super::{Request, Response};
use super::addresses::{Address, Book};
use super::check::{Check, is_email};
use super::cost::{Size, has_contract};
use super::progress::Progress;
use super::settings::Settings;
use super::territory;
use super::{COSTA_RICA, Outcome, paged, problem};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

const STATES: [&str; 4] = ["porrecolectar", "entránsito", "cancelado", "entregado"];
const NOTICES: [&str; 6] = ["creado", "recolectado", "en_cedi", "en_tránsito", "entregado", "cancelado"];

/// Parcels are never forgotten, so a guía's number is its place.
#[derive(Debug, Default)]
pub(crate) struct Parcels(Vec<Parcel>);

#[derive(Debug)]
pub(crate) struct Parcel {
    pub(super) guia: String,
    pub(super) web: String,
    pub(super) progress: Progress,
    /// What the create sent, defaults filled in, under the API reference's names.
    pub(super) sent: Map<String, Value>,
    pub(super) size: Size,
    pub(super) currency: String,
    pub(super) price: u64,
    /// Copies: a parcel outlives its addresses.
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) notifications: Vec<Value>,
    pub(super) label_asked: u64,
}

impl Parcels {
    pub(crate) fn find(&mut self, guia: &str) -> Option<&mut Parcel> {
        let number: usize = guia.strip_prefix("FR")?.parse().ok()?;
        let parcel = self.0.get_mut(number.checked_sub(1)?)?;
        (parcel.guia == guia).then_some(parcel)
    }

    pub(crate) fn settle(&mut self, settings: &Settings, ids: &mut Ids, now: Timestamp) {
        if let Some(every) = settings.auto_advance_ms {
            for parcel in &mut self.0 {
                parcel.progress.settle(every, ids, now);
            }
        }
    }

    pub(crate) fn summary(&self) -> Value {
        self.0.iter().map(Parcel::summary).collect()
    }

    pub(crate) fn create(
        &mut self,
        body: &Map<String, Value>,
        book: &Book,
        settings: &Settings,
        now: Timestamp,
    ) -> Outcome {
        let mut check = Check::new(body, "crear-1");
        let number = |n: Option<u64>| n.unwrap_or(1);
        let size = Size {
            height: number(check.required_whole("alto")),
            width: number(check.required_whole("ancho")),
            length: number(check.required_whole("longitud")),
            weight: number(check.required_whole("peso_neto")),
        };
        let from = address(&mut check, book, "id_dirección_fuente");
        let to = address(&mut check, book, "id_dirección_destino");
        let contract = check.text("id_contrato", usize::MAX);
        match contract {
            Some(id) if !has_contract(settings, id) => check.complain("id_contrato", "El contrato no existe."),
            None if !settings.contracts.is_empty() && !body.contains_key("id_contrato") => {
                check.complain("id_contrato", "El campo es requerido.");
            }
            _ => {}
        }
        let mut sent = Map::new();
        let mut keep = |name: &str, value: Option<&str>| {
            sent.insert(name.to_owned(), value.unwrap_or_default().into());
        };
        keep("entregar_a", check.required_text("entregar_a", 40));
        keep("descripción", check.text("descripción", 150));
        keep("observaciones", check.text("observaciones", 2000));
        keep("referencia", check.text("referencia", 40));
        keep("en_nombre_de_correo", check.email("en_nombre_de_correo", 60));
        keep("id_contrato", contract);
        sent.insert("etiquetas".to_owned(), tags(&mut check).into());
        let urgent = check.flag("urgente");
        sent.insert("urgente".to_owned(), urgent.into());
        let notifications = notices(&mut check);
        check.finish()?;
        // The check has complained of an address that is not there.
        let (Some(from), Some(to)) = (from, to) else {
            return Err(problem::not_found());
        };
        let district = |a: &Address| territory::district(a.text("código_distrito"));
        let (Some(start), Some(end)) = (district(from), district(to)) else {
            return Err(problem::not_found());
        };
        let number = self.0.len() + 1;
        let parcel = Parcel {
            guia: format!("FR{number:09}"),
            web: format!("https://logistica.fruno.com/a/{:010}/consulta", 7_000_000_000 + number),
            progress: Progress::new(now),
            sent,
            size,
            currency: settings.currency.clone(),
            price: size.price([start, end], urgent),
            from: from.clone(),
            to: to.clone(),
            notifications,
            label_asked: 0,
        };
        let reply = Response::json(201, &parcel.created(settings));
        self.0.push(parcel);
        Ok(reply)
    }

    pub(crate) fn list(&self, request: &Request, settings: &Settings) -> Outcome {
        let day = request.query("fecha");
        if let Some(day) = day
            && (day.len() != 10 || day.parse::<jiff::civil::Date>().is_err())
        {
            let error = "El formato es YYYY-MM-DD.";
            return Err(problem::invalid("filtros", &[("fecha", error)]));
        }
        let state = request.query("estado");
        if state.is_some_and(|s| !STATES.contains(&s)) {
            let error = "Los valores posibles son: entránsito porrecolectar entregado cancelado.";
            return Err(problem::invalid("filtros", &[("estado", error)]));
        }
        let fits = |p: &&Parcel| {
            day.is_none_or(|d| util::day(p.progress.made, COSTA_RICA) == d) && state.is_none_or(|s| p.state() == s)
        };
        let all = (1_u64..).zip(&self.0);
        let all = all.filter(|(_, p)| fits(p)).collect();
        let (page, token) = settings.page(request, all)?;
        let page = page.into_iter().map(|parcel| parcel.listed(settings)).collect();
        Ok(paged("paquetes", page, token))
    }
}

fn address<'b>(check: &mut Check, book: &'b Book, name: &'static str) -> Option<&'b Address> {
    let id = check.required_text(name, usize::MAX)?;
    let address = book.find(id);
    let district = address.and_then(|address| territory::district(address.text("código_distrito")));
    match (address, district) {
        (None, _) => check.complain(name, "La dirección no existe."),
        // It was saved all the same, where the setting `unserved` says so.
        (_, Some(district)) if !district.served => check.complain(name, "El distrito no cuenta con servicio"),
        _ => {}
    }
    address
}

fn tags(check: &mut Check) -> Vec<Value> {
    let Some(value) = check.value("etiquetas") else {
        return Vec::new();
    };
    let short = |tag: &Value| tag.as_str().is_some_and(|t| t.chars().count() <= 20);
    match value.as_array() {
        Some(tags) if tags.len() <= 10 && tags.iter().all(short) => return tags.clone(),
        Some(tags) if tags.len() > 10 => check.complain("etiquetas", "El máximo es de 10 etiquetas."),
        Some(_) => check.complain("etiquetas", "Cada etiqueta es un texto de 20 caracteres como máximo."),
        None => check.complain("etiquetas", "El valor debe ser un arreglo."),
    }
    Vec::new()
}

/// `notificaciones`, kept as their own operation shows them: the address, and the notices that are on.
fn notices(check: &mut Check) -> Vec<Value> {
    let Some(value) = check.value("notificaciones") else {
        return Vec::new();
    };
    let Some(list) = value.as_array().filter(|l| l.len() <= 3) else {
        check.complain("notificaciones", "El valor debe ser un arreglo de 3 elementos como máximo.");
        return Vec::new();
    };
    let mut kept = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let Some(map) = item.as_object() else {
            check.complain(&format!("notificaciones[{index}]"), "El valor debe ser un objeto.");
            continue;
        };
        if !map.get("correo").and_then(Value::as_str).is_some_and(is_email) {
            check.complain(&format!("notificaciones[{index}].correo"), "El correo es requerido.");
        }
        for (name, value) in map.iter().filter(|(name, _)| *name != "correo") {
            let path = format!("notificaciones[{index}].{name}");
            if !NOTICES.contains(&name.as_str()) {
                check.complain(&path, "Campo desconocido.");
            } else if !value.is_boolean() {
                check.complain(&path, "El valor debe ser true o false.");
            }
        }
        let on = |(_, v): &(&String, &Value)| **v != Value::Bool(false);
        let shown: Map<String, Value> = map.iter().filter(on).map(|(n, v)| (n.clone(), v.clone())).collect();
        kept.push(shown.into());
    }
    kept
}

impl Parcel {
    pub(crate) fn state(&self) -> &'static str {
        self.progress.state().0
    }

    pub(crate) fn summary(&self) -> Value {
        json!({
            "id": self.guia,
            "reference": self.sent["referencia"],
            "status": self.state(),
            "tags": self.sent["etiquetas"],
            "guía": self.guia,
            "referencia": self.sent["referencia"],
            "etiquetas": self.sent["etiquetas"],
            "estado": self.state(),
            "observaciones": self.sent["observaciones"],
            "id_contrato": self.sent["id_contrato"],
            "fecha_creación": util::utc(self.progress.made),
        })
    }

    pub(crate) fn advance(&mut self, to: Option<&str>, ids: &mut Ids, now: Timestamp) -> Result<(), String> {
        self.progress.advance(to, ids, now)
    }

    pub(crate) fn cancel(&mut self, settings: &Settings, ids: &mut Ids, now: Timestamp) -> Outcome {
        self.progress.cancel_by_request(settings.late_cancel_400, ids, now)
    }
}
