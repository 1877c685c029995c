//! A claim: `program vkey ‖ digest of the public values ‖ proof in on-chain form`, 420 bytes.
//!
//! The on-chain form of circuit 6: `selector (4) ‖ exit code ‖ recursion root ‖ nonce ‖ A ‖ B ‖ C`, big-endian words.

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ff::Zero;

use super::points::{self, WORD};
use super::Verdict;

const SELECTOR: usize = 4;
const WORDS_BEFORE: usize = 2;
const WORDS_BEHIND: usize = 11;

/// A proof and its public inputs, in the circuit's order.
pub struct Claim {
    pub inputs: [Fr; 5],
    pub a: G1Affine,
    pub b: G2Affine,
    pub c: G1Affine,
}

impl Claim {
    /// Reads a claim under the key that `selector` names; the verdict where that is enough to refuse it.
    pub fn parse(raw: &[u8], selector: &[u8; SELECTOR], root: Fr) -> Result<Self, Verdict> {
        let (before, behind, named) = split(raw).ok_or(Verdict::Malformed)?;
        if named != selector {
            return Err(Verdict::Circuit);
        }
        let claim = Self::read(before, behind).ok_or(Verdict::Malformed)?;
        let [_, _, exit_code, found_root, _] = claim.inputs;
        if !exit_code.is_zero() {
            return Err(Verdict::ExitCode);
        }
        if found_root != root {
            return Err(Verdict::Root);
        }
        Ok(claim)
    }

    fn read(before: &[[u8; WORD]], behind: &[[u8; WORD]]) -> Option<Self> {
        let [vkey, digest] = before else { return None };
        let [exit_code, root, nonce, ax, ay, bx1, bx0, by1, by0, cx, cy] = behind else {
            return None;
        };
        Some(Self {
            inputs: [
                points::scalar(vkey)?,
                points::scalar(digest)?,
                points::scalar(exit_code)?,
                points::scalar(root)?,
                points::scalar(nonce)?,
            ],
            a: points::g1(&[*ax, *ay])?,
            b: points::g2(&[*bx1, *bx0, *by1, *by0])?,
            c: points::g1(&[*cx, *cy])?,
        })
    }
}

type Words<'a> = &'a [[u8; WORD]];

/// The words before the selector, those behind it, and the selector; none where the size is another one.
fn split(raw: &[u8]) -> Option<(Words<'_>, Words<'_>, &[u8])> {
    let (before, proof) = raw.split_at_checked(WORDS_BEFORE * WORD)?;
    let (selector, behind) = proof.split_at_checked(SELECTOR)?;
    let sized = behind.len() == WORDS_BEHIND * WORD;
    sized.then_some((before.as_chunks().0, behind.as_chunks().0, selector))
}
