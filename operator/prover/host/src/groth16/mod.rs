//! Groth16 proofs of SP1's circuit 6, checked many at once under a key that the request brings: a release's or a devnet's.
//!
//! One random linear combination stands for the whole batch. Where it does not hold, halving finds the proofs that are to
//! blame, so a bad proof costs the others nothing but time.

mod batch;
mod claim;
mod key;
mod points;

use rayon::prelude::*;
use serde::Serialize;

use crate::error::HostError;
use batch::Weighed;
use claim::Claim;
use key::Key;

/// As many claims as one request may bring: seconds' work on two cores where every one of them is bad.
pub const MAX_CLAIMS: usize = 1_024;

/// What becomes of one claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The proof holds.
    Valid,
    /// Of another size, or with words that are no scalars or no points of the groups.
    Malformed,
    /// The selector names another key.
    Circuit,
    /// The program ended with an error.
    ExitCode,
    /// Made with other recursion keys than the expected ones.
    Root,
    /// Everything is in order but the proof itself.
    Pairing,
}

/// A verdict per claim, in their order.
///
/// `recursion_root`: the word that every proof must name. Fails where the key or the root does not decode, and where there
/// are too many claims; a claim never fails, it is judged.
pub fn verify(
    key: &[u8],
    recursion_root: &[u8; 32],
    claims: &[Vec<u8>],
) -> Result<Vec<Verdict>, HostError> {
    if claims.len() > MAX_CLAIMS {
        return Err(HostError::malformed(&format!("more than {MAX_CLAIMS} claims")));
    }
    let key = Key::parse(key)?;
    let root = points::scalar(recursion_root)
        .ok_or_else(|| HostError::malformed("the recursion root is no scalar"))?;
    let read: Vec<Result<Claim, Verdict>> =
        claims.par_iter().map(|raw| Claim::parse(raw, &key.selector, root)).collect();
    judge(&key, &read)
}

fn judge(key: &Key, read: &[Result<Claim, Verdict>]) -> Result<Vec<Verdict>, HostError> {
    let sound: Vec<&Claim> = read.iter().flatten().collect();
    let coefficients = batch::coefficients(sound.len())?;
    let weighed: Vec<Weighed> = sound.into_iter().zip(coefficients).collect();
    let mut held = batch::which_hold(key, &weighed).into_iter();
    let verdict_of = |parsed: &Result<Claim, Verdict>| match parsed {
        Err(verdict) => *verdict,
        Ok(_) if held.next() == Some(true) => Verdict::Valid,
        Ok(_) => Verdict::Pairing,
    };
    Ok(read.iter().map(verdict_of).collect())
}

#[cfg(test)]
mod tests;
