"""What can be wrong with a configuration. All of them end the process with exit code 78 (EX_CONFIG)."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class ConfigError(OperatorError):
    """Raised when the configuration cannot be used.

    Meaning: The common parent of the configuration errors; it is not raised itself. See the code that was printed.

    What you see: -

    What to do: Read the lines below the message: each names a key.
    """

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
    """Raised when the configuration has a key that does not exist.

    Meaning: The file, an environment variable (`ZKO_<SECTION>__<KEY>`) or a flag sets a key that does not exist.
    Nothing is ignored silently.

    What you see: The process ends with exit code 78 and a list of the keys, each with its source and the closest
    real key.

    What to do: Correct or remove the key. Variables need two underscores between sections and key.
    """

    code: ClassVar[str] = "ZKO-CFG-001"


class MalformedConfig(ConfigError):
    """Raised when the configuration is no valid TOML, or values are missing or of the wrong form.

    Meaning: The file is not valid TOML, or values are missing or of the wrong form.

    What you see: The process ends with exit code 78; every problem is listed with its key and source.

    What to do: Correct the values. Amounts in `[limits]` are text (`"0.25"`), hashes and addresses are `0x` and hex
    digits in quotes.
    """

    code: ClassVar[str] = "ZKO-CFG-002"


class ConfigFileMissing(ConfigError):
    """Raised when the configuration file, or a file that it names, cannot be read.

    Meaning: The configuration file, or a file that it names (key, password, program, circuit key), does not exist
    or cannot be read.

    What you see: The process ends with exit code 78 and lists every such file with its key.

    What to do: Check the path; relative ones are taken from the folder of the configuration file. Check that the
    operator's user may read it.
    """

    code: ClassVar[str] = "ZKO-CFG-003"


class ContradictoryConfig(ConfigError):
    """Raised when values are each valid but do not fit together.

    Meaning: Values are valid on their own but not together, for example an hourly cap above the daily one, or a
    proof that may take longer than its batch is valid.

    What you see: The process ends with exit code 78 and lists every contradiction.

    What to do: Change one of the keys named.
    """

    code: ClassVar[str] = "ZKO-CFG-004"


class DevnetKeyOutsideDevnet(ConfigError):
    """Raised when a Groth16 key that nobody else can trust (the devnet's, or one of one's own) is configured elsewhere.

    Meaning: The circuit `devnet` (or its key file under another name) or `own` is configured together with a chain
    that is not the devnet. The trapdoor of the devnet's key is public, and that of a key of one's own may be known
    to whoever made it: who knows it can prove anything.

    What you see: The process ends with exit code 78. Nothing was started.

    What to do: Set `prover.circuit` to a released circuit and `prover.circuit_vk_file` to its `groth16_vk.bin`; on
    the devnet, check `evm.chain_id` (31337) and `zkverify.genesis_hash`.
    """

    code: ClassVar[str] = "ZKO-CFG-011"


class WrongCircuitFile(ConfigError):
    """Raised when the circuit's verifying key file is not the one that the circuit's name stands for.

    Meaning: The sha256 of `prover.circuit_vk_file` is not that of the circuit that `prover.circuit` names. With
    `prover.circuit = "own"`: the file is no gnark key with five public inputs, or it is the key of a known circuit.

    What you see: The process ends with exit code 78 and shows both hashes.

    What to do: Take `groth16_vk.bin` of that circuit version from SP1's verifier package, or correct the version.
    """

    code: ClassVar[str] = "ZKO-CFG-012"


class UnusableFiles(ConfigError):
    """Raised when several files or folders that the configuration names cannot be used, each for a reason of its own.

    Meaning: Several files or folders that the configuration names cannot be used, for different reasons.

    What you see: The process ends with exit code 78. Each line has the key, what is wrong, and the code of that
    alone. A reload with such a file changes nothing.

    What to do: Take the lines one by one; each code has a page. `zk-operator config check` says the same without
    starting anything.
    """

    code: ClassVar[str] = "ZKO-CFG-013"


class ProgramMismatch(ConfigError):
    """Raised when the program's file or its key is not that of the configured vkey.

    Meaning: `prover.program_elf` (or `prover.program_vk_file`) is not the program that `prover.program_vkey` stands
    for: it is empty, no program, or has another sha256. A vkey cannot be computed at start, so the file is
    recognised by its sha256: the shipped program's is known, that of any other program is `prover.program_sha256`.

    What you see: The process ends with exit code 78 and names the keys. Nothing was started. With another program,
    each proof would have been paid for and settled nothing.

    What to do: For the shipped program: remove `prover.program_elf`, `prover.program_sha256` and
    `prover.program_vk_file`; it is built in. For another: get vkey and sha256 from whoever deployed the contract,
    or compute the vkey with `zk-operator prover vkey --elf FILE` (needs the prover host), compare it, and set
    `prover.program_sha256` to what `sha256sum FILE` prints.
    """

    code: ClassVar[str] = "ZKO-CFG-014"


class FolderUnusable(ConfigError):
    """Raised when a folder in which the operator keeps something cannot be written.

    Meaning: The folder of the database (or another one in which the operator keeps something) cannot be made or
    written by this user, or the database is no regular file that may be written.

    What you see: The process ends with exit code 78 and names key and folder.

    `TMPDIR` stands for the folder of temporary files (`/tmp`), where the keys are locked against a second daemon.

    What to do: Give the folder to the operator's user (`chown`), or configure another. Under systemd the folder has
    to be a `StateDirectory` or in `ReadWritePaths`; in a container a volume that the user (65532) may write.
    """

    code: ClassVar[str] = "ZKO-CFG-015"
