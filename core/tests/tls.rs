//! Which servers are trusted: by `ca_file`, name and dates.

use flete::{Client, Code, Error, Outcome};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

/// A server's certificate, and what the client is given as `ca_file`.
struct Trust {
    server: rcgen::Certificate,
    key: KeyPair,
    ca_file: String,
}

/// As `openssl req -x509` makes them: self-signed, and marked as an authority's.
fn by_itself(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Trust {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    let server = params.self_signed(&key).unwrap();
    Trust { ca_file: server.pem(), server, key }
}

fn by_an_authority() -> Trust {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    Trust { server, key, ca_file: authority.pem() }
}

/// One call of a server with this certificate, by a client that trusts `ca_file`.
fn asked(case: &str, trust: &Trust, ca_file: &str) -> Result<Value, Error> {
    let answer = replied(trust, ca_file, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]", true);
    if let Err(error) = &answer {
        assert_eq!((error.code, error.attempts, error.outcome), (Code::Tls, 1, Outcome::None), "{case}: {error}");
    }
    answer
}

/// As [`asked`], with this reply, after which the server closes with or without close_notify.
fn replied(trust: &Trust, ca_file: &str, reply: &'static [u8], notice: bool) -> Result<Value, Error> {
    let key = PrivatePkcs8KeyDer::from(trust.key.serialize_der()).into();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![trust.server.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let config = Arc::new(config);
        while let Ok((socket, _)) = listener.accept() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), socket);
            let mut read = [0; 4096];
            // A client that doesn't trust this server sends nothing.
            if stream.read(&mut read).is_ok_and(|length| length > 0) {
                stream.write_all(reply).unwrap();
                if notice {
                    stream.conn.send_close_notify();
                }
                stream.flush().unwrap();
                // Closed in order: what the client has still sent must not reset what it reads.
                stream.sock.shutdown(std::net::Shutdown::Write).unwrap();
                let _ = stream.sock.read(&mut read);
            }
        }
    });
    let file: PathBuf = std::env::temp_dir().join(format!("flete-tls-{}-{port}.pem", std::process::id()));
    std::fs::write(&file, ca_file).unwrap();
    let account =
        json!({"carrier": "fruno", "account": "a", "key": "k", "base_url": format!("https://localhost:{port}")});
    let client = Client::open(
        &json!({"accounts": [account], "ca_file": file, "timeout_ms": 5000, "max_attempts": 1}).to_string(),
    )
    .unwrap();
    let answer = client.call("call", json!({"operation": "contracts.list"}));
    std::fs::remove_file(&file).unwrap();
    answer
}

#[test]
fn a_reply_that_ends_without_the_notice_is_whole_if_it_says_so_itself() {
    let trust = by_an_authority();
    for (reply, whole) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[{\"a\": 1}]"[..], true),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n[{\"a\": 1}]\r\n0\r\n\r\n", true),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[{\"a\": 1}]", true),
        (b"HTTP/1.0 200 OK\r\n\r\n[{\"a\": 1,}]\r\n", true),
        // Truncated in the middle of an object, a length, a chunk, a number.
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[{\"a\": 1}", false),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n[{\"a\": 1}]", false),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n[{\"a\": 1}]", false),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n12", false),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", false),
    ] {
        for notice in [true, false] {
            let told = format!("{} {notice}", String::from_utf8_lossy(reply));
            match replied(&trust, &trust.ca_file, reply, notice) {
                Ok(answer) if whole => assert_eq!(answer, json!([{"a": 1}]), "{told}"),
                // With the notice the end is where the carrier wanted it.
                Ok(_) => assert!(notice, "{told}"),
                Err(error) => {
                    assert!(!whole, "{told}: {error}");
                    let lost = matches!(error.code, Code::Network | Code::Tls | Code::CarrierResponse);
                    assert!(lost && error.http_status == Some(200), "{told}: {}", error.to_value());
                }
            }
        }
    }
}

#[test]
fn a_server_of_a_given_authority_is_trusted_and_so_is_one_whose_own_certificate_is_given() {
    let trust = by_an_authority();
    assert_eq!(asked("by an authority", &trust, &trust.ca_file).unwrap(), json!([]));
    for authoritys in [true, false] {
        let trust = by_itself("localhost", |params| {
            if !authoritys {
                params.is_ca = IsCa::NoCa;
            }
        });
        assert_eq!(asked("by itself", &trust, &trust.ca_file).unwrap(), json!([]), "{authoritys}");
    }
}

#[test]
fn no_other_server_is_trusted() {
    let trust = by_itself("localhost", |_| ());
    let other = by_itself("localhost", |_| ());
    asked("another's certificate", &trust, &other.ca_file).unwrap_err();
    let named = by_itself("example.org", |_| ());
    asked("another name", &named, &named.ca_file).unwrap_err();
    for (case, from, to) in [("ended", 2020, 2021), ("not begun", 2090, 2091)] {
        let trust = by_itself("localhost", |params| {
            (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        });
        asked(case, &trust, &trust.ca_file).unwrap_err();
    }
}
