"""Checked proofs in SQLite."""

import sqlite3
from functools import partial

from zk_acts.adapters.storage.database import Database
from zk_operator.domain.records import StoredProof


class SqliteProofs:
    """ProofStore."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def put(self, proof: StoredProof) -> None:
        """Keep the proof. The first one stays: its nonce may be part of a statement that is already paid for."""
        await self._database.write(partial(_put, proof))

    async def find(self, program_vkey: bytes, public_values: bytes) -> StoredProof | None:
        """The proof of these public values under this program, if there is one."""
        return await self._database.read(partial(_find, program_vkey, public_values))


def _put(proof: StoredProof, connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO proofs (program_vkey, public_values, proof, nonce, backend, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            proof.program_vkey,
            proof.public_values,
            proof.proof,
            str(proof.nonce),
            proof.backend,
            proof.created_at,
        ),
    )


def _find(
    program_vkey: bytes, public_values: bytes, connection: sqlite3.Connection
) -> StoredProof | None:
    row = connection.execute(
        "SELECT * FROM proofs WHERE program_vkey = ? AND public_values = ?",
        (program_vkey, public_values),
    ).fetchone()
    if row is None:
        return None
    return StoredProof(
        program_vkey=row["program_vkey"],
        public_values=row["public_values"],
        proof=row["proof"],
        nonce=int(row["nonce"]),
        backend=row["backend"],
        created_at=row["created_at"],
    )
