//! A field's path, like `parcels[0].weight.value`, kept in parts.

use std::borrow::Cow;
use std::fmt;

/// Where a field is, in the caller's request or in the carrier's. Each field of each request has both, and only an
/// error shows them: so they are kept in parts, and written out when one is shown.
///
/// `("parcels", 0, "weight.value")` is `parcels[0].weight.value`, and `("origin", "street")` is `origin.street`.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(super) head: Cow<'static, str>,
    /// Of an item, where `head` is a list.
    pub(super) index: Option<usize>,
    /// Within that; empty where it is the whole.
    pub(super) rest: &'static str,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.head)?;
        if let Some(index) = self.index {
            write!(f, "[{index}]")?;
        }
        if self.rest.is_empty() { Ok(()) } else { write!(f, ".{}", self.rest) }
    }
}

impl From<&'static str> for Path {
    fn from(whole: &'static str) -> Self {
        Self { head: Cow::Borrowed(whole), index: None, rest: "" }
    }
}

impl From<String> for Path {
    fn from(whole: String) -> Self {
        Self { head: Cow::Owned(whole), index: None, rest: "" }
    }
}

impl<H: Into<Cow<'static, str>>> From<(H, &'static str)> for Path {
    fn from((head, rest): (H, &'static str)) -> Self {
        Self { head: head.into(), index: None, rest }
    }
}

impl<H: Into<Cow<'static, str>>> From<(H, usize)> for Path {
    fn from((head, index): (H, usize)) -> Self {
        Self { head: head.into(), index: Some(index), rest: "" }
    }
}

impl<H: Into<Cow<'static, str>>> From<(H, usize, &'static str)> for Path {
    fn from((head, index, rest): (H, usize, &'static str)) -> Self {
        Self { head: head.into(), index: Some(index), rest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_whole() {
        for (path, shown) in [
            (Path::from("notes"), "notes"),
            (String::from("options.mine").into(), "options.mine"),
            (("origin", "street").into(), "origin.street"),
            (("parcels", 2).into(), "parcels[2]"),
            (("parcels", 0, "weight.value").into(), "parcels[0].weight.value"),
            ((format!("points[{}].items", 1), 3, "name").into(), "points[1].items[3].name"),
        ] {
            assert_eq!(path.to_string(), shown);
        }
    }
}
