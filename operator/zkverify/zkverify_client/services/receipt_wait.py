"""Waiting for an aggregation's receipt: passing trouble is waited out and told, and there is an end."""

import math
from collections.abc import Awaitable, Callable

import anyio
import structlog

from zk_acts.domain.details import Aggregation
from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.ids import hex0x
from zk_acts.runtime.repeats import Repeats
from zkverify_client.domain.receipt import AggregationReceipt
from zkverify_client.ports.zkverify import VerificationReader

log = structlog.get_logger("receipt")
_PASSING = frozenset({Disposition.TRANSIENT, Disposition.RATE_LIMITED})


class NotPublished(OperatorError):
    """Raised when an aggregation is not published in a finalized block within the time given.

    Meaning: The proof is final and in the named aggregation, but the aggregation is not published in a finalized
    block (yet).

    What you see: Exit code 4. `domain_id`, `aggregation_id`, `statement` and `block` are what `zkverify receipt`
    needs; `cause` is the last trouble in looking for it, if there was any.

    What to do: Whoever may publish has to: the domain's aggregator, or `zkverify aggregate --domain D --aggregation
    A`. Then `zkverify receipt --wait`.
    """

    code = "ZKO-ZKV-062"
    disposition = Disposition.TRANSIENT
    exit_code = 4


async def published_receipt(
    aggregation: Aggregation,
    *,
    reader: VerificationReader,
    wait: Callable[[], Awaitable[None]],
    timeout_s: float = math.inf,
    report: Callable[[OperatorError | None], None] | None = None,
) -> AggregationReceipt:
    """The receipt, verified here. `report` is told after each look that did not find it, with its trouble.

    Errors: NotPublished at the end of the time, with the last trouble; what does not pass, at once.
    """
    trouble: OperatorError | None = None
    repeats = Repeats()
    # The first look is always had: its reads have deadlines of their own.
    end = anyio.current_time() + timeout_s
    with anyio.CancelScope() as scope:
        while True:
            now: OperatorError | None = None
            try:
                if (found := await reader.receipt(aggregation)) is not None:
                    return found
            except OperatorError as error:
                if error.disposition not in _PASSING:
                    raise
                trouble = now = error
                if times := repeats.note(error.code):
                    log.warning("receipt.delayed", code=error.code, error=str(error), times=times)
            if report is not None:
                report(now)
            scope.deadline = end
            await wait()
    cause = {} if trouble is None else {"cause": str(trouble)}
    raise NotPublished(
        domain_id=aggregation.domain_id,
        aggregation_id=aggregation.aggregation_id,
        statement=hex0x(aggregation.statement),
        block=aggregation.block_number,
        **cause,
    )
