//! The pages of a list, turned as the endpoint's [`Paging`] says.

use super::endpoint::{Endpoint, Paging, Params};
use super::lenient::text;
use super::session::{Answer, Session};
use crate::model::Error;
use serde_json::Value;
use std::collections::HashSet;

/// A carrier that returns the same page for ever must not hang the host.
const MOST_PAGES: usize = 10_000;

/// A list that is read page by page.
pub(crate) struct Pages<'a> {
    session: &'a Session<'a>,
    endpoint: &'static Endpoint,
    params: Params,
    /// The page to ask for, by its cursor or its number. The first one may have none.
    at: Option<String>,
    ended: bool,
    turned: usize,
    /// The cursors so far: one that repeats would go round for ever.
    seen: HashSet<String>,
    /// The items of the page before, where the reply doesn't say how many pages there are.
    before: Vec<Value>,
    repeats: bool,
}

impl Session<'_> {
    /// The pages of a list.
    pub(crate) fn pages(&self, endpoint: &'static Endpoint, params: Params) -> Pages<'_> {
        let at = matches!(endpoint.paging, Paging::Numbered { .. }).then(|| "1".to_owned());
        Pages {
            session: self,
            endpoint,
            params,
            at,
            ended: false,
            turned: 0,
            seen: HashSet::new(),
            before: Vec::new(),
            repeats: false,
        }
    }
}

impl Pages<'_> {
    /// The next page; `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Answer>, Error> {
        if self.ended || self.turned >= MOST_PAGES {
            return Ok(None);
        }
        let answer = self.turn().await?;
        Ok(Some(answer).filter(|_| !self.repeats))
    }

    /// The page with this cursor or number, or the first one; and where the page after it is.
    pub(crate) async fn at(mut self, at: Option<String>) -> Result<(Answer, Option<String>), Error> {
        self.seen.extend(at.clone());
        self.at = at.or(self.at);
        let answer = self.turn().await?;
        Ok((answer, self.at))
    }

    /// How many pages were read.
    pub(crate) fn turned(&self) -> usize {
        self.turned
    }

    async fn turn(&mut self) -> Result<Answer, Error> {
        if let (Some(at), Paging::Cursor { param, .. } | Paging::Numbered { page: param, .. }) =
            (&self.at, self.endpoint.paging)
        {
            set(&mut self.params, self.endpoint, param, at.clone());
        }
        let answer = self.session.perform(self.endpoint, self.params.clone()).await?;
        self.turned += 1;
        let items = self.endpoint.items(&answer.json);
        let after = match self.endpoint.paging {
            Paging::None => None,
            Paging::Cursor { next, .. } => text(&answer.json, next).filter(|next| self.seen.insert(next.clone())),
            Paging::Numbered { last, size, .. } => {
                let number: u64 = self.at.as_deref().and_then(|at| at.parse().ok()).unwrap_or(1);
                let more = match last(&answer.json) {
                    Some(last) => number < last,
                    // A page that isn't full is the last; and a carrier may ignore which page was asked for.
                    None => {
                        self.repeats = self.turned > 1 && self.before == items;
                        self.before = items.to_vec();
                        !self.repeats && self.size(size).is_none_or(|size| items.len() >= size)
                    }
                };
                more.then(|| (number + 1).to_string())
            }
        };
        // No items are the end, whatever the reply says of more.
        self.at = after.filter(|_| !items.is_empty());
        self.ended = self.at.is_none();
        Ok(answer)
    }

    /// How many items a page has, where that was asked for.
    fn size(&self, param: Option<&str>) -> Option<usize> {
        let (_, size) = self.params.query.iter().find(|(name, _)| Some(*name) == param)?;
        size.parse().ok()
    }
}

/// The next page's number or cursor, in the query or in the body, wherever the table has it.
fn set(params: &mut Params, endpoint: &Endpoint, name: &'static str, value: String) {
    if endpoint.query.iter().any(|field| field.name == name) {
        params.query.retain(|(other, _)| *other != name);
        params.query.push((name, value));
    } else if let Some(Value::Object(body)) = &mut params.body {
        let value = value.parse::<u64>().map_or(Value::String(value), Value::from);
        body.insert(name.to_owned(), value);
    }
}
