//! The prover host: a child process of the operator that runs SP1's executor, verifier and CPU prover.
//!
//! `docs/reference/prover-host.md` describes the protocol. It serves one Unix socket, trusts nothing that it reads there,
//! and ends when its standard input does, so that it never outlives the operator.

mod args;
mod circuits;
mod engine;
mod error;
mod files;
mod groth16;
mod jobs;
mod resources;
mod runners;
mod server;
mod wire;

use std::process::ExitCode;

use args::Args;
use error::HostError;

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(64);
        }
    };
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", error.line());
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(args: &Args) -> Result<(), HostError> {
    files::private_folder(&args.cache)?;
    // The SDK runs an executable that it unpacks into the temporary folder, and takes one that lies there already for its
    // own. Nobody else may write there.
    std::env::set_var("TMPDIR", &args.cache);
    // In its development mode, the SDK would look for circuit files in a bucket of its makers.
    std::env::remove_var("SP1_CIRCUIT_MODE");
    if let Some(folder) = &args.circuits {
        std::env::set_var(circuits::VARIABLE, folder);
    }
    if args.prover {
        resources::require_memory(args.memory_gb)?;
        resources::spare_memory();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| HostError::internal(&error))?;
    let served = runtime.block_on(server::serve(args));
    // Proving cannot be interrupted; what still runs ends with the process.
    runtime.shutdown_background();
    runners::end_all();
    served
}
