use super::*;
use crate::json::json;
use proptest::prelude::*;

fn lenient(body: &str) -> Option<Value> {
    read(body.as_bytes(), None)
}

#[test]
fn one_odd_value_costs_itself_alone() {
    for (written, read) in [
        // Half a surrogate pair.
        (r#""\ud83d""#, json!("\u{fffd}")),
        (r#""a\ud83db""#, json!("a\u{fffd}b")),
        (r#""\ude00""#, json!("\u{fffd}")),
        (r#""\ude00\ud83d""#, json!("\u{fffd}\u{fffd}")),
        (r#""\ud83d\n""#, json!("\u{fffd}\n")),
        (r#""\ud83d\u0041""#, json!("\u{fffd}A")),
        (r#""\ud83d\ud83d\ude00""#, json!("\u{fffd}😀")),
        (r#""\uD83D\uDE00 \u00e1""#, json!("😀 á")),
        // Escapes that are none.
        (r#""\x41\'\d""#, json!("\\x41'\\d")),
        (r#""\u12""#, json!("\u{fffd}12")),
        (r#""\u12G4""#, json!("\u{fffd}12G4")),
        (r#""C:\users\é""#, json!("C:\u{fffd}sers\\é")),
        // Control characters as they are.
        ("\"a\tb\nc\rd\u{1}\u{1f}\u{7f}\"", json!("a\tb\nc\rd\u{1}\u{1f}\u{7f}")),
        ("\"a\0b\"", json!("a\u{fffd}b")),
        // Quotes inside, and other quotes.
        (r#""Juan "El Rápido" Pérez""#, json!("Juan \"El Rápido\" Pérez")),
        ("'O\"Higgins'", json!("O\"Higgins")),
        // Words.
        ("NaN", json!(null)),
        ("-NaN", json!(null)),
        ("Infinity", json!(null)),
        ("-Infinity", json!(null)),
        ("nan", json!(null)),
        ("NULL", json!(null)),
        ("None", json!(null)),
        ("undefined", json!(null)),
        ("True", json!(true)),
        ("FALSE", json!(false)),
        ("N/A", json!(null)),
        ("no hay", json!(null)),
        // Numbers.
        ("01", json!("01")),
        ("00012345678", json!("00012345678")),
        ("+1", json!(1)),
        (".5", parse("0.5").unwrap()),
        ("-.5", parse("-0.5").unwrap()),
        ("1.", json!(1)),
        ("-01", json!(-1)),
        ("1e", json!(null)),
        ("1.2.3", json!(null)),
        ("--1", json!(null)),
        ("0x1F", json!(null)),
        ("12,", json!(12)),
        ("2026-01-02T10:00:00Z", json!(null)),
        // Commas.
        ("1,234.50", json!(null)),
        ("1234,50", json!(null)),
        ("-1,234,567.00 ", json!(null)),
        ("$ 1,234.50", json!(null)),
        ("[1,,2,]", json!([1, 2])),
        ("[,1]", json!([1])),
        ("[,]", json!([])),
        (r#"{"x": 1,, "y": [],}"#, json!({"x": 1, "y": []})),
        (r#"{,"x": 1}"#, json!({"x": 1})),
        (r#"{"x": 1 "y": "2" "z": 3}"#, json!({"x": 1, "y": "2", "z": 3})),
        ("", json!(null)),
        (r#"["NULL,]", "\",}", "\\",]"#, json!(["NULL,]", "\",}", "\\"])),
        (r#"{"x": 1, "x": NaN, "x": 2}"#, json!({"x": 2})),
    ] {
        for (body, expected) in [
            (format!(r#"{{"a": {written}, "guía": "7"}}"#), json!({"a": read, "guía": "7"})),
            (format!(r#"{{"guía": "7", "a":{written}}}"#), json!({"guía": "7", "a": read})),
            (
                format!("\u{feff} \r\n[{{\"a\" :\t{written}\n}}\n, {{\"b\": 1.50}}] \0\r\n"),
                json!([{"a": read}, {"b": 1}]),
            ),
        ] {
            let mut expected = expected;
            if let Some(b) = expected.pointer_mut("/1/b") {
                *b = parse("1.50").unwrap();
            }
            assert_eq!(lenient(&body), Some(expected), "{body}");
        }
    }
}

#[test]
fn what_is_no_whole_json_stays_unreadable() {
    for body in [
        "",
        " ",
        "OK",
        "null and void",
        "<html>{\"a\": 1}</html>",
        "[1,",
        r#"["a,"#,
        r#"{"a""#,
        r#"{"a":"#,
        r#"{"a": "b"#,
        r#"{"a": "b""#,
        r#"{"a": 1"#,
        r#"{"a": NaN"#,
        r#"{"a": 1]"#,
        r#"{"a": 1} and more"#,
        r#"{"a" 1}"#,
        "{a: 1}",
        r#"{"a": 1, 2: 3}"#,
        r#"{"a": "b", 234}"#,
        r#"{"a": 1, 2"#,
        r#"{1, 2}"#,
        r#"{"a": 1}{"b": 2}"#,
        "[internal error]",
        "[Error] no",
        "NaN",
        "NULL",
        "access_token=a&b=c",
        r#"callback({"a": 1})"#,
        r#"Error: {"a": 1}"#,
        "\u{feff}",
    ] {
        assert_eq!(lenient(body), None, "{body}");
    }
    let long = r#"{"a": "\ud83d", "b": [1, {"c": "d, \"e\""}, NULL], "f": {"g": "h"}}"#;
    assert!(lenient(long).is_some());
    for end in (0..long.len()).filter(|end| long.is_char_boundary(*end)) {
        assert_eq!(lenient(&long[..end]), None, "{}", &long[..end]);
    }
}

#[test]
fn strict_json_is_read_as_serde_reads_it() {
    for body in ["5", "\"a\"", "null", "true", "[]", "{}", r#"{"a":1,"a":2}"#, "1e400", "[12345678901234567890.10]"] {
        assert_eq!(lenient(body), parse(body).ok(), "{body}");
        assert_eq!(lenient(&format!("\u{feff}{body}")), parse(body).ok(), "{body}");
    }
}

#[test]
fn bytes_of_another_charset_cost_their_own_characters() {
    let mixed: Vec<u8> = [&b"{\"gu\xEDa\": \"Jos\xE9 \xF1\\\"\xFF\", \"b\": \"\xC3\xA9"[..], b"\xE2\x82\"}"].concat();
    assert_eq!(read(&mixed, None), Some(json!({"guía": "Jos\u{fffd} \u{fffd}\"\u{fffd}", "b": "é\u{fffd}\u{fffd}"})));
    let latin = b"{\"gu\xEDa\": \"Jos\xE9 \x80\x93\", \"b\": 1}";
    for charset in ["ISO-8859-1", "latin1", "Windows-1252", "iso_8859-1"] {
        assert_eq!(read(latin, Some(charset)), Some(json!({"guía": "José €“", "b": 1})), "{charset}");
    }
    assert_eq!(read(latin, Some("utf-8")), Some(json!({"guía": "Jos\u{fffd} \u{fffd}\u{fffd}", "b": 1})));
    // The charset is wrong more often than UTF-8 is valid by chance.
    assert_eq!(read("{\"guía\": \"ñ\", }".as_bytes(), Some("iso-8859-1")), Some(json!({"guía": "ñ"})));
    let text = "{\"guía\": \"ñ😀\", \"a\": NaN}";
    for (mark, big) in [(true, true), (true, false), (false, true), (false, false)] {
        let mark = if mark { "\u{feff}" } else { "" };
        let units = format!("{mark}{text}");
        let bytes = units.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        assert_eq!(read(&bytes.collect::<Vec<_>>(), None), Some(json!({"guía": "ñ😀", "a": null})), "{mark:?} {big}");
    }
}

#[test]
fn warnings_of_php_before_the_reply_cost_nothing() {
    let reply = json!({"uuid": "ab", "a": [1]});
    for warning in [
        "<br />\n<b>Warning</b>:  Undefined array key \"x\" in <b>/var/www/a.php</b> on line <b>3</b><br />\n",
        "PHP Notice: Undefined offset: {0} [1] in /a.php on line 3\n\n",
        "\nDeprecated: [x] is deprecated in /a.php\n",
    ] {
        assert_eq!(lenient(&format!("{warning}{reply}")), Some(reply.clone()), "{warning}");
        assert_eq!(lenient(&format!("{warning}{{\"uuid\": \"ab\", \"a\": [1,],}}")), Some(reply.clone()), "{warning}");
        assert_eq!(lenient(&format!("{warning}{{\"uuid\": \"ab\"")), None, "{warning}");
    }
}

#[test]
fn depth_and_size_are_no_danger() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{{\"x\": {}1{}, \"y\": 2}}", open.repeat(100_000), close.repeat(100_000));
        assert_eq!(lenient(&deep).unwrap()["y"], 2);
        assert_eq!(lenient(&open.repeat(100_000)), None);
    }
    let started = std::time::Instant::now();
    for odd in ["1,,", "\"\\ud83d\",", "\"a\" \"", "{\"a\":NaN,},", "\"", "\\", "'\"", "[", "{", "Warning\n{", "\0"] {
        let _ = lenient(&format!("[{}]", odd.repeat(60_000)));
        let _ = read(&[format!("[{}]", odd.repeat(60_000)).as_bytes(), b"\xff"].concat(), None);
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\"',:{}\\[\\]\\\\ NULa-c]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Put `mark` in place of the `nth` leaf; false: there are fewer.
fn mark(value: &mut Value, nth: &mut usize, with: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().any(|item| mark(item, nth, with)),
        Value::Object(members) => members.values_mut().any(|member| mark(member, nth, with)),
        leaf => {
            if *nth == 0 {
                *leaf = with.clone();
                return true;
            }
            *nth -= 1;
            false
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_damaged_at_one_place_is_read_everywhere_else(
        value in values(), nth in 0_usize..20, pretty in any::<bool>(), odd in 0_usize..8, cut in any::<prop::sample::Index>(),
    ) {
        let damages: [(&[u8], Value); 8] = [
            (b"NaN", Value::Null),
            (b"\"\\ud83d\"", json!("\u{fffd}")),
            (b"\"\x01\t\n\"", json!("\u{1}\t\n")),
            (b"\"\xF1\"", json!("\u{fffd}")),
            (b"[,1,,]", json!([1])),
            (b"NULL,", Value::Null),
            (b"-Infinity", Value::Null),
            (b"{\"\\udead\": 1,}", json!({"\u{fffd}": 1})),
        ];
        let (damage, read_as) = &damages[odd];
        let placeholder = "@@here@@";
        let mut whole = json!({"x": value, "y": "end"});
        let leaves = (0..).take_while(|nth| mark(&mut whole.clone(), &mut nth.to_owned(), &Value::Null)).count();
        let nth = nth % leaves;
        let mut left = nth;
        mark(&mut whole, &mut left, &json!(placeholder));
        let text = if pretty { serde_json::to_string_pretty(&whole).unwrap() } else { whole.to_string() };
        let quoted = format!("\"{placeholder}\"");
        let (before, after) = text.split_once(&quoted).unwrap();
        let damaged = [before.as_bytes(), damage, after.as_bytes()].concat();
        let mut expected = json!({"x": value, "y": "end"});
        let mut left = nth;
        mark(&mut expected, &mut left, read_as);
        prop_assert_eq!(read(&damaged, None), Some(expected));
        // And cut anywhere, it is never whole.
        let end = cut.index(damaged.len() - 1);
        prop_assert_eq!(read(&damaged[..end], None), None);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b"{}[]\",:\\u'dN1.-"[..])], 0..80)) {
        let _ = read(&bytes, Some("latin1"));
        let _ = read(&bytes, None);
    }
}
