"""What can be wrong with a key file. None of these messages holds anything secret."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class KeyFileError(OperatorError):
    """Raised when a key or password file cannot be used; the leaves say why."""

    disposition = Disposition.FATAL
    exit_code: ClassVar[int] = 78


class KeyFileUnreadable(KeyFileError):
    """Raised when a key or password file is absent or cannot be read or written.

    Meaning: A key or password file that the configuration names is absent, cannot be opened, or (when a key is
    created) cannot be written.

    What you see: The process ends with exit code 78 and names the path and the system's reason.

    What to do: Check the path under `[keys]` (relative paths count from the configuration file's folder), and that
    the user who runs the daemon owns the file. A password file has to be UTF-8.
    """

    code: ClassVar[str] = "ZKO-KEY-001"


class KeyFileExposed(KeyFileError):
    """Raised when other users of the machine can read a key or password file.

    Meaning: Group or others have some right on a key or password file, so any program of another user could take
    the key.

    What you see: The process ends with exit code 78 and shows path and mode.

    What to do: `chmod 600` the file. If the file system cannot express that (some mounted secrets), allow exposed
    key files in the configuration, knowing what that means; if the file was exposed on a shared machine, treat the
    key as stolen and make a new one.
    """

    code: ClassVar[str] = "ZKO-KEY-002"


class KeyFileMalformed(KeyFileError):
    """Raised when a file is not a key file of the expected kind.

    Meaning: EVM and SP1 keys are V3 keystores (Web3 Secret Storage); zkVerify keys are polkadot-js encrypted JSON,
    version 3, sr25519. The file is something else, is damaged, or asks for key stretching that is unknown or costs
    too much (more than 512 MiB, or four times the work of geth's).

    What you see: The process ends with exit code 78 and names the file.

    What to do: Check that the paths of the EVM, SP1 and zkVerify keys are not exchanged. Export the key again, or
    create one with `zk-operator keys create`. An ed25519 or ecdsa polkadot-js account does not work: the extrinsics
    are signed with sr25519.
    """

    code: ClassVar[str] = "ZKO-KEY-003"


class WrongPassword(KeyFileError):
    """Raised when the password does not open the key file.

    Meaning: Either the password is wrong or the key file was changed after it was written: the encryption cannot
    tell the two apart.

    What you see: The process ends with exit code 78 and names the key file. The password is not shown.

    What to do: Only the first line of the password file counts, without its line end; look for blanks at its end.
    If the password is right, restore the key file from its backup.
    """

    code: ClassVar[str] = "ZKO-KEY-004"


class PasswordEmpty(KeyFileError):
    """Raised when the first line of a password file is empty.

    Meaning: The first line of the password file is empty.

    What you see: The process ends with exit code 78 and names the file.

    What to do: Write the password into the first line.
    """

    code: ClassVar[str] = "ZKO-KEY-005"


class KeyMismatch(KeyFileError):
    """Raised when the key inside a file is not the one that the file's address names.

    Meaning: The address written in the key file and the address of the key inside differ: the file was edited or
    put together from two.

    What you see: The process ends with exit code 78 and shows both addresses.

    What to do: Do not just correct the address: find out which account is meant. Restore the file from its backup,
    or export the key again.
    """

    code: ClassVar[str] = "ZKO-KEY-006"


class KeyFileExists(KeyFileError):
    """Raised when a new key would overwrite a file.

    Meaning: `zk-operator keys create` never overwrites: the file may be the only copy of a key that holds funds.

    What you see: The command ends with exit code 78 and names the file.

    What to do: Choose another path, or move the old file away.
    """

    code: ClassVar[str] = "ZKO-KEY-007"
