//! Files of every kind, right and wrong, and the bodies that they make.

use super::*;
use crate::json::json;
use crate::model::shape::{TEXT, req};

const LIMIT: usize = 1_000;
const FIELDS: &[Field] = &[req("file", Kind::Object(&FILE), ""), opt("folder", TEXT, ""), opt("id", Kind::Id, "")];

/// A directory of a test's own, gone at its end.
struct Place(std::path::PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let place = std::env::temp_dir().join(format!("flete-upload-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&place).unwrap();
        Self(place)
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        std::fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The body as text, with its boundary written as `B`.
fn body(params: &Value) -> String {
    let form = form(FIELDS, params, LIMIT).unwrap().unwrap();
    let boundary = form.content_type.to_str().unwrap().split_once("boundary=").unwrap().1.to_owned();
    assert!(boundary.len() <= 70);
    String::from_utf8_lossy(&form.content).replace(&boundary, "B")
}

#[test]
fn a_form_is_written_as_browsers_write_it() {
    let place = Place::new("form");
    let path = place.file("prueba de entrega.pdf", b"%PDF-1.4 content");
    let written = body(&json!({"file": {"path": path}, "folder": "Guía", "id": 7, "nothing": null, "+x": [1]}));
    let expected = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"prueba de entrega.pdf\"\r\n\
        Content-Type: application/pdf\r\n\r\n%PDF-1.4 content\r\n\
        --B\r\nContent-Disposition: form-data; name=\"folder\"\r\n\r\nGuía\r\n\
        --B\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n7\r\n\
        --B\r\nContent-Disposition: form-data; name=\"+x\"\r\n\r\n[1]\r\n--B--\r\n";
    assert_eq!(written, expected);
    assert!(form(FIELDS, &json!({"folder": "x"}), LIMIT).unwrap().is_none(), "without a file it is no form");
    let two: Vec<_> =
        (0..2).map(|_| form(FIELDS, &json!({"file": {"path": path}}), LIMIT).unwrap().unwrap().content_type).collect();
    assert_ne!(two[0], two[1], "a file can't know the boundary");
}

#[test]
fn no_name_ends_its_line_or_its_quotes() {
    for (name, written) in [
        ("a \"b\".pdf", "a %22b%22.pdf"),
        ("a\r\nX-Evil: 1\r\n\r\n.pdf", "a%0D%0AX-Evil: 1%0D%0A%0D%0A.pdf"),
        ("Guía ñandú 税.pdf", "Guía ñandú 税.pdf"),
        ("a\tb\u{7f}.pdf", "a%09b%7F.pdf"),
    ] {
        let file = json!({"base64": "JVBERg==", "filename": name});
        let body = body(&json!({"file": file, "+a\"\n": "x"}));
        assert!(body.contains(&format!("; filename=\"{written}\"\r\n")), "{body}");
        assert!(body.contains("name=\"+a%22%0A\"\r\n"), "{body}");
        assert_eq!(body.matches("\r\n--B").count(), 2, "{body}");
    }
}

#[test]
fn a_content_type_is_given_or_guessed() {
    let typed = |name: &str, content: &str, said: Value| {
        let body = body(&json!({"file": {"base64": content, "filename": name, "content_type": said}}));
        body.split("Content-Type: ").nth(1).unwrap().split("\r\n").next().unwrap().to_owned()
    };
    let (pdf, other) = ("JVBERi0xLjQ=", "aG9sYQ==");
    for (name, content, said, expected) in [
        ("x", pdf, Value::Null, "application/pdf"),
        ("x.png", pdf, Value::Null, "application/pdf"),
        ("CFDI.XML", other, Value::Null, "application/xml"),
        ("x.pdf", other, Value::Null, "application/pdf"),
        ("x.unheard", other, Value::Null, "application/octet-stream"),
        ("pdf", other, Value::Null, "application/octet-stream"),
        ("x.pdf", pdf, json!("text/plain; charset=utf-8"), "text/plain; charset=utf-8"),
        ("x.pdf", pdf, json!(""), "application/pdf"),
    ] {
        assert_eq!(typed(name, content, said), expected, "{name}");
    }
}

#[test]
fn base64_is_read_as_others_write_it() {
    for content in ["aG9sYQ==", "aG9sYQ", "aG9s\r\nYQ==\n", " aG9s YQ=="] {
        let body = body(&json!({"file": {"base64": content, "filename": "x"}}));
        assert!(body.contains("\r\n\r\nhola\r\n--B"), "{content:?}: {body}");
    }
}

#[test]
fn what_is_no_file_is_named_before_anything_is_sent() {
    let place = Place::new("wrong");
    let full = place.file("full", &[b'a'; LIMIT]);
    let more = place.file("more", &[b'a'; LIMIT + 1]);
    let empty = place.file("empty", b"");
    let pipe = place.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let base64 = |size: usize| base64::engine::general_purpose::STANDARD.encode(vec![b'a'; size]);
    assert!(body(&json!({"file": {"path": full}})).len() > LIMIT);
    assert!(body(&json!({"file": {"base64": base64(LIMIT), "filename": "x"}})).len() > LIMIT);
    for (file, field, words) in [
        (json!({}), "params.file.path", "is required, or `base64`"),
        (json!({"path": ""}), "params.file.path", "is required, or `base64`"),
        (json!({"path": 7}), "params.file.path", "is required, or `base64`"),
        (json!({"path": full, "base64": "aG9sYQ=="}), "params.file.path", "give one of the two"),
        (json!({"path": place.path("missing")}), "params.file.path", "does not exist"),
        (json!({"path": "~/missing"}), "params.file.path", "`~` is not expanded"),
        (json!({"path": place.0}), "params.file.path", "directory"),
        (json!({"path": "/dev/zero"}), "params.file.path", "is not a file"),
        (json!({"path": pipe}), "params.file.path", "is not a file"),
        (json!({"path": "a\0b"}), "params.file.path", "can't be read"),
        (json!({"path": empty}), "params.file.path", "is empty"),
        (json!({"path": more}), "params.file.path", "has 1001 bytes; at most 1000 are taken"),
        (json!({"base64": base64(LIMIT + 1), "filename": "x"}), "params.file.base64", "has 1001 bytes"),
        (json!({"base64": "", "filename": "x"}), "params.file.base64", "is empty"),
        (json!({"base64": " \n", "filename": "x"}), "params.file.base64", "is empty"),
        (json!({"base64": "a-b_", "filename": "x"}), "params.file.base64", "is not base64"),
        (json!({"base64": "data:application/pdf;base64,aG9s", "filename": "x"}), "params.file.base64", "not base64"),
        (json!({"base64": "aG9sYQ=="}), "params.file.filename", "is required"),
        (json!({"path": full, "content_type": "a/b\r\nX: 1"}), "params.file.content_type", "is not a content type"),
        (json!({"path": full, "content_type": "pdf"}), "params.file.content_type", "is not a content type"),
        (json!({"path": full, "content_type": "é/b"}), "params.file.content_type", "is not a content type"),
    ] {
        let error = form(FIELDS, &json!({"file": file}), LIMIT).unwrap_err();
        assert_eq!(error.code, crate::model::Code::InvalidRequest);
        assert_eq!(error.fields.len(), 1, "{file}");
        assert_eq!(error.fields[0].field, field, "{file}");
        assert!(error.fields[0].message.contains(words), "{file}: {}", error.fields[0].message);
    }
}
