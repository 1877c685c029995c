"""What nodes say to `eth_sendRawTransaction`, in one table.

Texts: geth, erigon, reth, Nethermind, Besu and anvil. A text that is not here is taken as ambiguous: the query decides.
"""

from typing import Final

from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_operator.adapters.evm.errors import (
    GasLimitRefused,
    InsufficientFunds,
    NonceTooHigh,
    PoolFull,
    ReplacementUnderpriced,
    RpcError,
    TransactionRefused,
    TransactionUnderpriced,
)

_KNOWN: Final = ("already known", "alreadyknown", "known transaction", "already imported")
_NOT_KNOWN: Final = "unknown transaction"  # of a type that the node does not take
# An act of this nonce took effect: perhaps this very one, which only a query can tell.
_NONCE_USED: Final = ("nonce too low", "oldnonce", "nonce is too low", "invalid transaction nonce")
# First match wins: "replacement transaction underpriced" holds "transaction underpriced".
_REFUSALS: Final[tuple[tuple[type[ActRefused], tuple[str, ...]], ...]] = (
    (
        ReplacementUnderpriced,
        ("replacement transaction underpriced", "replacementnotallowed", "replace existing tx"),
    ),
    (
        InsufficientFunds,
        ("insufficient funds", "insufficientfunds", "upfront cost exceeds", "insufficient balance"),
    ),
    (
        GasLimitRefused,
        (
            "exceeds block gas limit",
            "intrinsic gas too",
            "gaslimitexceeded",
            "gas limit exceeded",
            "gas limit too high",
            "exceeds max transaction gas limit",
            "floor data gas",
        ),
    ),
    (
        PoolFull,
        (
            "txpool is full",
            "mempool is full",
            "pool is full",
            "account limit exceeded",
            "txpool limit",
        ),
    ),
    (
        TransactionUnderpriced,
        (
            "underpriced",
            "feetoolow",
            "fee too low",
            "less than block base fee",
            "below configured minimum",
            "gas price below",
            "gas tip cap",
            "higher than max fee per gas",
        ),
    ),
    (NonceTooHigh, ("nonce too high", "nonce too distant", "noncegap", "nonce too far")),
    (
        TransactionRefused,
        (
            "exceeds the configured cap",
            "invalid sender",
            "invalid chain id",
            "invalid signature",
            "oversized data",
            "initcode size",
            "max initcode",
            "type not supported",
            "only replay-protected",
            "sender not an eoa",
        ),
    ),
)


def is_known(error: RpcError) -> bool:
    """Whether the node says that it has the transaction already."""
    return _says(error, _KNOWN) and not _says(error, (_NOT_KNOWN,))


def refusal(error: RpcError) -> ActRefused | AmbiguousOutcome:
    """The error to raise for a send that the node answered with this one (and that is not `is_known`)."""
    if not _says(error, _NONCE_USED):
        for leaf, words in _REFUSALS:
            if _says(error, words):
                return leaf(answer=error.text)
    return AmbiguousOutcome(answer=error.text)


def _says(error: RpcError, words: tuple[str, ...]) -> bool:
    text = error.text.lower()
    return any(word in text for word in words)
