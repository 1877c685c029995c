import pytest

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome, BalanceTooLow
from zkverify_client.adapters.errors import (
    ExtrinsicExpired,
    ExtrinsicInvalid,
    NonceStale,
    PoolFull,
    PriorityTooLow,
    SignatureRefused,
    TemporarilyBanned,
    ValidityUnknown,
)
from zkverify_client.adapters.rpc import RpcError
from zkverify_client.adapters.submission import pool_refusal

PAY = "Inability to pay some fees (e.g. account balance too low)"


@pytest.mark.parametrize(
    ("code", "data", "leaf"),
    [
        (1001, "", ExtrinsicInvalid),
        (1002, "", ExtrinsicInvalid),
        (1010, "Transaction is outdated", NonceStale),
        (1010, PAY, BalanceTooLow),
        (1010, "Transaction has a bad signature", SignatureRefused),
        (1010, "Transaction has an ancient birth block", ExtrinsicExpired),
        (1010, "Transaction will be valid in the future", ValidityUnknown),
        (1010, "Transaction would exhaust the block limits", ExtrinsicInvalid),
        (1010, "InvalidTransaction custom error", ExtrinsicInvalid),
        (1010, "", ExtrinsicInvalid),
        (1011, "", ValidityUnknown),
        (1012, "", TemporarilyBanned),
        (1014, "", PriorityTooLow),
        (1015, "", ExtrinsicInvalid),
        (1016, "", PoolFull),
        (1018, "", ExtrinsicInvalid),
        (1019, "", ExtrinsicInvalid),
        (1020, "", ValidityUnknown),
        (1021, "", PoolFull),
        (-32603, "Internal error", AmbiguousOutcome),
        (429, "too many requests", AmbiguousOutcome),
    ],
)
def test_pool_refusal__each_error_of_the_pool__has_its_class(
    code: int, data: str, leaf: type[OperatorError]
) -> None:
    error = pool_refusal(RpcError(code=code, message="Invalid Transaction", data=data))
    assert type(error) is leaf
    assert error.context["rpc_code"] == code


def test_leaves__what_may_be_in_a_block_already__are_never_refusals() -> None:
    for leaf in (NonceStale, TemporarilyBanned):
        assert issubclass(leaf, AmbiguousOutcome)
    refused = (ExtrinsicInvalid, SignatureRefused, ExtrinsicExpired, PriorityTooLow, PoolFull)
    for leaf_refused in refused:
        assert issubclass(leaf_refused, ActRefused)
    assert not issubclass(ValidityUnknown, (ActRefused, AmbiguousOutcome))


@pytest.mark.parametrize(
    ("message", "leaf"),
    [
        ("Transaction is outdated", NonceStale),
        (PAY, BalanceTooLow),
        ("Invalid Transaction: Transaction has a bad signature", SignatureRefused),
    ],
)
def test_pool_refusal__reason_in_the_message__is_read_there(
    message: str, leaf: type[OperatorError]
) -> None:
    assert type(pool_refusal(RpcError(code=1010, message=message, data=""))) is leaf
