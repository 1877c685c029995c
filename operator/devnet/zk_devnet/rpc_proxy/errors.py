"""What the RPC proxy refuses."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class FaultUnknown(OperatorError):
    """Raised when the RPC proxy is told of a fault that it does not have, or of an option or value that makes no sense.

    Meaning: `--fault`, `zk-operator devnet fault rpc arm` or `POST /dev/faults` named a fault that the [RPC
    proxy](../reference/rpc-proxy.md) does not have, an option that this fault does not take, or a value that makes
    no sense for it.

    What you see: This code with what was named and what there is, exit status 65; over HTTP, status 400 with the
    same text. Faults that were on stay as they are.

    What to do: `zk-operator devnet rpc-proxy --list` prints every fault with its options. The form is
    `name:key=value,key=value`; several values of one key are joined by `|`.
    """

    code: ClassVar[str] = "ZKO-DEV-040"
    disposition = Disposition.REJECTED
    exit_code = 65
