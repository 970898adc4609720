//! The groups of rows: each has the conditions of one point of the promise.

mod body;
mod config;
mod content;
mod errors;
mod heads;
mod json;
mod keys;
mod requests;
mod stale;
mod values;

use crate::row::Row;

pub fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    json::rows(&mut rows);
    heads::rows(&mut rows);
    body::rows(&mut rows);
    values::rows(&mut rows);
    content::rows(&mut rows);
    keys::rows(&mut rows);
    requests::rows(&mut rows);
    config::rows(&mut rows);
    errors::rows(&mut rows);
    stale::rows(&mut rows);
    rows
}
