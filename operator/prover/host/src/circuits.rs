//! The files of SP1's Groth16 circuit: where they are, whether all are there, and which key is among them.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use sp1_sdk::{HashableKey, SP1ProofWithPublicValues, SP1VerifyingKey, SP1_CIRCUIT_VERSION};

use crate::error::{Code, HostError};
use crate::groth16::{self, Verdict};

/// How the SDK learns of the folder; the files are in its subfolder with the circuit's version.
pub const VARIABLE: &str = "SP1_GROTH16_CIRCUIT_PATH";

/// The SDK's mark of a whole folder. It would download 6 GB where it is missing.
const COMPLETE: &str = ".complete";
const KEY: &str = "groth16_vk.bin";
/// gnark ends the process where one of them is missing.
const FILES: [&str; 4] = [COMPLETE, "groth16_circuit.bin", "groth16_pk.bin", KEY];

/// The root of the recursion keys of circuit v6.1.0 (`VK_ROOT_BYTES` of crate sp1-verifier): no setup changes it.
const RECURSION_ROOT: [u8; 32] = [
    0x00, 0x2f, 0x85, 0x0e, 0xe9, 0x98, 0x97, 0x4d, 0x6c, 0xc0, 0x0e, 0x50, 0xcd, 0x08, 0x14, 0xb0,
    0x98, 0xc0, 0x5b, 0xfa, 0xde, 0x46, 0x6d, 0x28, 0x57, 0x32, 0x40, 0xd0, 0x57, 0xf2, 0x53, 0x52,
];

/// The folder of the files, where this host can prove with them; `Unavailable` says what is missing.
pub fn folder() -> Result<PathBuf, HostError> {
    if !cfg!(feature = "native-gnark") {
        return Err(lacking("built without the feature native-gnark"));
    }
    let base = std::env::var_os(VARIABLE)
        .ok_or_else(|| lacking("neither --circuits nor SP1_GROTH16_CIRCUIT_PATH names a folder"))?;
    complete(&Path::new(&base).join(SP1_CIRCUIT_VERSION))
}

fn complete(folder: &Path) -> Result<PathBuf, HostError> {
    match FILES.iter().map(|name| folder.join(name)).find(|path| !path.is_file()) {
        Some(missing) => Err(lacking(&format!("{} is missing", missing.display()))),
        None => Ok(folder.to_owned()),
    }
}

/// Checks a proof under the key of the folder: SP1's own verifier knows only the released one.
pub fn verify(proof: &SP1ProofWithPublicValues, vk: &SP1VerifyingKey) -> Result<(), HostError> {
    let path = folder()?.join(KEY);
    let key = fs::read(&path)
        .map_err(|error| HostError::internal(&format!("{}: {error}", path.display())))?;
    let mut digest: [u8; 32] = Sha256::digest(proof.public_values.as_slice()).into();
    digest[0] &= 0x1f; // as SP1 does, to fit the scalar field
    let claim = [&vk.bytes32_raw()[..], &digest, &proof.bytes()].concat();
    match groth16::verify(&key, &RECURSION_ROOT, &[claim])?.as_slice() {
        [Verdict::Valid] => Ok(()),
        verdicts => {
            let message = format!("the proof does not hold under {}: {verdicts:?}", path.display());
            Err(HostError::new(Code::Proving, &message))
        }
    }
}

fn lacking(what: &str) -> HostError {
    HostError::new(Code::Unavailable, what)
}

#[cfg(test)]
mod tests {
    use super::{complete, FILES};

    #[test]
    fn a_folder_counts_only_with_every_file_and_the_mark() {
        let folder = std::env::temp_dir().join(format!("zko-circuits-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for name in FILES {
            let error = complete(&folder).unwrap_err();
            assert!(error.message.contains(name), "{}", error.message);
            std::fs::write(folder.join(name), []).unwrap();
        }
        assert_eq!(complete(&folder).unwrap(), folder);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
