//! A process of its own, with an environment of its own: it makes the calls that it is told and prints the answers.

use std::process::ExitCode;
pub fn main() -> ExitCode { ExitCode::SUCCESS }
