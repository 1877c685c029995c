//! Proofs made with a trapdoor hold for any inputs, so nothing needs a circuit.

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInteger, Field, PrimeField};
use sha2::{Digest, Sha256};

use super::{verify, Verdict, MAX_CLAIMS};
use crate::error::Code;

const ALPHA: u64 = 11;
const BETA: u64 = 13;
const GAMMA: u64 = 17;
const DELTA: u64 = 19;
const INPUTS: [u64; 6] = [23, 29, 31, 37, 41, 43];
const ROOT: u64 = 99;
const A_AT: usize = 64 + 4 + 96;
const C_AT: usize = A_AT + 64 + 128;

fn word(value: impl PrimeField) -> Vec<u8> {
    value.into_bigint().to_bytes_be()
}

fn g1(scalar: Fr) -> G1Affine {
    (G1Affine::generator() * scalar).into_affine()
}

fn g2(scalar: Fr) -> G2Affine {
    (G2Affine::generator() * scalar).into_affine()
}

fn flagged(mut raw: Vec<u8>, larger: bool) -> Vec<u8> {
    raw[0] |= if larger { 0xc0 } else { 0x80 };
    raw
}

fn short_g1(scalar: u64) -> Vec<u8> {
    let point = g1(scalar.into());
    flagged(word(point.x), point.y > -point.y)
}

fn short_g2(scalar: u64) -> Vec<u8> {
    let point = g2(scalar.into());
    flagged([word(point.x.c1), word(point.x.c0)].concat(), point.y > -point.y)
}

fn key() -> Vec<u8> {
    let mut raw = [short_g1(ALPHA), short_g1(BETA), short_g2(BETA), short_g2(GAMMA)].concat();
    raw.extend([short_g1(DELTA), short_g2(DELTA), vec![0, 0, 0, 6]].concat());
    raw.extend(INPUTS.into_iter().flat_map(short_g1));
    raw.extend([0; 8]);
    raw
}

fn root() -> [u8; 32] {
    word(Fr::from(ROOT)).try_into().unwrap()
}

/// A claim that holds for these inputs.
fn claim_of(inputs: [u64; 5]) -> Vec<u8> {
    let weights = INPUTS.into_iter().map(Fr::from);
    let sum: Fr = weights
        .zip([1].into_iter().chain(inputs))
        .map(|(weight, input)| weight * Fr::from(input))
        .sum();
    let (a, b) = (Fr::from(inputs[4] + 5), Fr::from(7));
    let c = (a * b - Fr::from(ALPHA) * Fr::from(BETA) - sum * Fr::from(GAMMA))
        * Fr::from(DELTA).inverse().unwrap();
    let (a, b, c) = (g1(a), g2(b), g1(c));
    let mut raw = inputs[..2].iter().flat_map(|input| word(Fr::from(*input))).collect::<Vec<u8>>();
    raw.extend(&Sha256::digest(key())[..4]);
    raw.extend(inputs[2..].iter().flat_map(|input| word(Fr::from(*input))));
    for coordinate in [a.x, a.y, b.x.c1, b.x.c0, b.y.c1, b.y.c0, c.x, c.y] {
        raw.extend(word(coordinate));
    }
    raw
}

fn claim(nonce: u64) -> Vec<u8> {
    claim_of([3, 4, 0, ROOT, nonce])
}

fn with(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut raw = claim(1);
    raw[at..at + bytes.len()].copy_from_slice(bytes);
    raw
}

/// A point of the twist outside the group: the first x that has a y.
fn outside_the_group() -> Vec<u8> {
    let point = (1..)
        .filter_map(|x: u64| G2Affine::get_point_from_x_unchecked(ark_bn254::Fq2::from(x), false))
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .unwrap();
    [point.x.c1, point.x.c0, point.y.c1, point.y.c0].into_iter().flat_map(word).collect()
}

fn judged(claims: &[Vec<u8>]) -> Vec<Verdict> {
    verify(&key(), &root(), claims).unwrap()
}

#[test]
fn verify_of_proofs_that_hold_finds_all_valid() {
    for count in [0, 1, 2, 7, 64] {
        let claims: Vec<Vec<u8>> = (0..count).map(claim).collect();
        assert_eq!(judged(&claims), vec![Verdict::Valid; claims.len()]);
    }
}

#[test]
fn verify_of_a_batch_with_bad_ones_blames_only_those() {
    let modulus = word(-Fr::from(1)); // and one more
    let mut too_large = modulus.clone();
    too_large[31] += 1;
    let infinity = [0; 64];
    let other_a: Vec<u8> = [g1(8.into()).x, g1(8.into()).y].into_iter().flat_map(word).collect();
    let bad = [
        (claim(1)[..419].to_vec(), Verdict::Malformed),
        ([claim(1), vec![0]].concat(), Verdict::Malformed),
        (Vec::new(), Verdict::Malformed),
        (with(0, &too_large), Verdict::Malformed),
        (with(68, &too_large), Verdict::Malformed),
        (with(A_AT, &infinity), Verdict::Malformed),
        (with(A_AT, &[255; 32]), Verdict::Malformed),
        (with(A_AT + 63, &[1]), Verdict::Malformed),
        (with(A_AT + 64, &[0; 128]), Verdict::Malformed),
        (with(A_AT + 64, &outside_the_group()), Verdict::Malformed),
        (with(C_AT, &infinity), Verdict::Malformed),
        (with(64, &[1, 2, 3, 4]), Verdict::Circuit),
        (claim_of([3, 4, 1, ROOT, 1]), Verdict::ExitCode),
        (claim_of([3, 4, 0, ROOT + 1, 1]), Verdict::Root),
        (with(31, &[9]), Verdict::Pairing),
        (with(63, &[9]), Verdict::Pairing),
        (with(68 + 95, &[9]), Verdict::Pairing),
        (with(A_AT, &other_a), Verdict::Pairing),
        (with(C_AT, &other_a), Verdict::Pairing),
    ];
    for (at, (raw, verdict)) in bad.iter().enumerate() {
        let claims = [claim(1), raw.clone(), claim(2)];
        assert_eq!(judged(&claims), [Verdict::Valid, *verdict, Verdict::Valid], "case {at}");
    }
    let mixed: Vec<Vec<u8>> =
        bad.iter().flat_map(|(raw, _)| [raw.clone(), claim(5), claim(6)]).collect();
    let expected: Vec<Verdict> =
        bad.iter().flat_map(|(_, verdict)| [*verdict, Verdict::Valid, Verdict::Valid]).collect();
    assert_eq!(judged(&mixed), expected);
}

#[test]
fn verify_of_two_bad_ones_that_make_up_for_one_another_blames_both() {
    // The same point added here and taken away there: the plain sum of the C holds.
    let mut claims = [claim(1), claim(2), claim(3)];
    for (claim, shift) in claims.iter_mut().zip([Fr::from(5), -Fr::from(5)]) {
        let [x, y] =
            [&claim[C_AT..C_AT + 32], &claim[C_AT + 32..]].map(|raw| raw.try_into().unwrap());
        let moved = (super::points::g1(&[x, y]).unwrap() + g1(shift)).into_affine();
        claim[C_AT..].copy_from_slice(&[word(moved.x), word(moved.y)].concat());
    }
    assert_eq!(judged(&claims), [Verdict::Pairing, Verdict::Pairing, Verdict::Valid]);
}

#[test]
fn verify_of_only_bad_ones_blames_all() {
    let claims: Vec<Vec<u8>> = (0..33).map(|nonce| claim_of([3, 4, 0, ROOT, nonce])).collect();
    let claims: Vec<Vec<u8>> = claims
        .into_iter()
        .map(|mut raw| {
            raw[31] = 9;
            raw
        })
        .collect();
    assert_eq!(judged(&claims), vec![Verdict::Pairing; 33]);
}

#[test]
fn verify_under_no_key_is_an_error() {
    let whole = key();
    let mut keys: Vec<Vec<u8>> = vec![
        Vec::new(),
        whole[..whole.len() - 1].to_vec(),
        [whole.clone(), vec![0]].concat(),
        vec![255; whole.len()],
    ];
    for at in [1, 33, 65, 129, 193, 225, 291, 293, whole.len() - 1] {
        let mut bad = whole.clone();
        bad[at] ^= 1;
        keys.push(bad);
    }
    for at in [0, 32, 64, 128, 192, 224, 292] {
        let mut bad = whole.clone();
        bad[at] ^= 0x80; // neither flag
        keys.push(bad);
    }
    for key in keys {
        // A changed x may be another point's: such a key is one, of another circuit.
        match verify(&key, &root(), &[claim(1)]) {
            Err(error) => assert_eq!(error.code, Code::Proof),
            Ok(verdicts) => assert_eq!(verdicts, [Verdict::Circuit]),
        }
    }
    let other_root = verify(&whole, &[255; 32], &[]).unwrap_err();
    assert_eq!(other_root.code, Code::Malformed);
}

#[test]
fn verify_of_too_many_is_an_error() {
    let claims = vec![Vec::new(); MAX_CLAIMS + 1];
    assert_eq!(verify(&key(), &root(), &claims).unwrap_err().code, Code::Malformed);
}
