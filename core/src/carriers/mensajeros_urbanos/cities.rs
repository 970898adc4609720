//! The municipalities of Mensajeros Urbanos, by all the names that people write, and by their DANE codes. One table for
//! both generations of the API: the older one takes the carrier's own number, the newer one mostly DANE's code.

use crate::model::FieldProblem;
use crate::model::address::{Address, filled};
use crate::model::shape::{nearest, plain, shorten};

struct City {
    /// `city` in the carrier's requests. 1 to 5 are the API reference's ("Calcular el valor de un servicio"); the
    /// others are seen in public integrations. Of some the number isn't known: the older API can't have them.
    id: Option<i64>,
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
    City { id: Some(id), name, code, also, after }
}

/// One whose number isn't known.
const fn unnumbered(name: &'static str, code: &'static str, also: Names, after: Names) -> City {
    City { id: None, name, code, also, after }
}

const BOGOTA: Names = &["santa fe de bogota", "santafe de bogota", "santa fe bogota", "santafe bogota"];
const CAPITAL: Names = &["d c", "dc", "d e", "distrito capital", "capital", "cundinamarca", "bogota"];
const ANTIOQUIA: Names = &["antioquia", "ant"];
const INDIES: Names = &["cartagena de indias", "cartagena indias"];

const CITIES: &[City] = &[
    city(1, "Bogotá", "11001", BOGOTA, CAPITAL),
    city(2, "Cali", "76001", &["santiago de cali", "santiago cali"], &["valle del cauca", "valle", "d e"]),
    city(3, "Medellín", "05001", &[], &["antioquia", "ant", "d e"]),
    city(4, "Barranquilla", "08001", &[], &["atlantico", "d e", "d e i p", "deip"]),
    city(5, "Villavicencio", "50001", &[], &["meta"]),
    city(8, "Cartagena", "13001", INDIES, &["bolivar", "d t y c", "d t c", "d t", "dtyc"]),
    city(9, "Santa Marta", "47001", &["sta marta"], &["magdalena", "d t c h", "d t c e h", "dtch", "d t"]),
    city(10, "Bucaramanga", "68001", &[], &["santander"]),
    city(11, "Ibagué", "73001", &[], &["tolima"]),
    unnumbered("Armenia", "63001", &[], &["quindio"]),
    unnumbered("Pereira", "66001", &[], &["risaralda"]),
    unnumbered("Manizales", "17001", &[], &["caldas"]),
    unnumbered("Neiva", "41001", &[], &["huila"]),
    unnumbered("Valledupar", "20001", &[], &["cesar"]),
    unnumbered("Chía", "25175", &[], &["cundinamarca"]),
    unnumbered("Envigado", "05266", &["ant envigado"], ANTIOQUIA),
    unnumbered("Bello", "05088", &["ant bello"], ANTIOQUIA),
    unnumbered("Itagüí", "05360", &["ant itagui"], ANTIOQUIA),
    unnumbered("Sabaneta", "05631", &["ant sabaneta"], ANTIOQUIA),
    unnumbered("La Estrella", "05380", &["ant la estrella"], ANTIOQUIA),
    unnumbered("Caldas", "05129", &["ant caldas"], ANTIOQUIA),
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

/// DANE's code of a municipality. It has five digits; with three more for the place within the municipality.
fn dane(code: &str) -> Option<String> {
    // A spreadsheet drops the zero that Antioquia's and Atlántico's begin with.
    let zero = matches!(code.len(), 4 | 7) && code.starts_with(['5', '8']);
    let code = if zero { format!("0{code}") } else { code.to_owned() };
    let whole = matches!(code.len(), 5 | 8) && code.bytes().all(|byte| byte.is_ascii_digit());
    whole.then(|| code[..5].to_owned())
}

fn by_code(code: &str) -> Option<&'static City> {
    CITIES.iter().find(|city| dane(code).as_deref() == Some(city.code))
}

/// A city's name by the carrier's id.
pub(super) fn name(id: i64) -> Option<&'static str> {
    CITIES.iter().find(|city| city.id == Some(id)).map(|city| city.name)
}

/// The city of an address: the carrier's id, and a name that the carrier knows. `None` where the address says none.
pub(super) fn of<'a>(address: &'a Address, path: &str) -> Result<Option<(i64, &'a str)>, FieldProblem> {
    let numbered = |city: &'static City| city.id.map(|id| (id, city));
    let named = filled(&address.city).map(|name| (name, by_name(name).and_then(numbered)));
    let coded = filled(&address.district_code).map(|code| (code, by_code(code).and_then(numbered)));
    let known = |city: &City| city.id.is_some();
    match (named, coded) {
        (Some((name, Some((id, _)))), Some((code, Some((other, city))))) if id != other => {
            Err(contradiction(path, name, code, city))
        }
        (Some((name, Some((id, city)))), _) => {
            // As it is written, where that is the carrier's own word.
            Ok(Some((id, if plain(name) == plain(city.name) { name } else { city.name })))
        }
        (_, Some((_, Some((id, city))))) => Ok(Some((id, city.name))),
        (Some((name, None)), _) => Err(unknown(&format!("{path}.city"), Some(name), known)),
        (None, Some((code, None))) => Err(unknown(&format!("{path}.district_code"), Some(code), known)),
        (None, None) => Ok(None),
    }
}

/// A municipality as the newer API takes it.
#[derive(Debug)]
pub(super) struct Municipality {
    /// DANE's code: any of them, not only the table's.
    pub(super) code: String,
    /// The carrier's own number of it, where that is known.
    pub(super) number: Option<i64>,
    /// Its name, where the table has it.
    pub(super) name: Option<&'static str>,
}

/// The municipality of an address: by its code, else by its name.
pub(super) fn municipality(address: &Address, path: &str) -> Result<Municipality, FieldProblem> {
    let (name, given) = (filled(&address.city), filled(&address.district_code));
    let named = name.and_then(by_name);
    let coded = given.and_then(by_code);
    if let (Some(name), Some(code), Some(named), Some(coded)) = (name, given, named, coded)
        && named.code != coded.code
    {
        return Err(contradiction(path, name, code, coded));
    }
    let city = coded.or(named);
    match given.and_then(dane).or_else(|| city.map(|city| city.code.to_owned())) {
        Some(code) => {
            Ok(Municipality { code, number: city.and_then(|city| city.id), name: city.map(|city| city.name) })
        }
        None if name.is_none() && given.is_some() => Err(unknown(&format!("{path}.district_code"), given, |_| true)),
        None => Err(unknown(&format!("{path}.city"), name, |_| true)),
    }
}

fn contradiction(path: &str, name: &str, code: &str, of_code: &City) -> FieldProblem {
    FieldProblem::new(
        format!("{path}.district_code"),
        format!("`{}` is {}, and the city is `{}`; correct one of them", shorten(code), of_code.name, shorten(name)),
    )
}

/// A city that is not known, or none.
fn unknown(field: &str, given: Option<&str>, is_known: fn(&City) -> bool) -> FieldProblem {
    let known: Vec<_> = CITIES.iter().filter(|city| is_known(city)).map(|city| city.name).collect();
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

/// The problem of an address without a city, for the older API.
pub(super) fn missing(field: &str) -> FieldProblem {
    unknown(field, None, |city| city.id.is_some())
}

#[cfg(test)]
#[path = "cities_tests.rs"]
mod tests;
