//! Configuration as people write it.

use crate::carriers::Carrier;
use crate::child::run;
use crate::host::Host;
use crate::row::{Row, Trial, each_carrier, fresh};
use serde_json::{Value, json};

pub fn rows(rows: &mut Vec<Row>) {
    for carrier in each_carrier() {
        urls(rows, carrier);
        marks(rows, carrier);
        choices(rows, carrier);
        required(rows, carrier);
        sandbox(rows, carrier);
        certificates(rows, carrier);
        states(rows, carrier);
        not_objects(rows, carrier);
    }
    places(rows);
    quoted(rows);
}

/// A call that reads something from the carrier.
fn ask(trial: &mut Trial, host: &Host, config: &Value) {
    let Some(client) = trial.open(config) else { return };
    let request = json!({"account": host.carrier.code(), "id": host.carrier.seeded()});
    let answer = trial.ask(&client, "track", request);
    trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
}

fn urls(rows: &mut Vec<Row>, carrier: Carrier) {
    for (name, before, after) in [
        ("blanks", "  ", " "),
        ("a newline at its end", "", "\n"),
        ("a carriage return and a newline", "", "\r\n"),
        ("a tab before it", "\t", ""),
        ("a slash at its end and a newline", "", "/\n"),
        ("a no-break space", "\u{a0}", ""),
    ] {
        rows.push(Row::new("config", carrier.code(), "open", format!("a base_url with {name}"), move |trial| {
            let host = Host::new(carrier);
            let mut config = host.config(&json!({}));
            config["accounts"][0]["base_url"] = json!(format!("{before}{}{after}", host.url()));
            ask(trial, &host, &config);
        }));
    }
    for url in [
        "   ",
        "\n",
        "no es url",
        "http://",
        "https:///sin/host",
        "ftp://127.0.0.1",
        "http://127.0.0.1/api?llave=1",
        "http://127.0.0.1/#x",
        "http://127.0.0.1:puerto",
        "127.0.0.1:8080",
        "http://127.0.0.1:99999",
        "file:///etc/passwd",
    ] {
        rows.push(Row::new("config", carrier.code(), "open", format!("a base_url of {url:?}"), move |trial| {
            let host = Host::new(carrier);
            let mut config = host.config(&json!({}));
            config["accounts"][0]["base_url"] = json!(url);
            let answer = trial.opening(&config.to_string());
            trial.wants_error(&answer, &["invalid_config"], &["none"]);
            trial.want(
                answer.fields() == ["accounts[0].base_url"],
                format!("the field is named: {:?}", answer.fields()),
            );
            // A query may hold a key.
            let shown = url.trim().split(['?', '#']).next().unwrap_or_default();
            let quoted = answer.0.to_string().contains(shown);
            trial.want(quoted, "the value is quoted");
        }));
    }
}

/// Byte-order marks: of a configuration, of a request, of a secret's file.
fn marks(rows: &mut Vec<Row>, carrier: Carrier) {
    rows.push(Row::new("config", carrier.code(), "open", "a BOM before the configuration", move |trial| {
        let host = Host::new(carrier);
        let answer = trial.opening(&format!("\u{feff}{}", host.config(&json!({}))));
        trial.want(answer.ok(), "wanted ok");
    }));
    for method in ["track", "create"] {
        rows.push(Row::new("config", carrier.code(), method, "a BOM before the request", move |trial| {
            let host = Host::new(carrier);
            let Some(client) = trial.open(&host.config(&json!({}))) else { return };
            let request = match method {
                "track" => json!({"account": carrier.code(), "id": carrier.seeded()}),
                _ => carrier.order(),
            };
            let answer = trial.ask_text(&client, method, &format!("\u{feff}{request}"));
            trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
        }));
    }
    let secret = match carrier {
        Carrier::Fruno => "account",
        Carrier::MensajerosUrbanos => "client_secret",
        Carrier::MensajerosUrbanosV2 => "token",
        _ => "password",
    };
    for (name, before, after) in [
        ("a BOM", "\u{feff}", ""),
        ("a BOM and a newline", "\u{feff}", "\n"),
        ("a BOM and CRLF", "\u{feff}", "\r\n"),
        ("CRLF", "", "\r\n"),
    ] {
        rows.push(Row::new(
            "config",
            carrier.code(),
            "open",
            format!("{secret} in a file with {name}"),
            move |trial| {
                let host = Host::new(carrier);
                let mut config = host.config(&json!({}));
                let value = config["accounts"][0][secret].as_str().unwrap_or_default().to_owned();
                let file = fresh("secreto");
                std::fs::write(&file, format!("{before}{value}{after}")).expect("a file");
                config["accounts"][0][secret] = json!({"file": file});
                ask(trial, &host, &config);
                // The request has the secret, without the mark.
                let exact = host.seen().iter().any(|asked| {
                    let body = String::from_utf8_lossy(&asked.body).into_owned();
                    let basic = asked.header("authorization").strip_prefix("Basic ").map(decoded).unwrap_or_default();
                    asked.header("client_secret") == value
                        || body.contains(&format!("\"{value}\""))
                        || basic.starts_with(&format!("{value}:"))
                });
                trial.want(exact, "the secret was sent as it is");
            },
        ));
    }
}

/// Decodes base64, as far as these rows need it.
fn decoded(text: &str) -> String {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut many, mut out) = (0_u32, 0, Vec::new());
    for letter in text.chars() {
        let Some(value) = LETTERS.find(letter) else { continue };
        bits = (bits << 6) | u32::try_from(value).unwrap_or_default();
        many += 6;
        if many >= 8 {
            many -= 8;
            out.push(u8::try_from((bits >> many) & 0xff).unwrap_or_default());
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn choices(rows: &mut Vec<Row>, carrier: Carrier) {
    for (field, value, meant) in [
        ("environment", "prod", "production"),
        ("environment", "Production", "production"),
        ("environment", "sandox", "sandbox"),
        ("environment", "productoin", "production"),
        ("environment", "TEST", "test"),
    ] {
        rows.push(Row::new("config", carrier.code(), "open", format!("{field}: {value:?}"), move |trial| {
            let host = Host::new(carrier);
            let mut config = host.config(&json!({}));
            config["accounts"][0][field] = json!(value);
            wrong_choice(trial, &config, "accounts[0].environment", value, meant);
        }));
    }
    let code = carrier.carrier();
    let cut = code[..code.len() - 1].to_owned();
    for given in [code.to_uppercase(), cut, code.replace('_', " "), code.replace('_', "-")] {
        if given == code {
            continue;
        }
        rows.push(Row::new("config", code, "open", format!("carrier: {given:?}"), move |trial| {
            let host = Host::new(carrier);
            let mut config = host.config(&json!({}));
            config["accounts"][0]["carrier"] = json!(given);
            wrong_choice(trial, &config, "accounts[0].carrier", &given, code);
        }));
    }
    for (status, meant) in [("deliverd", "delivered"), ("in transit", "in_transit"), ("Cancelled", "cancelled")] {
        rows.push(Row::new("config", code, "open", format!("status_map to {status:?}"), move |trial| {
            let host = Host::new(carrier);
            let mut config = host.config(&json!({}));
            config["accounts"][0]["status_map"] = json!({"9": status});
            wrong_choice(trial, &config, "accounts[0].status_map", status, meant);
        }));
    }
}

fn wrong_choice(trial: &mut Trial, config: &Value, field: &str, given: &str, meant: &str) {
    let answer = trial.opening(&config.to_string());
    trial.wants_error(&answer, &["invalid_config"], &["none"]);
    let fields = answer.fields();
    trial.want(fields.iter().any(|one| one.starts_with(field)), format!("{field} is named: {fields:?}"));
    let said = answer.at("/error/fields").to_string() + answer.text("/error/message");
    trial.want(said.contains("did you mean") && said.contains(meant), format!("did you mean {meant}"));
    trial.want(said.contains(given), format!("{given} is quoted"));
}

/// Missing credentials: the error must name each.
fn required(rows: &mut Vec<Row>, carrier: Carrier) {
    let names: &[&str] = match carrier {
        Carrier::Fruno => &["account", "key"],
        Carrier::MensajerosUrbanos => &["client_id", "client_secret", "user_id"],
        Carrier::MensajerosUrbanosV2 => &["token"],
        Carrier::Apunto => &["password"],
        Carrier::Almex => &["user_name", "password", "account_number", "subscription_key"],
    };
    for name in names.iter().copied() {
        for empty in [false, true] {
            let condition = format!("{name} is {}", if empty { "empty" } else { "missing" });
            rows.push(Row::new("config", carrier.code(), "open", condition, move |trial| {
                let host = Host::new(carrier);
                let mut config = host.config(&json!({}));
                match &mut config["accounts"][0] {
                    Value::Object(account) if !empty => drop(account.remove(name)),
                    account => account[name] = json!("  "),
                }
                let answer = trial.opening(&config.to_string());
                trial.wants_error(&answer, &["invalid_config"], &["none"]);
                let wanted = format!("accounts[0].{name}");
                let fields = answer.at("/error/fields").as_array().cloned().unwrap_or_default();
                let field = fields.iter().find(|field| field["field"] == wanted.as_str());
                trial.want(field.is_some(), format!("{wanted} is named: {:?}", answer.fields()));
                let words = field.and_then(|field| field["message"].as_str()).unwrap_or_default();
                let many = words.split_whitespace().count();
                trial.want(many >= 4, format!("in words that a newcomer knows: {words:?}"));
            }));
        }
    }
}

/// A real configuration with only its environment changed works in the sandbox.
fn sandbox(rows: &mut Vec<Row>, carrier: Carrier) {
    for (name, several) in [("its credentials", false), ("two accounts of it with theirs", true)] {
        let condition = format!("the sandbox with {name}");
        rows.push(Row::new("config", carrier.code(), "all", condition, move |trial| {
            let home = fresh("home");
            std::fs::create_dir_all(&home).expect("a home");
            let account = |number: u64, id: &str| {
                let mut account = carrier.account("", number);
                if let Value::Object(account) = &mut account {
                    account.remove("base_url");
                    account.remove("contract_id");
                }
                account["environment"] = json!("sandbox");
                account["id"] = json!(id);
                account
            };
            let mut accounts = vec![account(1, "tienda")];
            if several {
                accounts.push(account(2, "otra"));
            }
            let ids: &[&str] = if several { &["tienda", "otra"] } else { &["tienda"] };
            let config = json!({"accounts": accounts, "timeout_ms": 20_000});
            let mut steps = vec![json!({"open": config})];
            for id in ids {
                let mut order = carrier.keyed(&format!("pedido-{id}"));
                order["account"] = json!(id);
                if carrier == Carrier::Fruno {
                    order["destination"]["district_code"] = json!("11605");
                }
                steps.push(json!({"call": "create", "request": order}));
            }
            let told = run(&home, &[], &Value::Array(steps));
            for answer in &told.answers {
                trial.note(format!("→ {}", crate::row::short(&answer.0.to_string(), 600)));
            }
            trial.want(told.at(0).ok(), "opened");
            for (index, id) in ids.iter().enumerate() {
                let answer = told.at(index + 1);
                trial.want(answer.ok(), format!("{id} is made: {}", answer.code()));
            }
        }));
    }
}

fn certificates(rows: &mut Vec<Row>, carrier: Carrier) {
    for (name, content) in [
        ("nothing", Some("")),
        ("blanks", Some(" \n\n")),
        ("words", Some("aquí va el certificado\n")),
        ("a key alone", Some("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAbc\n-----END PRIVATE KEY-----\n")),
        ("a certificate that is none", Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
        ("a certificate without its end", Some("-----BEGIN CERTIFICATE-----\nMIIB\n")),
        ("no file at all", None),
    ] {
        rows.push(Row::new("config", carrier.code(), "open", format!("a ca_file with {name}"), move |trial| {
            let host = Host::new(carrier);
            let file = fresh("ca.pem");
            if let Some(content) = content {
                std::fs::write(&file, content).expect("a file");
            }
            let answer = trial.opening(&host.config(&json!({"ca_file": file})).to_string());
            trial.wants_error(&answer, &["invalid_config"], &["none"]);
            trial.want(answer.fields() == ["ca_file"], format!("the field is named: {:?}", answer.fields()));
            let place = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            trial.want(answer.0.to_string().contains(&place), "the file is quoted");
        }));
    }
    rows.push(Row::new("config", carrier.code(), "open", "a ca_file that is a directory", move |trial| {
        let host = Host::new(carrier);
        let answer = trial.opening(&host.config(&json!({"ca_file": crate::row::scratch()})).to_string());
        trial.wants_error(&answer, &["invalid_config"], &["none"]);
        trial.want(answer.fields() == ["ca_file"], format!("the field is named: {:?}", answer.fields()));
    }));
}

fn states(rows: &mut Vec<Row>, carrier: Carrier) {
    for state in ["mysql://db/flete", "redis://127.0.0.1", "sqlite:///tmp/x.db", "http://127.0.0.1/estado", ""] {
        rows.push(Row::new("config", carrier.code(), "open", format!("state: {state:?}"), move |trial| {
            let host = Host::new(carrier);
            let answer = trial.opening(&host.config(&json!({"state": state})).to_string());
            trial.wants_error(&answer, &["invalid_config"], &["none"]);
            trial.want(answer.fields() == ["state"], format!("the field is named: {:?}", answer.fields()));
            trial.want(answer.0.to_string().contains(state), "the value is quoted");
        }));
    }
}

/// A text where a request belongs.
fn not_objects(rows: &mut Vec<Row>, carrier: Carrier) {
    for method in ["track", "create", "cancel", "list", "document", "quote"] {
        for (name, text) in [("a text", "\"FR1\""), ("a list", "[\"FR1\"]"), ("a number", "17"), ("true", "true")] {
            rows.push(Row::new(
                "config",
                carrier.code(),
                method,
                format!("{name} where a request belongs"),
                move |trial| {
                    let host = Host::new(carrier);
                    let Some(client) = trial.open(&host.config(&json!({}))) else { return };
                    let answer = trial.ask_text(&client, method, text);
                    trial.wants_error(&answer, &["invalid_request"], &["none"]);
                    let message = answer.text("/error/message");
                    trial.want(message.contains("object"), format!("the message says what belongs there: {message}"));
                    let given = text.trim_matches(['"', '[', ']']);
                    trial.want(message.contains(given), format!("the message quotes {given}"));
                    trial.want(host.seen().is_empty(), "nothing was sent");
                },
            ));
        }
    }
}

/// A path where JSON belongs, and other texts that are not a configuration.
fn places(rows: &mut Vec<Row>) {
    for path in [
        "flete.json",
        "/etc/flete/flete.json",
        "./conf/flete.json",
        "C:\\flete\\flete.json",
        "~/flete.json",
        "flete.toml",
    ] {
        rows.push(Row::new("config", "any", "open", format!("a path where JSON belongs: {path}"), move |trial| {
            let answer = trial.opening(path);
            trial.wants_error(&answer, &["invalid_config"], &["none"]);
            let said = answer.text("/error/message").to_lowercase();
            trial.want(said.contains("from_file"), format!("did you mean from_file: {said}"));
        }));
    }
    for (name, text, word) in [
        ("a single account", r#"{"carrier": "fruno", "account": "a", "key": "k"}"#, "accounts"),
        ("a list of accounts", r#"[{"carrier": "fruno", "account": "a", "key": "k"}]"#, "accounts"),
        ("a comma too many", "{\"accounts\": [],}", "line"),
        ("a comment", "{\n// cuentas\n\"accounts\": []}", "line"),
    ] {
        rows.push(Row::new("config", "any", "open", name, move |trial| {
            let answer = trial.opening(text);
            trial.wants_error(&answer, &["invalid_config"], &["none"]);
            let said = answer.text("/error/message").to_lowercase() + &answer.at("/error/fields").to_string();
            trial.want(said.contains(word), format!("the message says {word}: {said}"));
            trial.want(!said.contains("\"k\""), "no secret is shown");
        }));
    }
}

/// The given value is quoted.
fn quoted(rows: &mut Vec<Row>) {
    for (field, value) in [
        ("timeout_ms", json!("treinta")),
        ("timeout_ms", json!(-5)),
        ("timeout_ms", json!(1.5)),
        ("connect_timeout_ms", json!("5s")),
        ("max_attempts", json!("muchos")),
        ("max_in_flight", json!(-1)),
        ("settle_ms", json!("30s")),
        ("keep_keys_days", json!("siempre")),
        ("proxy", json!("no es url")),
        ("proxy", json!("socks5://127.0.0.1:1080")),
        ("user_agent", json!(17)),
        ("allow_insecure_http", json!("si")),
    ] {
        rows.push(Row::new("config", "any", "open", format!("{field}: {value}"), move |trial| {
            let host = Host::new(Carrier::Fruno);
            let answer = trial.opening(&host.config(&json!({field: value, "state": fresh("state.db")})).to_string());
            trial.wants_error(&answer, &["invalid_config"], &["none"]);
            trial.want(answer.fields() == [field], format!("the field is named: {:?}", answer.fields()));
            let word = value.as_str().map_or(value.to_string(), str::to_owned);
            trial.want(answer.0.to_string().contains(&word), format!("{word} is quoted"));
        }));
    }
    for limit in ["30", "30/60", "0;w=60", "30;w=0", "muchos;w=60"] {
        rows.push(Row::new("config", "any", "open", format!("rate_limit: {limit:?}"), move |trial| {
            let host = Host::new(Carrier::Fruno);
            let mut config = host.config(&json!({}));
            config["accounts"][0]["rate_limit"] = json!(limit);
            let answer = trial.opening(&config.to_string());
            trial.wants_error(&answer, &["invalid_config"], &["none"]);
            trial.want(
                answer.fields() == ["accounts[0].rate_limit"],
                format!("the field is named: {:?}", answer.fields()),
            );
            trial.want(answer.0.to_string().contains(limit), format!("{limit} is quoted"));
        }));
    }
}
