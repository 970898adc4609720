//! The smallest files that a viewer accepts: a one-page PDF, a one-pixel PNG. Not a document library.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A one-page PDF of A6, a label's size, with these lines of text.
pub(crate) fn pdf(lines: &[String]) -> Vec<u8> {
    let mut content = b"BT /F1 12 Tf 16 TL 24 390 Td\n".to_vec();
    for line in lines {
        content.push(b'(');
        content.extend(latin(line));
        content.extend_from_slice(b") Tj T*\n");
    }
    content.extend_from_slice(b"ET\n");
    let mut stream = format!("<< /Length {} >>\nstream\n", content.len()).into_bytes();
    stream.extend_from_slice(&content);
    stream.extend_from_slice(b"endstream");
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 298 420] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>";
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        page.into(),
        stream,
        font.into(),
    ];
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    let start = file.len();
    let size = objects.len() + 1;
    table.push_str(&format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"));
    file.extend_from_slice(table.as_bytes());
    file
}

/// A line as a PDF string: Latin-1, as the font is encoded, with the delimiters of strings escaped.
fn latin(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for c in line.chars() {
        match (c, u8::try_from(u32::from(c))) {
            ('(' | ')' | '\\', Ok(byte)) => bytes.extend([b'\\', byte]),
            (_, Ok(byte @ (0x20..=0x7e | 0xa0..=0xff))) => bytes.push(byte),
            _ => bytes.push(b'?'),
        }
    }
    bytes
}

/// One pixel.
pub(crate) fn png() -> Vec<u8> {
    let text = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    STANDARD.decode(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offsets_of_a_pdf_point_at_its_objects() {
        let file = pdf(&["Guía (1)".into(), "日本".into()]);
        let text: String = file.iter().map(|b| char::from(*b)).collect();
        let start = text.split("startxref\n").nth(1).and_then(|t| t.lines().next());
        let start: usize = start.and_then(|t| t.parse().ok()).expect("startxref");
        assert!(text[start..].starts_with("xref\n0 6\n") || file[start..].starts_with(b"xref\n0 6\n"));
        let table = String::from_utf8_lossy(&file[start..]).into_owned();
        for (number, line) in table.lines().skip(3).take(5).enumerate() {
            let offset: usize = line[..10].parse().expect("an offset");
            let wanted = format!("{} 0 obj", number + 1);
            assert!(file[offset..].starts_with(wanted.as_bytes()), "{line}");
        }
        assert!(file.windows(10).any(|w| w == b"Gu\xeda \\(1\\)"));
    }

    #[test]
    fn a_png_begins_and_ends_as_one() {
        let file = png();
        assert!(file.starts_with(b"\x89PNG\r\n\x1a\n") && file.ends_with(b"IEND\xaeB`\x82"));
    }
}
