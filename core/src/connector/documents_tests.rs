use super::*;
use bytes::Bytes;

fn reply(content_type: Option<&'static str>, body: &[u8]) -> Reply {
    let mut headers = HeaderMap::new();
    if let Some(said) = content_type {
        headers.insert("content-type", said.parse().unwrap());
    }
    Reply { status: 200, headers, body: Bytes::copy_from_slice(body) }
}

const PDF: &str = "%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";

#[test]
fn a_file_is_what_its_bytes_say() {
    let blanks = format!("\u{feff}\r\n  {PDF}");
    let padded = format!("{PDF}{}", "\r\n \0".repeat(1_000));
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR....IDAT....\0\0\0\0IEND\xaeB`\x82".as_slice();
    let jpeg = b"\xFF\xD8\xFF\xE0\0\x10JFIF\0....\xFF\xDA....\xFF\xD9".as_slice();
    for (said, body, kind) in [
        (Some("application/pdf"), PDF.as_bytes(), "application/pdf"),
        (Some("text/html"), PDF.as_bytes(), "application/pdf"),
        (None, blanks.as_bytes(), "application/pdf"),
        (None, padded.as_bytes(), "application/pdf"),
        (Some("application/pdf"), b"%PDF-1.7 a shop's own test server", "application/pdf"),
        (Some("application/json"), png, "image/png"),
        (None, b"\x89PNG", "image/png"),
        (Some("application/octet-stream"), jpeg, "image/jpeg"),
        (Some("image/png"), jpeg, "image/jpeg"),
        (None, b"GIF89a..", "image/gif"),
        (None, b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (Some("image/heic; x=1"), b"\0\0\0\x18ftypheic", "image/heic"),
    ] {
        let reply = reply(said, body);
        let file = recognized(&reply).unwrap();
        assert_eq!(file.content_type.as_deref(), Some(kind), "{said:?}");
        assert!(!file.content.starts_with(b"\xEF\xBB\xBF") && !file.content.starts_with(b" "), "{said:?}");
    }
}

#[test]
fn what_is_no_file_says_what_it_is() {
    let cut = &PDF.as_bytes()[..PDF.len() - 6];
    let long = format!("%PDF-1.4\n{}", "x".repeat(5000));
    let padded = format!("%PDF-1.4\n{}", "\0".repeat(5000));
    for (said, body, what) in [
        (Some("application/pdf"), b"".as_slice(), "is empty"),
        (Some("application/pdf"), b" \r\n\t", "is empty"),
        (Some("application/pdf"), cut, "was cut off: it is application/pdf without its end"),
        (Some("application/pdf"), long.as_bytes(), "was cut off: it is application/pdf without its end"),
        (Some("application/pdf"), padded.as_bytes(), "was cut off: it is application/pdf without its end"),
        (
            Some("application/pdf"),
            b"\n<!DOCTYPE html><html><head><TITLE lang=es>\n Sesi\xc3\xb3n  vencida</TITLE></head>",
            "is a page, not a file (\"Sesi\u{f3}n vencida\")",
        ),
        (Some("image/jpeg"), b"<html></html>", "is a page, not a file"),
        (Some("application/pdf"), br#"{"error": "x"}"#, "is JSON, not a file"),
        (None, b"[]", "is JSON, not a file"),
        (Some("text/plain"), b"en proceso", "is text/plain, not a file"),
        (Some("application/pdf"), b"en proceso", "is not a PDF, though it says so"),
        (None, b"La guia se esta generando, intente luego", "is a text, not a file"),
        (Some("image/png"), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR....IDAT", "was cut off: it is image/png without its end"),
        (Some("image/jpeg"), b"\xFF\xD8\xFF\xE0....\xFF\xDA....", "was cut off: it is image/jpeg without its end"),
    ] {
        assert_eq!(recognized(&reply(said, body)).unwrap_err(), what, "{said:?} {body:?}");
    }
}
