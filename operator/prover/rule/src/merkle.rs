//! zkVerify's Merkle tree: Keccak-256, unsorted pairs, a lone last node is carried up unchanged.
//!
//! Format: binary-merkle-tree of the Polkadot SDK, as the zkVerify runtime and its EVM contract use it.

use alloc::vec::Vec;

use crate::input::Word;
use crate::keccak::keccak256;
use crate::Permutation;

/// The root over `leaves`; zero for none, the leaf's own node for one.
pub fn root<'a, P: Permutation>(leaves: impl Iterator<Item = &'a Word>) -> Word {
    let mut level: Vec<Word> = leaves.map(|leaf| keccak256::<P>(&[leaf])).collect();
    while level.len() > 1 {
        let (pairs, lone) = level.as_chunks::<2>();
        let parents = pairs.iter().map(|pair| keccak256::<P>(&[pair.as_flattened()]));
        level = parents.chain(lone.iter().copied()).collect();
    }
    level.first().copied().unwrap_or_default()
}
