//! Faults on request: which requests they meet, and what then happens. `respond` writes the faulty replies.

use super::http::{Request, Response, same_operation};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What happens to a request that a fault meets.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// The connection is reset before anything is read.
    Refuse,
    /// The head is read, nothing is processed, the connection is reset.
    ResetBefore,
    /// Processed; the connection is closed without a reply.
    ResetAfter,
    /// Processed; this many bytes of the reply, then the connection is closed.
    Cut {
        at: usize,
    },
    /// Processed; this many bytes, a wait, the rest.
    Stall {
        at: usize,
        wait: Duration,
    },
    /// Processed; the reply comes in small pieces with a wait before each.
    Drip {
        wait: Duration,
        chunk: usize,
    },
    Slow(Duration),
    SlowAfter(Duration),
    /// Bytes that are not HTTP.
    Garbage(Vec<u8>),
    /// This reply instead of the carrier's.
    Replace(Response),
    /// An HTTP error in the carrier's own form, or with this body.
    Status {
        status: u16,
        body: Option<Value>,
        headers: Vec<(String, String)>,
    },
    /// 1xx lines before the real reply.
    Interim {
        status: u16,
        count: usize,
    },
    WrongLength(i64),
    /// A body of this many bytes, streamed.
    Huge(u64),
    /// The simulator lets its tokens expire, then processes the request.
    ExpiredToken,
    TruncatedJson,
    /// The real reply with `Transfer-Encoding: chunked`.
    Chunked(usize),
    /// The real reply without a length: it ends with the connection.
    NoLength,
}

/// A fault that met a request.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    after: bool,
}

impl Hit {
    /// Whether the simulator sees the request at all.
    pub(crate) fn processes(&self) -> bool {
        match self.kind {
            Kind::Refuse | Kind::ResetBefore => false,
            Kind::Garbage(_) | Kind::Replace(_) | Kind::Status { .. } | Kind::Huge(_) => self.after,
            _ => true,
        }
    }

    /// Whether the request must be left unread, so that closing the socket resets the connection.
    pub(crate) fn unread(&self) -> bool {
        matches!(self.kind, Kind::Refuse | Kind::ResetBefore)
    }
}

#[derive(Debug)]
struct Fault {
    spec: Value,
    hit: Hit,
    operation: Option<String>,
    /// `None`: for ever.
    left: Option<u64>,
    skip: u64,
    probability: f64,
    random: u64,
    matched: u64,
    fired: u64,
}

/// The faults of one carrier, in the order they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

/// What a control request for a fault asks for.
pub(crate) enum Asked {
    Armed,
    /// Close the listener for this long.
    CloseListener(Duration),
}

impl Faults {
    /// Reads one fault. An unknown name, parameter or operation is an error: a fault that never fires proves nothing.
    pub(crate) fn add(&mut self, spec: &Value, operations: &[&str]) -> Result<Asked, String> {
        let map = spec.as_object().ok_or("a fault is an object")?;
        let mut spec_of = Spec { map, known: vec!["fault"] };
        let name = map.get("fault").and_then(Value::as_str);
        let name = name.ok_or("\"fault\" names the fault")?;
        if name == "refuse" && map.contains_key("ms") {
            let wait = spec_of.millis("ms", 0)?;
            spec_of.finish()?;
            return Ok(Asked::CloseListener(wait));
        }
        let operation = spec_of.text("operation")?;
        if let Some(operation) = &operation
            && !operations.iter().any(|o| same_operation(o, operation))
        {
            return Err(format!("no operation {operation:?}; there are: {}", operations.join(", ")));
        }
        let times = spec_of.whole("times", 1)?;
        let skip = spec_of.whole("skip", 0)?;
        let probability = spec_of.number("probability", 1.0)?;
        let random = spec_of.whole("seed", 1)?;
        let (kind, after) = kind(name, &mut spec_of, random)?;
        spec_of.finish()?;
        self.0.push(Fault {
            spec: spec.clone(),
            hit: Hit { name: name.to_owned(), kind, after },
            operation,
            left: (times > 0).then_some(times),
            skip,
            probability,
            random,
            matched: 0,
            fired: 0,
        });
        Ok(Asked::Armed)
    }

    /// Appends the faults of another list.
    pub(crate) fn append(&mut self, mut other: Faults) {
        self.0.append(&mut other.0);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether some fault may need its request left unread.
    pub(crate) fn want_unread(&self) -> bool {
        self.0.iter().any(|f| f.left != Some(0) && f.hit.unread())
    }

    /// The fault that meets this request: the first that is due. Every fault that matches counts it, so that `skip` means
    /// requests of that operation, whatever other faults did to them.
    pub(crate) fn meet(&mut self, request: &Request) -> Option<Hit> {
        let mut hit = None;
        for fault in &mut self.0 {
            let matches = fault
                .operation
                .as_ref()
                .is_none_or(|wanted| request.operation.is_some_and(|o| same_operation(o, wanted)));
            if !matches {
                continue;
            }
            fault.matched += 1;
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if hit.is_none() && fault.left != Some(0) && fault.draw() {
                fault.fired += 1;
                fault.left = fault.left.map(|left| left - 1);
                hit = Some(fault.hit.clone());
            }
        }
        hit
    }

    pub(crate) fn report(&self) -> Value {
        let one = |f: &Fault| json!({"fault": f.spec, "matched": f.matched, "fired": f.fired, "left": f.left});
        self.0.iter().map(one).collect()
    }
}

impl Fault {
    fn draw(&mut self) -> bool {
        let share = (next(&mut self.random) >> 11) as f64 / (1_u64 << 53) as f64;
        share < self.probability
    }
}

/// SplitMix64: small, and the same sequence for the same seed everywhere.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn kind(name: &str, spec: &mut Spec, seed: u64) -> Result<(Kind, bool), String> {
    let kind = match name {
        "refuse" => Kind::Refuse,
        "reset_before" => Kind::ResetBefore,
        "reset_after" => Kind::ResetAfter,
        "cut" => Kind::Cut { at: spec.size("at", 0)? },
        "stall" => Kind::Stall { at: spec.size("at", 0)?, wait: spec.millis("ms", 1000)? },
        "drip" => Kind::Drip { wait: spec.millis("ms", 1)?, chunk: spec.size("chunk", 1)?.max(1) },
        "slow" => Kind::Slow(spec.millis("ms", 1000)?),
        "slow_after" => Kind::SlowAfter(spec.millis("ms", 1000)?),
        "garbage" => {
            let mut state = seed;
            let bytes = (0..64).flat_map(|_| next(&mut state).to_le_bytes());
            // For every seed, a first byte that no status line starts with.
            let bytes = std::iter::once(0).chain(bytes).collect();
            return Ok((Kind::Garbage(bytes), spec.after()?));
        }
        "html" => {
            let status = spec.status("status", 200)?;
            let page = "<!DOCTYPE html><html><head><title>Sandbox</title></head><body><h1>It works!</h1></body></html>";
            let reply = Response::bytes(status, "text/html; charset=utf-8", page.into());
            return Ok((Kind::Replace(reply), spec.after()?));
        }
        "redirect" => {
            let status = spec.status("status", 302)?;
            let location = spec.text("location")?;
            let location = location.ok_or("redirect needs a \"location\"")?;
            let reply = Response::new(status).with("Location", location);
            return Ok((Kind::Replace(reply), spec.after()?));
        }
        "status" => {
            let status = spec.status("status", 500)?;
            if let Some(text) = spec.text("text")? {
                let reply = Response::bytes(status, "application/json", text.into());
                return Ok((Kind::Replace(reply), spec.after()?));
            }
            let body = spec.any("body").cloned();
            let headers = spec.headers("headers")?;
            let kind = Kind::Status { status, body, headers };
            return Ok((kind, spec.after()?));
        }
        "interim" => Kind::Interim { status: spec.status("status", 102)?, count: spec.size("count", 1)? },
        "wrong_length" => Kind::WrongLength(spec.signed("delta", 1)?),
        "huge" => return Ok((Kind::Huge(spec.whole("bytes", 100_000_000)?), spec.after()?)),
        "expired_token" => Kind::ExpiredToken,
        "truncated_json" => Kind::TruncatedJson,
        "chunked" => Kind::Chunked(spec.size("size", 7)?.max(1)),
        "no_length" => Kind::NoLength,
        _ => return Err(format!("no fault {name:?}")),
    };
    Ok((kind, false))
}

/// Reads the members of a fault and remembers the names that it was asked for.
struct Spec<'a> {
    map: &'a Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> Spec<'a> {
    fn any(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.map.get(name)
    }

    fn read<T>(
        &mut self,
        name: &'static str,
        default: T,
        what: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, String> {
        match self.any(name) {
            None => Ok(default),
            Some(value) => read(value).ok_or_else(|| format!("{name} is {what}, not {value}")),
        }
    }

    fn text(&mut self, name: &'static str) -> Result<Option<String>, String> {
        self.read(name, None, "a text", |v| v.as_str().map(|s| Some(s.to_owned())))
    }

    fn whole(&mut self, name: &'static str, default: u64) -> Result<u64, String> {
        self.read(name, default, "a whole number", Value::as_u64)
    }

    fn signed(&mut self, name: &'static str, default: i64) -> Result<i64, String> {
        self.read(name, default, "a whole number", Value::as_i64)
    }

    fn number(&mut self, name: &'static str, default: f64) -> Result<f64, String> {
        self.read(name, default, "a number", Value::as_f64)
    }

    fn size(&mut self, name: &'static str, default: usize) -> Result<usize, String> {
        let read = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok());
        self.read(name, default, "a whole number", read)
    }

    fn millis(&mut self, name: &'static str, default: u64) -> Result<Duration, String> {
        self.whole(name, default).map(Duration::from_millis)
    }

    fn status(&mut self, name: &'static str, default: u16) -> Result<u16, String> {
        let read = |v: &Value| v.as_u64().and_then(|n| u16::try_from(n).ok());
        let status = self.read(name, default, "an HTTP status", read)?;
        if (100..=599).contains(&status) { Ok(status) } else { Err(format!("{name} is an HTTP status, not {status}")) }
    }

    fn after(&mut self) -> Result<bool, String> {
        self.read("after", false, "true or false", Value::as_bool)
    }

    fn headers(&mut self, name: &'static str) -> Result<Vec<(String, String)>, String> {
        let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
        self.read(name, Vec::new(), "an object", |v| {
            let map = v.as_object()?;
            Some(map.iter().map(|(n, v)| (n.clone(), text(v))).collect())
        })
    }

    fn finish(&self) -> Result<(), String> {
        match self.map.keys().find(|k| !self.known.contains(&k.as_str())) {
            Some(name) => Err(format!("this fault has no {name:?}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(operation: &'static str) -> Request {
        Request { operation: Some(operation), ..Request::default() }
    }

    #[test]
    fn a_fault_skips_fires_and_is_spent() {
        let mut faults = Faults::default();
        let spec = json!({"fault": "cut", "operation": "GET /a/<X>", "skip": 1, "times": 2, "at": 5});
        assert!(faults.add(&spec, &["GET /a/{id}", "GET /b"]).is_ok());
        let fired: Vec<bool> = (0..4).map(|_| faults.meet(&on("GET /a/{id}")).is_some()).collect();
        assert_eq!(fired, [false, true, true, false]);
        assert!(faults.meet(&on("GET /b")).is_none());
        assert_eq!(faults.report()[0]["matched"], 4);
    }

    #[test]
    fn a_typo_is_an_error() {
        let mut faults = Faults::default();
        let wrong = [
            json!({"fault": "explode"}),
            json!({"fault": "cut", "att": 5}),
            json!({"fault": "cut", "at": "5"}),
            json!({"fault": "cut", "operation": "GET /c"}),
            json!({"fault": "redirect"}),
            json!({"fault": "status", "status": 99}),
        ];
        for spec in wrong {
            assert!(faults.add(&spec, &["GET /a"]).is_err(), "{spec}");
        }
    }

    #[test]
    fn chance_repeats_with_its_seed() {
        let draws = |seed: u64| -> Vec<bool> {
            let mut faults = Faults::default();
            let spec = json!({"fault": "reset_after", "times": 0, "probability": 0.5, "seed": seed});
            assert!(faults.add(&spec, &[]).is_ok());
            (0..64).map(|_| faults.meet(&Request::default()).is_some()).collect()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
        assert!(draws(7).contains(&true) && draws(7).contains(&false));
    }
}
