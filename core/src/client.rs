//! The client: opened from a configuration without network I/O, then called by method name and JSON.

use crate::config::Config;
use crate::host;
use crate::json::Value;
use crate::methods::{self, Context, Inner};
use crate::model::{Code, Error};
use crate::net::Call;
use crate::net::descriptors;
use crate::net::lane::Lane;
use crate::net::process::Process;
use futures_util::future::{Either, FutureExt, select};
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::{Duration, Instant};

/// How often the host is asked whether to go on, where it can stop a call.
const ASK_HOST: Duration = Duration::from_millis(50);

/// A call that passes its deadline by this much ends, whatever it is doing.
const LAST_RESORT: Duration = Duration::from_millis(250);

/// How long a check of the descriptors holds during a call.
const CHECKED_FOR: Duration = Duration::from_millis(1);

/// Quotes, creates and tracks shipments for the accounts of one configuration.
///
/// Calls block and may be made from any thread; a clone is the same client. Opening starts no thread and sends
/// nothing. Safe to use on both sides of a `fork()`.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

impl Client {
    /// The largest request, in bytes: that of the largest upload, 25 MiB in base64.
    pub const REQUEST_LIMIT: usize = 48 * 1024 * 1024;

    /// Open a client from its configuration, as JSON.
    ///
    /// # Errors
    /// [`Code::InvalidConfig`], with every field that is wrong.
    pub fn open(config: &str) -> Result<Self, Error> {
        let config = host::with_room(|| Config::parse(config)).unwrap_or_else(|error| Err(no_thread(error)));
        Ok(Self(Arc::new(Inner { config: config.map_err(descriptors::named)?, interrupts: AtomicU64::new(0) })))
    }

    /// Each account's id and its carrier's code: the part of a client that may be shown.
    pub fn accounts(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.0.config.accounts.iter().map(|account| (account.id.as_str(), account.carrier.code))
    }

    /// Call a method by its name, with JSON text. Returns the reply's `data` as JSON text.
    ///
    /// # Errors
    /// Whatever went wrong, with what is known of the shipment.
    pub fn invoke(&self, method: &str, request: &str) -> Result<String, Error> {
        self.invoke_checked(method, request, None)
    }

    /// As [`Client::invoke`], asking the host every 50 ms whether to go on.
    ///
    /// # Errors
    /// As [`Client::invoke`]; [`Code::Cancelled`] when the host didn't want to go on.
    pub fn invoke_checked(
        &self,
        method: &str,
        request: &str,
        go_on: Option<&mut dyn FnMut() -> bool>,
    ) -> Result<String, Error> {
        placed(go_on, |go_on| self.drive(method, parsed(method, request)?, go_on))
    }

    /// Call a method by its name, with a JSON value.
    ///
    /// # Errors
    /// As [`Client::invoke`].
    pub fn call(&self, method: &str, request: serde_json::Value) -> Result<serde_json::Value, Error> {
        self.ask(method, request.into()).map(Into::into)
    }

    /// As [`Client::call`], with flete's own value, which keeps every digit.
    pub(crate) fn ask(&self, method: &str, request: Value) -> Result<Value, Error> {
        placed(None, |go_on| {
            let data = self.drive(method, request, go_on)?;
            crate::json::parse_own(&data)
                .map_err(|error| Error::internal(format!("the reply can't be read: {error}")).caused_by(error))
        })
    }

    /// Ends every call of this client that is in progress in this process, as [`Code::Cancelled`]. From any thread.
    pub fn interrupt(&self) {
        self.0.interrupts.fetch_add(1, Ordering::SeqCst);
        Process::interrupt();
    }

    fn drive(&self, method: &str, request: Value, go_on: Option<&mut dyn FnMut() -> bool>) -> Result<String, Error> {
        let method = methods::find(method)?;
        if let Some(message) = crate::input::not_a_request(method.name, &request) {
            return Err(Error::invalid("", message));
        }
        let timeout = timeout_of(&request).unwrap_or(self.0.config.timeout);
        let at_start = self.0.interrupts.load(Ordering::SeqCst);
        let called = Process::current().on_lane(|lane| self.block(lane, method, request, timeout, at_start, go_on));
        called.map_err(descriptors::named)?
    }

    fn block(
        &self,
        lane: &Lane,
        method: &'static methods::Method,
        request: Value,
        timeout: Duration,
        at_start: u64,
        go_on: Option<&mut dyn FnMut() -> bool>,
    ) -> Result<String, Error> {
        // Outside the runtime: what is known of the shipment must outlive it.
        let call = Call::new(timeout);
        let asked = AtomicBool::new(false);
        // The host's own function: if it panics, the panic goes on to the host.
        let mut watched = go_on.map(|go_on| {
            let asked = &asked;
            move || {
                asked.store(true, Ordering::Relaxed);
                let answer = go_on();
                asked.store(false, Ordering::Relaxed);
                answer
            }
        });
        let go_on = watched.as_mut().map(|watched| watched as &mut dyn FnMut() -> bool);
        let mut work = Box::pin(self.ended(lane, &call, method, request, at_start, go_on));
        let driven = std::panic::catch_unwind(AssertUnwindSafe(|| lane.runtime.block_on(work.as_mut())));
        // If the runtime panicked, dropping the call would use the broken runtime, and panic again.
        let leaked = driven.is_err().then(|| std::mem::ManuallyDrop::new(work));
        let result = driven.unwrap_or_else(|panic| {
            if asked.load(Ordering::Relaxed) {
                drop(leaked.map(std::mem::ManuallyDrop::into_inner));
                std::panic::resume_unwind(panic);
            }
            // A payload whose drop panics would get out after all.
            std::mem::forget(panic);
            // The runtime waits on its descriptors, and panics if they are closed.
            lane.give_up();
            Err(call.cut_short(lost()))
        });
        // An account's error has its context already.
        result.map_err(|error| if error.account.is_some() { error } else { call.stamp(error) })
    }

    /// The call, or what ends it from outside.
    async fn ended(
        &self,
        lane: &Lane,
        call: &Call,
        method: &'static methods::Method,
        request: Value,
        at_start: u64,
        go_on: Option<&mut dyn FnMut() -> bool>,
    ) -> Result<String, Error> {
        let context = Context { client: &self.0, lane, call };
        let work = async {
            if !lane.is_fresh() {
                // The runtime notices that the carrier closed an idle connection only when it gets a turn.
                tokio::task::yield_now().await;
            }
            (method.run)(&context, request).await
        };
        // A panic must not lose what is known of the shipment.
        let work = Box::pin(AssertUnwindSafe(work).catch_unwind());
        // Every wait keeps the deadline itself, and has the better message. This is the last resort.
        let ends = Box::pin(async {
            let late = tokio::time::sleep_until(call.deadline + LAST_RESORT);
            let interrupted = pin!(self.interrupted(lane, at_start));
            let stopped = pin!(stopped(go_on));
            match select(select(interrupted, stopped), pin!(late)).await {
                Either::Left((Either::Left((error, _)), _)) => error,
                Either::Left((Either::Right(_), _)) => Error::new(Code::Cancelled, "the host stopped the call"),
                Either::Right(_) => {
                    Error::new(Code::Timeout, "the call did not end in time; allow more with `timeout_ms`")
                }
            }
        });
        let mut both = select(work, ends);
        // `Process::on_lane` checked the descriptors just before.
        let mut checked = Instant::now();
        let first = poll_fn(|task| {
            // After a wait, before a socket is used: its number may belong to the host by now.
            if checked.elapsed() >= CHECKED_FOR {
                if !lane.works() {
                    return Poll::Ready(None);
                }
                checked = Instant::now();
            }
            both.poll_unpin(task).map(Some)
        });
        match first.await {
            Some(Either::Left((result, _))) => result.unwrap_or_else(|panic| {
                // A payload whose drop panics would get out after all.
                std::mem::forget(panic);
                // Waking another call goes through a descriptor, and panics if that is closed.
                Err(call.cut_short(if lane.works() { broken() } else { lost() }))
            }),
            Some(Either::Right((error, work))) => {
                drop(work);
                Err(call.cut_short(error))
            }
            None => {
                // Not dropped: that would close its sockets.
                std::mem::forget(both);
                lane.give_up();
                Err(call.cut_short(lost()))
            }
        }
    }

    async fn interrupted(&self, lane: &Lane, at_start: u64) -> Error {
        loop {
            let rung = lane.interrupts().notified();
            if self.0.interrupts.load(Ordering::SeqCst) != at_start {
                return Error::new(Code::Cancelled, "the call was interrupted");
            }
            rung.await;
        }
    }
}

/// Run a call on this thread if possible, else on a thread of our own.
fn placed<T: Send>(
    go_on: Option<&mut dyn FnMut() -> bool>,
    work: impl FnOnce(Option<&mut dyn FnMut() -> bool>) -> Result<T, Error> + Send,
) -> Result<T, Error> {
    let runtime = match tokio::runtime::Handle::try_current() {
        // A thread of another runtime can't drive ours.
        Ok(_) => false,
        // Nor can a thread that is running its last destructors: at exit(), or those of C++'s static objects.
        Err(error) => !error.is_thread_local_destroyed(),
    };
    if runtime && host::has_room() {
        return work(go_on);
    }
    std::thread::scope(|scope| {
        let (end, ended) = mpsc::channel::<()>();
        let stopped = Arc::new(AtomicBool::new(false));
        let mut asked = go_on.is_some().then(|| {
            let stopped = Arc::clone(&stopped);
            move || !stopped.load(Ordering::Relaxed)
        });
        let inner = host::spawn(scope, move || {
            let _end = end;
            work(asked.as_mut().map(|asked| asked as &mut dyn FnMut() -> bool))
        })
        .map_err(no_thread)?;
        // The host is asked on its own thread.
        if let Some(go_on) = go_on {
            while ended.recv_timeout(ASK_HOST) == Err(mpsc::RecvTimeoutError::Timeout) {
                stopped.store(!go_on(), Ordering::Relaxed);
            }
        }
        inner.join().unwrap_or_else(|_| Err(broken()))
    })
}

fn no_thread(error: std::io::Error) -> Error {
    Error::internal(format!("no thread could be started for the call: {error}; raise `ulimit -u`, or end some threads"))
        .caused_by(error)
}

/// The error for a caller that closed our descriptors.
fn lost() -> Error {
    Error::new(
        Code::Network,
        "the program closed flete's file descriptors during the call; leave them open, and call again",
    )
}

/// Reads a request's JSON text. A push in it comes from the carrier: a bad byte there costs one field, not the push.
fn parsed(method: &str, request: &str) -> Result<Value, Error> {
    if request.len() > Client::REQUEST_LIMIT {
        return Err(Error::invalid(
            "",
            format!("the request has {} bytes; send at most {}", request.len(), Client::REQUEST_LIMIT),
        ));
    }
    let empty = crate::input::trim(request).is_empty();
    crate::input::json(if empty { "{}" } else { request }, "the request").or_else(|why| {
        let lenient = if method == "webhook" { crate::json::read(request.as_bytes(), None) } else { None };
        lenient.ok_or_else(|| Error::invalid("", why.to_string()).because(why))
    })
}

/// The method `describe`, with JSON text in and out. It needs no client.
///
/// # Errors
/// [`Code::InvalidRequest`] if the request isn't as its schema says.
pub fn describe_text(request: &str) -> Result<String, Error> {
    Ok(methods::describe::run(parsed("describe", request)?)?.to_string())
}

/// The error after a panic. The panic's own message may hold a secret, so it isn't shown.
fn broken() -> Error {
    Error::internal("flete has a bug and stopped this call; the log has the place, please report it")
}

/// Ends when the host wants to stop. Never ends if the host isn't asked.
async fn stopped(go_on: Option<&mut dyn FnMut() -> bool>) {
    let Some(go_on) = go_on else { return std::future::pending().await };
    loop {
        tokio::time::sleep(ASK_HOST).await;
        if !go_on() {
            return;
        }
    }
}

/// A request's own `timeout_ms`. The method's shape reports what is wrong with it.
fn timeout_of(request: &Value) -> Option<Duration> {
    let number = crate::model::measure::parse_decimal(request.get("timeout_ms")?)?;
    let millis = u64::try_from(number).ok()?;
    (1..=3_600_000).contains(&millis).then(|| Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;
    use crate::model::Outcome;
    use crate::model::{reply, request};

    /// A create that panics once its request is on its way.
    static BREAKS: methods::Method = methods::Method {
        name: "create",
        request: &request::CREATE,
        reply: &reply::SHIPMENT,
        run: |context, _| {
            Box::pin(async {
                context.call.made(Outcome::Unknown);
                std::panic::resume_unwind(Box::new("secret"))
            })
        },
    };

    #[test]
    fn a_panic_after_a_create_was_sent_does_not_say_that_nothing_was_made() {
        let config = r#"{"accounts": [{"carrier": "fruno", "account": "a", "key": "k"}]}"#;
        let client = Client::open(config).unwrap();
        let called = |lane: &Lane| client.block(lane, &BREAKS, json!({}), Duration::from_secs(1), 0, None);
        let error = Process::current().on_lane(called).unwrap().unwrap_err();
        assert_eq!((error.code, error.outcome), (Code::Internal, Outcome::Unknown));
        assert!(!error.to_value().to_string().contains("secret"));
    }
}
