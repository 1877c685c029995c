"""What can keep the devnet from starting or running."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError


class ToolchainMissing(OperatorError):
    """Raised when anvil, Node or the compiled contracts are not there; `make setup` brings them."""

    code: ClassVar[str] = "ZKO-DEV-001"
    disposition = Disposition.FATAL
    exit_code = 69


class AnvilFailed(OperatorError):
    """Raised when anvil does not start, or ends although nobody stopped it."""

    code: ClassVar[str] = "ZKO-DEV-002"
    disposition = Disposition.FATAL
    exit_code = 70


class DeploymentFailed(OperatorError):
    """Raised when a transaction of the devnet's deployment is refused or reverts."""

    code: ClassVar[str] = "ZKO-DEV-003"
    disposition = Disposition.FATAL
    exit_code = 70


class EvmCallFailed(OperatorError):
    """Raised when anvil answers a JSON-RPC call of the devnet with an error."""

    code: ClassVar[str] = "ZKO-DEV-004"
    disposition = Disposition.REJECTED


class PortUnavailable(OperatorError):
    """Raised when a dev server cannot bind a port that it was told to use."""

    code: ClassVar[str] = "ZKO-DEV-014"
    disposition = Disposition.FATAL


class DevnetFolderForeign(OperatorError):
    """Raised when the folder given for a devnet holds files that no devnet has written."""

    code: ClassVar[str] = "ZKO-DEV-020"
    disposition = Disposition.FATAL
    exit_code = 73


class FaultNotInjected(OperatorError):
    """Raised when a dev server cannot be reached, or refuses what a fault command asks of it."""

    code: ClassVar[str] = "ZKO-DEV-021"
    disposition = Disposition.REJECTED
    exit_code = 69
