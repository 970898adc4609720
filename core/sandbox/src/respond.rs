//! Writes a reply, good or faulty. `faults` chooses the fault.

use super::faults::Kind;
use super::http::Response;
use super::wire::{self, Announce};
use jiff::Timestamp;
use std::io::{self, Write};
use std::net::TcpStream;
use std::thread;

/// One reply on its way out.
pub(crate) struct Outgoing<'a> {
    pub(crate) response: Response,
    pub(crate) fault: Option<&'a Kind>,
    pub(crate) keep_alive: bool,
    /// The request was a HEAD: no body follows.
    pub(crate) head_only: bool,
    pub(crate) now: Timestamp,
}

impl Outgoing<'_> {
    /// Whether the connection may be used again.
    pub(crate) fn write(mut self, stream: &TcpStream) -> io::Result<bool> {
        let mut out = stream;
        if let Some(Kind::Interim { status, count }) = self.fault {
            self.response.interim.extend(vec![*status; *count]);
        }
        if let Some(Kind::ResetAfter) = self.fault {
            return Ok(false);
        }
        if let Some(Kind::Garbage(bytes)) = self.fault {
            out.write_all(bytes)?;
            return Ok(false);
        }
        if let Some(Kind::Huge(size)) = self.fault {
            return self.huge(out, *size);
        }
        if let Some(raw) = &self.response.raw {
            let mut bytes = wire::interim(&self.response.interim).into_bytes();
            bytes.extend_from_slice(raw);
            out.write_all(&bytes)?;
            return Ok(false);
        }
        if let Some(Kind::TruncatedJson) = self.fault {
            let half = self.response.body.len() / 2;
            self.response.body.truncate(half);
        }
        let (bytes, keep_alive) = self.render();
        match self.fault {
            Some(Kind::Cut { at }) => {
                out.write_all(&bytes[..bytes.len().min(*at)])?;
                return Ok(false);
            }
            Some(Kind::Stall { at, wait }) => {
                let (first, rest) = bytes.split_at(bytes.len().min(*at));
                out.write_all(first)?;
                thread::sleep(*wait);
                out.write_all(rest)?;
            }
            Some(Kind::Drip { wait, chunk }) => {
                for piece in bytes.chunks(*chunk) {
                    thread::sleep(*wait);
                    out.write_all(piece)?;
                }
            }
            Some(Kind::SlowAfter(wait)) => {
                thread::sleep(*wait);
                out.write_all(&bytes)?;
            }
            _ => out.write_all(&bytes)?,
        }
        Ok(keep_alive)
    }

    /// The whole reply in one piece, for one write.
    fn render(&self) -> (Vec<u8>, bool) {
        let body = &self.response.body;
        let bodiless = matches!(self.response.status, 204 | 304);
        let (announce, keep_alive) = match self.fault {
            _ if bodiless => (Announce::Length(0), self.keep_alive),
            Some(Kind::WrongLength(delta)) => {
                let told = i64::try_from(body.len()).unwrap_or(i64::MAX);
                let told = told.saturating_add(*delta).max(0);
                (Announce::Length(usize::try_from(told).unwrap_or(0)), false)
            }
            Some(Kind::Chunked(_)) => (Announce::Chunked, self.keep_alive),
            Some(Kind::NoLength) => (Announce::Nothing, false),
            _ => (Announce::Length(body.len()), self.keep_alive),
        };
        // A wrong length is wrong only on a connection that stays open.
        let claims = keep_alive || matches!(self.fault, Some(Kind::WrongLength(_)));
        let mut bytes = wire::reply_head(&self.response, &announce, claims, self.now);
        if self.head_only || bodiless {
            return (bytes, keep_alive);
        }
        if let Some(Kind::Chunked(size)) = self.fault {
            for piece in body.chunks(*size) {
                bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                bytes.extend_from_slice(piece);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        } else {
            bytes.extend_from_slice(body);
        }
        (bytes, keep_alive)
    }

    /// A JSON text that is long enough for the client's own limit to stop it.
    fn huge(mut self, mut out: &TcpStream, size: u64) -> io::Result<bool> {
        self.response = Response::bytes(200, "application/json; charset=utf-8", Vec::new());
        let length = usize::try_from(size).unwrap_or(usize::MAX);
        let head = wire::reply_head(&self.response, &Announce::Length(length), false, self.now);
        out.write_all(&head)?;
        let mut block = vec![b'a'; 64 * 1024];
        block[..5].copy_from_slice(b"{\"x\":");
        block[5] = b'"';
        let mut left = length;
        while left > 0 {
            let piece = left.min(block.len());
            out.write_all(&block[..piece])?;
            block[..6].fill(b'a');
            left -= piece;
        }
        Ok(false)
    }
}
