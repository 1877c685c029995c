//! The batch rule, as the zkVM program proves it.
//!
//! One of three implementations (Python and Solidity are the others). The text they share, clause by clause, is
//! `docs/reference/batch-rule.md`; the cases they all must meet are in `tests/vectors/rule`. The clauses are checked in
//! the order of the Python implementation, so that both name the same violation of a batch that has several.
//!
//! The crate rests on `core` and `alloc`; hashing goes through [`Permutation`], which the program maps to the zkVM's
//! precompile.

#![no_std]

extern crate alloc;

mod input;
mod integer;
mod keccak;
mod matching;
mod merkle;
#[cfg(feature = "native")]
mod native;
mod order_id;
mod public_values;
mod violation;

pub use input::Word;
pub use integer::U256;
pub use keccak::Permutation;
pub use matching::Payout;
#[cfg(feature = "native")]
pub use native::Software;
pub use public_values::PUBLIC_VALUES_SIZE;
pub use violation::Violation;

use input::BatchInput;

/// Checks a batch and returns the public values that it proves.
///
/// `input` is the canonical `abi.encode(uint256 version, uint256 chainId, address manager, uint256 validUntil, Section[],
/// Order[])`. `on_payout` hears every order's payout in the order of the input; of a batch that is refused it may have
/// heard some.
///
/// # Errors
/// The first [`Violation`].
pub fn check_batch<P: Permutation>(
    input: &[u8],
    on_payout: impl FnMut(&Payout),
) -> Result<[u8; PUBLIC_VALUES_SIZE], Violation> {
    let batch = BatchInput::decode(input)?;
    matching::check::<P>(&batch, on_payout)?;
    Ok(public_values::of::<P>(&batch))
}
