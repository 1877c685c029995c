"""What the command line itself refuses."""

from zk_acts.domain.errors import Disposition, OperatorError


class VerbNotInstalled(OperatorError):
    """Raised when a verb is asked for whose package is not installed.

    Meaning: The verb exists, but in a package that this environment does not have: the daemon's package alone has
    no devnet and no trader's tool.

    What you see: The verb ends with exit code 1 and names the package.

    What to do: `pip install "zk-operator[devnet]"` for `devnet`, `demo` and `simulate`, `pip install
    "zk-operator[trader]"` for `order`; from a clone, `make wheel` makes all packages in `dist/`.
    """

    code = "ZKO-CLI-001"
    disposition = Disposition.FATAL
