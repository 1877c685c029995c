"""What can be wrong with a configuration. All of them end the process with exit code 78 (EX_CONFIG)."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError


class ConfigError(OperatorError):
    """Raised when the configuration cannot be used."""

    code: ClassVar[str] = "ZKO-CFG-000"
    disposition: ClassVar[Disposition] = Disposition.FATAL
    exit_code: ClassVar[int] = 78

    def __init__(self, message: str | None = None, *, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message or _summary(type(self)))
        self.problems = problems

    def __str__(self) -> str:
        return "\n  - ".join([super().__str__(), *self.problems])


def _summary(leaf: type) -> str:
    """The condition in the docstring, as a sentence for whoever wrote the configuration."""
    text = (leaf.__doc__ or leaf.__name__).strip().splitlines()[0]
    condition = text.removeprefix("Raised when ").rstrip(".")
    return condition[:1].upper() + condition[1:]


class UnknownKey(ConfigError):
    """Raised when the configuration has a key that does not exist."""

    code: ClassVar[str] = "ZKO-CFG-001"


class MalformedConfig(ConfigError):
    """Raised when the configuration is no valid TOML, or values are missing or of the wrong form."""

    code: ClassVar[str] = "ZKO-CFG-002"


class ConfigFileMissing(ConfigError):
    """Raised when the configuration file, or a file that it names, cannot be read."""

    code: ClassVar[str] = "ZKO-CFG-003"


class ContradictoryConfig(ConfigError):
    """Raised when values are each valid but do not fit together."""

    code: ClassVar[str] = "ZKO-CFG-004"


class DevnetKeyOutsideDevnet(ConfigError):
    """Raised when a Groth16 key that nobody else can trust (the devnet's, or one of one's own) is configured elsewhere."""

    code: ClassVar[str] = "ZKO-CFG-011"


class WrongCircuitFile(ConfigError):
    """Raised when the circuit's verifying key file is not the one that the circuit's name stands for."""

    code: ClassVar[str] = "ZKO-CFG-012"


class UnusableFiles(ConfigError):
    """Raised when several files or folders that the configuration names cannot be used, each for a reason of its own."""

    code: ClassVar[str] = "ZKO-CFG-013"


class ProgramMismatch(ConfigError):
    """Raised when the program's file or its key is not that of the configured vkey."""

    code: ClassVar[str] = "ZKO-CFG-014"


class FolderUnusable(ConfigError):
    """Raised when a folder in which the operator keeps something cannot be written."""

    code: ClassVar[str] = "ZKO-CFG-015"
