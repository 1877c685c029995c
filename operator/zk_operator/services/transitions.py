"""How a batch moves from stage to stage: the guarded write, and after it the log line and the metrics."""

from dataclasses import replace

import structlog

from zk_acts.domain.details import Aggregation
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import hex0x
from zk_operator.domain.records import Batch, BatchState, OrderRow, OrderStatus
from zk_operator.services.tools import Tools
from zkverify_client.domain.receipt import AggregationReceipt

log = structlog.get_logger("batch")


class BatchTransitions:
    """Writes batch transitions."""

    def __init__(self, tools: Tools) -> None:
        self._batches = tools.store.batches
        self._orders = tools.store.orders
        self._clock = tools.clock
        self._telemetry = tools.telemetry
        for result in (BatchState.DONE, BatchState.ABANDONED):
            self._telemetry.count(
                "batches_ended", 0, result=result
            )  # so that the first is an increase

    async def closed(self, batch: Batch) -> None:
        """A new batch with fixed content. LostRace if an order of it was taken meanwhile."""
        await self._batches.close(batch)
        self._telemetry.count("batches_closed", reason=batch.close_reason)
        self._telemetry.observe("batch_size", len(batch.order_ids))
        log.info(
            "batch.closed",
            batch_id=batch.batch_id,
            reason=batch.close_reason,
            size=len(batch.order_ids),
            sections=len(batch.sections),
            valid_until=batch.valid_until_s,
        )

    async def proved(self, batch: Batch, proof_nonce: int, backend: str) -> Batch:
        """A checked proof is stored."""
        # Saved first, told after: nothing is said to have happened that another one did (ADR 0003).
        now = self._clock.now_ms()
        saved = await self._batches.save(
            replace(batch, state=BatchState.PROVED, proved_at=now, proof_nonce=proof_nonce)
        )
        self._stage("prove", batch.closed_at, now)
        log.info("batch.proved", batch_id=batch.batch_id, backend=backend)
        return saved

    async def verified(self, batch: Batch, aggregation: Aggregation) -> Batch:
        """Finalized on zkVerify and in an aggregation."""
        now = self._clock.now_ms()
        saved = await self._batches.save(
            replace(batch, state=BatchState.VERIFIED, verified_at=now, aggregation=aggregation)
        )
        self._stage("verify", batch.proved_at, now)
        log.info(
            "batch.verified",
            batch_id=batch.batch_id,
            statement=hex0x(aggregation.statement),
            domain_id=aggregation.domain_id,
            aggregation_id=aggregation.aggregation_id,
        )
        return saved

    async def aggregated(self, batch: Batch, receipt: AggregationReceipt) -> Batch:
        """Receipt and path are stored."""
        now = self._clock.now_ms()
        saved = await self._batches.save(
            replace(batch, state=BatchState.AGGREGATED, aggregated_at=now, receipt=receipt)
        )
        self._stage("aggregate", batch.verified_at, now)
        log.info("batch.aggregated", batch_id=batch.batch_id, root=hex0x(receipt.root))
        return saved

    async def settled(self, batch: Batch, left: OperatorError | None = None) -> Batch:
        """What it could settle is settled. `left`: why the rest is not, where there is one; that is free now."""
        now, code = self._clock.now_ms(), left.code if left is not None else None
        saved = await self._batches.save(
            replace(batch, state=BatchState.SETTLED, settled_at=now, error_code=code)
        )
        self._stage("settle", batch.aggregated_at, now)
        if left is None:
            log.info("batch.settled", batch_id=batch.batch_id)
        else:
            log.warning(
                "batch.settled_in_part", batch_id=batch.batch_id, code=code, error=str(left)
            )
        return saved

    async def done(self, batch: Batch) -> Batch:
        """Its settlement is finalized: the canonical line of the batch and of each of its orders."""
        now = self._clock.now_ms()
        saved = await self._batches.save(replace(batch, state=BatchState.DONE, ended_at=now))
        self._telemetry.count("batches_ended", result=BatchState.DONE)
        self._telemetry.gauge("last_success", now / 1000, stage="batch")
        log.info("batch.finalized", **_timeline(saved))
        for row in await self._orders.get(batch.order_ids):
            # What a batch left open may have ended in another one since: that one's line tells of it.
            if row.ended is not None and row.batch_id == batch.batch_id:
                self._order_line(row)
        return saved

    async def abandoned(self, batch: Batch, error: OperatorError) -> Batch:
        """Given up: its open orders are free for another batch or a refund."""
        now = self._clock.now_ms()
        saved = await self._batches.save(
            replace(batch, state=BatchState.ABANDONED, ended_at=now, error_code=error.code)
        )
        self._telemetry.count("batches_ended", result=BatchState.ABANDONED)
        log.error(
            "batch.abandoned",
            batch_id=batch.batch_id,
            state=batch.state,
            code=error.code,
            error=str(error),
        )
        return saved

    def _order_line(self, row: OrderRow) -> None:
        settled_s = (row.ended_at_s or 0) - row.placed_at_s
        if row.status is OrderStatus.SETTLED:
            self._telemetry.observe("order_seconds", settled_s)
        log.info(
            "order.finalized",
            order_id=hex0x(row.order_id),
            status=row.status,
            batch_id=row.batch_id,
            amount_in=str(row.order.amount_in),
            payout=str(row.payout),
            mined_to_end_s=settled_s,
        )

    def _stage(self, stage: str, since: int | None, now: int) -> None:
        if since is not None:
            self._telemetry.observe("stage", (now - since) / 1000, stage=stage)


def _timeline(batch: Batch) -> dict[str, object]:
    """The canonical fields of a finished batch: durations in seconds since it was closed."""
    marks = {
        "proved_s": batch.proved_at,
        "verified_s": batch.verified_at,
        "aggregated_s": batch.aggregated_at,
        "settled_s": batch.settled_at,
        "finalized_s": batch.ended_at,
    }
    since = {name: (at - batch.closed_at) / 1000 for name, at in marks.items() if at is not None}
    return {
        "batch_id": batch.batch_id,
        "orders": len(batch.order_ids),
        "reason": batch.close_reason,
        **since,
    }
