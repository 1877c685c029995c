"""Files with secrets: read only when nobody else can read them, written so that nobody else can."""

import os
import stat
from pathlib import Path

from zk_acts.adapters.signing.errors import (
    KeyFileExists,
    KeyFileExposed,
    KeyFileMalformed,
    KeyFileUnreadable,
    PasswordEmpty,
)
from zk_acts.domain.json_text import JsonInvalid, parse_json

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MAX_BYTES = 1 << 20


def read_secret(path: Path, *, allow_exposed: bool = False) -> bytes:
    """The file's bytes.

    Errors: KeyFileUnreadable; KeyFileExposed where group or others have any right on it, unless allowed.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & _OTHERS and not allow_exposed:
                raise KeyFileExposed(path=str(path), mode=oct(stat.S_IMODE(mode)), wanted="0o600")
            return file.read(_MAX_BYTES)
    except OSError as error:
        raise KeyFileUnreadable(path=str(path), reason=error.strerror) from error


def read_password(path: Path, *, allow_exposed: bool = False) -> str:
    """The first line of the file, without its line end. Errors: as `read_secret`, and PasswordEmpty."""
    raw = read_secret(path, allow_exposed=allow_exposed)
    try:
        line = raw.decode("utf-8").split("\n", 1)[0].rstrip("\r")
    except UnicodeDecodeError:
        # The cause would quote bytes of the password.
        raise KeyFileUnreadable(path=str(path), reason="not UTF-8") from None
    if not line:
        raise PasswordEmpty(path=str(path))
    return line


def write_secret(path: Path, content: bytes) -> None:
    """Create the file with mode 0600, durably. Errors: KeyFileExists, KeyFileUnreadable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise KeyFileExists(path=str(path)) from None
    except OSError as error:
        raise KeyFileUnreadable(path=str(path), reason=error.strerror) from error


def read_json_object(path: Path, raw: bytes, what: str) -> dict[str, object]:
    """The members of a JSON object. Error: KeyFileMalformed."""
    try:
        parsed = parse_json(raw)
    except JsonInvalid:
        raise KeyFileMalformed("the key file is no JSON, or cut off", path=str(path)) from None
    if not isinstance(parsed, dict):
        raise KeyFileMalformed(f"the key file is no {what}", path=str(path))
    return parsed
