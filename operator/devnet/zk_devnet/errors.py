"""What can keep the devnet from starting or running."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class ToolchainMissing(OperatorError):
    """Raised when anvil, Node or the compiled contracts are not there; `make setup` brings them.

    Meaning: The devnet needs anvil, Node and the compiled contracts, which come from npm and are not part of the
    Python package. One of them was not found.

    What you see: The command ends at start with this code, exit status 69, and the path that was looked for.

    What to do: Run `make setup` in a checkout. From an installed wheel, run the command in a checkout's folder,
    where `avs-contracts` is. Only the devnet needs these; `zk-operator run` does not.
    """

    code: ClassVar[str] = "ZKO-DEV-001"
    disposition = Disposition.FATAL
    exit_code = 69


class AnvilFailed(OperatorError):
    """Raised when anvil does not start, or ends although nobody stopped it.

    Meaning: The devnet's EVM chain could not be started, or its process ended although nobody stopped it.

    What you see: This code with the last lines that anvil wrote.

    What to do: A taken port: ask for port 0. A damaged state file: start without `--state`. Killed for memory: free
    some. Otherwise run `make distclean setup` to reinstall it.
    """

    code: ClassVar[str] = "ZKO-DEV-002"
    disposition = Disposition.FATAL
    exit_code = 70


class DeploymentFailed(OperatorError):
    """Raised when a transaction of the devnet's deployment is refused or reverts.

    Meaning: A transaction that deploys or configures the contracts on the devnet's chain was refused or reverted.

    What you see: This code with the step's name and the transaction hash.

    What to do: Usually the contracts in `avs-contracts/out` and the Python package are of different versions: run
    `make setup`, which compiles them again. Start from a fresh chain; a deployment is not repeated on one that has
    it.
    """

    code: ClassVar[str] = "ZKO-DEV-003"
    disposition = Disposition.FATAL
    exit_code = 70


class EvmCallFailed(OperatorError):
    """Raised when anvil answers a JSON-RPC call of the devnet with an error.

    Meaning: anvil answered a JSON-RPC call of the devnet's own tooling with an error.

    What you see: This code with the method and anvil's message.

    What to do: Read the message; a revert reason names the contract's error.
    """

    code: ClassVar[str] = "ZKO-DEV-004"
    disposition = Disposition.REJECTED


class PortUnavailable(OperatorError):
    """Raised when a dev server cannot bind a port that it was told to use.

    Meaning: A port that the prover-network dev server (gRPC, HTTP) or the RPC proxy was told to use cannot be
    bound.

    What you see: The dev server ends at start with this code, host and port.

    What to do: Stop the process that holds the port (`ss -ltnp`), or ask for port 0 to get a free one.
    """

    code: ClassVar[str] = "ZKO-DEV-014"
    disposition = Disposition.FATAL


class DevnetFolderForeign(OperatorError):
    """Raised when the folder given for a devnet holds files that no devnet has written.

    Meaning: `zk-operator devnet up --dir` or `zk-operator demo --dir` was given a folder that holds files which no
    devnet wrote. A devnet empties its folder when it starts, because its chains begin anew; so it touches only
    folders that carry its marker (`.zk-operator-devnet`) or are empty.

    What you see: The command ends at once with exit code 73. Nothing in the folder was changed.

    What to do: Name another folder, or move the files away.
    """

    code: ClassVar[str] = "ZKO-DEV-020"
    disposition = Disposition.FATAL
    exit_code = 73


class FaultNotInjected(OperatorError):
    """Raised when a dev server cannot be reached, or refuses what a fault command asks of it.

    Meaning: `zk-operator devnet fault …` could not reach the dev server at `--endpoint`, or the server refused what
    was asked.

    What you see: The command ends; `cause` says whether the connection failed or what the server answered (an
    unknown fault, a depth below the finalized block, a real node that has no `dev_*` methods).

    What to do: Take the endpoint that `zk-operator devnet up` printed (`zkverify` for the node, `artifacts` for the
    prover network), and the names from `zk-operator devnet fault prover list` or
    `docs/reference/devnet-zkverify.md`.
    """

    code: ClassVar[str] = "ZKO-DEV-021"
    disposition = Disposition.REJECTED
    exit_code = 69
