"""Executing a signed extrinsic on trial, on a node's best state, before it is paid for.

`state_call("BlockBuilder_apply_extrinsic")` needs no unsafe node; it answers SCALE of
Result<Result<(), DispatchError>, TransactionValidityError>.
"""

import structlog

from zk_acts.domain.ids import hex0x
from zkverify_client.adapters.chain import Chain
from zkverify_client.adapters.errors import DryRunFailed, MalformedChainAnswer, RpcRefused
from zkverify_client.adapters.extrinsic import SignedExtrinsic
from zkverify_client.adapters.runtime import Runtime

_log = structlog.get_logger(__name__)
_MODULE = 3
_INVALID = ("Call", "Payment", "Future", "Stale", "BadProof", "AncientBirthBlock")
_FUTURE = 2


async def dry_run(chain: Chain, runtime: Runtime, signed: SignedExtrinsic) -> None:
    """DryRunFailed unless the extrinsic would succeed now. A node that refuses such calls has no say.

    An extrinsic that waits for an earlier nonce cannot be tried and passes.
    """
    try:
        answer = await chain.call("state_call", ["BlockBuilder_apply_extrinsic", hex0x(signed.raw)])
    except RpcRefused as error:
        _log.warning("dry_run.refused", error=str(error))
        return
    reason = _reason(runtime, _bytes(answer))
    if reason is not None:
        raise DryRunFailed(reason=reason)


def _reason(runtime: Runtime, result: bytes) -> str | None:
    """Why it would fail; None if it would not."""
    if result[:2] == b"\x00\x00":
        return None
    if result[:2] == b"\x00\x01":
        return _dispatch_error(runtime, result[2:])
    if result[:2] == b"\x01\x00" and len(result) > 2:
        return None if result[2] == _FUTURE else _invalid(result[2])
    if result[:1] == b"\x01":
        return "validity unknown"
    raise MalformedChainAnswer("a dry run has an unknown result", result=result[:16].hex())


def _dispatch_error(runtime: Runtime, error: bytes) -> str:
    if len(error) >= 3 and error[0] == _MODULE:
        return ".".join(runtime.error_name(error[1], error[2]))
    return f"dispatch error {error[:4].hex()}"


def _invalid(variant: int) -> str:
    name = _INVALID[variant] if variant < len(_INVALID) else str(variant)
    return f"invalid transaction: {name}"


def _bytes(answer: object) -> bytes:
    try:
        return bytes.fromhex(str(answer).removeprefix("0x"))
    except ValueError as error:
        raise MalformedChainAnswer("a dry run's answer is no hex string") from error
