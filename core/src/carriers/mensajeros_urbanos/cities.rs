//! The cities of Mensajeros Urbanos, by all the names that people write, and by the DANE codes of their
//! municipalities.

use crate::model::FieldProblem;
use crate::model::address::{Address, filled};
use crate::model::shape::{nearest, plain, shorten};

struct City {
    /// `city` in the carrier's requests. 1 to 5 are the API reference's ("Calcular el valor de un servicio"); the
    /// others are seen in public integrations.
    id: i64,
    name: &'static str,
    /// DANE's code of the municipality.
    code: &'static str,
    /// Its longer names.
    also: &'static [&'static str],
    /// What is written after a name: its department, its district.
    after: &'static [&'static str],
}

type Names = &'static [&'static str];

const fn city(id: i64, name: &'static str, code: &'static str, also: Names, after: Names) -> City {
    City { id, name, code, also, after }
}

const BOGOTA: Names = &["santa fe de bogota", "santafe de bogota", "santa fe bogota", "santafe bogota"];
const CAPITAL: Names = &["d c", "dc", "d e", "distrito capital", "capital", "cundinamarca", "bogota"];
const INDIES: Names = &["cartagena de indias", "cartagena indias"];

const CITIES: &[City] = &[
    city(1, "Bogotá", "11001", BOGOTA, CAPITAL),
    city(2, "Cali", "76001", &["santiago de cali", "santiago cali"], &["valle del cauca", "valle", "d e"]),
    city(3, "Medellín", "05001", &[], &["antioquia", "ant", "d e"]),
    city(4, "Barranquilla", "08001", &[], &["atlantico", "d e", "d e i p", "deip"]),
    city(5, "Villavicencio", "50001", &[], &["meta"]),
    city(8, "Cartagena", "13001", INDIES, &["bolivar", "d t y c", "d t c", "d t", "dtyc"]),
    city(9, "Santa Marta", "47001", &[], &["magdalena", "d t c h", "d t c e h", "dtch", "d t"]),
    city(10, "Bucaramanga", "68001", &[], &["santander"]),
    city(11, "Ibagué", "73001", &[], &["tolima"]),
];

/// What may stand before any name, and after it.
const BEFORE: Names = &[
    "distrito turistico cultural e historico de",
    "distrito turistico y cultural de",
    "distrito especial industrial y portuario de",
    "distrito especial de",
    "distrito capital de",
    "distrito de",
    "municipio de",
    "ciudad de",
];
const AFTER: Names = &["colombia", "col", "co", "distrito especial"];

impl City {
    fn is_called(&self, words: &str) -> bool {
        let name = plain(self.name);
        let mut rest = BEFORE.iter().find_map(|before| words.strip_prefix(before)?.strip_prefix(' ')).unwrap_or(words);
        while rest != name && rest != self.code && !self.also.contains(&rest) {
            let mut places = AFTER.iter().chain(self.after);
            match places.find_map(|place| rest.strip_suffix(place)?.strip_suffix(' ')) {
                Some(shorter) => rest = shorter,
                None => return false,
            }
        }
        true
    }
}

/// Words alone: without accents, case and marks.
fn words(text: &str) -> String {
    let bare: String = plain(text).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn by_name(name: &str) -> Option<&'static City> {
    let words = words(name);
    CITIES.iter().find(|city| city.is_called(&words))
}

/// DANE's codes have five digits; with three more for the place within the municipality.
fn by_code(code: &str) -> Option<&'static City> {
    // A spreadsheet drops the zero that some begin with.
    let code = if matches!(code.len(), 4 | 7) { format!("0{code}") } else { code.to_owned() };
    CITIES.iter().find(|city| code == city.code || (code.len() == 8 && code.starts_with(city.code)))
}

/// A city's name by the carrier's id.
pub(super) fn name(id: i64) -> Option<&'static str> {
    CITIES.iter().find(|city| city.id == id).map(|city| city.name)
}

/// The city of an address: the carrier's id, and a name that the carrier knows. `None` where the address says none.
pub(super) fn of<'a>(address: &'a Address, path: &str) -> Result<Option<(i64, &'a str)>, FieldProblem> {
    let code = filled(&address.district_code);
    let named = filled(&address.city);
    match (named.map(|name| (name, by_name(name))), code.map(|code| (code, by_code(code)))) {
        (Some((name, Some(city))), Some((code, Some(other)))) if city.id != other.id => Err(FieldProblem::new(
            format!("{path}.district_code"),
            format!("`{}` is {}, and the city is `{}`; correct one of them", shorten(code), other.name, shorten(name)),
        )),
        (Some((name, Some(city))), _) => {
            // As it is written, where that is the carrier's own word.
            Ok(Some((city.id, if plain(name) == plain(city.name) { name } else { city.name })))
        }
        (_, Some((_, Some(city)))) => Ok(Some((city.id, city.name))),
        (Some((name, None)), _) => Err(unknown(&format!("{path}.city"), Some(name))),
        (None, Some((code, None))) => Err(unknown(&format!("{path}.district_code"), Some(code))),
        (None, None) => Ok(None),
    }
}

/// A city that the carrier isn't known to serve, or none.
pub(super) fn unknown(field: &str, given: Option<&str>) -> FieldProblem {
    let known: Vec<_> = CITIES.iter().map(|city| city.name).collect();
    let wrong = match given {
        Some(given) => {
            let near = nearest(given, known.iter().copied());
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            format!("`{}` is not a city that Mensajeros Urbanos is known to serve{hint}", shorten(given))
        }
        None => "is required by Mensajeros Urbanos".to_owned(),
    };
    FieldProblem::new(field, format!("{wrong}; known: {}", known.join(", ")))
}

#[cfg(test)]
#[path = "cities_tests.rs"]
mod tests;
