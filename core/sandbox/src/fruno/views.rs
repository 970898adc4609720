//! A parcel in the API reference's three forms (created, listed, in full), its events, its label and its images. Nothing here changes its state.

use super::super::util;
use super::super::{Response, media};
use super::addresses::Address;
use super::parcels::Parcel;
use super::settings::{Estimates, Settings};
use super::{COSTA_RICA, EMAIL, Outcome, ok, problem, territory};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

/// How long a label takes, unless a setting says otherwise.
const LABEL_TIME: SignedDuration = SignedDuration::from_millis(300);

/// What comes instead of a label that is not ready: the API reference says status 102, which HTTP makes an interim answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LabelForm {
    InterimThenClose,
    InterimThenEmpty,
    InterimThenPdf,
    Empty,
    Json,
    NoContent,
}

impl LabelForm {
    pub(crate) fn read(value: &Value) -> Result<Self, String> {
        match value.as_str().unwrap_or("200_empty") {
            "102_close" => Ok(Self::InterimThenClose),
            "102_empty" => Ok(Self::InterimThenEmpty),
            "102_then_pdf" => Ok(Self::InterimThenPdf),
            "200_empty" => Ok(Self::Empty),
            "200_json" => Ok(Self::Json),
            "204" => Ok(Self::NoContent),
            other => Err(format!("no form {other:?} of a label that is not ready")),
        }
    }
}

impl Parcel {
    pub(crate) fn web(&self) -> Value {
        json!({"url_consulta_web": self.web})
    }

    pub(crate) fn notifications(&self) -> Value {
        json!({"notificaciones": self.notifications})
    }

    /// The members that all three forms begin with, in the API reference's order. `date` writes an instant: lists have it at -06:00, the rest in UTC.
    fn head(&self, date: fn(Timestamp) -> String) -> Map<String, Value> {
        let p = &self.progress;
        let dated = |at: Option<Timestamp>| at.map_or(Value::Null, |at| date(at).into());
        object(json!({
            "guía": self.guia,
            "estado": p.state().0,
            "descripción_estado": p.state().1,
            "urgente": self.sent["urgente"],
            "recolecta_en_cedi": p.left_at_hub,
            "devolución": p.returning,
            "creado_por": EMAIL,
            "en_nombre_de_correo": self.sent["en_nombre_de_correo"],
            "fecha_creación": date(p.made),
            "fecha_recolecta": dated(p.collected),
            "fecha_cedi": dated(p.at_hub),
            "fecha_entrega": dated(p.delivered),
        }))
    }

    fn estimates(&self, settings: &Settings, known: bool) -> Map<String, Value> {
        if settings.estimates == Estimates::Never {
            return Map::new();
        }
        let day = |days: i64| {
            let at = self.progress.made + SignedDuration::from_hours(24 * days);
            if known { Value::from(format!("{}T00:00:00Z", util::day(at, 0))) } else { Value::Null }
        };
        object(json!({
            "recolecta_estimada_a": day(1),
            "recolecta_estimada_b": day(2),
            "entrega_estimada_a": day(3),
            "entrega_estimada_b": day(4),
        }))
    }

    fn content(&self) -> Map<String, Value> {
        object(json!({
            "referencia": self.sent["referencia"],
            "etiquetas": self.sent["etiquetas"],
            "descripción": self.sent["descripción"],
            "observaciones": self.sent["observaciones"],
            "alto": self.size.height,
            "ancho": self.size.width,
            "longitud": self.size.length,
            "peso_volumétrico": self.size.volumetric(),
            "peso_neto": self.size.weight,
            "peso_neto_original": self.size.weight,
        }))
    }

    fn price(&self) -> Map<String, Value> {
        object(json!({"moneda": self.currency, "precio": self.price, "factura": ""}))
    }

    /// The two ends; `places` adds what of the territory a form shows.
    fn ends(&self, places: fn(&str, &Address) -> Map<String, Value>) -> Map<String, Value> {
        let mut map = object(json!({
            "id_dirección_fuente": self.from.text("id"),
            "id_dirección_destino": self.to.text("id"),
        }));
        for (end, address) in [("fuente", &self.from), ("destino", &self.to)] {
            map.insert(format!("nombre_dirección_{end}"), address.text("nombre").into());
            map.insert(format!("detalle_dirección_{end}"), address.text("detalle").into());
            map.extend(places(end, address));
            map.insert(format!("referencia_{end}"), address.text("referencia").into());
        }
        map.insert("entregar_a".into(), self.sent["entregar_a"].clone());
        let phones = [self.to.text("teléfono1"), self.to.text("teléfono2")];
        let phones: Vec<&str> = phones.into_iter().filter(|p| !p.is_empty()).collect();
        map.insert("teléfonos".into(), phones.join(", ").into());
        map
    }

    fn history(&self, settings: &Settings) -> Map<String, Value> {
        let p = &self.progress;
        let said = |at: Timestamp, text: Value| json!({"fecha": util::utc(at), "mensaje": text});
        let image = |id: &Option<String>| -> Value {
            id.iter().map(|id| json!({"id": id, "ContentType": "image/png"})).collect()
        };
        let events: Value = p.events.iter().map(|e| said(e.at, message(settings, e.kind.name))).collect();
        let comments: Value = p.comments.iter().map(|(at, text)| said(*at, text.as_str().into())).collect();
        object(json!({
            "eventos": events,
            "comentarios": comments,
            "imágenes_recolecta": image(&p.pickup_image),
            "imágenes_entrega": image(&p.delivery_image),
        }))
    }

    /// The reply to the create, which knows neither `devolución` nor districts.
    pub(super) fn created(&self, settings: &Settings) -> Value {
        let mut map = self.head(util::utc);
        map.remove("devolución");
        if settings.estimates == Estimates::Always {
            map.extend(self.estimates(settings, true));
        }
        map.extend(self.content());
        map.extend(self.price());
        map.extend(self.ends(|_, _| Map::new()));
        map.extend(self.history(settings));
        map.into()
    }

    /// An item of the list, which knows neither price nor events.
    pub(super) fn listed(&self, settings: &Settings) -> Value {
        let mut map = self.head(|at| util::at_offset(at, COSTA_RICA));
        map.remove("recolecta_en_cedi");
        map.remove("devolución");
        map.extend(self.estimates(settings, self.progress.collected.is_some()));
        map.extend(self.content());
        map.extend(self.ends(|end, address| {
            let code = address.text("código_distrito");
            Map::from_iter([(format!("código_distrito_{end}"), code.into())])
        }));
        map.into()
    }

    pub(crate) fn info(&self, settings: &Settings) -> Value {
        let mut map = self.head(util::utc);
        map.extend(self.estimates(settings, true));
        map.extend(self.content());
        map.extend(self.price());
        map.extend(self.ends(|end, address| {
            let district = territory::district(address.text("código_distrito"));
            let name = |of: fn(&territory::District) -> &'static str| district.map_or("", of).into();
            Map::from_iter([
                (format!("distrito_{end}"), name(|d| d.name)),
                (format!("cantón_{end}"), name(|d| d.canton())),
                (format!("provincia_{end}"), name(|d| d.province())),
            ])
        }));
        map.extend(self.history(settings));
        map.into()
    }

    pub(crate) fn events(&self, settings: &Settings) -> Value {
        let events = self.progress.events.iter().map(|e| {
            let mut event = json!({
                "id": e.id,
                "fecha": util::utc(e.at),
                "mensaje": message(settings, e.kind.name),
                "id_tipo_evento": e.kind.id(settings.repeated_event_types),
            });
            if settings.event_stage {
                event["etapa"] = e.kind.stage.into();
            }
            event
        });
        json!({"eventos": events.collect::<Value>()})
    }

    pub(crate) fn image(&self, id: &str) -> Outcome {
        let p = &self.progress;
        let images = [&p.pickup_image, &p.delivery_image];
        if images.into_iter().any(|i| i.as_deref() == Some(id)) {
            return Ok(Response::bytes(200, "image/png", media::png()));
        }
        Err(problem::not_found())
    }

    pub(crate) fn label(&mut self, settings: &Settings, now: Timestamp) -> Response {
        let asked = self.label_asked;
        self.label_asked += 1;
        let fresh = now.duration_since(self.progress.made) < LABEL_TIME;
        let form = match &settings.label {
            Some(setting) => (asked < setting.times).then_some(setting.form),
            None => (asked == 0 && fresh).then_some(LabelForm::Empty),
        };
        match form {
            None => self.pdf(),
            Some(LabelForm::InterimThenClose) => Response::raw(Vec::new()).after_interim(102),
            Some(LabelForm::InterimThenEmpty) => Response::new(200).after_interim(102),
            Some(LabelForm::InterimThenPdf) => self.pdf().after_interim(102),
            Some(LabelForm::Empty) => Response::bytes(200, "application/pdf", Vec::new()),
            Some(LabelForm::Json) => ok(json!({"title": "La guía se está procesando"})),
            Some(LabelForm::NoContent) => Response::new(204),
        }
    }

    fn pdf(&self) -> Response {
        let text = |name: &str| self.sent[name].as_str().unwrap_or_default();
        let lines = [
            "FRUNO (sandbox)".to_owned(),
            self.guia.clone(),
            String::new(),
            format!("Entregar a: {}", text("entregar_a")),
            self.to.text("detalle").to_owned(),
            format!("De: {}", self.from.text("nombre")),
            text("descripción").to_owned(),
        ];
        Response::bytes(200, "application/pdf", media::pdf(&lines))
    }
}

fn message(settings: &Settings, name: &str) -> Value {
    settings.event_names.get(name).cloned().unwrap_or_else(|| name.into())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
