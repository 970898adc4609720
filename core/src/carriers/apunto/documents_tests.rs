use super::*;
use crate::json::Map;

fn kinds(setting: &Value) -> Kinds {
    let settings: Map = [(SETTING.to_owned(), setting.clone())].into_iter().collect();
    Kinds::read(&Settings::new(&settings))
}

/// The kinds of a tree's files, by their ids.
fn found(setting: Value, tree: &Value) -> Vec<(String, &'static str)> {
    let trees = [tree.as_array().unwrap().clone()];
    all(&trees, &kinds(&setting)).into_iter().map(|file| (file.id.unwrap_or_default(), file.kind)).collect()
}

#[test]
fn a_files_kind_is_that_of_the_nearest_folder_whose_name_says_one() {
    let tree = json!([
        {"name": "BL", "attachments": [{"id": 1}], "children": []},
        {"name": " pod ", "attachments": [{"id": 2}], "children": [
            {"name": "Fotos", "attachments": [{"id": 3}], "children": [
                {"name": "CARTA PORTE", "attachments": [{"id": "4"}], "children": null},
            ]},
        ]},
        {"name": "Recoleccio\u{301}n", "attachments": [{"id": 5}, null, {"filename": "sin id"}]},
        {"name": null, "children": [{"attachments": [{"id": 6}]}]},
    ]);
    let each = |kinds: [&'static str; 7]| -> Vec<(String, &'static str)> {
        ["1", "2", "3", "4", "5", "", "6"].into_iter().map(str::to_owned).zip(kinds).collect()
    };
    let (pod, other, pickup) = ("proof_of_delivery", "other", "proof_of_pickup");
    assert_eq!(found(json!(null), &tree), each([other, pod, pod, pod, other, other, other]));
    assert_eq!(
        found(json!({"Carta porte": "other", "recolección": pickup, "bl": "label"}), &tree),
        each(["label", pod, pod, other, pickup, pickup, other])
    );
    // The account's own word for POD goes first.
    assert_eq!(found(json!({"Pod": "other"}), &tree), each([other, other, other, other, other, other, other]));
}

#[test]
fn a_kind_without_a_folder_is_unknown_here() {
    let usual = kinds(&json!(null));
    let each = DOCUMENT_KINDS.iter().map(|kind| usual.has(kind)).collect::<Vec<_>>();
    assert_eq!(each, [false, false, true, true]);
    assert!(kinds(&json!({"Guía": "label"})).has("label"));
}
