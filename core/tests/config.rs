//! Configurations as people write them: blanks, byte-order marks, files from Windows, every setting with every odd
//! value; and a real configuration in which only `environment` was changed to the sandbox.

use crate::common;
use crate::common::{Shop, client, open, with};
use flete::{Client, Code};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const CANARY: &str = "canary-71c0-secreto";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("flete-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn works(client: &Client) {
    client.call("call", json!({"operation": "provinces.list"})).unwrap_or_else(|error| panic!("{error}"));
}

/// Each spelling reaches the same carrier with the same credentials: a real request is answered.
#[test]
fn a_configuration_is_read_as_people_write_it() {
    let folder = Folder::new("spelled");
    let shop = Shop::open();
    let account = shop.sandbox.account("fruno").unwrap();
    let (url, key) = (account["base_url"].as_str().unwrap(), account["key"].as_str().unwrap());
    let utf16 =
        |text: &str| -> Vec<u8> { format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect() };
    for changed in [
        json!({"base_url": format!(" {url}\n")}),
        json!({"base_url": format!("\u{feff}{url}/")}),
        json!({"base_url": format!("{url}///")}),
        json!({"base_url": format!("\t{url}\u{200b}\u{a0}")}),
        json!({"base_url": url.replacen("http", "HTTP", 1)}),
        json!({"key": format!("{key} ")}),
        json!({"key": format!("\r\n{key}\r\n")}),
        json!({"key": format!("\u{feff}{key}")}),
        json!({"account": format!(" {} ", account["account"].as_str().unwrap())}),
        json!({"carrier": " fruno "}),
        json!({"environment": "test "}),
        json!({"contract_id": ""}),
        json!({"key": {"file": folder.file("lf", format!("{key}\n").as_bytes())}}),
        json!({"key": {"file": folder.file("crlf", format!("{key}\r\n").as_bytes())}}),
        json!({"key": {"file": folder.file("many", format!("{key}\n\n\n").as_bytes())}}),
        json!({"key": {"file": folder.file("bom", format!("\u{feff}{key}\r\n").as_bytes())}}),
        json!({"key": {"file": folder.file("utf16", &utf16(&format!("{key}\r\n")))}}),
    ] {
        let client = shop.another(changed.clone());
        assert_eq!(client.accounts().next(), Some(("fruno", "fruno")), "{changed}");
        works(&client);
    }
    let config = json!({"accounts": [account]}).to_string();
    for text in [format!("\u{feff}{config}"), format!("\n\t{config}\r\n")] {
        works(&Client::open(&text).unwrap());
    }
    assert!(shop.client.invoke("call", "\u{feff}{\"operation\": \"provinces.list\"}").is_ok());
}

/// Ids and texts are equal in any Unicode form.
#[test]
fn an_id_is_one_in_every_unicode_form() {
    let client = client(json!({"carrier": "fruno", "environment": "sandbox", "id": "tienda-san-jose\u{301}"}));
    assert_eq!(client.accounts().next().unwrap().0, "tienda-san-jos\u{e9}");
}

#[test]
fn a_secrets_file_that_can_not_be_used_is_told_by_its_name() {
    let folder = Folder::new("secrets");
    let shut = folder.file("shut", CANARY.as_bytes());
    std::fs::set_permissions(&shut, PermissionsExt::from_mode(0o000)).unwrap();
    // A superuser may read everything.
    let readable = std::fs::read(&shut).is_ok();
    let big = folder.file("big", &vec![b'x'; 70_000]);
    let latin1 = folder.file("latin1", b"caf\xe9");
    let two = folder.file("two", format!("{CANARY}\n{CANARY}\n").as_bytes());
    let empty = folder.file("empty", b"\r\n");
    let mut cases = vec![
        (folder.0.to_str().unwrap(), "it is a directory"),
        (&big, "it has more than 65536 bytes"),
        (&latin1, "it is not UTF-8 text"),
        (&two, "has a line break"),
        (&empty, "is empty"),
    ];
    if !readable {
        cases.push((&shut, "permission denied"));
    }
    for (path, words) in cases {
        for (carrier, setting) in [("fruno", "key"), ("almex", "password"), ("apunto", "token")] {
            let mut account = json!({"carrier": carrier, "environment": "sandbox"});
            account[setting] = json!({"file": path});
            let error = Client::open(&json!({"accounts": [account]}).to_string()).unwrap_err();
            assert_eq!(error.fields[0].field, format!("accounts[0].{setting}"), "{error}");
            assert!(error.message.contains(words), "{path}: {error}");
            assert!(words == "has a line break" || error.message.contains(path), "{path}: {error}");
            assert!(!error.to_value().to_string().contains(CANARY), "{error}");
        }
    }
    // An optional one, too: a file that is named should have something in it.
    let account = json!({"carrier": "mensajeros_urbanos", "environment": "sandbox", "webhook_token": {"file": empty}});
    let error = Client::open(&json!({"accounts": [account]}).to_string()).unwrap_err();
    assert!(error.message.contains(&format!("(the file {empty} is empty)")), "{error}");
}

/// Every setting of every carrier and every key at the top, with every odd value: it opens or it is refused by the
/// name of the setting, and no secret is shown.
#[test]
fn every_setting_with_every_odd_value_is_taken_or_named() {
    let described = common::client(json!({"carrier": "fruno", "environment": "sandbox"})).call("describe", json!({}));
    let described = described.unwrap();
    let text = |text: &str| json!(format!("{CANARY}{text}"));
    let odd = [
        json!(CANARY),
        json!(""),
        json!(" "),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(true),
        json!([]),
        json!({}),
        json!([CANARY]),
        json!({"x": CANARY}),
        text("\n"),
        text("\u{0}"),
        text("\nx"),
        text("é"),
        json!("x".repeat(5_000)),
        json!({"env": "FLETE_NO_SUCH_VARIABLE"}),
        json!({"file": "/dev/zero"}),
        json!({"env": 7}),
        json!("30000"),
        json!(u64::MAX),
        json!("true"),
        json!(null),
    ];
    let mut refused = 0;
    let mut tried = 0;
    let mut check = |config: Value, field: &str, shown: bool| {
        tried += 1;
        let Err(error) = Client::open(&config.to_string()) else { return };
        refused += 1;
        assert_eq!(error.code, Code::InvalidConfig, "{config}: {error}");
        let first = error.fields.first().unwrap_or_else(|| panic!("{config}: {error}"));
        assert!(first.field.starts_with(field), "{config}: {error}");
        assert!(error.message.chars().count() <= 1_000, "{config}: {error}");
        assert!(shown || !error.to_value().to_string().contains(CANARY), "{config}: {error}");
    };
    for value in &odd {
        for name in described["config"]["properties"].as_object().unwrap().keys().filter(|name| *name != "accounts") {
            let mut config = json!({"accounts": [{"carrier": "fruno", "environment": "sandbox"}]});
            config[name] = value.clone();
            check(config, name, true);
        }
        for carrier in described["carriers"].as_array().unwrap() {
            let code = carrier["code"].as_str().unwrap();
            for setting in carrier["settings"].as_array().unwrap() {
                let name = setting["name"].as_str().unwrap();
                // Without `environment` the account is a real one, which needs credentials.
                if matches!(name, "carrier" | "sandbox") || (name == "environment" && value.is_null()) {
                    continue;
                }
                let mut account = json!({"carrier": code, "environment": "sandbox"});
                account[name] = value.clone();
                let secret = ["key", "password", "subscription_key", "token", "otp", "client_secret", "webhook_token"];
                let shown = !secret.contains(&name);
                check(json!({"accounts": [account]}), &format!("accounts[0].{name}"), shown);
            }
        }
    }
    assert!(tried > 1_000 && refused > tried / 3, "{refused} of {tried}");
}

// ---- the sandbox

/// Each carrier's real configuration, with another `environment`.
fn real(carrier: &str) -> Vec<Value> {
    let base = "https://api.carrier.example";
    match carrier {
        "fruno" => vec![
            json!({"account": "tienda-real", "key": CANARY, "contract_id": "7"}),
            json!({"account": "tienda-real", "key": "another-key-of-it"}),
            json!({"account": "con:dos:puntos", "key": "k"}),
            json!({"key": CANARY}),
        ],
        "almex" => vec![
            json!({"user_name": "tienda", "password": CANARY, "account_number": "77", "subscription_key": "one-for-all",
                "base_url": base}),
            json!({"user_name": "tienda", "password": "another", "account_number": "77", "subscription_key":
                {"auth": "a", "quote": "q", "pickup": "p", "tracking": "t", "imaging": "i"}}),
            json!({"user_name": "x", "password": "another", "account_number": "77", "subscription_key": {"default": "d"}}),
            json!({"password": CANARY}),
        ],
        "apunto" => vec![
            json!({"token": CANARY, "contact_code": "CLIENTE-REAL", "agent_email": "agente@tienda.mx"}),
            json!({"email": "yo@tienda.mx", "password": CANARY, "otp": "123456", "subdomain": "tienda"}),
            json!({"email": "yo@tienda.mx", "password": "another", "base_url": "https://tienda.apunto.io/api/v1"}),
            json!({"email": "yo@tienda.mx"}),
        ],
        _ => vec![
            json!({"client_id": "tienda", "client_secret": CANARY, "user_id": 99, "city": 1, "webhook_token": "w1-w1-w1",
                "base_url": "https://api.carrier.example"}),
            json!({"client_id": "tienda", "client_secret": CANARY, "user_id": "98", "webhook_token": "w2-w2-w2"}),
            json!({"client_id": "otra", "client_secret": "s", "user_id": 97}),
            json!({"user_id": 96}),
        ],
    }
}

fn order() -> Value {
    let place = |name: &str, district: &str, postal_code: &str| {
        json!({
            "name": name, "street": "Calle 1", "neighborhood": "Centro", "city": "Bogotá", "state": "MX", "country": "MX",
            "district_code": district, "postal_code": postal_code, "phone": "5512345678", "email": "tienda@example.com",
        })
    };
    json!({
        "origin": place("Tienda", "11501", "52227"), "destination": place("Ana", "11605", "75110"),
        "parcels": [{"weight": {"value": 1, "unit": "kg"}, "description": "Camisetas",
            "dimensions": {"length": 30, "width": 20, "height": 15, "unit": "cm"}}],
        "options": {"apunto": {"kind": "domestic", "mode": "land"}},
    })
}

/// Nothing leaves this process: the hosts are `example`s, which no resolver knows, and the proxy doesn't exist.
#[test]
fn a_real_configuration_works_in_the_sandbox_by_its_environment_alone() {
    for carrier in ["fruno", "almex", "apunto", "mensajeros_urbanos"] {
        let accounts: Vec<Value> = real(carrier)
            .into_iter()
            .enumerate()
            .map(|(index, given)| {
                with(json!({"carrier": carrier, "id": format!("a{index}"), "environment": "sandbox"}), given)
            })
            .collect();
        let count = accounts.len();
        let client = open(json!({"accounts": accounts, "proxy": "http://127.0.0.1:9", "timeout_ms": 10_000}));
        for index in 0..count {
            let mut request = with(order(), json!({"account": format!("a{index}")}));
            // The only account of a client needs no name.
            if carrier == "apunto" && index > 0 {
                request["options"]["apunto"]["contact_code"] = json!("ACME");
            }
            let made = client.call("create", request).unwrap_or_else(|error| panic!("{carrier} {index}: {error}"));
            let tracked = client.call("track", json!({"account": format!("a{index}"), "id": made["id"]}));
            assert!(tracked.is_ok(), "{carrier} {index}: {tracked:?}");
        }
        assert!(!format!("{client:?}").contains(CANARY));
    }
}

#[test]
fn a_push_of_the_sandbox_has_the_accounts_own_token() {
    let account =
        with(json!({"carrier": "mensajeros_urbanos", "environment": "sandbox"}), real("mensajeros_urbanos")[0].clone());
    let client = client(with(account, json!({"user_id": 1_717, "webhook_token": "w9-w9-w9"})));
    let made = client.call("create", order()).unwrap();
    let sandbox = flete::sandbox::Sandbox::shared().unwrap();
    let pushed = sandbox.control("mensajeros_urbanos", "POST", "advance", &json!({"id": made["id"]}));
    let body = pushed["push"].as_str().unwrap();
    assert!(body.contains("w9-w9-w9"), "{body}");
    assert_eq!(client.call("webhook", json!({"body": body})).unwrap()["shipment_id"], made["id"]);
}

/// The credentials of one account aren't valid for another, in the sandbox too.
#[test]
fn only_accounts_in_the_sandbox_are_let_in() {
    let sandbox = flete::sandbox::Sandbox::shared().unwrap();
    let url = sandbox.base_url("fruno").unwrap();
    let wrong = client(json!({"carrier": "fruno", "account": "nobody", "key": "wrong-key", "base_url": url}));
    let error = wrong.call("call", json!({"operation": "provinces.list"})).unwrap_err();
    assert_eq!(error.code, Code::Authentication, "{error}");
    let own = |key: &str| client(json!({"carrier": "fruno", "account": "mine", "key": key, "environment": "sandbox"}));
    works(&own("its-own-key"));
    let stolen = client(
        json!({"carrier": "fruno", "account": "mine", "key": "sandbox-llave", "base_url": sandbox.base_url("fruno")}),
    );
    let error = stolen.call("call", json!({"operation": "provinces.list"})).unwrap_err();
    assert_eq!(error.code, Code::Authentication, "{error}");
}

#[test]
fn an_account_of_the_sandbox_outlives_its_reset() {
    let client =
        client(json!({"carrier": "almex", "environment": "sandbox", "user_name": "u-r", "password": "p-r-p-r",
        "account_number": "5", "subscription_key": "s-r-s-r"}));
    let asked = || {
        client.call(
            "call",
            json!({"operation": "auth.token", "params": {"userName": "u-r", "password": "p-r-p-r",
        "numberAccount": "5"}}),
        )
    };
    asked().unwrap();
    let sandbox = flete::sandbox::Sandbox::start().unwrap();
    let account = json!({"account": "b", "key": "c"});
    assert_eq!(sandbox.control("fruno", "POST", "accounts", &account), json!({}));
    assert_eq!(sandbox.control("fruno", "POST", "reset", &json!({})), json!({}));
    let told =
        common::client(json!({"carrier": "fruno", "account": "b", "key": "c", "base_url": sandbox.base_url("fruno")}));
    works(&told);
    assert!(sandbox.control("fruno", "POST", "accounts", &json!("b")).get("error").is_some());
}
