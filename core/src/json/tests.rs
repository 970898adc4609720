use super::*;
use proptest::prelude::*;

fn theirs(text: &str) -> Option<serde_json::Value> {
    serde_json::from_str(text).ok()
}

/// What serde_json accepts is accepted, and nothing else, and it is the same value.
fn same(text: &str) {
    let (ours, theirs) = (parse(text), theirs(text));
    let error = serde_json::from_str::<serde_json::Value>(text).err();
    if error.is_some_and(|error| error.to_string().starts_with("number out of range")) {
        // A number beyond every float is read here.
        return;
    }
    assert_eq!(ours.is_ok(), theirs.is_some(), "{text}");
    if let (Ok(ours), Some(theirs)) = (ours, theirs) {
        assert_eq!(ours, theirs, "{text}");
        assert_eq!(Value::from(theirs.clone()), theirs, "{text}");
        assert_eq!(serde_json::Value::from(ours.clone()), theirs, "{text}");
        // What is written is read again as the same, by both.
        assert_eq!(parse(&ours.to_string()).unwrap(), ours, "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&ours.to_string()).unwrap(), theirs, "{text}");
        assert_eq!(serde_json::to_value(&ours).unwrap(), theirs, "{text}");
        assert_eq!(serde_json::to_string(&ours).unwrap(), ours.to_string(), "{text}");
        assert_eq!(to_value(&ours).unwrap(), ours, "{text}");
        assert_eq!(from_value::<Value>(ours.clone()).unwrap(), ours, "{text}");
    }
}

/// Names that look alike where the parser looks first: the same length and ends.
#[test]
fn of_a_name_that_stands_twice_the_last_value_counts() {
    for names in [&["axb", "ayb", "axb"][..], &["", "a", ""], &["a", "b", "a", "b", "c"], &["ñ", "\\u00f1"], &["x"; 40]]
    {
        let members: Vec<_> = names.iter().zip(0..).map(|(name, value)| format!("\"{name}\": {value}")).collect();
        same(&format!("{{{}}}", members.join(", ")));
    }
    assert_eq!(parse(r#"{"axb": 1, "ayb": 2, "axb": 3}"#).unwrap().to_string(), r#"{"axb":3,"ayb":2}"#);
}

#[test]
fn the_parser_accepts_what_serde_json_accepts() {
    for text in [
        "",
        " ",
        "null",
        "nul",
        "nulll",
        "true",
        "tru",
        "false",
        "falsey",
        "Null",
        "0",
        "-0",
        "-",
        "00",
        "01",
        "-01",
        "1",
        "12",
        "1.",
        ".5",
        "1.5",
        "1.50",
        "1.5.0",
        "1e3",
        "1E+3",
        "1e-3",
        "1e",
        "1e+",
        "1ee3",
        "-1.5e-10",
        "+1",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "NaN",
        "\"\"",
        "\"a",
        "\"a\"",
        "\"a\" ",
        "\"a\"b",
        "\u{feff}1",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\x\"",
        "\"\\\"",
        "\"\\",
        "\"\\u0041\"",
        "\"\\u00e1 \\u00E1\"",
        "\"\\u004\"",
        "\"\\u004",
        "\"\\u004g\"",
        "\"\\u+041\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\ud83dx\"",
        "\"\\ud83d\\n\"",
        "\"\\ud83d\\u0041\"",
        "\"\\ud83d\\ud83d\"",
        "\"\\ude00\"",
        "\"\\ude00\\ud83d\"",
        "\"\\u0000\"",
        "\"a\u{0}\"",
        "\"12345678\t\"",
        "\"12345678\n9\"",
        "\"1234567\u{1f}\"",
        "\"1234567\u{7f}\u{80}\u{ff}\"",
        "\"ñandú 😀 ñandú 😀 ñandú 😀\"",
        "\"12345678\\\"12345678\\\\12345678\"",
        "[]",
        "[ ]",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1,2]",
        " [ 1 , 2 ] ",
        "[1]]",
        "[1}",
        "{}",
        "{ }",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{\"a\":1,\"b\":[{\"c\":null}],\"á\":\"é\"}",
        "{\"a\":1,\"b\":2,\"a\":3}",
        "{\"\":1}",
        "{\"a\":1]",
        "// a\n1",
        "1 // a",
        "\u{a0}1",
        "1\u{b}",
        "1\u{0}",
    ] {
        same(text);
    }
    for depth in [1, 2, 126, 127, 128, 129, 1000] {
        same(&["[".repeat(depth), "]".repeat(depth)].concat());
        same(&["{\"a\":".repeat(depth), "1".to_owned(), "}".repeat(depth)].concat());
    }
}

#[test]
fn a_text_that_is_not_json_is_refused_with_its_place() {
    for text in [
        "{\"a\": 1,}",
        "{\n \"a\": x}",
        "[1e400, x]",
        "[1e400, \"\\ud83d\"]",
        "{\"a\": \"\\ud83d\"}",
        "[",
        "",
        "\"\t\"",
    ] {
        let said = parse(text).unwrap_err().to_string();
        assert!(said.contains("line") && !said.starts_with("not JSON"), "{text}: {said}");
    }
    assert!(parse_slice(b"\"\xff\"").is_err());
    assert_eq!(parse("[1e400, x]").unwrap_err().to_string(), "expected value at line 1 column 9");
}

#[test]
fn numbers_keep_their_digits_and_objects_their_order() {
    for text in [
        r#"{"z":1,"a":2,"m":{"y":1,"b":2},"0":[]}"#,
        "[2500.00,0.1000,1e3,1E+3,-0,-0.0,12345678901234567890.5,1e400,123456789012345678901234567890]",
        r#"{"2500.10":2500.10}"#,
    ] {
        let value = parse(text).unwrap();
        assert_eq!(value.to_string(), text);
        assert_eq!(format!("{value:?}"), text);
        assert_eq!(serde_json::to_string(&value).unwrap(), text);
        assert_eq!(serde_json::to_vec(&value).unwrap(), text.as_bytes());
        assert_eq!(to_value(&value).unwrap().to_string(), text);
        assert_eq!(to_value(&Some(vec![&value])).unwrap()[0].to_string(), text);
        assert_eq!(from_value::<Value>(value.clone()).unwrap().to_string(), text);
        assert_eq!(
            from_str::<Vec<Option<Value>>>(&format!("[{text}]")).unwrap()[0].as_ref().unwrap().to_string(),
            text
        );
        assert_eq!(json!({"a": [value, null]})["a"][0].to_string(), text);
        assert_eq!(text.parse::<Value>().unwrap().to_string(), text);
    }
}

#[test]
fn what_serde_json_can_hold_comes_through_it_unchanged() {
    let text = r#"{"b":[0.1,2500.1,1e30,-5,18446744073709551615,"x",null,true],"a":{}}"#;
    let ours = Value::from(theirs(text).unwrap());
    assert_eq!(serde_json::Value::from(ours.clone()), theirs(text).unwrap());
    assert_eq!(ours, theirs(text).unwrap());
    assert_eq!(theirs(text).unwrap(), ours);
    // A number beyond every float isn't lost.
    assert_eq!(serde_json::Value::from(parse("[1e400]").unwrap()), serde_json::json!(["1e400"]));
    assert_eq!(parse("[2500.10, 7]").unwrap(), serde_json::json!([2500.1, 7]));
    assert_ne!(parse("[7]").unwrap(), serde_json::json!(["7"]));
    assert_ne!(parse("{\"a\":1}").unwrap(), serde_json::json!({"b": 1}));
    assert_ne!(parse("{\"a\":null}").unwrap(), serde_json::json!({"b": null}));
}

/// A serializer that isn't serde_json's gets numbers, and one with its own form of numbers loses none.
#[test]
fn other_formats_get_plain_numbers() {
    use serde::Deserialize;
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, MapDeserializer};
    let read =
        |number: f64| -> Value { Value::deserialize(IntoDeserializer::<Error>::into_deserializer(number)).unwrap() };
    assert_eq!(read(2500.1).to_string(), "2500.1");
    // `Formatter` is a serializer of single values.
    struct Shown(Value);
    impl std::fmt::Display for Shown {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            serde::Serialize::serialize(&self.0, f)
        }
    }
    for (digits, shown) in [("2500.10", "2500.1"), ("7", "7"), ("-7", "-7"), ("1e400", "1e400")] {
        assert_eq!(Shown(parse(digits).unwrap()).to_string(), shown, "{digits}");
    }
    // As serde_json gives numbers if the host enabled its `arbitrary_precision`.
    let pairs = [("$serde_json::private::Number", "2500.10")];
    let number = Value::deserialize(MapDeserializer::<_, Error>::new(pairs.into_iter())).unwrap();
    assert_eq!(number, Value::Number(Number::parse("2500.10").unwrap()));
    assert_eq!(
        serde_json::from_str::<Value>("[1, -1, 0.5, \"a\", null, {\"b\": true}]").unwrap(),
        json!([1, -1, 0.5, "a", null, {"b": true}])
    );
}

#[test]
fn an_object_with_many_names_is_not_slow_and_keeps_its_order() {
    let mut map = Map::new();
    for at in 0..20_000 {
        map.insert(format!("n{at}"), at);
    }
    for at in 0..20_000 {
        assert_eq!(map.insert(format!("n{at}"), at + 1), Some(Value::from(at)));
    }
    assert_eq!((map.len(), map["n19999"].as_u64(), map.get("n20000")), (20_000, Some(20_000), None));
    assert_eq!(map.keys().next_back().unwrap(), "n19999");
    let text = Value::Object(map.clone()).to_string();
    assert_eq!(parse(&text).unwrap(), Value::Object(map.clone()));
    // Names that are removed are gone, and the others are still found.
    assert_eq!(map.remove("n0"), Some(Value::from(1)));
    assert_eq!((map.remove("n0"), map["n1"].as_u64(), map["n19999"].as_u64()), (None, Some(2), Some(20_000)));
    map.retain(|name, _| name.len() < 4);
    assert_eq!((map.len(), map["n99"].as_u64(), map.get("n100")), (99, Some(100), None));
    map.insert("n100", 5);
    map.extend([("n1", 7), ("x", 8)]);
    assert_eq!((map["n1"].as_u64(), map["n100"].as_u64(), map["x"].as_u64()), (Some(7), Some(5), Some(8)));
    map.insert("n99", Value::Null);
    assert_eq!((map.entry("n100").or_insert(Value::Null).as_u64(), map.len()), (Some(5), 101));
    map.clear();
    assert!(map.is_empty() && map.get("x").is_none());
}

#[test]
fn the_macro_is_serde_jsons() {
    let (name, list, nothing) = ("x", [1, 2], None::<u8>);
    macro_rules! both {
        ($($json:tt)+) => {
            assert_eq!(json!($($json)+), serde_json::json!($($json)+));
        };
    }
    both!(null);
    both!([]);
    both!({});
    both!([1, null, true, [], {}, [null], "a", -1, 0.5]);
    both!([1, 2,]);
    both!({"a": 1, "b": {"c": [1, {"d": null}]}, name: list, ("y"): nothing, "z": if true { 1 } else { 2 },});
    both!({"a": list.iter().map(|n| n + 1).collect::<Vec<_>>(), "b": format!("{name}"), "c": (1, "x"), "d": 'c'});
    both!(name.len());
}

#[test]
fn values_are_found_and_changed_in_place() {
    let mut value = json!({"a": [1, {"b": "x"}], "c/d": 1, "e~": 2});
    assert_eq!(value["a"][1]["b"], "x");
    assert_eq!((value["no"]["way"].is_null(), value[7].is_null(), value.get("a").unwrap().get(5)), (true, true, None));
    for (pointer, found) in [
        ("/a/0", Some(json!(1))),
        ("/a/1/b", Some(json!("x"))),
        ("/c~1d", Some(json!(1))),
        ("/e~0", Some(json!(2))),
        ("/a/01", None),
        ("/a/+1", None),
        ("/a/9", None),
        ("a", None),
        ("/x", None),
        ("/c~1d/x", None),
    ] {
        assert_eq!(value.pointer(pointer).cloned(), found, "{pointer}");
        assert_eq!(value.pointer_mut(pointer).cloned(), found, "{pointer}");
    }
    assert_eq!(value.pointer("").unwrap(), &value);
    value["new"]["deep"] = json!(7);
    value["a"][0] = Value::Null;
    *value.get_mut("e~").unwrap() = 3.into();
    assert_eq!(value["a"][1].take()["b"], "x");
    assert_eq!(value.to_string(), r#"{"a":[null,null],"c/d":1,"e~":3,"new":{"deep":7}}"#);
    assert_eq!(
        (json!(3), json!(3u64), json!(-3), json!(true), json!(1.5)),
        (3.into(), 3u64.into(), (-3).into(), true.into(), 1.5.into())
    );
    assert!(json!(3) == 3 && json!(1.5) == 1.5 && json!("a") == "a" && json!(true) == true && json!("a") != 3);
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        ".{0,40}".prop_map(serde_json::Value::from),
        "[\\x00-\\x7f]{0,40}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(serde_json::Value::from),
            proptest::collection::hash_map(".{0,30}", inner, 0..40)
                .prop_map(|members| members.into_iter().collect::<serde_json::Value>()),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_is_read_and_written_as_serde_json_does(value in any_json()) {
        same(&value.to_string());
        same(&serde_json::to_string_pretty(&value).unwrap());
        prop_assert_eq!(Value::from(value.clone()).to_string(), value.to_string());
    }

    #[test]
    fn text_with_a_mistake_is_read_as_serde_json_does(value in any_json(), at in any::<prop::sample::Index>(), with in "[\\x00-\\x7f]{0,2}") {
        let mut chars: Vec<char> = value.to_string().chars().collect();
        let at = at.index(chars.len());
        chars.splice(at..=at, with.chars());
        same(&chars.into_iter().collect::<String>());
    }

    #[test]
    fn any_text_is_read_as_serde_json_does(text in "[\\[\\]{}:,\"\\\\u0-9eE+.a-f -]{0,12}") {
        same(&text);
    }
}
