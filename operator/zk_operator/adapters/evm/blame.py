"""Whose fault an error of an endpoint is, whether it may pass, and what several of them come to. Pure."""

from collections.abc import Sequence
from typing import Final

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import AmbiguousOutcome
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.domain.failures import (
    DepthUnknown,
    EvmUnreachable,
    MalformedAnswer,
    NoContractCode,
    WrongChain,
)

# What an endpoint says of the request. Whose fault that is, is found by comparison.
SAID: Final = (RpcError, DepthUnknown, NoContractCode)
LACKING: Final = -32601  # JSON-RPC's "method not found"
_NO_SUCH_METHOD: Final = frozenset({LACKING, -32004})
# What nodes say of a block that they do not have (yet). A text that is missing here only costs a pass.
_NO_SUCH_BLOCK: Final = (
    "header not found",
    "header for hash not found",
    "unknown block",
    "block not found",
    "blocknotfound",
    "block does not exist",
    "could not find block",
    "cannot find block",
    "not currently canonical",
    "block is out of range",
    "blockoutofrange",
    "after last accepted block",
)


def is_missing_block(error: OperatorError) -> bool:
    """Whether an endpoint says that it does not have a block which it was asked about by number or hash."""
    if isinstance(error, EndpointFailed):
        return error.lags
    return isinstance(error, RpcError) and any(
        words in error.text.lower() for words in _NO_SUCH_BLOCK
    )


def lags(error: OperatorError) -> bool:
    """Whether the endpoint does not have a block that there is; one that said so in known words was asked repeatedly."""
    return isinstance(error, EndpointFailed) and error.lags


def may_come(error: OperatorError, *, names_block: bool) -> bool:
    """Whether an endpoint that answered so may answer otherwise in a moment, as it comes to know the block."""
    said = isinstance(error, RpcError | NoContractCode | MalformedAnswer)
    return lags(error) or (names_block and said and not is_missing_block(error))


def is_refusal(error: OperatorError) -> bool:
    """Whether an endpoint that answered so, where another one gave the result, is to blame.

    Not for a method or a depth that it does not have.
    """
    refused = isinstance(error, RpcError) and error.number not in _NO_SUCH_METHOD
    return refused or isinstance(error, NoContractCode)


def unknown_fate(failed: Sequence[OperatorError]) -> AmbiguousOutcome:
    """The one error of a send that may have arrived somewhere."""
    last = failed[-1]
    if len(failed) == 1 and isinstance(last, AmbiguousOutcome):
        return last
    whole = AmbiguousOutcome(reasons=[str(error) for error in failed])
    whole.__cause__ = last
    return whole


def summary(failed: Sequence[OperatorError]) -> OperatorError:
    """The one error of a request that failed everywhere: what was answered, before who lags or was silent.

    A wrong chain, or a contract that is not there, ends the process only where no endpoint could know better.
    """
    if all(isinstance(error, WrongChain | NoContractCode) for error in failed):
        return failed[-1]
    left = [error for error in failed if not isinstance(error, WrongChain | NoContractCode)]
    said = [error for error in left if isinstance(error, RpcError | DepthUnknown)]
    lagging = [error for error in left if is_missing_block(error)]
    if words := [error for error in said if not is_missing_block(error)] or said or lagging:
        return words[0]
    if len(left) == 1 or all(isinstance(error, MalformedAnswer) for error in left):
        return left[-1]
    whole = EvmUnreachable(reasons=[str(error) for error in failed])
    whole.__cause__ = failed[-1]
    return whole
