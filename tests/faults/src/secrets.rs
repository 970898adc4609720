//! Planted secrets, searched for in all output of flete: answers, errors, `raw`, logs of every level, state files.

use crate::carriers::{Carrier, order, quote};
use crate::kit::{Lab, canaries, check, evidence, fresh, list, note, scratch};
use serde_json::json;
use std::fs;
use std::path::Path;

/// A carrier that sends credentials back: in the text of a refusal, under odd names, in a page of HTML.
pub fn plant(carrier: &Carrier) {
    let lab = Lab::new(carrier.code);
    let client = lab.client(json!({"state": fresh("state.db"), "settle_ms": 50, "max_attempts": 2}));
    drop(note(client.call("create", order(carrier.code, "R-0", Some("k0")))));
    lab.plant_tokens();
    let account = lab.account();
    let mut secrets: Vec<String> = Vec::new();
    for name in ["key", "password", "client_secret", "token", "subscription_key"] {
        secrets.extend(account[name].as_str().map(str::to_owned));
    }
    for request in list(&lab.requests()["recent"]) {
        for name in ["authorization", "access_token"] {
            let value = request["headers"][name].as_str().unwrap_or_default();
            secrets.extend(value.strip_prefix("Bearer ").map(str::to_owned));
            secrets.extend(Some(value.to_owned()).filter(|value| name == "access_token" && !value.is_empty()));
        }
    }
    let said = secrets.join(" ");
    let body = json!({
        "title": format!("not with {said}"), "error": format!("bad {said}"), "message": said, "detail": {"x": [said]},
        "token": said, "accessToken": said, "errors": [{"code": said, "message": said, "field": said}],
    });
    for (status, after) in [(400, false), (401, false), (500, false), (200, true)] {
        for body in [body.clone(), json!(format!("<html>{said}</html>"))] {
            let spec = json!({"fault": "status", "status": status, "body": body, "after": after, "times": 2});
            lab.calm();
            lab.fault(&spec);
            drop(note(client.call("create", order(carrier.code, "R-1", Some("k1")))));
            lab.calm();
            lab.fault(&spec);
            drop(note(client.call("quote", quote())));
        }
    }
    lab.plant_tokens();
}

/// The search, which is the last part.
pub fn search() {
    let canaries = canaries();
    let mut found = Vec::new();
    let evidence = evidence();
    // In a thousand cases a carrier's reply is a thousand times the same.
    let distinct: std::collections::HashSet<&String> = evidence.iter().collect();
    for line in distinct {
        if let Some(canary) = canaries.iter().find(|canary| line.contains(canary.as_str())) {
            found.push(format!("{canary} in: {}", line.chars().take(300).collect::<String>()));
        }
    }
    let mut files = 0;
    search_files(&scratch(), &canaries.iter().map(String::as_bytes).collect::<Vec<_>>(), &mut files, &mut found);
    println!(
        "secrets: {} canaries searched for in {} answers, errors and log lines and in {files} files: {} found",
        canaries.len(),
        evidence.len(),
        found.len()
    );
    check(found.is_empty() && canaries.len() >= 2, "no secret in anything that was said or kept", || {
        found.iter().take(5).cloned().collect::<Vec<_>>().join("\n    ")
    });
}

fn search_files(dir: &Path, canaries: &[&[u8]], files: &mut usize, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            search_files(&path, canaries, files, found);
            continue;
        }
        let Ok(content) = fs::read(&path) else { continue };
        *files += 1;
        let text = String::from_utf8_lossy(&content);
        for canary in canaries {
            if let Ok(canary) = std::str::from_utf8(canary)
                && text.contains(canary)
            {
                found.push(format!("{canary} in {}", path.display()));
            }
        }
    }
}
