//! `list` over HTTP with each carrier's simulator: with any limit and any pages of the carrier, `next_cursor` alone
//! leads to every shipment once. The meaning of a page's entries is tested beside each carrier's `replies.rs`.

use crate::common::{Shop, anywhere};
use flete::Code;
use serde_json::{Value, json};
use std::collections::HashSet;

const CARRIERS: [&str; 3] = ["apunto", "fruno", "mensajeros_urbanos"];

impl Shop {
    fn listing(carrier: &str) -> Self {
        let contact = if carrier == "apunto" { json!({"contact_code": "ACME"}) } else { json!({}) };
        Self::of(carrier, contact, json!({}))
    }

    fn shipped(&self) -> String {
        self.did("create", anywhere())["id"].as_str().unwrap().to_owned()
    }

    fn end(&self, id: &str) {
        self.advance(id, if self.carrier == "fruno" { "entregado" } else { "finished" });
    }

    fn page(&self, request: Value) -> (Vec<String>, Value) {
        let page = self.did("list", request);
        let ids = page["shipments"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned());
        (ids.collect(), page["next_cursor"].clone())
    }

    /// Every page from this request on, by its cursor alone. `between` happens after each page.
    fn all(&self, request: Value, limit: usize, mut between: impl FnMut(usize)) -> Vec<String> {
        let (mut ids, mut next) = self.page(request);
        assert!(ids.len() <= limit, "{} of at most {limit}", ids.len());
        for turned in 0.. {
            assert!(turned < 200, "{}: the pages have no end", self.carrier);
            if next.is_null() {
                break;
            }
            between(turned);
            let (more, after) = self.page(json!({"cursor": next}));
            assert!(more.len() <= limit, "{} of at most {limit}: the cursor keeps it", more.len());
            ids.extend(more);
            next = after;
        }
        ids
    }
}

#[test]
fn every_limit_gives_every_shipment_once() {
    for carrier in CARRIERS {
        let shop = Shop::listing(carrier);
        let made: HashSet<String> = (0..7).map(|_| shop.shipped()).collect();
        for size in [1, 2, 3, 10] {
            // Apunto's pages are as long as they are asked to be.
            if carrier != "apunto" {
                shop.set(json!({"page_size": size}));
            }
            for limit in 1..=8 {
                let ids = shop.all(json!({"limit": limit}), limit, |_| {});
                assert_eq!(ids.len(), made.len(), "{carrier}, pages of {size}, limit {limit}: {ids:?}");
                assert_eq!(ids.into_iter().collect::<HashSet<_>>(), made, "{carrier}, pages of {size}, limit {limit}");
            }
            let ids = shop.all(json!({}), 100, |_| {});
            assert_eq!((ids.len(), ids.into_iter().collect::<HashSet<_>>()), (made.len(), made.clone()), "{carrier}");
        }
    }
}

#[test]
fn a_shipment_made_while_the_pages_are_turned_moves_none_of_the_others() {
    for carrier in CARRIERS {
        for newest_first in [false, true] {
            for (size, limit) in [(2, 3), (3, 2), (3, 3), (2, 1)] {
                let shop = Shop::listing(carrier);
                match carrier {
                    "apunto" => shop.set(json!({"list_order": if newest_first { "newest" } else { "oldest" }})),
                    "fruno" => shop.set(json!({"page_size": size, "newest_first": newest_first})),
                    _ => shop.set(json!({"page_size": size})),
                }
                let made: HashSet<String> = (0..6).map(|_| shop.shipped()).collect();
                let ids = shop.all(json!({"limit": limit}), limit, |turned| {
                    if turned < 4 {
                        shop.shipped();
                    }
                });
                let given: HashSet<String> = ids.iter().cloned().collect();
                assert_eq!(given.len(), ids.len(), "{carrier} {size} {limit} {newest_first}: one is repeated: {ids:?}");
                assert!(made.is_subset(&given), "{carrier} {size} {limit} {newest_first}: one is lost: {ids:?}");
            }
        }
    }
}

#[test]
fn a_service_that_ends_while_the_pages_are_turned_costs_and_repeats_none() {
    let shop = Shop::listing("mensajeros_urbanos");
    shop.set(json!({"page_size": 3}));
    let made: Vec<String> = (0..9).map(|_| shop.shipped()).collect();
    for limit in [2, 3, 4] {
        // The newest are on the first page, which was read already: the others move one place ahead.
        let ids = shop.all(json!({"limit": limit}), limit, |turned| {
            if turned == 0 {
                shop.end(&made[8 - (limit - 2)]);
            }
        });
        let given: HashSet<&String> = ids.iter().collect();
        assert_eq!((given.len(), ids.len()), (9, 9), "{limit}: {ids:?}");
    }
}

#[test]
fn a_cursor_keeps_its_filters() {
    for carrier in CARRIERS {
        let shop = Shop::listing(carrier);
        if carrier != "apunto" {
            shop.set(json!({"page_size": 2}));
        }
        let made: Vec<String> = (0..6).map(|_| shop.shipped()).collect();
        shop.end(&made[2]);
        let open: HashSet<String> = made.iter().filter(|id| **id != made[2]).cloned().collect();
        let ids = shop.all(json!({"status": "pre_transit", "limit": 2}), 2, |_| {});
        assert_eq!((ids.len(), ids.into_iter().collect::<HashSet<_>>()), (5, open), "{carrier}");
        let (_, cursor) = shop.page(json!({"status": "pre_transit", "limit": 2}));
        // The same filters may be given again, and another limit.
        let (same, _) = shop.page(json!({"status": "pre_transit", "limit": 1, "cursor": cursor}));
        assert!(same.len() <= 1, "{carrier}");
        for (filter, value) in [("status", "delivered"), ("date", "2026-01-31")] {
            let error = shop.failed("list", json!({"cursor": cursor, filter: value}));
            assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidRequest, filter), "{carrier}");
            assert!(error.message.contains(value), "{error}");
        }
        let text = cursor.as_str().unwrap();
        let middle = text.len() / 2;
        let other = if &text[middle..=middle] == "A" { "B" } else { "A" };
        let mut damaged = text.to_owned();
        damaged.replace_range(middle..=middle, other);
        for wrong in [&damaged, &text[1..], &text[..text.len() - 4], "no page", "1:2", "2-25"] {
            let error = shop.failed("list", json!({"cursor": wrong}));
            assert_eq!(
                (error.code, error.fields[0].field.as_str()),
                (Code::InvalidRequest, "cursor"),
                "{carrier} {wrong}"
            );
        }
    }
}

#[test]
fn a_cursor_belongs_to_its_account() {
    let [one, other] = ["fruno", "mensajeros_urbanos"].map(Shop::listing);
    for shop in [&one, &other] {
        shop.set(json!({"page_size": 1}));
        shop.shipped();
        shop.shipped();
    }
    let (_, cursor) = one.page(json!({}));
    let error = other.failed("list", json!({"cursor": cursor}));
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidRequest, "cursor"));
}
