"""Batches as rows of five tables."""

import sqlite3
from collections.abc import Sequence

from zk_acts.adapters.storage.amounts import amount_text, optional_amount
from zk_acts.domain.details import Aggregation
from zk_acts.domain.ids import Hash32, Statement
from zk_operator.domain.ids import BatchId, OrderId, PoolId
from zk_operator.domain.records import Batch, BatchState, CloseReason
from zk_operator.domain.section import Section
from zkverify_client.domain.receipt import AggregationReceipt


def insert_content(connection: sqlite3.Connection, batch: Batch) -> None:
    """Write what never changes: the batch's own row, sections and orders."""
    connection.execute(
        "INSERT INTO batches (batch_id, state, public_values, valid_until_s, close_reason, closed_at, version) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            batch.batch_id,
            batch.state,
            batch.public_values,
            batch.valid_until_s,
            batch.close_reason,
            batch.closed_at,
            batch.version,
        ),
    )
    connection.executemany(
        "INSERT INTO batch_sections VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [_section_values(batch.batch_id, at, each) for at, each in enumerate(batch.sections)],
    )
    section_of = {
        order_id: at for at, each in enumerate(batch.sections) for order_id in each.order_ids
    }
    connection.executemany(
        "INSERT INTO batch_orders VALUES (?, ?, ?, ?)",
        [
            (batch.batch_id, at, section_of.get(order_id), order_id)
            for at, order_id in enumerate(batch.order_ids)
        ],
    )


def write_progress(connection: sqlite3.Connection, batch: Batch) -> None:
    """Write everything that a batch gains on its way, its version included."""
    connection.execute(
        "UPDATE batches SET state = ?, proved_at = ?, verified_at = ?, aggregated_at = ?, settled_at = ?, "
        "ended_at = ?, proof_nonce = ?, error_code = ?, version = ? WHERE batch_id = ?",
        (
            batch.state,
            batch.proved_at,
            batch.verified_at,
            batch.aggregated_at,
            batch.settled_at,
            batch.ended_at,
            amount_text(batch.proof_nonce),
            batch.error_code,
            batch.version,
            batch.batch_id,
        ),
    )
    _write_aggregation(connection, batch.batch_id, "verified", batch.aggregation)
    _write_receipt(connection, batch.batch_id, batch.receipt)


def read_batches(connection: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> tuple[Batch, ...]:
    """The batches of these rows of `batches`."""
    return tuple(_read(connection, row) for row in rows)


def _read(connection: sqlite3.Connection, row: sqlite3.Row) -> Batch:
    batch_id = BatchId(row["batch_id"])
    members = connection.execute(
        "SELECT section, order_id FROM batch_orders WHERE batch_id = ? ORDER BY position",
        (batch_id,),
    ).fetchall()
    aggregations = _read_aggregations(connection, batch_id)
    return Batch(
        batch_id=batch_id,
        state=BatchState(row["state"]),
        sections=_read_sections(connection, batch_id, members),
        order_ids=tuple(OrderId(member["order_id"]) for member in members),
        public_values=row["public_values"],
        valid_until_s=row["valid_until_s"],
        close_reason=CloseReason(row["close_reason"]),
        closed_at=row["closed_at"],
        proved_at=row["proved_at"],
        verified_at=row["verified_at"],
        aggregated_at=row["aggregated_at"],
        settled_at=row["settled_at"],
        ended_at=row["ended_at"],
        proof_nonce=optional_amount(row["proof_nonce"]),
        aggregation=aggregations.get("verified"),
        receipt=_read_receipt(connection, batch_id, aggregations.get("receipt")),
        error_code=row["error_code"],
        version=row["version"],
    )


def _section_values(batch_id: BatchId, position: int, section: Section) -> tuple[object, ...]:
    return (
        batch_id,
        position,
        section.pool_id,
        str(section.price_x128),
        int(section.remainder_zero_for_one),
        str(section.remainder_in),
        str(section.min_out),
        section.fee_bps,
    )


def _read_sections(
    connection: sqlite3.Connection, batch_id: BatchId, members: Sequence[sqlite3.Row]
) -> tuple[Section, ...]:
    rows = connection.execute(
        "SELECT * FROM batch_sections WHERE batch_id = ? ORDER BY position", (batch_id,)
    )
    return tuple(
        Section(
            pool_id=PoolId(row["pool_id"]),
            price_x128=int(row["price_x128"]),
            remainder_zero_for_one=bool(row["remainder_zero_for_one"]),
            remainder_in=int(row["remainder_in"]),
            min_out=int(row["min_out"]),
            fee_bps=row["fee_bps"],
            order_ids=tuple(
                OrderId(member["order_id"])
                for member in members
                if member["section"] == row["position"]
            ),
        )
        for row in rows
    )


def _write_aggregation(
    connection: sqlite3.Connection, batch_id: BatchId, role: str, aggregation: Aggregation | None
) -> None:
    connection.execute(
        "DELETE FROM batch_aggregations WHERE batch_id = ? AND role = ?", (batch_id, role)
    )
    if aggregation is None:
        return
    connection.execute(
        "INSERT INTO batch_aggregations VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            batch_id,
            role,
            aggregation.statement,
            aggregation.domain_id,
            aggregation.aggregation_id,
            aggregation.block_number,
            aggregation.block_hash,
        ),
    )


def _read_aggregations(connection: sqlite3.Connection, batch_id: BatchId) -> dict[str, Aggregation]:
    rows = connection.execute("SELECT * FROM batch_aggregations WHERE batch_id = ?", (batch_id,))
    return {
        row["role"]: Aggregation(
            statement=Statement(row["statement"]),
            domain_id=row["domain_id"],
            aggregation_id=row["aggregation_id"],
            block_number=row["block_number"],
            block_hash=Hash32(row["block_hash"]),
        )
        for row in rows
    }


def _write_receipt(
    connection: sqlite3.Connection, batch_id: BatchId, receipt: AggregationReceipt | None
) -> None:
    connection.execute("DELETE FROM batch_receipt_path WHERE batch_id = ?", (batch_id,))
    connection.execute("DELETE FROM batch_receipts WHERE batch_id = ?", (batch_id,))
    _write_aggregation(connection, batch_id, "receipt", receipt.aggregation if receipt else None)
    if receipt is None:
        return
    connection.execute(
        "INSERT INTO batch_receipts VALUES (?, ?, ?, ?)",
        (batch_id, receipt.root, receipt.leaf_count, receipt.index),
    )
    connection.executemany(
        "INSERT INTO batch_receipt_path VALUES (?, ?, ?)",
        [(batch_id, position, node) for position, node in enumerate(receipt.path)],
    )


def _read_receipt(
    connection: sqlite3.Connection, batch_id: BatchId, aggregation: Aggregation | None
) -> AggregationReceipt | None:
    row = connection.execute(
        "SELECT * FROM batch_receipts WHERE batch_id = ?", (batch_id,)
    ).fetchone()
    if row is None or aggregation is None:
        return None
    path = connection.execute(
        "SELECT node FROM batch_receipt_path WHERE batch_id = ? ORDER BY position", (batch_id,)
    )
    return AggregationReceipt(
        aggregation=aggregation,
        root=Hash32(row["root"]),
        path=tuple(Hash32(node["node"]) for node in path),
        leaf_count=row["leaf_count"],
        index=row["leaf_index"],
    )
