//! A table of every condition × carrier × method, with the right answers. `README.md` says how to run it.

mod carriers;
mod child;
mod damage;
mod groups;
mod host;
mod row;

use row::{Row, Trial};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

const HELP: &str = "\
flete-world [--group G] [--carrier C] [--method M] [--condition TEXT] [--names] [--quiet]

Plays the rows whose names hold what is given, prints each failed one and the table.
  --names   prints `pass` or `FAIL` and the name of every row, for comparing two runs
  --quiet   prints the first line of each failed row alone";

#[derive(Default)]
struct Options {
    group: Option<String>,
    carrier: Option<String>,
    method: Option<String>,
    condition: Option<String>,
    names: bool,
    quiet: bool,
}

fn options() -> Result<Options, String> {
    let mut options = Options::default();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--group" => options.group = Some(value()?),
            "--carrier" => options.carrier = Some(value()?),
            "--method" => options.method = Some(value()?),
            "--condition" => options.condition = Some(value()?),
            "--names" => options.names = true,
            "--quiet" => options.quiet = true,
            _ => return Err(HELP.to_owned()),
        }
    }
    Ok(options)
}

const INSIDE: &str = "FLETE_WORLD_INSIDE";

/// Runs the program again with its own home: no row may use the home of the person who runs it.
fn inside() -> ExitCode {
    let home = row::scratch();
    let program = std::env::current_exe().expect("this program");
    let ended = std::process::Command::new(program)
        .args(std::env::args().skip(1))
        .env(INSIDE, "1")
        .env("HOME", &home)
        .env_remove("XDG_STATE_HOME")
        .env_remove("FLETE_STATE")
        .status()
        .expect("this program runs again");
    drop(std::fs::remove_dir_all(home));
    if ended.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(Default)]
struct Count {
    rows: usize,
    right: usize,
    duplicates: usize,
}

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("--child") {
        return child::main();
    }
    let options = match options() {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    if std::env::var_os(INSIDE).is_none() {
        return inside();
    }
    let started = Instant::now();
    let has = |filter: &Option<String>, text: &str| filter.as_deref().is_none_or(|filter| text.contains(filter));
    let mut rows: Vec<Row> = groups::all()
        .into_iter()
        .filter(|row| {
            has(&options.group, row.group)
                && has(&options.carrier, row.carrier)
                && has(&options.method, &row.method)
                && has(&options.condition, &row.condition)
        })
        .collect();
    // The slow ones are at the end of their groups; taken in turn, they wait for each other.
    rows.reverse();
    let queue = Mutex::new(rows);
    let counts: Mutex<BTreeMap<(String, String, String), Count>> = Mutex::default();
    let failed: Mutex<Vec<String>> = Mutex::default();
    // A panic is reported with its row.
    std::panic::set_hook(Box::new(|_| {}));
    std::thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                loop {
                    let Some(row) = host::lock(&queue).pop() else { return };
                    play(row, &options, &counts, &failed);
                }
            });
        }
    });
    table(&host::lock(&counts));
    let failed = host::lock(&failed);
    let counts = host::lock(&counts);
    let total: usize = counts.values().map(|count| count.rows).sum();
    let duplicates: usize = counts.values().map(|count| count.duplicates).sum();
    drop(std::fs::remove_dir_all(row::scratch()));
    println!(
        "{total} rows, {duplicates} duplicates, {:.1} s\n{} passed, {} failed",
        started.elapsed().as_secs_f64(),
        total - failed.len(),
        failed.len()
    );
    if failed.is_empty() && duplicates == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn play(
    row: Row,
    options: &Options,
    counts: &Mutex<BTreeMap<(String, String, String), Count>>,
    failed: &Mutex<Vec<String>>,
) {
    let name = row.name();
    let place = (row.group.to_owned(), row.carrier.to_owned(), row.method.clone());
    let mut trial = Trial::default();
    let play = row.play;
    if let Err(panic) = std::panic::catch_unwind(AssertUnwindSafe(|| play(&mut trial))) {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        trial.problems.push(format!("panicked: {}", text.unwrap_or_default()));
    }
    let right = trial.problems.is_empty() && trial.duplicates == 0;
    let mut counts = host::lock(counts);
    let count = counts.entry(place).or_default();
    count.rows += 1;
    count.right += usize::from(right);
    count.duplicates += trial.duplicates;
    if options.names {
        println!("{} {name}", if right { "pass" } else { "FAIL" });
    } else if !right {
        println!("FAILED {name}: {}", trial.problems.join("; "));
        if !options.quiet {
            print!("{}", trial.told());
        }
    }
    if !right {
        host::lock(failed).push(name);
    }
}

fn table(counts: &BTreeMap<(String, String, String), Count>) {
    println!("{:<10} {:<20} {:<28} {:>5} {:>6} {:>10}", "group", "carrier", "method", "rows", "right", "duplicates");
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for ((group, carrier, method), count) in counts {
        println!(
            "{group:<10} {carrier:<20} {method:<28} {:>5} {:>6} {:>10}",
            count.rows, count.right, count.duplicates
        );
        let sum = groups.entry(group).or_default();
        *sum = (sum.0 + count.rows, sum.1 + count.right);
    }
    for (group, (rows, right)) in groups {
        println!("{group}: {right} of {rows}");
    }
}
