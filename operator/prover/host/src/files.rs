//! The host's folder: nobody else reads or writes it. Verifying keys are kept there by program hash.

use std::fs::{self, DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use sp1_sdk::SP1VerifyingKey;

use crate::error::HostError;

const SDK: &str = "6.10.0";
static DRAFTS: AtomicU64 = AtomicU64::new(0);

/// Makes the folder, and makes it private.
pub fn private_folder(path: &Path) -> Result<(), HostError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o700)))
        .map_err(|error| HostError::internal(&format!("{}: {error}", path.display())))
}

/// Verifying keys on disk.
#[derive(Clone, Debug)]
pub struct Keys {
    folder: PathBuf,
}

impl Keys {
    /// Keys in a folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The program's key, if it is known. A file that does not decode counts as absent.
    pub fn find(&self, elf: &[u8]) -> Option<SP1VerifyingKey> {
        bincode::deserialize(&fs::read(self.path(elf)).ok()?).ok()
    }

    /// Remembers a key; a reader sees all of it or nothing.
    pub fn keep(&self, elf: &[u8], key: &SP1VerifyingKey) -> Result<(), HostError> {
        let bytes = bincode::serialize(key).map_err(|error| HostError::internal(&error))?;
        // Two hosts may share the folder, and two requests this process.
        let number = DRAFTS.fetch_add(1, Ordering::Relaxed);
        let path = self.path(elf);
        let draft = path.with_extension(format!("{}-{number}.new", std::process::id()));
        fs::write(&draft, bytes)
            .and_then(|()| fs::rename(&draft, &path))
            .map_err(|error| HostError::internal(&format!("{}: {error}", path.display())))
    }

    fn path(&self, elf: &[u8]) -> PathBuf {
        let hash: String = Sha256::digest(elf).iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{hash}-{SDK}.vk"))
    }
}

/// Removes a socket that is left over; leaves anything else alone.
pub fn remove_socket(path: &Path) -> Result<(), HostError> {
    use std::os::unix::fs::FileTypeExt;
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {
            fs::remove_file(path).map_err(|error| HostError::internal(&error))
        }
        Ok(_) => Err(HostError::internal(&format!("{}: no socket", path.display()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(HostError::internal(&error)),
    }
}
