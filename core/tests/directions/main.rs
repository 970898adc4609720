//! Every import points down. [`FLOORS`] says what is above what; it is the map of the house.
//!
//! Every module of every crate in the workspace is read. A path that leads to a floor above, or to a neighbour on the
//! same floor, fails the test, unless it stands in [`EXCEPTIONS`]; an exception that isn't needed any more fails it too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod imports;

use imports::{Import, Source};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// One room: modules that may import each other freely.
struct Room {
    name: &'static str,
    /// What it consists of. A module brings those below it along, unless the table has a row for one of them.
    /// `…::*` is every folder of a module, and each is a room of its own.
    modules: &'static [&'static str],
}

const fn room(name: &'static str, modules: &'static [&'static str]) -> Room {
    Room { name, modules }
}

/// From top to bottom. A room imports from the floors below its own, and from none of its neighbours.
static FLOORS: &[&[Room]] = &[
    // Hosts and tests: they see what the crate `flete` offers, and the compiler says so.
    &[
        room("ffi", &["flete_ffi"]),
        room("python", &["flete_python"]),
        room("examples", &["flete_examples"]),
        room("faults", &["flete_faults"]),
        room("world", &["flete_world"]),
    ],
    // The facade: a client, and what stands around each of its calls in every language.
    &[room("client", &["flete", "flete::client", "flete::typed", "flete::host"])],
    // One file a method; what a method does is the same for every carrier.
    &[room("methods", &["flete::methods"])],
    // From JSON to accounts. It only parses.
    &[room("config", &["flete::config"])],
    // The list of carriers.
    &[room("carriers", &["flete::carriers"])],
    // One folder a carrier. None knows another.
    &[room("carrier", &["flete::carriers::*"])],
    // What every carrier stands on. `Carrier` and `Session` need each other: an operation needs a token, and getting
    // one performs an operation.
    &[room("connector", &["flete::connector"])],
    // How requests leave; what outlives a call. Neither knows a carrier or an account.
    &[room("net", &["flete::net"]), room("state", &["flete::state"])],
    // Texts as people and carriers write them, and a result as other languages get it.
    &[room("input", &["flete::input"]), room("envelope", &["flete::envelope"])],
    // The vocabulary. It imports nothing of ours.
    &[room("model", &["flete::model"])],
    // What needs nothing of the rest: text in and text out, locks, and the simulator, which is a crate of its own.
    &[
        room("text", &["flete::text"]),
        room("pick", &["flete::pick"]),
        room("sync", &["flete::sync"]),
        room("sandbox", &["flete_sandbox", "flete::sandbox"]),
    ],
    // Any JSON: its value, its parser, its writer.
    &[room("json", &["flete::json"])],
];

/// Imports that point up, and are still there: these paths in these files. None is left; one that is added needs its
/// reason beside it.
struct Exception {
    to: &'static [&'static str],
    files: &'static [&'static str],
}

static EXCEPTIONS: &[Exception] = &[];

/// The room of a module, by the row that fits it closest: its floor, counted from the top, and its name.
fn room_of(module: &str, sources: &[Source]) -> Option<(usize, String)> {
    let rows = || {
        let floors = FLOORS.iter().enumerate();
        let rooms = floors.flat_map(|(floor, rooms)| rooms.iter().map(move |room| (floor, room)));
        rooms.flat_map(|(floor, room)| room.modules.iter().map(move |path| (floor, room.name, *path)))
    };
    let mut names: Vec<&str> = module.split("::").collect();
    let mut exact = true;
    while !names.is_empty() {
        let path = names.join("::");
        let divided = rows().any(|(_, _, row)| row.strip_prefix(&path).is_some_and(|rest| rest.starts_with("::")));
        if let Some((floor, name, _)) = rows().find(|(_, _, row)| *row == path) {
            return (exact || !divided).then(|| (floor, name.to_owned()));
        }
        let folder = sources.iter().any(|source| source.modules.get(&path) == Some(&true));
        let parent = names[..names.len() - 1].join("::");
        if folder && let Some((floor, ..)) = rows().find(|(_, _, row)| row.strip_suffix("::*") == Some(&parent)) {
            return Some((floor, path));
        }
        names.pop();
        exact = false;
    }
    None
}

/// The module that a path leads to: the path without its item.
fn module_of(path: &str, sources: &[Source]) -> String {
    let mut names: Vec<&str> = path.split("::").collect();
    let known = |module: &str| sources.iter().any(|source| source.modules.contains_key(module));
    // `flete::sandbox` is another crate under this name.
    let named = |module: &str| FLOORS.iter().any(|rooms| rooms.iter().any(|room| room.modules.contains(&module)));
    while names.len() > 1 && !known(&names.join("::")) && !named(&names.join("::")) {
        names.pop();
    }
    names.join("::")
}

/// Whether a path is this one or leads to something in it.
fn within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Everything that is wrong, one line each.
fn problems(sources: &[Source], exceptions: &[Exception]) -> Vec<String> {
    let mut problems = BTreeSet::new();
    let mut needed = BTreeSet::new();
    for Import { file, line, from, to } in sources.iter().flat_map(|source| &source.imports) {
        let target = module_of(to, sources);
        let (Some((own, name)), Some((floor, other))) = (room_of(from, sources), room_of(&target, sources)) else {
            continue;
        };
        if name == other || own < floor {
            continue;
        }
        let known = exceptions.iter().enumerate().filter(|(_, known)| known.files.contains(&file.as_str()));
        let known = known.flat_map(|(place, known)| known.to.iter().map(move |path| (place, *path)));
        if let Some((place, path)) = known.into_iter().find(|(_, path)| within(to, path)) {
            needed.extend([(place, path), (place, file)]);
            continue;
        }
        let way = if own == floor { "a neighbour" } else { "upwards" };
        problems.insert(format!("{file}:{line}: {name} imports {way}: {to}, which is {other}"));
    }
    for module in sources.iter().flat_map(|source| source.modules.keys()) {
        if room_of(module, sources).is_none() {
            problems.insert(format!("{module} has no floor: give it a row in FLOORS"));
        }
    }
    for (place, exception) in exceptions.iter().enumerate() {
        for part in exception.to.iter().chain(exception.files).filter(|part| !needed.contains(&(place, **part))) {
            problems.insert(format!("the exception for {part} isn't needed any more: remove it"));
        }
    }
    problems.into_iter().collect()
}

/// What cargo knows of the workspace, and every crate in it, read.
static WORKSPACE: LazyLock<(Value, Vec<Source>)> = LazyLock::new(workspace);

fn workspace() -> (Value, Vec<Source>) {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let root = metadata["workspace_root"].as_str().expect("the workspace's root");
    let mut sources = Vec::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let name = crate_name(&package["name"]);
        let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
        let mut externs: HashMap<String, String> = dependencies
            .filter(|dependency| !dependency["path"].is_null())
            .map(|it| {
                (crate_name(if it["rename"].is_null() { &it["name"] } else { &it["rename"] }), crate_name(&it["name"]))
            })
            .collect();
        for target in package["targets"].as_array().expect("targets") {
            let is = |kind: &str| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|it| it == kind));
            let path = target["src_path"].as_str().and_then(|path| path.strip_prefix(root)).expect("inside");
            let name = match (is("lib") || is("cdylib"), is("bin") || is("example")) {
                (true, _) => name.clone(),
                (_, true) => {
                    // A program has its own package's library by name.
                    externs.insert(name.clone(), name.clone());
                    format!("{name}::{}", crate_name(&target["name"]))
                }
                // Nothing depends on tests and build scripts.
                _ => continue,
            };
            let files = imports::on_disk(Path::new(root));
            let source = imports::read(path.trim_start_matches('/'), &name, &externs, &files);
            sources.push(source.unwrap_or_else(|error| panic!("{error}")));
        }
    }
    (metadata, sources)
}

fn crate_name(name: &Value) -> String {
    name.as_str().expect("a name").replace('-', "_")
}

#[test]
fn every_import_points_down() {
    let (_, sources) = &*WORKSPACE;
    let count: usize = sources.iter().map(|source| source.imports.len()).sum();
    assert!(count > 1000, "only {count} imports were found");
    let problems = problems(sources, EXCEPTIONS);
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn every_row_of_the_table_is_there() {
    let (_, sources) = &*WORKSPACE;
    let there = |row: &str| {
        // Under this name, `flete` offers the simulator.
        row == "flete::sandbox"
            || sources.iter().any(|source| {
                let folder = |module: &str| row.strip_suffix('*').is_some_and(|parent| module.starts_with(parent));
                source.modules.keys().any(|module| within(module, row) || folder(module))
            })
    };
    let rows = FLOORS.iter().flat_map(|rooms| rooms.iter()).flat_map(|room| room.modules);
    let gone: Vec<_> = rows.filter(|row| !there(row)).collect();
    assert!(gone.is_empty(), "FLOORS has rows for modules that aren't there: {gone:?}");
}

#[test]
fn the_simulator_depends_on_no_crate_of_the_workspace() {
    let (metadata, _) = &*WORKSPACE;
    let packages = metadata["packages"].as_array().unwrap();
    let sandbox = packages.iter().find(|package| package["name"] == "flete-sandbox").unwrap();
    let ours = |dependency: &&Value| packages.iter().any(|package| package["name"] == dependency["name"]);
    assert_eq!(sandbox["dependencies"].as_array().unwrap().iter().find(ours), None);
}

/// A workspace of one crate that is made of these files.
fn house(files: &[(&str, &str)]) -> Vec<Source> {
    let read = |path: &Path| files.iter().find(|(name, _)| Path::new(name) == path).map(|(_, text)| (*text).to_owned());
    let externs = HashMap::from([("flete_core".to_owned(), "flete".to_owned())]);
    vec![imports::read("src/lib.rs", "flete", &externs, &read).unwrap()]
}

/// The paths that a text leads to when it is the module `flete::net::http`, beside a `tls` and with a `head` in it.
fn paths(text: &str) -> Vec<String> {
    let sources = house(&[
        ("src/lib.rs", "mod net;"),
        ("src/net/mod.rs", "mod http; mod tls;"),
        ("src/net/tls.rs", ""),
        ("src/net/http.rs", &format!("mod head;\n{text}")),
        ("src/net/http/head.rs", ""),
    ]);
    sources[0].imports.iter().map(|import| import.to.clone()).collect()
}

#[test]
fn every_form_of_an_import_is_found() {
    let table: &[(&str, &[&str])] = &[
        ("use crate::model::Error;", &["flete::model::Error"]),
        ("pub(crate) use crate::model::Error as Wrong;", &["flete::model::Error"]),
        ("use crate::model::*;", &["flete::model::*"]),
        (
            "use crate::{client, model::{self, error::{Code, Error as E}}};",
            &["flete::client", "flete::model", "flete::model::error::Code", "flete::model::error::Error"],
        ),
        ("use super::tls;", &["flete::net::tls"]),
        ("use super::super::config::{NetConfig};", &["flete::config::NetConfig"]),
        ("use self::head::Head; use head::Tail;", &["flete::net::http::head::Head", "flete::net::http::head::Tail"]),
        ("use self::super::tls::Tls;", &["flete::net::tls::Tls"]),
        ("use ::flete_core::Client;", &["flete::Client"]),
        ("use crate::r#mod::r#type;", &["flete::mod::type"]),
        // In code, types, macros, bounds and attributes.
        (
            "fn a() -> crate::config::Account { super::tls::open::<crate::client::A>() }",
            &["flete::config::Account", "flete::net::tls::open", "flete::client::A"],
        ),
        (
            "fn a() { head::read(); let b = (1, [crate::model::LIMIT]); }",
            &["flete::net::http::head::read", "flete::model::LIMIT"],
        ),
        ("fn a() { json!({\"a\": [crate::client::envelope(x)]}) }", &["flete::client::envelope"]),
        ("macro_rules! a { ($b:expr) => { $crate::config::read($b) } }", &["flete::config::read"]),
        (
            "impl<T: crate::carriers::Api> super::Trait for T where T: Into<crate::E> {}",
            &["flete::carriers::Api", "flete::net::Trait", "flete::E"],
        ),
        ("fn a() { <crate::config::Account as Default>::default() }", &["flete::config::Account"]),
        ("struct A { #[serde(default, with = \"crate::config::text\")] b: u8 }", &["flete::config::text"]),
        ("#[cfg_attr(test, derive(crate::model::Shape))] struct A;", &["flete::model::Shape"]),
        // An inline module is one level deeper, and has the file's children only by `super`.
        (
            "mod inner { use super::head::Head; use super::super::tls; fn a() { super::b(); head::c() } }",
            &["flete::net::http::head::Head", "flete::net::tls", "flete::net::http::b"],
        ),
        ("fn a() { mod inner { use crate::config::B; } }", &["flete::config::B"]),
        // None of these is an import of ours.
        ("// use crate::config;\n/// [`crate::config`]\nconst A: &str = \"crate::config::B\";", &[]),
        ("#[doc = \"crate::config::B\"] struct A;", &[]),
        ("pub(crate) struct A; pub(super) fn b() {} pub(in crate::net) fn c() {}", &[]),
        ("use std::fs::{self, File}; fn a() { serde_json::from_str(tls) }", &[]),
        ("fn a<'b>(c: &'b str) -> impl Fn() + use<'b> { move || { std::crate_name::d(c) } }", &[]),
    ];
    for (text, expected) in table {
        let (mut found, mut expected) = (paths(text), expected.to_vec());
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn modules_are_found_where_rust_looks_for_them() {
    let sources = house(&[
        ("src/lib.rs", "mod a; mod b; mod c { pub mod d; }"),
        ("src/a.rs", "mod e; #[cfg(test)]\n#[path = \"a_tests.rs\"]\nmod tests;\nuse crate::b;"),
        ("src/a/e.rs", ""),
        ("src/a_tests.rs", "use super::*;\nuse super::super::b;"),
        ("src/b/mod.rs", "mod f;"),
        ("src/b/f.rs", "\n\nuse super::super::c::d;"),
        ("src/c/d.rs", ""),
    ]);
    let modules: Vec<_> = sources[0].modules.iter().map(|(path, folder)| (path.as_str(), *folder)).collect();
    let plain = |path| (path, false);
    let expected = ["flete", "flete::a", "flete::a::e", "flete::a::tests"].map(plain).into_iter();
    let expected = expected.chain([("flete::b", true)]).chain(["flete::b::f", "flete::c", "flete::c::d"].map(plain));
    assert_eq!(modules, expected.collect::<Vec<_>>());
    let found: Vec<_> = sources[0].imports.iter().map(|i| (i.file.as_str(), i.line, i.to.as_str())).collect();
    assert!(found.contains(&("src/a_tests.rs", 1, "flete::a::*")), "{found:?}");
    assert!(found.contains(&("src/a_tests.rs", 2, "flete::b")), "{found:?}");
    assert!(found.contains(&("src/b/f.rs", 3, "flete::c::d")), "{found:?}");
    let lost = imports::read("src/lib.rs", "flete", &HashMap::new(), &|path| {
        (path == Path::new("src/lib.rs")).then(|| "mod gone;".to_owned())
    });
    assert_eq!(lost.unwrap_err(), "there is no file src/gone.rs for the module flete::gone");
}

#[test]
fn an_import_that_points_up_or_aside_is_named() {
    let carriers = "mod apunto; mod fruno;";
    let check = |file: &str, text: &str, exceptions: &[Exception]| {
        let mut files = vec![
            ("src/lib.rs", "mod carriers; mod client; mod config; mod connector; mod model; mod net; mod state;"),
            ("src/carriers/mod.rs", carriers),
            ("src/carriers/apunto/mod.rs", ""),
            ("src/carriers/fruno/mod.rs", "mod map;"),
            ("src/carriers/fruno/map.rs", ""),
            ("src/connector/mod.rs", "mod session;"),
            ("src/connector/session.rs", ""),
            ("src/client.rs", ""),
            ("src/config.rs", ""),
            ("src/model.rs", ""),
            ("src/net/mod.rs", ""),
            ("src/state.rs", ""),
        ];
        let place = files.iter().position(|(name, _)| *name == file).unwrap();
        let whole = format!("{}\n{text}", files[place].1);
        files[place].1 = &whole;
        problems(&house(&files), exceptions)
    };
    let wrong: &[(&str, &str, &str)] = &[
        (
            "src/model.rs",
            "use crate::net::Call;",
            "src/model.rs:2: model imports upwards: flete::net::Call, which is net",
        ),
        (
            "src/net/mod.rs",
            "fn a() { crate::state::open() }",
            "src/net/mod.rs:2: net imports a neighbour: flete::state::open, which is state",
        ),
        (
            "src/carriers/fruno/map.rs",
            "use super::super::apunto::map;",
            "src/carriers/fruno/map.rs:2: flete::carriers::fruno imports a neighbour: flete::carriers::apunto::map, \
             which is flete::carriers::apunto",
        ),
        (
            "src/connector/session.rs",
            "use crate::carriers::find;",
            "src/connector/session.rs:2: connector imports upwards: flete::carriers::find, which is carriers",
        ),
        (
            "src/config.rs",
            "const A: crate::Outcome = B;",
            "src/config.rs:2: config imports upwards: flete::Outcome, which is client",
        ),
        ("src/lib.rs", "mod cellar {}", "flete::cellar has no floor: give it a row in FLOORS"),
        ("src/carriers/mod.rs", "mod money {}", "flete::carriers::money has no floor: give it a row in FLOORS"),
    ];
    for (file, text, problem) in wrong {
        assert_eq!(check(file, text, &[]), [*problem]);
    }
    let right = [
        (
            "src/carriers/fruno/map.rs",
            "use super::wire; use crate::connector::session::Session; use crate::model::Error;",
        ),
        ("src/carriers/mod.rs", "use fruno::CARRIER; use crate::connector::session::Session;"),
        ("src/client.rs", "use crate::Client; use crate::config::Config;"),
        ("src/lib.rs", "pub use client::Client; pub use model::Error;"),
    ];
    for (file, text) in right {
        assert_eq!(check(file, text, &[]), Vec::<String>::new(), "{text}");
    }
    let known = [Exception { to: &["flete::net::Call"], files: &["src/model.rs"] }];
    let text = "use crate::net::Call; fn a() { crate::net::Call::new() }";
    assert_eq!(check("src/model.rs", text, &known), Vec::<String>::new());
    let gone = |part: &str| format!("the exception for {part} isn't needed any more: remove it");
    assert_eq!(check("src/model.rs", "", &known), [gone("flete::net::Call"), gone("src/model.rs")]);
}
