//! The pages of a list, turned as the endpoint's [`Paging`] says.

use super::answer::Answer;
use super::endpoint::{Endpoint, Paging, Params};
use super::lenient::text;
use super::session::Session;
use crate::json::Value;
use crate::model::Error;
use std::collections::HashSet;

/// A carrier that returns the same page forever must not hang the host.
const MOST_PAGES: usize = 10_000;

/// A list that is read page by page.
pub(crate) struct Pages<'a> {
    session: &'a Session<'a>,
    params: Params,
    turns: Turns,
}

impl Session<'_> {
    /// The pages of a list.
    pub(crate) fn pages(&self, endpoint: &'static Endpoint, params: Params) -> Pages<'_> {
        Pages { session: self, turns: Turns::of(endpoint, &params), params }
    }
}

impl Pages<'_> {
    /// The next page; `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Answer>, Error> {
        if self.turns.ended || self.turns.turned >= MOST_PAGES {
            return Ok(None);
        }
        let answer = self.turn().await?;
        Ok(Some(answer).filter(|_| !self.turns.repeats))
    }

    /// The page with this cursor or number, or the first one; and where the page after it is.
    pub(crate) async fn at(mut self, at: Option<String>) -> Result<(Answer, Option<String>), Error> {
        self.turns.start(at);
        let answer = self.turn().await?;
        Ok((answer, self.turns.at))
    }

    /// How many pages were read.
    pub(crate) fn turned(&self) -> usize {
        self.turns.turned
    }

    async fn turn(&mut self) -> Result<Answer, Error> {
        let endpoint = self.turns.endpoint;
        if let (Some(at), Paging::Cursor { param, .. } | Paging::Numbered { page: param, .. }) =
            (&self.turns.at, endpoint.paging)
        {
            set(&mut self.params, endpoint, param, at.clone());
        }
        let answer = self.session.perform(endpoint, self.params.clone()).await?;
        self.turns.read(&answer.json);
        Ok(answer)
    }
}

/// Which page comes next. The replies decide it.
struct Turns {
    endpoint: &'static Endpoint,
    /// The page to ask for, by its cursor or its number. The first one may have none.
    at: Option<String>,
    ended: bool,
    turned: usize,
    /// The cursors so far: one that repeats would go round forever.
    seen: HashSet<String>,
    /// How many items a page has, if that was asked for.
    size: Option<usize>,
    /// The items of the page before, if the reply doesn't say how many pages there are.
    before: Vec<Value>,
    /// The last page had the items of the page before.
    repeats: bool,
}

impl Turns {
    /// From the first page of a list with these parameters.
    fn of(endpoint: &'static Endpoint, params: &Params) -> Self {
        let (at, size) = match endpoint.paging {
            Paging::Numbered { size, .. } => {
                let size = params.query.iter().find(|(name, _)| Some(*name) == size);
                (Some("1".to_owned()), size.and_then(|(_, size)| size.parse().ok()))
            }
            Paging::None | Paging::Cursor { .. } => (None, None),
        };
        Self { endpoint, at, ended: false, turned: 0, seen: HashSet::new(), size, before: Vec::new(), repeats: false }
    }

    /// Begin with this page, if one is given.
    fn start(&mut self, at: Option<String>) {
        self.seen.extend(at.clone());
        self.at = at.or(self.at.take());
    }

    /// A page came.
    fn read(&mut self, page: &Value) {
        self.turned += 1;
        let items = self.endpoint.items(page);
        let after = match self.endpoint.paging {
            Paging::None => None,
            Paging::Cursor { next, .. } => text(page, next).filter(|next| self.seen.insert(next.clone())),
            Paging::Numbered { last, .. } => {
                let number: u64 = self.at.as_deref().and_then(|at| at.parse().ok()).unwrap_or(1);
                let more = match last(page) {
                    Some(last) => number < last,
                    // A page that isn't full is the last. A carrier may also ignore which page was asked for.
                    None => {
                        self.repeats = self.turned > 1 && self.before == items;
                        self.before = items.to_vec();
                        !self.repeats && self.size.is_none_or(|size| items.len() >= size)
                    }
                };
                more.then(|| (number + 1).to_string())
            }
        };
        // No items are the end, whatever the reply says of more.
        self.at = after.filter(|_| !items.is_empty());
        self.ended = self.at.is_none();
    }
}

/// The next page's number or cursor, in the query or in the body, wherever the table has it.
fn set(params: &mut Params, endpoint: &Endpoint, name: &'static str, value: String) {
    if endpoint.query.iter().any(|field| field.name == name) {
        params.query.retain(|(other, _)| *other != name);
        params.query.push((name, value.into()));
    } else if let Some(Value::Object(body)) = &mut params.body {
        let value = value.parse::<u64>().map_or_else(|_| Value::from(value.as_str()), Value::from);
        body.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::endpoint::{get, post};
    use crate::json::json;
    use crate::model::shape::{Kind, TEXT, opt};

    static WHOLE: Endpoint = get("all.list", "/all");
    static CURSOR: Endpoint = get("parcels.list", "/parcels").query(&[opt("after", TEXT, "")]).paging(Paging::Cursor {
        param: "after",
        next: "next",
        items: "parcels",
    });
    static NUMBERED: Endpoint = get("orders.list", "/orders")
        .query(&[opt("page", Kind::Integer(1, 99), ""), opt("size", Kind::Integer(1, 99), "")])
        .paging(Paging::Numbered {
            page: "page",
            items: "data.orders",
            last: |page| page.get("pages").and_then(Value::as_u64),
            size: Some("size"),
        });
    static IN_BODY: Endpoint = post("tasks.list", "/tasks").json(&[opt("page", Kind::Integer(1, 99), "")]);

    fn parcels(count: usize, next: Value) -> Value {
        json!({"parcels": vec![json!({}); count], "next": next})
    }

    fn orders(ids: &[u64], pages: Option<u64>) -> Value {
        json!({"data": {"orders": ids}, "pages": pages})
    }

    /// Where the page after each of these is.
    fn turned(
        endpoint: &'static Endpoint,
        params: &Params,
        start: Option<&str>,
        pages: &[Value],
    ) -> Vec<Option<String>> {
        let mut turns = Turns::of(endpoint, params);
        turns.start(start.map(str::to_owned));
        let next = pages.iter().enumerate().map(|(index, page)| {
            turns.read(page);
            assert_eq!((turns.turned, turns.ended), (index + 1, turns.at.is_none()), "{page}");
            turns.at.clone()
        });
        next.collect()
    }

    #[test]
    fn a_list_without_pages_is_one() {
        assert_eq!(turned(&WHOLE, &Params::none(), None, &[json!({"next": "b", "pages": 3})]), [None]);
    }

    #[test]
    fn a_cursor_leads_on_until_it_is_missing_or_repeats_or_nothing_comes() {
        for (start, pages, next) in [
            (None, vec![parcels(2, json!("b")), parcels(1, json!(null))], vec![Some("b"), None]),
            (None, vec![parcels(2, json!(7)), parcels(2, json!(""))], vec![Some("7"), None]),
            (None, vec![parcels(0, json!("b"))], vec![None]),
            (None, vec![json!({"next": "b"})], vec![None]),
            // Round and round.
            (None, vec![parcels(1, json!("b")), parcels(1, json!("b"))], vec![Some("b"), None]),
            (
                None,
                vec![parcels(1, json!("b")), parcels(1, json!("c")), parcels(1, json!("b"))],
                vec![Some("b"), Some("c"), None],
            ),
            // Also back to where it began.
            (Some("b"), vec![parcels(1, json!("b"))], vec![None]),
            (Some("b"), vec![parcels(1, json!("c"))], vec![Some("c")]),
        ] {
            assert_eq!(
                turned(&CURSOR, &Params::none(), start, &pages),
                next.into_iter().map(|at| at.map(str::to_owned)).collect::<Vec<_>>(),
                "{pages:?}"
            );
        }
    }

    #[test]
    fn numbers_go_on_to_the_last_page_and_without_one_to_a_page_that_is_not_full() {
        let sized = |size: &str| Params::none().query("size", size);
        for (params, start, pages, next) in [
            (sized("2"), None, vec![orders(&[1, 2], Some(2)), orders(&[3, 4], Some(2))], vec![Some("2"), None]),
            // What the reply says of the last page holds, full or not.
            (sized("2"), None, vec![orders(&[1], Some(2)), orders(&[3], Some(2))], vec![Some("2"), None]),
            (sized("2"), Some("4"), vec![orders(&[1, 2], Some(5))], vec![Some("5")]),
            (sized("2"), Some("5"), vec![orders(&[1, 2], Some(5))], vec![None]),
            (sized("2"), None, vec![orders(&[], Some(9))], vec![None]),
            // Nothing is said of the last page.
            (sized("2"), None, vec![orders(&[1, 2], None), orders(&[3], None)], vec![Some("2"), None]),
            (sized("x"), None, vec![orders(&[1], None), orders(&[], None)], vec![Some("2"), None]),
            (Params::none(), None, vec![orders(&[1, 2], None), orders(&[3], None)], vec![Some("2"), Some("3")]),
            // The carrier ignores which page was asked for.
            (Params::none(), None, vec![orders(&[1, 2], None), orders(&[1, 2], None)], vec![Some("2"), None]),
        ] {
            assert_eq!(
                turned(&NUMBERED, &params, start, &pages),
                next.into_iter().map(|at| at.map(str::to_owned)).collect::<Vec<_>>(),
                "{pages:?}"
            );
        }
    }

    #[test]
    fn a_page_that_repeats_is_known_as_one_and_a_later_one_is_not() {
        let mut turns = Turns::of(&NUMBERED, &Params::none());
        for (page, repeats) in [(&[1, 2], false), (&[3, 4], false), (&[1, 2], false), (&[1, 2], true)] {
            turns.read(&orders(page, None));
            assert_eq!(turns.repeats, repeats, "{page:?}");
        }
    }

    #[test]
    fn a_page_is_asked_for_where_the_table_has_it() {
        let mut params = Params::none().query("after", "a").query("other", "x");
        set(&mut params, &CURSOR, "after", "b".to_owned());
        assert_eq!(params.query, [("other", "x".into()), ("after", "b".into())]);
        let mut params = Params::none().body(json!({"page": 1, "type": 2}));
        set(&mut params, &IN_BODY, "page", "3".to_owned());
        assert_eq!((params.query.len(), params.body), (0, Some(json!({"page": 3, "type": 2}))));
        let mut params = Params::none().body(json!({}));
        set(&mut params, &IN_BODY, "page", "c3".to_owned());
        assert_eq!(params.body, Some(json!({"page": "c3"})));
    }
}
