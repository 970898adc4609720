//! The API reference's own examples, all of them, word for word (`examples/`), for the tests beside.

use crate::json::Value;

/// An example by its file's name.
macro_rules! example {
    ($name:literal) => {
        $crate::carriers::fruno::examples::parsed(include_str!(concat!("examples/", $name, ".json")))
    };
}
pub(super) use example;

/// An example as JSON. The API reference writes `...` for "and so on", leaves commas at the end, and lacks one.
pub(super) fn parsed(text: &str) -> Value {
    let whole: String = text.lines().filter(|line| line.trim() != "...").collect::<Vec<_>>().join("\n");
    let mut json = whole.replace("b774-b47f9223d30b\"\n\"nombre\"", "b774-b47f9223d30b\",\n\"nombre\"");
    for end in ['}', ']'] {
        while let Some(at) = json.match_indices(end).find_map(|(at, _)| {
            let before = json[..at].trim_end();
            before.ends_with(',').then_some(before.len() - 1)
        }) {
            json.remove(at);
        }
    }
    crate::json::parse(&json).unwrap_or_else(|error| panic!("{error} in {json}"))
}
