//! The municipalities of Mensajeros Urbanos, by all the names that people write, and by their DANE codes. One table for
//! both generations of the API: the older one takes the carrier's own number, the newer one mostly DANE's code.

use crate::model::FieldProblem;
use crate::model::address::{Address, filled};
use crate::model::shape::{nearest, plain, shorten};

struct City {
    /// `city` in the carrier's requests. 1 to 5 are the API reference's ("Calcular el valor de un servicio"); the
    /// others are seen in public integrations. Not all are known.
    id: Option<i64>,
    name: &'static str,
    /// DANE's code of the municipality.
    code: &'static str,
    /// Its longer names.
    also: &'static [&'static str],
    /// What is written after a name: its department, its district.
    after: &'static [&'static str],
}

const CITIES: &[City] = &[
    City {
        id: Some(1),
        name: "Bogotá",
        code: "11001",
        also: &["santa fe de bogota", "santafe de bogota", "santa fe bogota", "santafe bogota"],
        after: &["d c", "dc", "d e", "distrito capital", "capital", "cundinamarca", "bogota"],
    },
    City {
        id: Some(2),
        name: "Cali",
        code: "76001",
        also: &["santiago de cali", "santiago cali"],
        after: &["valle del cauca", "valle", "distrito especial", "d e"],
    },
    City {
        id: Some(3),
        name: "Medellín",
        code: "05001",
        also: &[],
        after: &["antioquia", "ant", "distrito especial", "d e"],
    },
    City {
        id: Some(4),
        name: "Barranquilla",
        code: "08001",
        also: &[],
        after: &["atlantico", "distrito especial", "d e", "d e i p", "deip"],
    },
    City { id: Some(5), name: "Villavicencio", code: "50001", also: &[], after: &["meta"] },
    City {
        id: Some(8),
        name: "Cartagena",
        code: "13001",
        also: &["cartagena de indias", "cartagena indias"],
        after: &["bolivar", "d t y c", "d t c", "d t", "dtyc"],
    },
    City {
        id: Some(9),
        name: "Santa Marta",
        code: "47001",
        also: &["sta marta"],
        after: &["magdalena", "d t c h", "d t c e h", "dtch", "d t"],
    },
    City { id: Some(10), name: "Bucaramanga", code: "68001", also: &[], after: &["santander"] },
    City { id: Some(11), name: "Ibagué", code: "73001", also: &[], after: &["tolima"] },
    // From here on only the newer API has them, and their numbers aren't known.
    City { id: None, name: "Armenia", code: "63001", also: &[], after: &["quindio"] },
    City { id: None, name: "Pereira", code: "66001", also: &[], after: &["risaralda"] },
    City { id: None, name: "Manizales", code: "17001", also: &[], after: &["caldas"] },
    City { id: None, name: "Neiva", code: "41001", also: &[], after: &["huila"] },
    City { id: None, name: "Valledupar", code: "20001", also: &[], after: &["cesar"] },
    City { id: None, name: "Chía", code: "25175", also: &[], after: &["cundinamarca"] },
    City { id: None, name: "Envigado", code: "05266", also: &["ant envigado"], after: &["antioquia", "ant"] },
    City { id: None, name: "Bello", code: "05088", also: &["ant bello"], after: &["antioquia", "ant"] },
    City { id: None, name: "Itagüí", code: "05360", also: &["ant itagui"], after: &["antioquia", "ant"] },
    City { id: None, name: "Sabaneta", code: "05631", also: &["ant sabaneta"], after: &["antioquia", "ant"] },
    City { id: None, name: "La Estrella", code: "05380", also: &["ant la estrella"], after: &["antioquia", "ant"] },
    City { id: None, name: "Caldas", code: "05129", also: &["ant caldas"], after: &["antioquia", "ant"] },
];

/// What may stand before any name, and after it.
const BEFORE: &[&str] = &[
    "distrito turistico cultural e historico de",
    "distrito turistico y cultural de",
    "distrito especial industrial y portuario de",
    "distrito especial de",
    "distrito capital de",
    "distrito de",
    "municipio de",
    "ciudad de",
];
const AFTER: &[&str] = &["colombia", "col", "co"];

impl City {
    fn is_called(&self, words: &str) -> bool {
        let called = |words: &str| words == plain(self.name) || words == self.code || self.also.contains(&words);
        let mut rest = BEFORE.iter().find_map(|before| words.strip_prefix(before)?.strip_prefix(' ')).unwrap_or(words);
        loop {
            if called(rest) {
                return true;
            }
            let shorter = AFTER.iter().chain(self.after).find_map(|after| rest.strip_suffix(after)?.strip_suffix(' '));
            match shorter {
                Some(shorter) => rest = shorter,
                None => return false,
            }
        }
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
mod tests {
    use super::*;

    fn city(name: &str, code: &str) -> Result<Option<i64>, String> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let address = Address { city: some(name), district_code: some(code), ..Address::default() };
        of(&address, "origin").map(|city| city.map(|(id, _)| id)).map_err(|problem| problem.field)
    }

    #[test]
    fn a_city_is_known_by_all_the_names_that_people_write() {
        for (id, names) in [
            (
                1,
                &[
                    "Bogotá",
                    "BOGOTA",
                    "bogota d.c.",
                    "Bogotá, D.C.",
                    "Bogota DC",
                    "Bogotá D. C.",
                    "Santa Fe de Bogotá",
                    "Santafé de Bogotá, D.C.",
                    "Bogotá, Cundinamarca",
                    "Bogotá D.C., Colombia",
                    "Bogotá (Cundinamarca)",
                    "Bogotá, Distrito Capital",
                    "Bogotá, Bogotá D.C.",
                    "Distrito Capital de Bogotá",
                    "Bogotá - Colombia",
                    "Bogota\u{301}",
                    "11001",
                ][..],
            ),
            (2, &["Cali", "Santiago de Cali", "Cali, Valle del Cauca", "CALI (VALLE)", "Santiago de Cali, Valle"]),
            (3, &["Medellín", "medellin", "Medellín, Antioquia", "Medellín, Antioquia, Colombia", "MEDELLIN - ANT."]),
            (
                4,
                &[
                    "Barranquilla",
                    "Barranquilla, Atlántico",
                    "Distrito Especial Industrial y Portuario de Barranquilla",
                ],
            ),
            (5, &["Villavicencio", "Villavicencio, Meta"]),
            (8, &["Cartagena", "Cartagena de Indias", "Cartagena de Indias, Bolívar", "Cartagena D.T. y C."]),
            (
                9,
                &[
                    "Santa Marta",
                    "Distrito de Santa Marta",
                    "Santa Marta, Magdalena",
                    "Santa Marta D.T.C.H.",
                    "Distrito Turístico, Cultural e Histórico de Santa Marta",
                ],
            ),
            (10, &["Bucaramanga", "Bucaramanga, Santander"]),
            (11, &["Ibagué", "ibague, tolima"]),
        ] {
            for name in names {
                assert_eq!(city(name, ""), Ok(Some(id)), "{name}");
            }
        }
    }

    #[test]
    fn other_places_are_not_taken_for_a_city() {
        for name in [
            "Cartagena del Chairá",
            "Soacha",
            "Cali, Antioquia",
            "Medellín, Chile",
            "Nueva Bogotá",
            "D.C.",
            "Colombia",
            "Santander",
            "Bogotá 2",
        ] {
            assert_eq!(city(name, ""), Err("origin.city".to_owned()), "{name}");
        }
    }

    #[test]
    fn the_code_of_a_municipality_is_its_city() {
        for (name, code, found) in [
            ("", "11001", Ok(Some(1))),
            ("", "05001000", Ok(Some(3))),
            ("", "76001", Ok(Some(2))),
            ("", "5001", Ok(Some(3))),
            ("", "73001", Ok(Some(11))),
            ("Bta", "11001", Ok(Some(1))),
            ("Bogotá", "11001", Ok(Some(1))),
            ("Bogotá", "25754", Ok(Some(1))),
            ("", "", Ok(None)),
            ("", "25754", Err("origin.district_code".to_owned())),
            ("Cali", "11001", Err("origin.district_code".to_owned())),
        ] {
            assert_eq!(city(name, code), found, "{name} {code}");
        }
    }
}
