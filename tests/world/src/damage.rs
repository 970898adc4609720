//! What happens to replies in the real world: to their text, their head, their coding.

use crate::carriers::TEXT;
use crate::host::Reply;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use std::io::Write;
use std::sync::OnceLock;

fn replaced(body: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < body.len() {
        if body[at..].starts_with(from) {
            out.extend_from_slice(to);
            at += from.len();
        } else {
            out.push(body[at]);
            at += 1;
        }
    }
    out
}

/// The bytes of JSON that replace the unneeded text.
fn text(with: &'static [u8]) -> impl Fn(Reply) -> Reply + Send + Sync + Clone + 'static {
    move |mut reply: Reply| {
        reply.body = replaced(&reply.body, format!("\"{TEXT}\"").as_bytes(), with);
        reply
    }
}

fn body(change: fn(&[u8]) -> Vec<u8>) -> impl Fn(Reply) -> Reply + Send + Sync + Clone + 'static {
    move |mut reply: Reply| {
        reply.body = change(&reply.body);
        reply
    }
}

fn latin1(body: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(body).chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
}

/// Adds a comma at the end of the last list or object with several members.
fn last_comma(body: &[u8]) -> Vec<u8> {
    let mut out = body.to_vec();
    if let Some(at) = out.iter().rposition(|byte| matches!(byte, b'}' | b']')) {
        out.insert(at, b',');
    }
    out
}

pub type Damage = Box<dyn Fn(Reply) -> Reply + Send + Sync>;

/// A condition by its name; each row makes its own damage.
pub struct Condition {
    pub name: &'static str,
    pub make: fn() -> Damage,
}

const fn on(name: &'static str, make: fn() -> Damage) -> Condition {
    Condition { name, make }
}

/// One odd byte in an unneeded text.
pub const JSON: &[Condition] = &[
    on("half a surrogate pair, high", || Box::new(text(br#""\ud83d""#))),
    on("half a surrogate pair, low", || Box::new(text(br#""\ude00 caja""#))),
    on("a surrogate pair the wrong way round", || Box::new(text(br#""\ude00\ud83d""#))),
    on("a high surrogate before another escape", || Box::new(text(br#""\ud83d\n\u00f1""#))),
    on("a raw tab", || Box::new(text(b"\"uno\tdos\""))),
    on("a raw newline", || Box::new(text(b"\"uno\r\ndos\""))),
    on("a raw NUL and an escape character", || Box::new(text(b"\"uno\x00\x1bdos\""))),
    on("a Latin-1 byte without a charset", || Box::new(text(b"\"Per\xedodo\""))),
    on("a Latin-1 byte where the charset says UTF-8", || {
        Box::new(|reply: Reply| {
            let mut reply = text(b"\"a\xf1o\"")(reply);
            reply.content_type = "application/json; charset=utf-8".to_owned();
            reply
        })
    }),
    on("a cut UTF-8 letter", || Box::new(text(b"\"Bogot\xc3\""))),
    on("Latin-1 with its charset", || {
        Box::new(|reply: Reply| {
            let mut reply = text("\"Período, año\"".as_bytes())(reply);
            reply.body = latin1(&reply.body);
            reply.content_type = "application/json; charset=ISO-8859-1".to_owned();
            reply
        })
    }),
    on("NaN", || Box::new(text(b"NaN"))),
    on("Infinity", || Box::new(text(b"Infinity"))),
    on("-Infinity", || Box::new(text(b"-Infinity"))),
    on("a doubled comma", || Box::new(text(br#""uno",,"dos":2"#))),
    on("a doubled comma in a list", || Box::new(text(br#"[1,,2,]"#))),
    on("an escape that JSON doesn't have", || Box::new(text(br#""D\'Angelo \x41""#))),
    on("a BOM and half a surrogate pair", || {
        Box::new(|reply: Reply| {
            let mut reply = text(br#""\ud83d""#)(reply);
            reply.body.splice(0..0, *b"\xef\xbb\xbf");
            reply
        })
    }),
    on("a BOM", || Box::new(body(|body| [b"\xef\xbb\xbf", body].concat()))),
    on("a comma at the end", || Box::new(body(last_comma))),
];

fn lines(lines: &'static [&'static [u8]]) -> impl Fn(Reply) -> Reply + Send + Sync + 'static {
    move |reply: Reply| lines.iter().fold(reply, |reply, line| reply.line(*line))
}

pub fn gzip(body: &[u8]) -> Vec<u8> {
    let mut coder = GzEncoder::new(Vec::new(), Compression::best());
    coder.write_all(body).expect("memory");
    coder.finish().expect("memory")
}

/// Malformed heads, and codings that were not asked for.
pub const HEADS: &[Condition] = &[
    on("a blank before the colon", || Box::new(lines(&[b"Server : Apache"]))),
    on("a tab before the colon", || Box::new(lines(&[b"X-Generator\t: Drupal"]))),
    on("a blank in the name", || Box::new(lines(&[b"X Powered By: PHP/5.6"]))),
    on("a folded line", || Box::new(lines(&[b"X-Policy: one;\r\n two;\r\n\tthree"]))),
    on("a line without a colon", || Box::new(lines(&[b"no colon at all"]))),
    on("a PHP warning among the lines", || {
        Box::new(lines(&[
            b"<br />",
            b"<b>Warning</b>:  Undefined index: peso in <b>/var/www/html/api/v1/paquete.php</b> on line <b>318</b><br />",
        ]))
    }),
    on("a name that isn't ASCII", || Box::new(lines(&[b"X-Art\xedculo: uno"]))),
    on("an empty name", || Box::new(lines(&[b": nothing"]))),
    on("120 lines", || {
        Box::new(|reply: Reply| (0..120).fold(reply, |reply, number| reply.line(format!("X-Trace-{number}: {number}"))))
    }),
];

pub const CODINGS: &[Condition] = &[
    on("gzip", || {
        Box::new(|mut reply: Reply| {
            reply.body = gzip(&reply.body);
            reply.line("Content-Encoding: gzip")
        })
    }),
    on("x-gzip", || {
        Box::new(|mut reply: Reply| {
            reply.body = gzip(&reply.body);
            reply.line("content-encoding: X-GZIP")
        })
    }),
    on("deflate (zlib)", || {
        Box::new(|mut reply: Reply| {
            let mut coder = ZlibEncoder::new(Vec::new(), Compression::default());
            coder.write_all(&reply.body).expect("memory");
            reply.body = coder.finish().expect("memory");
            reply.line("Content-Encoding: deflate")
        })
    }),
    on("deflate (raw)", || {
        Box::new(|mut reply: Reply| {
            let mut coder = DeflateEncoder::new(Vec::new(), Compression::default());
            coder.write_all(&reply.body).expect("memory");
            reply.body = coder.finish().expect("memory");
            reply.line("Content-Encoding: deflate")
        })
    }),
];

/// 64 MiB in 64 KiB.
pub fn bomb(mut reply: Reply) -> Reply {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    let made = MADE.get_or_init(|| gzip(&vec![b' '; 64 << 20]));
    reply.body.clone_from(made);
    reply.line("Content-Encoding: gzip")
}
