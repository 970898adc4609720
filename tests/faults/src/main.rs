//! Proves what flete promises of creates, retries, tokens, limits, interrupts and its state file, against a simulator
//! that misbehaves on request. `README.md` says how to run it.

mod carriers;
mod keys;
mod kit;
mod limits;
mod matrix;
mod oracle;
mod secrets;
mod soak;
mod tokens;
mod waits;
mod worker;

use std::process::ExitCode;
use std::time::Instant;

const HELP: &str = "\
flete-faults [PART]... [--creates N] [--seed S] [--carrier C] [--long]

Parts (all, when none is named): matrix keys waits tokens limits soak
  --creates N   how many creates the soak makes with each carrier (500 with Fruno and 150 with each other)
  --seed S      the soak's plan of faults and kills
  --carrier C   only this carrier
  --long        the limits' 200 calls against 5;w=1, too";

struct Options {
    parts: Vec<String>,
    creates: Option<u64>,
    seed: u64,
    carrier: Option<String>,
    long: bool,
}

fn options(args: &[String]) -> Result<Options, String> {
    let mut options = Options { parts: Vec::new(), creates: None, seed: 1, carrier: None, long: false };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--creates" => options.creates = Some(value()?.parse().map_err(|_| "--creates takes a number")?),
            "--seed" => options.seed = value()?.parse().map_err(|_| "--seed takes a number")?,
            "--carrier" => options.carrier = Some(value()?.clone()),
            "--long" => options.long = true,
            "matrix" | "keys" | "waits" | "tokens" | "limits" | "soak" => options.parts.push(arg.clone()),
            _ => return Err(HELP.to_owned()),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args
        .first()
        .is_some_and(|first| matches!(first.as_str(), "invoke" | "soak") && args.len() > 2 && args[1].starts_with('{'))
    {
        worker::main(&args);
        return ExitCode::SUCCESS;
    }
    let options = match options(&args) {
        Ok(options) => options,
        Err(help) => {
            eprintln!("{help}");
            return ExitCode::from(2);
        }
    };
    kit::listen();
    let whole = options.parts.is_empty();
    let part = |name: &str, work: &dyn Fn()| {
        if whole || options.parts.iter().any(|part| part == name) {
            let started = Instant::now();
            println!("==== {name}");
            work();
            println!("==== {name}: {:.1} s", started.elapsed().as_secs_f64());
        }
    };
    let carriers: Vec<_> =
        carriers::all().into_iter().filter(|c| options.carrier.as_deref().is_none_or(|code| code == c.code)).collect();
    part("matrix", &|| matrix::run(&carriers));
    part("keys", &|| carriers.iter().for_each(|carrier| keys::run(carrier)));
    part("waits", &|| {
        waits::retry_after();
        waits::made_before_stopped();
        waits::other_codes();
        for carrier in &carriers {
            waits::retry_after_in_body(carrier);
            waits::interrupts(carrier);
        }
    });
    part("tokens", &|| carriers.iter().for_each(|carrier| tokens::run(carrier)));
    part("limits", &|| limits::run(options.long));
    part("soak", &|| {
        for carrier in carriers.iter().filter(|carrier| carrier.finds) {
            let few = if carrier.code == "fruno" { 500 } else { 150 };
            soak::run(carrier, options.creates.unwrap_or(few), options.seed);
        }
    });
    carriers.iter().for_each(|carrier| secrets::plant(carrier));
    secrets::search();
    if whole {
        codes();
    }
    let (passed, failed) = kit::results();
    for what in &failed {
        println!("FAILED {what}");
    }
    drop(std::fs::remove_dir_all(kit::scratch()));
    println!("{passed} passed, {} failed", failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Every code of the contract, and how often it was reached.
fn codes() {
    let reached = kit::codes();
    println!("\n{:<22} reached", "code");
    for &code in flete::Code::all() {
        let times = reached.get(code.as_str()).copied().unwrap_or(0);
        // There is no handle in Rust: the C ABI's own tests give it a forged and a closed one.
        let elsewhere = code == flete::Code::InvalidHandle;
        println!("{:<22} {}", code.as_str(), if elsewhere { "in ffi's tests".to_owned() } else { times.to_string() });
        kit::check(elsewhere || times > 0, &format!("{} is reached", code.as_str()), || "never".to_owned());
    }
}
