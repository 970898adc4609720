//! A child process with its own environment: it makes the calls that it reads from stdin and prints the answers.

use crate::row::Answer;
use flete::Client;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::time::Duration;

static LINES: Mutex<Vec<Value>> = Mutex::new(Vec::new());

struct Log;

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        let line = json!({"level": record.level().as_str().to_lowercase(), "line": record.args().to_string()});
        crate::host::lock(&LINES).push(line);
    }
    fn flush(&self) {}
}

/// Steps from stdin, answers to stdout: `{"open": CONFIG}`, `{"call": METHOD, "request": …}`, `{"sleep_ms": N}`.
pub fn main() -> ExitCode {
    static LOG: Log = Log;
    if log::set_logger(&LOG).is_ok() {
        log::set_max_level(log::LevelFilter::Debug);
    }
    let mut text = String::new();
    if std::io::stdin().read_to_string(&mut text).is_err() {
        return ExitCode::FAILURE;
    }
    let steps: Value = serde_json::from_str(&text).unwrap_or_default();
    let mut client = None;
    let mut answers = Vec::new();
    for step in steps.as_array().into_iter().flatten() {
        if !step["open"].is_null() {
            let opened = Client::open(&step["open"].to_string());
            answers.push(Answer::of(opened.as_ref().map(|_| Value::Null).map_err(Clone::clone)).0);
            client = opened.ok();
        } else if let Some(pause) = step["sleep_ms"].as_u64() {
            std::thread::sleep(Duration::from_millis(pause));
        } else if let (Some(client), Some(method)) = (&client, step["call"].as_str()) {
            answers.push(Answer::of(client.call(method, step["request"].clone())).0);
        } else {
            answers.push(json!({"ok": false, "error": {"code": "no_client"}}));
        }
    }
    let all = json!({"answers": answers, "log": *crate::host::lock(&LINES)});
    print!("{all}");
    drop(std::io::stdout().flush());
    ExitCode::SUCCESS
}

/// The answers of a child process.
pub struct Told {
    pub answers: Vec<Answer>,
    /// Each line's level and text.
    pub log: Vec<(String, String)>,
}

impl Told {
    pub fn at(&self, index: usize) -> Answer {
        self.answers.get(index).cloned().unwrap_or(Answer(Value::Null))
    }
}

/// Run the steps in a process whose home is `home`, with only the given environment.
pub fn run(home: &Path, env: &[(&str, String)], steps: &Value) -> Told {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.arg("--child").env_clear().env("HOME", home).stdin(Stdio::piped()).stdout(Stdio::piped());
    for (name, value) in env {
        command.env(name, value);
    }
    let mut child = command.spawn().expect("a process");
    let mut input = child.stdin.take().expect("its stdin");
    input.write_all(steps.to_string().as_bytes()).expect("its steps");
    drop(input);
    let output = child.wait_with_output().expect("its answers");
    let all: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let list = |name: &str| all[name].as_array().cloned().unwrap_or_default();
    Told {
        answers: list("answers").into_iter().map(Answer).collect(),
        log: list("log")
            .iter()
            .map(|line| {
                let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
                (text("level"), text("line"))
            })
            .collect(),
    }
}
