"""Rows of what the contract's owner proposed and of what became of it."""

import sqlite3

from zk_acts.domain.ids import Hash32
from zk_operator.domain.chain_event import ProposedTerms, TermsChanged

_PENDING = """
SELECT * FROM proposals AS p WHERE ready_at_s IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM proposals AS later WHERE later.change_id = p.change_id
    AND (later.block_number, later.log_index) > (p.block_number, p.log_index))
ORDER BY block_number, log_index
"""


def note_change(connection: sqlite3.Connection, event: TermsChanged) -> None:
    """Keep a proposal, or that one was applied or withdrawn. Other changes name none."""
    proposed = event.proposed
    change_id = event.change_id if proposed is None else proposed.change_id
    if change_id is None:
        return
    values: tuple[object, ...] = (None,) * 5
    if proposed is not None:
        values = (
            proposed.ready_at_s,
            proposed.zk_domain_id,
            proposed.groth16_program_vkey,
            proposed.groth16_vk_hash,
            proposed.groth16_recursion_root,
        )
    connection.execute(
        "INSERT OR IGNORE INTO proposals (block_hash, log_index, block_number, change_id, "
        "ready_at_s, zk_domain_id, program_vkey, vk_hash, recursion_root) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (event.at.block_hash, event.at.log_index, event.at.block_number, change_id, *values),
    )


def pending_proposals(connection: sqlite3.Connection) -> tuple[ProposedTerms, ...]:
    """Those of which nothing has become yet, oldest first."""
    return tuple(
        ProposedTerms(
            change_id=Hash32(row["change_id"]),
            ready_at_s=row["ready_at_s"],
            zk_domain_id=row["zk_domain_id"],
            groth16_program_vkey=Hash32(row["program_vkey"]),
            groth16_vk_hash=Hash32(row["vk_hash"]),
            groth16_recursion_root=Hash32(row["recursion_root"]),
        )
        for row in connection.execute(_PENDING)
    )
