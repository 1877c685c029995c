"""What a failed gRPC call means: the one place that looks at status codes and their texts.

Texts are those of the hosted network and of sp1-cluster's gateway. A status that is not listed leaves open whether
the call arrived.
"""

import re

import grpc
from grpc import StatusCode

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_operator.adapters.sp1.errors import (
    CallForbidden,
    CallNotOffered,
    NonceRefused,
    ProgramNotRegistered,
    ProverBalanceRefused,
    ProverRateLimited,
    RequestInvalid,
    RequestRateLimited,
    VersionUnsupported,
)
from zk_operator.domain.failures import ProverUnreachable

_REFUSALS: tuple[tuple[StatusCode, str, type[ActRefused]], ...] = (
    (StatusCode.INVALID_ARGUMENT, "unsupported prover version", VersionUnsupported),
    (StatusCode.INVALID_ARGUMENT, "insufficient", ProverBalanceRefused),
    (StatusCode.INVALID_ARGUMENT, "", RequestInvalid),
    (StatusCode.OUT_OF_RANGE, "", RequestInvalid),
    (StatusCode.FAILED_PRECONDITION, "balance", ProverBalanceRefused),
    (StatusCode.FAILED_PRECONDITION, "insufficient", ProverBalanceRefused),
    (StatusCode.FAILED_PRECONDITION, "program", ProgramNotRegistered),
    (StatusCode.FAILED_PRECONDITION, "", RequestInvalid),
    (StatusCode.NOT_FOUND, "program", ProgramNotRegistered),
    (StatusCode.NOT_FOUND, "", RequestInvalid),
    (StatusCode.PERMISSION_DENIED, "", CallForbidden),
    (StatusCode.UNAUTHENTICATED, "", CallForbidden),
    (StatusCode.RESOURCE_EXHAUSTED, "", RequestRateLimited),
    (StatusCode.UNIMPLEMENTED, "", CallNotOffered),
)
_WRONG_NONCE = re.compile(
    r"invalid nonce.{0,200}?expected (\d{1,20}), got (\d{1,20})", re.IGNORECASE | re.DOTALL
)
# How gRPC's own library begins to say that a stream broke, under whatever code: the server may have done what was asked.
_BROKEN = ("stream removed", "received rst_stream", "client:")


def of_send(error: grpc.aio.AioRpcError, method: str) -> OperatorError:
    """ActRefused (a leaf) where nothing can have happened, AmbiguousOutcome otherwise.

    A nonce that is behind may have been used by these very bytes, sent before: that is for a query to tell.
    """
    status, text = error.code(), error.details() or ""
    found = _WRONG_NONCE.search(text)
    if found and int(found[2]) > int(found[1]):
        return NonceRefused(method=method, details=text)
    leaf = None if found else _refusal(status, text)
    if leaf is None:
        return AmbiguousOutcome(method=method, status=status.name, details=text)
    return leaf(method=method, details=text)


def of_query(error: grpc.aio.AioRpcError, method: str) -> OperatorError:
    """ProverUnreachable (or its rate-limited leaf) where asking again may help, a refusal otherwise."""
    status, text = error.code(), error.details() or ""
    if status is StatusCode.RESOURCE_EXHAUSTED and not _is_broken(text):
        return ProverRateLimited(method=method, details=text)
    leaf = None if _WRONG_NONCE.search(text) else _refusal(status, text)
    if leaf is None:
        return ProverUnreachable(method=method, status=status.name, details=text)
    return leaf(method=method, details=text)


def _refusal(status: StatusCode, text: str) -> type[ActRefused] | None:
    if _is_broken(text):
        return None
    lowered = text.lower()
    return next(
        (leaf for code, part, leaf in _REFUSALS if status is code and part in lowered), None
    )


def _is_broken(text: str) -> bool:
    return text.lower().startswith(_BROKEN)
