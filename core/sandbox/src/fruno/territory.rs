//! A small true part of Costa Rica's territorial division, with every district that Fruno's API reference mentions.
//! Codes are those of the official division; which districts lack service follows the API reference's samples.

use super::super::{Request, Response};
use super::problem;
use serde_json::{Map, Value, json};

const PROVINCES: &[(&str, &str)] = &[
    ("1", "SAN JOSÉ"),
    ("2", "ALAJUELA"),
    ("3", "CARTAGO"),
    ("4", "HEREDIA"),
    ("5", "GUANACASTE"),
    ("6", "PUNTARENAS"),
    ("7", "LIMÓN"),
];

const CANTONS: &[(&str, &str)] = &[
    ("101", "SAN JOSÉ"),
    ("102", "ESCAZÚ"),
    ("106", "ASERRI"),
    ("110", "ALAJUELITA"),
    ("112", "ACOSTA"),
    ("115", "MONTES DE OCA"),
    ("116", "TURRUBARES"),
    ("201", "ALAJUELA"),
    ("202", "SAN RAMÓN"),
    ("301", "CARTAGO"),
    ("401", "HEREDIA"),
    ("501", "LIBERIA"),
    ("502", "NICOYA"),
    ("601", "PUNTARENAS"),
    ("701", "LIMÓN"),
];

/// A district; `zones` are the parts of it without service.
pub(crate) struct District {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) served: bool,
    /// Whether it is in the Gran Área Metropolitana.
    pub(crate) metropolitan: bool,
    zones: &'static [&'static str],
}

const fn in_gam(code: &'static str, name: &'static str) -> District {
    District { code, name, served: true, metropolitan: true, zones: &[] }
}

const fn rural(code: &'static str, name: &'static str) -> District {
    District { code, name, served: true, metropolitan: false, zones: &[] }
}

const fn unserved_district(code: &'static str, name: &'static str) -> District {
    District { code, name, served: false, metropolitan: false, zones: &[] }
}

const DISTRICTS: &[District] = &[
    in_gam("10101", "Carmen"),
    in_gam("10102", "Merced"),
    in_gam("10103", "Hospital"),
    in_gam("10104", "Catedral"),
    in_gam("10109", "Pavas"),
    in_gam("10201", "Escazú"),
    in_gam("10202", "San Antonio"),
    in_gam("10203", "San Rafael"),
    District { code: "10601", name: "Aserrí", served: true, metropolitan: true, zones: &["1° de mayo"] },
    in_gam("10602", "Tarbaca"),
    rural("10604", "San Gabriel"),
    in_gam("10605", "La Legua"),
    in_gam("11001", "Alajuelita"),
    rural("11201", "San Ignacio"),
    in_gam("11501", "San Pedro"),
    in_gam("11502", "Sabanilla"),
    in_gam("11503", "Mercedes"),
    rural("11601", "San Pablo"),
    rural("11602", "San Pedro"),
    rural("11603", "San Juan de Mata"),
    rural("11604", "San Luis"),
    rural("11605", "Carara"),
    in_gam("20101", "Alajuela"),
    rural("20201", "San Ramón"),
    in_gam("30101", "Oriental"),
    in_gam("40101", "Heredia"),
    rural("50101", "Liberia"),
    unserved_district("50102", "Cañas Dulces"),
    rural("50201", "Nicoya"),
    unserved_district("50206", "Nosara"),
    rural("60101", "Puntarenas"),
    District {
        code: "60115",
        name: "El Roble",
        served: true,
        metropolitan: false,
        zones: &["20 de Noviembre", "Barrio El Progreso"],
    },
    rural("70101", "Limón"),
    unserved_district("70102", "Valle La Estrella"),
];

pub(crate) fn district(code: &str) -> Option<&'static District> {
    DISTRICTS.iter().find(|d| d.code == code)
}

impl District {
    pub(crate) fn canton(&self) -> &'static str {
        name_of(CANTONS, &self.code[..3])
    }

    pub(crate) fn province(&self) -> &'static str {
        name_of(PROVINCES, &self.code[..1])
    }

    fn json(&self, zones: Option<Value>) -> Value {
        let mut map = Map::new();
        map.insert("código".into(), self.code.into());
        map.insert("código_cantón".into(), self.code[..3].into());
        map.insert("código_provincia".into(), self.code[..1].into());
        map.insert("nombre".into(), self.name.into());
        map.insert("con_servicio".into(), self.served.into());
        if let Some(zones) = zones {
            map.insert("zonas_sin_servicio".into(), zones);
        }
        map.insert("es_gam".into(), self.metropolitan.into());
        map.into()
    }
}

fn name_of(table: &[(&str, &'static str)], code: &str) -> &'static str {
    let mut rows = table.iter();
    rows.find(|(c, _)| *c == code).map_or("", |(_, name)| name)
}

/// The API reference's samples are in the order of the names.
fn by_name(mut list: Vec<Value>) -> Value {
    list.sort_by_key(|v| v["nombre"].as_str().unwrap_or_default().to_owned());
    list.into()
}

pub(crate) fn provinces() -> Value {
    let one = |(code, name): &(&str, &str)| json!({"código": code, "nombre": name});
    by_name(PROVINCES.iter().map(one).collect())
}

pub(crate) fn cantons(province: &str) -> Result<Value, Response> {
    if name_of(PROVINCES, province).is_empty() {
        return Err(problem::not_found());
    }
    let list = CANTONS.iter().filter(|(code, _)| code[..1] == *province);
    let one = |(code, name): &(&str, &str)| json!({"código": code, "código_provincia": province, "nombre": name});
    Ok(by_name(list.map(one).collect()))
}

pub(crate) fn districts(request: &Request, zones_as_text: bool) -> Result<Value, Response> {
    let (province, canton) = (request.param(0), request.param(1));
    if name_of(CANTONS, canton).is_empty() || !canton.starts_with(province) || province.len() != 1 {
        return Err(problem::not_found());
    }
    let wanted: fn(&District) -> bool = match request.query("incluir") {
        None | Some("con-servicio") => |d| d.served,
        Some("sin-servicio") => |d| !d.served,
        Some("todos") => |_| true,
        Some(_) => {
            let error = "Los valores posibles son: con-servicio, sin-servicio, todos.";
            return Err(problem::invalid("distritos", &[("incluir", error)]));
        }
    };
    let here = DISTRICTS.iter().filter(|d| d.code.starts_with(canton) && wanted(d));
    Ok(by_name(here.map(|d| d.json(zone_list(d, zones_as_text))).collect()))
}

/// The API reference calls `zonas_sin_servicio` optional, shows it empty, as objects, and left out: all three occur here.
fn zone_list(district: &District, as_text: bool) -> Option<Value> {
    let one = |zone: &&str| {
        if as_text { json!(zone) } else { json!({"nombre": zone}) }
    };
    let odd = district.code.ends_with(['1', '3', '5', '7', '9']);
    let shown = odd || !district.zones.is_empty();
    (shown && district.served).then(|| district.zones.iter().map(one).collect())
}

pub(crate) fn unserved() -> Value {
    let list = DISTRICTS.iter().filter(|d| !d.served);
    list.map(|d| d.json(None)).collect()
}

pub(crate) fn zones() -> Value {
    let of = |d: &'static District| {
        d.zones.iter().map(move |zone| {
            json!({
                "nombre": zone,
                "código_distrito": d.code,
                "código_cantón": d.code[..3],
                "código_provincia": d.code[..1],
                "nombre_distrito": d.name,
                "nombre_cantón": d.canton(),
                "nombre_provincia": d.province(),
            })
        })
    };
    DISTRICTS.iter().flat_map(of).collect()
}
