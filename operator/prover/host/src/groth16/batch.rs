//! The batch check: `prod e(-r A, B) * e(sum r alpha, beta) * e(sum r K(inputs), gamma) * e(sum r C, delta) == 1`.
//!
//! Each claim's `r` is random, odd and has 128 bits: chosen after the claims are read, so bad claims that make up for one
//! another pass with a chance of 2^-127. The points' groups have been checked, which this depends on.

use ark_bn254::{Bn254, Fr, G1Projective};
use ark_ec::pairing::{MillerLoopOutput, Pairing};
use ark_ec::{AdditiveGroup, AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{One, Zero};
use rayon::prelude::*;

use super::claim::Claim;
use super::key::{Key, POINTS};
use crate::error::HostError;

type Target = <Bn254 as Pairing>::TargetField;
/// A claim and its coefficient.
pub type Weighed<'a> = (&'a Claim, u128);

/// Claims whose Miller loops are computed together, which shares squarings.
const GROUP: usize = 16;

/// Random coefficients from the operating system, none of them zero.
pub fn coefficients(count: usize) -> Result<Vec<u128>, HostError> {
    let mut bytes = vec![[0; 16]; count];
    getrandom::fill(bytes.as_flattened_mut()).map_err(|error| HostError::internal(&error))?;
    Ok(bytes.into_iter().map(|bytes| u128::from_le_bytes(bytes) | 1).collect())
}

/// Which of the claims hold: in groups, and one by one within a group that does not.
pub fn which_hold(key: &Key, claims: &[Weighed]) -> Vec<bool> {
    let sums: Vec<Combined> = claims.par_chunks(GROUP).map(Combined::of).collect();
    let judged =
        claims.par_chunks(GROUP).zip(search(key, &sums)).flat_map_iter(|(group, holds)| {
            if holds {
                return vec![true; group.len()];
            }
            let singles: Vec<Combined> = group.chunks(1).map(Combined::of).collect();
            search(key, &singles)
        });
    judged.collect()
}

/// Claims times their coefficients, as far as that needs no key.
struct Combined {
    miller: Target,
    weights: [Fr; POINTS],
    c: G1Projective,
}

impl Combined {
    /// The costly part: half a millisecond per claim.
    fn of(claims: &[Weighed]) -> Self {
        let scaled = claims
            .iter()
            .map(|(claim, factor)| -claim.a.mul_bigint([*factor as u64, (*factor >> 64) as u64]));
        let a = G1Projective::normalize_batch(&scaled.collect::<Vec<_>>());
        let b = claims.iter().map(|(claim, _)| claim.b);
        let mut weights = [Fr::zero(); POINTS];
        for (claim, factor) in claims {
            let factor = Fr::from(*factor);
            weights[0] += factor;
            for (weight, input) in weights[1..].iter_mut().zip(claim.inputs) {
                *weight += factor * input;
            }
        }
        Self { miller: Bn254::multi_miller_loop(a, b).0, weights, c: weighed_c(claims) }
    }

    fn none() -> Self {
        Self { miller: Target::one(), weights: [Fr::zero(); POINTS], c: G1Projective::zero() }
    }

    fn and(mut self, other: &Self) -> Self {
        self.miller *= other.miller;
        self.c += other.c;
        for (weight, more) in self.weights.iter_mut().zip(other.weights) {
            *weight += more;
        }
        self
    }

    fn holds(&self, key: &Key) -> bool {
        let inputs = G1Projective::msm_unchecked(&key.inputs, &self.weights);
        let g1 = [key.alpha.into_group() * self.weights[0], inputs, self.c];
        let g1 = G1Projective::normalize_batch(&g1);
        let g2 = [&key.beta, &key.gamma, &key.delta].map(Clone::clone);
        let rest = Bn254::multi_miller_loop(g1, g2).0;
        Bn254::final_exponentiation(MillerLoopOutput(rest * self.miller))
            .is_some_and(|product| product.0.is_one())
    }
}

/// The sum of the coefficients times C, with doublings that all share.
fn weighed_c(claims: &[Weighed]) -> G1Projective {
    let mut sum = G1Projective::zero();
    for bit in (0..u128::BITS).rev() {
        sum.double_in_place();
        for (claim, _) in claims.iter().filter(|(_, factor)| factor >> bit & 1 == 1) {
            sum += claim.c;
        }
    }
    sum
}

fn search(key: &Key, parts: &[Combined]) -> Vec<bool> {
    let mut held = vec![true; parts.len()];
    if !all_hold(key, parts) {
        blame(key, parts, &mut held);
    }
    held
}

fn all_hold(key: &Key, parts: &[Combined]) -> bool {
    parts.is_empty() || parts.iter().fold(Combined::none(), Combined::and).holds(key)
}

/// Among parts that do not all hold, marks those that do not. Where the first half holds, the second needs no check.
fn blame(key: &Key, parts: &[Combined], held: &mut [bool]) {
    if let [only] = held {
        *only = false;
        return;
    }
    let middle = parts.len() / 2;
    let (first, second) = parts.split_at(middle);
    let (first_held, second_held) = held.split_at_mut(middle);
    if all_hold(key, first) {
        return blame(key, second, second_held);
    }
    rayon::join(
        || blame(key, first, first_held),
        || {
            if !all_hold(key, second) {
                blame(key, second, second_held);
            }
        },
    );
}
