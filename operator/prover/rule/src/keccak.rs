//! Keccak-256 around a permutation that the platform provides.
//!
//! The original Keccak padding (`0x01 … 0x80`), as Ethereum uses it, at the rate of 136 bytes.

use core::marker::PhantomData;

const LANE: usize = 8;
const RATE: usize = 136;

/// Keccak-f[1600].
pub trait Permutation {
    /// Permutes the state in place.
    fn permute(state: &mut [u64; 25]);
}

/// A Keccak-256 computation under way.
pub struct Keccak<P> {
    state: [u64; 25],
    at: usize,
    permutation: PhantomData<P>,
}

impl<P: Permutation> Keccak<P> {
    pub const fn new() -> Self {
        Self { state: [0; 25], at: 0, permutation: PhantomData }
    }

    /// Absorbs bytes; whole lanes at once wherever the position allows it.
    pub fn update(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(self.at.wrapping_neg() % LANE));
        self.absorb_bytes(head);
        let (lanes, tail) = rest.as_chunks::<LANE>();
        for lane in lanes {
            self.state[self.at / LANE] ^= u64::from_le_bytes(*lane);
            self.advance(LANE);
        }
        self.absorb_bytes(tail);
    }

    /// The digest.
    pub fn finish(mut self) -> [u8; 32] {
        self.state[self.at / LANE] ^= 1 << (self.at % LANE * 8);
        self.state[RATE / LANE - 1] ^= 1 << 63;
        P::permute(&mut self.state);
        let mut digest = [0; 32];
        for (bytes, lane) in digest.as_chunks_mut::<LANE>().0.iter_mut().zip(self.state) {
            *bytes = lane.to_le_bytes();
        }
        digest
    }

    fn absorb_bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.state[self.at / LANE] ^= u64::from(*byte) << (self.at % LANE * 8);
            self.advance(1);
        }
    }

    fn advance(&mut self, size: usize) {
        self.at += size;
        if self.at == RATE {
            P::permute(&mut self.state);
            self.at = 0;
        }
    }
}

/// The digest of the concatenation of `parts`.
pub fn keccak256<P: Permutation>(parts: &[&[u8]]) -> [u8; 32] {
    let mut keccak = Keccak::<P>::new();
    for part in parts {
        keccak.update(part);
    }
    keccak.finish()
}

#[cfg(all(test, feature = "native"))]
mod tests {
    use super::keccak256;
    use crate::Software;
    use alloc::vec::Vec;
    use tiny_keccak::Hasher;

    fn reference(bytes: &[u8]) -> [u8; 32] {
        let (mut keccak, mut digest) = (tiny_keccak::Keccak::v256(), [0; 32]);
        keccak.update(bytes);
        keccak.finalize(&mut digest);
        digest
    }

    #[test]
    fn keccak256_of_every_length_and_split_is_the_reference() {
        let bytes: Vec<u8> = (0..420u32).map(|i| (i * 7 + 3) as u8).collect();
        for end in 0..bytes.len() {
            let (left, right) = bytes[..end].split_at(end / 3);
            assert_eq!(keccak256::<Software>(&[left, right]), reference(&bytes[..end]), "{end}");
        }
    }
}
