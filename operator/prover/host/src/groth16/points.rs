//! Words and points of BN254, as gnark and the EVM write them: big-endian, imaginary part first. Only canonical forms pass.

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ff::{BigInt, PrimeField};

pub const WORD: usize = 32;
const FLAGS: u8 = 0b1100_0000;
const SMALLER: u8 = 0b1000_0000;
const LARGER: u8 = 0b1100_0000;

/// A scalar below the group's order.
pub fn scalar(word: &[u8; WORD]) -> Option<Fr> {
    Fr::from_bigint(integer(word))
}

fn coordinate(word: &[u8; WORD]) -> Option<Fq> {
    Fq::from_bigint(integer(word))
}

fn integer(word: &[u8; WORD]) -> BigInt<4> {
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().rev().zip(word.chunks_exact(8)) {
        *limb = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    }
    BigInt::new(limbs)
}

/// A finite point of G1, from x and y.
pub fn g1([x, y]: &[[u8; WORD]; 2]) -> Option<G1Affine> {
    let point = G1Affine::new_unchecked(coordinate(x)?, coordinate(y)?);
    (point.is_on_curve()).then_some(point) // the whole curve is the group
}

/// A finite point of G2, from x and y.
pub fn g2([x1, x0, y1, y0]: &[[u8; WORD]; 4]) -> Option<G2Affine> {
    let x = Fq2::new(coordinate(x0)?, coordinate(x1)?);
    let y = Fq2::new(coordinate(y0)?, coordinate(y1)?);
    in_group(G2Affine::new_unchecked(x, y))
}

/// A finite point of G1 in gnark's compressed form.
pub fn compressed_g1(word: &[u8; WORD]) -> Option<G1Affine> {
    let (larger, word) = flags(word)?;
    let (smaller_y, larger_y) = G1Affine::get_ys_from_x_unchecked(coordinate(&word)?)?;
    let y = if larger { larger_y } else { smaller_y };
    Some(G1Affine::new_unchecked(coordinate(&word)?, y))
}

/// A finite point of G2 in gnark's compressed form.
pub fn compressed_g2([x1, x0]: &[[u8; WORD]; 2]) -> Option<G2Affine> {
    let (larger, x1) = flags(x1)?;
    let x = Fq2::new(coordinate(x0)?, coordinate(&x1)?);
    let (smaller_y, larger_y) = G2Affine::get_ys_from_x_unchecked(x)?;
    in_group(G2Affine::new_unchecked(x, if larger { larger_y } else { smaller_y }))
}

fn in_group(point: G2Affine) -> Option<G2Affine> {
    (point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve()).then_some(point)
}

/// Whether the larger y is meant, and the word without its flags.
fn flags(word: &[u8; WORD]) -> Option<(bool, [u8; WORD])> {
    let larger = match word[0] & FLAGS {
        SMALLER => false,
        LARGER => true,
        _ => return None,
    };
    let mut plain = *word;
    plain[0] &= !FLAGS;
    Some((larger, plain))
}
