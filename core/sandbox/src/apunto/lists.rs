//! Lists, pages and searches.

use super::super::{Request, Response};
use super::settings::{PageForm, SearchMatch};
use super::store::{Parent, Row};
use super::table::{Match, Resource};
use super::{Apunto, sales, wrapped};
use serde_json::{Map, Value, json};

const PER_PAGE: usize = 25;
const MOST_PER_PAGE: usize = 100;
const SEARCHED: usize = 10;
/// The most that a search of operations returns.
const SEARCHED_OPERATIONS: usize = 20;
const FOUND_OPERATION: &str = "id identification number client_ref kind mode status goods_description contact_name \
    updated_at services.brief";

impl Apunto {
    /// The rows of a list before any filter: of an operation, its services' cost centres; of prices, the published ones.
    fn rows(&self, resource: &Resource, parent: Parent) -> Vec<&Row> {
        match (resource.name, parent) {
            ("cost_centers", Some(("operations", id))) => self.centers(id).collect(),
            ("quote_request_pricings", _) => {
                self.store.under(resource.name, parent).filter(|row| !sales::drafted(row)).collect()
            }
            _ => self.store.under(resource.name, parent).collect(),
        }
    }

    pub(super) fn list(&self, resource: &Resource, parent: Parent, request: &Request) -> Response {
        let mut rows = self.rows(resource, parent);
        rows.retain(|row| self.fits(row, resource.filters, request));
        if self.settings.newest_first {
            rows.reverse();
        }
        let number = |name: &str| request.query(name).and_then(|n| n.parse().ok());
        let page = number("page").filter(|n| *n > 0).unwrap_or(1);
        let size = number("per_page").filter(|n| *n > 0).unwrap_or(PER_PAGE);
        let size = size.min(MOST_PER_PAGE);
        let total = rows.len();
        let from = (page - 1).saturating_mul(size);
        let shaper = self.shaper();
        let show = |row| match (resource.name, parent) {
            ("cost_centers", Some(("operations", _))) => {
                shaper.object(resource, row, &format!("{} service", resource.listed))
            }
            _ => shaper.object(resource, row, resource.listed),
        };
        if resource.unpaged {
            return Response::json(200, &wrapped(resource.many, rows.into_iter().map(show).collect()));
        }
        let here: Value = rows.into_iter().skip(from).take(size).map(show).collect();
        // The resources that come bare are those that page the other way; the API reference gives no reason.
        let other = match self.settings.page_form {
            PageForm::Documented => resource.bare,
            form => form == PageForm::CurrentPage,
        };
        let pagination = if other {
            json!({"current_page": page, "total_pages": total.div_ceil(size), "total_count": total})
        } else {
            json!({"page": page, "per_page": size, "total": total})
        };
        let mut body = Map::new();
        body.insert(resource.many.to_owned(), here);
        body.insert("pagination".to_owned(), pagination);
        Response::json(200, &Value::Object(body))
    }

    pub(super) fn search(&self, resource: &Resource, request: &Request) -> Response {
        let rows = self.store.all(resource.name).iter().filter(|row| self.fits(row, resource.search, request));
        let shaper = self.shaper();
        if resource.name == "operations" {
            let mut rows: Vec<&Row> = rows.collect();
            // The last one that changed comes first; ids decide within a second.
            rows.sort_by_key(|row| std::cmp::Reverse((row.updated, row.id)));
            let rows = rows.into_iter().take(SEARCHED_OPERATIONS);
            let found: Value = rows.map(|row| shaper.object(resource, row, FOUND_OPERATION)).collect();
            return Response::json(200, &wrapped(resource.many, found));
        }
        let limit = request.query("limit").and_then(|n| n.parse().ok());
        let found: Value =
            rows.take(limit.unwrap_or(SEARCHED)).map(|row| shaper.object(resource, row, resource.listed)).collect();
        if self.settings.bare_search {
            Response::json(200, &found)
        } else {
            Response::json(200, &wrapped(resource.many, found))
        }
    }

    /// Whether a row passes every filter that the query has. The API reference writes `all` and `null` for no filter.
    fn fits(&self, row: &Row, filters: &[(&str, Match)], request: &Request) -> bool {
        filters.iter().all(|(name, how)| {
            let asked = request.query(name).unwrap_or_default();
            let wanted = asked.to_lowercase();
            if matches!(wanted.as_str(), "" | "all" | "null") {
                return true;
            }
            match how {
                Match::Is(field) => match row.data.get(*field) {
                    Some(Value::Array(all)) => all.iter().any(|one| one == wanted.as_str()),
                    Some(Value::String(text)) => text.to_lowercase() == wanted,
                    Some(Value::Bool(flag)) => flag.to_string() == wanted,
                    Some(Value::Number(number)) => number.to_string() == wanted,
                    _ => false,
                },
                Match::In(fields) => fields.iter().any(|field| {
                    let text = row.text(field);
                    match self.settings.search_match {
                        SearchMatch::Part => text.to_lowercase().contains(&wanted),
                        SearchMatch::Whole => text.to_lowercase() == wanted,
                        SearchMatch::Case => text.contains(asked),
                        SearchMatch::Nothing => false,
                    }
                }),
            }
        })
    }
}
