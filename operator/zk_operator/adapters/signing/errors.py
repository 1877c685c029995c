"""What can be wrong with a key file. None of these messages holds anything secret."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError


class KeyFileError(OperatorError):
    """Raised when a key or password file cannot be used; the leaves say why."""

    disposition = Disposition.FATAL
    exit_code: ClassVar[int] = 78


class KeyFileUnreadable(KeyFileError):
    """Raised when a key or password file is absent or cannot be read or written."""

    code: ClassVar[str] = "ZKO-KEY-001"


class KeyFileExposed(KeyFileError):
    """Raised when other users of the machine can read a key or password file."""

    code: ClassVar[str] = "ZKO-KEY-002"


class KeyFileMalformed(KeyFileError):
    """Raised when a file is not a key file of the expected kind."""

    code: ClassVar[str] = "ZKO-KEY-003"


class WrongPassword(KeyFileError):
    """Raised when the password does not open the key file."""

    code: ClassVar[str] = "ZKO-KEY-004"


class PasswordEmpty(KeyFileError):
    """Raised when the first line of a password file is empty."""

    code: ClassVar[str] = "ZKO-KEY-005"


class KeyMismatch(KeyFileError):
    """Raised when the key inside a file is not the one that the file's address names."""

    code: ClassVar[str] = "ZKO-KEY-006"


class KeyFileExists(KeyFileError):
    """Raised when a new key would overwrite a file."""

    code: ClassVar[str] = "ZKO-KEY-007"
