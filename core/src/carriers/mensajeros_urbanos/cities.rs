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

const CITIES: &[City] = &[
    City {
        id: 1,
        name: "Bogotá",
        code: "11001",
        also: &["santa fe de bogota", "santafe de bogota", "santa fe bogota", "santafe bogota"],
        after: &["d c", "dc", "d e", "distrito capital", "capital", "cundinamarca", "bogota"],
    },
    City {
        id: 2,
        name: "Cali",
        code: "76001",
        also: &["santiago de cali", "santiago cali"],
        after: &["valle del cauca", "valle", "distrito especial", "d e"],
    },
    City {
        id: 3,
        name: "Medellín",
        code: "05001",
        also: &[],
        after: &["antioquia", "ant", "distrito especial", "d e"],
    },
    City {
        id: 4,
        name: "Barranquilla",
        code: "08001",
        also: &[],
        after: &["atlantico", "distrito especial", "d e", "d e i p", "deip"],
    },
    City { id: 5, name: "Villavicencio", code: "50001", also: &[], after: &["meta"] },
    City {
        id: 8,
        name: "Cartagena",
        code: "13001",
        also: &["cartagena de indias", "cartagena indias"],
        after: &["bolivar", "d t y c", "d t c", "d t", "dtyc"],
    },
    City {
        id: 9,
        name: "Santa Marta",
        code: "47001",
        also: &[],
        after: &["magdalena", "d t c h", "d t c e h", "dtch", "d t"],
    },
    City { id: 10, name: "Bucaramanga", code: "68001", also: &[], after: &["santander"] },
    City { id: 11, name: "Ibagué", code: "73001", also: &[], after: &["tolima"] },
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
