//! JSON: the value that flete passes on, its parser and its writer.
//!
//! It isn't `serde_json::Value`, which keeps a number's digits and the order of names only with features that Cargo
//! would enable in a host's whole program. Here both are always kept: a carrier's `2500.10` is passed on as `2500.10`.

mod de;
mod macros;
mod map;
mod number;
mod parse;
mod raw;
mod ser;
mod serde_json_value;
mod tolerant;
mod value;
mod write;

pub(crate) use de::{EXACT, from_str, from_value};
pub(crate) use macros::json;
pub use map::Map;
pub use number::Number;
pub(crate) use parse::{parse, parse_own, parse_slice};
pub use raw::Raw;
pub(crate) use ser::to_value;
pub(crate) use tolerant::{read, read_tolerantly, text};
pub use value::Value;
pub(crate) use value::of;

/// A text or a name in JSON. Short ones need no allocation.
pub type Text = compact_str::CompactString;

/// How deep JSON may be nested: serde_json's own limit.
const DEPTH: usize = 127;

#[cfg(test)]
mod tests;
