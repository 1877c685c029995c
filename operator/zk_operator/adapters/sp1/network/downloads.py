"""Proof downloads, begun as soon as it is known where the proof is."""

import anyio
import structlog

from zk_operator.adapters.sp1.errors import ArtifactUnavailable
from zk_operator.adapters.sp1.network.artifacts import ArtifactTransfer
from zk_operator.domain.failures import ProofMalformed

log = structlog.get_logger(__name__)

AHEAD_S = 1.0
AHEAD_BYTES = 1 << 16  # a Groth16 proof takes 2,000
KEPT = 8


class ProofDownloads:
    """Downloads proofs; one that was got ahead waits here until it is asked for, once."""

    def __init__(self, transfer: ArtifactTransfer, *, max_bytes: int) -> None:
        self._transfer = transfer
        self._max_bytes = max_bytes
        self._ahead: dict[str, bytes] = {}

    async def get_ahead(self, uri: str) -> None:
        """Try, for a second at most. What fails here is tried again by `get`, which says why."""
        if uri in self._ahead:
            return
        with anyio.move_on_after(AHEAD_S):
            try:
                self._ahead[uri] = await self._transfer.get(uri, AHEAD_BYTES)
            except (ArtifactUnavailable, ProofMalformed) as error:
                log.info("download.postponed", code=error.code)
        while len(self._ahead) > KEPT:
            self._ahead.pop(next(iter(self._ahead)))

    async def get(self, uri: str) -> bytes:
        """The proof's bytes. Errors: ArtifactUnavailable, ProofMalformed."""
        body = self._ahead.pop(uri, None)
        return await self._transfer.get(uri, self._max_bytes) if body is None else body
