//! The README names every code, method, status, carrier, setting and key. Its programs are run elsewhere: Rust as a
//! doc test, the others by `tests/c`, `tests/php` and `tests/python`.

use flete::{Client, Code};
use serde_json::{Value, json};
use std::path::Path;

const README: &str = include_str!("../../README.md");

fn described() -> Value {
    let config = json!({"accounts": [{"carrier": "fruno", "environment": "sandbox"}]}).to_string();
    Client::open(&config).unwrap().call("describe", json!({})).unwrap()
}

fn names(what: &str, names: impl IntoIterator<Item = impl AsRef<str>>) {
    let missing: Vec<_> = names
        .into_iter()
        .map(|name| name.as_ref().to_owned())
        .filter(|name| !README.contains(&format!("`{name}`")) && !README.contains(&format!("\"{name}\"")))
        .collect();
    assert!(missing.is_empty(), "the README lacks the {what} {missing:?}");
}

#[test]
fn everything_has_its_place() {
    let described = described();
    names("codes", Code::all().iter().map(|code| code.as_str()));
    let methods = described["methods"].as_object().unwrap();
    names("methods", methods.keys());
    names("keys", described["config"]["properties"].as_object().unwrap().keys());
    let statuses = &methods["create"]["reply"]["properties"]["status"]["enum"];
    names("statuses", statuses.as_array().unwrap().iter().filter_map(Value::as_str));
    for carrier in described["carriers"].as_array().unwrap() {
        names("carriers", carrier["code"].as_str());
        names("settings", carrier["settings"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()));
    }
    for (method, schemas) in methods {
        let fields = schemas["request"]["properties"].as_object().unwrap();
        names(&format!("fields of {method}"), fields.keys());
    }
}

#[test]
fn the_table_of_carriers_is_what_they_do() {
    let described = described();
    let operations: usize = described["carriers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|carrier| carrier["operations"].as_array().unwrap().len())
        .sum();
    assert!(README.contains(&format!("({operations} in all)")), "{operations} operations");
    for carrier in described["carriers"].as_array().unwrap() {
        let code = carrier["code"].as_str().unwrap();
        // Each generation of its API, where it has several; the default needs no `api`.
        for offers in carrier["generations"].as_array().unwrap_or(&vec![carrier.clone()]) {
            let place = match offers["api"].as_str().filter(|_| offers["default"] == false) {
                Some(api) => format!("| `{code}`, `\"api\": \"{api}\"` |"),
                None => format!("| `{code}` |"),
            };
            let row = README.lines().find(|line| line.starts_with('|') && line.contains(&place)).expect(&place);
            let cells: Vec<&str> = row.split('|').map(str::trim).skip(4).collect();
            for (cell, method) in
                cells.iter().zip(["quote", "create", "track", "cancel", "document", "list", "webhook"])
            {
                assert_eq!(*cell != "–", offers["supports"][method] == true, "{place} {method}: {cell}");
            }
            assert_eq!(cells[7] != "–", offers["finds_lost_creates"] == true, "{place} finds");
        }
    }
}

/// A test by its name in a file: a function marked as one, or a script's own words.
fn has_test(text: &str, file: &str, name: &str) -> bool {
    let mut before = "";
    match file.rsplit('.').next() {
        Some("rs") => text.lines().map(str::trim).any(|line| {
            let found = before == "#[test]" && line.starts_with(&format!("fn {name}("));
            before = line;
            found
        }),
        Some("py") => text.contains(&format!("def {name}(")),
        _ => text.contains(&format!("check \"{name}\"")),
    }
}

#[test]
fn every_promise_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let table = std::fs::read_to_string(root.join("tests/PROMISES.md")).unwrap();
    let headings: Vec<_> = README.lines().filter(|line| line.starts_with('#')).collect();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .skip(1)
        .collect();
    assert!(rows.len() > 30, "the table is not read: {rows:?}");
    let mut wrong = Vec::new();
    for row in rows {
        let [heading, promise, tests] = row[..] else { panic!("three cells: {row:?}") };
        if !headings.iter().any(|line| line.trim_start_matches('#').trim() == heading) {
            wrong.push(format!("the README has no heading `{heading}`"));
        }
        // Each file, then its tests.
        for place in tests.split(';') {
            let mut names = place.split('`').skip(1).step_by(2);
            let file = names.next().unwrap_or_else(|| panic!("no test of: {promise}"));
            match std::fs::read_to_string(root.join(file)) {
                Ok(text) => wrong.extend(
                    names
                        .filter(|name| !has_test(&text, file, name))
                        .map(|name| format!("{file} has no test `{name}`")),
                ),
                Err(error) => wrong.push(format!("{file}: {error}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_carriers_were_written_from_is_told_as_describe_tells_it() {
    let page = include_str!("../../docs/carriers.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .skip(1)
        .collect();
    let mut said = Vec::new();
    for row in &rows {
        let [carrier, generation, title, dated, assumed] = row[..] else { panic!("five cells: {row:?}") };
        said.push([carrier, generation, &format!("{title} ({dated})"), assumed].map(str::to_owned));
    }
    let mut expected = Vec::new();
    for carrier in described()["carriers"].as_array().unwrap() {
        let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
        // Each generation, where the carrier has several.
        let generations = match &carrier["generations"] {
            Value::Array(generations) => generations.clone(),
            _ => vec![carrier.clone()],
        };
        for generation in generations {
            let api = generation["api"].as_str().map_or_else(|| "–".to_owned(), |api| format!("`{api}`"));
            expected.push([text(carrier, "name"), api, text(&generation, "source"), text(&generation, "assumed")]);
        }
    }
    assert_eq!(said, expected);
    assert!(README.contains("(docs/carriers.md)"));
}
