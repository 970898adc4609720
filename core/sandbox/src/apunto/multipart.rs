//! A body of `multipart/form-data` (RFC 7578), read strictly: what the API's own server would refuse is refused. Not for what the parts
//! mean.

use super::super::http::percent_decode;
use super::refusal::Refusal;

pub(super) struct Part<'a> {
    pub(super) name: String,
    /// Only a file has one.
    pub(super) filename: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) data: &'a [u8],
}

impl Part<'_> {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(self.data).into_owned()
    }
}

/// The parts of a body; `content_type` is the request's whole header.
pub(super) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, Refusal> {
    read(content_type, body).map_err(|why| Refusal::BadRequest(format!("multipart/form-data inválido: {why}")))
}

fn read<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, &'static str> {
    let (kind, parameters) = content_type.split_once(';').ok_or("sin boundary")?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return Err("otro Content-Type");
    }
    let boundary = parameter(parameters, "boundary").ok_or("sin boundary")?;
    if boundary.is_empty() || boundary.len() > 70 {
        return Err("boundary de 1 a 70 caracteres");
    }
    let first = format!("--{boundary}");
    let next = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(first.as_bytes()).ok_or("no empieza con el boundary")?;
    let mut all = Vec::new();
    loop {
        if let Some(end) = rest.strip_prefix(b"--") {
            return if matches!(end, b"" | b"\r\n") { Ok(all) } else { Err("sobra algo al final") };
        }
        rest = rest.strip_prefix(b"\r\n").ok_or("falta el fin de línea del boundary")?;
        let head = find(rest, b"\r\n\r\n").ok_or("una parte sin cuerpo")?;
        let content = &rest[head + 4..];
        let end = find(content, next.as_bytes()).ok_or("falta el boundary final")?;
        all.push(part(&rest[..head], &content[..end])?);
        rest = &content[end + next.len()..];
    }
}

fn part<'a>(head: &[u8], data: &'a [u8]) -> Result<Part<'a>, &'static str> {
    let head = std::str::from_utf8(head).map_err(|_| "cabeceras que no son UTF-8")?;
    let header = |name: &str| {
        let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.find(|(n, _)| n.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let disposition = header("content-disposition").ok_or("una parte sin Content-Disposition")?;
    let (kind, parameters) = disposition.split_once(';').ok_or("una parte sin nombre")?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return Err("una parte que no es form-data");
    }
    let name = parameter(parameters, "name").filter(|name| !name.is_empty()).ok_or("una parte sin nombre")?;
    // RFC 7578 forbids `filename*`, and yet clients send it: it wins, as in Apunto's framework.
    let extended = parameter(parameters, "filename*").and_then(|value| {
        let (charset, text) = value.split_once('\'')?;
        let (_, text) = text.split_once('\'')?;
        charset.eq_ignore_ascii_case("utf-8").then(|| percent_decode(text))
    });
    let filename = extended.or_else(|| parameter(parameters, "filename").map(|name| percent_decode(&name)));
    Ok(Part { name, filename, content_type: header("content-type").map(str::to_owned), data })
}

/// A parameter of a header, in quotes or not. In quotes, a backslash escapes.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text.trim_start_matches([';', ' ', '\t']);
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let mut value = String::new();
        let end = match after.strip_prefix('"') {
            Some(quoted) => {
                let mut chars = quoted.char_indices();
                loop {
                    match chars.next()? {
                        (at, '"') => break at + 2,
                        (_, '\\') => value.push(chars.next()?.1),
                        (_, c) => value.push(c),
                    }
                }
            }
            None => {
                let end = after.find(';').unwrap_or(after.len());
                value.push_str(after[..end].trim());
                end
            }
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after[end..].trim_start_matches([';', ' ', '\t']);
    }
    None
}

/// Where `wanted`, which begins with a CR, is. Files are large: the search for one byte is the fast one.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += bytes[at..].iter().position(|byte| *byte == b'\r')?;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=\"x y\"";

    #[test]
    fn parts_come_with_names_files_and_bytes() {
        let body = b"--x y\r\nContent-Disposition: form-data; name=\"folderable_id\"\r\n\r\n12\r\n--x y\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"a \\\"b%0A\\\".pdf\"; filename*=UTF-8''gu%C3%ADa.pdf\r\n\
            Content-Type: application/pdf\r\n\r\n%PDF\r\n--x\r\n\r\n--x y--\r\n";
        let all = parts(KIND, body).expect("parts");
        assert_eq!((all[0].name.as_str(), all[0].text().as_str(), &all[0].filename), ("folderable_id", "12", &None));
        assert_eq!(all[1].filename.as_deref(), Some("guía.pdf"));
        assert_eq!(all[1].content_type.as_deref(), Some("application/pdf"));
        assert_eq!(all[1].data, b"%PDF\r\n--x\r\n");
        let plain =
            b"--x y\r\nContent-Disposition: form-data; filename=\"a \\\"b%0A\\\".pdf\"; name=file\r\n\r\n\r\n--x y--";
        let all = parts(KIND, plain).expect("a part");
        assert_eq!((all[0].filename.as_deref(), all[0].data), (Some("a \"b\n\".pdf"), &b""[..]));
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        let good = "--x y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x y--\r\n";
        assert!(parts(KIND, good.as_bytes()).is_ok());
        for (from, to) in [
            ("--x y\r\nC", "--x z\r\nC"),
            ("\r\n--x y--", "\r\n--x y"),
            ("\r\n--x y--", "--x y--"),
            ("; name=\"a\"", ""),
            ("name=\"a\"", "name=\"\""),
            ("form-data", "attachment"),
            ("--\r\n", "--\r\nmore"),
            ("\r\n\r\n1", "1"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            assert!(parts(KIND, bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(parts("multipart/form-data", good.as_bytes()).is_err());
        assert!(parts("text/plain; boundary=\"x y\"", good.as_bytes()).is_err());
    }
}
