//! Keccak-f[1600] in software, outside the zkVM.

use crate::Permutation;

/// The permutation of the `tiny-keccak` crate.
#[derive(Clone, Copy, Debug)]
pub struct Software;

impl Permutation for Software {
    fn permute(state: &mut [u64; 25]) {
        tiny_keccak::keccakf(state);
    }
}
