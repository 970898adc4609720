//! Who may come in at Fruno: the time, then the signature, then that the time was never used before. Not the limits: those come first, in `mod`.

use super::super::Request;
use super::super::Response;
use super::{ACCOUNT, KEY, problem};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use std::collections::{HashSet, VecDeque};

/// The API reference says "desviado de la hora actual" and no number.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(60);
/// A time older than twice the tolerance is refused for its age already.
const MEMORY: SignedDuration = SignedDuration::from_secs(600);
const SECTION: &str = "encabezado-requerido-con-la-hora";

#[derive(Debug, Default)]
pub(crate) struct Auth {
    used: HashSet<String>,
    order: VecDeque<(Timestamp, String)>,
    refuse_next: bool,
    /// The accounts that were let in beside the fixed one, each with its key.
    admitted: Vec<(String, String)>,
}

impl Auth {
    /// The next request finds its key invalid, however it is signed.
    pub(crate) fn refuse_next(&mut self) {
        self.refuse_next = true;
    }

    pub(crate) fn admit(&mut self, account: &str, key: &str) {
        self.admitted.push((account.to_owned(), key.to_owned()));
    }

    /// The keys that this account may sign with.
    fn keys<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a str> {
        let admitted = self.admitted.iter().map(|(account, key)| (account.as_str(), key.as_str()));
        admitted.chain([(ACCOUNT, KEY)]).filter(move |(known, _)| *known == account).map(|(_, key)| key)
    }

    pub(crate) fn check(&mut self, request: &Request, now: Timestamp) -> Result<(), Response> {
        let Some(text) = request.header("x-fr-hora") else {
            return Err(problem::new(400, SECTION, "X-Fr-Hora requerido"));
        };
        let Some(at) = rfc3339(text) else {
            return Err(problem::new(400, SECTION, "X-Fr-Hora inválido"));
        };
        if now.duration_since(at).abs() > TOLERANCE {
            return Err(problem::new(400, SECTION, "X-Fr-Hora caducó"));
        }
        let refused = std::mem::take(&mut self.refuse_next);
        if refused || !self.signed(request, text) {
            let response = problem::new(401, "autenticacion", "No autorizado");
            return Err(response.with("WWW-Authenticate", "Basic realm=\"fruno\""));
        }
        self.forget(now);
        if !self.used.insert(text.to_owned()) {
            return Err(problem::new(400, SECTION, "X-Fr-Hora repetido"));
        }
        self.order.push_back((now, text.to_owned()));
        Ok(())
    }

    fn signed(&self, request: &Request, time: &str) -> bool {
        let credentials = request
            .header("authorization")
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok());
        // A password of Base64 has no colon; an account's name might.
        let Some((account, password)) = credentials.as_ref().and_then(|c| c.rsplit_once(':')) else {
            return false;
        };
        let Ok(password) = STANDARD.decode(password) else {
            return false;
        };
        // The samples sign the path as they send it; their paths are ASCII, so that encoded and decoded are one there.
        let paths = [&request.raw_path, &request.path];
        let fits = |key: &str, path: &str| {
            let mac = signature(key, &request.method, path, time, &request.body);
            mac.is_some_and(|mac| mac.verify_slice(&password).is_ok())
        };
        self.keys(account).any(|key| paths.into_iter().any(|path| fits(key, path)))
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some((at, _)) = self.order.front()
            && now.duration_since(*at) > MEMORY
        {
            if let Some((_, text)) = self.order.pop_front() {
                self.used.remove(&text);
            }
        }
    }
}

/// An RFC 3339 date-time and nothing looser: the parser alone would take ISO 8601's other forms.
fn rfc3339(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_once(['T', 't'])?;
    let zone = rest.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = rest.split_at(zone);
    let (seconds, fraction) = time.split_once('.').map_or((time, None), |(s, f)| (s, Some(f)));
    let like = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(c, s)| match s {
                b'0' => c.is_ascii_digit(),
                _ => c == s,
            })
    };
    let fraction_fits = fraction.is_none_or(|f| !f.is_empty() && f.bytes().all(|c| c.is_ascii_digit()));
    let zone_fits = zone.eq_ignore_ascii_case("z") || like(zone, "+00:00") || like(zone, "-00:00");
    let fits = like(date, "0000-00-00") && like(seconds, "00:00:00") && fraction_fits && zone_fits;
    if fits { text.parse().ok() } else { None }
}

fn signature(key: &str, method: &str, path: &str, time: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    for part in [method.as_bytes(), path.as_bytes(), time.as_bytes(), body] {
        mac.update(part);
    }
    Some(mac)
}

/// The password for a request, as the API reference's samples make it.
#[cfg(test)]
pub(crate) fn password(method: &str, path: &str, time: &str, body: &[u8]) -> String {
    let mac = signature(KEY, method, path, time, body).expect("any key fits");
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rfc_3339_is_a_time() {
        for good in ["2021-03-16T14:22:20-06:00", "2021-01-14T09:06:03.601722-06:00", "2021-01-14T09:06:03.123456789Z"]
        {
            assert!(rfc3339(good).is_some(), "{good}");
        }
        for bad in [
            "2021-03-16 14:22:20-06:00",
            "2021-03-16T14:22:20",
            "2021-03-16T14:22-06:00",
            "2021-03-16T14:22:20-0600",
            "2021-03-16T14:22:20.Z",
            "2021-13-16T14:22:20Z",
            "20210316T142220Z",
            "1615926140",
        ] {
            assert!(rfc3339(bad).is_none(), "{bad}");
        }
    }
}
