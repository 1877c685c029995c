//! The proof file, and SP1's verdict on it.

use std::path::Path;

use bincode::Options;
use slop_algebra::{AbstractField, PrimeField32};
use sp1_primitives::SP1Field;
use sp1_verifier::compressed::SP1CompressedVerifier;
use sp1_verifier::{
    Groth16Bn254Proof, Groth16Verifier, ProofFromNetwork, SP1Proof, GROTH16_VK_BYTES,
};

use crate::args::Args;

const SELECTOR: usize = 4;

/// What a prover answers, or what the SDK saves: that has one byte more (no TEE proof).
pub fn read(path: &Path) -> Result<ProofFromNetwork, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    decode(&bytes).or_else(|error| match bytes.split_last() {
        Some((0, rest)) => decode(rest),
        _ => Err(error),
    })
}

/// The kind of proof, by SP1's name.
pub const fn mode(proof: &ProofFromNetwork) -> &'static str {
    match proof.proof {
        SP1Proof::Core(_) => "core",
        SP1Proof::Compressed(_) => "compressed",
        SP1Proof::Plonk(_) => "plonk",
        SP1Proof::Groth16(_) => "groth16",
    }
}

/// Whether the proof shows that the program ran to its end and committed to the values; the reason where it does not.
pub fn verify(proof: &ProofFromNetwork, args: &Args) -> Result<(), String> {
    if proof.public_values.as_slice() != args.public_values {
        return Err("the file names other public values".to_owned());
    }
    match &proof.proof {
        SP1Proof::Compressed(inner) => SP1CompressedVerifier::new()
            .verify_compressed_with_public_values(inner, &args.public_values, &vkey(args)?)
            .map_err(|error| error.to_string()),
        SP1Proof::Groth16(inner) => verify_groth16(inner, args),
        _ => Err(format!("{} proofs are not verified here", mode(proof))),
    }
}

fn verify_groth16(proof: &Groth16Bn254Proof, args: &Args) -> Result<(), String> {
    let key = args.circuit_key.as_ref().map_or_else(
        || Ok(GROTH16_VK_BYTES.to_vec()),
        |path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display())),
    )?;
    let encoded = hex::decode(&proof.encoded_proof).map_err(|error| error.to_string())?;
    let onchain = [&proof.groth16_vkey_hash[..SELECTOR], &encoded].concat();
    let vkey = format!("0x{}", hex::encode(args.vkey));
    Groth16Verifier::verify(&onchain, &args.public_values, &vkey, &key)
        .map_err(|error| error.to_string())
}

fn vkey(args: &Args) -> Result<[SP1Field; 8], String> {
    let words = args.vkey_words();
    if words.iter().any(|word| *word >= SP1Field::ORDER_U32) {
        return Err("the vkey is none of a program".to_owned());
    }
    Ok(words.map(SP1Field::from_canonical_u32))
}

fn decode(bytes: &[u8]) -> Result<ProofFromNetwork, String> {
    bincode::DefaultOptions::new()
        .with_fixint_encoding()
        .with_limit(bytes.len() as u64)
        .reject_trailing_bytes()
        .deserialize(bytes)
        .map_err(|error| error.to_string())
}
