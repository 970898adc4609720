//! Text as people write it: a byte-order mark, UTF-16 from Windows, comments in JSON, a path where JSON belongs.

use crate::json::Value;
use crate::model::Why;
use crate::model::shape::shorten;
use std::collections::HashSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// What may surround a text without being part of it: blanks, line breaks, invisible marks.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
    })
}

/// Parses JSON text. `what` is its name in the message: "the configuration".
pub(crate) fn json(text: &str, what: &str) -> Result<Value, Why> {
    let text = text.trim_start_matches('\u{feff}');
    crate::json::parse(text).map_err(|error| {
        let hint = hint(text, &error).map_or_else(String::new, |hint| format!("; {hint}"));
        Why::from(format!("{what} is not JSON: {error}{hint}"), error)
    })
}

/// What people write that JSON doesn't have, found at the place where parsing failed.
fn hint(text: &str, error: &serde_json::Error) -> Option<&'static str> {
    if trim(text).is_empty() {
        return Some("it is empty");
    }
    if error.is_eof() {
        return Some("it ends before its last bracket or quote is closed");
    }
    if error.to_string().starts_with("trailing comma") {
        return Some("remove the comma before this place");
    }
    let line = text.lines().nth(error.line().checked_sub(1)?)?;
    match line.as_bytes().get(error.column().checked_sub(1)?)? {
        b'/' | b'#' => Some("JSON has no comments; remove them"),
        b'\'' => Some("JSON takes double quotes (\") only"),
        0xe2 => Some("JSON takes plain double quotes (\"), not typographic ones"),
        b'T' | b'F' | b'N' => Some("JSON writes true, false and null in lower case"),
        _ => None,
    }
}

/// Whether a text that should be JSON is the path of a file instead.
pub(crate) fn is_path(text: &str) -> bool {
    let text = trim(text);
    let ends_like_one = [".json", ".txt", ".conf", ".cfg", ".yaml", ".yml", ".toml"]
        .iter()
        .any(|end| text.get(text.len().saturating_sub(end.len())..).is_some_and(|tail| tail.eq_ignore_ascii_case(end)));
    !text.is_empty()
        && text.len() <= 4096
        && !text.starts_with(['{', '[', '"', '\''])
        && !text.contains(['\n', '\r', '{', '}', '"'])
        && (ends_like_one || text.starts_with(['/', '~', '@']) || text.starts_with("./") || text.starts_with("../"))
}

/// The first name that an object has twice. JSON parsers keep the last one without an error.
pub(crate) fn duplicate(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    // One entry for each bracket that is open; a list has no names.
    let mut open: Vec<Option<HashSet<String>>> = Vec::new();
    let (mut at, mut name_next) = (0, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' => {
                open.push(Some(HashSet::new()));
                name_next = true;
            }
            b'[' => {
                open.push(None);
                name_next = false;
            }
            b'}' | b']' => {
                open.pop();
                name_next = false;
            }
            b',' => name_next = matches!(open.last(), Some(Some(_))),
            b'"' => {
                let start = at;
                at += 1;
                while *bytes.get(at)? != b'"' {
                    at += if bytes.get(at) == Some(&b'\\') { 2 } else { 1 };
                }
                if let (true, Some(Some(names))) = (name_next, open.last_mut()) {
                    let name: String = crate::json::from_str(text.get(start..=at)?).ok()?;
                    if !names.insert(name.clone()) {
                        return Some(name);
                    }
                }
                name_next = false;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Why a text or a list isn't a request, with what was probably meant. `None` for an object.
pub(crate) fn not_a_request(method: &str, request: &Value) -> Option<String> {
    match request {
        Value::String(text) => {
            let id = shorten(trim(text));
            let meant = match method {
                "track" | "cancel" if !id.is_empty() => {
                    format!("; write {{\"account\": \"…\", \"id\": {}}}", Value::from(id))
                }
                "document" if !id.is_empty() => {
                    format!("; write {{\"account\": \"…\", \"id\": {}, \"kind\": \"label\"}}", Value::from(id))
                }
                _ if trim(text).starts_with('{') => "; it is JSON text within JSON text: encode it once".to_owned(),
                _ => String::new(),
            };
            Some(format!("an object is needed, not text (`{}`){meant}", shorten(trim(text))))
        }
        Value::Array(items) if !items.is_empty() => {
            let meant = match method {
                "track" => "; several shipments go into {\"shipments\": [{\"account\": \"…\", \"id\": \"…\"}]}",
                _ => "",
            };
            Some(format!("an object is needed, not a list (`{}`){meant}", shorten(&request.to_string())))
        }
        Value::Number(_) => Some(format!("an object is needed, not a number (`{request}`)")),
        Value::Bool(_) => Some(format!("an object is needed, not a flag (`{request}`)")),
        Value::Array(_) | Value::Object(_) | Value::Null => None,
    }
}

/// A small file's bytes, or why it can't be read (without its name). Devices are refused: reading one may never end.
pub(crate) fn file(path: &Path, limit: usize) -> Result<Vec<u8>, Why> {
    let words = |error: &std::io::Error| match error.kind() {
        ErrorKind::NotFound if path.starts_with("~") => {
            "it does not exist (`~` is not expanded: write the whole path)".to_owned()
        }
        ErrorKind::NotFound if path.is_relative() => {
            "it does not exist (a relative path starts in the process's working directory)".to_owned()
        }
        ErrorKind::NotFound => "it does not exist".to_owned(),
        ErrorKind::PermissionDenied => "permission denied; let the user of this process read it".to_owned(),
        _ => error.to_string(),
    };
    let why = |error: std::io::Error| Why::from(words(&error), error);
    let kind = std::fs::metadata(path).map_err(why)?.file_type();
    if kind.is_dir() {
        return Err(Why::plain("it is a directory; name a file in it"));
    }
    // A pipe is allowed: shells pass a secret so, with <(command).
    if !kind.is_file() && !kind.is_fifo() {
        return Err(Why::plain("it is a device, not a file"));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    File::open(path).map_err(why)?.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(why)?;
    if bytes.len() > limit {
        return Err(Why::plain(format!("it has more than {limit} bytes")));
    }
    Ok(bytes)
}

/// Bytes as text: UTF-8, or UTF-16 with its mark, as Windows's Notepad and PowerShell write it.
pub(crate) fn text(bytes: &[u8]) -> Result<String, Why> {
    let units = |join: fn([u8; 2]) -> u16| -> Option<String> {
        let units: Vec<u16> = bytes[2..].chunks(2).map(|pair| pair.try_into().ok().map(join)).collect::<Option<_>>()?;
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    }
    .ok_or_else(|| Why::plain("it is not UTF-8 text; save it as UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_json_is_told_in_words() {
        for (text, words) in [
            ("", "it is empty"),
            (" \u{feff}\n", "it is empty"),
            ("{\"a\": 1,}", "remove the comma"),
            ("[1, 2,]", "remove the comma"),
            ("{\n  // the account\n  \"a\": 1}", "no comments"),
            ("{\"a\": 1 // one\n}", "no comments"),
            ("{\"a\": 1, /* two */ \"b\": 2}", "no comments"),
            ("# flete\n{}", "no comments"),
            ("{'a': 1}", "double quotes"),
            ("{\"a\": 'x'}", "double quotes"),
            ("{“a”: 1}", "typographic"),
            ("{\"a\": True}", "lower case"),
            ("{\"a\": None}", "lower case"),
            ("{\"a\": 1", "ends before"),
            ("{\"a\": \"x", "ends before"),
        ] {
            let said = json(text, "the configuration").unwrap_err().to_string();
            assert!(said.starts_with("the configuration is not JSON: "), "{text}: {said}");
            assert!(said.contains(words) && said.contains("line"), "{text}: {said}");
        }
        assert!(json("\u{feff}{}", "x").is_ok());
    }

    #[test]
    fn a_path_is_told_from_json() {
        for path in [
            "flete.json",
            "/etc/flete",
            "./flete",
            "~/flete.json",
            "C:\\flete\\FLETE.JSON",
            "@flete.json",
            "conf/flete.yaml",
        ] {
            assert!(is_path(path), "{path}");
        }
        for other in ["", "{}", "[]", "accounts", "weight=3", "{\"file\": \"/x.json\"}", "\"x.json\"", "nothing of it"]
        {
            assert!(!is_path(other), "{other}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_found() {
        for (text, name) in [
            (r#"{"a": 1, "a": 2}"#, Some("a")),
            (r#"{"a": {"b": 1, "c": [{"b": 1}, {"b": 1, "\u0062": 2}]}}"#, Some("b")),
            (r#"{"a": {"a": "a", "b": "a"}, "b": ["a", "a"], "c": "\"a\": 1, \"a\""}"#, None),
            (r#"[{"a": 1}, {"a": 1}]"#, None),
            ("7", None),
        ] {
            assert_eq!(duplicate(text).as_deref(), name, "{text}");
        }
    }

    #[test]
    fn text_is_read_as_windows_writes_it() {
        let utf16 =
            |join: fn(u16) -> [u8; 2]| -> Vec<u8> { "\u{feff}ñ😀\r\n".encode_utf16().flat_map(join).collect() };
        for bytes in
            [b"\xef\xbb\xbf\xc3\xb1\xf0\x9f\x98\x80\r\n".to_vec(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)]
        {
            assert_eq!(text(&bytes).unwrap(), "ñ😀\r\n");
        }
        for bytes in [b"\xff\xfea".as_slice(), b"\xff", b"caf\xe9", b"\xff\xfe\x00\xd8"] {
            assert!(text(bytes).unwrap_err().to_string().contains("UTF-8"), "{bytes:?}");
        }
        assert_eq!(trim("\u{feff} \tclave\u{200b}\r\n"), "clave");
    }

    #[test]
    fn a_file_that_can_not_be_read_says_why() {
        for (path, why) in [
            ("/dev/zero", "device"),
            ("/dev/null", "device"),
            ("/", "directory"),
            ("/nowhere/at/all", "does not exist"),
            ("~/clave", "`~` is not expanded"),
            ("no-such-file", "relative path"),
        ] {
            let said = file(Path::new(path), 10).unwrap_err().to_string();
            assert!(said.contains(why), "{path}: {said}");
        }
        assert!(file(Path::new("Cargo.toml"), 10).unwrap_err().to_string().contains("more than 10 bytes"));
    }
}
