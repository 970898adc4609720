//! Proves what flete promises of creates, retries, tokens, limits, interrupts and its state file, against a simulator
//! that misbehaves on request. `README.md` says how to run it.

mod carriers;
mod kit;
mod matrix;
mod oracle;

fn main() {
    kit::listen();
    matrix::run();
    let (passed, failed) = kit::results();
    println!("{:?}", kit::codes());
    println!("{passed} passed, {} failed", failed.len());
}
