//! Decodes replies that a server compressed although `identity` was asked for: gzip and deflate, as servers write them.

use flate2::bufread::GzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use reqwest::header::{CONTENT_ENCODING, HeaderMap, TRANSFER_ENCODING};
use std::io::Read;

/// Why a body can't be decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Undecoded {
    /// A coding that flete doesn't know.
    Unknown(String),
    /// It is truncated, or isn't in the coding that its header names.
    Damaged(&'static str),
    /// Bigger than the limit.
    TooBig,
}

/// No server nests more codings than this.
const MOST: usize = 8;

/// The body without its codings; of at most `limit` bytes at every step.
pub(super) fn decode(headers: &HeaderMap, mut body: Vec<u8>, limit: usize) -> Result<Vec<u8>, Undecoded> {
    let names = |name| headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    let codings: Vec<String> = names(CONTENT_ENCODING)
        .chain(names(TRANSFER_ENCODING))
        .flat_map(|value| value.split(','))
        .map(|coding| coding.trim().to_ascii_lowercase())
        .filter(|coding| !matches!(coding.as_str(), "" | "identity" | "chunked"))
        .collect();
    if body.is_empty() || codings.is_empty() && !is_gzip(&body) {
        return Ok(body);
    }
    for coding in codings.iter().rev().take(MOST) {
        body = match coding.as_str() {
            // A proxy may have decoded it and kept the header.
            "gzip" | "x-gzip" if !is_gzip(&body) => body,
            "gzip" | "x-gzip" => gunzip(&body, limit)?,
            "deflate" => undeflate(body, limit)?,
            // Some servers put the charset here.
            _ if is_plain(&body) => body,
            other => return Err(Undecoded::Unknown(other.chars().take(40).collect())),
        };
    }
    // Compressed without a header: no uncompressed reply begins like this.
    for _ in 0..MOST {
        if !is_gzip(&body) {
            break;
        }
        body = gunzip(&body, limit)?;
    }
    Ok(body)
}

fn is_gzip(body: &[u8]) -> bool {
    body.starts_with(&[0x1f, 0x8b, 8])
}

/// Whether a body is what a carrier sends, without any coding: JSON, a page, a PDF, an image.
fn is_plain(body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
    let magic: [&[u8]; 4] = [b"%PDF", b"\x89PNG", b"\xFF\xD8\xFF", b"GIF8"];
    magic.iter().any(|magic| start.starts_with(magic))
        || std::str::from_utf8(body).is_ok() && start.starts_with(b"<")
        || crate::json::read(body, None).is_some()
}

/// gzip, with all its members; what follows them is padding.
fn gunzip(mut body: &[u8], limit: usize) -> Result<Vec<u8>, Undecoded> {
    let mut plain = Vec::new();
    while is_gzip(body) {
        let mut decoder = GzDecoder::new(body);
        let left = (limit - plain.len()) as u64 + 1;
        (&mut decoder).take(left).read_to_end(&mut plain).map_err(|_| Undecoded::Damaged("gzip"))?;
        if plain.len() > limit {
            return Err(Undecoded::TooBig);
        }
        body = decoder.into_inner();
    }
    Ok(plain)
}

/// "deflate" means zlib's format, but some servers send the raw stream.
fn undeflate(body: Vec<u8>, limit: usize) -> Result<Vec<u8>, Undecoded> {
    match inflate(&body, true, limit) {
        Err(Undecoded::Damaged(_)) => {}
        done => return done,
    }
    match inflate(&body, false, limit) {
        Err(Undecoded::Damaged(_)) if is_plain(&body) => Ok(body),
        done => done,
    }
}

/// Reads a stream to its end. A truncated one is an error: it must not be accepted as a whole reply.
fn inflate(body: &[u8], zlib: bool, limit: usize) -> Result<Vec<u8>, Undecoded> {
    let damaged = Undecoded::Damaged("deflate");
    let mut stream = Decompress::new(zlib);
    let mut plain = Vec::new();
    loop {
        plain.reserve(body.len().clamp(1024, 1 << 20));
        let (read, written) = (stream.total_in(), stream.total_out());
        let rest = usize::try_from(read).ok().and_then(|read| body.get(read..)).unwrap_or_default();
        match stream.decompress_vec(rest, &mut plain, FlushDecompress::None) {
            Err(_) => return Err(damaged),
            Ok(_) if plain.len() > limit => return Err(Undecoded::TooBig),
            Ok(Status::StreamEnd) => return Ok(plain),
            Ok(_) if (read, written) == (stream.total_in(), stream.total_out()) => return Err(damaged),
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use std::io::Write;

    fn coded(how: &str, plain: &[u8]) -> Vec<u8> {
        let level = Compression::default();
        match how {
            "gzip" => {
                let mut to = GzEncoder::new(Vec::new(), level);
                to.write_all(plain).unwrap();
                to.finish().unwrap()
            }
            "zlib" => {
                let mut to = ZlibEncoder::new(Vec::new(), level);
                to.write_all(plain).unwrap();
                to.finish().unwrap()
            }
            "raw" => {
                let mut to = DeflateEncoder::new(Vec::new(), level);
                to.write_all(plain).unwrap();
                to.finish().unwrap()
            }
            _ => plain.to_vec(),
        }
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    const PLAIN: &[u8] =
        br#"{"uuid": "ab12", "text": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;

    #[test]
    fn every_coding_is_read_that_a_server_may_use() {
        let (gzip, zlib, raw) = (coded("gzip", PLAIN), coded("zlib", PLAIN), coded("raw", PLAIN));
        for (lines, body) in [
            (&[][..], PLAIN.to_vec()),
            (&[("content-encoding", "identity")], PLAIN.to_vec()),
            (&[("content-encoding", "gzip")], gzip.clone()),
            (&[("content-encoding", "X-GZip")], gzip.clone()),
            (&[("content-encoding", " gzip ,")], gzip.clone()),
            (&[("transfer-encoding", "gzip, chunked")], gzip.clone()),
            (&[("content-encoding", "deflate")], zlib.clone()),
            (&[("content-encoding", "deflate")], raw.clone()),
            (&[("content-encoding", "gzip, deflate")], coded("zlib", &gzip)),
            (&[("content-encoding", "deflate"), ("content-encoding", "gzip")], coded("gzip", &raw)),
            (&[("content-encoding", "gzip"), ("transfer-encoding", "gzip")], coded("gzip", &gzip)),
            // The header is wrong.
            (&[], gzip.clone()),
            (&[("content-encoding", "gzip")], PLAIN.to_vec()),
            (&[("content-encoding", "gzip")], coded("gzip", &gzip)),
            (&[("content-encoding", "deflate")], PLAIN.to_vec()),
            (&[("content-encoding", "utf-8")], PLAIN.to_vec()),
            (&[("content-encoding", "br")], PLAIN.to_vec()),
            // In parts, and padded.
            (&[("content-encoding", "gzip")], [coded("gzip", &PLAIN[..9]), coded("gzip", &PLAIN[9..])].concat()),
            (&[("content-encoding", "gzip")], [gzip.clone(), vec![0; 20]].concat()),
        ] {
            assert_eq!(decode(&headers(lines), body, 4096).as_deref(), Ok(PLAIN), "{lines:?}");
        }
        assert_eq!(decode(&headers(&[("content-encoding", "gzip")]), Vec::new(), 9), Ok(Vec::new()));
        assert_eq!(decode(&headers(&[("content-encoding", "gzip")]), coded("gzip", b"%PDF"), 9).unwrap(), b"%PDF");
    }

    #[test]
    fn what_is_cut_damaged_unknown_or_too_big_is_said_so() {
        for (how, name) in [("gzip", "gzip"), ("zlib", "deflate"), ("raw", "deflate")] {
            let whole = coded(how, PLAIN);
            let said = headers(&[("content-encoding", name)]);
            for end in 4..whole.len() {
                let cut = decode(&said, whole[..end].to_vec(), 4096);
                assert_eq!(cut, Err(Undecoded::Damaged(name)), "{how} {end}");
            }
            let bomb = coded(how, &vec![b'a'; 1 << 20]);
            assert_eq!(decode(&said, bomb, (1 << 20) - 1), Err(Undecoded::TooBig), "{how}");
        }
        for name in ["br", "zstd", "compress"] {
            let body = b"\x0b\x03\x80\xff\xfe".to_vec();
            assert_eq!(decode(&headers(&[("content-encoding", name)]), body, 99), Err(Undecoded::Unknown(name.into())));
        }
    }
}
