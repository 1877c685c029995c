//! The batch program: reads one batch, checks the rule, commits the public values.
//!
//! A batch that breaks the rule ends the program with the violation's exit code, and nothing is committed. The last act
//! of a good one is the one commitment.

#![no_main]

sp1_zkvm::entrypoint!(main);

use darkcow_rule::{check_batch, Permutation};
use sp1_zkvm::syscalls::{syscall_halt, syscall_keccak_permute};

/// Keccak-f[1600] as the zkVM's precompile.
struct Precompile;

impl Permutation for Precompile {
    fn permute(state: &mut [u64; 25]) {
        syscall_keccak_permute(state);
    }
}

fn main() {
    let input = sp1_zkvm::io::read_vec();
    match check_batch::<Precompile>(&input, |_| ()) {
        Ok(public_values) => sp1_zkvm::io::commit_slice(&public_values),
        Err(violation) => syscall_halt(violation.exit_code()),
    }
}
