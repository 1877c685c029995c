//! The 192 bytes that the proof commits to: `abi.encode(uint256 1, chainId, manager, ordersRoot, settlementHash,
//! validUntil)`.

use crate::input::{BatchInput, Word};
use crate::keccak::keccak256;
use crate::{merkle, Permutation};

/// Bytes of the public values.
pub const PUBLIC_VALUES_SIZE: usize = 192;

/// The public values of a batch, which is not checked here.
pub fn of<P: Permutation>(batch: &BatchInput<'_>) -> [u8; PUBLIC_VALUES_SIZE] {
    let version = small_word(1);
    let orders_root =
        merkle::root::<P>(batch.sections.iter().flat_map(|section| section.order_ids));
    let settlement_hash = settlement_hash::<P>(batch);
    let words = [
        &version,
        batch.chain_id,
        batch.manager,
        &orders_root,
        &settlement_hash,
        batch.valid_until,
    ];
    let mut values = [0; PUBLIC_VALUES_SIZE];
    for (place, word) in values.as_chunks_mut::<32>().0.iter_mut().zip(words) {
        *place = *word;
    }
    values
}

/// `keccak256(abi.encode(Section[]))`: the offset of the one argument, then its encoding as it stands in the input.
fn settlement_hash<P: Permutation>(batch: &BatchInput<'_>) -> Word {
    keccak256::<P>(&[&small_word(0x20), batch.sections_encoding.as_flattened()])
}

const fn small_word(value: u8) -> Word {
    let mut word = [0; 32];
    word[31] = value;
    word
}
