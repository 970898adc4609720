//! Colombia's municipalities that the second generation is known to serve, by their official code (DANE) and the carrier's own number.

/// Code, name and number; some numbers aren't known.
const PLACES: &[(&str, &str, Option<i64>)] = &[
    ("11001", "Bogotá", Some(1)),
    ("76001", "Cali", Some(2)),
    ("05001", "Medellín", Some(3)),
    ("08001", "Barranquilla", Some(4)),
    ("50001", "Villavicencio", Some(5)),
    ("13001", "Cartagena", Some(8)),
    ("47001", "Santa Marta", Some(9)),
    ("68001", "Bucaramanga", Some(10)),
    ("73001", "Ibagué", Some(11)),
    ("63001", "Armenia", None),
    ("66001", "Pereira", None),
    ("17001", "Manizales", None),
    ("41001", "Neiva", None),
    ("20001", "Valledupar", None),
    ("25175", "Chía", None),
    ("05266", "Envigado", None),
    ("05088", "Bello", None),
    ("05360", "Itagüí", None),
    ("05631", "Sabaneta", None),
    ("05380", "La Estrella", None),
    ("05129", "Caldas", None),
];

pub(super) fn listed(dane_code: &str) -> bool {
    PLACES.iter().any(|(code, ..)| *code == dane_code)
}

pub(super) fn numbered(city: i64) -> bool {
    PLACES.iter().any(|(.., number)| *number == Some(city))
}

/// The name and the number of a code, or of a number.
pub(super) fn named(code: &str) -> (&str, Option<i64>) {
    let found =
        PLACES.iter().find(|(dane, _, number)| *dane == code || number.map(|n| n.to_string()).as_deref() == Some(code));
    found.map_or((code, None), |(_, name, number)| (name, *number))
}
