//! The document's own examples, all of them, word for word (`examples/`), for the tests beside.

use serde_json::Value;

/// An example by its file's name.
macro_rules! example {
    ($name:literal) => {
        $crate::carriers::fruno::examples::mended(include_str!(concat!("examples/", $name, ".json")))
    };
}
pub(super) use example;

/// An example as JSON. The document writes `...` for "and so on", leaves commas at the end, and lacks one.
pub(super) fn mended(text: &str) -> Value {
    let whole: String = text.lines().filter(|line| line.trim() != "...").collect::<Vec<_>>().join("\n");
    let mut mended = whole.replace("b774-b47f9223d30b\"\n\"nombre\"", "b774-b47f9223d30b\",\n\"nombre\"");
    for end in ['}', ']'] {
        while let Some(at) = mended.match_indices(end).find_map(|(at, _)| {
            let before = mended[..at].trim_end();
            before.ends_with(',').then_some(before.len() - 1)
        }) {
            mended.remove(at);
        }
    }
    serde_json::from_str(&mended).unwrap_or_else(|error| panic!("{error} in {mended}"))
}
