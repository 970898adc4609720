use super::super::shape::{opt, req};
use super::*;
use serde_json::json;

static INNER: Shape = Shape { name: "Inner", fields: &[req("weight", Kind::Decimal, "how heavy")] };
static OUTER: Shape = Shape {
    name: "Outer",
    fields: &[
        req("items", Kind::List(&Kind::Object(&INNER), 3), ""),
        opt("note", Kind::Text(5), ""),
        opt("count", Kind::Integer(1, 9), ""),
    ],
};

fn said(mut value: Value) -> Vec<String> {
    request(&mut value, &OUTER).into_iter().map(|p| format!("{}: {}", p.field, p.message)).collect()
}

#[test]
fn a_problem_names_its_path_and_the_nearest_name() {
    assert_eq!(
        said(json!({"items": [{"wieght": 1, "weight": "2.5"}]})),
        ["items[0].wieght: unknown field; did you mean `weight`?"]
    );
}

#[test]
fn every_problem_is_reported_at_once() {
    let said = said(json!({"items": [{"weight": -1}, {}, 7], "note": "ñandúes", "count": "1e3"}));
    assert_eq!(said.len(), 5, "{said:?}");
    assert!(said[0].contains("can't be negative"));
    assert!(said[1].contains("items[1].weight: is required"));
    assert!(said[2].contains("items[2]: an object is needed, not a number"));
    assert!(said[3].contains("has 7 characters; at most 5"));
    assert!(said[4].contains("between 1 and 9"));
}

#[test]
fn null_is_the_same_as_absent() {
    assert!(said(json!({"items": [], "note": null})).is_empty());
    assert_eq!(said(json!({"items": null})).len(), 1);
}
