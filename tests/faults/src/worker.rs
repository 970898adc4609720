//! This program as a child process: one call, or a part of the soak.

use crate::kit::say;
use flete::{Client, envelope};
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// Another process of this program.
pub fn again(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program's own path"));
    command.args(args).stdout(Stdio::piped());
    command
}

/// One call, in a process of its own.
pub fn invoke(config: &Value, method: &str, request: &Value) -> Child {
    again(&["invoke", &config.to_string(), method, &request.to_string()]).spawn().expect("the process starts")
}

/// A process's answer: an envelope.
pub fn answer(child: Child) -> Value {
    let output = child.wait_with_output().expect("the process ends");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| json!({"ok": false, "error": {"code": "none", "message": format!("{:?}", output.status)}}))
}

pub fn main(args: &[String]) {
    let text = |index: usize| args.get(index).map_or("", String::as_str);
    match text(0) {
        "invoke" => {
            let reply = Client::open(text(1))
                .and_then(|client| client.invoke(text(2), text(3)))
                .map(|data| serde_json::from_str(&data).unwrap_or_default());
            println!("{}", envelope(reply));
        }
        "soak" => soak(text(1), Path::new(text(2)), &args[3..]),
        other => panic!("no worker {other}"),
    }
}

/// The keys `index`, `index + of`, …, each until it's done. Finished keys are written down, so that the next process
/// goes on from there; the key in progress is started again, as a shop's queue would do.
fn soak(config: &str, home: &Path, args: &[String]) {
    let number = |at: usize| args.get(at).and_then(|text| text.parse::<u64>().ok()).expect("a number");
    let (index, of, count) = (number(0), number(1), number(2));
    let carrier = args.get(3).expect("a carrier");
    let client = Client::open(config).expect("the configuration is good");
    let path = home.join(format!("done-{index}"));
    let done = fs::read_to_string(&path).unwrap_or_default().lines().count() as u64;
    let append = |name: String, line: &str| {
        let mut file = OpenOptions::new().create(true).append(true).open(home.join(name)).expect("a file of the run");
        file.write_all(format!("{line}\n").as_bytes()).expect("a line of the run");
    };
    let mut key = index + done * of;
    while key < count {
        let order = crate::carriers::order(carrier, &format!("R-{key}"), Some(&format!("order-{key}")));
        loop {
            match client.call("create", order.clone()) {
                Ok(shipment) => {
                    append(format!("done-{index}"), &format!("{key} {}", shipment["id"].as_str().unwrap_or("?")));
                    break;
                }
                Err(error) => {
                    append(format!("errors-{index}"), &error.to_value().to_string());
                    let wait = error.retry_after_ms.unwrap_or(2).min(200);
                    if !error.retryable && error.outcome != flete::Outcome::None {
                        append(format!("stuck-{index}"), &say(&Err(Box::new(error))));
                        break;
                    }
                    thread::sleep(Duration::from_millis(wait));
                }
            }
        }
        key += of;
    }
}
