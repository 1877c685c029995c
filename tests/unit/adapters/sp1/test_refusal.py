"""The one table of gRPC failures."""

from pathlib import Path

import pytest
from grpc import StatusCode

from zk_acts.domain.errors import error_codes
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_devnet.testing.scripted_network import failed
from zk_operator.adapters.sp1 import errors
from zk_operator.adapters.sp1.network import refusal
from zk_operator.domain.failures import ProverUnreachable

NONCE = "failed nonce verification: invalid nonce for sender 0xab expected 5, got {}"


@pytest.mark.parametrize(
    ("status", "text", "leaf"),
    [
        (
            StatusCode.INVALID_ARGUMENT,
            "Unsupported prover version: sp1-v5.0.0",
            errors.VersionUnsupported,
        ),
        (StatusCode.INVALID_ARGUMENT, "base_fee must be 1", errors.RequestInvalid),
        (StatusCode.FAILED_PRECONDITION, "insufficient balance: 1", errors.ProverBalanceRefused),
        (StatusCode.FAILED_PRECONDITION, "program is not registered", errors.ProgramNotRegistered),
        (StatusCode.UNAUTHENTICATED, "", errors.CallForbidden),
        (StatusCode.RESOURCE_EXHAUSTED, "slow down", errors.RequestRateLimited),
        (StatusCode.UNIMPLEMENTED, "", errors.CallNotOffered),
        (StatusCode.UNAVAILABLE, NONCE.format(6), errors.NonceRefused),
    ],
)
def test_of_send__a_definite_refusal__has_its_leaf(
    status: StatusCode, text: str, leaf: type[ActRefused]
) -> None:
    error = refusal.of_send(failed(status, text), "RequestProof")
    assert type(error) is leaf
    assert isinstance(error, ActRefused)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (StatusCode.UNAVAILABLE, "connection reset"),
        (StatusCode.DEADLINE_EXCEEDED, ""),
        (StatusCode.INTERNAL, ""),
        (StatusCode.UNKNOWN, "service was not ready"),
        (StatusCode.CANCELLED, ""),
        (StatusCode.ABORTED, ""),
        (StatusCode.UNAVAILABLE, NONCE.format(4)),
        (
            StatusCode.RESOURCE_EXHAUSTED,
            "Stream removed (RST_STREAM (Received RST_STREAM with error code 11))",
        ),
        (
            StatusCode.RESOURCE_EXHAUSTED,
            "Stream removed (CLIENT: Received message larger than max (17825792 vs. 16777216))",
        ),
        (StatusCode.PERMISSION_DENIED, "Received RST_STREAM with error code 12"),
    ],
)
def test_of_send__anything_that_may_have_arrived__is_ambiguous(
    status: StatusCode, text: str
) -> None:
    assert isinstance(refusal.of_send(failed(status, text), "RequestProof"), AmbiguousOutcome)


def test_of_send__a_number_that_is_too_long_to_be_a_nonce__is_no_crash() -> None:
    error = refusal.of_send(failed(StatusCode.UNAVAILABLE, NONCE.format("9" * 5_000)), "x")
    assert isinstance(error, errors.NonceRefused)


@pytest.mark.parametrize(
    ("status", "leaf"),
    [
        (StatusCode.UNAVAILABLE, ProverUnreachable),
        (StatusCode.DEADLINE_EXCEEDED, ProverUnreachable),
        (StatusCode.RESOURCE_EXHAUSTED, errors.ProverRateLimited),
        (StatusCode.PERMISSION_DENIED, errors.CallForbidden),
    ],
)
def test_of_query__by_status__transient_or_refused(
    status: StatusCode, leaf: type[Exception]
) -> None:
    assert type(refusal.of_query(failed(status, "x"), "GetNonce")) is leaf


def test_codes__every_one__has_a_page() -> None:
    runbook = Path(__file__).parents[4] / "docs" / "runbook"
    codes = {code for code in error_codes() if code.startswith("ZKO-PRV-")}
    assert len(codes) >= 23
    assert [code for code in sorted(codes) if not (runbook / f"{code}.md").is_file()] == []
