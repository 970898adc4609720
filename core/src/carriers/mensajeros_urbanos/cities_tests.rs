//! The names and codes that cities are known by.

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
        (4, &["Barranquilla", "Barranquilla, Atlántico", "Distrito Especial Industrial y Portuario de Barranquilla"]),
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
