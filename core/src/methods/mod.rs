//! The methods, one file each: read the request, choose the accounts, pass it to their carriers.

mod call;
mod cancel;
mod content;
mod create;
pub(crate) mod describe;
mod document;
mod keys;
mod list;
mod quote;
mod settle;
mod stamp;
mod track;
mod webhook;

use crate::config::Config;
use crate::connector::endpoint;
use crate::connector::journal::Journal;
use crate::connector::session::Session;
use crate::connector::{Ability, Account};
use crate::json::Value;
use crate::model::reply;
use crate::model::request;
use crate::model::shape::{Field, Shape, nearest, shorten};
use crate::model::{Code, Error, FieldProblem};
use crate::net::Call;
use crate::net::lane::Lane;
use serde::Serialize;
use std::pin::Pin;
use std::sync::atomic::AtomicU64;

/// A method's reply, as a future: JSON text, which is written once.
pub(crate) type Reply<'a> = Pin<Box<dyn Future<Output = Result<String, Error>> + 'a>>;

/// One method: its name, the shapes of its request and reply, and its function.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) request: &'static Shape,
    pub(crate) reply: &'static Shape,
    pub(crate) run: for<'a> fn(&'a Context<'a>, Value) -> Reply<'a>,
}

/// Every method.
pub(crate) static METHODS: &[Method] = &[
    Method { name: "quote", request: &request::QUOTE, reply: &reply::RATES, run: |c, r| Box::pin(quote::run(c, r)) },
    Method {
        name: "create",
        request: &request::CREATE,
        reply: &reply::SHIPMENT,
        run: |c, r| Box::pin(create::run(c, r)),
    },
    Method { name: "track", request: &request::TRACK, reply: &reply::TRACKING, run: |c, r| Box::pin(track::run(c, r)) },
    Method {
        name: "cancel",
        request: &request::CANCEL,
        reply: &reply::CANCELLED,
        run: |c, r| Box::pin(cancel::run(c, r)),
    },
    Method {
        name: "document",
        request: &request::DOCUMENT,
        reply: &reply::DOCUMENTS,
        run: |c, r| Box::pin(document::run(c, r)),
    },
    Method { name: "list", request: &request::LIST, reply: &reply::SHIPMENTS, run: |c, r| Box::pin(list::run(c, r)) },
    Method {
        name: "webhook",
        request: &request::WEBHOOK,
        reply: &reply::PUSH,
        run: |c, r| Box::pin(webhook::run(c, r)),
    },
    Method { name: "call", request: &request::CALL, reply: &call::REPLY, run: |c, r| Box::pin(call::run(c, r)) },
    Method {
        name: "describe",
        request: &request::DESCRIBE,
        reply: &reply::DESCRIPTION,
        run: |_, r| Box::pin(async { describe::run(r).map(|described| described.to_string()) }),
    },
    Method { name: "keys", request: &request::KEYS, reply: &reply::KEYS, run: |c, r| Box::pin(keys::run(c, r)) },
    Method {
        name: "settle",
        request: &request::SETTLE,
        reply: &reply::SETTLED,
        run: |c, r| Box::pin(settle::run(c, r)),
    },
];

/// The method with this name.
pub(crate) fn find(name: &str) -> Result<&'static Method, Error> {
    METHODS.iter().find(|method| method.name == name).ok_or_else(|| {
        let names = || METHODS.iter().map(|method| method.name);
        let hint = nearest(name, names()).map_or_else(
            || format!("the methods are: {}", names().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        Error::invalid("method", format!("there is no method `{}`; {hint}", shorten(name)))
    })
}

/// A client's data, shared by its clones.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: Config,
    /// Counts interrupts. A call ends when the count has changed since its start.
    pub(crate) interrupts: AtomicU64,
}

/// One call of a host.
pub(crate) struct Context<'a> {
    pub(crate) client: &'a Inner,
    pub(crate) lane: &'a Lane,
    pub(crate) call: &'a Call,
}

impl<'a> Context<'a> {
    /// One account's part of this call.
    fn session(&'a self, account: &'a Account, call: &'a Call) -> Session<'a> {
        let shared = account.shared(self.lane.process);
        if account.environment == "sandbox" && shared.first("sandbox_warned", &account.id) {
            log::warn!(
                target: "flete",
                "{}: this account is in the sandbox; its rates and shipments are simulated",
                account.id.escape_debug()
            );
        }
        Session {
            account,
            call,
            net: self.client.config.net(account),
            lane: self.lane,
            shared,
            settle: self.client.config.settle,
            journal: Journal::default(),
            native: false,
        }
    }

    /// A session for a native operation.
    fn native(&'a self, account: &'a Account) -> Session<'a> {
        Session { native: true, ..self.session(account, self.call) }
    }

    /// The account of a request; its carrier must offer the method.
    fn account(&self, id: Option<&str>, ability: Ability) -> Result<&'a Account, Error> {
        let account = self.client.config.account(id, |account| account.carrier.can(ability))?;
        if account.carrier.can(ability) {
            return Ok(account);
        }
        Err(placed(&self.session(account, self.call), unsupported(account, ability)))
    }
}

/// The carrier has no such service.
fn unsupported(account: &Account, ability: Ability) -> Error {
    let (carrier, method) = (account.carrier.name, ability.name());
    Error::new(
        Code::Unsupported,
        format!("{carrier} has no service for `{method}`; `describe` says what each carrier offers"),
    )
}

/// Adds to an error of an account's part of a call where it happened and what was tried, and removes secrets from it.
fn placed(session: &Session<'_>, error: Error) -> Error {
    session.in_context(error)
}

/// A reply as JSON text.
fn written(reply: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(reply).map_err(unwritten)
}

/// A reply as JSON that is changed or kept before it is written.
fn to_value(reply: impl Serialize) -> Result<Value, Error> {
    crate::json::to_value(&reply).map_err(unwritten)
}

fn unwritten(error: serde_json::Error) -> Error {
    Error::internal(format!("the reply can't be written: {error}")).caused_by(error)
}

/// Checks `options`: their accounts must exist, and their names must be in the carrier's table. A name that only
/// another method of the carrier takes isn't a typo, and is left out. `chosen` is the call's account, if it has one:
/// its carrier checks them with the body that they are merged into, so that every problem is reported at once.
fn read_options(
    context: &Context<'_>,
    ability: Ability,
    chosen: Option<&Account>,
    options: &mut request::Options,
) -> Result<(), Error> {
    let accounts = &context.client.config.accounts;
    let known = || accounts.iter().flat_map(|account| [account.id.as_str(), account.carrier.code]);
    let mut problems = Vec::new();
    for (name, native) in options.iter_mut() {
        let path = format!("options.{}", shorten(name));
        let meant = |account: &Account| account.id == *name || account.carrier.code == *name;
        let chosen = chosen.filter(|chosen| meant(chosen));
        // Accounts of one carrier may speak different APIs of it.
        let mut carriers: Vec<_> = match chosen {
            Some(chosen) => vec![chosen.carrier],
            None => accounts.iter().filter(|account| meant(account)).map(|account| account.carrier).collect(),
        };
        if carriers.is_empty() {
            carriers.extend(crate::carriers::apis(name));
        }
        if carriers.is_empty() {
            let hint = nearest(name, known()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            problems.push(FieldProblem::new(path, format!("is neither an account's id nor a carrier's code{hint}")));
            continue;
        }
        let fields = |of: Ability| carriers.iter().flat_map(move |carrier| carrier.native_fields(of));
        let has = |fields: &[Field], name: &str| fields.iter().any(|field| field.name == name);
        let mut known: Vec<Field> = fields(ability).collect();
        let own = known.len();
        // What the other methods take is only looked up for a name that this one doesn't have.
        if !native.as_object().is_some_and(|native| native.keys().all(|name| has(&known, name))) {
            let abilities = carriers.iter().flat_map(|carrier| carrier.options).map(|(of, _)| *of);
            for field in abilities.flat_map(fields) {
                if !has(&known, field.name) {
                    known.push(field);
                }
            }
        }
        let found = endpoint::read_native(native, &known, &path);
        // Where it has none for this method, nothing checks them later.
        let later =
            chosen.is_some() && carriers.iter().flat_map(|carrier| carrier.options).any(|(of, _)| *of == ability);
        if !(later && native.is_object()) {
            problems.extend(found);
        }
        if let Value::Object(native) = native {
            let (own, elsewhere) = known.split_at(own);
            native.retain(|name, _| has(own, name) || !has(elsewhere, name));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::invalid_fields(problems)) }
}
