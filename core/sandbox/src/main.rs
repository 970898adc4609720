//! The sandbox as a program: simulators of the carriers' APIs for a storefront's own tests, in any language.
//! Prints a flete configuration as one line of JSON, then serves until it is stopped.

use flete_sandbox::Sandbox;
use std::io::{self, Read, Write};
use std::process::ExitCode;

const HELP: &str = "\
flete-sandbox: simulated carriers on loopback ports

usage: flete-sandbox [--port-base N] [--port CARRIER=N]... [--until-stdin-closes]

  --port-base N         the first carrier listens on N, the next on N+1, …
  --port CARRIER=N      this carrier listens on N; the others on ports that the system chooses
  --until-stdin-closes  end when standard input does; otherwise runs until killed
  --help                this text

Prints {\"accounts\": […]} in one line: a flete configuration with an account for every carrier.
Each carrier's port also answers the control interface under /_sandbox/.";

#[derive(Default)]
struct Options {
    ports: Vec<(String, u16)>,
    until_stdin_closes: bool,
    help: bool,
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    while let Some(arg) = args.next() {
        let (name, inline) = match arg.split_once('=') {
            Some((name, value)) if name == "--port-base" || name == "--port" => {
                (name.to_owned(), Some(value.to_owned()))
            }
            _ => (arg, None),
        };
        match name.as_str() {
            "--help" | "-h" => options.help = true,
            "--until-stdin-closes" => options.until_stdin_closes = true,
            "--port-base" | "--port" => {
                let value = inline.or_else(|| args.next());
                let value = value.ok_or_else(|| format!("{name} needs a value"))?;
                options.ports.extend(if name == "--port" { vec![one_port(&value)?] } else { consecutive(&value)? });
            }
            other => return Err(format!("no option {other:?}; --help lists them")),
        }
    }
    Ok(options)
}

fn number(text: &str) -> Result<u16, String> {
    let wrong = |_| format!("a port is a number up to 65535, not {text:?}");
    text.parse().map_err(wrong)
}

fn one_port(value: &str) -> Result<(String, u16), String> {
    let pair = value.split_once('=');
    let (carrier, port) = pair.ok_or_else(|| format!("--port takes CARRIER=N, not {value:?}"))?;
    Ok((carrier.to_owned(), number(port)?))
}

fn consecutive(value: &str) -> Result<Vec<(String, u16)>, String> {
    let base = number(value)?;
    let carriers = Sandbox::carriers().zip(0..);
    carriers
        .map(|(carrier, offset)| {
            let port = base.checked_add(offset);
            let port = port.ok_or_else(|| format!("{value} leaves no room for every carrier"))?;
            Ok((carrier.to_owned(), port))
        })
        .collect()
}

fn run(options: &Options) -> io::Result<()> {
    if options.help {
        return writeln!(io::stdout(), "{HELP}");
    }
    let ports: Vec<(&str, u16)> = options.ports.iter().map(|(carrier, port)| (carrier.as_str(), *port)).collect();
    let sandbox = Sandbox::start_on(&ports)?;
    let mut out = io::stdout();
    writeln!(out, "{}", sandbox.config())?;
    out.flush()?;
    if options.until_stdin_closes {
        let mut sink = [0; 4096];
        while io::stdin().read(&mut sink)? > 0 {}
        return Ok(());
    }
    loop {
        std::thread::park();
    }
}

fn complain(error: &dyn std::fmt::Display) {
    // Standard error may be closed; the exit code says it too.
    let _ = writeln!(io::stderr(), "flete-sandbox: {error}");
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            complain(&error);
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}
