//! SP1's verifier for one proof file: what checks a proof on a machine that has nothing else.
//!
//! Prints one line of JSON. Ends with 0 where the proof holds, 1 where it does not, 64 for a wrong command line, 65 where a
//! file is none of this.

mod args;
mod verify;

use std::process::ExitCode;
use std::time::Instant;

use args::Args;
use serde_json::json;

const INVALID: u8 = 1;
const USAGE: u8 = 64;
const DATA: u8 = 65;

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(USAGE);
        }
    };
    let proof = match verify::read(&args.proof) {
        Ok(proof) => proof,
        Err(reason) => {
            eprintln!("{}: {reason}", args.proof.display());
            return ExitCode::from(DATA);
        }
    };
    let started = Instant::now();
    let verdict = verify::verify(&proof, &args);
    let answer = json!({
        "valid": verdict.is_ok(),
        "reason": verdict.as_ref().err(),
        "mode": verify::mode(&proof),
        "sp1_version": proof.sp1_version,
        "seconds": started.elapsed().as_secs_f64(),
    });
    println!("{answer}");
    if verdict.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(INVALID)
    }
}
