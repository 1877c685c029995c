//! A circuit's verifying key, as `groth16_vk.bin` has it: gnark's compressed form, without commitments.

use ark_bn254::{Bn254, G1Affine};
use ark_ec::pairing::Pairing;
use sha2::{Digest, Sha256};

use super::points::{self, WORD};
use crate::error::{Code, HostError};

type Prepared = <Bn254 as Pairing>::G2Prepared;

/// Vkey, digest, exit code, recursion root, nonce; and the constant.
pub const POINTS: usize = 6;
const COUNT: [u8; 4] = [0, 0, 0, POINTS as u8];
const NO_COMMITMENTS: [u8; 8] = [0; 8];
const FIXED_WORDS: usize = 9;
const COUNT_AT: usize = FIXED_WORDS * WORD;
const POINTS_AT: usize = COUNT_AT + COUNT.len();
const END: usize = POINTS_AT + POINTS * WORD;
const SIZE: usize = END + NO_COMMITMENTS.len();

/// A key of a circuit with five public inputs.
pub struct Key {
    /// What proofs of the circuit begin with: the head of the file's sha256.
    pub selector: [u8; 4],
    pub alpha: G1Affine,
    pub beta: Prepared,
    pub gamma: Prepared,
    pub delta: Prepared,
    pub inputs: [G1Affine; POINTS],
}

impl Key {
    /// Reads a key; every byte of it counts.
    pub fn parse(raw: &[u8]) -> Result<Self, HostError> {
        Self::read(raw).ok_or_else(|| {
            HostError::new(Code::Proof, "no Groth16 verifying key of a circuit with five inputs")
        })
    }

    fn read(raw: &[u8]) -> Option<Self> {
        let framed =
            raw.len() == SIZE && raw[COUNT_AT..POINTS_AT] == COUNT && raw[END..] == NO_COMMITMENTS;
        let (fixed, _) = raw.get(..COUNT_AT).filter(|_| framed)?.as_chunks::<WORD>();
        // Verification needs neither beta nor delta of G1; a key with junk there is no key all the same.
        let _unused = [points::compressed_g1(&fixed[1])?, points::compressed_g1(&fixed[6])?];
        let g2 = |at: usize| points::compressed_g2(&[fixed[at], fixed[at + 1]]);
        let (inputs, _) = raw[POINTS_AT..END].as_chunks::<WORD>();
        let inputs: Option<Vec<G1Affine>> = inputs.iter().map(points::compressed_g1).collect();
        let digest = Sha256::digest(raw);
        Some(Self {
            selector: [digest[0], digest[1], digest[2], digest[3]],
            alpha: points::compressed_g1(&fixed[0])?,
            beta: g2(2)?.into(),
            gamma: g2(4)?.into(),
            delta: g2(7)?.into(),
            inputs: inputs?.try_into().ok()?,
        })
    }
}
