//! A row of the table: a condition, a carrier, a method, how it is run, and what is counted.

use crate::carriers::Carrier;
use crate::host::{Asked, Host, tally, unique};
use flete::Client;
use serde_json::{Value, json};
use std::path::PathBuf;

type Play = Box<dyn FnOnce(&mut Trial) + Send>;

pub struct Row {
    pub group: &'static str,
    pub carrier: &'static str,
    pub method: String,
    pub condition: String,
    pub play: Play,
}

impl Row {
    pub fn new(
        group: &'static str,
        carrier: &'static str,
        method: impl Into<String>,
        condition: impl Into<String>,
        play: impl FnOnce(&mut Trial) + Send + 'static,
    ) -> Self {
        let (method, condition) = (method.into(), condition.into());
        Self { group, carrier, method, condition, play: Box::new(play) }
    }

    pub fn name(&self) -> String {
        format!("{} | {} | {} | {}", self.group, self.carrier, self.method, self.condition)
    }
}

/// A directory of this run; removed at its end.
pub fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let home = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let dir = home.join(format!("flete-world-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a scratch directory");
    dir
}

/// A path that is unique to a row.
pub fn fresh(name: &str) -> PathBuf {
    scratch().join(format!("{name}-{}", unique()))
}

/// An envelope.
#[derive(Clone, Debug)]
pub struct Answer(pub Value);

impl Answer {
    pub fn of(reply: Result<Value, flete::Error>) -> Self {
        Self(match reply {
            Ok(data) => json!({"ok": true, "data": data}),
            Err(error) => json!({"ok": false, "error": error.to_value()}),
        })
    }
    pub fn ok(&self) -> bool {
        self.0["ok"] == true
    }
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }
    pub fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }
    pub fn code(&self) -> &str {
        self.text("/error/code")
    }
    /// An absent outcome means `none`.
    pub fn outcome(&self) -> &str {
        self.at("/error/outcome").as_str().unwrap_or("none")
    }
    pub fn fields(&self) -> Vec<&str> {
        let fields = self.at("/error/fields").as_array().map_or(&[][..], Vec::as_slice);
        fields.iter().filter_map(|field| field["field"].as_str()).collect()
    }
    fn short(&self) -> String {
        short(&self.0.to_string(), 700)
    }
}

pub fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(most).collect::<String>())
}

/// Good data, with these values at these paths of the envelope.
pub struct WantOk(pub Vec<(&'static str, Value)>);

/// One row while it runs.
#[derive(Default)]
pub struct Trial {
    pub problems: Vec<String>,
    pub duplicates: usize,
    log: Vec<String>,
}

impl Trial {
    pub fn open(&mut self, config: &Value) -> Option<Client> {
        match Client::open(&config.to_string()) {
            Ok(client) => Some(client),
            Err(error) => {
                self.note(format!("open {config}\n      → {}", error.to_value()));
                self.want(false, "the configuration is good");
                None
            }
        }
    }

    /// What opening a client with this text says.
    pub fn opening(&mut self, config: &str) -> Answer {
        let answer = Answer::of(Client::open(config).map(|_| Value::Null));
        self.note(format!("open {}\n      → {}", short(config, 500), answer.short()));
        answer
    }

    pub fn ask(&mut self, client: &Client, method: &str, request: Value) -> Answer {
        let asked = short(&request.to_string(), 900);
        let answer = Answer::of(client.call(method, request));
        self.note(format!("{method} {asked}\n      → {}", answer.short()));
        answer
    }

    /// The request as JSON text, sent as it is.
    pub fn ask_text(&mut self, client: &Client, method: &str, request: &str) -> Answer {
        let reply = client.invoke(method, request).map(|text| serde_json::from_str(&text).unwrap_or_default());
        let answer = Answer::of(reply);
        self.note(format!("{method} {}\n      → {}", short(request, 900), answer.short()));
        answer
    }

    pub fn note(&mut self, line: String) {
        self.log.push(line);
    }

    pub fn want(&mut self, good: bool, what: impl Into<String>) {
        if !good {
            self.problems.push(what.into());
        }
    }

    pub fn wants(&mut self, answer: &Answer, want: &WantOk) {
        self.want(answer.ok(), "wanted ok");
        if !answer.ok() {
            return;
        }
        for (pointer, value) in &want.0 {
            let came = answer.at(pointer);
            self.want(same(came, value), format!("wanted {value} at {pointer}, came {came}"));
        }
    }

    pub fn wants_error(&mut self, answer: &Answer, codes: &[&str], outcomes: &[&str]) {
        let good = !answer.ok() && codes.contains(&answer.code());
        self.want(
            good,
            format!("wanted an error of {codes:?}, came {}", if answer.ok() { "ok" } else { answer.code() }),
        );
        if !answer.ok() {
            let outcome = answer.outcome();
            self.want(outcomes.contains(&outcome), format!("wanted an outcome of {outcomes:?}, came {outcome}"));
        }
    }

    /// Not more shipments than orders.
    pub fn made(&mut self, host: &Host, wanted: usize) {
        let made = host.made();
        self.duplicates += made.saturating_sub(wanted.max(1));
        self.want(made == wanted, format!("wanted {wanted} shipments at the carrier, there are {made}"));
    }

    pub fn saw(&mut self, host: &Host) {
        self.note(format!("the host saw {:?}", tally(&host.seen())));
    }

    pub fn sent(&mut self, asked: &Asked) {
        let body = String::from_utf8_lossy(&asked.body).into_owned();
        self.note(format!("sent {} {}?{} {}", asked.method, asked.path, asked.query, short(&body, 900)));
    }

    pub fn told(&self) -> String {
        self.log.iter().map(|line| format!("    {line}\n")).collect()
    }
}

/// A number is the same number however it's written; all else is equal.
pub fn same(came: &Value, wanted: &Value) -> bool {
    if let (Value::Number(wanted), Value::String(came)) = (wanted, came) {
        return came.parse::<f64>().ok() == wanted.as_f64();
    }
    if let (Some(came), Some(wanted)) = (came.as_str().and_then(instant), wanted.as_str().and_then(instant)) {
        return came == wanted;
    }
    came == wanted
}

/// An RFC 3339 instant with an offset, in milliseconds.
fn instant(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    (text.get(10..11)? == "T").then_some(())?;
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (shifted, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day - 1 - 719_468;
    let seconds = days * 86_400 + number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    let rest = text.get(19..)?;
    let digits: String = rest.strip_prefix('.').unwrap_or("").chars().take_while(char::is_ascii_digit).collect();
    let zone = rest.trim_start_matches(|letter: char| letter == '.' || letter.is_ascii_digit());
    let offset = match zone.as_bytes() {
        [b'Z'] => 0,
        [sign, ..] if zone.len() == 6 => {
            let minutes = zone.get(1..3)?.parse::<i64>().ok()? * 60 + zone.get(4..6)?.parse::<i64>().ok()?;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let millis: i64 = format!("{digits:0<3}").get(..3)?.parse().ok()?;
    Some((seconds - offset * 60) * 1000 + millis)
}

/// The carriers that a filter leaves.
pub fn each_carrier() -> impl Iterator<Item = Carrier> {
    Carrier::ALL.into_iter()
}
