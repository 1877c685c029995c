"""Recorded answers of real nodes to eth_sendRawTransaction."""

import pytest

from zk_acts.domain.failures import AmbiguousOutcome
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
from zk_operator.adapters.evm.transaction_errors import is_known, refusal


def answer(text: str, number: int = -32000) -> RpcError:
    return RpcError(method="eth_sendRawTransaction", number=number, text=text)


@pytest.mark.parametrize(
    "text",
    [
        "already known",  # geth, reth, erigon
        "AlreadyKnown",  # Nethermind
        "Known transaction",  # Besu
        "transaction already imported",  # anvil
    ],
)
def test_is_known__node_has_it__is_true(text: str) -> None:
    assert is_known(answer(text))


@pytest.mark.parametrize(
    ("text", "leaf"),
    [
        ("replacement transaction underpriced", ReplacementUnderpriced),
        ("ReplacementNotAllowed", ReplacementUnderpriced),
        ("could not replace existing tx", ReplacementUnderpriced),
        ("transaction underpriced: tip needed 1, tip permitted 0", TransactionUnderpriced),
        ("FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 7", TransactionUnderpriced),
        (
            "max fee per gas less than block base fee: address 0x00, maxFeePerGas: 1 baseFee: 7",
            TransactionUnderpriced,
        ),
        (
            "max priority fee per gas higher than max fee per gas: address 0x00",
            TransactionUnderpriced,
        ),
        ("Gas price below configured minimum gas price", TransactionUnderpriced),
        (
            "insufficient funds for gas * price + value: balance 0, tx cost 2, overshot 2",
            InsufficientFunds,
        ),
        ("Insufficient funds for gas * price + value", InsufficientFunds),
        ("InsufficientFunds, Account balance: 0, cumulative cost: 1", InsufficientFunds),
        ("Upfront cost exceeds account balance", InsufficientFunds),
        ("exceeds block gas limit", GasLimitRefused),
        ("intrinsic gas too low: gas 20000, minimum needed 21000", GasLimitRefused),
        ("intrinsic gas too high -- tx.gas_limit > env.cfg.block_gas_limit", GasLimitRefused),
        ("txpool is full", PoolFull),
        ("nonce too high", NonceTooHigh),
        ("Nonce too distant from current sender nonce", NonceTooHigh),
        ("tx fee (1.20 ether) exceeds the configured cap (1.00 ether)", TransactionRefused),
        ("invalid sender", TransactionRefused),
        ("invalid chain id for signer: have 1 want 31337", TransactionRefused),
    ],
)
def test_refusal__definite_answer__is_its_leaf(text: str, leaf: type[Exception]) -> None:
    error = refusal(answer(text))
    assert type(error) is leaf
    assert text in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "nonce too low",
        "nonce too low: next nonce 5, tx nonce 4",
        "OldNonce, Current nonce: 5, nonce of rejected tx: 4",
        "internal error",
        "",
    ],
)
def test_refusal__says_nothing_of_this_transaction__is_ambiguous(text: str) -> None:
    assert isinstance(refusal(answer(text)), AmbiguousOutcome)


@pytest.mark.parametrize("text", ["unknown transaction type", "Unknown transaction type 0x2"])
def test_is_known__type_that_the_node_does_not_take__is_false(text: str) -> None:
    assert not is_known(answer(text))
    assert isinstance(refusal(answer(text)), AmbiguousOutcome)
